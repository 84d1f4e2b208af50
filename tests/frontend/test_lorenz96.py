"""The adjoint of Lorenz-96 over 10,000 Runge-Kutta steps in a bounded memory, where tapes grow with the steps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert
from tests.heap import counted


def slope(x: Any, forcing: Any) -> Any:
    return (np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing


def energy(x: Any, forcing: Any, n: int, dt: float) -> Any:
    for _ in range(n):
        k1 = slope(x, forcing)
        k2 = slope(x + 0.5 * dt * k1, forcing)
        k3 = slope(x + 0.5 * dt * k2, forcing)
        k4 = slope(x + dt * k3, forcing)
        x = x + dt / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return np.sum(x * x)


STATE = 8.0 + np.sin(np.arange(40.0))


def test_the_adjoint_of_lorenz_96_takes_the_memory_it_is_given() -> None:
    with counted() as heap:
        adjoint = wengert.grad(wengert.compile(energy, memory="32KB"), (0, 1))
        bars = adjoint(STATE, 8.0, 10_000, 0.0005)
    assert heap.peak + STATE.nbytes <= 32_000
    tangent = wengert.jvp(energy, (STATE, 8.0, 10_000, 0.0005), (np.cos(STATE), 1.0, None, None))[1]
    np.testing.assert_allclose(bars[0] @ np.cos(STATE) + bars[1], tangent, rtol=1e-9)


@pytest.mark.slow
def test_it_is_the_adjoint_that_stores_everything_to_the_last_bit() -> None:
    """100 units of time: far beyond what the size of the derivative says anything about, but each bit is there."""
    expected = wengert.grad(energy, (0, 1))(STATE, 8.0, 10_000, 0.01)
    got = wengert.grad(wengert.compile(energy, memory="32KB"), (0, 1))(STATE, 8.0, 10_000, 0.01)
    assert np.array_equal(got[0], expected[0]) and got[1] == expected[1]
    assert np.all(np.isfinite(got[0]))
