"""Ufuncs and functions of math that are made of others, against NumPy and Python; derivatives at the odd places."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_table_compiled import check as check_compiled
from tests.frontend.traced import check, lines_of, traced_run
from wengert.dialects.errors import WengertTypeError
from wengert.frontend.calls import call

inf, nan = np.inf, np.nan
X = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -2.0, 3.7, -7.25, 1e300, -1e-310, 5e-324, inf, -inf, nan, 1e-5, 16.0,
              1.7976931348623157e308, 2.2250738585072014e-308])  # fmt: skip
Y = X[::-1].copy()
F = np.array([0.0, -0.0, 1.5, -3.25, 1e-40, 1e38, inf, -inf, nan, 3.4028235e38, 1e-45], np.float32)
N = np.array([[12, -18, 7], [0, 5, -4]])
K = np.array([[8, 24, -14], [6, 0, -4]])
P = np.array([0.0, 3.0, -3.0, -3.2, 0.0, 3.2, 9.5, 9.5 + np.pi])
A = np.arange(6.0).reshape(2, 3)
B = np.arange(18.0).reshape(2, 3, 3)

CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda x, y: (np.logaddexp(x, y), np.logaddexp2(x, y), np.logaddexp(x, 1), np.logaddexp(x, x)), (X, Y)),
    (lambda x, y: (np.heaviside(x, 0.5), np.heaviside(x, y)), (X, Y)),
    (lambda x, y: (np.fmax(x, y), np.fmin(x, y), np.fmax(x, 0.0), np.fmin(1.0, x)), (X, Y)),
    (lambda n, k: (np.fmax(n, k), np.gcd(n, k), np.lcm(n, k), np.gcd(n, 12), np.gcd(n[0, 0], 8)), (N, K)),
    (lambda n, k: (np.lcm.reduce(n[0]), np.gcd.reduce(k, axis=1), np.gcd.outer(n[0], k[0])), (N, K)),
    (lambda x, y: (*np.divmod(x, y), *divmod(x, 2.0)), (X[2:9], Y[3:10])),
    (lambda n: np.divmod(n, 5), (N,)),
    (lambda x, f: (*np.modf(x), *np.modf(f)), (X, F)),
    (lambda x, n: (np.ldexp(x, 3), np.ldexp(x[:3], n[0] * 100), np.ldexp(x, -1070), np.ldexp(x, 1500)), (X, N)),
    (lambda x, f: (np.ldexp(x, -1100), np.ldexp(x, -2000), np.ldexp(x, 2100), np.ldexp(f, -100)), (X, F)),
    (lambda x, y: (np.nextafter(x, y), np.nextafter(x, 0.0), np.nextafter(x, inf), np.spacing(x)), (X, Y)),
    (lambda f: (np.nextafter(f, np.float32(0)), np.nextafter(f, np.float32(inf)), np.spacing(f)), (F,)),
    (lambda x: (np.sinc(x), np.i0(x)), (np.array([0.0, 1e-9, 0.1, -0.3, 4.0, 8.0, -8.5, 30.0]),)),
    (lambda x: (np.nan_to_num(x), np.nan_to_num(x, nan=2.0, posinf=3.0, neginf=-3.0), np.isposinf(x)), (X,)),
    (lambda x, f: (np.isneginf(x), np.nan_to_num(f), np.isposinf(f)), (X, F)),
    (lambda x, y: (np.isclose(x, y), np.isclose(x, x, equal_nan=True), np.isclose(x, 1.0, atol=1)), (X, Y)),
    (lambda x, y: (np.array_equal(x, y), np.array_equal(x, x[:3]), np.array_equiv(x[:3], x[0])), (X, Y)),
    (lambda x, n: (np.array_equal(x, x, equal_nan=True), np.allclose(x[:3], x[:3]), np.isclose(n, n)), (X, N)),
    (lambda p: (np.unwrap(p), np.unwrap(p, period=2.0), np.unwrap(p, discont=4.0)), (P,)),
    (lambda n: (np.unwrap(n, period=4), np.unwrap(n, axis=0, period=6), np.nan_to_num(n)), (N,)),
    (lambda a, b: (np.vecdot(a, a), np.vecdot(a, a, axis=0), np.matvec(a, a[0]), np.vecmat(b[0, 0], b)), (A, B)),
    (lambda a, b: (np.matvec(b, b[0, 0]), np.vecmat(a[:, 0], a)), (A, B)),
    (lambda x, n: (math.modf(x), math.frexp(x), math.ldexp(x, 5), math.nextafter(x, 0.0), math.ulp(x)), (-3.7, 6)),
    (lambda x, n: (math.gcd(n, 4, 6), math.lcm(n, 4), math.isclose(x, x + 1e-12), math.isclose(x, 2.0)), (-3.7, 6)),
    (lambda x, n: (math.hypot(x, 2.0, n), math.hypot(x), math.dist([x, 1.0], (2.0, n)), math.prod([x, n])), (-3.7, 6)),
    (lambda x, n: (math.remainder(x, 1.5), math.remainder(-n, 4.0), math.remainder(x, inf)), (-3.7, 6)),
    (lambda x, n: (math.factorial(n), math.comb(n, 2), math.comb(n * 8, 20), math.perm(n, 3), math.perm(n)), (-3.7, 6)),
    (lambda x, n: (math.isqrt(n * 1000), math.isqrt(n - 6), math.isqrt(n * 1537228672809129301 - 5)), (-3.7, 6)),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("function", "arguments"), CASES, ids=lines_of([f for f, _ in CASES]))
def test_values(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments, tolerance=1e-6 if "float32" in str(arguments) else 2e-14)


def same_arguments(*arguments: Any) -> list[Callable[..., Any]]:
    return [f for f, given in CASES if len(given) == len(arguments) and all(x is y for x, y in zip(given, arguments))]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("arguments", [(X, Y), (X, F), (N, K), (N,), (P,), (-3.7, 6)], ids=str)
def test_in_machine_code(arguments: tuple[Any, ...]) -> None:
    cases = same_arguments(*arguments)
    assert cases
    if arguments[-1] is F:  # what is rounded to f32 is compared as such
        cases = [lambda x, f: (*np.modf(x), *np.modf(f), np.ldexp(x, -1100), np.ldexp(f, -100), np.ldexp(f, 130))]
    check_compiled(lambda *given: tuple(f(*given) for f in cases), *arguments)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda x, n: np.gcd(n, x), "gcd of float64"),
        (lambda x, n: np.ldexp(x, x), "an integer is needed"),
        (lambda x, n: math.comb(n[0, 0], x[0]), "cannot be interpreted as an integer"),
        (lambda x, n: np.vecdot(x, 1.0), "does not have enough dimensions"),
        (lambda x, n: np.bitwise_count(x), "integers have bits to count"),
    ],
)
def test_what_is_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(WengertTypeError, match=message):
        traced_run(function, X, N, call=call)


def test_integers_that_do_not_fit() -> None:
    def count(n: int, k: int) -> Any:
        return math.factorial(n) + math.comb(n, k)

    with pytest.raises(OverflowError, match="does not fit in int64"):
        wengert.compile(count)(21, 2)
    with pytest.raises(ValueError, match="not defined for negative values"):
        wengert.compile(count)(-1, 2)


# ---------------------------------------------------------------- derivatives

V = np.array([0.75, -0.25, 2.5])
W = np.array([0.7, 1.5, -0.6])
DERIVATIVES: list[Callable[..., Any]] = [
    lambda x, y: (np.logaddexp(x, y), np.logaddexp2(x, y), np.fmax(x, y + 0.1), np.heaviside(0.0 * x, y)),
    lambda x, y: (np.modf(x)[0], np.ldexp(x, 3), np.frexp(y)[0]),
    lambda x, y: (np.unwrap(3.0 * x), np.nan_to_num(x * y), np.nextafter(x, y), np.vecdot(x, y), np.divmod(x, y)[1]),
    lambda x, y: (math.hypot(x[0], y[1], x[2]), math.remainder(x[2], y[0]), math.dist(x, y), math.frexp(x[2])[0]),
]


@pytest.mark.parametrize("function", DERIVATIVES, ids=lines_of(DERIVATIVES))
def test_derivatives(function: Callable[..., Any]) -> None:
    wengert.check_grads(function, (V, W), order=2)


def second(f: Callable[[Any], Any], x: float) -> tuple[float, float]:
    return float(wengert.grad(f)(x)), float(wengert.grad(wengert.grad(f))(x))


@pytest.mark.parametrize(
    ("function", "x", "first", "then"),
    [
        (lambda x: np.sinc(x), 0.0, 0.0, -np.pi**2 / 3),
        (lambda x: np.logaddexp(x, 1.0), 1.0, 0.5, 0.25),
        (lambda x: np.logaddexp(x, 0.0), 800.0, 1.0, 0.0),
        (lambda x: np.logaddexp(x, 0.0), -800.0, 0.0, 0.0),
        (lambda x: np.logaddexp(x, -np.inf), 2.0, 1.0, 0.0),
        (lambda x: np.logaddexp(x, np.inf), 2.0, 0.0, 0.0),
        (lambda x: np.fmax(x, np.nan), 2.0, 1.0, 0.0),
        (lambda x: np.modf(x)[0], 0.0, 1.0, 0.0),
        (lambda x: np.spacing(x) + x, 3.0, 1.0, 0.0),
        (lambda x: math.remainder(x * x, 4.0), 3.0, 6.0, 2.0),
    ],
)
def test_first_and_second_derivative(function: Callable[[Any], Any], x: float, first: float, then: float) -> None:
    assert second(function, x) == (pytest.approx(first, abs=1e-14), pytest.approx(then, abs=1e-14))


def test_smooth_functions_are_no_kinks() -> None:
    smooth = wengert.compile(lambda x: np.logaddexp(x, 1.0) + np.sinc(x - 1.0), kinks="error")
    assert wengert.grad(smooth)(1.0) == pytest.approx(0.5, abs=1e-15)
