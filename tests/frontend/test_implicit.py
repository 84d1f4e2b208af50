"""Implicit functions: derivatives that depend on the solution only, of both orders, in dense and matrix-free form."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import fixed_point, implicit, linear_solve, newton, ode_event

RNG = np.random.default_rng(0)
W = 0.2 * RNG.normal(size=(4, 4))
B = RNG.normal(size=4)


# ---------------------------------------------------------------- programs
#
# Each with arguments, and what it computes, to compare with.


def dottie(a: Any) -> Any:
    return fixed_point(lambda x, a: a * math.cos(x), 0.5, a)


def equilibrium_network(w: Any, b: Any) -> Any:
    return fixed_point(lambda x, w, b: np.tanh(w @ x + b), np.zeros(4), w, b)


def equilibrium_network_matrix_free(w: Any, b: Any) -> Any:
    return fixed_point(lambda x, w, b: np.tanh(w @ x + b), np.zeros(4), w, b, linear="gmres")


def kepler(e: Any, mean: Any) -> Any:
    return newton(lambda x, e, mean: x - e * math.sin(x) - mean, mean, e, mean)


def circle_and_line(a: Any) -> Any:
    def equations(p: Any, a: Any) -> Any:
        return {"x": p["x"] ** 2 + p["y"] ** 2 - a, "y": p["x"] - p["y"]}

    p = newton(equations, {"x": 1.0, "y": 0.5}, a)
    return p["x"] * p["y"]


def newton_krylov(w: Any, b: Any) -> Any:
    return newton(lambda x, w, b: x + 0.1 * x**3 + w @ x - b, np.zeros(4), w, b, linear="gmres")


def newton_conjugate_gradients(w: Any, b: Any) -> Any:
    return newton(lambda x, w, b: x + 0.1 * x**3 + w @ w.T @ x - b, np.zeros(4), w, b, linear="cg")


def backward_euler(k: Any, x: Any) -> Any:
    """Of ``x' = -k x^3``: an implicit step inside a loop."""
    for _ in range(5):
        x = newton(lambda new, old, k: new - old + 0.1 * k * new**3, x, x, k)
    return x


@implicit(root=lambda x, a: {"root": x["root"] ** 2 - a, "inverse": x["inverse"] * a - 1.0})
def root_and_inverse(a: Any) -> Any:
    """Heron's method, left by a break; its own derivative would be another one."""
    u = a
    for _ in range(100):
        u = (u + a / u) / 2
        if abs(u * u - a) < 1e-13 * a:
            break
    return {"root": u, "inverse": wengert.stop_gradient(1.0 / a)}


def root_and_inverse_sum(a: Any) -> Any:
    x = root_and_inverse(a)
    return x["root"] + x["inverse"]


def solve_by_products(a: Any, b: Any) -> Any:
    return linear_solve(lambda x, a: a @ x, b, a)


def solve_by_symmetric_products(a: Any, b: Any) -> Any:
    return np.sum(linear_solve(lambda x, a: a @ a.T @ x + x, b, a, symmetric=True) ** 2)


def solve_with_a_captured_matrix(b: Any) -> Any:
    return linear_solve(lambda x: {"u": x["u"] + W @ x["v"], "v": 3.0 * x["v"] - x["u"]}, {"u": b, "v": b})


def fall(height: Any, gravity: Any) -> Any:
    t, _ = ode_event(lambda x, t, g: (x[1], -g), lambda x, t, g: x[0], (height, 0.0), 0.0, gravity,
                     step=0.1, direction=-1)
    return t


def bouncing_ball(height: Any, restitution: Any) -> Any:
    """The time of the third contact."""
    t, x = 0.0, (height, 0.0)
    for _ in range(3):
        t, (_, v) = ode_event(lambda x, t: (x[1], -10.0 + 0.0 * x[1]), lambda x, t: x[0], x, t, step=0.05, direction=-1)
        x = (0.0 * v, -restitution * v)
    return t


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (dottie, (1.0,)), (equilibrium_network, (W, B)), (kepler, (0.3, 1.0)), (circle_and_line, (3.0,)),
    (backward_euler, (2.0, 1.5)), (root_and_inverse_sum, (4.0,)),
]
#: Their second derivatives take longer to compile.
LONG: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (equilibrium_network_matrix_free, (W, B)), (newton_krylov, (W, B)), (newton_conjugate_gradients, (W, B)),
    (solve_by_products, (W + np.eye(4), B)), (solve_by_symmetric_products, (W, B)),
    (solve_with_a_captured_matrix, (B,)), (fall, (5.3, 9.0)),
]


@pytest.mark.parametrize("f, arguments", PROGRAMS, ids=lambda value: getattr(value, "__name__", ""))
def test_derivatives_to_second_order_in_both_modes(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wengert.check_grads(f, arguments, order=2)


@pytest.mark.slow
@pytest.mark.parametrize("f, arguments", LONG, ids=lambda value: getattr(value, "__name__", ""))
def test_second_order_of_longer_programs(f: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    wengert.check_grads(f, arguments, order=2)


def test_first_order_of_solves_without_a_matrix() -> None:
    wengert.check_grads(solve_by_products, (W + np.eye(4), B), order=1)
    wengert.check_grads(solve_by_symmetric_products, (W, B), order=1)


def test_second_order_of_a_solve_without_a_matrix() -> None:
    """x = (2 + a) \\ b: x'' = 2 b / (2 + a)^3."""
    second = wengert.grad(wengert.grad(lambda a: linear_solve(lambda x, a: 2.0 * x + a * x, 3.0, a, symmetric=True)))
    assert math.isclose(second(1.0), 2 * 3.0 / 27.0, rel_tol=1e-10)


# ---------------------------------------------------------------- against analysis


def test_compositions_against_the_second_derivative_by_hand() -> None:
    """E - e sin E = M: dE/dM = 1/(1 - e cos E), d2E/dM2 = -e sin E / (1 - e cos E)^3."""
    e, mean = 0.3, 1.0
    anomaly = kepler(e, mean)
    slope = 1 / (1 - e * math.cos(anomaly))
    assert math.isclose(anomaly - e * math.sin(anomaly), mean, rel_tol=1e-14)

    def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda x: wengert.jvp(f, (x,), (1.0,))[1]

    def of_mean(mean: Any) -> Any:
        return kepler(e, mean)

    second = -e * math.sin(anomaly) * slope**3
    for outer in (wengert.grad, forward):
        for inner in (wengert.grad, forward):
            assert math.isclose(inner(of_mean)(mean), slope, rel_tol=1e-12)
            assert math.isclose(outer(inner(of_mean))(mean), second, rel_tol=1e-10)


def test_the_best_ridge_parameter() -> None:
    """Bilevel: the derivative of the validation loss through the minimiser of the training loss."""
    x, y = RNG.normal(size=(20, 4)), RNG.normal(size=20)
    new_x, new_y = RNG.normal(size=(10, 4)), RNG.normal(size=10)

    def training(w: Any, strength: Any) -> Any:
        return np.sum((x @ w - y) ** 2) + strength * np.sum(w**2)

    def validation(strength: Any) -> Any:
        w = newton(wengert.grad(training), np.zeros(4), strength)
        return np.sum((new_x @ w - new_y) ** 2)

    def closed(strength: float) -> tuple[float, float]:
        inverse = np.linalg.inv(x.T @ x + strength * np.eye(4))
        w = inverse @ (x.T @ y)
        return np.sum((new_x @ w - new_y) ** 2), float(-2 * (new_x @ w - new_y) @ new_x @ inverse @ w)

    value, slope = wengert.value_and_grad(validation)(0.7)
    np.testing.assert_allclose((value, slope), closed(0.7), rtol=1e-10)


def test_the_third_contact_of_a_bouncing_ball() -> None:
    """t = sqrt(2h/g) (1 + 2r + 2r^2): Runge-Kutta is exact for parabolas."""
    h, r = 5.0, 0.8
    value = math.sqrt(2 * h / 10.0) * (1 + 2 * r + 2 * r**2)
    t, (by_height, by_restitution) = wengert.value_and_grad(bouncing_ball, argnums=(0, 1))(h, r)
    assert math.isclose(t, value, rel_tol=1e-12) and math.isclose(by_height, value / (2 * h), rel_tol=1e-10)
    assert math.isclose(by_restitution, math.sqrt(2 * h / 10.0) * (2 + 4 * r), rel_tol=1e-10)


# ---------------------------------------------------------------- what the derivative does not depend on


def test_the_gradient_does_not_depend_on_the_start() -> None:
    def from_start(x0: Any, w: Any, b: Any) -> Any:
        return np.sum(fixed_point(lambda x, w, b: np.tanh(w @ x + b), x0, w, b) ** 2)

    gradient = wengert.grad(from_start, argnums=(1, 2))
    solution = equilibrium_network(W, B)
    near, far = gradient(solution, W, B), gradient(np.full(4, 50.0), W, B)
    for x, y in zip(near, far):
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-12)
    np.testing.assert_array_equal(wengert.grad(from_start)(solution, W, B), np.zeros(4))


def test_nothing_of_the_iterations_is_stored() -> None:
    """The gradient has no array whose size depends on a number of iterations; the one of a written loop has."""
    def written(w: Any, b: Any) -> Any:
        x, change = np.zeros(4), 1.0
        while change > 1e-10:
            new = np.tanh(w @ x + b)
            change = np.max(np.abs(new - x))
            x = new
        return np.sum(x)

    def stored(f: Callable[..., Any]) -> str:
        return wengert.compile(wengert.grad(f)).lower(W, B).as_text("transposed")

    assert "tensor<?" in stored(written)
    for f in (equilibrium_network, equilibrium_network_matrix_free):
        assert "tensor<?" not in stored(lambda w, b, f=f: np.sum(f(w, b)))


def test_a_large_system_is_solved_without_its_matrix() -> None:
    n = 300
    b = RNG.normal(size=n)

    def smoothed(b: Any, c: Any) -> Any:
        def step(x: Any, b: Any, c: Any) -> Any:
            mean = np.zeros(n)
            mean[1:-1] = 0.5 * (x[2:] + x[:-2])
            return b + c * np.sin(mean)

        return np.sum(fixed_point(step, np.zeros(n), b, c) ** 2)

    text = wengert.compile(wengert.grad(smoothed)).lower(b, 0.4).as_text("transposed")
    assert "300x300" not in text
    gradient = wengert.grad(smoothed)(b, 0.4)
    for k in (0, 7, 150):
        moved = b.copy()
        moved[k] += 1e-6
        np.testing.assert_allclose(gradient[k], (smoothed(moved, 0.4) - smoothed(b, 0.4)) / 1e-6, rtol=1e-4, atol=1e-4)


def test_float32_stays_float32() -> None:
    gradient = wengert.grad(lambda b: np.sum(equilibrium_network(W.astype(np.float32), b)))
    narrow = fixed_point(lambda x, b: np.tanh(0.5 * x + b), np.zeros(4, np.float32), B.astype(np.float32))
    assert narrow.dtype == np.float32
    np.testing.assert_allclose(narrow, fixed_point(lambda x, b: np.tanh(0.5 * x + b), np.zeros(4), B), rtol=1e-5)
    np.testing.assert_allclose(gradient(B), wengert.grad(lambda b: np.sum(equilibrium_network(W, b)))(B), rtol=1e-6)


# ---------------------------------------------------------------- refusals


def _no_solution(a: Any) -> Any:
    return a / 3


CASES: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: fixed_point(lambda x, a: a * x + 1.0, 0.0, 2.0), wengert.WengertRuntimeError,
     r"fixed_point does not converge: after 1000 iterations the last change is 0\.5"),
    (lambda: fixed_point(lambda x: x * x, 10.0), wengert.WengertRuntimeError, "the last change is nan"),
    (lambda: newton(lambda x: x * x + 1.0, 0.3), wengert.WengertRuntimeError, "newton does not converge: after 50"),
    (lambda: newton(lambda x: x * 0.0 + 1.0, 0.3), np.linalg.LinAlgError,
     "the equations do not determine the solution"),
    (lambda: wengert.grad(implicit(root=lambda x, a: x * x - a)(_no_solution))(9.0 + 1e-3), wengert.WengertRuntimeError,
     "what the solver returns is no solution: the largest element of <lambda> is"),
    (lambda: linear_solve(lambda x: np.array([x[0], x[0]]), np.array([1.0, 2.0])), wengert.WengertRuntimeError,
     "the linear system is not solved"),
    (lambda: linear_solve(lambda x: 2.0 * x + 1.0, np.ones(2)), wengert.DifferentiationError, "linear"),
    (lambda: linear_solve(lambda x: x * x, np.ones(2)), wengert.DifferentiationError, "linear"),
    (lambda: wengert.grad(lambda b: np.sum(linear_solve(lambda x: np.array([2 * x[0] + 1e-3 * x[1], x[1]]), b,
                                                        symmetric=True, tol=1e-2)))(np.ones(2)),
     wengert.WengertRuntimeError, "the matrix of a linear system is not symmetric"),
    (lambda: ode_event(lambda x, t: 1.0, lambda x, t: x + 1.0, 0.0, 0.0, step=0.5, max_steps=10),
     wengert.WengertRuntimeError, "there is no event within 10 steps"),
    (lambda: wengert.grad(lambda a: fixed_point(lambda x: a * math.cos(x), 0.5))(1.0), wengert.DifferentiationError,
     "fixed_point is differentiated with respect to a value its rules say nothing about"),
    (lambda: fixed_point(lambda x: np.concatenate([x, x]), np.ones(2)), wengert.WengertValueError,
     r"<lambda> gives array\(4,\), and array\(2,\) is needed"),
    (lambda: fixed_point(lambda x: (x["a"], 1.0), {"a": 1.0}), wengert.WengertValueError,
     r"<lambda> gives \(number, number\), and \{'a': number\} is needed"),
    (lambda: ode_event(lambda x, t: x, lambda x, t: np.array([x, t]), 1.0, 0.0, step=0.5), wengert.WengertTypeError,
     r"<lambda> gives float64\(2,\)"),
    (lambda: fixed_point(lambda x: x, {"a": "name"}), wengert.WengertTypeError, "x0 has an object of type str in it"),
    (lambda: fixed_point(lambda x: x, True), wengert.WengertTypeError, "x0 has a bool in it"),
    (lambda: fixed_point(lambda x: x, ()), wengert.WengertValueError, "x0 has no numbers in it"),
    (lambda: newton(lambda x: x, 1.0, linear="lu"), wengert.WengertValueError, "linear='lu' is none of"),
    (lambda: implicit(root=lambda x: x, linear="lu"), wengert.WengertValueError, "linear='lu' is none of"),
    (lambda: ode_event(lambda x, t: x, lambda x, t: x, 1.0, 0.0, step=-0.5), wengert.WengertValueError,
     "is not positive"),
    (lambda: ode_event(lambda x, t: x, lambda x, t: x, 1.0, 0.0, step=0.5, direction=2), wengert.WengertValueError,
     "direction=2 is none of"),
]


@pytest.mark.parametrize("case", CASES, ids=[message[:40] for _, _, message in CASES])
def test_refusals(case: tuple[Callable[[], Any], type[Exception], str]) -> None:
    call, error, message = case
    with pytest.raises(error, match=message) as caught:
        call()
    assert isinstance(caught.value, wengert.WengertError) and caught.value.help


@pytest.mark.parametrize("number", [0, 2, 3, 5, 6, 7, 8, 9])
def test_a_failure_at_run_time_names_the_line(number: int) -> None:
    with pytest.raises(wengert.WengertError, match=r"test_implicit\.py:\d+:\d+: "):
        CASES[number][0]()


# ---------------------------------------------------------------- with the other transforms


def test_power_series_of_a_solution() -> None:
    """sqrt(4 + t), whose rule calls the solver itself; by columns of the Jacobian, and without a matrix."""
    expected = [2.0, 1 / 4, -1 / 64, 1 / 512]
    for method in ("dense", "gmres"):
        series = wengert.taylor(lambda a, m=method: newton(lambda x, a: x * x - a, 1.0, a, linear=m), 4.0, 1.0, 3)
        np.testing.assert_allclose(series, expected, rtol=1e-12)


def test_many_solutions_at_once() -> None:
    """Each example iterates as long as it needs."""
    a = np.array([0.1, 0.9, 1.2])
    for f in (dottie, wengert.grad(dottie)):
        np.testing.assert_allclose(wengert.vmap(f)(a), [f(x) for x in a], rtol=1e-11)


def test_memory_does_not_depend_on_the_tolerance() -> None:
    def peak(tol: float) -> int:
        def total(w: Any, b: Any) -> Any:
            return np.sum(fixed_point(lambda x, w, b: np.tanh(w @ x + b), np.zeros(4), w, b, tol=tol))

        return int(wengert.grad(total).memory_report(W, B).peak_bytes)

    assert peak(1e-2) == peak(1e-14)
