"""Functions of each element against NumPy: value, dtype and Python type, for every kind of operand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

from tests.frontend.traced import check, same, traced_run
from wengert.dialects.errors import WengertError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call
from wengert.frontend.conversions import known_element

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
B = np.array([[1.5, 0.5], [-2.0, 1.0], [0.25, 4.0]])
V = np.array([0.25, -0.5, 0.75])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])
F = A.astype(np.float32)


# ---------------------------------------------------------------- elementwise

FUNCTIONS = [
    np.sin,
    np.cos,
    np.tan,
    np.sinh,
    np.cosh,
    np.tanh,
    np.exp,
    np.exp2,
    np.expm1,
    np.sqrt,
    np.cbrt,
    np.log,
    np.log2,
    np.log10,
    np.log1p,
    np.arcsin,
    np.arccos,
    np.arctan,
    np.arcsinh,
    np.arccosh,
    np.arctanh,
    np.degrees,
    np.radians,
    np.rad2deg,
    np.deg2rad,
    np.abs,
    np.fabs,
    np.sign,
    np.square,
    np.negative,
    np.positive,
    np.floor,
    np.ceil,
    np.trunc,
    np.rint,
    np.fix,
    np.isnan,
    np.isinf,
    np.isfinite,
    np.signbit,
    np.logical_not,
    np.reciprocal,
    special.erf,
    np.round,
    np.conj,
    np.copy,
]


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    "x", [V, F, N, M, 0.5, 2, True, np.float32(0.25), np.int64(-3), np.float64(1.5), np.bool_(True)], ids=repr
)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_one_operand(function: Callable[..., Any], x: Any) -> None:
    try:
        expected = function(x)
    except TypeError:
        expected = None
    if expected is None or known_element(np.asarray(expected).dtype) is None:
        with pytest.raises(WengertError):
            traced_run(function, x, call=call)
    elif function is np.copy and np.ndim(x) == 0:
        assert traced_run(function, x, call=call) == x  # a 0-d array is a number
    else:
        single = np.asarray(expected).dtype == np.float32
        actual = traced_run(function, x, call=call)
        assert same(actual, expected, 1e-6 if single else 1e-14), (actual, expected)


SPECIAL = np.array([0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 1e300, np.inf, -np.inf, np.nan])


@pytest.mark.parametrize(
    "function",
    [np.floor, np.ceil, np.trunc, np.rint, np.abs, np.isnan, np.isinf, np.isfinite, np.signbit],
    ids=lambda f: f.__name__,
)
def test_special_floats(function: Callable[..., Any]) -> None:
    check(lambda x: function(x), SPECIAL)


def test_the_sign_of_special_floats() -> None:
    assert np.array_equal(traced_run(np.sign, SPECIAL, call=call), np.sign(SPECIAL), equal_nan=True)


PAIRS = [
    np.add,
    np.subtract,
    np.multiply,
    np.divide,
    np.floor_divide,
    np.remainder,
    np.fmod,
    np.maximum,
    np.minimum,
    np.hypot,
    np.arctan2,
    np.copysign,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.power,
    np.float_power,
]
OPERANDS = [
    np.array([1.5, -2.0, 3.0]),
    np.array([2.5, 0.5, 1.0], np.float32),
    np.array([3, 1, 2]),
    np.array([True, True, False]),
    2.5,
    3,
    True,
    np.float32(1.5),
    np.int64(2),
]


@pytest.mark.parametrize("function", PAIRS, ids=lambda f: f.__name__)
@pytest.mark.filterwarnings("ignore")
def test_functions_of_two_operands(function: Callable[..., Any]) -> None:
    for x, y in itertools.product(OPERANDS, OPERANDS):
        try:
            expected = function(x, y)
        except TypeError:
            expected = None
        bits = np.asarray(x).dtype == np.bool_ and np.asarray(y).dtype == np.bool_
        if (
            function in (np.floor_divide, np.remainder, np.fmod)
            and not np.all(y)
            and np.asarray(y).dtype == np.bool_
            and (np.asarray(x).dtype.kind in "ib")
        ):
            continue  # a division of integers by zero is an error
        if (
            expected is None
            or np.asarray(expected).dtype.name not in ("float64", "float32", "int64", "bool")
            or (bits and (function in (np.hypot, np.arctan2, np.copysign, np.power)))
        ):
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
    check(
        lambda a, b: np.hypot(a, b),
        np.array([3e200, 0.0, np.inf, 1e-200]),
        np.array([4e200, 0.0, 1.0, 1e-200]),
        tolerance=1e-15,
    )


def test_clip() -> None:
    check(lambda x, hi: (np.clip(x, 0.0, hi), x.clip(-0.5, 0.5), np.clip(x, None, 0.0), np.clip(x, x[0], x)), A, 1.0)
    check(lambda n: (np.clip(n, 0, 4), n.clip(min=-2)), N)


MATH = [
    math.sin,
    math.cos,
    math.tan,
    math.exp,
    math.log,
    math.log2,
    math.log10,
    math.log1p,
    math.expm1,
    math.sqrt,
    math.tanh,
    math.sinh,
    math.cosh,
    math.asin,
    math.acos,
    math.atan,
    math.asinh,
    math.atanh,
    math.fabs,
    math.floor,
    math.ceil,
    math.trunc,
    math.isnan,
    math.isinf,
    math.isfinite,
    math.erf,
    math.degrees,
    math.radians,
    math.cbrt,
    math.exp2,
]


@pytest.mark.parametrize("function", MATH, ids=lambda f: f.__name__)
@pytest.mark.parametrize("x", [0.625, np.float64(0.3), np.float32(0.25)], ids=repr)
def test_math_gives_python_numbers(function: Callable[..., Any], x: Any) -> None:
    if function is not math.trunc or not isinstance(x, np.float32):  # which Python does not have
        check(lambda v: function(v), x, tolerance=1e-15)


def test_math_of_two_operands() -> None:
    check(
        lambda x, y: (
            math.atan2(x, y),
            math.pow(x, y),
            math.fmod(x, -y),
            math.hypot(x, y),
            math.copysign(x, -y),
            math.log(x, y),
        ),
        1.5,
        2.25,
        tolerance=1e-15,
    )
    check(lambda x: (math.log(x, 3), math.pi * x), 1.5, tolerance=1e-15)


def test_math_of_arrays_is_refused_in_favour_of_numpy() -> None:
    with pytest.raises(WengertTypeError, match=r"math\.sin of float64") as refused:
        traced_run(lambda x: math.sin(x), V, call=call)
    assert "np.sin" in refused.value.help


def test_rounding() -> None:
    check(
        lambda x: (np.round(x, 1), x.round(), np.round(x * 100, -1), round(x[0, 0] + 2.0), np.around(x, 2)), A + 0.125
    )
    check(lambda x: (round(x), int(x), math.floor(-x), math.ceil(x)), 2.5)
    check(lambda n: (round(n), int(n), float(n), bool(n)), 3)
    for bad in (math.nan, math.inf, 1e30):
        with pytest.raises(WengertValueError, match="cannot convert this float"):
            traced_run(lambda x: int(x), bad, call=call)


# ---------------------------------------------------------------- choice, and results in existing arrays


def test_where() -> None:
    check(
        lambda a, n, x: (
            np.where(a > 0, a, 0.0),
            np.where(n > 0, n, a),
            np.where(a > 0, 1, 2),
            np.where(x > 1, a, -a),
            np.where(n, a, x),
            np.where(x > 1, x, 2),
            np.where(a[0] > 0, n, 1.5),
        ),
        A,
        N,
        1.5,
    )


def test_out_stores_the_result() -> None:
    def plain(a: Any, out: Any, total: Any) -> Any:
        np.multiply(a, 2.0, out=out)
        np.sum(a, axis=0, out=total)
        np.exp(a, out=a)
        return np.add(out, 1.0, out=out) is out

    check(plain, A, np.zeros((2, 3)), np.zeros(3), tolerance=1e-15)


def test_fill_item_and_copyto() -> None:
    def write(a: Any, v: Any, n: Any) -> Any:
        a[0].fill(2.0)
        np.copyto(a[1], v)
        return v.item(0), a.item(1, 2), n[0, 0].item(), a[0, :1].item()

    check(write, A, V, N)
