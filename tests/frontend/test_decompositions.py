"""QR, singular values and eigenvalues compiled: NumPy's values, signs and types, derivatives of both orders, errors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import lines_of

RNG = np.random.default_rng(0)
TALL, WIDE, SQUARE = RNG.normal(size=(5, 3)), RNG.normal(size=(2, 3, 5)), RNG.normal(size=(2, 4, 4))
#: With eigenvalues and singular values that are equal.
EQUAL = np.diag([2.0, 2.0, 1.0])


def agree(got: Any, expected: Any, rounding: float = 1e-11) -> None:
    got, expected = (x if isinstance(x, tuple) else (x,) for x in (got, expected))
    for x, y in zip(got, expected, strict=True):
        dtype = np.asarray(y).dtype
        assert np.asarray(x).dtype == dtype and np.shape(x) == np.shape(y)
        allowed = 2e-6 if dtype == np.float32 else rounding
        np.testing.assert_allclose(x, y, rtol=allowed, atol=allowed)


def rectangular(a: Any) -> Any:
    return (*np.linalg.qr(a), *np.linalg.qr(a, "complete"), np.linalg.qr(a, mode="r"), *np.linalg.svd(a),
            *np.linalg.svd(a, full_matrices=False), np.linalg.svd(a, compute_uv=False), np.linalg.svdvals(a))


def symmetric(a: Any) -> Any:
    return (*np.linalg.eigh(a), *np.linalg.eigh(a, UPLO="U"), np.linalg.eigvalsh(a), np.linalg.eigvalsh(a, "u"))


@pytest.mark.parametrize("a", [TALL, WIDE, SQUARE, TALL.astype(np.float32), np.zeros((0, 3)), np.zeros((3, 0)),
                               np.ones((1, 1)), np.ones((0, 2, 2)), np.array([[1, 2], [3, 4]])], ids=np.shape)
def test_of_any_matrices(a: np.ndarray) -> None:
    agree(wengert.compile(rectangular)(a), rectangular(a))


@pytest.mark.parametrize("a", [SQUARE, SQUARE.astype(np.float32), np.zeros((0, 0)), np.ones((1, 1)),
                               np.array([[1, 2], [3, 4]])], ids=np.shape)
def test_of_symmetric_matrices(a: np.ndarray) -> None:
    agree(wengert.compile(symmetric)(a), symmetric(a))


def test_a_size_known_only_at_run_time() -> None:
    def spectra(a: Any, n: int) -> Any:
        total = 0.0
        for k in range(1, n):
            w, v = np.linalg.eigh(a[:k, :k])
            total += w[-1] * np.sum(v[0] ** 4)
        return total

    np.testing.assert_allclose(wengert.compile(spectra)(SQUARE[0], 5), spectra(SQUARE[0], 5), rtol=1e-12)
    wengert.check_grads(lambda a: spectra(a, 5), (SQUARE[0],), order=1)


@pytest.mark.parametrize("a", [SQUARE, SQUARE[0].astype(np.float32), np.zeros((0, 0)), np.ones((1, 1)), EQUAL,
                               np.array([[0, 1], [-1, 0]]), RNG.normal(size=(6, 6))], ids=np.shape)
def test_of_general_matrices(a: np.ndarray) -> None:
    """Complex always: whether all eigenvalues are real depends on the data."""
    def spectrum(a: Any) -> Any:
        return (*np.linalg.eig(a), np.linalg.eigvals(a))

    dtype = np.complex64 if a.dtype == np.float32 else np.complex128
    agree(wengert.compile(spectrum)(a), tuple(x.astype(dtype) for x in spectrum(a)), rounding=1e-12)


DERIVATIVES: list[tuple[Callable[..., Any], Any]] = [
    (lambda a: tuple(np.linalg.qr(a)), TALL),
    (lambda a: tuple(np.linalg.qr(a)), WIDE),
    (lambda a: np.linalg.qr(a, "complete")[1], TALL),
    (lambda a: tuple(np.linalg.svd(a, full_matrices=False)), TALL),
    (lambda a: tuple(np.linalg.svd(a)[1:]), TALL),
    (lambda a: tuple(np.linalg.svd(a, full_matrices=False)), WIDE),
    (lambda a: tuple(np.linalg.svd(a)), SQUARE[0]),
    (lambda a: np.linalg.svd(a, compute_uv=False), SQUARE[0]),
    (lambda a: tuple(np.linalg.eigh(a)), SQUARE),
    (lambda a: np.linalg.eigvalsh(a, "U"), SQUARE[1]),
    (lambda a: np.linalg.eigvals(a), SQUARE[0]),
    (lambda a: tuple(np.linalg.eig(a)), SQUARE),
]


@pytest.mark.parametrize("f, a", DERIVATIVES, ids=lines_of([f for f, _ in DERIVATIVES]))
def test_derivatives(f: Callable[..., Any], a: Any) -> None:
    wengert.check_grads(f, (a,), order=1)


@pytest.mark.slow
@pytest.mark.parametrize("f, a", DERIVATIVES, ids=lines_of([f for f, _ in DERIVATIVES]))
def test_derivatives_to_second_order(f: Callable[..., Any], a: Any) -> None:
    wengert.check_grads(f, (a,), order=2)


def test_second_derivatives_of_values_and_vectors() -> None:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        return w[0] * v[0, 1] ** 2

    wengert.check_grads(f, (SQUARE[0],), order=2, modes=("rev",))


def test_values_alone_are_differentiated_where_they_are_equal() -> None:
    """Sums of squares of singular values and of eigenvalues are smooth there, and no vector is needed."""
    gradient = wengert.grad(lambda a: np.sum(np.linalg.eigh(a)[0] ** 2) + np.sum(np.linalg.svd(a)[1] ** 2)
                            + np.sum(np.linalg.eigvals(a) ** 2).real)
    np.testing.assert_allclose(gradient(EQUAL), 6 * EQUAL, rtol=1e-14)


@pytest.mark.parametrize("f, a, message", [
    (lambda a: np.sum(np.linalg.eigh(a)[1] ** 3), EQUAL, "equal eigenvalues"),
    (lambda a: np.sum(np.linalg.eig(a)[1].real ** 3), EQUAL, "equal eigenvalues"),
    (lambda a: np.sum(np.linalg.eigvals(a).real), np.array([[1.0, 1], [0, 1]]), "without a basis of eigenvectors"),
    (lambda a: np.sum(np.linalg.svd(a)[0] ** 3), EQUAL, "equal singular values"),
    (lambda a: np.sum(np.linalg.svd(a, False)[0] ** 3), np.outer(TALL[:, 0], [1.0, 2.0]), "without full rank"),
    (lambda a: np.sum(np.linalg.svd(a)[0] ** 3), TALL, "basis that is completed"),
    (lambda a: np.sum(np.linalg.svd(a)[2] ** 3), TALL.T, "basis that is completed"),
    (lambda a: np.sum(np.linalg.qr(a, "complete")[0] ** 3), TALL, "basis that is completed"),
    (lambda a: np.sum(np.linalg.qr(a)[0] ** 3), np.ones((3, 2)), "columns depend on each other"),
])
def test_what_has_no_derivative_is_an_error(f: Callable[..., Any], a: Any, message: str) -> None:
    for derivative in (wengert.grad(f), lambda a: wengert.jvp(f, (a,), (np.ones_like(a),))):
        with pytest.raises(wengert.GradientError, match=message) as caught:
            derivative(a)
        assert "test_decompositions.py" in str(caught.value) and "help:" in str(caught.value)


def test_a_derivative_that_does_not_exist_is_no_matter_where_it_is_not_used() -> None:
    def f(a: Any) -> Any:
        w, v = np.linalg.eigh(a)
        return np.sum(w) * 2.0, v

    (_value, _vectors), (slope, _) = wengert.jvp(f, (SQUARE[0],), (np.eye(4),))
    np.testing.assert_allclose(slope, 8.0)
    gradient = wengert.compile(wengert.grad(lambda a: f(a)[0]))
    np.testing.assert_allclose(gradient(EQUAL), 2 * np.eye(3))
    assert "nd.guarded" not in gradient.lower(EQUAL).as_text("transposed")


@pytest.mark.parametrize("f, a, message", [
    (lambda a: np.linalg.svd(a)[1], np.full((2, 2), np.nan), "SVD did not converge"),
    (lambda a: np.linalg.eigvalsh(a), np.full((3, 3), np.inf), "Eigenvalues did not converge"),
    (lambda a: np.linalg.eigvals(a), np.full((3, 3), np.inf), "Array must not contain infs or NaNs"),
    (lambda a: np.linalg.eigh(a)[0], TALL, "Last 2 dimensions of the array must be square"),
    (lambda a: np.linalg.svd(a)[1], TALL[0], "1-dimensional array given. Array must be at least two-dimensional"),
])
def test_numpys_errors(f: Callable[..., Any], a: Any, message: str) -> None:
    with pytest.raises(np.linalg.LinAlgError, match=message):
        f(a)
    with pytest.raises(np.linalg.LinAlgError, match=message) as caught:
        wengert.compile(f)(a)
    assert "test_decompositions.py" in str(caught.value)


def test_examples_of_vmap() -> None:
    def f(a: Any) -> Any:
        u, s, _vh = np.linalg.svd(a, full_matrices=False)
        return np.sum(u[:, 0]) * s[0] + np.sum(np.linalg.eigh(a.T @ a)[1] ** 3)

    stack = RNG.normal(size=(3, 4, 2))
    np.testing.assert_allclose(wengert.vmap(f)(stack), [f(a) for a in stack], rtol=1e-11)
    np.testing.assert_allclose(wengert.vmap(wengert.grad(f))(stack), [wengert.grad(f)(a) for a in stack], rtol=1e-9)
