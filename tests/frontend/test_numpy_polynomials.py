"""Polynomials, series and windows against NumPy, by machine code, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.polynomial import chebyshev, hermite, legendre, polynomial

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check


def polynomials(x: Any, p: Any, n: Any) -> Any:
    return (
        np.polyval(p, x), np.polyval([1, 2, 3], x), np.polyval(p, 2.0), np.polyval(n[0], n[1]), np.polyval(p, p[0]),
        np.polyval(np.arange(40.0) * p[0], x * 0.1), np.polyval([], x), np.polyval(p[:1], x), np.polyadd(p, x),
        np.polyadd(x, [1]), np.polysub(p, p), np.polysub(n[0], p), np.polymul(p, x), np.polymul(n[1], n[2]),
        np.polyder(p), np.polyder(x, 2), np.polyder(n[0]), np.polyder(p, 9), np.polyder(p[:1]), np.polyint(p),
        np.polyint(x, 2, k=3.0), np.polyint(n[0], 2, k=[1, 2]), np.poly(p), np.poly(n[0]), np.poly([1.0, 2.0]),
    )  # fmt: skip


def series(x: Any, p: Any, n: Any) -> Any:
    return (
        polynomial.polyval(x, p), chebyshev.chebval(x, p), legendre.legval(x, p), hermite.hermval(x, p),
        chebyshev.chebval(x, p[:1]), legendre.legval(0.3, [1, 2]), polynomial.polyval(n[0], [1, 2]),
        hermite.hermval(x, p[:2]),
    )  # fmt: skip


def windows(k: Any, b: Any) -> Any:
    return (np.hanning(k), np.hamming(k), np.blackman(k), np.bartlett(k), np.kaiser(k, b), np.kaiser(5, 8.6),
            np.kaiser(1, b))  # fmt: skip


@pytest.mark.parametrize("function, arguments", [(polynomials, (V, V[2:6], N)), (series, (V, V[2:6], N)),
                                                 (windows, (7, 2.5))])
def test_values(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments, tolerance=1e-12)


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(order: int) -> None:
    wengert.check_grads(lambda p, x: np.polyval(p, x) * chebyshev.chebval(x, p), (V[:4], V), order=order)
    wengert.check_grads(lambda p: np.polyval(np.polymul(np.polyint(p), np.poly(p)), 0.3), (V[:3],), order=order)
    wengert.check_grads(lambda p, x: legendre.legval(x, p) + hermite.hermval(x, p), (V[:3], V), order=1)
    wengert.check_grads(lambda b: np.kaiser(6, b), (2.5,), order=1)


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: np.polyder(x[0], -1), ValueError, "must be positive"),
    (lambda x: np.polyint(x[0], 3, k=[1, 2]), ValueError, "k must be a scalar"),
    (lambda x: np.roots(0.0 * x[0]), ValueError, "leading coefficient of a polynomial is zero"),
    (lambda x: np.poly(x), NotImplementedError, "of a matrix is not covered"),
    (lambda x: np.polyval(np.poly1d([1, 2]), x), NotImplementedError, "poly1d is not covered"),
    (lambda x: np.polyfit(x[0], x[1], 1, full=True), NotImplementedError, "with full= or cov="),
    (lambda x: np.polyfit(x, x[1], 1), TypeError, "expected 1D vector for x"),
    (lambda x: chebyshev.chebval(1.0, x), NotImplementedError, "several series"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)


def test_roots_are_complex() -> None:
    roots = wengert.compile(lambda p: np.roots(p))
    for p in ([1.0, -3.0, 2.0], [2.0, 1.0, 5.0, 1.0], [1.0, 2.0]):
        assert roots(np.array(p)).dtype == np.complex128 and np.allclose(roots(np.array(p)), np.roots(p), atol=1e-12)
    wengert.check_grads(lambda p: np.abs(np.roots(p)) ** 2, (np.array([2.0, 1.0, 5.0, 1.0]),), order=1)


def test_fits() -> None:
    def fits(x: Any, y: Any) -> Any:
        return np.polyfit(x, y, 2), np.polyfit(x, y**2, 1, w=x**2), np.polyfit(x, np.stack([y, x], 1), 2)

    check(fits, V, V**3, tolerance=1e-10)
    wengert.check_grads(lambda x, y: np.polyfit(x, y, 2), (V, V**3 + 1), order=1)
