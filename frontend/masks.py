"""`a[m]` with an array of bools: the elements that it selects, an array whose size is known only at run time.

A selection is computed twice: packed, as the array that it is, and as whole arrays, which have a value for every
position of the mask, with 1 where it is false, so that neither values nor derivatives of what is not selected can spoil
the rest.  Sums, element-by-element work and stores under the same mask go on with whole arrays, everything else with
what is packed.  What nobody uses of the two is dead code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects import structural
from wengert.dialects.build import constant_like
from wengert.frontend.broadcasting import broadcast_shapes, fitted
from wengert.frontend.conversions import convert
from wengert.frontend.trace import current
from wengert.frontend.values import Array, Box, Extent, Selected


class Masked(Selected):
    """The selected elements of an array.

    Args:
        values: an element for every position of the mask; those under the mask count.
        mask: bools, with the first dimensions of `values`.
        packed: the IR value of the selected elements.
        count: how many positions the mask selects.
    """

    def __init__(self, values: Array, mask: Array, packed: Any, count: Extent) -> None:
        super().__init__(packed, (count, *values.shape[mask.ndim :]), values.element)
        self.values, self.mask, self._packed = values, mask, packed

    @property
    def is_whole(self) -> bool:
        """Whether `values` are still those of the array: no element was written since."""
        return self.value is self._packed

    def filled(self, value: float) -> Box:
        """The values, with `value` where the mask is false."""
        return masked_fill(self.values, self.mask, value)

    def has_mask(self, mask: Array) -> bool:
        """Whether the selection was certainly made by this mask."""
        from wengert.frontend.packing import same_value

        return self.mask is mask or same_value(self.mask.read(), mask.read())

    def unpacked(self) -> Box:
        """The elements as an array like any other."""
        return Box(self.read(), self.shape, self.element)

    def converted(self, element: str) -> Masked:
        """The selection in another element type."""
        trace = current()
        with trace.here():
            whole = convert(self.values.read(), self.element, element)
            packed = convert(self.read(), self.element, element)
        return Masked(Box(whole, self.values.shape, element), self.mask, packed, self.shape[0])

    def update(self, other: Masked) -> None:
        """Takes on the elements of another selection by the same mask."""
        other = other.converted(self.element)
        self.write(other.value)
        self.values, self._packed = other.values, other.value


def is_selection(x: Any) -> bool:
    """Whether x is a selection whose whole arrays can stand for it."""
    return isinstance(x, Masked) and x.is_whole


def summand(x: Any, neutral: float, axis: Any, keepdims: Any) -> Any:
    """What a reduction may combine in place of x: the whole array, with a neutral value where the mask is false.

    It has to combine all that is selected.
    """
    if not is_selection(x):
        return x
    if axis is None:
        return x.filled(neutral) if x.mask.ndim == 1 or not keepdims else x
    axes = axis if isinstance(axis, tuple) else (axis,)
    return x.filled(neutral) if x.mask.ndim == 1 and (0 in axes or -x.ndim in axes) else x


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


def selection_among(operands: Sequence[Any]) -> Masked | None:
    """A selection among operands that all are selections by its mask, or the same for every selected element."""
    selections = [x for x in operands if is_selection(x)]
    if not selections:
        return None
    first: Masked = selections[0]
    free = first.values.ndim - first.mask.ndim
    others = [x for x in operands if isinstance(x, Array) and not is_selection(x)]
    if any(x.ndim > free for x in others) or not all(x.has_mask(first.mask) for x in selections[1:]):
        return None
    return first


def apply_masked(function: Callable[..., Any], operands: Sequence[Any], first: Masked) -> Any:
    """An element-by-element function of such operands."""
    packed = function(*[x.unpacked() if is_selection(x) else x for x in operands])
    whole = function(*[x.values if is_selection(x) else x for x in operands])
    if whole.ndim > first.values.ndim:
        return packed
    return Masked(whole, first.mask, packed.value, first.shape[0])
