"""What a subscript says: one part a dimension, with positions checked and slices cut to the array.

An index is an integer, a slice, an array of integers, a mask, or None for a new axis; `...` is spelled out.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import discrete
from wengert.dialects.errors import WengertIndexError, WengertTypeError, WengertValueError
from wengert.dialects.failures import INDEX_HELP
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import as_index, form_of, interval_of, is_below, larger, smaller
from wengert.frontend.capture import captured
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import is_integer
from wengert.frontend.gathering import listed, positions_in
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Extent, Scalar
from wengert.frontend.views import Axis

#: An int or i64 Scalar, a slice, an array of i64 or bools, a bool, or None for a new axis.  An ellipsis that stands for
#: nothing is kept between positions: it sets them apart.
Part = Any


def parts_of(array: Array, index: Any) -> list[Part]:
    """One part for each dimension of the array, in order, and None for each new axis; `...` is spelled out."""
    given = [_part(x) for x in (index if isinstance(index, tuple) else (index,))]
    count = sum(dimensions_of(x) for x in given if x is not Ellipsis)
    if count > array.ndim:
        fail(
            f"too many indices for array: array is {array.ndim}-dimensional, but {count} were indexed",
            error=WengertIndexError,
            help=f"give at most {array.ndim}; x[None, :] and x[:, None] insert an axis",
        )
    missing = [slice(None)] * (array.ndim - count)
    dots = [k for k, x in enumerate(given) if x is Ellipsis]
    if len(dots) > 1:
        fail("an index can only have a single ellipsis ('...')", error=WengertIndexError)
    parts: list[Part] = [*given, *missing]
    if dots:
        before, after = given[: dots[0]], given[dots[0] + 1 :]
        apart = not missing and any(map(_is_position, before)) and any(map(_is_position, after))
        parts = [*before, *([Ellipsis] if apart and any(map(is_chosen, given)) else missing), *after]
    d = 0
    for part in parts:
        if is_mask(part):
            _check_mask(part, array.shape[d : d + part.ndim], d)
        d += dimensions_of(part)
    return [known for part in parts for known in _known_positions(part)]


def dimensions_of(part: Part) -> int:
    """How many dimensions of the array a part speaks of."""
    return part.ndim if is_mask(part) else 0 if part is Ellipsis or isinstance(part, bool) else int(part is not None)


def is_mask(part: Part) -> bool:
    """Whether a part of an index is an array of bools, or a single bool known at run time."""
    return isinstance(part, np.ndarray) or (isinstance(part, (Array, Scalar)) and part.element == "i1")


def is_chosen(part: Part) -> bool:
    """Whether a part makes the result a copy of chosen elements."""
    return isinstance(part, (Array, bool)) or is_mask(part)


def _is_position(part: Part) -> bool:
    """Whether a part is neither a slice nor a new axis."""
    return not (part is None or part is Ellipsis or isinstance(part, slice))


def _check_mask(mask: Array | Scalar | np.ndarray, extents: tuple[Extent, ...], first: int) -> None:
    for d, (have, want) in enumerate(zip(mask.shape, extents), first):
        if isinstance(have, int) and isinstance(want, int) and have != want:
            fail(
                f"boolean index did not match indexed array along axis {d}; size of axis is {want} but size of "
                f"corresponding boolean axis is {have}",
                error=WengertIndexError,
            )


def _known_positions(part: Part) -> tuple[Part, ...]:
    """A mask whose contents are known stands for the positions at which it is true; any other part for itself."""
    return tuple(captured(x) for x in np.nonzero(part)) if isinstance(part, np.ndarray) else (part,)


def _part(x: Any) -> Part:
    if isinstance(x, list):
        x = listed(x)
        if isinstance(x, np.ndarray) and x.dtype == np.bool_:
            return x
    if isinstance(x, np.ndarray) and not x.ndim and x.dtype.kind in "iub":
        x = captured(x) if id(x) in current().boxes else x[()]
    if x is None or x is Ellipsis or isinstance(x, slice):
        return x
    if isinstance(x, (bool, np.bool_)):
        return bool(x)
    if isinstance(x, Scalar) and x.element == "i1":
        return x
    if isinstance(x, (int, np.integer)):
        return int(x)
    if isinstance(x, Scalar) and is_integer(x.element):
        return x if x.element == "i64" else as_index(x)
    chosen = positions_in(x)
    if chosen is not None:
        return chosen
    mask = mask_of(x)
    return mask if mask is not None else fail(
        "only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid "
        "indices",
        error=WengertIndexError,
    )


def mask_of(index: Any) -> Array | None:
    """The index as a mask, when it is an array of bools."""
    index = listed(index)
    if isinstance(index, np.ndarray) and index.dtype == np.bool_ and index.ndim:
        index = captured(index)
    return index if isinstance(index, Array) and index.element == "i1" else None


def axes_of(array: Array, parts: list[Part]) -> list[Axis]:
    dimensions = [x for x in parts if x is not None]
    return [
        _slice_axis(x, extent) if isinstance(x, slice) else Axis(position(x, extent, d), 1, kept=False)
        for d, (x, extent) in enumerate(zip(dimensions, array.shape))
    ]


# ---------------------------------------------------------------- positions


def position(index: Extent, extent: Extent, axis: int) -> Extent:
    """An index as a position in 0..extent-1: negative ones count from the end; checked and clamped."""
    message = f"index {{0}} is out of bounds for axis {axis} with size {{1}}"
    if isinstance(index, int) and isinstance(extent, int):
        if -extent <= index < extent:
            return index % extent
        if current().region.parent is None:
            fail(message.format(index, extent), error=WengertIndexError, help=INDEX_HELP)
        current().check(False, "IndexError", message, index, extent)
        return 0
    if isinstance(index, Scalar):
        index = as_index(index)
    wrapped = from_end(index, extent)
    if is_below(-1, wrapped) and is_below(wrapped, extent):
        return wrapped
    trace = current()
    place, size = trace.cast(wrapped, "i64"), trace.cast(extent, "i64")
    with trace.here():
        ok = discrete.cmpi("ult", place, size)
    trace.check(ok, "IndexError", message, index, extent)
    return larger(smaller(wrapped, binary("Sub", extent, 1)), 0)


def from_end(index: Extent, extent: Extent) -> Extent:
    """A negative index counts from the end."""
    if is_below(-1, index):
        return index
    if is_below(index, 0):
        return binary("Add", index, extent)
    return select(compare("Lt", index, 0), binary("Add", index, extent), index)


# ---------------------------------------------------------------- slices


def _slice_axis(part: slice, extent: Extent) -> Axis:
    """What a slice takes of a dimension; bounds beyond the ends are clamped, as in Python."""
    start, stop, step = (_bound(x) for x in (part.start, part.stop, part.step))
    if isinstance(step, Scalar):
        current().need_static(step, "it is the step of a slice")
    step = 1 if step is None else step
    if step == 0:
        fail("slice step cannot be zero", error=WengertValueError)
    if isinstance(extent, int) and not isinstance(start, Scalar) and not isinstance(stop, Scalar):
        first, last, step = slice(start, stop, step).indices(extent)
        return Axis(first, len(range(first, last, step)), step)
    end = binary("Sub", extent, 1)
    if step > 0:
        first = 0 if start is None else _clamped(from_end(start, extent), 0, extent)
        last = extent if stop is None else _clamped(from_end(stop, extent), 0, extent)
        return Axis(first, _count(first, last, step), step)
    first = end if start is None else _clamped(from_end(start, extent), -1, end)
    last = -1 if stop is None else _clamped(from_end(stop, extent), -1, end)
    return Axis(first, _count(last, first, -step), step)


def _bound(x: Any) -> Any:
    if x is None:
        return None
    if isinstance(x, (int, np.integer)) and not isinstance(x, bool):
        return int(x)
    if isinstance(x, Scalar) and is_integer(x.element):
        return as_index(x)
    return fail("slice indices must be integers or None", error=WengertTypeError)


def _clamped(x: Extent, low: Extent, high: Extent) -> Extent:
    if is_below(x, binary("Add", high, 1)):
        return larger(x, low)
    return larger(smaller(x, high), low)


def _count(low: Extent, high: Extent, step: int) -> Extent:
    """How many of low, low + step, ... are below high: max(0, ceil((high - low) / step))."""
    distance = form_of(high).minus(form_of(low))
    if distance is not None:
        return max(0, -(-distance // step))
    span = binary("Sub", high, low)
    if step != 1:
        span = binary("FloorDiv", binary("Add", span, step - 1), step)
    count = larger(span, 0)
    known = interval_of(count)
    return known.low if known.low is not None and known.low == known.high else count
