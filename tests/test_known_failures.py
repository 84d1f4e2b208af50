"""Programs on which other tools for automatic differentiation fail or are silently wrong, each against an oracle."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert


def difference(f: Callable[[float], Any], x: float, h: float = 1e-3) -> Any:
    """The derivative by central differences of order six."""
    return sum(w * (f(x + k * h) - f(x - k * h)) for k, w in ((1, 0.75), (2, -0.15), (3, 1 / 60))) / h


# ---------------------------------------------------------------- values that are overwritten


def scalar_overwritten(x: float) -> float:
    s = x
    for _ in range(7):
        s = s * np.sin(s) + x
    return s


def test_a_scalar_that_a_loop_overwrites() -> None:
    slope = np.imag(scalar_overwritten(0.7 + 1e-30j)) / 1e-30
    assert wengert.grad(scalar_overwritten)(0.7) == pytest.approx(slope, rel=1e-13)


def in_and_out(buffer: Any, sweeps: int) -> Any:
    """Every element is read, overwritten and read again."""
    for _ in range(sweeps):
        for i in range(1, len(buffer)):
            buffer[i] = buffer[i] * buffer[i - 1] + 0.1
    return buffer


def test_a_buffer_that_is_input_and_output() -> None:
    x = np.linspace(0.5, 1.2, 6)
    columns = [np.imag(in_and_out(x + 1e-30j * unit, 4)) / 1e-30 for unit in np.eye(6)]
    for jacobian in (wengert.jacrev(in_and_out), wengert.jacfwd(in_and_out)):
        np.testing.assert_allclose(jacobian(x, 4), np.stack(columns, axis=1), rtol=1e-12, atol=1e-300)


# ---------------------------------------------------------------- where


def root(x: Any) -> Any:
    return np.where(x > 0, np.sqrt(x), 0.0)


def shifted(x: Any) -> Any:
    return np.where(x[1:] > 0, np.log(np.sqrt(x)[1:]), 0.0)


def nested(x: Any) -> Any:
    return np.where(x > 0, np.where(x > 1, np.log(np.sqrt(x)), x), 0.0)


def in_a_loop(x: Any) -> Any:
    total = np.zeros_like(x)
    for k in range(1, 4):
        y = np.sqrt(k * x)
        total = total + np.where(x > 0, y * y * y, x)
    return total


def outer(x: Any) -> Any:
    return np.where(x[:, None] > 0, np.sqrt(x)[:, None] * np.array([1.0, 2.0]), 0.0)


def written_by_mask(x: Any) -> Any:
    chosen = x > 0
    out = np.zeros_like(x)
    out[chosen] = np.sqrt(x[chosen])
    return out


def two_uses(x: Any) -> Any:
    y = np.sqrt(x)
    return np.where(x > 0, y, 0.0) + np.where(x > 0, y * y, 0.0)


@pytest.mark.parametrize("f", [root, shifted, nested, in_a_loop, outer, written_by_mask, two_uses])
@pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning", "ignore:divide by zero:RuntimeWarning")
def test_what_where_has_not_chosen_does_not_poison_the_gradient(f: Callable[[Any], Any]) -> None:
    """The derivative is that of the chosen side, to second order in both modes, where the other side is not finite."""
    x = np.array([-2.0, 0.0, 4.0, 0.5, 9.0])

    def total(x: Any) -> Any:
        return np.sum(f(x))

    safe = np.where(x > 0, x, 1.0)  # the other side of every program is constant, or x
    expected = np.array([difference(lambda v, i=i: total(np.where(np.arange(5) == i, v, safe)), safe[i])
                         for i in range(5)])
    expected = np.where(x > 0, expected, 3.0 if f is in_a_loop else 0.0)
    np.testing.assert_allclose(wengert.grad(total)(x), expected, rtol=1e-9)
    ones = np.ones_like(x)
    assert wengert.jvp(total, (x,), (ones,))[1] == pytest.approx(np.sum(expected), rel=1e-9)
    second = wengert.hvp(total, (x,), (ones,))
    assert np.all(np.isfinite(second)) and np.all(second[x <= 0] == 0)
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(wengert.grad(total)(x)))(x), second, rtol=1e-12)


def by_its_series(x: Any) -> Any:
    y = 3.0 * x
    close = np.abs(y) < 0.5
    return np.where(close, 0.5 * y * y, 1.0 / np.where(close, 1.0, y))


def moved(x: Any) -> Any:
    inside = np.where(np.abs(x) < 0.5, x * x, 1.0)
    return 4.5 * inside.reshape(1)[::-1][0]


@pytest.mark.parametrize("f", [by_its_series, moved])
def test_a_cotangent_that_is_zero_by_chance_has_a_derivative(f: Callable[[Any], Any]) -> None:
    """At a minimum the first derivative is 0, the second is not."""
    for second in (wengert.hessian(f)(0.0), wengert.grad(wengert.grad(f))(0.0), wengert.hvp(f, (0.0,), (1.0,))):
        assert second == pytest.approx(9.0)


# ---------------------------------------------------------------- derivatives inside of loops whose length data decide


def potential(position: Any, charges: Any) -> Any:
    energy = 0.0
    for charge in charges:
        away = position - charge
        energy += 1.0 / np.sqrt(away @ away)
    return energy


def landing(charge: Any) -> Any:
    """Where a particle lands that flies through the field of two charges: Euler steps until it is below the ground."""
    charges = np.stack([np.array([-1.0, 0.0]), charge])
    position, velocity, dt = np.array([0.0, 2.0]), np.array([0.75, 0.0]), 0.1
    while position[1] > 0.0:
        force = -wengert.grad(potential)(position, charges) - np.array([0.0, 0.5])
        position = position + dt * velocity
        velocity = velocity + dt * force
    position = position - velocity * (position[1] / velocity[1])
    return position[0] ** 2


def test_a_particle_in_a_field_whose_force_is_a_gradient() -> None:
    """First and second derivatives through a `while` with a gradient inside, by the position of a charge."""
    charge, compiled = np.array([1.0, 0.3]), wengert.compile(landing)
    slopes, hessian = wengert.grad(landing), wengert.hessian(landing)
    expected = [difference(lambda v, i=i: compiled(np.where(np.arange(2) == i, v, charge)), charge[i], 1e-4)
                for i in range(2)]
    np.testing.assert_allclose(slopes(charge), expected, rtol=1e-7)
    curvature = [difference(lambda v, i=i: slopes(np.where(np.arange(2) == i, v, charge)), charge[i], 1e-4)
                 for i in range(2)]
    np.testing.assert_allclose(hessian(charge), curvature, rtol=1e-6)


def payoff(x: Any, y: Any, c: Any) -> Any:
    return 0.5 * c * np.sin(x) + x * x + x * y - y * y


def saddle_point(c: Any) -> Any:
    """min over x of max over y of the payoff: a gradient descent whose function is the result of a gradient ascent."""

    def best(x: Any) -> Any:
        y, step = 0.0, 1.0
        while abs(step) > 1e-12:
            step = 0.1 * wengert.grad(payoff, 1)(x, y, c)
            y += step
        return payoff(x, y, c)

    x, step = 1.0, 1.0
    while abs(step) > 1e-12:
        step = 0.1 * wengert.grad(best)(x)
        x -= step
    return x


def test_a_saddle_point_by_two_nested_gradient_descents() -> None:
    """At the saddle x/2 = y and c cos(x)/2 + 5x/2 = 0; its derivative by the implicit function theorem."""
    x = wengert.compile(saddle_point)(1.0)
    assert 0.5 * np.cos(x) + 2.5 * x == pytest.approx(0.0, abs=1e-10)
    expected = -0.5 * np.cos(x) / (2.5 - 0.5 * np.sin(x))
    assert wengert.grad(saddle_point)(1.0) == pytest.approx(expected, rel=1e-8)
    assert wengert.jvp(saddle_point, (1.0,), (1.0,))[1] == pytest.approx(expected, rel=1e-8)
