"""Elements in another order, or more often: reversed, rotated, rolled, repeated."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import as_index, larger
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import is_integer
from wengert.frontend.indexing import assign, getitem
from wengert.frontend.numpy_table.arguments import (
    array_operand,
    new_extent,
    new_shape,
    one_axis,
    some_axes,
    static_int,
)
from wengert.frontend.numpy_table.creation import copied, filled, iota, uninitialised
from wengert.frontend.numpy_table.joining import concatenate, parts_of_axis
from wengert.frontend.numpy_table.reductions import reduce_truth, sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import as_vector, broadcast_to, ravel, reshape
from wengert.frontend.operands import converted, operand, strong
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Extent, Scalar
from wengert.frontend.views import Axis, transposed, window, with_new_axes

# ---------------------------------------------------------------- reversed, rotated


@covers(np.flip)
def flip(m: Any, axis: Any = None) -> Any:
    m = operand(m)
    axes = some_axes(axis, m.ndim if isinstance(m, Array) else 0)
    if not isinstance(m, Array):
        return strong(m)
    return getitem(m, tuple(slice(None, None, -1 if d in axes else 1) for d in range(m.ndim)))


@covers(np.flipud)
def flipud(m: Any) -> Any:
    return flip(m, 0)


@covers(np.fliplr)
def fliplr(m: Any) -> Any:
    if array_operand(m).ndim < 2:
        fail("Input must be >= 2-d.", error=WengertValueError)
    return flip(m, 1)


@covers(np.rot90)
def rot90(m: Any, k: Any = 1, axes: Any = (0, 1)) -> Any:
    """k quarter turns, from the first of the two axes to the second."""
    m = array_operand(m)
    if len(axes) != 2:
        fail("len(axes) must be 2.", error=WengertValueError)
    if abs(axes[0] - axes[1]) in (0, m.ndim):
        fail("Axes must be different.", error=WengertValueError)
    first, second = (one_axis(d, m.ndim) for d in axes)
    turns = static_int(k, "it is a number of quarter turns") % 4
    if turns in (0, 2):
        return flip(m, (first, second)) if turns else flip(m, ())
    order = list(range(m.ndim))
    order[first], order[second] = second, first
    return transposed(flip(m, second), tuple(order)) if turns == 1 else flip(transposed(m, tuple(order)), second)


# ---------------------------------------------------------------- rolled


@covers(np.roll)
def roll(a: Any, shift: Any, axis: Any = None) -> Any:
    """What is shifted beyond the end comes back at the start; the shift may be known at run time only."""
    a = operand(a)
    if not isinstance(a, Array):
        return a
    if axis is None:
        for by in shift if isinstance(shift, (tuple, list)) else [shift]:
            a = reshape(_rolled(ravel(a), by, 0), a.shape)
        return a
    axes = list(axis) if isinstance(axis, (tuple, list)) else [axis]
    shifts = list(shift) if isinstance(shift, (tuple, list)) else [shift]
    if len(shifts) != len(axes) and 1 not in (len(shifts), len(axes)):
        fail("'shift' and 'axis' should be scalars or 1D sequences", error=WengertValueError)
    count = max(len(shifts), len(axes)) if axes and shifts else 0
    for by, d in zip(shifts * count if len(shifts) == 1 else shifts, axes * count if len(axes) == 1 else axes):
        a = _rolled(a, by, one_axis(d, a.ndim))
    return a if count else copied(a)


def _rolled(a: Array, shift: Any, d: int) -> Array:
    """``concatenate(a[n - s:], a[:n - s])`` with s = shift mod n, into memory of known size."""
    extent = a.shape[d]
    by = as_index(shift) if isinstance(shift, Scalar) else static_int(shift, "it is how far an array is rolled")
    by = binary("Mod", by, extent if isinstance(extent, int) and extent else larger(extent, 1))
    if isinstance(by, int) and not by:
        return copied(a)
    result = uninitialised(a.shape, a.element)
    rest = binary("Sub", extent, by)
    for source, target, count in ((rest, 0, by), (0, by, rest)):
        assign(_part(result, d, target, count), _part(a, d, source, count))
    return result


def _part(a: Array, d: int, offset: Extent, count: Extent) -> Array:
    return window(a, [Axis(offset, count) if k == d else Axis(0, n) for k, n in enumerate(a.shape)])


# ---------------------------------------------------------------- repeated


@covers(np.tile)
def tile(A: Any, reps: Any) -> Any:
    A, counts = as_vector(A), new_shape(reps)
    rank = max(A.ndim, len(counts))
    counts = (1,) * (rank - len(counts)) + counts
    shape = (1,) * (rank - A.ndim) + A.shape
    # every extent n becomes (count, n): repeated, then merged
    spread = reshape(A, tuple(m for n in shape for m in (1, n)))
    whole = broadcast_to(spread, tuple(m for c, n in zip(counts, shape) for m in (c, n)))
    return reshape(whole, tuple(binary("Mult", c, n) for c, n in zip(counts, shape)))


@covers(np.repeat, methods=("repeat",))
def repeat(a: Any, repeats: Any, axis: Any = None) -> Any:
    """Each element as often as `repeats` says: a number, or one for each."""
    a, d = parts_of_axis(a, axis)
    times = operand(repeats)
    if isinstance(times, Array) and times.ndim == 1 and times.shape[0] == 1:
        times = getitem(times, 0)
    if isinstance(times, Array):
        return _repeated(a, times, d, repeats)
    count = new_extent(times, "it is a number of repetitions")
    if isinstance(count, int) and all(isinstance(n, int) for n in a.shape):
        spread = with_new_axes(a, [d + 1])
        whole = broadcast_to(spread, (*a.shape[: d + 1], count, *a.shape[d + 1 :]))
        return reshape(whole, (*a.shape[:d], a.shape[d] * count, *a.shape[d + 1 :]))
    places = iota_over(binary("Mult", a.shape[d], count), larger(count, 1))
    return getitem(a, (*[slice(None)] * d, places))


def iota_over(size: Extent, by: Extent) -> Any:
    """``arange(size) // by``"""
    return binary("FloorDiv", iota((size,), 0), by)


def _repeated(a: Array, times: Array, d: int, given: Any) -> Any:
    """The positions of the elements are counted out, here where the counts are known, else at run time."""
    extent = a.shape[d]
    if times.ndim != 1 or (isinstance(extent, int) and isinstance(times.shape[0], int) and times.shape[0] != extent):
        fail(
            f"operands could not be broadcast together with shape ({extent},) ({times.shape[0]},)",
            error=WengertValueError,
        )
    if not is_integer(times.element):
        fail(
            f"Cannot cast array data from {times.dtype!r} to dtype('int64') according to the rule 'safe'",
            error=WengertValueError,
        )
    before = (slice(None),) * d
    if _is_known(given):
        counts = np.asarray(given)
        if (counts < 0).any():
            fail("repeats may not contain negative values.", error=WengertValueError)
        return getitem(a, (*before, np.repeat(np.arange(len(counts)), counts)))
    from wengert.frontend.numpy_table.library import traced

    negative = reduce_truth("any", compare("Lt", times, 0))
    current().check(compare("Eq", negative, False), "ValueError", "repeats may not contain negative values.")
    times = converted(times, "i64")
    total = new_extent(sum_(times), "it is how many elements are repeated")
    return getitem(a, (*before, traced(_counted_out, times, filled((total,), 0, "i64"))))


def _is_known(x: Any) -> bool:
    from wengert.frontend.calls import needs_trace

    return not needs_trace([x])


def _counted_out(counts: Any, places: Any) -> Any:
    k = 0
    for i in range(counts.shape[0]):
        for _ in range(counts[i]):
            places[k] = i
            k += 1
    return places


@covers(np.resize)
def resize(a: Any, new_shape: Any) -> Any:
    """The elements over and over until the new shape is full."""
    a = ravel(a)
    shape = tuple(new_shape) if isinstance(new_shape, (tuple, list)) else (new_shape,)
    extents = tuple(static_int(n, "it is an extent of a new array") for n in shape)
    if any(n < 0 for n in extents):
        fail("all elements of `new_shape` must be non-negative", error=WengertValueError)
    size, have = int(np.prod(extents, dtype=int)), static_int(a.shape[0], "it is the size of an array that is resized")
    if not size or not have:
        return filled(extents, 0, a.element)
    whole = [a] * (size // have) + ([getitem(a, slice(0, size % have))] if size % have else [])
    return reshape(concatenate(whole), extents)


@covers(np.lib.stride_tricks.sliding_window_view)
def sliding_window_view(
    x: Any, window_shape: Any, axis: Any = None, *, subok: Any = False, writeable: Any = False
) -> Any:
    """All windows of an array: ``x[i : i + w]`` at i, with the dimensions of the windows behind the others."""
    x = array_operand(x)
    if writeable:
        fail("numpy.sliding_window_view with writeable=True is not covered", help="write to the array itself")
    lengths = new_shape(window_shape)
    given = range(x.ndim) if axis is None else axis if isinstance(axis, (tuple, list)) else [axis]
    axes = [one_axis(d, x.ndim) for d in given]
    if len(lengths) != len(axes):
        fail(
            f"Must provide matching length window_shape and axis; got {len(lengths)} window_shape elements and "
            f"{len(axes)} axes elements.",
            error=WengertValueError,
        )
    for d, length in zip(axes, lengths):
        extent = binary("Add", binary("Sub", x.shape[d], length), 1)
        if isinstance(extent, int) and extent < 1:
            fail("window shape cannot be larger than input array shape", error=WengertValueError)
        places = binary("Add", with_new_axes(iota((extent,), 0), [1]), iota((length,), 0))
        chosen = getitem(x, (*[slice(None)] * d, places))
        order = [k for k in range(chosen.ndim) if k != d + 1]
        x = transposed(chosen, (*order, d + 1))
    return x
