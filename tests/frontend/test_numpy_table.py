"""Covered functions against NumPy: value, dtype, shape and Python type; what is not covered is refused by name and line."""

from __future__ import annotations

import copy
import functools
import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from tests.frontend.traced import same, traced_run
from wengert.dialects.errors import UnsupportedError, WengertError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
B = np.array([[1.5, 0.5], [-2.0, 1.0], [0.25, 4.0]])
V = np.array([0.25, -0.5, 0.75])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])
F = A.astype(np.float32)


def check(function: Callable[..., Any], *arguments: Any, tolerance: float = 0.0) -> None:
    """The result, and what is done to the arguments, are as in NumPy."""
    plain, traced = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*plain)
    actual = traced_run(function, *traced, call=call)
    assert same(actual, expected, tolerance), f"{actual!r} instead of {expected!r}"
    assert same(traced, plain, tolerance)


def names_of(cases: list[Callable[..., Any]]) -> list[str]:
    return [f"{f.__code__.co_firstlineno}" for f in cases]


# ---------------------------------------------------------------- elementwise

FUNCTIONS = [
    np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.exp, np.exp2, np.expm1, np.sqrt, np.cbrt, np.log, np.log2, np.log10,
    np.log1p, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.degrees, np.radians, np.rad2deg,
    np.deg2rad, np.abs, np.fabs, np.sign, np.square, np.negative, np.positive, np.floor, np.ceil, np.trunc, np.rint, np.fix,
    np.isnan, np.isinf, np.isfinite, np.signbit, np.logical_not, np.reciprocal, special.erf, np.round, np.conj, np.copy,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [V, F, N, M, 0.5, 2, True, np.float32(0.25), np.int64(-3), np.float64(1.5), np.bool_(True)], ids=repr)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_one_operand(function: Callable[..., Any], x: Any) -> None:
    try:
        expected = function(x)
    except TypeError:
        expected = None
    if expected is None or np.asarray(expected).dtype.name not in ("float64", "float32", "int64", "bool") or (
            function is np.reciprocal and np.asarray(x).dtype.kind in "ib") or (
            function is special.erf and np.asarray(x).dtype == np.bool_):
        with pytest.raises(WengertError):
            traced_run(function, x, call=call)
    elif function is np.copy and np.ndim(x) == 0:
        assert traced_run(function, x, call=call) == x  # a 0-d array is a number
    else:
        single = np.asarray(expected).dtype == np.float32
        actual = traced_run(function, x, call=call)
        assert same(actual, expected, 1e-6 if single else 1e-14), (actual, expected)


SPECIAL = np.array([0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize("function", [np.floor, np.ceil, np.trunc, np.rint, np.abs, np.isnan, np.isinf, np.isfinite, np.signbit],
                         ids=lambda f: f.__name__)
def test_special_floats(function: Callable[..., Any]) -> None:
    check(lambda x: function(x), SPECIAL)


def test_the_sign_of_special_floats() -> None:
    assert np.array_equal(traced_run(np.sign, SPECIAL, call=call), np.sign(SPECIAL), equal_nan=True)


PAIRS = [np.add, np.subtract, np.multiply, np.divide, np.floor_divide, np.remainder, np.fmod, np.maximum, np.minimum, np.hypot,
         np.arctan2, np.copysign, np.logical_and, np.logical_or, np.logical_xor, np.equal, np.not_equal, np.less, np.less_equal,
         np.greater, np.greater_equal, np.power, np.float_power]
OPERANDS = [np.array([1.5, -2.0, 3.0]), np.array([2.5, 0.5, 1.0], np.float32), np.array([3, 1, 2]), np.array([True, True, False]),
            2.5, 3, True, np.float32(1.5), np.int64(2)]


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_two_operands(function: Callable[..., Any]) -> None:
    for x, y in itertools.product(OPERANDS, OPERANDS):
        try:
            expected = function(x, y)
        except TypeError:
            expected = None
        bits = np.asarray(x).dtype == np.bool_ and np.asarray(y).dtype == np.bool_
        if function in (np.floor_divide, np.remainder, np.fmod) and not np.all(y) and np.asarray(y).dtype == np.bool_ and (
                np.asarray(x).dtype.kind in "ib"):
            continue  # a division of integers by zero is an error
        if expected is None or np.asarray(expected).dtype.name not in ("float64", "float32", "int64", "bool") or bits and (
                function in (np.hypot, np.arctan2, np.copysign, np.power)):
            if not bits:
                with pytest.raises(WengertError):
                    traced_run(function, x, y, call=call)
            continue
        tolerance = 2e-6 if np.asarray(expected).dtype == np.float32 else 1e-14
        actual = traced_run(function, x, y, call=call)
        assert same(actual, expected, tolerance), (x, y, actual, expected)


@pytest.mark.parametrize("function", [np.maximum, np.minimum], ids=lambda f: f.__name__)
def test_nan_wins_over_every_number(function: Callable[..., Any]) -> None:
    x = np.array([np.nan, 1.0, np.inf, -np.inf])
    check(lambda a, b: function(a, b), *np.meshgrid(x, x))
    for literal in (0.0, 1, np.inf, np.nan):
        check(lambda a, c=literal: (function(a, c), function(c, a)), x)


def test_hypot_does_not_overflow() -> None:
    check(lambda a, b: np.hypot(a, b), np.array([3e200, 0.0, np.inf, 1e-200]), np.array([4e200, 0.0, 1.0, 1e-200]), tolerance=1e-15)


def test_clip() -> None:
    check(lambda x, hi: (np.clip(x, 0.0, hi), x.clip(-0.5, 0.5), np.clip(x, None, 0.0), np.clip(x, x[0], x)), A, 1.0)
    check(lambda n: (np.clip(n, 0, 4), n.clip(min=-2)), N)


MATH = [math.sin, math.cos, math.tan, math.exp, math.log, math.log2, math.log10, math.log1p, math.expm1, math.sqrt, math.tanh,
        math.sinh, math.cosh, math.asin, math.acos, math.atan, math.asinh, math.atanh, math.fabs, math.floor, math.ceil, math.trunc,
        math.isnan, math.isinf, math.isfinite, math.erf, math.degrees, math.radians, math.cbrt, math.exp2]


@pytest.mark.parametrize("function", MATH, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.625, np.float64(0.3), np.float32(0.25)], ids=repr)
def test_math_gives_python_numbers(function: Callable[..., Any], x: Any) -> None:
    if function is math.trunc and isinstance(x, np.float32):
        pytest.skip("Python has no trunc of float32")
    check(lambda v: function(v), x, tolerance=1e-15)


def test_math_of_two_operands() -> None:
    check(lambda x, y: (math.atan2(x, y), math.pow(x, y), math.fmod(x, -y), math.hypot(x, y), math.copysign(x, -y), math.log(x, y)),
          1.5, 2.25, tolerance=1e-15)
    check(lambda x: (math.log(x, 3), math.log(8, 2) * x, math.pi * x), 1.5, tolerance=1e-15)


def test_math_of_arrays_is_refused_in_favour_of_numpy() -> None:
    with pytest.raises(WengertTypeError, match="math.sin of float64") as refused:
        traced_run(lambda x: math.sin(x), V, call=call)
    assert "np.sin" in refused.value.help


def test_rounding() -> None:
    check(lambda x: (np.round(x, 1), x.round(), np.round(x * 100, -1), round(x[0, 0] + 2.0), np.around(x, 2)), A + 0.125)
    check(lambda x: (round(x), int(x), math.floor(-x), math.ceil(x)), 2.5)
    check(lambda n: (round(n), int(n), float(n), bool(n)), 3)
    for bad in (math.nan, math.inf, 1e30):
        with pytest.raises(WengertValueError, match="cannot convert this float"):
            traced_run(lambda x: int(x), bad, call=call)


# ---------------------------------------------------------------- reductions

REDUCTIONS: list[Callable[..., Any]] = [
    lambda a: (np.sum(a), a.sum(), np.sum(a, axis=0), a.sum(1), a.sum(-1, keepdims=True), np.sum(a, (0, 1)), a.sum(axis=())),
    lambda a: (np.prod(a), a.prod(axis=0), np.prod(a, axis=1, keepdims=True)),
    lambda a: (np.max(a), a.max(0), np.min(a, axis=(0, 1)), a.min(axis=1, keepdims=True), np.amax(a), np.ptp(a)),
    lambda a: (np.mean(a), a.mean(axis=0), a.mean(1, keepdims=True), np.mean(a, axis=(0, 1), keepdims=True)),
    lambda a: (np.any(a), a.all(), np.all(a > -1, axis=0), (a > 1).any(axis=1, keepdims=True), np.count_nonzero(a)),
]


@pytest.mark.parametrize("function", REDUCTIONS, ids=names_of(REDUCTIONS))
@pytest.mark.parametrize("a", [A, F, N], ids=["f64", "f32", "i64"])
def test_reductions(function: Callable[..., Any], a: Any) -> None:
    check(function, a, tolerance=1e-6 if a is F else 1e-14)


def test_reductions_of_bools() -> None:
    check(lambda m: (m.sum(), m.sum(0), m.any(axis=0), m.all(1), m.max(), m.min(0), m.mean(), np.prod(m), np.count_nonzero(m, axis=0)), M)


def test_variances_and_norms() -> None:
    check(lambda a: (np.var(a), a.std(), np.var(a, axis=0, ddof=1), a.std(axis=1, keepdims=True)), A, tolerance=1e-14)
    check(lambda a: (np.var(a), np.std(a, axis=0)), F, tolerance=1e-6)
    check(lambda n: (n.var(), n.std(axis=0)), N, tolerance=1e-14)
    check(lambda a, v: (np.linalg.norm(a), np.linalg.norm(v), np.linalg.norm(v, 1), np.linalg.norm(v, np.inf), np.linalg.norm(a, axis=1),
                        np.linalg.norm(a, "fro"), np.linalg.norm(a, 1), np.linalg.norm(a, np.inf), np.linalg.norm(v, 2),
                        np.linalg.norm(a, axis=0, keepdims=True), np.linalg.norm(v, -np.inf)), A, V, tolerance=1e-15)
    with pytest.raises(UnsupportedError, match=r"norm with ord=2 over 2 axes"):
        traced_run(lambda a: np.linalg.norm(a, 2), A, call=call)


def test_reductions_with_a_dtype_and_of_numbers() -> None:
    check(lambda a: (np.sum(a, dtype=np.float64), np.mean(a, dtype=np.float64), np.prod(a, 0, np.float64)), F, tolerance=1e-15)
    check(lambda n, x: (np.sum(n, dtype=float), np.sum(x), np.max(x), np.mean(x)), N, 2.5)


def test_an_empty_extremum_is_refused_and_an_empty_sum_is_zero() -> None:
    check(lambda a: (a.sum(), a.prod(), a.any(), a.all(), a.sum(axis=0)), np.zeros((0, 2)))
    with pytest.raises(WengertValueError, match="zero-size array to reduction operation maximum"):
        traced_run(lambda a: a.max(), np.zeros(0), call=call)
    with pytest.raises(WengertValueError, match="zero-size array to reduction operation minimum"):
        traced_run(lambda a, k: a[k:].min(), np.zeros(3), 3, call=call)


def test_an_axis_that_is_not_there_is_refused() -> None:
    with pytest.raises(WengertValueError, match="axis 2 is out of bounds for array of dimension 2"):
        traced_run(lambda a: a.sum(axis=2), A, call=call)


def test_places_of_extrema_and_running_sums() -> None:
    x = np.array([2.0, 5.0, -1.0, 5.0, -1.0])
    check(lambda a, b: (np.argmax(a), a.argmin(), np.argmax(b, axis=0), b.argmin(axis=1), np.argmax(b)), x, A)
    check(lambda a: (np.argmax(a), np.argmin(a)), np.array([1.0, np.nan, 3.0, np.nan]))
    check(lambda a, b, n: (np.cumsum(a), a.cumsum(), np.cumsum(b, axis=0), np.cumsum(b, axis=1), np.cumprod(a), np.cumsum(n)), x, A, N,
          tolerance=1e-15)
    check(lambda m: (np.cumsum(m), np.cumsum(m, axis=1)), M)
    check(lambda y, x: (np.trapezoid(y), np.trapezoid(y, x), np.trapezoid(y, dx=0.5)), A, V, tolerance=1e-15)


# ---------------------------------------------------------------- creation

CREATION: list[Callable[..., Any]] = [
    lambda x: (np.zeros(3), np.zeros((2, 3), dtype=int), np.ones((2, 1)), np.ones(2, np.float32), np.full(3, x), np.full((2, 2), 1)),
    lambda x: (np.full(2, True), np.full((2, 3), [1.0, 2.0, 3.0]), np.zeros(()) + x, np.zeros(0)),
    lambda x: (np.arange(5), np.arange(2, 7), np.arange(7, 2, -2), np.arange(3.0), np.arange(0.1, 1.0, 0.3), np.arange(5, dtype=float)),
    lambda x: (np.arange(1, 4, dtype=np.float32), np.arange(3, 3), np.arange(-1.5, 2)),
    lambda x: (np.linspace(0.0, 1.0, 7), np.linspace(-1, 2, 4, endpoint=False), np.linspace(x, 3 * x, 5), np.linspace(0, 1, 1)),
    lambda x: (np.eye(3), np.eye(2, 4, k=1), np.identity(2), np.eye(3, k=-1, dtype=int)),
    lambda x: (np.array([1, 2, 3]), np.array([1.0, 2]), np.array([[x, 1], [2, x]]), np.array([True, False]), np.array([])),
    lambda x: (np.array([x, x], dtype=np.float32), np.asarray([[1, 2], [3, 4]], dtype=float), np.array((x, 2 * x)), np.array(range(4))),
    lambda x: (np.array([[1.0] * 20] * 2) * x, np.array([1, 2.5, True]), np.array([[1, 1], [1, 1]])),
]


@pytest.mark.parametrize("function", CREATION, ids=names_of(CREATION))
@pytest.mark.parametrize("x", [1.5, np.float32(2.5)], ids=repr)
def test_new_arrays(function: Callable[..., Any], x: Any) -> None:
    check(function, x, tolerance=1e-15)


def test_new_arrays_like_others() -> None:
    check(lambda a, n, f: (np.zeros_like(a), np.ones_like(n), np.full_like(a, 2), np.full_like(n, 2.7), np.zeros_like(f), np.zeros_like(n, dtype=float),
                           np.ones_like(a, shape=(2,)), np.zeros_like(1.5) + a, np.empty_like(a).shape, np.empty((2, 3)).shape), A, N, F)


def test_copies_are_apart_and_asarray_is_not() -> None:
    def write(a: Any, v: Any) -> Any:
        b, c, d, e = a.copy(), np.copy(a), np.array(a), np.asarray(a)
        b[0] = 1.0
        c[0] = 2.0
        d[0] = 3.0
        e[1, 0] = 4.0
        rows = np.array([v, v * 2.0, [1, 2, 3]])
        rows[0, 0] = 9.0
        f = a.flatten()
        f[0] = 8.0
        return b, c, d, rows, f

    check(write, A, V)


def test_types_are_converted() -> None:
    check(lambda a, n, m: (a.astype(int), a.astype(np.float32), n.astype(float), m.astype(int), n.astype(bool), a.astype(bool), a.astype(float),
                           m.astype(np.float32), np.float32(a[0, 0]), np.int64(a[0, 0]), np.float64(n[0, 0]), np.bool_(n[0, 0])), A * 3, N, M)
    big = np.array([1e30, -1e30, np.nan, -2.0**63, 2.0**63])
    with np.errstate(all="ignore"):
        assert same(traced_run(lambda a: a.astype(int), big, call=call)[:4], big.astype(int)[:4])


def test_shapes_have_to_be_known() -> None:
    from wengert.frontend.trace import NeedsStatic

    with pytest.raises(NeedsStatic, match="extent of a new array"):
        traced_run(lambda n: np.zeros(n), 3, call=call)
    with pytest.raises(NeedsStatic, match="how long the new array is"):
        traced_run(lambda n: np.arange(n), 3, call=call)
    with pytest.raises(WengertTypeError, match="a float stays a run-time value"):
        traced_run(lambda x: np.arange(x), 3.0, call=call)
    with pytest.raises(WengertTypeError, match="contents of an array"):
        traced_run(lambda a: np.zeros(a[0]), N[0], call=call)
    with pytest.raises(WengertTypeError, match="complex128 is not covered"):
        traced_run(lambda x: np.zeros(3, dtype=complex), 1.0, call=call)


def test_triangles_and_diagonals() -> None:
    check(lambda a, n, v: (np.tril(a), np.triu(n, 1), np.tril(a, -1), np.diag(v), np.diag(v, 1), np.diag(v, -2), np.diag(a), np.diag(n, 1),
                           np.diagonal(a, -1), np.trace(a), a.trace(), n.trace(), a.diagonal()), A, N, V)


# ---------------------------------------------------------------- shapes

SHAPING: list[Callable[..., Any]] = [
    lambda a, v: (a.reshape(3, 2), a.reshape((6,)), np.reshape(a, (-1, 2)), a.reshape(-1), a.ravel(), np.ravel(a.T), a.flatten(), v.reshape(1, 3, 1)),
    lambda a, v: (a.T, np.transpose(a), a.transpose(1, 0), a.reshape(1, 2, 3).transpose(2, 0, 1), a.reshape(1, 2, 3).transpose((1, 2, 0)), v.T),
    lambda a, v: (np.swapaxes(a, 0, 1), np.moveaxis(a.reshape(1, 2, 3), 0, -1), a.swapaxes(-1, -2), np.moveaxis(a.reshape(1, 2, 3), (0, 1), (1, 2))),
    lambda a, v: (np.expand_dims(v, 0), np.expand_dims(v, (0, -1)), np.squeeze(a[None]), a[None].squeeze(0), np.squeeze(a[:1, :1]) + v, v[:, np.newaxis]),
    lambda a, v: (np.concatenate([a, a * 2]), np.concatenate((a, a), axis=1), np.concatenate([a, a], axis=None), np.concatenate([v, [1, 2]])),
    lambda a, v: (np.stack([v, v]), np.stack((v, 2 * v), axis=1), np.stack([a, a], axis=-1), np.vstack([v, a]), np.hstack([v, v]), np.hstack([a, a])),
    lambda a, v: (np.column_stack([v, v * 2]), np.append(v, 1.0), np.append(a, a, axis=0), np.stack([v[0], v[1]]), np.vstack((v, v))),
    lambda a, v: (np.flip(a), np.flip(a, 1), np.flipud(a), np.fliplr(a), np.roll(v, 1), np.roll(a, -1, axis=1), np.roll(a, 2), np.roll(a, (1, 1), (0, 1))),
    lambda a, v: (np.tile(v, 2), np.tile(a, (2, 1)), np.tile(v, (2, 2)), np.repeat(v, 2), np.repeat(a, 2, axis=1), v.repeat(3), np.tile(a, 2)),
    lambda a, v: (np.pad(v, 1), np.pad(a, ((1, 0), (0, 2)), constant_values=5.0), np.pad(a, (1, 2)), np.diff(v), np.diff(a, axis=0), np.diff(v, 2)),
    lambda a, v: (np.broadcast_to(v, (2, 3)), np.broadcast_to(1.5, (2,)), np.atleast_1d(2.0) * v, np.atleast_2d(v), np.meshgrid(v, v[:2])[0]),
    lambda a, v: (np.meshgrid(v, v[:2], indexing="ij")[1], a.swapaxes(0, 1).reshape(-1), np.shape(a), np.ndim(v), np.size(a), np.size(a, 1)),
    lambda a, v: (a.shape, a.ndim, a.size, len(a), a.T.shape, a.dtype == np.float64, np.isscalar(v[0]), np.isscalar(a), a.real),
]


@pytest.mark.parametrize("function", SHAPING, ids=names_of(SHAPING))
def test_shapes(function: Callable[..., Any]) -> None:
    check(function, A, V)


def test_reshapes_are_views_where_numpy_gives_views() -> None:
    def write(a: Any) -> Any:
        b = a.reshape(3, 2)
        b[1, 1] = 100.0
        c = a[:, 1:].reshape(-1)
        c[:] = -1.0  # a copy: the elements are not next to each other
        d = a.T.reshape(-1)
        d[0] = -2.0  # a copy
        e = a[None, :, 0]
        e += 10.0
        f = a.ravel()
        f[::2] *= 3.0
        g = a[0].reshape(3, 1)
        g[2] = 7.0
        return b, c, d, f

    check(write, A)


def test_a_write_to_a_reshape_that_may_be_a_copy_is_refused() -> None:
    def write(a: Any) -> Any:
        b = (a.T * 2.0).reshape(-1)
        b[0] = 1.0
        return b

    with pytest.raises(UnsupportedError, match="a reshaped array is written"):
        traced_run(write, A, call=call)
    check(lambda a: (a.T * 2.0).reshape(-1), A)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a, v: a.reshape(4, 2), r"cannot reshape array of size 6 into shape \(4, 2\)"),
        (lambda a, v: np.concatenate([a, v]), "must match exactly"),
        (lambda a, v: np.stack([a, v]), "same shape"),
        (lambda a, v: np.transpose(a, (0, 0)), "axes don't match"),
        (lambda a, v: np.broadcast_to(a, (3, 2)), "broadcast"),
        (lambda a, v: a @ v[:2], r"not aligned: 3 \(dim 1\) != 2 \(dim 0\)"),
        (lambda a, v: a @ 2.0, "use"),
        (lambda a, v: np.einsum("ij,j->i", a, a), "do not fit"),
        (lambda a, v: np.squeeze(a, 0), "size not equal to one"),
        (lambda a, v: np.array([v, v[:2]]), "different shapes"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(WengertValueError, match=message) as refused:
        traced_run(function, A, V, call=call)
    assert refused.value.position is not None and refused.value.position.file == __file__


# ---------------------------------------------------------------- products


def test_products() -> None:
    check(lambda a, b, v: (a @ b, a @ v, v @ b, v @ v, np.dot(a, b), a.dot(v), np.dot(v, v), np.dot(2.0, v), np.matmul(a, b), b.T @ a.T), A, B, V,
          tolerance=1e-15)
    check(lambda a, b, v: (np.outer(v, a), np.inner(a, v), np.vdot(a, a), np.tensordot(a, b, 1), np.tensordot(a, a, ([0, 1], [0, 1])), np.inner(a, a)), A, B, V,
          tolerance=1e-15)
    check(lambda n, m: (n @ n.T, n.dot(n[0]), n @ m), N, A.T)
    check(lambda f, a: (f @ f.T, f @ a.T), F, A, tolerance=1e-6)
    check(lambda a, b: (np.kron(a, b), np.cross(a, a[::-1]), np.cross(a[0], a[1])), A, B, tolerance=1e-15)


def test_products_of_stacks() -> None:
    s, t = np.arange(24.0).reshape(2, 3, 4), np.arange(40.0).reshape(2, 4, 5)
    check(lambda s, t, v: (s @ t, s @ t[0], s[0] @ t, s @ v, v[:3] @ s, np.dot(s, t[0]), s[:, None] @ t[None]), s, t, np.arange(4.0))


def test_products_of_run_time_extents() -> None:
    def partial(a: Any, k: int, j: int) -> Any:
        return a[0, :k] @ a[:k, 1], a[:, :k] @ a[:k, :j]

    a = np.arange(16.0).reshape(4, 4)
    for k, j in ((2, 1), (4, 3)):
        expected = partial(a, k, j)
        assert same(traced_run(partial, a, k, j, call=call), expected)
    with pytest.raises(WengertValueError, match="not aligned: 2 != 3"):
        traced_run(lambda a, k, j: a[:k] @ a[:j], np.arange(4.0), 2, 3, call=call)


@pytest.mark.parametrize("subscripts", ["ij,jk->ik", "ij,jk", "ij->ji", "ij->", "ij,ij->i", "ij,kl->", "i,j->ij", "bij,bjk->bik", "ij,jk,k->i", "ij->j"])
def test_einsum(subscripts: str) -> None:
    rng = np.random.default_rng(0)
    extents = dict(zip("bijkl", (2, 3, 4, 5, 2)))
    operands = [rng.random([extents[c] for c in term]) for term in subscripts.partition("->")[0].split(",")]
    check(lambda *xs: np.einsum(subscripts, *xs), *operands, tolerance=1e-14)


# ---------------------------------------------------------------- choice, and results in existing arrays


def test_where() -> None:
    check(lambda a, n, x: (np.where(a > 0, a, 0.0), np.where(n > 0, n, a), np.where(a > 0, 1, 2), np.where(x > 1, a, -a), np.where(n, a, x),
                           np.where(x > 1, x, 2), np.where(a[0] > 0, n, 1.5)), A, N, 1.5)
    with pytest.raises(WengertValueError, match="one argument"):
        traced_run(lambda a: np.where(a > 0), A, call=call)


def test_out_stores_the_result() -> None:
    def write(a: Any, out: Any, total: Any) -> Any:
        np.multiply(a, 2.0, out=out)
        np.add(out, a, out)
        np.sum(a, axis=0, out=total)
        np.dot(a, a.T, out=np.zeros((2, 2)))
        np.exp(a, out=a)
        return out is a

    def plain(a: Any, out: Any, total: Any) -> Any:
        np.multiply(a, 2.0, out=out)
        np.sum(a, axis=0, out=total)
        np.exp(a, out=a)
        return np.add(out, 1.0, out=out) is out

    check(plain, A, np.zeros((2, 3)), np.zeros(3), tolerance=1e-15)
    with pytest.raises(UnsupportedError, match=r"numpy.add with the argument number 3"):
        traced_run(write, A, np.zeros((2, 3)), np.zeros(3), call=call)


def test_fill_item_and_copyto() -> None:
    def write(a: Any, v: Any, n: Any) -> Any:
        a[0].fill(2.0)
        np.copyto(a[1], v)
        return v.item(0), a.item(1, 2), n[0, 0].item(), a[0, :1].item()

    check(write, A, V, N)


# ---------------------------------------------------------------- built-ins


def test_builtins() -> None:
    check(lambda a, n, x: (len(a), sum(a[0]), max(a[0]), min(a[0, 0], x), max(x, 0.0), min(1, n), abs(-x), divmod(n, 2), pow(x, 2), sum([x, n, 1])), A, 5, 1.5)
    check(lambda a, x: (sum(a), any(a[0] > 0), all([x > 0, True]), any([]), float(a[0, 0]), bool(x), isinstance(x, float), isinstance(a, np.ndarray)), A, 1.5)
    check(lambda a, n: (isinstance(n, int), isinstance(a[0, 0], float), isinstance(a[0, 0], np.float64), isinstance(n, (str, bool)), type(n) is int), A, 3)
    check(lambda x, n: (list(map(lambda v: v * 2 if v > 1 else v, [x, n])), functools.reduce(lambda p, q: p + q, [x, n, 2]), [*zip([x], [n])]), 1.5, 2)
    check(lambda a: [i * v for i, v in enumerate(a[0])] + [u * v for u, v in zip(a[0], reversed(a[1]))], A)


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (np.nan, 1.0), (1.0, np.nan)])
def test_max_and_min_of_numbers_are_pythons(x: float, y: float) -> None:
    check(lambda a, b: (max(a, b), min(a, b), max(a, 1.0), max(1.0, a), min(a, 1.0), min(1.0, a)), x, y)


# ---------------------------------------------------------------- the program around


SCALE = 3.0
TABLE = np.array([1.0, 2.0, 4.0])
ORDER = np.array([2, 0, 1])


def test_arrays_of_the_program_are_read_when_the_code_runs() -> None:
    weights = np.array([0.5, 0.25, 0.125])

    def use(x: Any, n: int) -> Any:
        s = x * SCALE + TABLE[n] + np.sum(weights * x) + TABLE @ weights + weights.sum()
        for k in range(3):
            s = s + TABLE[ORDER[k]] * k + (1.0, 2.0, 3.0)[ORDER[2]]
        return s

    check(use, 1.5, 1, tolerance=1e-15)


def test_arrays_of_the_program_are_written() -> None:
    table = np.zeros(3)

    def use(x: Any) -> Any:
        table[1] += x
        return table[1] * 2.0

    assert traced_run(use, 1.5, call=call) == 3.0
    assert same(table, np.array([0.0, 1.5, 0.0]))


def test_a_write_that_another_view_of_the_memory_would_not_see_is_refused() -> None:
    table = np.zeros((2, 2))

    def use(x: Any) -> Any:
        y = table.T @ table
        table[0, 0] = x
        return y

    with pytest.raises(UnsupportedError, match="another NumPy view of its memory"):
        traced_run(use, 1.5, call=call)


def test_constants_the_code_depends_on_are_noted() -> None:
    from tests.frontend.traced import traced_module

    offset = 2.0

    def use(x: Any) -> Any:
        inner = 1.0

        def add(y: Any) -> Any:
            return y + offset + inner + SCALE

        return add(x) + ORDER[0]

    with traced_module(use, 1.5, call=call) as (_, (_, trace, *_)):
        noted = {(name, value) for _, name, value in trace.guards if isinstance(value, float)}
        assert noted == {("offset", 2.0), ("SCALE", 3.0)}
        assert any(array is ORDER for array, _ in trace.baked)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("function", "what", "help_"),
    [
        (lambda a: np.sort(a), "numpy.sort is not covered", "sort before"),
        (lambda a: np.nancumsum(a), "numpy.nancumsum is not covered", "cumsum"),
        (lambda a: np.sinc(a), "numpy.sinc is not covered", "numpy.sin"),
        (lambda a: special.gamma(a), "gamma is not covered", ""),
        (lambda a: a.sort(), "ndarray.sort is not covered", "sort before"),
        (lambda a: a.argpartition(1), "ndarray.argpartition is not covered", ""),
        (lambda a: np.linalg.inv(a), "numpy.linalg.inv is not covered", "loops"),
        (lambda a: np.sum(a, where=a > 0), "numpy.sum with the argument where=", "leave it out"),
        (lambda a: np.random.rand() * a, "random number is drawn", "draw it outside"),
        (lambda a: math.gamma(a[0, 0]), "math.gamma is not covered", ""),
        (lambda a: print(a), "turned into a text", "return the value"),
        (lambda a: str(a[0, 0]), "turned into a text", "return the value"),
        (lambda a: f"{a[0, 0]:.3f}", "formatted into a string", "return the value"),
        (lambda a: "{}".format(a), "formatted into a string", "return the value"),
        (lambda a: complex(a[0, 0]), "complex numbers are not covered", "two arrays"),
        (lambda a: np.add.reduce(a), "numpy", ""),
        (lambda a: a.reshape(6, order="F"), "order='F'", "transpose"),
    ],
)
def test_what_is_not_covered_is_refused_by_name_and_line(function: Callable[..., Any], what: str, help_: str) -> None:
    with pytest.raises((UnsupportedError, WengertTypeError)) as refused:
        traced_run(function, A, call=call)
    error = refused.value
    assert what in error.what and help_ in error.help
    assert error.position is not None
    assert error.position.file == __file__ and error.position.line == function.__code__.co_firstlineno


def test_code_without_source_runs_until_a_test_depends_on_data() -> None:
    namespace: dict[str, Any] = {}
    exec("def double(x): return x * 2\ndef relu(x):\n    return x if x > 0 else 0.0", namespace)
    assert traced_run(lambda x: namespace["double"](x), 1.5, call=call) == 3.0
    with pytest.raises(Exception, match="the code of relu runs as it is: there is no source"):
        traced_run(lambda x: namespace["relu"](x), 1.5, call=call)
