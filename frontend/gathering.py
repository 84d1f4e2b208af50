"""`a[i]` with arrays of integers and masks: copies of the chosen elements, and stores to them, as NumPy has them.

A mask stands for the positions at which it is true.  All integer arrays of an index are broadcast together to one
shape B.  The other parts are slices and new axes: they are applied first, as a view.  Where the chosen dimensions stand
side by side, B takes their place, else it comes first.  The chosen dimensions are then one dimension of N = n1 n2 ..
elements, of which flat positions choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects import gather as ops
from wengert.dialects import structural
from wengert.dialects.build import constant_like, full_like
from wengert.dialects.discrete import cmpi, maxsi, minsi
from wengert.dialects.errors import WengertIndexError
from wengert.dialects.failures import INDEX_HELP
from wengert.dialects.op import lookup_call
from wengert.dialects.reduction import reduce
from wengert.dialects.structural import select
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import broadcast_shapes, interval_of, is_below, is_empty, origins_of, tensor
from wengert.frontend.capture import captured
from wengert.frontend.conversions import is_integer
from wengert.frontend.intervals import Interval
from wengert.frontend.operands import converted
from wengert.frontend.packing import packing, product
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar, Selected, Traced, shape_text, weak_int
from wengert.frontend.views import reshape_value, transposed

LOWEST = -(2**63)
Store = Callable[..., Any]  # nd.scatter or nd.scatter_add


def positions_in(x: Any) -> Array | None:
    """A part of an index as an array of integers; None for any other part."""
    x = listed(x)
    if isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.integer):
        x = captured(x)
    return converted(x, "i64") if isinstance(x, Array) and is_integer(x.element) else None


def listed(x: Any) -> Any:
    """A list in an index as an array: of positions, if it is empty."""
    if not isinstance(x, list):
        return x
    if not x:
        return np.array([], dtype=np.int64)
    if _has_traced(x):
        from wengert.frontend.numpy_table.creation import as_array

        return as_array(x)
    return np.array(x)


def _has_traced(x: Any) -> bool:
    return isinstance(x, Traced) or (isinstance(x, (list, tuple)) and any(map(_has_traced, x)))


@dataclass(frozen=True)
class Selection:
    """Elements of a view, chosen by flat positions along one dimension of it.

    base: the view with the slices of the index, its chosen dimensions side by side from `axis` on.
    merged: the shape of the base with these dimensions as one.
    positions: IR value, i64 of rank 1, inside of that dimension.
    count: how many there are.
    there: as many as exist, where the dimension may turn out to be empty (then a check has failed); else the count.
    shape: that of the result.
    """

    base: Array
    axis: int
    merged: tuple[Extent, ...]
    positions: Any
    count: Extent
    there: Extent
    shape: tuple[Extent, ...]

    def _flat(self, count: Extent) -> tuple[Extent, ...]:
        """The shape of the result with the dimensions of the positions as one."""
        return (*self.merged[: self.axis], count, *self.merged[self.axis + 1 :])

    def _cut(self, value: Any, shape: tuple[Extent, ...]) -> Any:
        """The part of a tensor that exists."""
        if self.there is self.count:
            return value
        sizes = [current().index(n) for n in shape]
        with current().here():
            return structural.extract_slice(value, [0] * len(shape), sizes, [1] * len(shape))

    def read(self) -> Selected:
        """A copy of the elements."""
        element = self.base.element
        if is_empty(self.shape):
            return Selected(tensor(0, element, self.shape), self.shape, element)
        trace = current()
        whole = reshape_value(self.base.read(), self.merged, element)
        positions = self._cut(self.positions, (self.there,))
        with trace.here():
            chosen = ops.gather(whole, positions, axis=self.axis)
        if self.there is not self.count:
            flat, there = ([trace.index(n) for n in self._flat(n)] for n in (self.count, self.there))
            zero = trace.constant(0, element)
            with trace.here():
                nothing = structural.filled(zero, flat)
                chosen = structural.insert_slice(chosen, nothing, [0] * len(flat), there, [1] * len(flat))
        return Selected(reshape_value(chosen, self.shape, element), self.shape, element)

    def store(self, value: Any, store: Store = ops.scatter) -> None:
        """Store a value that is broadcast to the shape of the selection."""
        if is_empty(self.shape):
            return
        element = self.base.element
        values = reshape_value(tensor(value, element, self.shape), self._flat(self.count), element)
        values = self._cut(values, self._flat(self.there))
        positions = self._cut(self.positions, (self.there,))
        whole = reshape_value(self.base.read(), self.merged, element)
        with current().here():
            changed = store(values, whole, positions, axis=self.axis)
        self.base.write(reshape_value(changed, self.base.shape, element))


@dataclass(frozen=True)
class Chosen:
    """A part of an index that chooses positions: an integer, an array of integers or a mask.

    first, count: the dimensions of the view that it speaks of; a single bool has one, of extent 1.
    """

    part: Any
    first: int
    count: int

    @property
    def dimensions(self) -> range:
        return range(self.first, self.first + self.count)

    @property
    def is_mask(self) -> bool:
        return isinstance(self.part, (Array, Scalar)) and self.part.element == "i1"

    @property
    def shape(self) -> tuple[Extent, ...]:
        """The shape of its positions."""
        if self.is_mask:
            return (packing(self.part).count,)
        return self.part.shape if isinstance(self.part, Array) else ()


def selection(view: Array, chosen: Sequence[Chosen], apart: bool = False) -> Selection:
    """The selection from a view by parts that choose positions in some of its dimensions.

    `apart`: the positions do not stand side by side in the index, although their dimensions do.
    """
    shape = _common_shape(chosen)
    dimensions = [d for part in chosen for d in part.dimensions]
    extents = [product(view.shape[d] for d in part.dimensions) for part in chosen]
    axis = dimensions[0]
    if apart or dimensions != list(range(axis, axis + len(dimensions))):
        rest = [d for d in range(view.ndim) if d not in dimensions]
        view, axis = transposed(view, (*dimensions, *rest)), 0
    before, after = view.shape[:axis], view.shape[axis + len(dimensions) :]
    flat: Any = None
    for part, extent in zip(chosen, extents):
        place = _places(part, extent, shape)
        flat = place if flat is None else _next_digit(flat, extent, place)
    count, extent = product(shape), product(extents)
    there = count if is_below(0, extent) or is_empty(shape) else _if_any(extent, count)
    positions = reshape_value(flat, (count,), "i64")
    return Selection(view, axis, (*before, extent, *after), positions, count, there, (*before, *shape, *after))


def _common_shape(chosen: Sequence[Chosen]) -> tuple[Extent, ...]:
    shapes = [part.shape for part in chosen]
    rank = max(map(len, shapes))
    for d in range(1, rank + 1):
        known = {n for shape in shapes if len(shape) >= d and isinstance(n := shape[-d], int) and n != 1}
        if len(known) > 1:
            shown = " ".join(shape_text(shape) for shape in shapes)
            fail(
                f"shape mismatch: indexing arrays could not be broadcast together with shapes {shown}",
                error=WengertIndexError,
            )
    return broadcast_shapes(*shapes)


def _if_any(extent: Extent, count: Extent) -> Scalar:
    """The count, or 0 where the extent is 0."""
    trace = current()
    n, size = trace.cast(count, "i64"), trace.cast(extent, "i64")
    with trace.here():
        zero = constant_like(0, n)
        value = select(cmpi("eq", size, zero), zero, n)
    return weak_int(value, Interval(0, interval_of(count).high), origins_of(extent, count))


def _next_digit(flat: Any, extent: Extent, place: Any) -> Any:
    size = _spread(extent, flat)
    with current().here():
        return lookup_call("arith.addi", lookup_call("arith.muli", flat, size), place)


def _spread(n: Extent, like: Any) -> Any:
    """An integer as an IR tensor like another one."""
    trace = current()
    number = trace.cast(n, "i64")
    with trace.here():
        return full_like(number, like)


def _places(chosen: Chosen, extent: Extent, shape: Sequence[Extent]) -> Any:
    """Positions 0..extent-1 as an IR tensor of the shape: negative ones from the end; checked and clamped."""
    trace = current()
    if chosen.is_mask:
        found = packing(chosen.part)
        return tensor(Box(found.positions, (found.count,), "i64"), "i64", tuple(shape))
    given = tensor(chosen.part, "i64", tuple(shape))
    if is_empty(shape):
        return given
    message = f"index {{0}} is out of bounds for axis {chosen.first} with size {{1}}"
    if isinstance(extent, int) and extent == 0 and all(isinstance(n, int) for n in shape):
        fail(message.format("0", "0").replace("{", "").replace("}", ""), error=WengertIndexError, help=INDEX_HELP)
    size, last = _spread(extent, given), _spread(binary("Sub", extent, 1), given)
    with trace.here():
        zero = constant_like(0, given)
        wrapped = select(cmpi("slt", given, zero), lookup_call("arith.addi", given, size), given)
        inside = cmpi("ult", wrapped, size)
        axes = tuple(range(len(shape)))
        worst = reduce(select(inside, constant_like(LOWEST, given), given), "max", axes)
        ok = reduce(inside, "all", axes)
        clamped = maxsi(minsi(wrapped, last), zero)
    trace.check(ok, "IndexError", message, Scalar(worst, "i64"), extent)
    return clamped
