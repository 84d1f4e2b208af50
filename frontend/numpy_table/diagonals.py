"""Diagonals and triangles of matrices, read and written.

A diagonal is a selection of flat positions that are known while compiling: its derivative is that of a gather.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import Kind, element_of, promote
from wengert.frontend.indexing import getitem, setitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, static_int
from wengert.frontend.numpy_table.creation import filled, iota
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import as_vector, ravel, reshape
from wengert.frontend.operands import converted, operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box, Extent
from wengert.frontend.views import transposed, with_new_axes

NUMBER = "it is the number of a diagonal"
EXTENT = "it is an extent of a new array"


def diagonal_mask(rows: Extent, columns: Extent, k: int, op: str = "Eq") -> Box:
    """Where ``j - i`` compares to k."""
    offset = binary("Sub", iota((rows, columns), 1), iota((rows, columns), 0))
    result: Box = compare(op, offset, k)
    return result


@covers(np.eye, python=False)
def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float, order: Any = "C") -> Any:
    rows = static_int(N, EXTENT)
    columns = rows if M is None else static_int(M, EXTENT)
    return converted(diagonal_mask(rows, columns, static_int(k, NUMBER)), element_of(dtype))


@covers(np.identity, python=False)
def identity(n: Any, dtype: Any = None) -> Any:
    return eye(n, dtype=float if dtype is None else dtype)


# ---------------------------------------------------------------- triangles


@covers(np.tri, python=False)
def tri(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    rows = static_int(N, EXTENT)
    columns = rows if M is None else static_int(M, EXTENT)
    return converted(diagonal_mask(rows, columns, static_int(k, NUMBER), "LtE"), element_of(dtype))


def _triangle(m: Any, k: Any, op: str) -> Any:
    """The triangle of a matrix, or of each of a stack; a vector counts as so many rows."""
    m = array_operand(m)
    rows = m.shape[-2] if m.ndim > 1 else m.shape[0]
    mask = diagonal_mask(rows, m.shape[-1], static_int(k, NUMBER), op)
    return select(mask, m, converted(0, m.element))


@covers(np.tril)
def tril(m: Any, k: Any = 0) -> Any:
    return _triangle(m, k, "LtE")


@covers(np.triu)
def triu(m: Any, k: Any = 0) -> Any:
    return _triangle(m, k, "GtE")


# ---------------------------------------------------------------- diagonals


@covers(np.diag)
def diag(v: Any, k: Any = 0) -> Any:
    """Of a vector the matrix with this diagonal, of a matrix its diagonal (a copy)."""
    v, shift = array_operand(v), static_int(k, NUMBER)
    if v.ndim == 2:
        return diagonal(v, shift)
    if v.ndim != 1:
        fail("Input must be 1- or 2-d.", error=WengertValueError)
    size = binary("Add", v.shape[0], abs(shift))
    result = filled((size, size), 0, v.element)
    top, left = max(-shift, 0), max(shift, 0)
    rows = iota((v.shape[0],), 0)
    setitem(result, (binary("Add", rows, top), binary("Add", rows, left)), v)
    return result


@covers(np.diagflat)
def diagflat(v: Any, k: Any = 0) -> Any:
    return diag(ravel(v), k)


def _fixed(a: Array) -> tuple[int, ...]:
    return tuple(static_int(n, "it is an extent of an array whose diagonal is taken") for n in a.shape)


@covers(np.diagonal, methods=("diagonal",))
def diagonal(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1) -> Any:
    """A copy of the diagonals (NumPy's view cannot be written either)."""
    a, k = array_operand(a), static_int(offset, NUMBER)
    if a.ndim < 2:
        fail("diag requires an array of at least two dimensions", error=WengertValueError)
    first, second = one_axis(axis1, a.ndim), one_axis(axis2, a.ndim)
    if first == second:
        fail("axis1 and axis2 cannot be the same", error=WengertValueError)
    rest = [d for d in range(a.ndim) if d not in (first, second)]
    a = transposed(a, (*rest, first, second))
    rows, columns = _fixed(a)[-2:]
    top, left = max(-k, 0), max(k, 0)
    along = np.arange(max(0, min(rows - top, columns - left)))
    flat = reshape(a, (*a.shape[:-2], rows * columns))
    return getitem(flat, (..., (along + top) * columns + along + left))


@covers(np.trace, methods=("trace",))
def trace_(a: Any, offset: Any = 0, axis1: Any = 0, axis2: Any = 1, dtype: Any = None, out: Any = None) -> Any:
    from wengert.frontend.numpy_table.reductions import sum_

    return stored(sum_(diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype), out)


@covers(np.fill_diagonal, python=False)
def fill_diagonal(a: Any, val: Any, wrap: Any = False) -> None:
    """Writes the main diagonal; of a tall matrix, with `wrap`, again below each gap of one row."""
    a = array_operand(a)
    if a.ndim < 2:
        fail("array must be at least 2-d", error=WengertValueError)
    shape = _fixed(a)
    if a.ndim > 2 and len(set(shape)) > 1:
        fail("All dimensions of input must be of equal length", error=WengertValueError)
    probe: np.ndarray = np.zeros(shape, dtype=bool)
    np.fill_diagonal(probe, True, wrap)
    places = np.nonzero(probe)
    value = operand(val)
    if isinstance(value, Array):
        flat = ravel(value)
        count = static_int(flat.shape[0], "it is how many values are written")
        value = getitem(flat, np.arange(len(places[0])) % max(count, 1))
    setitem(a, places, value)


@covers(np.vander)
def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    """Column j is ``x ** (N - 1 - j)``, or ``x ** j``."""
    x = as_vector(x)
    if x.ndim != 1:
        fail("x must be a one-dimensional array or sequence.", error=WengertValueError)
    count = static_int(x.shape[0] if N is None else N, EXTENT)
    element = promote(x.kind, Kind("i64", False)).element
    x = converted(x, element)
    powers: list[Any] = [filled(x.shape, 1, element)]
    for _ in range(1, count):
        powers.append(binary("Mult", powers[-1], x))
    from wengert.frontend.numpy_table.joining import concatenate

    columns = powers[:count] if increasing else powers[:count][::-1]
    if not columns:
        return filled((x.shape[0], 0), 0, element)
    return concatenate([with_new_axes(column, [1]) for column in columns], 1)
