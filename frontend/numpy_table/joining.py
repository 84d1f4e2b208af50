"""Arrays put together from others: one behind the other, beside each other, in blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import check_equal, same_extent
from wengert.frontend.conversions import DTYPES, Kind, element_of, promote
from wengert.frontend.indexing import assign
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.creation import as_array, uninitialised
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored, target
from wengert.frontend.numpy_table.shaping import as_vector, atleast_2d, atleast_3d, moveaxis, ravel, reshape
from wengert.frontend.operands import operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Extent
from wengert.frontend.views import Axis, narrowed, window, with_new_axes


def _sequence(arrays: Any) -> list[Any]:
    if isinstance(arrays, Array):
        return list(arrays)
    if not isinstance(arrays, (list, tuple)):
        arrays = list(arrays)
    return [operand(a) for a in arrays]


def _rows(arrays: Any, rank: int) -> Array | None:
    """An array of run-time length in place of a sequence, its rows with at least this rank."""
    if not isinstance(arrays, Array) or isinstance(arrays.shape[0], int):
        return None
    return with_new_axes(arrays, list(range(1, 1 + max(0, rank + 1 - arrays.ndim))))


def _rows_joined(rows: Array, axis: int, out: Any, dtype: Any) -> Any:
    """The rows of an array one behind the other: their axis beside the one along which they are joined, as one."""
    d = one_axis(axis, rows.ndim - 1)
    beside = moveaxis(rows, 0, d)
    joined = reshape(beside, (*beside.shape[:d], -1, *beside.shape[d + 2 :]))
    return stored(as_array(joined.__copy__(), dtype), out)


def common_element(arrays: Sequence[Any]) -> str:
    """The element type that holds those of all arrays."""
    kind = Kind(arrays[0].element, False)
    for a in arrays[1:]:
        kind = promote(kind, Kind(a.element, False))
    return kind.element


def _element(parts: Sequence[Array], out: Any, dtype: Any, casting: Any) -> str:
    place = target(out)
    if place is not None and dtype is not None:
        fail(
            "concatenate() only takes `out` or `dtype` as an argument, but both were provided.", error=WengertTypeError
        )
    element = common_element(parts) if dtype is None else element_of(dtype)
    element = element if place is None else place.element
    for part in parts:
        if not np.can_cast(DTYPES[part.element], DTYPES[element], casting):
            fail(
                f"Cannot cast array data from {DTYPES[part.element]!r} to {DTYPES[element]!r} according to the rule "
                f"'{casting}'",
                error=WengertTypeError,
            )
    return element


@covers(np.concatenate)
def concatenate(
    arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind"
) -> Any:
    rows = _rows(arrays, 0)
    if rows is not None:
        return _rows_joined(reshape(rows, (-1, 1)) if axis is None else rows, axis or 0, out, dtype)
    parts = _sequence(arrays)
    if not parts:
        fail("need at least one array to concatenate", error=WengertValueError)
    if axis is None:
        parts = [ravel(a) for a in parts]
    elif not all(isinstance(a, Array) for a in parts):
        fail("zero-dimensional arrays cannot be concatenated", error=WengertValueError)
    first, d = parts[0], one_axis(0 if axis is None else axis, parts[0].ndim)
    total: Extent = 0
    shape = list(first.shape)
    for i, part in enumerate(parts):
        _check_alike(first, part, d, i)
        total = binary("Add", total, part.shape[d])
    shape[d] = total
    result = uninitialised(shape, _element(parts, out, dtype, casting))
    offset: Extent = 0
    for part in parts:
        extents = [part.shape[d] if k == d else n for k, n in enumerate(shape)]
        place = window(result, [Axis(offset if k == d else 0, n) for k, n in enumerate(extents)])
        assign(place, narrowed(part, extents))
        offset = binary("Add", offset, part.shape[d])
    return stored(result, out)


def _check_alike(first: Array, part: Array, axis: int, i: int) -> None:
    if part.ndim != first.ndim:
        fail(
            "all the input arrays must have same number of dimensions, but the array at index 0 has "
            f"{first.ndim} dimension(s) and the array at index {i} has {part.ndim} dimension(s)",
            error=WengertValueError,
        )
    message = "all the input array dimensions except for the concatenation axis must match exactly, but along dimension"
    for k, (n, m) in enumerate(zip(first.shape, part.shape)):
        if k == axis or same_extent(n, m):
            continue
        rest = f"{k}, the array at index 0 has size {{0}} and the array at index {i} has size {{1}}"
        if isinstance(n, int) and isinstance(m, int):
            fail(f"{message} {rest.format(n, m)}", error=WengertValueError)
        check_equal(n, m, message=f"{message} {rest}")


@covers(np.stack)
def stack(arrays: Any, axis: Any = 0, out: Any = None, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    rows = _rows(arrays, 0)
    if rows is not None:
        return stored(as_array(moveaxis(rows, 0, one_axis(axis, rows.ndim)).__copy__(), dtype), out)
    parts = _sequence(arrays)
    if not parts:
        fail("need at least one array to stack", error=WengertValueError)
    if not any(isinstance(p, Array) for p in parts):
        one_axis(axis, 1)
        return stored(as_array(parts, dtype), out)
    shapes = [p.shape if isinstance(p, Array) else () for p in parts]
    if any(len(s) != len(shapes[0]) or not all(map(_may_be_same, s, shapes[0])) for s in shapes):
        fail("all input arrays must have the same shape", error=WengertValueError)
    d = one_axis(axis, parts[0].ndim + 1)
    return concatenate([with_new_axes(p, [d]) for p in parts], d, out, dtype=dtype, casting=casting)


def _may_be_same(n: Extent, m: Extent) -> bool:
    return n == m if isinstance(n, int) and isinstance(m, int) else True


@covers(np.vstack)
def vstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    rows = _rows(tup, 1)
    if rows is not None:
        return _rows_joined(rows if rows.ndim > 2 else with_new_axes(rows, [1]), 0, None, dtype)
    return concatenate([atleast_2d(a) for a in _sequence(tup)], 0, dtype=dtype, casting=casting)


@covers(np.hstack)
def hstack(tup: Any, *, dtype: Any = None, casting: Any = "same_kind") -> Any:
    rows = _rows(tup, 1)
    if rows is not None:
        return _rows_joined(rows, 0 if rows.ndim == 2 else 1, None, dtype)
    parts = [as_vector(a) for a in _sequence(tup)]
    return concatenate(parts, 0 if parts and parts[0].ndim == 1 else 1, dtype=dtype, casting=casting)


@covers(np.dstack)
def dstack(tup: Any) -> Any:
    return concatenate([atleast_3d(a) for a in _sequence(tup)], 2)


@covers(np.column_stack)
def column_stack(tup: Any) -> Any:
    rows = _rows(tup, 1)
    if rows is not None:
        return _rows_joined(rows if rows.ndim > 2 else with_new_axes(rows, [2]), 1, None, None)
    parts = [as_vector(a) for a in _sequence(tup)]
    return concatenate([with_new_axes(p, [1]) if p.ndim == 1 else p for p in parts], 1)


@covers(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    if axis is None:
        return concatenate([ravel(arr), ravel(values)], 0)
    return concatenate([arr, values], axis)


# ---------------------------------------------------------------- blocks


def _depth(arrays: Any) -> int:
    """How deep lists are nested, in all places alike."""
    if not isinstance(arrays, list):
        return 0
    if not arrays:
        fail("List at arrays cannot be empty", error=WengertValueError)
    depths = [_depth(x) for x in arrays]
    if len(set(depths)) > 1:
        fail(
            f"List depths are mismatched. First element was at depth {depths[0] + 1}, but there is an element at depth "
            f"{next(d for d in depths if d != depths[0]) + 1}",
            error=WengertValueError,
        )
    return depths[0] + 1


@covers(np.block)
def block(arrays: Any) -> Any:
    """The lists of the innermost level are put together along the last axis, those around it along the one before."""
    depth = _depth(arrays)

    def prepared(x: Any) -> Any:
        return [prepared(y) for y in x] if isinstance(x, list) else as_vector(x)

    def largest(x: Any) -> int:
        return max(map(largest, x)) if isinstance(x, list) else int(x.ndim)

    whole = prepared(arrays)
    rank = max(depth, largest(whole)) if depth else largest(whole)

    def joined(x: Any, level: int) -> Any:
        if isinstance(x, list):
            return concatenate([joined(y, level + 1) for y in x], level - depth)
        return with_new_axes(x, list(range(rank - x.ndim))) if x.ndim < rank else x

    return joined(whole, 0)


def parts_of_axis(a: Any, axis: Any) -> tuple[Array, int]:
    """The operand and the number of an axis; flattened without one."""
    if axis is None:
        return ravel(a), 0
    array = array_operand(a)
    return array, one_axis(axis, array.ndim)
