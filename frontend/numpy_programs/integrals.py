"""Integrals of samples: `trapezoid`; those of scipy.integrate are in scipy_integrals.py."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program


def steps(y: Any, x: Any, dx: Any, axis: Any) -> Any:
    """The widths of the intervals between samples, which stand along the last axis of y."""
    if x is None:
        return dx
    x = np.asarray(x)
    last = x if x.ndim == 1 else np.moveaxis(x, axis, -1)
    return last[..., 1:] - last[..., :-1]


@program(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: Any = -1) -> Any:
    """``sum((x[i + 1] - x[i]) (y[i + 1] + y[i]) / 2)`` along an axis."""
    last = np.moveaxis(np.asarray(y), axis, -1)
    return np.sum(steps(last, x, dx, axis) * (last[..., 1:] + last[..., :-1]) / 2.0, axis=-1)
