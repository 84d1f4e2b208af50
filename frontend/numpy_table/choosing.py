"""NumPy functions that choose elements by arrays of integers: `take`, `take_along_axis`, `add.at`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.gathering import positions_in
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.creation import iota
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import ravel
from wengert.frontend.trace import fail
from wengert.frontend.values import Array


@covers(np.take, methods=("take",))
def take(a: Any, indices: Any, axis: Any = None) -> Any:
    """``a[:, .., indices]`` with the indices at `axis`; of the flattened array without one."""
    a = ravel(a) if axis is None else array_operand(a)
    d = one_axis(0 if axis is None else axis, a.ndim)
    return getitem(a, (*[slice(None)] * d, indices))


@covers(np.take_along_axis)
def take_along_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Element [.., i, ..] is ``arr[.., indices[.., i, ..], ..]``, along `axis`; other axes are broadcast."""
    arr = ravel(arr) if axis is None else array_operand(arr)
    chosen = positions_in(indices)
    if chosen is None or chosen.ndim != arr.ndim:
        fail("`indices` and `arr` must have the same number of dimensions, and indices must be integers",
             error=WengertValueError)
    d = one_axis(0 if axis is None else axis, arr.ndim)
    shape = [1 if n == 1 else m for n, m in zip(chosen.shape, arr.shape)]
    place = [chosen if k == d else _counted(int(shape[k]), k, arr.ndim) for k in range(arr.ndim)]
    return getitem(arr, tuple(place))


def _counted(extent: int, d: int, rank: int) -> Array:
    """0, 1, .. along dimension d, with extent 1 in the others."""
    return iota([extent if k == d else 1 for k in range(rank)], d)
