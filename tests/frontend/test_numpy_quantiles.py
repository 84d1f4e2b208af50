"""Medians, quantiles and percentiles of all methods against NumPy, by machine code, and their derivatives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check
from wengert.frontend.numpy_programs.quantiles import METHODS

RNG = np.random.default_rng(11)
B = np.nan_to_num(A, neginf=1.0)
C = RNG.uniform(-1, 1, (2, 3, 4))


def medians(a: Any, b: Any, c: Any, n: Any, v: Any) -> Any:
    return (
        np.median(b), np.median(b, axis=0), np.median(b, 1, keepdims=True), np.median(c, axis=(0, 2)), np.median(a),
        np.median(a, axis=0), np.median(n), np.median(n, 1), np.median(n > 0), np.median(b.astype(np.float32), 0),
        np.median(v[:1]), np.median(c, (1, -1), keepdims=True), np.median([1, 2, 3]), np.median(v[:0]),
        np.median(c, axis=None, keepdims=True), np.nanmedian(a), np.nanmedian(a, 0), np.nanmedian(a, 1, keepdims=True),
        np.nanmedian(n), np.nanmedian(a[1:2, 2:4], 0),
    )  # fmt: skip


def quantiles(a: Any, b: Any, c: Any, n: Any, v: Any, q: Any) -> Any:
    found = [
        f
        for m in METHODS
        for f in (
            np.quantile(v, 0.3, method=m), np.quantile(b, [0.0, 0.25, 0.5, 1.0], axis=1, method=m),
            np.percentile(n, 50, axis=0, method=m), np.quantile(v, q, method=m), np.nanquantile(a, 0.4, method=m),
        )
    ]  # fmt: skip
    return (
        *found, np.quantile(v, q[1]), np.nanpercentile(a, [10, 50.0], axis=1), np.percentile(c, 30, axis=(0, 2)),
        np.percentile(c, [[10, 20], [30, 99]], axis=(0, 2), keepdims=True), np.percentile(a, 50, axis=0),
        np.percentile(b, 30, axis=0, keepdims=True), np.quantile(b, np.linspace(0, 1, 5)), np.percentile(n, [30, 60]),
        np.nanpercentile(a[1:2, 2:4], 30, 0), np.quantile(3.0 * v[0], 0.5),
    )  # fmt: skip


def test_medians() -> None:
    with warnings.catch_warnings(action="ignore"):
        check(medians, A, B, C, N, V)


def test_quantiles() -> None:
    with warnings.catch_warnings(action="ignore"):
        check(quantiles, A, B, C, N, V, np.array([0.0, 1 / 3, 0.5, 1.0]))


def test_quantiles_of_float32() -> None:
    f = B.astype(np.float32)
    found = wengert.compile(lambda f: (np.percentile(f, 30, axis=0), np.quantile(f, 0.9)))(f)
    for x, y in zip(found, (np.percentile(f, 30, axis=0), np.quantile(f, 0.9))):
        assert x.dtype == y.dtype == np.float32 and np.allclose(x, y, rtol=1e-6)


def test_a_part_of_run_time_size() -> None:
    check(lambda x, k: (np.median(x[:k]), np.percentile(x[:k], 30), np.median(x[k:])), V, 4)


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(order: int) -> None:
    b, q = RNG.uniform(0.5, 2, (5, 2)), np.array([0.3, 0.62])
    wengert.check_grads(lambda b, q: np.quantile(b**2, q, axis=0) * np.quantile(b, q[0]), (b, q), order=order)
    wengert.check_grads(lambda b: np.median(b, axis=1) ** 2 * np.median(b), (b,), order=order)


def test_derivatives_leave_nan_out() -> None:
    gradient = wengert.grad(lambda x: np.sum(np.nanmedian(x, axis=1) + np.nanpercentile(x, 25, axis=1)))
    x = np.array([[3.0, np.nan, 1.0, 2.0, 7.0, 9.0], [np.nan, 1.0, 5.0, 0.0, 2.0, 3.0]])
    assert np.array_equal(gradient(x), [[1.0, 0.0, 0.0, 1.0, 0.0, 0.0], [0.0, 1.0, 0.0, 0.0, 1.0, 0.0]])


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: np.quantile(x, 1.5), ValueError, "Quantiles must be in the range"),
    (lambda x: np.quantile(x, x[0]), ValueError, "Quantiles must be in the range"),
    (lambda x: np.percentile(x, -1), ValueError, "Percentiles must be in the range"),
    (lambda x: np.quantile(x, 0.5, method="x"), ValueError, "is not a valid method"),
    (lambda x: np.median(x, axis=2), ValueError, "axis 2 is out of bounds for array of dimension 2"),
    (lambda x: np.quantile(x, 0.5, weights=x), NotImplementedError, "weights"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
