"""Complex numbers against NumPy, as machine code: values, dtypes, shapes, what is written; and what is refused."""

from __future__ import annotations

import builtins
import cmath
import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import UnsupportedError, WengertTypeError

RNG = np.random.default_rng(0)


def c(*shape: int) -> Any:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


Z, W, A, B, S = c(4), c(4), c(3, 4), c(4, 3), c(3, 3)
X, R = RNG.normal(size=4), RNG.normal(size=(4, 3))
X[0] = 1.5
NARROW = c(4).astype(np.complex64)
K = np.array([2, 1, 3, 0])
NUMBER = 2.0 - 0.5j


def check(function: Callable[..., Any], *arguments: Any) -> None:
    """The same results and the same changes of the arguments as NumPy's, with their types and shapes."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*plain)
    agree(wengert.compile(function)(*compiled), expected)
    agree(compiled, plain)


def agree(found: Any, expected: Any, path: str = "") -> None:
    if isinstance(expected, (tuple, list)):
        assert len(found) == len(expected), path
        for k, (x, y) in enumerate(zip(found, expected, strict=True)):
            agree(x, y, f"{path}[{k}]")
        return
    if isinstance(expected, (bool, str)):
        assert found == expected, path
        return
    x, y = np.asarray(found), np.asarray(expected)
    assert (x.shape, x.dtype) == (y.shape, y.dtype), path
    assert isinstance(found, np.ndarray) == isinstance(expected, np.ndarray), path
    narrow = y.dtype in (np.complex64, np.float32)
    np.testing.assert_allclose(x, y, rtol=1e-5 if narrow else 1e-12, atol=1e-6 if narrow else 1e-13, err_msg=path)


# ---------------------------------------------------------------- values


def operators(z: Any, w: Any, x: Any, s: Any, n: Any, k: Any) -> Any:
    return (
        (z + w, z - w, z * w, z / w, z + x, x - z, x / z, z / x, z * 2, 2 / z, 1j * x, s * z, s / z, -z, +z),
        (z**2, z**-3, z**0, z**0.5, z**w, z**x, 2**z, x ** (1j + 0), 3.0 ** (1j * x), s**2, s**0.5, z**k),
        (n * 2, n + 1j, n * x, n / z, n**2, n**0.5, n * k, k * z, k + 1j, k / 1j, 1 / n, 2.5 - n),
        (z == w, z != w, z == z, s == s, s != 1, s * s, s / 2, s - 1, 1j * s, x[0] * 1j, n[0] * 2.0, z[0] / 0.5),
        (z @ w, A @ z, z.conj() @ w, x @ z),
    )


def functions(z: Any, s: Any, n: Any) -> Any:
    ufuncs = (np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sqrt, np.sin, np.cos, np.tan, np.sinh,
              np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan, np.arcsinh, np.arccosh, np.arctanh, np.square,
              np.reciprocal, np.sign, np.conj, np.abs, np.angle, np.negative, np.positive, np.isnan, np.isinf,
              np.isfinite, np.real, np.imag)
    return tuple(f(z) for f in ufuncs), tuple(f(s) for f in ufuncs), tuple(f(n) for f in ufuncs)


def at_branch_cuts(z: Any) -> Any:
    """On both sides of the axes, and where a formula divides by something small or large."""
    return (np.sqrt(z), np.log(z), np.angle(z), np.abs(z), np.arcsin(z), np.arccos(z), np.arctan(z), np.arcsinh(z),
            np.arccosh(z), np.arctanh(z), np.tanh(z), np.log1p(z), z**0.5, 1 / z, z / (2 * z))


EDGES = np.array([complex(x, y) for x in (-2.0, -0.5, 0.5, 2.0, -1e-9, 1e8) for y in (0.0, -0.0, 1e-12, -1e-12, 3e8)])


def numbers(s: Any, t: Any) -> Any:
    return (
        np.complex128(cmath.exp(s)), np.complex128(cmath.log(s)), np.complex128(cmath.sqrt(s)),
        np.float64(cmath.phase(s)), np.complex128(cmath.rect(2.0, t)), np.complex128(cmath.log(s, 10)),
        np.complex128(complex(t, 2)), np.complex128(complex(s)), np.complex128(complex(s, 1j)),
        np.complex128(s.conjugate()), np.float64(s.real), np.float64(s.imag), np.float64(abs(s)),
        isinstance(s, complex), isinstance(s, float), np.complex128(pow(s, 2)), np.complex128(builtins.sum([s, t, 1j])),
        s == s, s != 2, np.complex64(1j) * np.float32(2) + s * 0, np.complex128(s + True),
    )  # fmt: skip


def moved(a: Any, r: Any, x: Any, z: Any, s: Any) -> Any:
    return (
        (a.T, a.reshape(2, 6), a.ravel(), a[1], a[1, 2], a[:, ::2], a[-1, ::-1], a[None], a[..., None], a.flatten()),
        (np.concatenate([a, r.T]), np.stack([z, x]), np.vstack([z, z]), np.hstack([z, x]), np.append(z, 1.0)),
        (np.where(x > 0, z, 0), np.where(x > 0, z, x), np.roll(z, 1), np.pad(z, 2), np.take(z, [1, 2]), np.tile(z, 2)),
        (np.repeat(z, 2), a.sum(), a.sum(axis=0), np.sum(a, axis=1, keepdims=True), a.mean(axis=1), np.cumsum(z)),
        (np.diff(z), np.broadcast_to(z, (2, 4)), np.diag(s), np.diag(z), np.trace(s), np.flip(a, 0), np.cumprod(z)),
        (a.real, a.imag, a.copy(), z[np.array([1, 1, 0])], np.tril(s), np.triu(s), np.expand_dims(z, 0)),
        (np.squeeze(a[None]), np.moveaxis(a, 0, 1), np.swapaxes(a, 0, 1), np.round(z, 2), z.round(1), np.mean(z)),
        (np.prod(z), np.prod(a, axis=1), np.any(z), np.all(z), np.count_nonzero(z), np.var(z), np.std(a, axis=0)),
        (np.linalg.norm(z), np.linalg.norm(a), np.linalg.norm(a, axis=1), np.trapezoid(z), np.sum(z, initial=1j)),
        (z[x > 0], np.sum(z[x > 0]), z[x > 0] * 2j),
    )


def made(z: Any, x: Any, n: Any) -> Any:
    return (
        (np.array([z[0], 1.0, 2j]), np.array([[z[0], x[0]], [1j, 2]]), np.zeros(3, dtype=complex), np.full(3, 1j)),
        (np.ones((2, 2), complex), np.zeros_like(z), np.ones_like(z), np.full_like(z, 2.0), np.eye(2) * 1j),
        (x.astype(complex), z.astype(np.complex64), n.astype(complex), np.asarray(z), np.asarray(x, complex)),
        (np.complex128(x[0]), np.complex64(z[0]), np.zeros(2, np.complex64), np.zeros_like(x, dtype=complex)),
        (np.iscomplexobj(z), np.iscomplexobj(x), np.isrealobj(z), len(z), z.shape[0], z.size, z.ndim),
        (np.isreal(z), np.iscomplex(x), np.iscomplex(z), z.astype(bool)),
    )


def products(a: Any, b: Any, r: Any, x: Any, z: Any, w: Any, s: Any) -> Any:
    return (
        a @ b, a @ r, r.T @ z, z @ w, np.dot(z, x), np.vdot(z, w), np.vdot(x, z), np.inner(z, w), np.outer(z, x),
        np.einsum("ij,jk->ik", a, b), np.einsum("i,i->", z, w.conj()), np.einsum("ij,j,jk->ik", a, x, b),
        np.einsum("ij,j,jk,j->ik", a, z, b, w), np.tensordot(a, b, 1), np.kron(s, r), np.cross(s, s[::-1]), a.dot(z),
        a.conj().T @ a,
    )  # fmt: skip


def loops(z: Any, x: Any) -> Any:
    s = 0
    for i in range(len(z)):
        s += z[i] * x[i]
    p = 1
    for v in z:
        p *= v
    out = np.zeros(4, complex)
    for i in range(4):
        out[i] = z[i] ** 2 + i
        out[i] += 1j
    t, k = 1.0, 0
    while abs(t) < 50 and k < 100:
        t = t * (1.2 + 0.3j)
        k += 1
    y = z.copy()
    if x[0] > 0:
        q = z[0]
        y[0] = 5
    else:
        q = 0.0
        y = y * 2
    for _ in range(3):
        y = y * z + 1
    r = z[0] if x[1] > 0 else 1
    listed = [z[i] * i for i in range(3)]
    return s, p, out, t + 0j, k, y, q + 0j, listed, r + 0j


def written(z: Any, a: Any, x: Any) -> Any:
    """Into the caller's arrays, through views and parts."""
    z.real[0] = 7
    z.imag = 2.0
    z.real += 1
    z *= 2
    z[1:] += z[:-1] * 1j
    z[x > 0] = 1j
    row = a[1]
    row[::2] = z[:2]
    a.T[0, 0] = 3
    a[:, 1] += x[:3]
    a[2] = x
    np.multiply(z, z, out=a[0])
    return row.sum(), z


def linear_algebra(s: Any, t: Any, b: Any, r: Any, x: Any) -> Any:
    la = np.linalg
    return (
        (la.solve(s, b[:3]), la.solve(s, t[0]), la.solve(s, x[:3]), la.solve(r, t[0]), la.inv(s), la.inv(t)),
        (la.det(s), la.det(t), *la.slogdet(s), la.solve(t, t), la.matrix_power(s, 3), la.multi_dot([s, s, b[:3]])),
        (la.trace(s), la.norm(s), la.norm(s, 1), la.norm(b, 1), la.norm(b, np.inf), la.norm(s, axis=0)),
    )


def composed(z: Any, x: Any, k: Any) -> Any:
    at = z.copy()
    np.add.at(at, k, 1j)
    return (
        (np.convolve(z, x), np.convolve(z, z, "same"), np.correlate(z, z[:2]), np.correlate(x, z, "full"), at),
        (np.polyval(z, x), np.polyval(x, z), np.gradient(z), np.polymul(z, x), np.poly(z), np.vecdot(z, x + 0j)),
        (np.allclose(z, z + 1e-12), np.isclose(z, z + 1e-3), np.array_equal(z, z), np.multiply.outer(z, x)),
        (np.add.reduce(z), np.multiply.reduce(z), np.add.accumulate(z), np.multiply.accumulate(z)),
        (np.linspace(z[0], z[1], 5), np.average(z, weights=abs(x)), np.rint(z), np.meshgrid(z, x)[0]),
        (np.eye(3, dtype=complex) * z[0], np.arange(3, dtype=complex) * z[0], np.identity(2, np.complex128) @ z[:2]),
        (np.array([i * v for i, v in enumerate(z)]), np.array([a * b for a, b in zip(z, x)]), max(abs(v) for v in z)),
    )


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (operators, (Z, W, X, NUMBER, NARROW, K)),
    (functions, (Z, NUMBER, NARROW)),
    (at_branch_cuts, (EDGES,)),
    (numbers, (NUMBER, 0.3)),
    (moved, (A, R, X, Z, S)),
    (made, (Z, X, NARROW)),
    (products, (A, B, R, X, Z, W, S)),
    (loops, (Z, X)),
    (written, (Z, A, X)),
    (linear_algebra, (S, c(2, 3, 3), Z, R[:3], X)),
    (composed, (Z, X, np.array([0, 1, 1, 3]))),
]


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_as_numpy(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments)


def test_memory_of_any_layout() -> None:
    """Strided, transposed and read-only arguments; the same array twice; results that are arguments."""

    @wengert.compile
    def scaled(a: Any, b: Any) -> Any:
        a *= 2j
        return a, b[0] + 0

    z = c(4, 6)
    for view in (z[::2], z.T, z[:, ::-2]):
        expected = view * 2j
        result, _ = scaled(view, c(2))
        assert result is view
        np.testing.assert_allclose(view, expected)
    kept = c(3)
    same, element = scaled(kept, kept)
    assert element == kept[0] and same is kept
    frozen = c(3)
    frozen.flags.writeable = False
    with pytest.raises(wengert.WengertValueError, match="read-only"):
        scaled(frozen, c(2))
    empty = wengert.compile(lambda z: (z * 2, z.sum()))(np.zeros(0, complex))
    assert empty[0].shape == (0,) and empty[0].dtype == np.complex128 and empty[1] == 0


TABLE = c(5)


def test_captured_arrays_are_read_anew_and_written() -> None:
    @wengert.compile
    def f(k: int) -> Any:
        TABLE[0] += 1j
        return TABLE[k] * TABLE.real[0]

    before = TABLE.copy()
    assert f(2) == pytest.approx(before[2] * before.real[0])
    TABLE[2] = 3
    assert f(2) == pytest.approx(3 * before.real[0]) and TABLE[0] == pytest.approx(before[0] + 2j)


def test_a_captured_array_of_no_dimension() -> None:
    number = np.array(2.0)
    f = wengert.compile(lambda x: x * number)
    assert f(3.0) == 6.0
    number[()] = 4.0
    assert f(3.0) == 12.0


@pytest.mark.parametrize(("function", "what"), [
    (lambda z: z[0] < z[1], "complex numbers are not ordered"),
    (lambda z: z // 2, "not ordered"),
    (lambda z: np.floor(z), "floor of complex numbers is not covered"),
    (lambda z: z.astype(float), "discards the imaginary part"),
    (lambda z: float(z[0]), "takes part in an operation on real numbers"),
    (lambda z: np.max(z), "of complex numbers is not covered"),
    (lambda z: np.real_if_close(z), "real_if_close"),
    (lambda z: cmath.exp(z), "use np.exp"),
    (lambda z: np.zeros(2).__iadd__(z[:2]), "does not change the type of the array"),
    (lambda z: np.exp(z, where=z.real > 0), "where="),
    (lambda z: 1.0 if z[0] else 2.0, ""),
    (lambda z: np.pad(z, 1, "maximum"), "numpy.pad of complex numbers with mode='maximum' is not covered"),
])
def test_what_is_refused(function: Callable[..., Any], what: str) -> None:
    if not what:
        assert wengert.compile(function)(Z) == 1.0
        return
    with pytest.raises((UnsupportedError, WengertTypeError)) as refused:
        wengert.compile(function)(Z)
    assert what in str(refused.value)


def test_a_complex_result_is_computed_where_the_caller_sees_it() -> None:
    """Both parts are written into the interleaved memory of the result, without memory in between."""
    text = wengert.compile(lambda z, w: z * w - z).lower(Z, W).as_text("memref")
    assert "memref.alloc" not in text and "memref.copy" not in text


def test_a_function_of_the_user_may_have_the_name_of_one_of_c() -> None:
    def tanh(x: Any) -> Any:
        return 2 * np.tanh(x)

    assert wengert.compile(tanh)(0.3) == pytest.approx(2 * np.tanh(0.3))
