"""`a[i]` with arrays of integers: copies of the chosen elements, and stores to them, as NumPy has them.

All integer arrays of an index are broadcast together to one shape B.  The other parts are slices and new axes: they are
applied first, as a view.  Where the chosen dimensions stand side by side, B takes their place, else it comes first.
The chosen dimensions are then one dimension of N = n1 n2 .. elements, of which flat positions choose.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from wengert.dialects import gather as ops
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpi, maxsi, minsi
from wengert.dialects.effects import INDEX_HELP
from wengert.dialects.errors import WengertIndexError
from wengert.dialects.op import lookup_call
from wengert.dialects.reduction import reduce
from wengert.dialects.structural import select
from wengert.frontend.broadcasting import broadcast_shapes, is_empty, tensor
from wengert.frontend.capture import captured
from wengert.frontend.conversions import is_integer
from wengert.frontend.operands import converted
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar
from wengert.frontend.views import reshape_value, transposed

LOWEST = -(2**63)
Store = Callable[..., Any]  # nd.scatter or nd.scatter_add


class Selected(Box):
    """A copy of chosen elements; ``a[i] += v`` stores it back."""


def positions_in(x: Any) -> Array | None:
    """A part of an index as an array of integers; None for any other part."""
    if isinstance(x, list) and x and all(isinstance(i, (int, np.integer)) and not isinstance(i, bool) for i in x):
        x = np.array(x, dtype=np.int64)
    if isinstance(x, list) and np.asarray(x, dtype=object).ndim > 1:
        x = np.array(x)
    if isinstance(x, np.ndarray) and np.issubdtype(x.dtype, np.integer):
        x = captured(x)
    return converted(x, "i64") if isinstance(x, Array) and is_integer(x.element) else None


@dataclass(frozen=True)
class Selection:
    """Elements of a view, chosen by flat positions along one dimension of it.

    base: the view with the slices of the index, its chosen dimensions side by side from `axis` on.
    merged: the shape of the base with these dimensions as one.
    positions: IR value, i64 of rank 1, inside of that dimension.
    shape: that of the result.
    """

    base: Array
    axis: int
    merged: tuple[Extent, ...]
    positions: Any
    count: Extent
    shape: tuple[Extent, ...]

    @property
    def flat(self) -> tuple[Extent, ...]:
        """The shape of the result with the dimensions of the positions as one."""
        return (*self.merged[: self.axis], self.count, *self.merged[self.axis + 1 :])

    def read(self) -> Selected:
        """A copy of the elements."""
        if is_empty(self.shape):
            return Selected(tensor(0, self.base.element, self.shape), self.shape, self.base.element)
        whole = reshape_value(self.base.read(), self.merged, self.base.element)
        with current().here():
            chosen = ops.gather(whole, self.positions, axis=self.axis)
        return Selected(reshape_value(chosen, self.shape, self.base.element), self.shape, self.base.element)

    def store(self, value: Any, store: Store = ops.scatter) -> None:
        """Store a value that is broadcast to the shape of the selection."""
        if is_empty(self.shape):
            return
        element = self.base.element
        values = reshape_value(tensor(value, element, self.shape), self.flat, element)
        whole = reshape_value(self.base.read(), self.merged, element)
        with current().here():
            changed = store(values, whole, self.positions, axis=self.axis)
        self.base.write(reshape_value(changed, self.base.shape, element))


def selection(view: Array, chosen: dict[int, Any]) -> Selection:
    """The selection from a view by integers and arrays of integers for some of its dimensions."""
    extents = [_fixed(view.shape[d], d) for d in chosen]
    shape = broadcast_shapes(*(index.shape if isinstance(index, Array) else () for index in chosen.values()))
    dimensions = list(chosen)
    axis = dimensions[0]
    if dimensions != list(range(axis, axis + len(dimensions))):
        rest = [d for d in range(view.ndim) if d not in chosen]
        view, axis = transposed(view, (*dimensions, *rest)), 0
    before, after = view.shape[:axis], view.shape[axis + len(dimensions) :]
    count = prod(int(n) for n in shape)
    flat: Any = None
    for (d, index), extent in zip(chosen.items(), extents):
        place = _places(index, extent, d, shape)
        flat = place if flat is None else _next_digit(flat, extent, place)
    positions = reshape_value(flat, (count,), "i64")
    return Selection(view, axis, (*before, prod(extents), *after), positions, count, (*before, *shape, *after))


def _fixed(extent: Extent, d: int) -> int:
    if isinstance(extent, Scalar):
        current().need_static(extent, f"it is the extent of axis {d}, which is indexed with an array")
    return int(extent)


def _next_digit(flat: Any, extent: int, place: Any) -> Any:
    with current().here():
        return lookup_call("arith.addi", lookup_call("arith.muli", flat, constant_like(extent, flat)), place)


def _places(index: Any, extent: int, d: int, shape: Sequence[Extent]) -> Any:
    """Positions 0..extent-1 as an IR tensor of the shape: negative ones from the end; checked and clamped."""
    trace = current()
    given = tensor(index, "i64", tuple(shape))
    if is_empty(shape):
        return given
    message = f"index {{0}} is out of bounds for axis {d} with size {{1}}"
    if extent == 0:
        fail(message.format("0", "0").replace("{", "").replace("}", ""), error=WengertIndexError, help=INDEX_HELP)
    with trace.here():
        zero, size, last = (constant_like(n, given) for n in (0, extent, extent - 1))
        wrapped = select(cmpi("slt", given, zero), lookup_call("arith.addi", given, size), given)
        inside = cmpi("ult", wrapped, size)
        axes = tuple(range(len(shape)))
        worst = reduce(select(inside, constant_like(LOWEST, given), given), "max", axes)
        ok = reduce(inside, "all", axes)
        clamped = maxsi(minsi(wrapped, last), zero)
    trace.check(ok, "IndexError", message, Scalar(worst, "i64"), extent)
    return clamped
