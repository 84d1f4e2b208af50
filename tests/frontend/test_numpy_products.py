"""Products against NumPy: all forms of einsum, stacks, types, empty arrays, and NumPy's words for what does not fit."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import check, traced_run
from wengert.frontend.calls import call

RNG = np.random.default_rng(0)
T, W, B, Q, V = (RNG.normal(size=shape) for shape in ((5, 3), (2, 3, 5), (2, 5, 3), (4, 4), (4,)))
ROW, PAIRS, CUBE = RNG.normal(size=(1, 3)), RNG.normal(size=(2, 2, 3, 3)), RNG.normal(size=(3, 3, 3))
N = np.arange(6).reshape(2, 3)
M, F = N % 2 == 0, T.astype(np.float32)

EINSUM: list[tuple[str, tuple[Any, ...]]] = [
    ("ij->ji", (T,)), ("ij", (T,)), ("ji", (T,)), ("ii", (Q,)), ("ii->i", (Q,)), ("iij->j", (CUBE,)),
    ("iii->i", (CUBE,)), ("iijj->ij", (PAIRS,)), ("ij,jk", (T.T, T)), ("ij,ij->", (T, T)), ("ij,ij->i", (T, T)),
    ("i,j", (V, V)),
    ("...ij,...jk->...ik", (W, B)), ("...ij,jk", (W, T)), ("...i->...", (W,)), ("i...,i...->...", (W, W)),
    ("...", (T,)), ("...,...", (T, ROW)), ("ij,kj,kl->il", (T, T, T)), ("a,ab,b->", (V, Q, V)), ("abc->cba", (W,)),
    ("ij,jk,kl,lm", (T, T.T, T, T.T)), ("ijk,ijl,ijm->klm", (W, W, W)), ("i,j,k->kji", (V, V, V)), ("ij,ab", (T, T)),
    ("ij->", (N,)), ("ij,jk", (N, N.T)), ("ij,jk->ik", (M, M.T)), ("ij->i", (M,)), ("ij,jk", (F, F.T)),
    ("ij,ij", (F, T)), (" i j , j k -> i k ", (T.T, T)), ("ij,j->i", (ROW, T[0])), ("ij,kj->ik", (ROW, T)),
    ("i,ij->ij", (np.ones(1), T)),
    (",ij->ij", (2.0, T)), (",", (2.0, 3.0)), ("ij,jk", (np.zeros((0, 3)), np.zeros((3, 2)))),
    ("ij,jk", (np.zeros((2, 0)), np.zeros((0, 2)))),
]  # fmt: skip


@pytest.mark.parametrize(("subscripts", "operands"), EINSUM, ids=[s for s, _ in EINSUM])
def test_einsum(subscripts: str, operands: tuple[Any, ...]) -> None:
    check(lambda *xs: np.einsum(subscripts, *xs), *operands, tolerance=1e-6 if F is operands[0] else 1e-13)


def test_einsum_with_lists_of_labels_and_options() -> None:
    check(lambda a, b: np.einsum(a, [0, 1], b, [1, 2], [2, 0]), T.T, T, tolerance=1e-14)
    check(lambda a, b: np.einsum(a, [Ellipsis, 0], b, [0], optimize=True), W, np.ones(5), tolerance=1e-14)
    check(lambda a: np.einsum("ij->i", a, dtype=np.float64, optimize="greedy"), N)


def test_einsum_of_run_time_extents() -> None:
    def partial(a: Any, k: int) -> Any:
        return np.einsum("ij,jk,kl->il", a[:, :k], a[:k, :k], a[:k])

    for k in (1, 3):
        np.testing.assert_allclose(traced_run(partial, Q, k, call=call), partial(Q, k), rtol=1e-12)


def test_results_go_where_they_are_put() -> None:
    def products(a: Any, b: Any) -> Any:
        first, second, third = np.zeros((3, 3)), np.zeros((3, 3)), np.zeros((3, 3))
        np.einsum("ij,jk->ik", a, b, out=first)
        np.matmul(a, b, out=second)
        np.dot(a, b, out=third)
        return first, second, third

    check(products, T.T, T, tolerance=1e-13)


PAIRED = [(W, B), (W, T), (T.T, B), (V, Q), (Q, V), (V, V), (W[None], B[:, None]), (N, N.T), (M, M.T), (F, F.T),
          (N.astype(np.int8), N.T.astype(np.int8)), (N, T[:3]), (np.zeros((0, 3)), T.T),
          (np.zeros((2, 0)), np.zeros((0, 2)))]  # fmt: skip


@pytest.mark.parametrize(("a", "b"), PAIRED, ids=[f"{a.shape}{b.shape}{a.dtype}" for a, b in PAIRED])
def test_products_of_two(a: Any, b: Any) -> None:
    def products(a: Any, b: Any) -> Any:
        return a @ b, np.dot(a, b), np.linalg.matmul(a, b), np.outer(a, b), np.kron(a, b)

    check(products, a, b, tolerance=1e-5 if a is F else 1e-13)
    check(lambda a: (np.inner(a, a), np.vdot(a, a)), a, tolerance=1e-5 if a is F else 1e-13)


def test_tensordot_and_numbers() -> None:
    for axes in (0, 1, 2, ([1], [1]), (1, 1), ([0, 1], [0, 1]), ([-1], [-2])):
        check(lambda a, b, axes=axes: np.tensordot(a, b, axes=axes), Q, Q.copy(), tolerance=1e-13)
    check(lambda a, b: (np.tensordot(a, b, axes=([2, 0], [1, 0])), np.linalg.tensordot(a[0], b[0], axes=1)), W, B,
          tolerance=1e-13)
    check(lambda a: (np.kron(a, 2.0), np.dot(3, a), np.inner(a, 2), np.vdot(a[0], 1.0), np.outer(2.0, a)), T[:, :1],
          tolerance=1e-13)


def test_cross_products() -> None:
    three, two = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 2))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        check(lambda a, b: (np.cross(a, a + 1), np.cross(a, b), np.cross(b, a), np.cross(b, b + 1)), three, two,
              tolerance=1e-14)
    check(lambda a, b: (np.cross(a, b[:, None]), np.cross(a.T, b.T, axis=0), np.linalg.cross(a, b),
                        np.cross(a.T, b, axisa=0, axisb=1, axisc=0)), three, three[::-1].copy(), tolerance=1e-14)


def test_products_along_the_last_axes() -> None:
    for k in (-3, -1, 0, 1, 4, 7):
        check(lambda a, k=k: (np.linalg.diagonal(a, offset=k), np.linalg.trace(a, offset=k)), W, tolerance=1e-14)
    check(lambda a: (np.vecdot(a, a), np.linalg.vecdot(a, a, axis=1), np.vecdot(a, np.ones(5)),
                     np.matvec(a, np.ones(5)), np.vecmat(np.ones(3), a),
                     np.linalg.matrix_transpose(a), np.linalg.outer(a[0, 0], a[0, 1])), W,
          tolerance=1e-14)


@pytest.mark.parametrize(("function", "message"), [
    (lambda a: np.einsum("ij,jk->ia", a, a.T), "included output subscript 'a' which never appeared in an input"),
    (lambda a: np.einsum("ijk,jk", a, a), "contains too many subscripts for operand 0"),
    (lambda a: np.einsum("i,jk", a, a), "but no '...' ellipsis provided to broadcast"),
    (lambda a: np.einsum("ij,jk", a, a), "operands could not be broadcast together"),
    (lambda a: np.einsum("ij->ii", a), "includes output subscript 'i' multiple times"),
    (lambda a: np.einsum("ij$", a), "invalid subscript '\\$' in einstein sum"),
    (lambda a: np.einsum("ii", a), "for collapsing index 'i' don't match \\(5 != 3\\)"),
    (lambda a: a @ a, "mismatch in its core dimension 0, with gufunc signature .*\\(size 5 is different from 3\\)"),
    (lambda a: a @ 2.0, "Input operand 1 does not have enough dimensions"),
    (lambda a: np.dot(a, a), "not aligned: 3 \\(dim 1\\) != 5 \\(dim 0\\)"),
    (lambda a: np.tensordot(a, a, axes=1), "shape-mismatch for sum"),
    (lambda a: np.linalg.outer(a, a), "Input arrays must be one-dimensional, but they are x1.ndim=2 and x2.ndim=2"),
    (lambda a: np.linalg.cross(a[:, :2], a), "3-dimensional vectors, but they are 2 and 3 dimensional instead"),
])
def test_numpys_errors(function: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        function(T)
    with pytest.raises(wengert.WengertValueError, match=message) as caught:
        traced_run(function, T, call=call)
    assert caught.value.position is not None and caught.value.position.file == __file__


def test_products_with_rows_and_columns() -> None:
    """A matrix of one row may have any distance between its rows: BLAS is told one that it takes."""
    def products(x: Any, a: Any) -> Any:
        return (x.T @ a, a.T @ x, x.T @ x, x @ x.T, x[:, 0] @ a, a[:, :1].T @ a, a[:1] @ a, a @ a[:1].T, a.T[:1] @ a,
                np.linalg.solve(a, x), np.linalg.solve(a[:1, :1], x[:1]), np.linalg.solve(a[:1, :1], a[:, :1].T))

    x = RNG.normal(size=(7, 1))
    a = RNG.normal(size=(7, 7))
    for result, expected in zip(wengert.compile(products)(x, a), products(x, a), strict=True):
        np.testing.assert_allclose(result, expected, rtol=1e-10, atol=1e-12)


def test_a_chain_of_products_is_a_chain_of_calls_of_blas() -> None:
    f = wengert.compile(lambda a, b, x: np.einsum("bij,jk,bk->bi", a, b, x))
    np.testing.assert_allclose(f(W, T, np.ones((2, 3))), np.einsum("bij,jk,bk->bi", W, T, np.ones((2, 3))), rtol=1e-12)
    assert f.lower(W, T, np.ones((2, 3))).as_text("nd").count("nd.dot_general") == 2


def test_derivatives_of_products() -> None:
    def f(a: Any, q: Any) -> Any:
        return (np.einsum("ii->i", q), np.einsum("bij,...kj->...i", a, q[:2, :3] @ a[0]), np.linalg.trace(a, offset=1),
                np.kron(q[:2], a[0, 0]), np.cross(a[0, 0, :3], q[0, :3]), np.tensordot(a, a, axes=([0, 2], [0, 2])))

    wengert.check_grads(f, (W, Q), order=2)
