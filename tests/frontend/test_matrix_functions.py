"""numpy.linalg's norms, ranks, powers, pseudoinverses and least squares: against NumPy, with derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import check, traced_run
from wengert.frontend.calls import call

RNG = np.random.default_rng(0)
T, W, S, D = (RNG.normal(size=shape) for shape in ((5, 3), (2, 3, 5), (2, 4, 4), (5, 2)))
Q, V, LOW = S[0], RNG.normal(size=4), np.outer(T[:, 0], T[0])
n = np.linalg


@pytest.mark.parametrize("ord", [None, 0, 1, 2, 3, -1, -2, 0.5, np.inf, -np.inf])
def test_norms_of_vectors(ord: Any) -> None:
    check(lambda v, k, t, w: (n.norm(v, ord), n.norm(k, ord), n.norm(t, ord, axis=1, keepdims=True),
                              n.vector_norm(t, ord=2 if ord is None else ord, keepdims=True),
                              n.vector_norm(w, ord=2 if ord is None else ord, axis=(0, 2))),
          V, np.array([1, 2, 3]), T, W, tolerance=1e-13)
    check(lambda v: n.norm(v, ord), V.astype(np.float32), tolerance=1e-6)


@pytest.mark.parametrize("ord", [None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf])
def test_norms_of_matrices(ord: Any) -> None:
    check(lambda t, w: (n.norm(t, ord), n.norm(w, ord, axis=(2, 0), keepdims=True), n.norm(w, ord, (0, 1)),
                        n.matrix_norm(w, ord="fro" if ord is None else ord)), T, W, tolerance=1e-12)
    if ord not in ("fro", "nuc"):
        check(lambda s, one: (n.cond(s, ord), n.cond(one, ord)), S, np.ones((2, 2)), tolerance=1e-10)


def test_norms_of_everything() -> None:
    check(lambda w: (n.norm(w), n.norm(w, keepdims=True), n.norm(np.zeros(0)), n.cond(w)), W, tolerance=1e-13)


def test_ranks() -> None:
    check(lambda t, low, w: (n.matrix_rank(t), n.matrix_rank(low), n.matrix_rank(w),
                                n.matrix_rank(np.zeros((3, 3))), n.matrix_rank(w, 0.5), n.matrix_rank(w, rtol=0.5),
                                n.matrix_rank(t.T @ t, hermitian=True)), T, LOW, W)


def test_powers_and_chains() -> None:
    for k in (0, 1, 2, 3, 5, 8, -1, -3):
        check(lambda s, k=k: n.matrix_power(s, k), S, tolerance=1e-10)
    check(lambda a: (n.matrix_power(a, 5), n.matrix_power(a, 0)), np.array([[1, 1], [1, 0]]))
    check(lambda a, d: (n.multi_dot([a.T, a, a.T, d]), n.multi_dot([a[0], a.T, a]), n.multi_dot([a[0], a.T, a, a[1]]),
                        n.multi_dot([a, a.T])), T, D, tolerance=1e-12)


def test_an_exponent_that_is_an_argument() -> None:
    power = wengert.compile(lambda a, k: n.matrix_power(a, k))
    for k in (3, -2):
        np.testing.assert_allclose(power(Q, k), n.matrix_power(Q, k), rtol=1e-10)


def test_a_chain_is_multiplied_in_the_cheapest_order() -> None:
    chain = wengert.compile(lambda a, b, x: n.multi_dot([a, b, x]))
    a, b, x = np.ones((30, 30)), np.ones((30, 30)), np.ones((30, 1))
    assert chain.lower(a, b, x).as_text("nd").count("tensor<30x30xf64>) -> tensor<30x30xf64>") == 0


def test_equations_of_tensors() -> None:
    check(lambda a, b: n.tensorsolve(a, b), RNG.normal(size=(2, 3, 6)), RNG.normal(size=(2, 3)), tolerance=1e-10)
    check(lambda a, b: n.tensorsolve(a, b, axes=(0, 2)), RNG.normal(size=(2, 6, 3)), V[[0, 1, 2, 3, 0, 2]],
          tolerance=1e-10)
    check(lambda a: n.tensorinv(a), RNG.normal(size=(2, 3, 3, 2)), tolerance=1e-10)
    check(lambda a: n.tensorinv(a, ind=1), RNG.normal(size=(6, 3, 2)), tolerance=1e-10)


@pytest.mark.parametrize("a", [T, T.T, LOW, W, np.zeros((2, 2)), np.zeros((0, 2)), np.array([[1, 2], [3, 4]])],
                         ids=np.shape)
def test_pseudoinverses(a: Any) -> None:
    check(lambda a: (n.pinv(a), n.pinv(a, rcond=0.3)), a, tolerance=1e-11)
    if a.dtype == np.float64:
        check(lambda a: n.pinv(a, rtol=None), a, tolerance=1e-11)


@pytest.mark.parametrize(("a", "b"), [(T, D), (T, D[:, 0]), (T.T, D[:3]), (Q, V), (np.zeros((0, 2)), np.zeros(0)),
                                      (T, np.zeros((5, 0))), (T.astype(np.float32), D.astype(np.float32))])
def test_least_squares(a: Any, b: Any) -> None:
    check(lambda a, b: tuple(n.lstsq(a, b)), a, b, tolerance=1e-5 if a.dtype == np.float32 else 1e-11)


def test_least_squares_without_full_rank() -> None:
    solution = wengert.compile(lambda a, b: n.lstsq(a, b)[0])
    np.testing.assert_allclose(solution(LOW, D), n.lstsq(LOW, D)[0], rtol=1e-11, atol=1e-14)
    with pytest.raises(wengert.WengertValueError, match="residuals of a matrix without full rank"):
        wengert.compile(lambda a, b: n.lstsq(a, b)[1])(LOW, D)


DERIVATIVES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda a: (n.pinv(a), n.pinv(np.outer(a[0], a[1]))), (T,)),
    (lambda a, b: tuple(n.lstsq(a, b)[:2]), (T, D[:, 0])),
    (lambda a: (n.norm(a), n.norm(a, "nuc"), n.norm(a, 2), n.norm(a, -2), n.norm(a, 1), n.norm(a, 3, axis=0)), (T,)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("f", "arguments"), DERIVATIVES, ids=["pinv", "lstsq", "norm"])
def test_derivatives_to_second_order(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wengert.check_grads(f, arguments, order=2)


def test_derivatives_of_wide_systems_and_of_condition_numbers() -> None:
    def f(a: Any, b: Any, s: Any) -> Any:
        return n.lstsq(a, b)[0], n.cond(s), n.cond(s, 1), n.matrix_power(s, -3)

    wengert.check_grads(f, (T.T, D[:3], S), order=1)


def test_equal_singular_values_do_no_harm() -> None:
    """The gradient of |P|^2 / 2 at an orthogonal matrix A with pseudoinverse P = A^T is -A."""
    a = np.linalg.qr(T)[0]
    np.testing.assert_allclose(wengert.grad(lambda a: 0.5 * np.sum(n.pinv(a) ** 2))(a), -a, atol=1e-14)


@pytest.mark.parametrize(("function", "message"), [
    (lambda a: n.norm(a, "x", axis=0), "Invalid norm order 'x' for vectors"),
    (lambda a: n.norm(a, 3), "Invalid norm order for matrices"),
    (lambda a: n.norm(a[None], 2), "Improper number of dimensions to norm"),
    (lambda a: n.norm(a, axis=5), "axis 5 is out of bounds for array of dimension 2"),
    (lambda a: n.norm(a, axis=(1, 1)), "Duplicate axes given"),
    (lambda a: n.cond(a[:0]), "cond is not defined on empty arrays"),
    (lambda a: n.matrix_power(a, 2), "Last 2 dimensions of the array must be square"),
    (lambda a: n.multi_dot([a]), "Expecting at least two arrays"),
    (lambda a: n.lstsq(a, a[:2]), "Incompatible dimensions"),
    (lambda a: n.tensorinv(a, ind=0), "Invalid ind argument"),
])
def test_numpys_errors(function: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        function(T)
    with pytest.raises(wengert.WengertValueError, match=message) as caught:
        traced_run(function, T, call=call)
    assert caught.value.position is not None and caught.value.position.file == __file__


def test_a_derivative_that_leaves_out_singular_values() -> None:
    with pytest.raises(wengert.GradientError, match="leaves out singular values"):
        wengert.grad(lambda a: np.sum(n.pinv(a, rcond=0.5)))(T)
