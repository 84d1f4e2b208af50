"""Arrays as sets against NumPy: results of run-time size, by machine code, and their derivatives."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check

REPEATED = A.copy()
REPEATED[2, 2], REPEATED[0, 0] = np.nan, A[1, 1]
ROWS = np.array([[1, 2, 1], [0, 3, 0], [1, 2, 1], [0, 1, 0]])


def different(a: Any, n: Any, v: Any, b: Any) -> Any:
    every = {"return_index": True, "return_inverse": True, "return_counts": True}
    return (
        np.unique(a), *np.unique(n, **every), *np.unique(a, return_counts=True), np.unique(a, equal_nan=False),
        np.unique(b, axis=0), *np.unique(b, axis=1, **every), np.unique(n > 0), np.unique(v[:0]), np.unique(3.0),
        np.unique(v[:1]),
    )  # fmt: skip


def sets(n: Any, v: Any) -> Any:
    return (
        np.isin(n, [1, 2, -3]), np.isin(v, v[2:4], invert=True), np.isin(n, []), np.isin(2, n), np.union1d(n, [7, 8]),
        np.intersect1d(n, [7, 2, 1, 1]), *np.intersect1d(n[0], n[1], return_indices=True), np.setdiff1d(n, [1, 2]),
        np.setxor1d(n[0], n[1]), np.intersect1d(v, v[2:5], assume_unique=True),
        np.setdiff1d(v, v[3:], assume_unique=True),
    )  # fmt: skip


def test_different_elements() -> None:
    check(different, REPEATED, N, V, ROWS)


def test_sets() -> None:
    check(sets, N, V)


def test_derivatives_go_by_the_first_of_equal_elements() -> None:
    assert np.array_equal(wengert.grad(lambda v: np.sum(np.unique(v) ** 2))(np.array([1.0, 2, 1, 3])), [2, 4, 0, 6])
    wengert.check_grads(lambda v: np.sum(np.unique(v) ** 3 * v[0]), (V[:5],), order=2)
