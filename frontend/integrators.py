"""Integration of ordinary differential equations, in the Python that wengert compiles and differentiates."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Rate = Callable[[Any, Any], Any]


def runge_kutta(f: Rate, x: Any, t: Any, h: Any) -> Any:
    """One step of the classical method of order 4 for ``dx/dt = f(x, t)``."""
    k1 = f(x, t)
    k2 = f(x + (0.5 * h) * k1, t + 0.5 * h)
    k3 = f(x + (0.5 * h) * k2, t + 0.5 * h)
    k4 = f(x + h * k3, t + h)
    return x + (h / 6.0) * (k1 + 2.0 * k2 + 2.0 * k3 + k4)


def step_before(f: Rate, event: Rate, x: Any, t: Any, h: float, direction: int, most: int) -> Any:
    """Steps until the next one would cross the event: (x, t, whether there is one)."""
    value = event(x, t)
    found = False
    steps = 0
    while steps < most and not found:
        new = runge_kutta(f, x, t, h)
        after = event(new, t + h)
        rises = value < 0.0 and after >= 0.0
        falls = value > 0.0 and after <= 0.0
        found = (rises and direction >= 0) or (falls and direction <= 0)
        if not found:
            x = new
            t = t + h
            value = after
        steps += 1
    return x, t, found
