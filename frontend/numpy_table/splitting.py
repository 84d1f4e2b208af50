"""Arrays taken apart: views of parts, one behind the other along an axis; and what is left without some parts."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertIndexError, WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.broadcasting import as_index
from wengert.frontend.gathering import listed, positions_in
from wengert.frontend.indexing import getitem, setitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, static_int
from wengert.frontend.numpy_table.creation import array, filled, uninitialised
from wengert.frontend.numpy_table.joining import parts_of_axis
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import broadcast_to, moveaxis
from wengert.frontend.subscripts import mask_of, position
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Extent, Scalar

LENGTH = "it is the extent of an array that is split"


def _along(a: Array, d: int, part: Any) -> Any:
    return getitem(a, (*[slice(None)] * d, part))


# ---------------------------------------------------------------- parts


@covers(np.array_split)
def array_split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    """So many parts of nearly equal size, or the parts between given positions."""
    a = array_operand(ary)
    d = one_axis(axis, a.ndim)
    if isinstance(indices_or_sections, (int, np.integer, Scalar)):
        count = static_int(indices_or_sections, "it is a number of parts")
        if count <= 0:
            fail("number sections must be larger than 0.", error=WengertValueError)
        each, larger = divmod(static_int(a.shape[d], LENGTH), count)
        cuts: Sequence[Any] = np.cumsum([0] + [each + 1] * larger + [each] * (count - larger)).tolist()
    else:
        given = indices_or_sections
        places = given.tolist() if isinstance(given, np.ndarray) else list(given)
        cuts = [0, *places, None]
    return [_along(a, d, slice(start, stop)) for start, stop in pairwise(cuts)]


@covers(np.split)
def split(ary: Any, indices_or_sections: Any, axis: Any = 0) -> Any:
    a = array_operand(ary)
    if isinstance(indices_or_sections, (int, np.integer, Scalar)):
        count = static_int(indices_or_sections, "it is a number of parts")
        extent = static_int(a.shape[one_axis(axis, a.ndim)], LENGTH)
        if count > 0 and extent % count:
            fail("array split does not result in an equal division", error=WengertValueError)
    return array_split(a, indices_or_sections, axis)


@covers(np.hsplit)
def hsplit(ary: Any, indices_or_sections: Any) -> Any:
    a = array_operand(ary)
    return split(a, indices_or_sections, 1 if a.ndim > 1 else 0)


@covers(np.vsplit)
def vsplit(ary: Any, indices_or_sections: Any) -> Any:
    if array_operand(ary).ndim < 2:
        fail("vsplit only works on arrays of 2 or more dimensions", error=WengertValueError)
    return split(ary, indices_or_sections, 0)


@covers(np.dsplit)
def dsplit(ary: Any, indices_or_sections: Any) -> Any:
    if array_operand(ary).ndim < 3:
        fail("dsplit only works on arrays of 3 or more dimensions", error=WengertValueError)
    return split(ary, indices_or_sections, 2)


@covers(np.unstack)
def unstack(x: Any, /, *, axis: Any = 0) -> Any:
    first = moveaxis(array_operand(x), axis, 0)
    return tuple(getitem(first, i) for i in range(static_int(first.shape[0], LENGTH)))


# ---------------------------------------------------------------- parts left out


@covers(np.delete)
def delete(arr: Any, obj: Any, axis: Any = None) -> Any:
    """What is left without positions (an integer, a slice, integers) or without what a mask selects."""
    a, d = parts_of_axis(arr, axis)
    extent, places = a.shape[d], listed(obj)
    mask = mask_of(places)
    if mask is not None:
        return _along(a, d, unary("Invert", mask))
    if isinstance(places, Scalar):
        return _without_one(a, d, position(as_index(places), extent, d))
    if isinstance(places, Array) or isinstance(extent, Scalar):
        kept = filled((extent,), True, "i1")
        setitem(kept, places, False)
        return _along(a, d, kept)
    try:
        return _along(a, d, np.delete(np.arange(extent), places))
    except IndexError as error:
        fail(str(error).replace("axis 0", f"axis {d}"), error=WengertIndexError)


def _without_one(a: Array, d: int, place: Extent) -> Array:
    """Two parts, before and behind the position, in memory of known size."""
    shape = tuple(binary("Sub", n, 1) if k == d else n for k, n in enumerate(a.shape))
    result = uninitialised(shape, a.element)
    behind = binary("Add", place, 1)
    setitem(result, (*[slice(None)] * d, slice(0, place)), _along(a, d, slice(0, place)))
    setitem(result, (*[slice(None)] * d, slice(place, None)), _along(a, d, slice(behind, None)))
    return result


# ---------------------------------------------------------------- parts put in


@covers(np.insert)
def insert(arr: Any, obj: Any, values: Any, axis: Any = None) -> Any:
    """`values` before the given positions (an integer, a slice, integers, or a mask)."""
    a, d = parts_of_axis(arr, axis)
    values = array(values, ndmin=a.ndim)
    places = listed(obj)
    if isinstance(places, slice):
        places = np.arange(*places.indices(static_int(a.shape[d], LENGTH)))
    if isinstance(places, np.ndarray) and places.dtype == bool and places.ndim:
        places = np.flatnonzero(places)
    if isinstance(places, (int, np.integer, Scalar)) or (isinstance(places, np.ndarray) and places.size == 1):
        if isinstance(places, np.ndarray):
            places = int(places.flat[0])
        elif values.ndim:
            values = moveaxis(values, 0, d)
        return _with_one(a, d, places, values)
    if isinstance(places, Array) or positions_in(places) is None:
        fail(
            "numpy.insert at positions that are known only at run time",
            help="insert at one position, or concatenate slices",
            error=WengertTypeError,
        )
    return _with_many(a, d, np.asarray(places), values)


def _with_one(a: Array, d: int, place: Any, values: Array) -> Array:
    extent, added = a.shape[d], values.shape[d]
    if isinstance(place, Scalar):
        place = position(as_index(place), binary("Add", extent, 1), d)
    elif isinstance(extent, int):
        if not -extent <= place <= extent:
            fail(f"index {place} is out of bounds for axis {d} with size {extent}", error=WengertIndexError)
        place += extent if place < 0 else 0
    shape = tuple(n if k == d else m for k, (n, m) in enumerate(zip(values.shape, a.shape)))
    values = broadcast_to(values, shape)
    result = uninitialised(tuple(binary("Add", n, added) if k == d else n for k, n in enumerate(a.shape)), a.element)
    before, end = (slice(None),) * d, binary("Add", place, added)
    setitem(result, (*before, slice(0, place)), _along(a, d, slice(0, place)))
    setitem(result, (*before, slice(place, end)), values)
    setitem(result, (*before, slice(end, None)), _along(a, d, slice(place, None)))
    return result


def _with_many(a: Array, d: int, places: Any, values: Array) -> Array:
    """The positions of old and new elements in the result are those that NumPy gives to numbers."""
    extent = static_int(a.shape[d], LENGTH)
    try:
        numbers = np.insert(np.arange(extent), places, -1 - np.arange(len(places)))
    except (IndexError, ValueError) as error:
        fail(str(error).replace("axis 0", f"axis {d}"), error=WengertIndexError)
    shape = tuple(len(numbers) if k == d else n for k, n in enumerate(a.shape))
    result, before = uninitialised(shape, a.element), (slice(None),) * d
    setitem(result, (*before, np.flatnonzero(numbers >= 0)), a)
    new = np.flatnonzero(numbers < 0)
    order = np.argsort(-1 - numbers[new])
    setitem(result, (*before, new[order]), values)
    return result
