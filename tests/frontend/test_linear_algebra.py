"""Linear algebra compiled: values against NumPy and SciPy, derivatives of both orders, errors with a line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import wengert
from tests.frontend.traced import lines_of

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 4)) + 3 * np.eye(4)
B = RNG.normal(size=(4, 3))
V = RNG.normal(size=4)
STACK = RNG.normal(size=(2, 4, 4)) + 3 * np.eye(4)
STACK_B = RNG.normal(size=(2, 4, 3))
POSITIVE = A @ A.T + np.eye(4)

VALUES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda a, b: np.linalg.solve(a, b), (A, V)),
    (lambda a, b: np.linalg.solve(a, b), (A, B)),
    (lambda a, b: np.linalg.solve(a.T, b), (A, B)),
    (lambda a, b: np.linalg.solve(a, b), (STACK, STACK_B)),
    (lambda a, b: np.linalg.solve(a, b), (A, STACK_B)),
    (lambda a, b: np.linalg.solve(a, b), (STACK, V)),
    (lambda a, b: np.linalg.solve(a, b), (A.astype(np.float32), B.astype(np.float32))),
    (lambda a, b: np.linalg.solve(a, b), (np.array([[2, 1], [1, 3]]), np.array([1, 2]))),
    (lambda a: np.linalg.inv(a), (STACK,)),
    (lambda a: np.linalg.inv(a), (np.array([[4.0]]),)),
    (lambda a: np.linalg.inv(a), (np.zeros((0, 0)),)),
    (lambda a: np.linalg.det(a), (A,)),
    (lambda a: np.linalg.det(a), (STACK,)),
    (lambda a: np.linalg.det(a), (np.ones((3, 3)),)),
    (lambda a: np.linalg.det(a), (np.zeros((0, 0)),)),
    (lambda a: tuple(np.linalg.slogdet(a)), (-A,)),
    (lambda a: tuple(np.linalg.slogdet(a)), (np.zeros((2, 2)),)),
    (lambda a: np.linalg.slogdet(a).logabsdet, (STACK.astype(np.float32),)),
    (lambda a: np.linalg.cholesky(a), (POSITIVE,)),
    (lambda a: np.linalg.cholesky(a, upper=True), (np.stack([POSITIVE, 2 * POSITIVE]),)),
    (lambda a, b: scipy.linalg.solve_triangular(a, b), (A, V)),
    (lambda a, b: scipy.linalg.solve_triangular(a, b, lower=True, trans=1), (A, B)),
    (lambda a, b: scipy.linalg.solve_triangular(a, b, trans="T", unit_diagonal=True), (A, V)),
    (lambda a, b: scipy.linalg.cho_solve((a, True), b), (A, B)),
    (lambda a, b: scipy.linalg.cho_solve((a, False), b), (A, V)),
]


@pytest.mark.parametrize("f, arguments", VALUES, ids=lines_of([f for f, _ in VALUES]))
def test_values(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with np.errstate(all="ignore"):
        expected = f(*arguments)
    got = wengert.compile(f)(*arguments)
    for x, y in zip(*(value if isinstance(value, tuple) else (value,) for value in (got, expected)), strict=True):
        assert np.asarray(x).dtype == np.asarray(y).dtype and np.shape(x) == np.shape(y)
        rounding = 1e-5 if np.asarray(y).dtype == np.float32 else 1e-12
        np.testing.assert_allclose(x, y, rtol=rounding, atol=rounding)


def test_pivots_are_numpys_for_entries_of_all_sizes() -> None:
    """Rows that differ by hundreds of orders of magnitude: another order of elimination would give other numbers."""
    both = wengert.compile(lambda a, b: (np.linalg.solve(a, b), *np.linalg.slogdet(a)))
    for _ in range(20):
        a = RNG.normal(size=(4, 4)) * 10.0 ** RNG.integers(-300, 300, size=(4, 4))
        with np.errstate(all="ignore"):
            try:
                expected = (np.linalg.solve(a, V), *np.linalg.slogdet(a))
            except np.linalg.LinAlgError:
                continue
        for x, y in zip(both(a, V), expected, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-9, atol=0.0)


def test_solutions_go_where_they_are_put() -> None:
    """A column of an array is no memory that LAPACK can write to row by row."""
    def solve_into_columns(a: Any, b: Any) -> Any:
        out = np.zeros((4, 5, 2))
        for j in range(2):
            out[:, 1:4, j] = np.linalg.solve(a[j], b)
            out[:, 0, j] = scipy.linalg.solve_triangular(a[j], b[:, 0])
        return out

    np.testing.assert_allclose(wengert.compile(solve_into_columns)(STACK, B), solve_into_columns(STACK, B), rtol=1e-12)


def test_a_size_known_only_at_run_time() -> None:
    def leading(a: Any, b: Any, n: int) -> Any:
        total = 0.0
        for k in range(1, n):
            total += np.sum(np.linalg.solve(a[:k, :k], b[:k]) ** 2) + np.linalg.slogdet(a[:k, :k])[1]
        return total

    np.testing.assert_allclose(wengert.compile(leading)(A, V, 5), leading(A, V, 5), rtol=1e-12)
    wengert.check_grads(lambda a, b: leading(a, b, 5), (A, V), order=1)


DERIVATIVES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda a, b: np.linalg.solve(a, b), (A, B)),
    (lambda a, b: np.sum(np.linalg.solve(a, b) ** 2), (STACK, STACK_B)),
    (lambda a: np.linalg.inv(a), (A,)),
    (lambda a: np.linalg.det(a), (A,)),
    (lambda a: np.linalg.slogdet(a)[1], (STACK,)),
    (lambda a: np.linalg.cholesky(a), (POSITIVE,)),
    (lambda a, b: scipy.linalg.solve_triangular(a, b, lower=True, trans=1), (A, V)),
    (lambda a, b: scipy.linalg.cho_solve((np.linalg.cholesky(a), True), b), (POSITIVE, V)),
]


@pytest.mark.parametrize("f, arguments", DERIVATIVES, ids=lines_of([f for f, _ in DERIVATIVES]))
def test_derivatives_to_second_order(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wengert.check_grads(f, arguments, order=2)


def test_the_gradient_of_a_loop_of_solves() -> None:
    """Factors and pivots are saved for each iteration."""
    def steps(a: Any, x: Any) -> Any:
        for k in range(4):
            x = np.linalg.solve(a + 0.1 * k * np.eye(4) + np.outer(x, x), np.sin(x) + 1.0)
        return np.sum(x**2)

    wengert.check_grads(steps, (A, V), order=1)
    text = wengert.compile(wengert.grad(steps)).lower(A, V).as_text("transposed")
    assert text.count('"nd.lu"') == 1 and text.count('"nd.lu_solve"') == 2


def test_one_factorisation_serves_the_gradient() -> None:
    """Neither the transposed solve nor the derivative of the matrix factors it again."""
    gradient = wengert.compile(wengert.grad(lambda a, b: np.sum(np.linalg.solve(a, b) ** 3), argnums=(0, 1)))
    text = gradient.lower(A, V).as_text("transposed")
    assert text.count('"nd.lu"') == 1 and text.count('"nd.lu_solve"') == 2


@pytest.mark.parametrize("f, arguments", [
    (lambda a, b: np.linalg.solve(a, b), (np.ones((2, 2)), np.ones(2))),
    (lambda a: np.linalg.inv(a), (np.stack([np.eye(2), np.zeros((2, 2))]),)),
    (lambda a: np.linalg.cholesky(a), (-np.eye(2),)),
    (lambda a, b: scipy.linalg.solve_triangular(a, b), (np.triu(np.ones((2, 2)), 1), np.ones(2))),
])
def test_what_numpy_calls_singular_is_an_error(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    with pytest.raises(np.linalg.LinAlgError):
        f(*arguments)
    with pytest.raises(np.linalg.LinAlgError, match=r"test_linear_algebra\.py"):
        wengert.compile(f)(*arguments)


@pytest.mark.parametrize("f, arguments, message", [
    (lambda a: np.linalg.inv(a), (np.ones((2, 3)),), r"Last 2 dimensions of the array must be square"),
    (lambda a: np.linalg.det(a), (V,), "1-dimensional array given"),
    (lambda a, b: np.linalg.solve(a, b), (A, np.ones(3)), r"shapes \(4, 4\) and \(3,\) do not fit"),
    (lambda a, b: scipy.linalg.solve_triangular(a, b, trans=5), (A, V), "trans=5 is none of"),
    (lambda a: wengert.grad(lambda a: np.linalg.det(a))(a), (np.ones((2, 2)),), "derivative of the determinant"),
])
def test_refusals(f: Callable[..., Any], arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(wengert.WengertValueError, match=message) as caught:
        wengert.compile(f)(*arguments)
    assert caught.value.position is not None and caught.value.help


def test_the_gpu_refuses_lapack() -> None:
    with pytest.raises(wengert.UnsupportedError, match="CPU"):
        wengert.compile(lambda a: np.linalg.slogdet(a)[1], target="cuda").lower(A)
