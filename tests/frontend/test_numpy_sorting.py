"""Sorting, searching and order statistics against NumPy: values, dtypes and shapes by machine code, derivatives.

The cases are compiled in a few functions, because compiling takes longer than running.  NumPy's default sort is not
stable, so where elements tie the stable one is what positions are compared with.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import same
from wengert.dialects.errors import WengertTypeError, WengertValueError

RNG = np.random.default_rng(7)
A = np.round(RNG.uniform(-2, 2, (4, 6)), 1)
A[1, 2], A[3, 0], A[0, 1] = np.nan, -np.inf, -0.0
N = RNG.integers(-3, 4, (4, 6))
V = RNG.uniform(-2, 2, 9)


def check(function: Callable[..., Any], *arguments: Any, tolerance: float = 1e-14) -> None:
    """Machine code gives what NumPy gives, in each item of the result, and does to its arguments what NumPy does."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    with np.errstate(all="ignore"):
        expected = function(*plain)
    for k, (found, right) in enumerate(zip(wengert.compile(function)(*compiled), expected, strict=True)):
        assert same(found, right, tolerance), f"item {k}: {found!r} instead of {right!r}"
    assert same(compiled, plain, tolerance)


def sorting(x: Any, n: Any) -> Any:
    y, z = x.copy(), x[:, 1].copy()
    y.sort(axis=0)
    z.sort()
    b, f = n > 0, x.astype(np.float32)
    return (
        np.sort(x), np.sort(x, axis=0), np.sort(x, axis=None), np.sort(n, kind="stable"), np.sort(b), np.sort(f, 0),
        np.argsort(x, stable=True), x.argsort(axis=0, kind="stable"), n.argsort(None, kind="mergesort"),
        np.argsort(b, kind="stable"), np.argsort(f.T, 0, stable=True), x[:, ::-1].argsort(0, kind="stable"), y, z,
        np.lexsort((n[0], x[0])), np.lexsort((n, x), axis=0), np.lexsort([n[1] % 2, n[0] % 2, n[2] % 2]),
        np.sort(x[:0]), np.sort(x[:0], 0), np.sort(x[:, :0]), np.sort(x[:1], 0), np.argsort(x[:0], kind="stable"),
        np.partition(x, 2)[:, 2], np.partition(n, (1, -1), axis=0)[1], x[np.argpartition(x[:, 1], 2)[2], 1],
    )  # fmt: skip


def test_sorting() -> None:
    check(sorting, A, N)


def test_sorting_complex_numbers() -> None:
    def f(z: Any, x: Any) -> Any:
        y = z.copy()
        y.sort(axis=0)
        return (np.sort(z), np.argsort(z, 0, stable=True), np.sort(z, None), y, np.sort_complex(x), np.unique(z),
                np.union1d(z, z[:1] + 1))

    check(f, np.round(RNG.uniform(-1, 1, (4, 5))) + 1j * np.round(RNG.uniform(-1, 1, (4, 5)), 1), V)


def test_sorting_in_place_reaches_the_caller() -> None:
    def f(x: Any, y: Any) -> Any:
        x[1:, 2].sort()
        y.sort()
        y[0].partition(1)
        return (x[0, 0],)

    check(f, A.copy(), N.copy())


def test_sorting_a_part_of_run_time_size() -> None:
    check(lambda x, k: (np.sort(x[:k])[k - 1], np.sum(np.argsort(x[:k])), np.sort(x[k:])[:2]), V, 5)


@pytest.mark.parametrize("size", [2, 3, 4, 5, 15, 16, 17, 63, 64, 65, 1000])
def test_sorts_of_all_lengths_are_stable(size: int) -> None:
    compiled = wengert.compile(lambda x: np.argsort(x))
    for values in (RNG.integers(0, 5, size), RNG.uniform(-1, 1, size), np.arange(size)[::-1].copy(), np.ones(size)):
        np.testing.assert_array_equal(compiled(values), np.argsort(values, kind="stable"))


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives_of_sorting(order: int) -> None:
    weights = np.arange(1.0, 9.0)
    x = RNG.uniform(-2, 2, (4, 2))
    wengert.check_grads(lambda x: np.sum(np.sin(np.sort(x, axis=0)) * weights.reshape(4, 2)), (x,), order=order)
    wengert.check_grads(lambda x: np.sort(x, axis=None)[2:5] ** 2 * x[np.argsort(x[:, 0]), 1][1:], (x,), order=order)
    assert np.array_equal(wengert.vmap(lambda x: np.sort(x) * weights[:2])(x), np.sort(x) * weights[:2])


def test_a_derivative_follows_the_order_of_equal_elements() -> None:
    gradient = wengert.grad(lambda x: np.sum(np.sort(x) * np.arange(3.0)))
    assert np.array_equal(gradient(np.array([2.0, 1.0, 2.0])), [1.0, 0.0, 2.0])


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: np.sort(x, order="a"), WengertValueError, "Cannot specify order"),
    (lambda x: np.sort(x, kind="x"), WengertValueError, "sort kind must be one of"),
    (lambda x: np.sort(x, kind="stable", stable=True), WengertValueError, "at the same time"),
    (lambda x: np.sort(x, axis=2), WengertValueError, "axis 2 is out of bounds"),
    (lambda x: np.sort(x[0, 0]), WengertValueError, "axis -1 is out of bounds for array of dimension 0"),
    (lambda x: np.partition(x, 6), WengertValueError, r"kth\(=6\) out of bounds \(6\)"),
    (lambda x: np.partition(x, 1.0), WengertTypeError, "Partition index must be integer"),
    (lambda x: np.partition(x, 1, kind="x"), WengertValueError, "select kind must be"),
    (lambda x: np.lexsort((x, x[0])), WengertValueError, "all keys need to be the same shape"),
    (lambda x: np.lexsort(()), TypeError, "need sequence of keys"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
