"""Other shapes of arrays: reshapes, transposes and new axes (views, as in NumPy), and broadcasts."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import broadcast_shapes, check_equal, larger, same_extent, smaller, tensor
from wengert.frontend.indexing import assign, getitem
from wengert.frontend.numpy_table.arguments import (
    array_operand,
    new_extent,
    new_shape,
    one_axis,
    some_axes,
    static_int,
)
from wengert.frontend.numpy_table.creation import as_array, filled
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import operand
from wengert.frontend.packing import product
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box, Extent, Scalar, c_layout, shape_text
from wengert.frontend.views import Axis, Reshaped, reshaped, transposed, window, with_new_axes

REASON = "it is an extent of a reshaped array"

# ---------------------------------------------------------------- views


def as_vector(x: Any) -> Array:
    """An operand as an array of one dimension at least."""
    x = operand(x)
    if isinstance(x, Array):
        return x
    element = as_array(x).element if isinstance(x, Scalar) else as_array([x]).element
    return filled((1,), x, element)


def reshape(a: Any, shape: Any, order: Any = "C") -> Any:
    """A view where NumPy gives one, else a copy; one extent may be -1."""
    a = as_vector(a)
    if isinstance(shape, np.ndarray):
        shape = shape.tolist()
    parts = tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)
    if order not in ("C", "F", "A"):
        fail(f"order must be one of 'C', 'F', or 'A' (got {order!r})", error=WengertValueError)
    if order == "F" or (order == "A" and _in_fortran_order(a)):
        return _permuted(reshape(_permuted(a, None), parts[::-1]), None)
    extents = [new_extent(n, REASON) if not _is_minus_one(n) else -1 for n in parts]
    unknown = [d for d, n in enumerate(extents) if _is_minus_one(n)]
    if len(unknown) > 1:
        fail("can only specify one unknown dimension", error=WengertValueError)
    if not all(isinstance(n, int) for n in (*a.shape, *extents)):
        return _reshaped_at_run_time(a, extents, unknown, parts)
    size = prod(a.shape)
    for d in unknown:
        known = prod(n for n in extents if n != -1)
        extents[d] = size // known if known else 0
    if prod(extents) != size:
        fail(
            f"cannot reshape array of size {size} into shape {shape_text(tuple(int(n) for n in parts))}",
            error=WengertValueError,
        )
    if not extents:
        return getitem(a, (0,) * a.ndim)
    return reshaped(a, tuple(extents))


def _is_minus_one(n: Any) -> bool:
    return isinstance(n, (int, np.integer)) and n == -1


def _in_fortran_order(a: Array) -> bool:
    """Whether the elements lie in memory in Fortran's order, and not in C's."""
    reverse = c_layout(a.shape[::-1])
    return a.ndim > 1 and reverse is not None and a.layout == reverse[::-1] and a.layout != c_layout(a.shape)


def _reshaped_at_run_time(a: Array, extents: list[Extent], unknown: list[int], parts: tuple[Any, ...]) -> Array:
    """A reshape whose extents are checked when it is reached; what is missing after a failed check is 0."""
    size = product(a.shape)
    for d in unknown:
        known = product(n for k, n in enumerate(extents) if k != d)
        extents[d] = size if same_extent(known, 1) else _quotient(size, known)
    if len(extents) == a.ndim and all(map(same_extent, extents, a.shape)):
        return window(a, [Axis(0, n) for n in a.shape])
    total = product(extents)
    if same_extent(total, size):
        return Reshaped(a, tuple(extents), None, None, writable=isinstance(a, Box) and a.contiguous)
    shown = shape_text(tuple(n if isinstance(n, int) else "?" for n in parts))
    check_equal(size, total, message=f"cannot reshape array of size {{0}} into shape {shown} of {{1}} elements")
    flat = filled((total,), 0, a.element)
    there = smaller(size, total)
    source = Reshaped(a, (size,), None, None)
    assign(window(flat, [Axis(0, there)]), window(source, [Axis(0, there)]))
    return Reshaped(flat, tuple(extents), None, None)


def _quotient(size: Extent, known: Extent) -> Extent:
    """How often `known` goes into `size`; 0 if it is 0."""
    return binary("FloorDiv", size, known if isinstance(known, int) and known else larger(known, 1))


@covers(np.reshape)
def reshape_function(a: Any, /, shape: Any, order: Any = "C") -> Any:
    return reshape(a, shape, order)


@covers(methods=("reshape",))
def reshape_method(a: Any, *shape: Any, order: Any = "C") -> Any:
    return reshape(a, shape[0] if len(shape) == 1 else shape, order)


@covers(np.ravel, methods=("ravel",))
def ravel(a: Any, order: Any = "C") -> Any:
    return reshape(_in_memory_order(as_vector(a)), -1) if order == "K" else reshape(a, -1, order)


@covers(methods=("flatten",))
def flatten(a: Any, order: Any = "C") -> Any:
    flat = ravel(a, order)
    return Box(flat.read(), flat.shape, flat.element)


def _in_memory_order(a: Array) -> Array:
    """The axes in the order of their strides, the largest first."""
    strides = a.layout
    if strides is None or any(stride < 0 for stride in strides):
        fail("ravel with order='K' of an array whose layout is not known here", help="use order='C' or order='F'")
    return transposed(a, tuple(sorted(range(a.ndim), key=lambda d: -strides[d])))


def _permuted(a: Any, axes: Any) -> Any:
    a = operand(a)
    if not isinstance(a, Array):
        return a
    if axes is None:
        return transposed(a, tuple(reversed(range(a.ndim))))
    order = tuple(one_axis(axis, a.ndim) for axis in axes)
    if len(set(order)) < len(order):
        fail("repeated axis in transpose", error=WengertValueError)
    if sorted(order) != list(range(a.ndim)):
        fail("axes don't match array", error=WengertValueError)
    return transposed(a, order)


@covers(np.transpose)
def transpose(a: Any, axes: Any = None) -> Any:
    return _permuted(a, axes)


@covers(methods=("transpose",))
def transpose_method(a: Any, *axes: Any) -> Any:
    return _permuted(a, (axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes) or None)


@covers(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    return swapaxes(x, -1, -2)


@covers(np.swapaxes, methods=("swapaxes",))
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    a = array_operand(a)
    order = list(range(a.ndim))
    i, j = one_axis(axis1, a.ndim), one_axis(axis2, a.ndim)
    order[i], order[j] = order[j], order[i]
    return transposed(a, tuple(order))


@covers(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
    a = array_operand(a)
    sources = [one_axis(s, a.ndim) for s in (source if isinstance(source, (tuple, list)) else (source,))]
    targets = [one_axis(t, a.ndim) for t in (destination if isinstance(destination, (tuple, list)) else (destination,))]
    order = [d for d in range(a.ndim) if d not in sources]
    for target, moved in sorted(zip(targets, sources)):
        order.insert(target, moved)
    return transposed(a, tuple(order))


@covers(np.rollaxis)
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
    """The axis is put before what is at `start`."""
    a = array_operand(a)
    moved, before = one_axis(axis, a.ndim), static_int(start, "it is an axis")
    before += a.ndim if before < 0 else 0
    if not 0 <= before <= a.ndim:
        fail(f"'start' arg requires {-a.ndim} <= start < {a.ndim + 1}, but {start} was passed in",
             error=WengertValueError)
    order = [d for d in range(a.ndim) if d != moved]
    order.insert(before - (moved < before), moved)
    return transposed(a, tuple(order))


@covers(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = operand(a)
    parts = axis if isinstance(axis, (tuple, list)) else (axis,)
    rank = len(parts) + (a.ndim if isinstance(a, Array) else 0)
    places = [one_axis(d, rank) for d in parts]
    if len(set(places)) < len(places):
        fail("repeated axis", error=WengertValueError)
    if not isinstance(a, Array):
        return reshape(a, (1,) * rank)
    return with_new_axes(a, places)


@covers(np.squeeze, methods=("squeeze",))
def squeeze(a: Any, axis: Any = None) -> Any:
    a = operand(a)
    if not isinstance(a, Array):
        return a
    if axis is None:
        dropped = [d for d, n in enumerate(a.shape) if same_extent(n, 1)]
    else:
        dropped = list(some_axes(axis, a.ndim))
        if not all(same_extent(a.shape[d], 1) for d in dropped):
            fail("cannot select an axis to squeeze out which has size not equal to one", error=WengertValueError)
    if len(dropped) == a.ndim:
        return getitem(a, (0,) * a.ndim)
    return window(a, [Axis(0, n, kept=d not in dropped) for d, n in enumerate(a.shape)])


def _each(function: Callable[[Any], Any], arrays: tuple[Any, ...]) -> Any:
    """One result for one array, a tuple for several."""
    return function(arrays[0]) if len(arrays) == 1 else tuple(function(a) for a in arrays)


@covers(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    return _each(as_vector, arys)


@covers(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    return _each(_matrix, arys)


@covers(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    return _each(_cube, arys)


def _matrix(a: Any) -> Array:
    a = as_vector(a)
    return with_new_axes(a, [0]) if a.ndim < 2 else a


def _cube(a: Any) -> Array:
    a = as_vector(a)
    return a if a.ndim > 2 else with_new_axes(a, [2] if a.ndim == 2 else [0, 2])


@covers(np.broadcast_to)
def broadcast_to(array: Any, shape: Any, subok: Any = False) -> Any:
    array, extents = operand(array), new_shape(shape)
    have = array.shape if isinstance(array, Array) else ()
    known = all(isinstance(n, int) for n in (*have, *extents))
    if len(have) > len(extents) or (known and broadcast_shapes(have, extents) != extents):
        fail(
            f"cannot broadcast an array of shape {shape_text(have)} to shape {shape_text(extents)}",
            error=WengertValueError,
        )
    broadcast_shapes(have, extents)
    element = array.element if isinstance(array, (Array, Scalar)) else as_array([array]).element
    return Box(tensor(array, element, extents), extents, element)


@covers(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: Any = False) -> Any:
    arrays = [operand(a) for a in args]
    shape = broadcast_shapes(*[a.shape if isinstance(a, Array) else () for a in arrays]) if arrays else ()
    return tuple(broadcast_to(a, shape) if shape else a for a in arrays)


@covers(np.broadcast_shapes)
def broadcast_shapes_(*args: Any) -> Any:
    return broadcast_shapes(*[new_shape(shape) for shape in args]) if args else ()


