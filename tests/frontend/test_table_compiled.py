"""Covered functions as machine code against NumPy, and their derivatives where a choice had to be made."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_numpy_arrays import CREATION, SHAPING
from tests.frontend.test_numpy_reductions import REDUCTIONS
from tests.frontend.traced import lines_of, same

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
N = np.array([[3, -1, 4], [1, -5, 9]])
V = np.array([0.25, -0.5, 0.75])


def check(function: Callable[..., Any], *arguments: Any) -> None:
    """Machine code gives what NumPy gives, up to rounding; a number that is returned is one of NumPy's."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*plain)
    assert same(of_numpy(wengert.compile(function)(*compiled)), of_numpy(expected), 1e-12)
    assert same(compiled, plain, 1e-12)


def of_numpy(x: Any) -> Any:
    if isinstance(x, tuple):
        return tuple(of_numpy(y) for y in x)
    return np.asarray(x)[()] if isinstance(x, (bool, int, float)) else x


@pytest.mark.parametrize("function", CREATION, ids=lines_of(CREATION))
def test_new_arrays(function: Callable[..., Any]) -> None:
    check(function, 1.5)


@pytest.mark.parametrize("function", SHAPING, ids=lines_of(SHAPING))
def test_shapes(function: Callable[..., Any]) -> None:
    check(function, A, V)


@pytest.mark.parametrize("function", REDUCTIONS, ids=lines_of(REDUCTIONS))
@pytest.mark.parametrize("a", [A, N], ids=["f64", "i64"])
def test_reductions(function: Callable[..., Any], a: Any) -> None:
    check(function, a)


def masked(a: Any, lim: float) -> Any:
    a[a > lim] = lim
    m = a < 0
    a[m] += 1.0
    a[m] = 1.0 / a[m]
    return a[m].sum(), len(a[m]), a[~m].mean()


OTHERS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda x: (x % 0.7, x // 0.7, x % -0.7, np.fmod(x, 0.7), np.copysign(x, -1.0), np.signbit(x)), (A,)),
    (lambda n: (n % 3, n // 3, n**3, n << 2, n >> 1, ~n, np.abs(n), n / 2, n & 3), (N,)),
    (lambda n, k: (n**k, n // k, k % 2 == 1, k << k), (N, 3)),
    (lambda m: (m.sum(), m.any(), m.all(0), m & ~m, m | m, m ^ m, m == m), (N > 0,)),
    (lambda a: (a @ a.T, a @ a[0], np.einsum("ij,ij->i", a, a), np.kron(a, a), np.outer(a, a), a[0] @ a[1]), (A,)),
    (lambda n: (n @ n.T, n[0] @ n[1]), (N,)),
    (lambda a: (a.argmax(), np.argmin(a, 1), np.cumsum(a, 1), np.cumprod(a, 0), np.linalg.norm(a), a.std()), (A,)),
    (lambda a: (np.where(a > 0, a, 0.0), np.sign(a), np.hypot(a, a), np.isnan(a), np.isinf(a), a.clip(0, 1)), (A,)),
    (lambda a: (a.astype(int), a.astype(np.float32), (a > 0).astype(float), np.round(a, 1), np.rint(a)), (A,)),
    (lambda a, k: (a[:k].sum(), a[k:] @ a[k:], a[::-1][:k].max(), (a[k:] + a[k:]).mean()), (np.arange(6.0), 3)),
    (lambda x, n: (math.floor(x), int(x), round(x), x % n, n // 2, max(x, 0.0), min(n, 2), x**n), (2.6, 4)),
    (lambda x, n: (math.hypot(x, n), math.isfinite(x), math.trunc(-x), abs(-n)), (2.6, 4)),
    (masked, (A, 0.5)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments"), OTHERS, ids=lines_of([f for f, _ in OTHERS]))
def test_others(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments)


# ---------------------------------------------------------------- derivatives at kinks and beside them

KINKS: list[tuple[Callable[[Any], Any], float, float]] = [
    (lambda x: np.maximum(x, 0.0), 0.0, 0.0),
    (lambda x: np.maximum(0.0, x), 0.0, 0.0),
    (lambda x: np.minimum(x, 1), 1.0, 0.0),
    (lambda x: np.clip(x, -1.0, 1.0), 1.0, 0.0),
    (lambda x: np.clip(x, -1.0, 1.0), 0.5, 1.0),
    (lambda x: max(x, 0.0), 0.0, 0.0),
    (lambda x: max(0.0, x), 0.0, 0.0),
    (lambda x: min(0.0, x), 0.0, 0.0),
    (lambda x: np.maximum(x, x * 1.0), 2.0, 1.0),
    (lambda x: np.maximum(x, 2.0 * x), 0.0, 1.5),
    (lambda x: abs(x), 0.0, 0.0),
    (lambda x: np.abs(x), -2.0, -1.0),
    (lambda x: np.sign(x) * 3.0, 1.0, 0.0),
    (lambda x: x % 2.0, 4.0, 1.0),
    (lambda x: 7.0 % x, 2.0, -3.0),
    (lambda x: x // 2.0 + np.floor(x) + round(x), 5.0, 0.0),
    (lambda x: x**3, -2.0, 12.0),
    (lambda x: x**2, 0.0, 0.0),
    (lambda x: x**1, 0.0, 1.0),
    (lambda x: x**0, 0.0, 0.0),
    (lambda x: np.hypot(x, 4.0), 3.0, 0.6),
    (lambda x: np.where(x > 0, np.sqrt(np.where(x > 0, x, 1.0)), 0.0), -1.0, 0.0),
    (lambda x: np.round(x, 1) + np.trunc(x), 0.25, 0.0),
    (lambda x: int(x) * x, 2.5, 2.0),
]


@pytest.mark.parametrize(("function", "x", "slope"), KINKS, ids=lines_of([f for f, *_ in KINKS]))
def test_slopes(function: Callable[[Any], Any], x: float, slope: float) -> None:
    assert wengert.grad(function)(x) == pytest.approx(slope, rel=1e-15, abs=0.0)


def test_what_a_mask_leaves_out_does_not_spoil_the_derivative() -> None:
    def logs(x: Any) -> Any:
        m = x > 0
        y = np.zeros_like(x)
        y[m] = np.log(x[m]) + 1.0 / x[m]
        return np.sum(y)

    x = np.array([2.0, 0.0, -1.0])
    assert np.array_equal(wengert.grad(logs)(x), [0.25, 0.0, 0.0])


def test_an_extremum_shares_its_slope_among_equals() -> None:
    assert np.array_equal(wengert.grad(lambda x: np.max(x))(np.array([1.0, 3.0, 3.0])), [0.0, 0.5, 0.5])
    assert np.array_equal(wengert.grad(lambda x: max(x[0], x[1]))(np.array([3.0, 3.0])), [1.0, 0.0])
