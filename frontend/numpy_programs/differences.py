"""Differences of neighbours, and derivatives of samples by them: `diff`, `ediff1d`, `gradient`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import program

NOTHING = np._NoValue


def beside(x: Any, a: Any, axis: int) -> Any:
    """What is put before or behind an array: a number as an array of one element along the axis."""
    if np.ndim(x) == 0:
        return np.broadcast_to(x, [1 if d == axis else n for d, n in enumerate(a.shape)])
    return np.asarray(x)


@program(np.diff)
def diff(a: Any, n: Any = 1, axis: Any = -1, prepend: Any = NOTHING, append: Any = NOTHING) -> Any:
    n = static_int(n, "it is the order of a difference")
    if n == 0:
        return a
    if n < 0:
        raise ValueError("order must be non-negative but got " + repr(n))
    if np.ndim(a) == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    a = np.asarray(a)
    d = axis + a.ndim if axis < 0 else axis
    parts = [] if prepend is NOTHING else [beside(prepend, a, d)]
    parts.append(a)
    if append is not NOTHING:
        parts.append(beside(append, a, d))
    last = np.moveaxis(np.concatenate(parts, axis) if len(parts) > 1 else a, axis, -1)
    for _ in [0] * n:  # over a list: each turn has another shape
        last = last[..., 1:] != last[..., :-1] if a.dtype == np.bool_ else last[..., 1:] - last[..., :-1]
    return np.moveaxis(last, -1, axis)


@program(np.ediff1d)
def ediff1d(ary: Any, to_end: Any = None, to_begin: Any = None) -> Any:
    flat = np.asarray(ary).ravel()
    parts = [] if to_begin is None else [np.atleast_1d(np.asarray(to_begin)).ravel().astype(flat.dtype)]
    parts.append(flat[1:] - flat[:-1])
    if to_end is not None:
        parts.append(np.atleast_1d(np.asarray(to_end)).ravel().astype(flat.dtype))
    return np.concatenate(parts)


# ---------------------------------------------------------------- gradient


@program(np.gradient)
def gradient(f: Any, *varargs: Any, axis: Any = None, edge_order: Any = 1) -> Any:
    """Second-order differences inside; of order `edge_order` at the ends."""
    f = np.asarray(f)
    if f.dtype != np.float32 and f.dtype != np.complex128 and f.dtype != np.complex64:
        f = f.astype(float)
    axes = tuple(range(f.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(varargs) == 0:
        spacings = [1.0] * len(axes)
    elif len(varargs) == 1 and np.ndim(varargs[0]) == 0:
        spacings = [varargs[0]] * len(axes)
    elif len(varargs) == len(axes):
        spacings = list(varargs)
    else:
        raise TypeError("invalid number of arguments")
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    slopes = [slope_along(f, spacing, d, edge_order) for d, spacing in zip(axes, spacings)]
    return slopes[0] if len(axes) == 1 else tuple(slopes)


def slope_along(f: Any, spacing: Any, axis: int, edge_order: int) -> Any:
    """The derivative along one axis, whose spacing is a number or the coordinates."""
    last = np.moveaxis(f, axis, -1)
    n = last.shape[-1]
    if n < edge_order + 1:
        raise ValueError("Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) "
                         "elements are required.")
    if np.ndim(spacing) > 1:
        raise ValueError("distances must be either scalars or 1d")
    if np.ndim(spacing) == 1:
        where = np.asarray(spacing)
        where = where.astype(float) if where.dtype.kind in "iu" else where  # integers without a sign wrap around
        if where.shape[0] != n:
            raise ValueError("when 1d, distances must match the length of the corresponding dimension")
        step = where[1:] - where[:-1]
        before, behind = step[:-1], step[1:]
        first, final = step[0], step[n - 2]
        both = before + behind
        inside = (
            -behind / (before * both) * last[..., :-2]
            + (behind - before) / (before * behind) * last[..., 1:-1]
            + before / (behind * both) * last[..., 2:]
        )
    else:
        inside = (last[..., 2:] - last[..., :-2]) / (2.0 * spacing)
        first = final = spacing
    if edge_order == 1:
        start = (last[..., 1:2] - last[..., :1]) / first
        end = (last[..., n - 1 :] - last[..., n - 2 : n - 1]) / final
    else:
        second, last_but_one = (step[1], step[n - 3]) if np.ndim(spacing) == 1 else (spacing, spacing)
        start = edge(first, second, last[..., :1], last[..., 1:2], last[..., 2:3])
        end = -edge(final, last_but_one, last[..., n - 1 :], last[..., n - 2 : n - 1], last[..., n - 3 : n - 2])
    return np.moveaxis(np.concatenate((start, inside, end), axis=-1), -1, axis)


def edge(h: Any, k: Any, a: Any, b: Any, c: Any) -> Any:
    """The slope at the first of three samples a, b, c at 0, h, h + k, by the parabola through them."""
    return -(2.0 * h + k) / (h * (h + k)) * a + (h + k) / (h * k) * b - h / (k * (h + k)) * c
