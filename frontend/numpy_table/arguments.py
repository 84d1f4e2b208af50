"""Arguments of NumPy functions that have to be Python values: shapes, axes, counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.operands import operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar


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
