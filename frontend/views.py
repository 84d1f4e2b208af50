"""Views: parts, transposes and reshapes of an array that share its elements, as in NumPy.

Reading a view emits the slice; writing emits the write to its base.  A window of a window is one window of the base,
and an element of any view is an element of the base, so loops over `A[i][j]` touch single elements.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from wengert.dialects import structural
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import is_below, is_empty, larger, same_extent, smaller, unspecified
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, View


@dataclass(frozen=True)
class Axis:
    """What a window takes of one dimension of its base: elements offset, offset + step, ... (size of them).

    A dimension that is not `kept` has size 1 and is left out of the window's shape.
    """

    offset: Extent
    size: Extent
    step: int = 1
    kept: bool = True

    def at(self, index: Extent) -> Extent:
        """The position in the base of element `index`."""
        scaled = index if self.step == 1 else binary("Mult", index, self.step)
        return binary("Add", self.offset, scaled)

    def of(self, outer: Axis) -> Axis:
        """This axis, taken of a window whose axis is `outer`."""
        return Axis(outer.at(self.offset), self.size, self.step * outer.step, self.kept)

    @property
    def lowest(self) -> Extent:
        """The smallest position that is taken; 0 when there is none (the verifier refuses an offset at the end)."""
        if isinstance(self.size, int) and not self.size:
            return 0
        if self.step > 0:
            return self.offset
        return self.at(binary("Sub", self.size, 1))


class Window(View):
    """``base[a:b:c, i, ...]``: one Axis for each dimension of the base."""

    def __init__(self, base: Array, axes: Sequence[Axis]) -> None:
        self.base, self.axes, self.element = base, tuple(axes), base.element
        self._shape = tuple(axis.size for axis in axes if axis.kept)

    @property
    def is_whole(self) -> bool:
        """Whether the window shows its base as it is."""
        return all(
            axis.kept and axis.step == 1 and _is_zero(axis.offset) and same_extent(axis.size, extent)
            for axis, extent in zip(self.axes, self.base.shape)
        )

    @property
    def reversed_dimensions(self) -> tuple[int, ...]:
        kept = [axis for axis in self.axes if axis.kept]
        return tuple(d for d, axis in enumerate(kept) if axis.step < 0 and not same_extent(axis.size, 1))

    def _geometry(self) -> tuple[list[Any], list[Any], list[int]]:
        index = current().index
        return (
            [index(axis.lowest) for axis in self.axes],
            [index(axis.size) for axis in self.axes],
            [abs(axis.step) for axis in self.axes],
        )

    @property
    def _sizes_there(self) -> list[Extent] | None:
        """The sizes where a position is taken of a dimension that may turn out to be empty: there min(1, extent)."""
        uncertain = [
            not axis.kept and not isinstance(extent, int) and not is_below(axis.offset, extent)
            for axis, extent in zip(self.axes, self.base.shape)
        ]
        if not any(uncertain):
            return None
        return [
            smaller(1, extent) if maybe else axis.size
            for maybe, axis, extent in zip(uncertain, self.axes, self.base.shape)
        ]

    def read(self) -> Any:
        value = self.base.read()
        if self.is_whole:
            return value
        if is_empty(self.shape):
            return unspecified(self.shape, self.element)
        offsets, sizes, steps = self._geometry()
        dropped = [d for d, axis in enumerate(self.axes) if not axis.kept]
        there = self._sizes_there
        if there is not None:
            value = extracted(value, offsets, there, self.element, sizes, steps)
            offsets, steps = [0] * len(sizes), [1] * len(sizes)
        with current().here():
            part = structural.extract_slice(value, offsets, sizes, steps, dropped)
            return structural.reverse(part, self.reversed_dimensions) if self.reversed_dimensions else part

    def write(self, value: Any) -> None:
        if is_empty(self.shape):
            return None
        if self.is_whole:
            return self.base.write(value)
        offsets, sizes, steps = self._geometry()
        old, there = self.base.read(), self._sizes_there
        if self.reversed_dimensions:
            with current().here():
                value = structural.reverse(value, self.reversed_dimensions)
        if there is not None:
            return self.base.write(inserted(value, old, offsets, there, self.element, sizes, steps))
        with current().here():
            new = structural.insert_slice(value, old, offsets, sizes, steps)
        return self.base.write(new)

    def locate(self, indices: tuple[Extent, ...]) -> tuple[Extent, ...]:
        remaining = iter(indices)
        return tuple(axis.at(next(remaining)) if axis.kept else axis.offset for axis in self.axes)

    @property
    def layout(self) -> tuple[int, ...] | None:
        strides = self.base.layout
        if strides is None:
            return None
        return tuple(stride * axis.step for stride, axis in zip(strides, self.axes) if axis.kept)

    def shows_same(self, other: Array) -> bool:
        """Whether both are certainly the same elements of the same base."""
        return (
            isinstance(other, Window)
            and other.base is self.base
            and all(
                a.step == b.step
                and a.kept == b.kept
                and same_extent(a.offset, b.offset)
                and same_extent(a.size, b.size)
                for a, b in zip(self.axes, other.axes)
            )
        )


def extracted(
    value: Any,
    offsets: Sequence[Any],
    there: Sequence[Extent],
    element: str,
    sizes: Sequence[Any] | None = None,
    steps: Sequence[int] | None = None,
) -> Any:
    """A part of an IR tensor of which only `there` exists; what does not exist is 0 (sizes and steps: 1 each)."""
    trace = current()
    places, found, zero = [trace.index(x) for x in offsets], [trace.index(n) for n in there], trace.constant(0, element)
    ones = [1] * len(places)
    with trace.here():
        part = structural.extract_slice(value, places, found, steps or ones)
        return structural.insert_slice(part, structural.filled(zero, sizes or ones), [0] * len(places), found, ones)


def inserted(
    part: Any,
    value: Any,
    offsets: Sequence[Any],
    there: Sequence[Extent],
    element: str,
    sizes: Sequence[Any] | None = None,
    steps: Sequence[int] | None = None,
) -> Any:
    """An IR tensor with a part replaced of which only `there` exists; the rest of the part is dropped."""
    trace = current()
    places, found, zero = [trace.index(x) for x in offsets], [trace.index(n) for n in there], trace.constant(0, element)
    ones, zeros = [1] * len(places), [0] * len(places)
    with trace.here():
        whole = structural.insert_slice(part, structural.filled(zero, sizes or ones), zeros, sizes or ones, ones)
        kept = structural.extract_slice(whole, zeros, found, ones)
        return structural.insert_slice(kept, value, places, found, steps or ones)


def window(base: Array, axes: Sequence[Axis]) -> Window:
    """A window of `base`; a window of a window is one of its base."""
    if not isinstance(base, Window):
        return Window(base, axes)
    inner = iter(axes)
    composed = [
        _inside(next(inner).of(outer), outer, extent) if outer.kept else outer
        for outer, extent in zip(base.axes, base.base.shape)
    ]
    return Window(base.base, composed)


def _inside(axis: Axis, outer: Axis, extent: Extent) -> Axis:
    """An axis of one position, brought inside of the base: the window around may be empty (then a check has failed)."""
    if axis.kept or isinstance(outer.size, int):
        return axis
    return replace(axis, offset=larger(smaller(axis.offset, binary("Sub", extent, 1)), 0))


def narrowed(array: Array, shape: Sequence[Extent]) -> Array:
    """The part of `array` at the start of each dimension that has the given, not larger, extents."""
    if all(same_extent(have, want) for have, want in zip(array.shape, shape)):
        return array
    return window(array, [Axis(0, extent) for extent in shape])


class Transposed(View):
    """``np.transpose(base, permutation)``."""

    def __init__(self, base: Array, permutation: tuple[int, ...]) -> None:
        self.base, self.permutation, self.element = base, permutation, base.element
        self._shape = tuple(base.shape[p] for p in permutation)

    @property
    def inverse(self) -> tuple[int, ...]:
        return tuple(self.permutation.index(d) for d in range(len(self.permutation)))

    def read(self) -> Any:
        value = self.base.read()
        with current().here():
            return structural.transpose(value, self.permutation)

    def write(self, value: Any) -> None:
        with current().here():
            value = structural.transpose(value, self.inverse)
        self.base.write(value)

    def locate(self, indices: tuple[Extent, ...]) -> tuple[Extent, ...]:
        return tuple(indices[k] for k in self.inverse)

    @property
    def layout(self) -> tuple[int, ...] | None:
        strides = self.base.layout
        return None if strides is None else tuple(strides[p] for p in self.permutation)


def transposed(array: Array, permutation: tuple[int, ...]) -> Array:
    """A transposed view; the identity permutation gives a view of the whole."""
    if permutation == tuple(range(array.ndim)):
        return window(array, [Axis(0, extent) for extent in array.shape])
    if isinstance(array, Transposed):
        return transposed(array.base, tuple(array.permutation[p] for p in permutation))
    return Transposed(array, permutation)


class Reshaped(View):
    """``base.reshape(shape)`` where NumPy gives a view.

    Args:
        sources: for each dimension of the base the dimension of the view that it is, when only dimensions of extent 1
            were added or removed (None for a removed one); else None.
        writable: False where it is not known whether NumPy would have copied.
    """

    def __init__(
        self,
        base: Array,
        shape: tuple[Extent, ...],
        layout: tuple[int, ...] | None,
        sources: tuple[int | None, ...] | None,
        writable: bool = True,
    ) -> None:
        self.base, self._shape, self.element = base, shape, base.element
        self._layout, self.sources, self.writable = layout, sources, writable

    @property
    def layout(self) -> tuple[int, ...] | None:
        return self._layout

    def read(self) -> Any:
        return reshape_value(self.base.read(), self.shape, self.element)

    def write(self, value: Any) -> None:
        if not self.writable:
            fail(
                "a reshaped array is written, and whether it shares its memory with the original is not known here",
                help="write to the original array, or reshape a .copy() of it",
            )
        self.base.write(reshape_value(value, self.base.shape, self.element))

    def locate(self, indices: tuple[Extent, ...]) -> tuple[Extent, ...] | None:
        if self.sources is None or not self.writable:
            return None
        return tuple(0 if source is None else indices[source] for source in self.sources)


def reshape_value(value: Any, shape: Sequence[Extent], element: str) -> Any:
    """An IR tensor with other extents."""
    trace = current()
    dynamic = [trace.index(n) for n in shape if not isinstance(n, int)]
    with trace.here():
        return structural.reshape(value, *dynamic, result_types=[trace.tensor_type(shape, element)])


def flattened(array: Array) -> Array:
    """``array.flat``: a view of one dimension, in C order whatever the layout is."""
    size: Extent = 1
    for extent in array.shape:
        size = binary("Mult", size, extent)
    return Reshaped(array, (size,), None, None)


def with_new_axes(array: Array, positions: Sequence[int]) -> Array:
    """`array` with dimensions of extent 1 inserted so that they stand at `positions` of the result."""
    shape, kept = list(array.shape), list(range(array.ndim + len(positions)))
    layout = None if array.layout is None else list(array.layout)
    for position in sorted(positions):
        shape.insert(position, 1)
        kept.remove(position)
        if layout is not None:
            layout.insert(position, 1)
    return Reshaped(array, tuple(shape), None if layout is None else tuple(layout), tuple(kept))


def without_axes(array: Array, positions: Sequence[int]) -> Array:
    """`array` without the given dimensions of extent 1, of which one is left over at least."""
    if all(d in positions for d in range(array.ndim)):
        raise ValueError("an element, not an array")
    return window(array, [Axis(0, extent, kept=d not in positions) for d, extent in enumerate(array.shape)])


def reshaped(array: Array, shape: tuple[int, ...]) -> Array:
    """`array.reshape(shape)` for extents that fit: a view where NumPy gives one, else a copy."""
    layout = array.layout
    if layout is None:
        return Reshaped(array, shape, None, None, writable=False)
    shadow = np.lib.stride_tricks.as_strided(np.empty(1, np.int8), tuple(int(n) for n in array.shape), layout)
    try:
        view = shadow.reshape(shape, copy=False)
    except ValueError:
        return Box(reshape_value(array.read(), shape, array.element), shape, array.element)
    return Reshaped(array, shape, view.strides, None)


def _is_zero(x: Extent) -> bool:
    return isinstance(x, int) and x == 0


__all__ = [
    "extracted",
    "inserted",
    "Axis",
    "Reshaped",
    "Transposed",
    "Window",
    "narrowed",
    "reshaped",
    "transposed",
    "window",
    "with_new_axes",
    "without_axes",
]
