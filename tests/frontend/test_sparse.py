"""Sparse Jacobians and Hessians of programs, against dense ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.sparse_checks import bent, check, dense_jacobian, one_for_all, three_slices, x_of

# ---------------------------------------------------------------- arguments


@dataclass
class State:
    u: Any
    v: Any


def exchange(state, rate, steps):
    return {"du": rate * state.v * steps, "dv": state.u[::-1] * rate}


def test_trees_and_several_arguments() -> None:
    """Columns: u, v, rate; and rate, u, v where argnums says so."""
    u, v, rate = x_of(3), x_of(3, seed=1), 0.7
    state = State(u, v)
    dense = np.zeros((6, 7))
    dense[:3, 3:6], dense[:3, 6] = np.eye(3) * rate * 2, v * 2
    dense[3:, :3], dense[3:, 6] = np.eye(3)[::-1] * rate, u[::-1]
    np.testing.assert_allclose(wengert.sparse_jacobian(exchange, (0, 1))(state, rate, 2).toarray(), dense)
    turned = wengert.sparse_jacobian(exchange, argnums=(1, 0))(state, rate, 2)
    np.testing.assert_allclose(turned.toarray(), dense[:, [6, 0, 1, 2, 3, 4, 5]])
    np.testing.assert_allclose(wengert.sparse_jacobian(exchange, 1)(state, rate, 2).toarray(), dense[:, 6:])


def test_arguments_are_not_changed_and_closures_are_read() -> None:
    weights = x_of(5, seed=4)

    def f(x):
        x *= weights
        return x[1:] * x[:-1]

    x = x_of(5)
    before = x.copy()
    found = wengert.sparse_jacobian(f)(x)
    np.testing.assert_array_equal(x, before)
    scaled = weights * x
    np.testing.assert_allclose(found.diagonal(), weights[:-1] * scaled[1:])


def test_captured_arrays_and_keyword_arguments_by_name() -> None:
    scale = x_of(4, seed=2)

    def f(x, *, power=2.0):
        return scale[1:] * scale[:-1] * x**power

    x = x_of(3)
    dense = np.zeros((3, 5))
    dense[:, 0] = scale[1:] * scale[:-1] * x**3 * np.log(x)
    dense[range(3), range(1, 4)], dense[range(3), range(2, 5)] = scale[1:] * x**3, scale[:-1] * x**3
    found = wengert.sparse_jacobian(f, ("power", "scale"))(x, power=3.0)
    np.testing.assert_allclose(found.toarray(), dense)
    found = wengert.sparse_hessian(lambda x, power: np.sum(f(x, power=power)), "x")(x, power=3.0)
    np.testing.assert_allclose(found.diagonal(), scale[1:] * scale[:-1] * 6.0 * x)


def test_a_compiled_function_keeps_its_options() -> None:
    """They hold for the evaluation; the pattern stays that of the shape."""
    derivative, x = wengert.sparse_jacobian(wengert.compile(bent, precise=True, kinks="error")), x_of(7)
    np.testing.assert_allclose(derivative(x).toarray(), dense_jacobian(bent, x))
    derivative(x + 1.0)
    assert len(derivative._kept) == 1


def test_functions_of_other_transforms() -> None:
    x = x_of(3, 4)
    found = wengert.sparse_jacobian(wengert.vmap(one_for_all))(x)
    expected = np.zeros((9, 12))
    for k in range(3):
        expected[3 * k : 3 * k + 3, 4 * k : 4 * k + 4] = dense_jacobian(one_for_all, x[k])
    np.testing.assert_allclose(found.toarray(), expected)
    assert found.nnz == 18
    found = wengert.sparse_jacobian(wengert.grad(rosenbrock), "x")(x_of(6))
    np.testing.assert_allclose(found.toarray(), wengert.hessian(rosenbrock)(x_of(6)), rtol=1e-12)


def test_stacks_of_linear_systems_are_blocks() -> None:
    a, b = x_of(4, 2, 2) + 2.0 * np.eye(2), x_of(4, 2, 1, seed=1)
    found = wengert.sparse_jacobian(np.linalg.solve, 1)(a, b)
    assert found.nnz == 16
    for k in range(4):
        block = found.toarray()[2 * k : 2 * k + 2, 2 * k : 2 * k + 2]
        np.testing.assert_allclose(block, np.linalg.inv(a[k]), rtol=1e-12)


# ---------------------------------------------------------------- Hessians


def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


def arrow_energy(x):
    return np.sum(x[1:] ** 3 * x[0]) + np.sum(x)


def separable_and_one(x):
    return np.sum(np.exp(x)) + x[0] * x[5]


def chain(x):
    total = 0.0
    for i in range(x.shape[0] - 1):
        total += np.sin(x[i]) * x[i + 1]
    return total


def membrane(u):
    return np.sum(np.sqrt(1.0 + (u[1:, :-1] - u[:-1, :-1]) ** 2 + (u[:-1, 1:] - u[:-1, :-1]) ** 2))


@pytest.mark.parametrize("f, x, sweeps", [
    (rosenbrock, x_of(11), 3), (arrow_energy, x_of(12), 2), (separable_and_one, x_of(9), 2), (chain, x_of(8), 3),
    (membrane, x_of(6, 7), 7),
])
def test_hessians(f: Any, x: np.ndarray, sweeps: int) -> None:
    dense = np.asarray(wengert.hessian(f)(x)).reshape(x.size, x.size)
    derivative = wengert.sparse_hessian(f)
    assert derivative.sweeps(x) <= sweeps
    check(derivative, dense, x, sweeps=derivative.sweeps(x))


def test_a_linear_function_has_an_empty_hessian() -> None:
    found = wengert.sparse_hessian(lambda x: np.sum(3.0 * x))(x_of(5))
    assert found.shape == (5, 5) and found.nnz == 0


def test_a_hessian_in_two_arguments() -> None:
    def f(a, b):
        return np.sum(a * a * b) + np.sum(b**3)

    a, b = x_of(3), x_of(3, seed=1)
    dense = np.block([[np.diag(2 * b), np.diag(2 * a)], [np.diag(2 * a), np.diag(6 * b)]])
    np.testing.assert_allclose(wengert.sparse_hessian(f, (0, 1))(a, b).toarray(), dense)
    order = [3, 4, 5, 0, 1, 2]
    np.testing.assert_allclose(wengert.sparse_hessian(f, (1, 0))(a, b).toarray(), dense[order][:, order])
    np.testing.assert_allclose(wengert.sparse_hessian(f, 1)(a, b).toarray(), dense[3:, 3:])


# ---------------------------------------------------------------- refusals


def inside(x):
    return wengert.sparse_jacobian(three_slices)(x)


def test_in_compiled_code_it_is_refused_at_the_line() -> None:
    with pytest.raises(wengert.UnsupportedError, match="sparse_jacobian is called in compiled code") as caught:
        wengert.compile(inside)(x_of(5))
    position = caught.value.position
    assert position is not None and position.file == __file__
    assert position.line == inside.__code__.co_firstlineno + 1
    assert "jvp" in caught.value.help and "SciPy" in caught.value.why


@pytest.mark.parametrize("call, error, message", [
    (lambda: wengert.sparse_jacobian(lambda x: x * 2.0)(np.arange(3)), wengert.WengertTypeError, "an int array"),
    (lambda: wengert.sparse_jacobian(lambda x: (x, x > 0))(x_of(3)), wengert.WengertTypeError, "results are floats"),
    (lambda: wengert.sparse_jacobian(lambda x: x, argnums=1)(x_of(3)), wengert.WengertTypeError, "argument 1"),
    (lambda: wengert.sparse_jacobian(lambda x: x, argnums="y")(x_of(3)), wengert.WengertNameError, "asked for 'y'"),
    (lambda: wengert.sparse_hessian(lambda x: x)(x_of(3)), wengert.DifferentiationError, "returns an array"),
    (lambda: wengert.sparse_hessian(lambda x: np.sum(x))(np.arange(3)), wengert.WengertTypeError, "an int array"),
])
def test_refusals(call: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        call()
    assert "sparse_" in str(caught.value)
    assert isinstance(caught.value, wengert.WengertError) and (caught.value.help or caught.value.why)
