"""What is made of samples: `interp`, `diff`, `gradient`, `convolve`, integrals; against NumPy and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import integrate

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check

RNG = np.random.default_rng(13)
B = np.nan_to_num(A, neginf=1.0)
XP, FP = np.array([-1.0, 0.0, 0.5, 2.0]), np.array([1.0, 3.0, -2.0, 0.5])


def interpolated(x: Any, xp: Any, fp: Any, n: Any) -> Any:
    return (
        np.interp(x, xp, fp), np.interp(x, xp, fp, left=-7, right=9.0), np.interp(x, xp, fp, period=1.7),
        np.interp(n, xp, fp), np.interp(0.25, xp, fp), np.interp(x.astype(np.float32), xp, fp),
        np.interp(x, xp[:1], fp[:1]), np.interp(x, [0, 1], [2, 3]), np.interp(x[:0], xp, fp),
    )  # fmt: skip


def differences(a: Any, n: Any, x: Any) -> Any:
    return (
        np.gradient(x), *np.gradient(a), np.gradient(a, axis=1), *np.gradient(a, 0.5), *np.gradient(a, 2.0, x[:6] ** 3),
        np.gradient(a, axis=(1,), edge_order=2), np.gradient(x, np.cumsum(x**2), edge_order=2), np.gradient(x[:2]),
        *np.gradient(n, edge_order=2), np.gradient(a.astype(np.float32), axis=0), np.diff(x), np.diff(a, axis=0),
        np.diff(n, 2), np.diff(a, prepend=0.0), np.diff(a, append=a[:, :2]), np.diff(a > 0), np.diff(x[:1]),
        np.diff(a, axis=0, prepend=1, append=2), np.diff(a, 0), np.diff(x, 12), np.ediff1d(a),
        np.ediff1d(n, to_end=99, to_begin=[1, 2]), np.ediff1d(x[:1]),
    )  # fmt: skip


def convolutions(x: Any, y: Any, n: Any) -> Any:
    found = [
        f
        for m in ("full", "same", "valid")
        for f in (
            np.convolve(x, y, m), np.convolve(y, x, m), np.correlate(x, y, m), np.correlate(y, x, m),
            np.convolve(x, y[:3], m), np.correlate(y[:3], x, m), np.correlate(x, y[:1], m), np.convolve(n[0], n[1], m),
            np.correlate(n[0, :2], n[1], m),
        )
    ]  # fmt: skip
    return (*found, np.convolve(2.0, x), np.convolve([1, 2], n[0]), np.correlate(x, y))


def integrals(a: Any, x: Any, n: Any) -> Any:
    return (
        np.trapezoid(a), np.trapezoid(a, axis=0), np.trapezoid(a, x[:6]), np.trapezoid(a, dx=0.5), np.trapezoid(n),
        np.trapezoid(x), np.trapezoid(a, a), integrate.trapezoid(x), integrate.cumulative_trapezoid(a),
        integrate.cumulative_trapezoid(a, x[:4], axis=0, initial=0), integrate.simpson(a), integrate.simpson(a, axis=0),
        integrate.simpson(x, x**3), integrate.simpson(x[:8], dx=0.3), integrate.simpson(x[:8], x[:8] ** 3),
        integrate.simpson(x[:2]), integrate.simpson(n), integrate.simpson(n > 0),
    )  # fmt: skip


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (interpolated, (np.append(V, [2.0, -1.0, 0.0, np.nan]), XP, FP, N)),
    (differences, (B, N, V)),
    (convolutions, (V, V[:4] ** 2, N)),
    (integrals, (B, np.sort(V) + 3, N)),
]


@pytest.mark.parametrize("function, arguments", CASES, ids=[f.__name__ for f, _ in CASES])
def test_values(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments, tolerance=1e-12)


DERIVATIVES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda x, xp, fp: np.interp(x, xp, fp) ** 2 * x,
     (RNG.uniform(-1.5, 2.5, 6), XP, FP)),
    (lambda a, h: np.gradient(a, h, 0.3 * h[1], edge_order=2)[0] * a**2,
     (RNG.uniform(-1, 1, (4, 3)), np.array([0.0, 1.0, 2.5, 3.0]))),
    (lambda a, v: np.convolve(a, v, "same") ** 2 + np.correlate(v, a, "full")[2:-1], (V, V[:4])),
    (lambda a, v: integrate.simpson(a**2, v) * np.trapezoid(a, v), (V[:6], np.arange(6.0) ** 1.5)),
]  # fmt: skip


@pytest.mark.parametrize("function, arguments", DERIVATIVES)
@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(function: Callable[..., Any], arguments: tuple[Any, ...], order: int) -> None:
    wengert.check_grads(function, arguments, order=order)


@pytest.mark.slow
def test_derivatives_of_periodic_samples() -> None:
    wengert.check_grads(lambda x, xp, fp: np.interp(x, xp, fp, period=1.7), (V[:5], XP, FP), order=1)


def test_the_slope_at_a_sample_is_that_of_the_interval_on_its_right() -> None:
    slope = wengert.grad(lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 4.0]))
    assert [slope(x) for x in (-1.0, 0.0, 1.0, 2.0, 3.0)] == [0.0, 1.0, 3.0, 3.0, 0.0]


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: np.interp(1.0, x, x), ValueError, "must be 1-D sequences"),
    (lambda x: np.interp(1.0, x[0], x[0, 1:]), ValueError, "not of the same length"),
    (lambda x: np.interp(1.0, x[0, :0], x[0, :0]), ValueError, "sample points is empty"),
    (lambda x: np.interp(1.0, x[0], x[0], period=0), ValueError, "period must be a non-zero value"),
    (lambda x: np.gradient(x, 1.0, 2.0, 3.0), TypeError, "invalid number of arguments"),
    (lambda x: np.gradient(x, edge_order=3), ValueError, "greater than 2 not supported"),
    (lambda x: np.gradient(x[0], x[1, 1:]), ValueError, "distances must match"),
    (lambda x: np.gradient(x[:1]), ValueError, "Shape of array too small"),
    (lambda x: np.diff(x, -1), ValueError, "order must be non-negative but got -1"),
    (lambda x: np.diff(x[0, 0]), ValueError, "at least one dimensional"),
    (lambda x: np.convolve(x, x[0]), ValueError, "object too deep"),
    (lambda x: np.convolve(x[0], x[0, :0]), ValueError, "v cannot be empty"),
    (lambda x: np.convolve(x[0], x[0], "x"), ValueError, "mode must be one of"),
    (lambda x: np.correlate(x[0, :0], x[0]), ValueError, "cannot be empty"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
