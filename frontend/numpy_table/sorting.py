"""Sorting: `sort`, `argsort`, `lexsort`, `partition` and the method that sorts in place.

All of them find the order by nd.argsort along the last axis and gather by it, so all are stable and put nan last.  A
partition is a sorted array: NumPy promises only what stands at `kth`, and this keeps that promise.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from wengert.dialects import gather as gathers
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.dialects.sorting import argsort as order_last
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import is_empty, same_extent
from wengert.frontend.conversions import flip_sign
from wengert.frontend.indexing import assign
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, static_int
from wengert.frontend.numpy_table.creation import filled, iota
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import as_vector, moveaxis, ravel, reshape
from wengert.frontend.operands import operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent
from wengert.frontend.views import reshape_value

# ---------------------------------------------------------------- orders and what they choose, along the last axis


def order_of(a: Array) -> Box:
    """The positions that sort an array along its last axis."""
    keys = a if a.kind.is_float else converted(a, "i64")
    if is_empty(a.shape):
        return filled(a.shape, 0, "i64")
    value = keys.read()
    with current().here():
        value = flip_sign(value) if a.element == "u64" else value
        return Box(order_last(value), a.shape, "i64")

def _rows(shape: tuple[Extent, ...]) -> tuple[int, ...]:
    """The extents of the leading dimensions, which rows are counted by."""
    return tuple(static_int(n, "it is an extent of an array that is sorted along another axis") for n in shape[:-1])


def starts_of_rows(shape: tuple[Extent, ...]) -> Any:
    """Where each row begins in the elements in C order, with an extent of 1 for the row itself."""
    rows = _rows(shape)
    return binary("Mult", reshape(iota([prod(rows)], 0), (*rows, 1)), shape[-1])


def chosen(a: Array, positions: Array) -> Box:
    """Elements of each row of `a` at `positions`, which lie inside of it and have the same leading dimensions."""
    if is_empty(positions.shape):
        return filled(positions.shape, 0, a.element)
    flat, where = a.read(), positions.read()
    if a.ndim > 1:
        where = binary("Add", positions, starts_of_rows(a.shape)).read()
        flat, where = reshape_value(flat, (a.size,), a.element), reshape_value(where, (positions.size,), "i64")
    with current().here():
        value = gathers.gather(flat, where, axis=0)
    return Box(value if a.ndim == 1 else reshape_value(value, positions.shape, a.element), positions.shape, a.element)


def _last(a: Any, axis: Any) -> tuple[Array, int]:
    """An array with `axis` last, of the flattened one if it is None, and where that axis belongs."""
    if axis is None:
        return ravel(as_vector(a)), 0
    a = operand(a)
    if not isinstance(a, Array):
        one_axis(axis, 0)
    d = one_axis(axis, a.ndim)
    return (a if d == a.ndim - 1 else moveaxis(a, d, -1)), d


def _back(a: Array, d: int) -> Array:
    return a if d == a.ndim - 1 else moveaxis(a, -1, d).__copy__()


def _check_options(kind: Any, order: Any, stable: Any = None) -> None:
    if order is not None:
        fail("Cannot specify order when the array has no fields.", error=WengertValueError)
    if kind is not None and stable is not None:
        fail("`kind` and keyword parameters can't be provided at the same time. Use only one of them.",
             error=WengertValueError)
    if kind is not None and (not isinstance(kind, str) or kind[:1].lower() not in ("q", "h", "s", "m")):
        fail(f"sort kind must be one of 'quick', 'heap', or 'stable' (got {kind!r})", error=WengertValueError)


# ---------------------------------------------------------------- NumPy's functions


@covers(np.sort)
def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    _check_options(kind, order, stable)
    last, d = _last(a, axis)
    return _back(chosen(last, order_of(last)), d)


@covers(np.argsort, methods=("argsort",))
def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    _check_options(kind, order, stable)
    last, d = _last(a, axis)
    return _back(order_of(last), d)


@covers(methods=("sort",))
def sort_in_place(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    assign(a, sort(a, axis, kind, order, stable=stable))


@covers(np.lexsort)
def lexsort(keys: Any, axis: Any = -1) -> Any:
    """The order by the last key; where it ties by the one before it, and so on: one stable sort a key."""
    rows = [array_operand(key) for key in _keys(keys)]
    if any(len(row.shape) != rows[0].ndim or not all(map(same_extent, row.shape, rows[0].shape)) for row in rows):
        fail("all keys need to be the same shape", error=WengertValueError)
    (first, d), *others = [_last(row, axis) for row in rows]
    found = order_of(first)
    for key, _ in others:
        found = chosen(found, order_of(chosen(key, found)))
    return _back(found, d)


def _keys(keys: Any) -> list[Any]:
    found = operand(keys) if not isinstance(keys, (list, tuple)) else keys
    listed = list(found) if isinstance(found, (list, tuple)) or found.ndim else []
    if not listed:
        fail("need sequence of keys with len > 0 in lexsort", error=WengertTypeError)
    return listed


# ---------------------------------------------------------------- partitions


def _check_kth(a: Array, kth: Any) -> None:
    extent = a.shape[-1]
    for k in kth if isinstance(kth, (tuple, list, np.ndarray)) else (kth,):
        if isinstance(k, (float, np.floating)):
            fail("Partition index must be integer", error=WengertTypeError)
        place = static_int(k, "it says around which element an array is partitioned")
        if isinstance(extent, int) and not -extent <= place < extent:
            fail(f"kth(={place}) out of bounds ({extent})", error=WengertValueError)


def _partitioned(a: Any, kth: Any, axis: Any, kind: Any, order: Any) -> tuple[Array, int]:
    if kind != "introselect":
        fail(f"select kind must be 'introselect' (got {kind!r})", error=WengertValueError)
    _check_options(None, order)
    last, d = _last(a, axis)
    _check_kth(last, kth)
    return last, d


@covers(np.partition)
def partition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    last, d = _partitioned(a, kth, axis, kind, order)
    return _back(chosen(last, order_of(last)), d)


@covers(np.argpartition, methods=("argpartition",))
def argpartition(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> Any:
    last, d = _partitioned(a, kth, axis, kind, order)
    return _back(order_of(last), d)


@covers(methods=("partition",))
def partition_in_place(a: Any, kth: Any, axis: Any = -1, kind: Any = "introselect", order: Any = None) -> None:
    assign(a, partition(a, kth, axis, kind, order))
