"""Searching, bins and counts against NumPy, by machine code; derivatives by weights and through edges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check
from wengert.dialects.errors import UnsupportedError, WengertTypeError, WengertValueError

RNG = np.random.default_rng(3)
S = np.array([-1.0, 0.0, 0.0, 0.5, 2.0])
X, W = RNG.uniform(-2, 2, 50).round(1), RNG.uniform(0, 1, 50)


def searching(s: Any, v: Any, n: Any) -> Any:
    k = np.sort(n[0])
    return (
        np.searchsorted(s, v), np.searchsorted(s, v, side="right"), s.searchsorted(0.5), np.searchsorted(s, 0, "right"),
        np.searchsorted(k, n), np.searchsorted(k, v, "right"), np.searchsorted(s[:0], v), np.searchsorted(s, v[:0]),
        np.searchsorted(s[::-1], v, sorter=np.argsort(s[::-1])), np.searchsorted([1, 2, 3], n), np.searchsorted(s, 2),
        np.searchsorted(np.sort(n[1] > 0), n[0] > 0), np.digitize(v, s), np.digitize(v, s, right=True),
        np.digitize(v, s[::-1]), np.digitize(v, s[::-1], right=True), np.digitize(0.5, s), np.digitize(n, [0, 2]),
        np.digitize(v, s[1:2]), np.digitize(v, s[:0]),
        np.bincount(n[0] + 3), np.bincount(n[1] + 3, minlength=12), np.bincount(n[0] + 3, weights=v[:6]),
        np.bincount((n[0] > 0).astype(int)), np.bincount(n[0, :0], minlength=2), np.bincount(n[0, :0]),
    )  # fmt: skip


def test_searching() -> None:
    check(searching, S, np.append(V, [np.nan, np.inf, 0.0]), N)


def bins(a: Any, n: Any, w: Any) -> Any:
    return (
        *np.histogram(a), *np.histogram(a, bins=4, range=(-1, 1.5)), *np.histogram(a, bins=[-1, 0, 0.5, 2]),
        *np.histogram(a, bins=5, weights=w), *np.histogram(a, [-1, 0, 0.5, 2], weights=w, density=True),
        *np.histogram(n, 3), *np.histogram(a.astype(np.float32), 3), *np.histogram(a[:0], 2), *np.histogram(a * 0, 2),
        *np.histogram(a, 4, density=True), *np.histogram(n, bins=np.arange(-3, 3)), *np.histogram(n, 4, weights=n),
        *np.histogram2d(a, w), *np.histogram2d(a, w, bins=[3, 4]), *np.histogram2d(a, w, bins=[-1.0, 0.0, 0.5, 2.0]),
        *np.histogram2d(a, w, bins=[[-1, 0, 1], [0.0, 1.0, 2.0]], weights=a),
        *np.histogram2d(a, w, bins=3, range=[[-1, 1], [0, 1]], density=True),
    )  # fmt: skip


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.uint64, np.float32])
def test_other_types(dtype: Any) -> None:
    a = RNG.integers(0, 7, (2, 6)).astype(dtype)
    if dtype is np.uint64:
        a[0, 1] = 2**63 + 5

    def f(a: Any) -> Any:
        return (np.sort(a, 0), np.argsort(a, stable=True), np.searchsorted(np.sort(a[0]), a), np.digitize(a, [1, 3]),
                *np.histogram(a, bins=[0, 2, 5]), *np.unique(a, return_counts=True), np.isin(a, [1, 2]))

    check(f, a)


def test_histograms() -> None:
    check(bins, X, N, W)


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(order: int) -> None:
    def weighed(x: Any, w: Any) -> Any:
        sums, edges = np.histogram(x, 4, weights=w)
        return sums**2 * edges[1:]

    labels = np.array([0, 3, 1, 1, 2, 3, 0, 0])
    wengert.check_grads(weighed, (RNG.uniform(-2, 2, 12), W[:12]), order=order)
    wengert.check_grads(lambda w: np.sum(np.bincount(labels, w) ** 2), (W[:8],), order=order)


def test_bins_of_a_batch() -> None:
    rows = RNG.uniform(-1, 1, (3, 4))
    found = wengert.vmap(lambda x: np.searchsorted(x, 0.25) + np.digitize(x, [0.0, 0.5]))(np.sort(rows))
    expected = [np.searchsorted(x, 0.25) + np.digitize(x, [0.0, 0.5]) for x in np.sort(rows)]
    assert np.array_equal(found, expected)


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: np.searchsorted(x, 1.0), WengertValueError, "object too deep"),
    (lambda x: np.searchsorted(x[0, 0], 1.0), WengertValueError, "too small depth"),
    (lambda x: np.searchsorted(x[0], 1.0, side="x"), WengertValueError, "search side must be"),
    (lambda x: np.searchsorted(x[0], 1.0, sorter=[1]), WengertValueError, "sorter.size must equal a.size"),
    (lambda x: np.digitize(1.0, x[0]), WengertValueError, "bins must be monotonically"),
    (lambda x: np.digitize(1.0, x), ValueError, "object too deep"),
    (lambda x: np.bincount(x[0]), WengertTypeError, "Cannot cast array data"),
    (lambda x: np.bincount(x.astype(int)), WengertValueError, "object too deep"),
    (lambda x: np.bincount(-np.abs(x[2]).astype(int)), WengertValueError, "no negative elements"),
    (lambda x: np.bincount(np.arange(6), x[0, 1:]), WengertValueError, "don't have the same length"),
    (lambda x: np.bincount(x[0].astype(int), minlength=-1), WengertValueError, "must not be negative"),
    (lambda x: np.histogram(x), WengertValueError, "range is not finite"),
    (lambda x: np.histogram(x[0], "auto"), UnsupportedError, "bins='auto' is not covered"),
    (lambda x: np.histogram(x[0], 0), ValueError, "must be positive"),
    (lambda x: np.histogram(x[0], range=(2, 1)), ValueError, "max must be larger than min"),
    (lambda x: np.histogram(x[0], [0.0, 2.0, 1.0]), WengertValueError, "must increase monotonically"),
    (lambda x: np.histogram(x[0], 3, weights=x[1, :2]), ValueError, "same shape as a"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
