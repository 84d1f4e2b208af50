"""Reductions and products against NumPy: axes, types, extents known only at run time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.frontend.traced import check, lines_of, same, traced_run
from wengert.dialects.errors import WengertValueError
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
B = np.array([[1.5, 0.5], [-2.0, 1.0], [0.25, 4.0]])
V = np.array([0.25, -0.5, 0.75])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])
F = A.astype(np.float32)


# ---------------------------------------------------------------- reductions

REDUCTIONS: list[Callable[..., Any]] = [
    lambda a: (
        np.sum(a),
        a.sum(),
        np.sum(a, axis=0),
        a.sum(1),
        a.sum(-1, keepdims=True),
        np.sum(a, (0, 1)),
        a.sum(axis=()),
    ),
    lambda a: (np.prod(a), a.prod(axis=0), np.prod(a, axis=1, keepdims=True)),
    lambda a: (np.max(a), a.max(0), np.min(a, axis=(0, 1)), a.min(axis=1, keepdims=True), np.amax(a), np.ptp(a)),
    lambda a: (np.mean(a), a.mean(axis=0), a.mean(1, keepdims=True), np.mean(a, axis=(0, 1), keepdims=True)),
    lambda a: (np.any(a), a.all(), np.all(a > -1, axis=0), (a > 1).any(axis=1, keepdims=True), np.count_nonzero(a)),
]


@pytest.mark.parametrize("function", REDUCTIONS, ids=lines_of(REDUCTIONS))
@pytest.mark.parametrize("a", [A, F, N], ids=["f64", "f32", "i64"])
def test_reductions(function: Callable[..., Any], a: Any) -> None:
    check(function, a, tolerance=1e-6 if a is F else 1e-14)


def test_reductions_of_bools() -> None:
    check(
        lambda m: (
            m.sum(),
            m.sum(0),
            m.any(axis=0),
            m.all(1),
            m.max(),
            m.min(0),
            m.mean(),
            np.prod(m),
            np.count_nonzero(m, axis=0),
        ),
        M,
    )


def test_variances_and_norms() -> None:
    check(lambda a: (np.var(a), a.std(), np.var(a, axis=0, ddof=1), a.std(axis=1, keepdims=True)), A, tolerance=1e-14)
    check(lambda a: (np.var(a), np.std(a, axis=0)), F, tolerance=1e-6)
    check(lambda n: (n.var(), n.std(axis=0)), N, tolerance=1e-14)
    check(
        lambda a, v: (
            np.linalg.norm(a),
            np.linalg.norm(v),
            np.linalg.norm(v, 1),
            np.linalg.norm(v, np.inf),
            np.linalg.norm(a, axis=1),
            np.linalg.norm(a, "fro"),
            np.linalg.norm(a, 1),
            np.linalg.norm(a, np.inf),
            np.linalg.norm(v, 2),
            np.linalg.norm(a, axis=0, keepdims=True),
            np.linalg.norm(v, -np.inf),
        ),
        A,
        V,
        tolerance=1e-15,
    )


def test_reductions_with_a_dtype_and_of_numbers() -> None:
    check(
        lambda a: (np.sum(a, dtype=np.float64), np.mean(a, dtype=np.float64), np.prod(a, 0, np.float64)),
        F,
        tolerance=1e-15,
    )
    check(lambda n, x: (np.sum(n, dtype=float), np.sum(x), np.max(x), np.mean(x)), N, 2.5)


def test_an_empty_extremum_is_refused_and_an_empty_sum_is_zero() -> None:
    check(lambda a: (a.sum(), a.prod(), a.any(), a.all(), a.sum(axis=0)), np.zeros((0, 2)))
    with pytest.raises(WengertValueError, match="zero-size array to reduction operation maximum"):
        traced_run(lambda a: a.max(), np.zeros(0), call=call)
    with pytest.raises(WengertValueError, match="zero-size array to reduction operation minimum"):
        traced_run(lambda a, k: a[k:].min(), np.zeros(3), 3, call=call)


def test_an_axis_that_is_not_there_is_refused() -> None:
    with pytest.raises(WengertValueError, match="axis 2 is out of bounds for array of dimension 2"):
        traced_run(lambda a: a.sum(axis=2), A, call=call)


def test_places_of_extrema_and_running_sums() -> None:
    x = np.array([2.0, 5.0, -1.0, 5.0, -1.0])
    check(lambda a, b: (np.argmax(a), a.argmin(), np.argmax(b, axis=0), b.argmin(axis=1), np.argmax(b)), x, A)
    check(lambda a: (np.argmax(a), np.argmin(a)), np.array([1.0, np.nan, 3.0, np.nan]))
    check(
        lambda a, b, n: (
            np.cumsum(a),
            a.cumsum(),
            np.cumsum(b, axis=0),
            np.cumsum(b, axis=1),
            np.cumprod(a),
            np.cumsum(n),
        ),
        x,
        A,
        N,
        tolerance=1e-15,
    )
    check(lambda m: (np.cumsum(m), np.cumsum(m, axis=1)), M)
    check(lambda y, x: (np.trapezoid(y), np.trapezoid(y, x), np.trapezoid(y, dx=0.5)), A, V, tolerance=1e-15)


# ---------------------------------------------------------------- products


def test_products() -> None:
    check(
        lambda a, b, v: (
            a @ b,
            a @ v,
            v @ b,
            v @ v,
            np.dot(a, b),
            a.dot(v),
            np.dot(v, v),
            np.dot(2.0, v),
            np.matmul(a, b),
            b.T @ a.T,
        ),
        A,
        B,
        V,
        tolerance=1e-15,
    )
    check(
        lambda a, b, v: (
            np.outer(v, a),
            np.inner(a, v),
            np.vdot(a, a),
            np.tensordot(a, b, 1),
            np.tensordot(a, a, ([0, 1], [0, 1])),
            np.inner(a, a),
        ),
        A,
        B,
        V,
        tolerance=1e-15,
    )
    check(lambda n, m: (n @ n.T, n.dot(n[0]), n @ m), N, A.T)
    check(lambda f, a: (f @ f.T, f @ a.T), F, A, tolerance=1e-6)
    check(lambda a, b: (np.kron(a, b), np.cross(a, a[::-1]), np.cross(a[0], a[1])), A, B, tolerance=1e-15)


def test_products_of_stacks() -> None:
    s, t = np.arange(24.0).reshape(2, 3, 4), np.arange(40.0).reshape(2, 4, 5)
    check(
        lambda s, t, v: (s @ t, s @ t[0], s[0] @ t, s @ v, v[:3] @ s, np.dot(s, t[0]), s[:, None] @ t[None]),
        s,
        t,
        np.arange(4.0),
    )


def test_products_of_run_time_extents() -> None:
    def partial(a: Any, k: int, j: int) -> Any:
        return a[0, :k] @ a[:k, 1], a[:, :k] @ a[:k, :j]

    a = np.arange(16.0).reshape(4, 4)
    for k, j in ((2, 1), (4, 3)):
        expected = partial(a, k, j)
        assert same(traced_run(partial, a, k, j, call=call), expected)
    with pytest.raises(WengertValueError, match="not aligned: 2 != 3"):
        traced_run(lambda a, k, j: a[:k] @ a[:j], np.arange(4.0), 2, 3, call=call)


@pytest.mark.parametrize(
    "subscripts",
    ["ij,jk->ik", "ij,jk", "ij->ji", "ij->", "ij,ij->i", "ij,kl->", "i,j->ij", "bij,bjk->bik", "ij,jk,k->i", "ij->j"],
)
def test_einsum(subscripts: str) -> None:
    rng = np.random.default_rng(0)
    extents = dict(zip("bijkl", (2, 3, 4, 5, 2)))
    operands = [rng.random([extents[c] for c in term]) for term in subscripts.partition("->")[0].split(",")]
    check(lambda *xs: np.einsum(subscripts, *xs), *operands, tolerance=1e-14)
