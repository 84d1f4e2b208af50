"""Arguments of NumPy functions that have to be Python values: shapes, axes, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import as_index, larger
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import is_integer
from wengert.frontend.operands import operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Extent, Scalar


def static_int(x: Any, reason: str) -> int:
    """A Python int; asks for a traced one to become static."""
    if isinstance(x, Scalar):
        current().need_static(x, reason)
    if isinstance(x, (int, np.integer)):
        return int(x)
    return fail(f"an integer is needed, not {x!r}: {reason}", error=WengertTypeError)


def static_shape(shape: Any) -> tuple[int, ...]:
    """A shape of Python ints."""
    parts = shape if isinstance(shape, (tuple, list)) else (shape,)
    extents = tuple(static_int(n, "it is an extent of a new array") for n in parts)
    if any(n < 0 for n in extents):
        fail("negative dimensions are not allowed", error=WengertValueError)
    return extents


def new_extent(n: Any, reason: str = "it is an extent of a new array") -> Extent:
    """An extent: a Python int wherever it can become one; what depends on the contents of arrays stays run-time."""
    if not isinstance(n, Scalar) or not is_integer(n.element) or not n.origins or "data" not in n.origins:
        extent = static_int(n, reason)
        if extent < 0:
            fail("negative dimensions are not allowed", error=WengertValueError)
        return extent
    n = as_index(n)
    if n.low is None or n.low < 0:
        current().check(compare("GtE", n, 0), "ValueError", "negative dimensions are not allowed")
    return larger(n, 0)


def new_shape(shape: Any) -> tuple[Extent, ...]:
    """The shape of a new array."""
    if isinstance(shape, np.ndarray):
        shape = tuple(shape.tolist()) if shape.ndim else int(shape)
    return tuple(new_extent(n) for n in (shape if isinstance(shape, (tuple, list)) else (shape,)))


def check_order(order: Any) -> None:
    """`order=` of a new array; the order in memory is an affair of the compiler's."""
    if order not in ("C", "K", "A", "F", None):
        fail(f"order must be one of 'C', 'F', 'A', or 'K' (got {order!r})", error=WengertValueError)


def one_axis(axis: Any, rank: int) -> int:
    """An axis as a number in 0..rank-1."""
    number = static_int(axis, "it is an axis")
    if not -rank <= number < rank:
        fail(f"axis {number} is out of bounds for array of dimension {rank}", error=WengertValueError)
    return number % rank


def some_axes(axis: Any, rank: int) -> tuple[int, ...]:
    """The axes that `axis=` names: None for all, an int, or a tuple."""
    if axis is None:
        return tuple(range(rank))
    parts: Sequence[Any] = axis if isinstance(axis, (tuple, list)) else (axis,)
    axes = tuple(sorted(one_axis(a, rank) for a in parts))
    if len(set(axes)) != len(axes):
        fail("duplicate value in 'axis'", error=WengertValueError)
    return axes


def array_operand(x: Any) -> Array:
    """An operand that has to be an array of at least one dimension."""
    found = operand(x)
    if isinstance(found, Array):
        return found
    return fail(f"an array is needed, not {found!r}", error=WengertTypeError)
