"""Products along axes, and diagonals of stacks: `cross`, and numpy.linalg's `diagonal`, `outer`, `trace`, `vecdot`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail


@program(np.cross)
def cross(a: Any, b: Any, axisa: Any = -1, axisb: Any = -1, axisc: Any = -1, axis: Any = None) -> Any:
    if axis is not None:
        axisa, axisb, axisc = axis, axis, axis
    a, b = np.moveaxis(np.asarray(a), axisa, -1), np.moveaxis(np.asarray(b), axisb, -1)
    if a.shape[-1] not in (2, 3) or b.shape[-1] not in (2, 3):
        fail("incompatible dimensions for cross product\n(dimension must be 2 or 3)", error=WengertValueError)
    a0, a1, b0, b1 = a[..., 0], a[..., 1], b[..., 0], b[..., 1]
    last = a0 * b1 - a1 * b0
    if a.shape[-1] == 2 and b.shape[-1] == 2:
        return last
    if a.shape[-1] == 2:
        first, second = a1 * b[..., 2], -(a0 * b[..., 2])
    elif b.shape[-1] == 2:
        first, second = -(a[..., 2] * b1), a[..., 2] * b0
    else:
        first, second = a1 * b[..., 2] - a[..., 2] * b1, a[..., 2] * b0 - a0 * b[..., 2]
    return np.moveaxis(np.stack([first, second, last], axis=-1), -1, axisc)


@program(np.linalg.cross)
def cross_of_three(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.shape[axis] != 3 or x2.shape[axis] != 3:
        fail("Both input arrays must be (arrays of) 3-dimensional vectors, but they are "
               f"{x1.shape[axis]} and {x2.shape[axis]} dimensional instead.", error=WengertValueError)
    return cross(x1, x2, axis=axis)


@program(np.linalg.outer)
def outer(x1: Any, x2: Any, /) -> Any:
    x1, x2 = np.asarray(x1), np.asarray(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        fail(f"Input arrays must be one-dimensional, but they are x1.ndim={x1.ndim} and x2.ndim={x2.ndim}.",
             error=WengertValueError)
    return np.outer(x1, x2)


@program(np.linalg.diagonal)
def diagonal(x: Any, /, *, offset: Any = 0) -> Any:
    """Of the last two axes: every (n + 1)th element of the rows side by side."""
    x = np.asarray(x)
    m, n = x.shape[-2:]
    length = max(0, min(m + min(offset, 0), n - max(offset, 0)))
    if length == 0:
        return x[..., 0, :0] if m > 0 else np.zeros((*x.shape[:-2], 0), dtype=x.dtype)
    start = offset if offset >= 0 else -offset * n
    return np.reshape(x, (*x.shape[:-2], m * n))[..., start:start + (length - 1) * (n + 1) + 1:n + 1]


@program(np.linalg.trace)
def trace(x: Any, /, *, offset: Any = 0, dtype: Any = None) -> Any:
    return np.sum(diagonal(x, offset=offset), axis=-1, dtype=dtype)


@program(np.linalg.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    product: Any = np.vecdot
    return product(x1, x2, axis=axis)
