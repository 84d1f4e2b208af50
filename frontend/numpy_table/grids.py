"""Grids of positions: `meshgrid`, `ix_`, `indices`, `mgrid`, `r_`, the indices of triangles, flat indices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.discrete import divui, remui
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import Kind, element_of, is_integer
from wengert.frontend.gathering import LOWEST
from wengert.frontend.numpy_table.arguments import array_operand, check_order, new_shape, static_int
from wengert.frontend.numpy_table.creation import copied, filled, iota
from wengert.frontend.numpy_table.joining import concatenate, stack
from wengert.frontend.numpy_table.ranges import arange, linspace
from wengert.frontend.numpy_table.reductions import reduce_array, reduce_truth
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.selecting import nonzero
from wengert.frontend.numpy_table.shaping import as_vector, broadcast_to, ravel
from wengert.frontend.operands import converted, elementwise_result, operand
from wengert.frontend.packing import product
from wengert.frontend.subscripts import mask_of
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Extent, Scalar
from wengert.frontend.views import with_new_axes

# ---------------------------------------------------------------- coordinates


@covers(np.meshgrid)
def meshgrid(*xi: Any, copy: Any = True, sparse: Any = False, indexing: Any = "xy") -> Any:
    if indexing not in ("xy", "ij"):
        fail("Valid values for `indexing` are 'xy' and 'ij'.", error=WengertValueError)
    vectors = [ravel(x) for x in xi]
    rank = len(vectors)
    order = [1, 0, *range(2, rank)] if indexing == "xy" and rank > 1 else list(range(rank))
    shape = tuple(vectors[k].shape[0] for k in order)
    grids = []
    for k, vector in enumerate(vectors):
        column = with_new_axes(vector, [d for d in range(rank) if d != order.index(k)])
        grids.append(copied(column) if sparse else broadcast_to(column, shape))
    return tuple(grids)


@covers(np.ix_)
def ix_(*args: Any) -> Any:
    """Vectors that index a rectangle: vector k along axis k; a mask stands for its positions."""
    vectors = []
    for x in args:
        mask = mask_of(x)
        vector = operand(x) if mask is None else nonzero(mask)[0]
        if not isinstance(vector, Array) or vector.ndim != 1:
            fail("Cross index must be 1 dimensional", error=WengertValueError)
        vectors.append(vector)
    return tuple(
        with_new_axes(vector, [d for d in range(len(vectors)) if d != k]) for k, vector in enumerate(vectors)
    )


@covers(np.indices, python=False)
def indices(dimensions: Any, dtype: Any = int, sparse: Any = False) -> Any:
    shape, element = new_shape(dimensions), element_of(dtype)
    if sparse:
        return tuple(
            converted(iota([n if k == d else 1 for k, n in enumerate(shape)], d), element) for d in range(len(shape))
        )
    if not shape:
        return filled((0,), 0, element)
    return stack([converted(iota(shape, d), element) for d in range(len(shape))])


@covers(np.fromfunction, python=False)
def fromfunction(function: Any, shape: Any, *, dtype: Any = float, like: Any = None, **kwargs: Any) -> Any:
    """``function(i, j, ..)`` of the arrays of indices."""
    from wengert.frontend.calls import call

    extents, element = new_shape(shape), element_of(dtype)
    return call(function, *[converted(iota(extents, d), element) for d in range(len(extents))], **kwargs)


# ---------------------------------------------------------------- what is indexed instead of called


def grid_item(a: Any, key: Any) -> Any:
    """``np.mgrid[key]`` and the like."""
    if a is np.mgrid or a is np.ogrid:
        return _mesh(key, sparse=a is np.ogrid)
    return _joined(key if isinstance(key, tuple) else (key,), columns=a is np.c_)


def _points(part: slice) -> Array:
    """A slice as numbers: an imaginary step counts them, the end included."""
    start, step = 0 if part.start is None else part.start, 1 if part.step is None else part.step
    if isinstance(step, complex):
        return linspace(start, part.stop, int(abs(step)))
    return arange(start, part.stop, step)


def _mesh(key: Any, sparse: bool) -> Any:
    if isinstance(key, slice):
        return _points(key)
    vectors = [_points(part) for part in key]
    if any(v.kind.is_float for v in vectors):
        vectors = [converted(v, "f64") for v in vectors]
    rank = len(vectors)
    columns = [with_new_axes(v, [d for d in range(rank) if d != k]) for k, v in enumerate(vectors)]
    if sparse:
        return tuple(columns)
    shape = tuple(v.shape[0] for v in vectors)
    return stack([broadcast_to(column, shape) for column in columns])


def _joined(key: Sequence[Any], columns: bool) -> Any:
    """Numbers, arrays and slices one behind the other; with `columns` vectors stand upright."""
    if isinstance(key[0], str):
        fail("a text in the index of numpy.r_ is not covered", help="use numpy.concatenate or numpy.stack")
    parts = [_points(x) if isinstance(x, slice) else operand(x) for x in key]
    parts = [as_vector(x) for x in parts]
    if not columns:
        return concatenate(parts, 0 if parts[0].ndim == 1 else -1)
    return concatenate([with_new_axes(x, [1]) if x.ndim == 1 else x for x in parts], -1)


# ---------------------------------------------------------------- indices of triangles and diagonals


def _extents(*numbers: Any) -> list[Any]:
    return [x if x is None else static_int(x, "it is an extent or the number of a diagonal") for x in numbers]


def _of_numpy(function: Callable[..., Any]) -> None:
    """A function whose arguments are Python values: NumPy gives the positions."""

    def handler(*arguments: Any) -> Any:
        return tuple(operand(x) for x in function(*_extents(*arguments)))

    def triangle(n: Any, k: Any = 0, m: Any = None) -> Any:
        return handler(n, k, m)

    def diagonal(n: Any, ndim: Any = 2) -> Any:
        return handler(n, ndim)

    covers(function)(diagonal if function is np.diag_indices else triangle)


for _function in (np.triu_indices, np.tril_indices, np.diag_indices):
    _of_numpy(_function)


def _shape_of(arr: Any) -> list[int]:
    return [static_int(n, "it is an extent of the array") for n in array_operand(arr).shape]


@covers(np.triu_indices_from)
def triu_indices_from(arr: Any, k: Any = 0) -> Any:
    return _from(arr, k, np.triu_indices)


@covers(np.tril_indices_from)
def tril_indices_from(arr: Any, k: Any = 0) -> Any:
    return _from(arr, k, np.tril_indices)


def _from(arr: Any, k: Any, function: Callable[..., Any]) -> Any:
    shape = _shape_of(arr)
    if len(shape) != 2:
        fail("input array must be 2-d", error=WengertValueError)
    return tuple(operand(x) for x in function(shape[0], *_extents(k), shape[1]))


@covers(np.diag_indices_from)
def diag_indices_from(arr: Any) -> Any:
    shape = _shape_of(arr)
    if len(shape) < 2:
        fail("input array must be at least 2-d", error=WengertValueError)
    if len(set(shape)) > 1:
        fail("All dimensions of input must be of equal length", error=WengertValueError)
    return tuple(operand(x) for x in np.diag_indices(shape[0], len(shape)))


# ---------------------------------------------------------------- flat positions and indices


@covers(np.unravel_index)
def unravel_index(indices: Any, shape: Any, order: Any = "C") -> Any:
    """The index in each dimension of flat positions in an array of that shape."""
    extents, flat = new_shape(shape), _integers(indices, "indices")
    check_order(order)
    size = product(extents)
    shown = size if isinstance(size, int) else "?"
    _check_inside(flat, size, f"index {{0}} is out of bounds for array with size {shown}")
    parts: list[Any] = []
    for extent in extents if order == "F" else extents[::-1]:
        by = max(extent, 1) if isinstance(extent, int) else extent
        parts.append(_whole(remui, flat, by))
        flat = _whole(divui, flat, by)
    return tuple(parts if order == "F" else parts[::-1])


def _whole(op: Any, x: Any, by: Extent) -> Any:
    return elementwise_result([x, by], "i64", op, Kind("i64", False))


def _integers(x: Any, what: str) -> Any:
    x = operand(x)
    found = x if isinstance(x, (Array, Scalar)) else operand(np.asarray(x))
    if not is_integer(found.element):
        fail(f"only int {what} permitted", error=WengertTypeError)
    return converted(found, "i64")


def _check_inside(x: Any, extent: Extent, message: str) -> None:
    if isinstance(x, Array) and 0 in x.shape:
        return
    outside = compare("Lt", x, 0) | compare("GtE", x, extent)
    shown = x
    if isinstance(outside, Array):
        shown = reduce_array(select(outside, x, np.int64(LOWEST)), "max")
        outside = reduce_truth("any", outside)
    current().check(compare("Eq", outside, False), "ValueError", message, shown)


@covers(np.ravel_multi_index)
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = "raise", order: Any = "C") -> Any:
    """The flat position of indices, one array for each dimension."""
    extents = new_shape(dims)
    modes = mode if isinstance(mode, tuple) else (mode,) * len(extents)
    rows = list(multi_index) if not isinstance(multi_index, Array) else [multi_index[k] for k in range(len(extents))]
    if len(rows) != len(extents):
        fail("parameter multi_index must be a sequence of length " + str(len(extents)), error=WengertValueError)
    places = [_brought_inside(_integers(x, "indices"), n, m) for x, n, m in zip(rows, extents, modes)]
    pairs = list(zip(places, extents))
    flat: Any = 0
    for place, extent in pairs if order == "C" else pairs[::-1]:
        flat = binary("Add", binary("Mult", flat, extent), place)
    return flat


def _brought_inside(x: Any, extent: Extent, mode: str) -> Any:
    if mode == "wrap":
        return binary("Mod", x, extent)
    if mode == "clip":
        from wengert.frontend.numpy_table.pairs import extremum

        return extremum(extremum(x, 0, True), binary("Sub", extent, 1), False)
    _check_inside(x, extent, "invalid entry in coordinates array")
    return x
