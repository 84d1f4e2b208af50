"""Elements written by positions and masks: `put`, `put_along_axis`, `putmask`, `place`, `copyto`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.discrete import remui
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import DTYPES, Kind, can_store
from wengert.frontend.gathering import positions_in
from wengert.frontend.indexing import assign, getitem, setitem
from wengert.frontend.numpy_table.arguments import array_operand
from wengert.frontend.numpy_table.creation import filled, iota
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.selecting import along_axis, in_mode, mask_from
from wengert.frontend.numpy_table.shaping import ravel, reshape
from wengert.frontend.operands import converted, elementwise_result, kind_of, operand
from wengert.frontend.packing import packing, product
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar
from wengert.frontend.views import Axis, window


@covers(np.put_along_axis, python=False)
def put_along_axis(arr: Any, indices: Any, values: Any, axis: Any) -> None:
    """``arr[.., indices[.., i, ..], ..] = values[.., i, ..]``"""
    array, place = along_axis(arr, indices, axis)
    setitem(array, place, values)


@covers(np.put, python=False, methods=("put",))
def put(a: Any, ind: Any, v: Any, mode: Any = "raise") -> None:
    """``a.flat[ind] = v``, with the values over and over when there are too few."""
    a = array_operand(a)
    places = positions_in(in_mode(ravel(ind), product(a.shape), mode))
    if places is None:
        fail("Cannot cast array data to dtype('int64') according to the rule 'safe'", error=WengertTypeError)
    flat = ravel(places)
    write_flat(a, flat, cycled(v, flat.shape[0]))


def write_flat(a: Array, index: Any, value: Any) -> None:
    """``a.flat[index] = value``"""
    copy = Box(ravel(a).read(), (product(a.shape),), a.element)
    setitem(copy, index, value)
    assign(a, reshape(copy, a.shape))


def cycled(values: Any, count: Extent) -> Any:
    """The values over and over until there are `count`."""
    values = ravel(values)
    have = values.shape[0]
    if same_extent(have, count):
        return values
    if isinstance(have, int) and have == 0:
        return filled((count,), 0, values.element)
    if isinstance(have, int) and isinstance(count, int) and have > count:
        return window(values, [Axis(0, count)])
    return getitem(values, elementwise_result([iota((count,), 0), have], "i64", remui, Kind("i64", False)))


@covers(np.putmask, python=False)
def putmask(a: Any, mask: Any, values: Any) -> None:
    """``a.flat[i] = values[i]`` where the mask is true, with the values over and over when there are too few."""
    a, mask = array_operand(a), mask_from(mask)
    if not isinstance(mask, Array) or mask.ndim != a.ndim or not all(map(same_extent, mask.shape, a.shape)):
        fail("putmask: mask and data must be the same size", error=WengertValueError)
    new = reshape(cycled(values, product(a.shape)), a.shape)
    if not can_store(new.element, a.element):
        fail(
            f"Cannot cast array data from {new.dtype!r} to {a.dtype!r} according to the rule 'safe'",
            error=WengertTypeError,
        )
    assign(a, select(mask, converted(new, a.element), a))


@covers(np.place, python=False)
def place(arr: Any, mask: Any, vals: Any) -> None:
    """The values one after the other, over and over, where the mask is true."""
    arr, mask = array_operand(arr), ravel(mask_from(mask))
    found, values = packing(mask), ravel(vals)
    if isinstance(values.shape[0], int) and values.shape[0] == 0:
        none = compare("Eq", found.count, 0)
        current().check(none, "ValueError", "Cannot insert from an empty array!")
        return
    write_flat(arr, mask, cycled(converted(values, arr.element), found.count))


@covers(np.copyto, python=False)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    target, source = array_operand(dst), operand(src)
    have = np.asarray(source).dtype if not isinstance(source, (Array, Scalar)) else DTYPES[source.element]
    allowed = not isinstance(source, (Array, Scalar)) or np.can_cast(have, target.dtype, casting)
    if not allowed or (not can_store(kind_of(source).element, target.element) and casting != "unsafe"):
        fail(
            f"Cannot cast array data from {have!r} to {target.dtype!r} according to the rule '{casting}'",
            error=WengertTypeError,
        )
    if where is True:
        assign(target, source)
        return
    assign(target, select(mask_from(where), converted(source, target.element), target))
