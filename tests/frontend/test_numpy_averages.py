"""Reductions with all their options, averages, nan-functions and running sums against NumPy; their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_table_compiled import check as check_compiled
from tests.frontend.traced import check, lines_of, traced_run
from wengert.dialects.errors import WengertError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = A > 0
R = np.array([[1.0, np.nan, 2.0], [np.nan, np.nan, np.nan], [4.0, 5.0, -1.0]])
V = np.array([0.25, -0.5, 0.75])


def into(a: Any, n: Any) -> Any:
    o, p, q = np.zeros(3), np.zeros(3, dtype=int), np.zeros((2, 3))
    np.sum(a, 0, None, o)
    np.add.reduce(n, 0, out=p)
    np.cumsum(a, axis=1, out=q)
    first = (o + 0, p + 0, q + 0, np.mean(a, axis=0, out=o) is o)
    a.max(axis=0, out=o)
    np.argmax(a, axis=0, out=p)
    return first, o, p


OPTIONS: list[Callable[..., Any]] = [
    lambda a, n, m: (
        np.sum(a, where=m), np.sum(a, axis=0, initial=2.0, where=a > 1), np.prod(a, where=m, axis=1, initial=2),
        np.max(a, where=m, initial=-1.0, axis=1), np.min(a, initial=0, axis=0), np.max(a, initial=3),
        np.any(a, where=m, axis=0), np.all(a, where=[True, False, True]), a.sum(where=m),
    ),
    lambda a, n, m: (
        np.mean(a, where=m), np.mean(a, axis=1, where=m), np.var(a, where=m, axis=1), np.std(a, ddof=1, where=m),
        np.std(a, correction=1, axis=1), np.var(a, axis=1, mean=a.mean(axis=1, keepdims=True)), a.var(ddof=0.5),
        a.std(axis=(0, 1), keepdims=True), a.var(-1, ddof=2),
    ),
    lambda a, n, m: (
        np.sum(n, initial=0.5), np.max(n, initial=2.5), n.max(initial=100), np.sum(n, 1, float), n.mean(where=n > 0),
        n.min(where=n > 3, initial=77), m.max(initial=False), m.min(where=[True, False, True], initial=True),
        np.any(m, axis=0, keepdims=True), np.argmax(a, keepdims=True), a.argmin(axis=1, keepdims=True), a.argmax(-1),
    ),
    lambda a, n, m: into(a, n),
    lambda a, n, m: (
        np.average(a), np.average(a, axis=1), np.average(a, axis=0, weights=[1, 2]), np.average(a, weights=a * a),
        np.average(a, axis=1, weights=a[0], returned=True), np.average(a, axis=0, returned=True), np.average(n),
        np.average(a, axis=1, keepdims=True, weights=n[1]), np.average(a, returned=True),
        np.average(n, weights=n, axis=1), np.average(n, axis=0, weights=[1.0, 3.0], returned=True),
    ),
    lambda a, n, m: (
        np.cov(a), np.cov(a[0], a[1]), np.cov(a, rowvar=False), np.cov(a, bias=True), np.cov(a[0]), np.cov(a, ddof=0),
        np.cov(n), np.cov(a, fweights=[1, 2, 1]), np.cov(a, aweights=[1.0, 2.0, 0.5]), np.corrcoef(a),
        np.cov(a, fweights=[1, 2, 1], aweights=[1.0, 2.0, 0.5]), np.corrcoef(a[0], n[1]), np.corrcoef(a[0]),
    ),
    lambda a, n, m: (
        np.cumsum(a, dtype=np.float64), a.cumsum(0), np.cumulative_sum(a, axis=1, include_initial=True),
        np.cumulative_prod(n, axis=0), np.cumulative_prod(a[0], include_initial=True), np.cumsum(n, dtype=float),
        a.cumprod(axis=1), np.cumsum(m, axis=0),
    ),
    lambda a, n, m: (
        np.trapezoid(a, axis=0), np.trapezoid(a, a * a, axis=1), np.trapezoid(a, a[0, :2], axis=0),
        np.trapezoid(a, a**3, axis=0), np.std(a[:, :1], axis=1), np.var(a[0, 0]), np.std(a[0, 0]),
        np.mean(a[0, 1], where=True), np.ptp(a, axis=1, keepdims=True),
    ),
    lambda a, n, m: (
        np.nansum(n), np.nanmax(n, axis=0), np.nanmean(n), np.nanvar(n, axis=1), np.nanargmax(n), np.nanstd(a),
    ),
]  # fmt: skip


@pytest.mark.parametrize("function", OPTIONS, ids=lines_of(OPTIONS))
def test_options(function: Callable[..., Any]) -> None:
    check(function, A, N, M, tolerance=1e-14)


def of_nothing(z: Any) -> Any:
    return (
        z.max(initial=1.0), z.min(axis=1, initial=1.0), z.sum(), z.prod(axis=0), np.cumsum(z), np.cumprod(z, axis=0),
        np.nansum(z), z.any(axis=1), np.sum(z, axis=1, initial=3.0), np.count_nonzero(z, axis=0), z.mean(axis=1),
    )  # fmt: skip


def without_nan(r: Any) -> Any:
    return (
        np.nansum(r), np.nansum(r, axis=1), np.nanprod(r, 0), np.nanmean(r, axis=0), np.nanvar(r, axis=0, ddof=1),
        np.nanstd(r), np.nanmax(r, axis=0), np.nanmin(r), np.nanmax(r, axis=1, keepdims=True), np.nancumsum(r),
        np.nancumprod(r, axis=1), np.nanmean(r, 1), np.nanstd(r, axis=1), np.nanargmax(r, axis=0), np.nanargmin(r),
        np.nanargmin(r, axis=0, keepdims=True), np.nanmin(r, axis=1, initial=0.5), np.nanmean(r, where=r > 1),
    )  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_of_nothing_and_of_nan() -> None:
    check(of_nothing, np.zeros((0, 2)), tolerance=1e-14)
    check(lambda z: z.sum(axis=1), np.zeros((2, 0)))
    check(without_nan, R, tolerance=1e-14)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_in_machine_code() -> None:
    check_compiled(lambda a, n, m: tuple(f(a, n, m) for f in OPTIONS), A, N, M)
    check_compiled(lambda z, r: (of_nothing(z), without_nan(r)), np.zeros((0, 2)), R)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda a: np.max(a, where=a > 0), WengertValueError, "has to specify 'initial'"),
        (lambda a: np.average(a, weights=[1.0, 2.0]), WengertTypeError, "Axis must be specified"),
        (lambda a: np.average(a, axis=1, weights=[1.0, 2.0]), WengertValueError, "Shape of weights must be consistent"),
        (lambda a: np.cumulative_sum(a), WengertValueError, "more than one dimension"),
        (lambda a: np.std(a, ddof=1, correction=1), WengertValueError, "simultaneously"),
        (lambda a: np.sum(a, axis=0, out=np.zeros(3, int)), WengertTypeError, "Cannot cast output"),
        (lambda a: np.sum(a, axis=0, out=np.zeros(2)), WengertValueError, "non-broadcastable output"),
        (lambda a: np.argmax(a[:, :0], axis=1), WengertValueError, "empty sequence"),
    ],
)
def test_what_is_refused(function: Callable[..., Any], error: type[WengertError], message: str) -> None:
    with pytest.raises(error, match=message):
        traced_run(function, A, call=call)


def test_errors_at_run_time() -> None:
    with pytest.raises(ZeroDivisionError, match="Weights sum to zero"):
        wengert.compile(lambda a, w: np.average(a, weights=w))(V, np.array([1.0, -1.0, 0.0]))
    with pytest.raises(ValueError, match="All-NaN slice encountered"):
        wengert.compile(lambda a: np.nanargmax(a, axis=1))(R)


# ---------------------------------------------------------------- derivatives

DERIVATIVES: list[Callable[..., Any]] = [
    lambda a, v: (np.mean(a, where=a > 0, axis=1), np.var(a, where=a > -1), np.max(a, initial=0.1, axis=0)),
    lambda a, v: (np.average(a, axis=1, weights=v + 1), np.corrcoef(a), np.std(a[:, :1], axis=1), np.nanstd(a)),
    lambda a, v: (np.cumprod(a * (a > 0), 1), np.prod(a * (v > 0), axis=1), np.nancumsum(v), np.trapezoid(a, a * a)),
]


@pytest.mark.parametrize(
    "function", [pytest.param(f, marks=[pytest.mark.slow] * (k == 1)) for k, f in enumerate(DERIVATIVES)],
    ids=lines_of(DERIVATIVES),
)
def test_derivatives(function: Callable[..., Any]) -> None:
    wengert.check_grads(function, (A, V), order=2)


def test_what_is_left_out_has_derivative_zero() -> None:
    x = np.array([1.0, np.nan, 3.0])
    assert np.array_equal(wengert.grad(lambda x: np.nansum(x * x))(x), [2.0, 0.0, 6.0])
    assert np.array_equal(wengert.grad(lambda x: np.nansum(x))(x), [1.0, 0.0, 1.0])
    assert np.array_equal(wengert.grad(lambda x: np.nanmean(x))(x), [0.5, 0.0, 0.5])
    assert np.array_equal(wengert.grad(lambda x: np.nanmax(x))(x), [0.0, 0.0, 1.0])
    assert np.array_equal(wengert.grad(lambda x: np.std(x[:1]) + x[0])(x), [1.0, 0.0, 0.0])


def test_of_an_extent_known_at_run_time() -> None:
    def reduced(x: Any, k: int) -> Any:
        return (
            x[x > 0].max(initial=0.1), x[x > 9].max(initial=2.0), np.argmax(x[x > 0]), x[:k].argmin(keepdims=True),
            x[x > 0].std(), np.average(x[:k], weights=x[:k] * x[:k]), np.cumsum(x[:k]), np.nanmean(x[k:]),
            np.logaddexp.reduce(x[x > 0]), np.divide(1.0, x[:k], out=np.zeros(4)[:k], where=x[:k] > 0),
        )  # fmt: skip

    check_compiled(reduced, np.array([0.25, -0.5, 0.75, 3.0]), 3)
    with pytest.raises(ValueError, match="empty sequence"):
        wengert.compile(lambda x: np.argmax(x[x > 9]))(V)
