"""`a[mask]`, read and stored; the mask has the first dimensions of the array."""

from __future__ import annotations

from typing import Any, NoReturn

from wengert.dialects import gather as ops
from wengert.dialects import structural
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import check_equal, is_empty, same_extent, smaller, tensor
from wengert.frontend.masks import Masked, is_selection, masked_fill, spread_mask
from wengert.frontend.packing import packing, product
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar, shape_text
from wengert.frontend.views import reshape_value

COUNTS = (
    "NumPy boolean array indexing assignment cannot assign {0} input values to the {1} output values where the mask is "
    "true"
)


def select_masked(array: Array, mask: Array) -> Masked:
    """``array[mask]``"""
    found, rest = packing(mask), array.shape[mask.ndim :]
    whole = masked_fill(array, mask, 1)
    flat = reshape_value(array.read(), (product(array.shape[: mask.ndim]), *rest), array.element)
    with current().here():
        packed = ops.gather(flat, found.positions, axis=0)
    return Masked(whole, mask, packed, found.count)


def store_masked(array: Array, mask: Array, value: Any) -> None:
    """``array[mask] = value``"""
    if is_empty(array.shape):
        return
    free = array.ndim - mask.ndim
    if is_selection(value) and value.has_mask(mask) and value.values.ndim <= array.ndim:
        value = value.values
    elif isinstance(value, Array) and value.ndim > free:
        first = value.shape[value.ndim - free - 1]
        if value.ndim > free + 1 or not (isinstance(first, int) and first == 1):
            _scatter(array, mask, value)
            return
        value = _first_row(value)
    if isinstance(value, Array):
        _check_rest(value, (1, *array.shape[mask.ndim :]))
    _select(array, mask, value)


def _first_row(value: Array) -> Any:
    """A value with a leading dimension of extent 1, without it."""
    if value.ndim > 1:
        return Box(reshape_value(value.read(), value.shape[1:], value.element), value.shape[1:], value.element)
    whole, zero = value.read(), current().constant(0, "index")
    with current().here():
        return Scalar(structural.extract(whole, zero), value.element, origins=DATA)


def _select(array: Array, mask: Array, value: Any) -> None:
    """One value for all selected elements, or one for each position."""
    trace = current()
    flags, old = spread_mask(mask, array), array.read()
    new = tensor(value, array.element, array.shape)
    with trace.here():
        result = structural.select(flags, new, old)
    array.write(result)


def _scatter(array: Array, mask: Array, value: Array) -> None:
    """As many values as the mask selects elements, one after the other."""
    trace, free = current(), array.ndim - mask.ndim
    if value.ndim > 1 and not free:
        fail(
            "NumPy boolean array indexing assignment requires a 0 or 1-dimensional input, input has "
            f"{value.ndim} dimensions",
            error=WengertTypeError,
        )
    found, rest = packing(mask), array.shape[mask.ndim :]
    if value.ndim > free + 1:
        _refuse_shape(value, (found.count, *rest))
    there: Extent = found.count
    if not same_extent(value.shape[0], found.count):
        check_equal(value.shape[0], found.count, message=COUNTS)
        there = smaller(value.shape[0], found.count)
    _check_rest(value, (found.count, *rest))
    values = tensor(value, array.element, (there, *rest))
    flat = reshape_value(array.read(), (product(array.shape[: mask.ndim]), *rest), array.element)
    with trace.here():
        positions = found.positions
    if there is not found.count:
        size = trace.index(there)
        with trace.here():
            positions = structural.extract_slice(positions, [0], [size], [1])
    with trace.here():
        changed = ops.scatter(values, flat, positions, axis=0)
    array.write(reshape_value(changed, array.shape, array.element))


def _check_rest(value: Array, shape: tuple[Extent, ...]) -> None:
    """The dimensions behind those of the mask fit."""
    for n, m in zip(value.shape[::-1], shape[:0:-1]):
        if isinstance(n, int) and isinstance(m, int) and n not in (1, m):
            _refuse_shape(value, shape)


def _refuse_shape(value: Array, shape: tuple[Extent, ...]) -> NoReturn:
    fail(
        f"shape mismatch: value array of shape {shape_text(value.shape)} could not be broadcast to indexing result of "
        f"shape {shape_text(shape)}",
        error=WengertValueError,
    )
