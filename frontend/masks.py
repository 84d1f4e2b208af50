"""`a[m]` with an array of bools: a selection of run-time size, which has no shape.

It can be computed with element by element, summed, averaged, counted, and stored back under the same mask
(`a[m] = v`, `a[m] += v`, `a[m] = 1 / b[m]`).  The work is done on whole arrays, with 1 where the mask is false, so that
neither values nor derivatives of what is not selected can spoil the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects import structural
from wengert.dialects.build import constant_like
from wengert.frontend.broadcasting import broadcast_shapes, fitted, tensor
from wengert.frontend.conversions import Kind
from wengert.frontend.trace import Region, current, fail
from wengert.frontend.values import Array, Box, Traced


class Masked(Traced):
    """The selected elements of an array: a value for every element, of which those under the mask count.

    Args:
        values: for every position; anything where the mask is false.
        mask: bools, with the first dimensions of `values`.
    """

    def __init__(self, values: Array, mask: Array) -> None:
        self.values, self.mask, self.element = values, mask, values.element

    @property
    def region(self) -> Region:  # type: ignore[override]
        return self.values.region

    @property
    def kind(self) -> Kind:
        return self.values.kind

    def __repr__(self) -> str:
        return "<traced selection by a mask>"

    def filled(self, value: float) -> Box:
        """The values, with `value` where the mask is false."""
        return masked_fill(self.values, self.mask, value)

    def has_mask(self, mask: Array) -> bool:
        """Whether the selection was certainly made by this mask."""
        return self.mask is mask or self.mask.read() == mask.read()


def select_masked(array: Array, mask: Array) -> Masked:
    """``array[mask]``; the mask has the first dimensions of the array."""
    return Masked(masked_fill(array, mask, 1), mask)


def spread_mask(mask: Array, like: Array) -> Any:
    """The mask as an IR tensor of the shape of `like`."""
    trace = current()
    broadcast_shapes(mask.shape, like.shape[: mask.ndim])
    value = fitted(mask.read(), mask.shape, like.shape[: mask.ndim])
    if mask.ndim == like.ndim:
        return value
    sizes = [trace.index(n) for n in like.shape]
    with trace.here():
        return structural.broadcast(value, sizes, tuple(range(mask.ndim)))


def masked_fill(array: Array, mask: Array, value: float) -> Box:
    """The array, with `value` where the mask is false."""
    trace = current()
    flags, whole = spread_mask(mask, array), array.read()
    with trace.here():
        result = structural.select(flags, whole, constant_like(value, whole))
    return Box(result, array.shape, array.element)


def apply_masked(function: Callable[..., Any], operands: Sequence[Any]) -> Masked:
    """An element-by-element function of operands of which some are selections by one mask."""
    masked = [x for x in operands if isinstance(x, Masked)]
    first = masked[0]
    for other in masked[1:]:
        if not other.has_mask(first.mask):
            fail(
                "selections by two different masks are combined",
                why="their sizes are known only at run time",
                help="use np.where on whole arrays",
            )
    free = first.values.ndim - first.mask.ndim
    for x in operands:
        if isinstance(x, Array) and x.ndim > free:
            fail(
                "a selection by a mask is combined with an array",
                why="its size is known only at run time",
                help="use np.where on whole arrays, or select from the other array with the same mask",
            )
    return Masked(function(*[x.values if isinstance(x, Masked) else x for x in operands]), first.mask)


def store_masked(array: Array, mask: Array, value: Any) -> None:
    """``array[mask] = value`` for a number, a row that fits all selected rows, or a selection by the same mask."""
    if isinstance(value, Masked):
        if not value.has_mask(mask):
            fail(
                "a selection is stored under another mask",
                why="the sizes of both are known only at run time",
                help="use np.where on whole arrays",
            )
        value = value.values
        broadcast_shapes(array.shape, value.shape)
    elif isinstance(value, Array) and value.ndim > array.ndim - mask.ndim:
        fail(
            "an array is stored under a mask",
            why="how many elements are selected is known only at run time",
            help="use np.where on whole arrays",
        )
    trace = current()
    flags, old = spread_mask(mask, array), array.read()
    new = tensor(value, array.element, array.shape)
    with trace.here():
        result = structural.select(flags, new, old)
    array.write(result)
