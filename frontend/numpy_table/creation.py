"""New arrays: filled, counted, copied, and built from lists of numbers and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import tensor, unspecified
from wengert.frontend.capture import captured
from wengert.frontend.conversions import DTYPES, Kind, element_of, promote
from wengert.frontend.indexing import assign, store_element
from wengert.frontend.numpy_table.arguments import check_order, new_shape, static_int
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import is_number, kind_of, operand, strong
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar, c_layout, shape_text
from wengert.frontend.views import Axis, window, with_new_axes

#: Arrays of constants up to this size are written element by element; larger ones are hidden arguments.
LARGEST_WRITTEN = 16


# ---------------------------------------------------------------- filled


def filled(shape: Sequence[Extent], value: Any, element: str) -> Box:
    """A new array whose elements are a number, which may be traced."""
    return Box(tensor(value, element, tuple(shape)), tuple(shape), element)


def uninitialised(shape: Sequence[Extent], element: str) -> Box:
    """A new array with any contents."""
    return Box(unspecified(shape, element), tuple(shape), element)


@covers(np.zeros, python=False)
def zeros(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    check_order(order)
    return filled(new_shape(shape), 0, element_of(dtype))


@covers(np.ones, python=False)
def ones(shape: Any, dtype: Any = None, order: Any = "C") -> Any:
    check_order(order)
    return filled(new_shape(shape), 1, element_of(float if dtype is None else dtype))


@covers(np.empty, python=False)
def empty(shape: Any, dtype: Any = float, order: Any = "C") -> Any:
    check_order(order)
    return uninitialised(new_shape(shape), element_of(dtype))


@covers(np.full, python=False)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    check_order(order)
    extents, value = new_shape(shape), operand(fill_value)
    element = kind_of(value).element if dtype is None else element_of(dtype)
    if isinstance(value, Array):
        target = uninitialised(extents, element)
        assign(target, value)
        return target
    return filled(extents, value, element)


def _like(a: Any, dtype: Any, shape: Any) -> tuple[tuple[Extent, ...], str]:
    a = operand(a)
    element = kind_of(a).element if dtype is None else element_of(dtype)
    extents = (a.shape if isinstance(a, Array) else ()) if shape is None else new_shape(shape)
    return extents, element


@covers(np.zeros_like, python=False)
def zeros_like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None) -> Any:
    check_order(order)
    extents, element = _like(a, dtype, shape)
    return filled(extents, 0, element)


@covers(np.ones_like, python=False)
def ones_like(a: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None) -> Any:
    check_order(order)
    extents, element = _like(a, dtype, shape)
    return filled(extents, 1, element)


@covers(np.empty_like, python=False)
def empty_like(prototype: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None) -> Any:
    check_order(order)
    extents, element = _like(prototype, dtype, shape)
    return uninitialised(extents, element)


@covers(np.full_like, python=False)
def full_like(
    a: Any, fill_value: Any, dtype: Any = None, order: Any = "K", subok: Any = True, shape: Any = None
) -> Any:
    check_order(order)
    extents, element = _like(a, dtype, shape)
    target = uninitialised(extents, element)
    assign(target, operand(fill_value))
    return target


# ---------------------------------------------------------------- counted


def iota(shape: Sequence[Extent], dimension: int, element: str = "i64") -> Box:
    """Element [.., i, ..] is i, counted along `dimension`."""
    trace = current()
    sizes = [trace.index(n) for n in shape if not isinstance(n, int)]
    value = trace.emit("nd.iota", [trace.tensor_type(shape, element)], sizes, {"dimension": dimension}).result
    return Box(value, tuple(shape), element)


# ---------------------------------------------------------------- copies and conversions


def copied(a: Any, order: Any = "C") -> Any:
    """A new array with the same elements, or the same number."""
    if isinstance(a, Array) and a.ndim:
        return Box(a.read(), a.shape, a.element, contiguous=order != "F" or a.ndim < 2)
    a = operand(a)
    return converted(a, kind_of(a).element)


@covers(np.copy, python=False, methods=("copy",))
def copy(a: Any, order: Any = "K", subok: Any = False) -> Any:
    check_order(order)
    return copied(a, order)


@covers(np.ascontiguousarray, python=False)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """The array itself if it is in C order, else a copy; of a number an array of one element."""
    result = as_array(a, dtype)
    if not isinstance(result, Array):
        return filled((1,), result, kind_of(result).element)
    return result if result.layout is not None and result.layout == c_layout(result.shape) else copied(result)


@covers(np.asfortranarray, python=False)
def asfortranarray(a: Any, dtype: Any = None) -> Any:
    """The array itself where both orders are one, else a copy; of one dimension at least."""
    result = as_array(a, dtype)
    if not isinstance(result, Array):
        return filled((1,), result, kind_of(result).element)
    return result if result.ndim < 2 else copied(result, "F")


def astype(a: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True) -> Any:
    """The array in another element type; floats lose their fraction on the way to integers."""
    a, element = operand(a), element_of(dtype)
    check_order(order)
    if not np.can_cast(DTYPES[kind_of(a).element], DTYPES[element], casting):
        fail(
            f"Cannot cast array data from {DTYPES[kind_of(a).element]!r} to {DTYPES[element]!r} according to the rule "
            f"'{casting}'",
            error=WengertTypeError,
        )
    return copied(a) if kind_of(a).element == element and copy else converted(a, element)


covers(np.astype, methods=("astype",))(astype)


@covers(np.array, python=False)
def array(
    object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", subok: Any = False, ndmin: Any = 0
) -> Any:
    check_order(order)
    result = as_array(object, dtype)
    if isinstance(result, Array) and (result is object or not isinstance(object, (list, tuple))) and copy:
        result = copied(result, order)
    rank = static_int(ndmin, "it is a number of dimensions")
    if not rank:
        return result
    if not isinstance(result, Array):
        result = filled((1,), result, kind_of(result).element)
    return with_new_axes(result, list(range(rank - result.ndim))) if rank > result.ndim else result


@covers(np.asarray, np.asanyarray, python=False)
def as_array(a: Any, dtype: Any = None, order: Any = None, *, copy: Any = None) -> Any:
    """An operand as an array; lists of numbers and arrays are put together."""
    check_order(order)
    if isinstance(a, (list, tuple)):
        return _from_sequence(a, None if dtype is None else element_of(dtype))
    if not isinstance(a, (Array, Scalar, np.ndarray)) and not is_number(a):
        from wengert.frontend.iteration import Indexed, Range

        if isinstance(a, (range, Range, Indexed)):
            return as_array(list(a), dtype)
    x = operand(a)
    x = strong(x) if dtype is None else converted(x, element_of(dtype))
    return copied(x) if copy else x


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
