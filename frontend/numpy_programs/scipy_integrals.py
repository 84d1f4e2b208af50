"""Integrals of samples, of scipy.integrate: `trapezoid`, `cumulative_trapezoid`, `simpson`."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import integrate

from wengert.frontend.numpy_programs.integrals import steps, trapezoid
from wengert.frontend.numpy_table.registry import program

program(integrate.trapezoid)(trapezoid)


@program(integrate.cumulative_trapezoid)
def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1, initial: Any = None) -> Any:
    last = np.moveaxis(np.asarray(y), axis, -1)
    if last.shape[-1] == 0:
        raise ValueError("At least one point is required along `axis`.")
    sums = np.cumsum(steps(last, x, dx, axis) * (last[..., 1:] + last[..., :-1]) / 2.0, axis=-1)
    if initial is not None:
        if initial != 0:
            raise ValueError("`initial` must be `None` or `0`.")
        sums = np.concatenate((np.zeros_like(last[..., :1] * 1.0), sums), axis=-1)
    return np.moveaxis(sums, -1, axis)


@program(integrate.simpson)
def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: Any = -1) -> Any:
    """Simpson's rule; the last of an odd number of intervals by the parabola through the last three samples."""
    last = np.moveaxis(np.asarray(y), axis, -1)
    n = last.shape[-1]
    h = steps(last, x, dx, axis)
    if x is None:
        h = np.full(n - 1, dx * 1.0)
    if n == 2:
        return np.sum(h * (last[..., 1:] + last[..., :-1]) / 2.0, axis=-1)
    pairs = n - 1 if n % 2 == 1 else n - 2
    left, right = h[..., 0:pairs:2], h[..., 1:pairs:2]
    a, b, c = last[..., 0:pairs:2], last[..., 1:pairs:2], last[..., 2 : pairs + 1 : 2]
    both, ratio = left + right, left / right
    total = np.sum(both / 6.0 * (a * (2.0 - 1.0 / ratio) + b * (both * both / (left * right)) + c * (2.0 - ratio)),
                   axis=-1)
    if pairs == n - 1:
        return total
    u, v = h[..., n - 3], h[..., n - 2]
    end = (2.0 * v * v + 3.0 * u * v) / (6.0 * (u + v)) * last[..., n - 1]
    middle = (v * v + 3.0 * u * v) / (6.0 * u) * last[..., n - 2]
    return total + end + middle - v * v * v / (6.0 * u * (u + v)) * last[..., n - 3]
