"""New arrays: filled, counted, copied, and built from lists of numbers and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import Any

import numpy as np

from wengert.dialects import structural
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import tensor, unspecified
from wengert.frontend.capture import captured
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import DTYPES, Kind, element_of, is_integer, promote
from wengert.frontend.indexing import assign, store_element
from wengert.frontend.numpy_table.arguments import array_operand, static_int, static_shape
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import is_number, kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar, shape_text
from wengert.frontend.views import Axis, window

#: Arrays of constants up to this size are written element by element; larger ones are hidden arguments.
LARGEST_WRITTEN = 16


def _check_order(order: Any) -> None:
    if order not in ("C", "K", "A", None):
        fail(f"order={order!r} is not covered", why="arrays in compiled code are in C order", error=WengertValueError)


# ---------------------------------------------------------------- filled


def filled(shape: Sequence[Extent], value: Any, element: str) -> Box:
    """A new array whose elements are a number, which may be traced."""
    return Box(tensor(value, element, tuple(shape)), tuple(shape), element)


def uninitialised(shape: Sequence[Extent], element: str) -> Box:
    """A new array with any contents."""
    return Box(unspecified(shape, element), tuple(shape), element)


@covers(np.zeros, python=False)
def zeros(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    _check_order(order)
    return filled(static_shape(shape), 0, element_of(dtype))


@covers(np.ones, python=False)
def ones(shape: Any, dtype: Any = None, order: Any = "C") -> Any:
    _check_order(order)
    return filled(static_shape(shape), 1, element_of(float if dtype is None else dtype))


@covers(np.empty, python=False)
def empty(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    _check_order(order)
    return uninitialised(static_shape(shape), element_of(dtype))


@covers(np.full, python=False)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    _check_order(order)
    extents, value = static_shape(shape), operand(fill_value)
    element = kind_of(value).element if dtype is None else element_of(dtype)
    if isinstance(value, Array):
        target = uninitialised(extents, element)
        assign(target, value)
        return target
    return filled(extents, value, element)


def _like(a: Any, dtype: Any, shape: Any) -> tuple[tuple[Extent, ...], str]:
    a = operand(a)
    element = kind_of(a).element if dtype is None else element_of(dtype)
    extents = (a.shape if isinstance(a, Array) else ()) if shape is None else static_shape(shape)
    return extents, element


@covers(np.zeros_like, python=False)
def zeros_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    extents, element = _like(a, dtype, shape)
    return filled(extents, 0, element)


@covers(np.ones_like, python=False)
def ones_like(a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    extents, element = _like(a, dtype, shape)
    return filled(extents, 1, element)


@covers(np.empty_like, python=False)
def empty_like(prototype: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    extents, element = _like(prototype, dtype, shape)
    return uninitialised(extents, element)


@covers(np.full_like, python=False)
def full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    extents, element = _like(a, dtype, shape)
    target = uninitialised(extents, element)
    assign(target, operand(fill_value))
    return target


# ---------------------------------------------------------------- counted


def iota(shape: Sequence[int], dimension: int, element: str = "i64") -> Box:
    """Element [.., i, ..] is i, counted along `dimension`."""
    trace = current()
    value = trace.emit("nd.iota", [trace.tensor_type(shape, element)], [], {"dimension": dimension}).result
    return Box(value, tuple(shape), element)


def _python_number(x: Any, reason: str) -> Any:
    """A Python or NumPy number; a traced int is asked to become static, a traced float cannot."""
    if isinstance(x, Scalar):
        current().need_static(x, reason)
    if not is_number(x):
        fail(f"a number is needed, not {x!r}: {reason}", error=WengertTypeError)
    return x


@covers(np.arange, python=False)
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """``start + i * delta``, where delta is (start + step) - start, as NumPy computes it."""
    if stop is None:
        start, stop = 0, start
    first, last, by = (_python_number(x, "it decides how long the new array is") for x in (start, stop, step))
    if by == 0:
        fail("Maximum allowed size exceeded: the step of numpy.arange is 0", error=WengertValueError)
    alike: list[Any] = [type(x)(0) for x in (first, last)]
    element = element_of(np.arange(alike[0], alike[1], type(by)(1)).dtype if dtype is None else dtype)
    if element == "i1":
        fail("numpy.arange of bools is not covered")
    length = max(0, ceil((last - first) / by))
    counted = iota((length,), 0, "i64")
    if is_integer(element):
        begin, delta = int(first), int(first + by) - int(first)
        counted = binary("Add", binary("Mult", counted, delta), begin) if (begin, delta) != (0, 1) else counted
        return converted(counted, element)
    cast = np.float32 if element == "f32" else np.float64
    origin = cast(first)
    return binary("Add", binary("Mult", converted(counted, element), cast(first + by) - origin), origin)


@covers(np.linspace, python=False)
def linspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, retstep: Any = False, dtype: Any = None
) -> Any:
    """``start + i * (stop - start) / div``; the last one is `stop` itself when it is included."""
    count = static_int(num, "it is the length of a new array")
    start, stop = operand(start), operand(stop)
    if retstep or isinstance(start, Array) or isinstance(stop, Array):
        fail("numpy.linspace with retstep or between arrays is not covered")
    if count < 0:
        fail(f"Number of samples, {count}, must be non-negative.", error=WengertValueError)
    pieces = count - 1 if endpoint else count
    kind = promote(promote(kind_of(start), kind_of(stop)), Kind("f64", True))
    counted = converted(iota((count,), 0), kind.element)
    step = binary("Div", binary("Sub", stop, start), pieces) if pieces > 0 else 0.0
    samples = binary("Add", binary("Mult", counted, step), start)
    if endpoint and count > 1:
        store_element(samples, (count - 1,), stop)
    return samples if dtype is None else converted(samples, element_of(dtype))


def diagonal_mask(rows: int, columns: int, k: int, op: str = "Eq") -> Box:
    """Where ``j - i`` compares to k."""
    offset = binary("Sub", iota((rows, columns), 1), iota((rows, columns), 0))
    result: Box = compare(op, offset, k)
    return result


@covers(np.eye, python=False)
def eye(N: Any, M: Any = None, k: Any = 0, dtype: Any = float) -> Any:
    rows = static_int(N, "it is an extent of a new array")
    columns = rows if M is None else static_int(M, "it is an extent of a new array")
    shift = static_int(k, "it is the number of a diagonal")
    return converted(diagonal_mask(rows, columns, shift), element_of(dtype))


@covers(np.identity, python=False)
def identity(n: Any, dtype: Any = None) -> Any:
    return eye(n, dtype=float if dtype is None else dtype)


def _triangle(m: Any, k: Any, op: str) -> Any:
    m = array_operand(m)
    if m.ndim < 2 or not all(isinstance(n, int) for n in m.shape):
        fail("the triangle of an array of less than two dimensions, or of a run-time size, is not covered")
    mask = diagonal_mask(m.shape[-2], m.shape[-1], static_int(k, "it is the number of a diagonal"), op)
    return select(mask, m, converted(0, m.element))


@covers(np.tril)
def tril(m: Any, k: Any = 0) -> Any:
    return _triangle(m, k, "LtE")


@covers(np.triu)
def triu(m: Any, k: Any = 0) -> Any:
    return _triangle(m, k, "GtE")


@covers(np.diag)
def diag(v: Any, k: Any = 0) -> Any:
    """Of a vector the matrix with this diagonal, of a matrix its diagonal (a copy)."""
    v, shift = array_operand(v), static_int(k, "it is the number of a diagonal")
    if not all(isinstance(n, int) for n in v.shape) or v.ndim > 2:
        fail("numpy.diag of an array of run-time size or of more than two dimensions is not covered")
    if v.ndim == 2:
        return diagonal(v, shift)
    size = v.shape[0] + abs(shift)
    rows = _spread_on_rows(v, size, max(-shift, 0))
    return select(diagonal_mask(size, size, shift), rows, converted(0, v.element))


def _spread_on_rows(v: Array, size: int, skipped: int) -> Array:
    """A matrix whose row ``skipped + i`` is full of v[i]."""
    column = filled((size,), 0, v.element)
    assign(window(column, [Axis(skipped, v.shape[0])]), v)
    value = column.read()
    with current().here():
        return Box(structural.broadcast(value, [size, size], (0,)), (size, size), v.element)


@covers(np.diagonal, methods=("diagonal",))
def diagonal(a: Any, offset: Any = 0) -> Any:
    a, k = array_operand(a), static_int(offset, "it is the number of a diagonal")
    if a.ndim != 2 or not all(isinstance(n, int) for n in a.shape):
        fail("the diagonal of an array that is no matrix of known size is not covered")
    rows, columns = a.shape
    top, left = max(-k, 0), max(k, 0)
    length = max(0, min(rows - top, columns - left))
    square = window(a, [Axis(top, length), Axis(left, length)])
    from wengert.frontend.numpy_table.reductions import sum_

    return (
        sum_(select(diagonal_mask(length, length, 0), square, converted(0, a.element)), axis=1)
        if a.element != "i1"
        else fail("the diagonal of an array of bools is not covered")
    )


@covers(np.trace, methods=("trace",))
def trace_(a: Any, offset: Any = 0) -> Any:
    from wengert.frontend.numpy_table.reductions import sum_

    return sum_(diagonal(a, offset))


# ---------------------------------------------------------------- copies and conversions


def copied(a: Any) -> Any:
    """A new array with the same elements, or the same number."""
    if isinstance(a, Array) and a.ndim:
        return Box(a.read(), a.shape, a.element)
    a = operand(a)
    return converted(a, kind_of(a).element)


@covers(np.copy, python=False, methods=("copy",))
def copy(a: Any, order: Any = "K") -> Any:
    _check_order(order)
    return copied(a)


@covers(np.ascontiguousarray, python=False)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    return as_array(a, dtype)


def astype(a: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True) -> Any:
    """The array in another element type; floats lose their fraction on the way to integers."""
    a, element = operand(a), element_of(dtype)
    if casting != "unsafe":
        fail(f"astype with casting={casting!r} is not covered")
    return copied(a) if kind_of(a).element == element and copy else converted(a, element)


covers(np.astype, methods=("astype",))(astype)


@covers(np.array, python=False)
def array(object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", ndmin: Any = 0) -> Any:
    _check_order(order)
    result = as_array(object, dtype)
    if isinstance(result, Array) and (result is object or not isinstance(object, (list, tuple))) and copy:
        result = copied(result)
    missing = static_int(ndmin, "it is a number of dimensions") - (result.ndim if isinstance(result, Array) else 0)
    if missing > 0:
        fail("numpy.array with ndmin is not covered", help="use reshape")
    return result


@covers(np.asarray, python=False)
def as_array(a: Any, dtype: Any = None, order: Any = None) -> Any:
    """An operand as an array; lists of numbers and arrays are put together."""
    _check_order(order)
    if isinstance(a, (list, tuple)):
        return _from_sequence(a, None if dtype is None else element_of(dtype))
    if not isinstance(a, (Array, Scalar, np.ndarray)) and not is_number(a):
        from wengert.frontend.iteration import Indexed, Range

        if isinstance(a, (range, Range, Indexed)):
            return as_array(list(a), dtype)
    x = operand(a)
    return x if dtype is None else converted(x, element_of(dtype))


def _nested(x: Any) -> tuple[int, ...]:
    """The shape of nested lists; that of the first item counts, the others are compared when they are stored."""
    if isinstance(x, (list, tuple)):
        return (len(x), *(_nested(x[0]) if x else ()))
    if isinstance(x, (Array, np.ndarray)):
        for n in x.shape:
            static_int(n, "it is an extent of a new array")
        return tuple(x.shape)
    return ()


def _leaves(x: Any) -> list[Any]:
    if isinstance(x, (list, tuple)):
        return [leaf for item in x for leaf in _leaves(item)]
    return [x]


def _from_sequence(x: Sequence[Any], element: str | None) -> Box:
    leaves = [operand(leaf) for leaf in _leaves(x)]
    shape = _nested(x)
    if element is None:
        kinds = [Kind(kind_of(leaf).element, False) for leaf in leaves] or [Kind("f64", False)]
        kind = kinds[0]
        for other in kinds[1:]:
            kind = promote(kind, other)
        element = kind.element
    if all(is_number(leaf) for leaf in leaves):
        return _constant_array(x, shape, element)
    result = uninitialised(shape, element)
    _fill(result, x, shape)
    return result


def _constant_array(x: Sequence[Any], shape: tuple[int, ...], element: str) -> Box:
    try:
        constant: np.ndarray = np.array(x, dtype=DTYPES[element])
    except ValueError as error:
        fail(str(error), error=WengertValueError)
    if constant.size > LARGEST_WRITTEN:
        current().made[id(constant)] = constant
        hidden = captured(constant)
        return Box(hidden.value, shape, element)
    if constant.size and (constant == constant.flat[0]).all():
        return filled(shape, constant.flat[0], element)
    result = uninitialised(shape, element)
    for place in np.ndindex(*shape):
        store_element(result, place, constant[place])
    return result


def _fill(target: Box, x: Any, shape: tuple[int, ...], place: tuple[int, ...] = ()) -> None:
    """Stores nested items at `place`."""
    if _nested(x) != shape[len(place) :]:
        fail(
            f"setting an array element with a sequence: the items have different shapes, {shape_text(_nested(x))} and "
            f"{shape_text(shape[len(place) :])}",
            error=WengertValueError,
        )
    if isinstance(x, (list, tuple)):
        for i, item in enumerate(x):
            _fill(target, item, shape, (*place, i))
        return
    value = operand(x)
    if isinstance(value, Array):
        axes = [Axis(i, 1, kept=False) for i in place] + [Axis(0, n) for n in value.shape]
        assign(window(target, axes), value)
    else:
        store_element(target, place, value)
