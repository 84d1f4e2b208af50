"""Ops that move data: elements and slices, creation, broadcasting, reshaping.  All are linear in what they move.

Slices follow upstream's layout: static offsets, sizes and strides in attributes, with DYNAMIC where an operand gives
the value.  A slice may drop dimensions of extent 1; its result type says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from wengert.dialects.batching import (
    batch_broadcast,
    batch_created,
    batch_dim,
    batch_extract,
    batch_extract_slice,
    batch_full,
    batch_insert,
    batch_insert_slice,
    batch_reshape,
    batch_reverse,
    batch_select,
    batch_transpose,
)
from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_tensor, tensor_type
from wengert.dialects.lowerings import (
    lower_broadcast,
    lower_dim,
    lower_empty,
    lower_extract,
    lower_full,
    lower_identity,
    lower_insert,
    lower_iota,
    lower_reshape,
    lower_reverse,
    lower_transpose,
)
from wengert.dialects.op import DISCRETE, Op, discrete, register, same_type, structural
from wengert.dialects.transposes import (
    transpose_broadcast,
    transpose_extract,
    transpose_extract_slice,
    transpose_full,
    transpose_insert,
    transpose_insert_slice,
    transpose_reshape,
    transpose_reverse,
    transpose_select,
    transpose_sized,
    transpose_transpose,
)

Extent = Any  # an int, or an IR value of index type


# ---------------------------------------------------------------- choice: y = c ? a : b

select = structural("arith.select", ("condition", "x", "y"), np.where, lambda c, x, y, **_: x, (1, 2), transpose_select,
                    choice=0, batch=batch_select)

# ---------------------------------------------------------------- elements


def _insert(value: Any, array: Any, *indices: Any) -> Any:
    changed = np.array(array)
    changed[tuple(int(i) for i in indices)] = value
    return changed


extract = structural(
    "tensor.extract",
    ("array", "*indices"),
    lambda array, *indices: array[tuple(int(i) for i in indices)],
    lambda array, *_, **__: element_type(array),
    (0,),
    transpose_extract,
    batch=batch_extract,
    reads_part=0,
    lower=lower_extract,
)
insert = structural(
    "tensor.insert",
    ("value", "array", "*indices"),
    _insert,
    lambda value, array, *_, **__: array,
    (0, 1),
    transpose_insert,
    destination=1,
    batch=batch_insert,
    overwrites=lambda operands, attributes: ("tensor.extract", operands[1:], {}),
    lower=lower_insert,
)

# ---------------------------------------------------------------- slices


def _merge(static: Sequence[int], dynamic: Iterator[Any]) -> list[int]:
    return [int(next(dynamic)) if s == DYNAMIC else int(s) for s in static]


def _window(dynamic: Sequence[Any], static_offsets: Any, static_sizes: Any, static_strides: Any) -> tuple[slice, ...]:
    values = iter(dynamic)
    offsets, sizes, strides = (_merge(s, values) for s in (static_offsets, static_sizes, static_strides))
    return tuple(slice(o, o + n * s if n else o, s) for o, n, s in zip(offsets, sizes, strides))


def _fit(shape: Sequence[int | None], full: Sequence[int]) -> tuple[int, ...]:
    """The extents `full` without the dimensions of extent 1 that a rank-reduced `shape` leaves out."""
    if len(shape) == len(full):
        return tuple(full)
    kept: list[int] = []
    for i, extent in enumerate(full):
        missing = len(shape) - len(kept)
        droppable = (
            extent == 1
            and len(full) - i > missing
            and not (missing and shape[len(kept)] == 1 and _needs_one(shape, kept, full, i))
        )
        if not droppable:
            kept.append(extent)
    return tuple(kept)


def _needs_one(shape: Sequence[int | None], kept: Sequence[int], full: Sequence[int], i: int) -> bool:
    return shape[len(kept)] == 1


def _extract_slice(
    array: Any, *dynamic: Any, out: Any, static_offsets: Any, static_sizes: Any, static_strides: Any, **_: Any
) -> Any:
    window = array[_window(dynamic, static_offsets, static_sizes, static_strides)]
    return np.array(window).reshape(_fit(out[0][0], window.shape))


def _insert_slice(
    value: Any, array: Any, *dynamic: Any, static_offsets: Any, static_sizes: Any, static_strides: Any, **_: Any
) -> Any:
    changed = np.array(array)
    window = _window(dynamic, static_offsets, static_sizes, static_strides)
    changed[window] = np.reshape(value, changed[window].shape)
    return changed


def _needs_like(*_: Any, **__: Any) -> Any:
    raise TypeError("the result type does not follow from the operands: pass like= or result_types=")


_extract_slice_op = structural(
    "tensor.extract_slice",
    ("array", "*geometry"),
    _extract_slice,
    _needs_like,
    (0,),
    transpose_extract_slice,
    typed=True,
    batch=batch_extract_slice,
    reads_part=0,
)
_insert_slice_op = structural(
    "tensor.insert_slice",
    ("value", "array", "*geometry"),
    _insert_slice,
    lambda value, array, *_, **__: array,
    (0, 1),
    transpose_insert_slice,
    destination=1,
    batch=batch_insert_slice,
    overwrites=lambda operands, attributes: (
        "tensor.extract_slice",
        operands[1:],
        {**attributes, "operandSegmentSizes": tuple(attributes["operandSegmentSizes"])[1:]},
    ),
)


def _geometry(*groups: Sequence[Extent]) -> tuple[list[Any], dict[str, Any]]:
    """Mixed ints and values -> dynamic operands and static attributes."""
    names = ("static_offsets", "static_sizes", "static_strides")
    dynamic = [[v for v in group if isinstance(v, Value)] for group in groups]
    attributes: dict[str, Any] = {
        n: tuple(DYNAMIC if isinstance(v, Value) else int(v) for v in group) for n, group in zip(names, groups)
    }
    attributes["operandSegmentSizes"] = tuple(len(d) for d in dynamic)
    return [v for d in dynamic for v in d], attributes


def extract_slice(
    array: Any, offsets: Sequence[Extent], sizes: Sequence[Extent], strides: Sequence[Extent], drop: Sequence[int] = ()
) -> Any:
    """``array[o:o+n*s:s, ...]`` with ints or index values; dimensions in `drop` (of size 1) disappear."""
    operands, attributes = _geometry(offsets, sizes, strides)
    kept = [DYNAMIC if isinstance(n, Value) else int(n) for d, n in enumerate(sizes) if d not in drop]
    attributes["operandSegmentSizes"] = (1, *attributes["operandSegmentSizes"])
    if isinstance(array, Value):
        return _extract_slice_op(
            array, *operands, result_types=[tensor_type(kept, element_type(array.type))], **attributes
        )
    return _extract_slice_op(array, like=np.empty(kept, np.asarray(array).dtype), **attributes)


def insert_slice(
    value: Any, array: Any, offsets: Sequence[Extent], sizes: Sequence[Extent], strides: Sequence[Extent]
) -> Any:
    """A copy of `array` with the window replaced by `value`, which may lack window dimensions of size 1."""
    operands, attributes = _geometry(offsets, sizes, strides)
    attributes["operandSegmentSizes"] = (1, 1, *attributes["operandSegmentSizes"])
    return _insert_slice_op(value, array, *operands, **attributes)


dim = discrete(
    "tensor.dim",
    lambda array, d: np.int64(np.shape(array)[int(d)]),
    ("array", "dimension"),
    lambda *_, **__: ir.IndexType.get(),
    batch=batch_dim,
    of_shape=True,
    lower=lower_dim,
)

# ---------------------------------------------------------------- creation


def _extents(shape: Sequence[int | None], dynamic: Sequence[Any]) -> tuple[int, ...]:
    values = iter(dynamic)
    return tuple(int(next(values)) if extent is None else extent for extent in shape)


full = structural(
    "nd.full",
    ("value", "*sizes"),
    lambda value, *sizes, out: np.full(_extents(out[0][0], sizes), value, out[0][1]),
    _needs_like,
    (0,),
    transpose_full,
    typed=True,
    batch=batch_full,
    lower=lower_full,
)
# Uninitialised: the interpreter fills it with nan (or a conspicuous integer), so that a read before a write shows.
empty = register(
    Op(
        "nd.empty",
        ("*sizes",),
        lambda *sizes, out: _conspicuous(_extents(out[0][0], sizes), out[0][1]),
        _needs_like,
        lambda primals, results, tangents, attributes: [None],
        family="structural",
        typed=True,
        batch=batch_created,
        lower=lower_empty,
    )
)
iota = register(
    Op(
        "nd.iota",
        ("*sizes",),
        lambda *sizes, out, dimension=0: _iota(_extents(out[0][0], sizes), out[0][1], dimension),
        _needs_like,
        DISCRETE,
        family="structural",
        typed=True,
        batch=batch_created,
        lower=lower_iota,
    )
)


def _conspicuous(shape: tuple[int, ...], dtype: Any) -> Any:
    return np.full(
        shape,
        np.nan
        if np.issubdtype(dtype, np.floating)
        else True
        if dtype == np.bool_
        else max(-(2**40), np.iinfo(dtype).min),
        dtype,
    )


def _iota(shape: tuple[int, ...], dtype: Any, dimension: int) -> Any:
    """Element [.., i, ..] is i, counted along `dimension`."""
    return np.broadcast_to(
        np.arange(shape[dimension], dtype=dtype).reshape([-1 if d == dimension else 1 for d in range(len(shape))]),
        shape,
    ).copy()


# ---------------------------------------------------------------- shape


def _broadcast(array: Any, *sizes: Any, out: Any, dimensions: Sequence[int]) -> Any:
    shape = _extents(out[0][0], sizes)
    placed = np.reshape(
        array, [np.shape(array)[dimensions.index(d)] if d in dimensions else 1 for d in range(len(shape))]
    )
    return np.broadcast_to(placed, shape).copy()


# Dimension d of the operand becomes dimension dimensions[d] of the result; missing dimensions are repeated, and so
# are extents that are statically 1 (a dynamic extent is never stretched).
_broadcast_op = structural(
    "nd.broadcast",
    ("array", "*sizes"),
    lambda array, *sizes, out, dimensions: _broadcast(array, *sizes, out=out, dimensions=tuple(dimensions)),
    _needs_like,
    (0,),
    transpose_broadcast,
    typed=True,
    batch=batch_broadcast,
    lower=lower_broadcast,
)
# The identity; its dynamic extents are given, for a value whose own extents cannot be traced (a tangent that an `if`
# hands out, which exists only in the linear part).
sized = structural(
    "nd.sized",
    ("array", "*sizes"),
    lambda array, *sizes: array,
    same_type,
    (0,),
    transpose_sized,
    batch=batch_reshape,
    lower=lower_identity,
    samples=(lambda rng: (rng.standard_normal((3, 2)),),),
)
reshape = structural(
    "nd.reshape",
    ("array", "*sizes"),
    lambda array, *sizes, out: np.reshape(array, _extents(out[0][0], sizes)).copy(),
    _needs_like,
    (0,),
    transpose_reshape,
    typed=True,
    batch=batch_reshape,
    lower=lower_reshape,
)
_transpose_op = structural(
    "nd.transpose",
    ("array",),
    lambda array, permutation: np.transpose(array, permutation).copy(),
    lambda array, permutation: tensor_type([array.shape[p] for p in permutation], array.element_type),
    (0,),
    transpose_transpose,
    batch=batch_transpose,
    lower=lower_transpose,
)
_reverse_op = structural(
    "nd.reverse",
    ("array",),
    lambda array, dimensions: np.flip(array, tuple(dimensions)).copy(),
    same_type,
    (0,),
    transpose_reverse,
    batch=batch_reverse,
    lower=lower_reverse,
)


def broadcast(array: Any, shape: Sequence[Extent], dimensions: Sequence[int] | None = None) -> Any:
    """NumPy's broadcasting made explicit; by default trailing dimensions match."""
    rank = array.type.rank if isinstance(array, Value) else np.ndim(array)
    dimensions = tuple(range(len(shape) - rank, len(shape))) if dimensions is None else tuple(dimensions)
    if not isinstance(array, Value):
        return _broadcast_op(
            array, like=np.empty([int(n) for n in shape], np.asarray(array).dtype), dimensions=dimensions
        )
    result = tensor_type([DYNAMIC if isinstance(n, Value) else int(n) for n in shape], element_type(array.type))
    return _broadcast_op(
        array, *[n for n in shape if isinstance(n, Value)], result_types=[result], dimensions=dimensions
    )


def transpose(array: Any, permutation: Sequence[int]) -> Any:
    """np.transpose(array, permutation)."""
    return _transpose_op(array, permutation=tuple(permutation))


def reverse(array: Any, dimensions: Sequence[int]) -> Any:
    """np.flip(array, dimensions)."""
    return _reverse_op(array, dimensions=tuple(dimensions))


def filled(value: Any, shape: Sequence[Extent]) -> Any:
    """An array of `shape` whose elements are `value`."""
    if not isinstance(value, Value):
        return np.full([int(n) for n in shape], value)
    result = tensor_type([DYNAMIC if isinstance(n, Value) else int(n) for n in shape], value.type)
    return full(value, *[n for n in shape if isinstance(n, Value)], result_types=[result])


def shape_of(x: Any) -> tuple[Any, ...]:
    """The static shape of a tensor value or array (DYNAMIC where unknown); () for a scalar."""
    if isinstance(x, Value):
        return tuple(x.type.shape) if is_tensor(x.type) else ()
    return tuple(np.shape(x))
