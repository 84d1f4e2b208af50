"""`np.pad`: one axis after the other, so that the corners are NumPy's.

The modes that repeat elements are a gather, by the positions that NumPy gives to the numbers 0, 1, ..
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.indexing import assign, getitem
from wengert.frontend.numpy_table.arguments import array_operand, static_int
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.joining import concatenate
from wengert.frontend.numpy_table.ranges import linspace
from wengert.frontend.numpy_table.reductions import max_, min_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import broadcast_to
from wengert.frontend.operands import converted, operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Extent, Scalar
from wengert.frontend.views import Axis, window, with_new_axes

Pair = tuple[Any, Any]
REPEATING = ("edge", "reflect", "symmetric", "wrap")
STATISTICS = ("maximum", "mean", "median", "minimum")
#: What NumPy takes beside the widths, by mode.
ALLOWED = {
    "constant": ("constant_values",),
    "linear_ramp": ("end_values",),
    "reflect": ("reflect_type",),
    "symmetric": ("reflect_type",),
    **dict.fromkeys(STATISTICS, ("stat_length",)),
}


@covers(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **kwargs: Any) -> Any:
    a = array_operand(array)
    if callable(mode):
        fail("numpy.pad with a function as its mode is not covered", help="pad with constants, then write the borders")
    widths = [tuple(static_int(w, "it is a pad width") for w in pair) for pair in _pairs(pad_width, a.ndim)]
    if any(w < 0 for pair in widths for w in pair):
        fail("index can't contain negative values", error=WengertValueError)
    known = (*REPEATING, *STATISTICS, "constant", "linear_ramp", "empty")
    if mode not in known:
        fail(f"mode '{mode}' is not supported", error=WengertValueError)
    unknown = [name for name in kwargs if name not in ALLOWED.get(mode, ())]
    if unknown:
        fail(f"unsupported keyword arguments for mode '{mode}': {set(unknown)}", error=WengertValueError)
    if mode in ("constant", "empty"):
        return _constant(a, widths, _values(kwargs.get("constant_values", 0), a.ndim))
    odd = _is_odd(kwargs.get("reflect_type", "even"))
    ends = _values(kwargs.get("end_values", 0), a.ndim)
    lengths = _pairs(kwargs.get("stat_length"), a.ndim)
    for d, (before, after) in enumerate(widths):
        if not before and not after:
            continue
        if isinstance(a.shape[d], int) and not a.shape[d]:
            fail(f"can't extend empty axis {d} using modes other than 'constant' or 'empty'", error=WengertValueError)
        if mode in REPEATING:
            a = _repeated(a, d, before, after, mode, odd)
        elif mode == "linear_ramp":
            a = _ramped(a, d, before, after, ends[d])
        else:
            a = _with_statistics(a, d, before, after, mode, lengths[d])
    return a


def _is_odd(reflect_type: Any) -> bool:
    if reflect_type not in ("even", "odd"):
        fail(f"reflect_type {reflect_type!r} is neither 'even' nor 'odd'", error=WengertValueError)
    return bool(reflect_type == "odd")


def _pairs(given: Any, rank: int) -> list[Pair]:
    """One value, one pair, or one pair for each axis; a dict gives those of some axes."""
    if isinstance(given, dict):
        pairs = [(0, 0)] * rank
        for d, width in given.items():
            pairs[d] = tuple(width) if isinstance(width, (tuple, list)) else (width, width)
        return pairs
    if isinstance(given, np.ndarray):
        given = given.tolist()
    if not isinstance(given, (tuple, list)):
        return [(given, given)] * rank
    rows = [tuple(row) if isinstance(row, (tuple, list)) else (row,) for row in given]
    if all(len(row) == 1 for row in rows) and not isinstance(given[0], (tuple, list)):
        flat = tuple(row[0] for row in rows)
        rows = [flat] if len(flat) <= 2 else rows
    rows = [row * 2 if len(row) == 1 else row for row in rows]
    rows = rows * rank if len(rows) == 1 else rows
    if len(rows) != rank or any(len(row) != 2 for row in rows):
        fail(
            f"operands could not be broadcast together with remapped shapes: {given!r} is no pair for each of {rank} "
            "axes",
            error=WengertValueError,
        )
    return [(row[0], row[1]) for row in rows]


def _values(given: Any, rank: int) -> list[Pair]:
    """Pairs of numbers, which may be traced."""
    pairs = _pairs(given, rank)
    return [(operand(before), operand(after)) for before, after in pairs]


def _constant(a: Array, widths: list[Any], values: list[Pair]) -> Array:
    if all(_same(value, values[0][0]) for pair in values for value in pair):
        shape = tuple(binary("Add", n, before + after) for n, (before, after) in zip(a.shape, widths))
        result = filled(shape, values[0][0], a.element)
        assign(window(result, [Axis(before, n) for n, (before, _) in zip(a.shape, widths)]), a)
        return result
    for d, ((before, after), (first, last)) in enumerate(zip(widths, values)):
        a = _beside(a, d, filled(_with(a, d, before), first, a.element), filled(_with(a, d, after), last, a.element))
    return a


def _same(x: Any, y: Any) -> bool:
    return x is y or (not isinstance(x, Scalar) and not isinstance(y, Scalar) and bool(x == y))


def _with(a: Array, d: int, extent: Extent) -> tuple[Extent, ...]:
    return (*a.shape[:d], extent, *a.shape[d + 1 :])


def _beside(a: Array, d: int, before: Array, after: Array) -> Array:
    result: Array = concatenate([before, a, after], d)
    return result if result.element == a.element else converted(result, a.element)


def _along(a: Array, d: int, part: Any) -> Any:
    return getitem(a, (*[slice(None)] * d, part))


# ---------------------------------------------------------------- modes


def _repeated(a: Array, d: int, before: int, after: int, mode: str, odd: bool) -> Array:
    extent = static_int(a.shape[d], "it is the extent of an array that is padded")
    if not odd or extent == 1:
        return _along(a, d, np.pad(np.arange(extent), (before, after), mode=mode))  # type: ignore[call-overload]
    # An odd reflection is 2 x_edge - x_i, and so on: a sum of few elements with whole factors, which NumPy's own
    # results for unit vectors give.
    units: np.ndarray = np.pad(
        np.eye(extent, dtype=np.int64), ((before, after), (0, 0)), mode=mode, reflect_type="odd"  # type: ignore[call-overload]
    )
    order = np.argsort(units == 0, axis=1, kind="stable")
    total = None
    for k in range(int((units != 0).sum(axis=1).max())):
        factors = np.take_along_axis(units, order, axis=1)[:, k]
        column = _column(converted(operand(factors), a.element), d, a.ndim)
        term = binary("Mult", _along(a, d, order[:, k]), column)
        total = term if total is None else binary("Add", total, term)
    assert isinstance(total, Array)
    return total


def _column(vector: Any, d: int, rank: int) -> Any:
    return with_new_axes(vector, [k for k in range(rank) if k != d])


def _ramped(a: Array, d: int, before: int, after: int, ends: Pair) -> Array:
    """Straight lines from the end values to the edges, which are not repeated."""
    first, last = _along(a, d, 0), _along(a, d, -1)
    left = linspace(ends[0], first, before, endpoint=False, dtype=a.dtype, axis=d)
    right = linspace(ends[1], last, after, endpoint=False, dtype=a.dtype, axis=d)
    return _beside(a, d, left, _along(right, d, slice(None, None, -1)))


def _with_statistics(a: Array, d: int, before: int, after: int, mode: str, lengths: Pair) -> Array:
    extent = a.shape[d]
    sides = []
    for width, length, first in ((before, lengths[0], True), (after, lengths[1], False)):
        count = extent if length is None else static_int(length, "it is a stat_length")
        if isinstance(count, int) and isinstance(extent, int):
            count = min(count, extent)
        if isinstance(count, int) and count < 1 and mode in ("maximum", "minimum"):
            fail("stat_length of 0 yields no value for padding", error=WengertValueError)
        part = _along(a, d, slice(0, count) if first else slice(binary("Sub", extent, count), None))
        sides.append(broadcast_to(_statistic(mode)(part, d, a), _with(a, d, width)))
    return _beside(a, d, sides[0], sides[1])


def _statistic(mode: str) -> Callable[[Any, int, Array], Any]:
    from wengert.frontend.calls import call

    def extreme(part: Any, d: int, a: Array) -> Any:
        return (max_ if mode == "maximum" else min_)(part, axis=d, keepdims=True)

    def middle(part: Any, d: int, a: Array) -> Any:
        result = call(np.mean if mode == "mean" else np.median, part, axis=d, keepdims=True)
        whole = not a.kind.is_float and a.element != "i1"  # NumPy rounds to integers, and takes a number as its truth
        return converted(call(np.rint, result) if whole else result, a.element)

    return extreme if mode in ("maximum", "minimum") else middle
