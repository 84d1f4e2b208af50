"""Other shapes of arrays: reshapes and transposes (views, as in NumPy), and arrays put together from others."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import broadcast_shapes, same_extent, tensor
from wengert.frontend.conversions import Kind, promote
from wengert.frontend.indexing import assign, getitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, some_axes, static_int, static_shape
from wengert.frontend.numpy_table.creation import as_array, filled, uninitialised
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import is_number, operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box, Extent, Scalar, shape_text
from wengert.frontend.views import Axis, reshaped, transposed, window, with_new_axes

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
    if order != "C":
        fail(f"reshape with order={order!r} is not covered", help="transpose before and after")
    a = as_vector(a)
    parts = shape if isinstance(shape, (tuple, list)) else (shape,)
    extents = [static_int(n, "it is an extent of a reshaped array") for n in parts]
    if not all(isinstance(n, int) for n in a.shape):
        if a.ndim == 1 and extents == [-1]:
            return window(a, [Axis(0, a.shape[0])])
        fail(
            "an array of run-time size is reshaped",
            why="its new shape would not be known",
            help="make the bounds of the slice constants",
        )
    size = prod(a.shape)
    if extents.count(-1) == 1:
        known = prod(n for n in extents if n != -1)
        extents[extents.index(-1)] = size // known if known else 0
    if any(n < 0 for n in extents) or prod(extents) != size:
        fail(
            f"cannot reshape array of size {size} into shape {shape_text(tuple(int(n) for n in parts))}",
            error=WengertValueError,
        )
    if not extents:
        return getitem(a, (0,) * a.ndim)
    return reshaped(a, tuple(extents))


@covers(np.reshape)
def reshape_function(a: Any, /, shape: Any, order: Any = "C") -> Any:
    return reshape(a, shape, order)


@covers(methods=("reshape",))
def reshape_method(a: Any, *shape: Any, order: Any = "C") -> Any:
    return reshape(a, shape[0] if len(shape) == 1 else shape, order)


@covers(np.ravel, methods=("ravel",))
def ravel(a: Any, order: Any = "C") -> Any:
    return reshape(a, -1, order)


@covers(methods=("flatten",))
def flatten(a: Any, order: Any = "C") -> Any:
    flat = reshape(a, -1, order)
    return Box(flat.read(), flat.shape, flat.element)


def _permuted(a: Any, axes: Any) -> Any:
    a = operand(a)
    if not isinstance(a, Array):
        return a
    if axes is None:
        return transposed(a, tuple(reversed(range(a.ndim))))
    order = tuple(one_axis(axis, a.ndim) for axis in axes)
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


@covers(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    a = operand(a)
    if not isinstance(a, Array):
        return as_vector(a)
    parts = axis if isinstance(axis, (tuple, list)) else (axis,)
    return with_new_axes(a, [one_axis(d, a.ndim + len(parts)) for d in parts])


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


@covers(np.atleast_1d)
def atleast_1d(a: Any) -> Any:
    return as_vector(a)


@covers(np.atleast_2d)
def atleast_2d(a: Any) -> Any:
    a = as_vector(a)
    return with_new_axes(a, [0]) if a.ndim < 2 else a


@covers(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    m = array_operand(m)
    axes = some_axes(axis, m.ndim)
    return getitem(m, tuple(slice(None, None, -1 if d in axes else 1) for d in range(m.ndim)))


@covers(np.flipud)
def flipud(m: Any) -> Any:
    return flip(m, 0)


@covers(np.fliplr)
def fliplr(m: Any) -> Any:
    return flip(m, 1)


@covers(np.broadcast_to)
def broadcast_to(array: Any, shape: Any) -> Any:
    array, extents = operand(array), static_shape(shape)
    have = array.shape if isinstance(array, Array) else ()
    if len(have) > len(extents) or broadcast_shapes(have, extents) != extents:
        fail(
            f"cannot broadcast an array of shape {shape_text(have)} to shape {shape_text(extents)}",
            error=WengertValueError,
        )
    element = array.element if isinstance(array, (Array, Scalar)) else as_array([array]).element
    return Box(tensor(array, element, extents), extents, element)


# ---------------------------------------------------------------- put together


def _sequence(arrays: Any) -> list[Any]:
    if isinstance(arrays, Array):
        return list(arrays)
    if not isinstance(arrays, (list, tuple)):
        arrays = list(arrays)
    if not arrays:
        fail("need at least one array to concatenate", error=WengertValueError)
    return [operand(a) for a in arrays]


def _common_element(arrays: Sequence[Any]) -> str:
    kind = Kind(arrays[0].element, False)
    for a in arrays[1:]:
        kind = promote(kind, Kind(a.element, False))
    return kind.element


@covers(np.concatenate)
def concatenate(arrays: Any, axis: Any = 0) -> Any:
    parts = [array_operand(a) for a in _sequence(arrays)] if axis is not None else [ravel(a) for a in _sequence(arrays)]
    first, d = parts[0], one_axis(0 if axis is None else axis, parts[0].ndim)
    total: Extent = 0
    for part in parts:
        if part.ndim != first.ndim:
            fail(
                "all the input array dimensions except for the concatenation axis must match exactly: one array has "
                f"{first.ndim} dimension(s) and another {part.ndim}",
                error=WengertValueError,
            )
        for k, (n, m) in enumerate(zip(first.shape, part.shape)):
            if k != d and not same_extent(n, m):
                fail(
                    "all the input array dimensions except for the concatenation axis must match exactly: shapes "
                    f"{shape_text(first.shape)} and {shape_text(part.shape)}",
                    error=WengertValueError,
                )
        total = binary("Add", total, part.shape[d])
    shape = tuple(total if k == d else n for k, n in enumerate(first.shape))
    result = uninitialised(shape, _common_element(parts))
    offset: Extent = 0
    for part in parts:
        axes = [Axis(offset, part.shape[d]) if k == d else Axis(0, n) for k, n in enumerate(part.shape)]
        assign(window(result, axes), part)
        offset = binary("Add", offset, part.shape[d])
    return result


@covers(np.stack)
def stack(arrays: Any, axis: Any = 0) -> Any:
    parts = _sequence(arrays)
    if not all(isinstance(p, Array) for p in parts):
        if any(isinstance(p, Array) for p in parts):
            fail("all input arrays must have the same shape", error=WengertValueError)
        return as_array(parts)
    if any(len(p.shape) != parts[0].ndim or not all(map(same_extent, p.shape, parts[0].shape)) for p in parts):
        fail("all input arrays must have the same shape", error=WengertValueError)
    d = one_axis(axis, parts[0].ndim + 1)
    return concatenate([with_new_axes(p, [d]) for p in parts], d)


@covers(np.vstack)
def vstack(tup: Any) -> Any:
    return concatenate([atleast_2d(a) for a in _sequence(tup)], 0)


@covers(np.hstack)
def hstack(tup: Any) -> Any:
    parts = [as_vector(a) for a in _sequence(tup)]
    return concatenate(parts, 0 if parts[0].ndim == 1 else 1)


@covers(np.column_stack)
def column_stack(tup: Any) -> Any:
    parts = [as_vector(a) for a in _sequence(tup)]
    return concatenate([with_new_axes(p, [1]) if p.ndim == 1 else p for p in parts], 1)


@covers(np.append)
def append(arr: Any, values: Any, axis: Any = None) -> Any:
    return concatenate([as_vector(arr), as_vector(values)], axis)


@covers(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    a = array_operand(a)
    if isinstance(shift, (tuple, list)) or isinstance(axis, (tuple, list)):
        if not isinstance(axis, (tuple, list)):
            fail("numpy.roll with several shifts needs as many axes", error=WengertValueError)
        for s, d in zip(shift if isinstance(shift, (tuple, list)) else [shift] * len(axis), axis):
            a = roll(a, s, d)
        return a
    if axis is None:
        return reshape(roll(ravel(a), shift, 0), a.shape)
    d = one_axis(axis, a.ndim)
    extent = static_int(a.shape[d], "it is the extent of a rolled array")
    by = static_int(shift, "it is how far an array is rolled") % extent if extent else 0
    before = (slice(None),) * d
    if not by:
        return Box(a.read(), a.shape, a.element)
    return concatenate(
        [getitem(a, (*before, slice(extent - by, None))), getitem(a, (*before, slice(0, extent - by)))], d
    )


@covers(np.tile)
def tile(A: Any, reps: Any) -> Any:
    A = as_vector(A)
    counts = static_shape(reps)
    rank = max(A.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    shape = (1,) * (rank - A.ndim) + tuple(static_int(n, "it is an extent of a tiled array") for n in A.shape)
    # every extent n becomes (count, n): repeated, then merged
    spread = reshape(A, tuple(m for n in shape for m in (1, n)))
    whole = broadcast_to(spread, tuple(m for c, n in zip(counts, shape) for m in (c, n)))
    return reshape(whole, tuple(c * n for c, n in zip(counts, shape)))


@covers(np.repeat, methods=("repeat",))
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    a = ravel(a) if axis is None else array_operand(a)
    d, times = one_axis(0 if axis is None else axis, a.ndim), static_int(repeats, "it is a number of repetitions")
    spread = with_new_axes(a, [d + 1])
    shape = tuple(static_int(n, "it is an extent of a repeated array") for n in a.shape)
    whole = broadcast_to(spread, (*shape[: d + 1], times, *shape[d + 1 :]))
    return reshape(whole, (*shape[:d], shape[d] * times, *shape[d + 1 :]))


@covers(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", *, constant_values: Any = 0) -> Any:
    a = array_operand(array)
    if mode != "constant":
        fail(f"numpy.pad with mode={mode!r} is not covered", help="concatenate slices of the array")
    if isinstance(pad_width, (tuple, list)) and pad_width and isinstance(pad_width[0], (tuple, list)):
        widths = [tuple(w) for w in pad_width] * (a.ndim if len(pad_width) == 1 else 1)
    else:
        widths = [tuple(pad_width) if isinstance(pad_width, (tuple, list)) else (pad_width, pad_width)] * a.ndim
    if len(widths) != a.ndim or not (is_number(constant_values) or isinstance(constant_values, Scalar)):
        fail(
            "numpy.pad takes here one width, one pair, or a pair for each axis, and one value", error=WengertValueError
        )
    around = [(static_int(w[0], "it is a pad width"), static_int(w[-1], "it is a pad width")) for w in widths]
    shape = tuple(binary("Add", n, before + after) for n, (before, after) in zip(a.shape, around))
    result = filled(shape, constant_values, a.element)
    assign(window(result, [Axis(before, n) for n, (before, _) in zip(a.shape, around)]), a)
    return result


@covers(np.meshgrid)
def meshgrid(*xi: Any, indexing: Any = "xy") -> Any:
    vectors = [as_vector(x) for x in xi]
    order = [1, 0, *range(2, len(vectors))] if indexing == "xy" and len(vectors) > 1 else list(range(len(vectors)))
    shape = tuple(static_int(vectors[k].shape[0], "it is an extent of a grid") for k in order)
    grids = []
    for k, vector in enumerate(vectors):
        place = order.index(k)
        column = reshape(vector, tuple(-1 if d == place else 1 for d in range(len(shape))))
        grids.append(broadcast_to(column, shape))
    return tuple(grids)
