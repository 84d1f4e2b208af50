"""Positions and counts whose size or search is an operation of its own: `searchsorted` and `bincount`.

What is made from them (`digitize`, `histogram`, `interp`) is written in NumPy, in frontend/numpy_programs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import gather as gathers
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.dialects.searching import searchsorted as search
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import is_empty, larger, same_extent, tensor
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import Kind, flip_sign, promote
from wengert.frontend.indexing import element, getitem
from wengert.frontend.intervals import Interval
from wengert.frontend.numpy_table.arguments import array_operand, static_int
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.pairs import maximum
from wengert.frontend.numpy_table.reductions import converted, max_, min_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import as_vector
from wengert.frontend.operands import kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar, weak_int


@covers(np.searchsorted, methods=("searchsorted",))
def searchsorted(a: Any, v: Any, side: Any = "left", sorter: Any = None) -> Any:
    """For each value of v the position in a (sorted) before which it belongs; with ``side="right"``, behind equals."""
    if side not in ("left", "right"):
        fail(f"search side must be 'left' or 'right' (got {side!r})", error=WengertValueError)
    a, v = operand(a), operand(v)
    if not isinstance(a, Array) or a.ndim != 1:
        small = not isinstance(a, Array)
        fail(f"object {'of too small depth' if small else 'too deep'} for desired array", error=WengertValueError)
    if sorter is not None:
        sorter = array_operand(sorter)
        if not same_extent(sorter.shape[0], a.shape[0]):
            fail("sorter.size must equal a.size", error=WengertValueError)
        a = getitem(a, sorter)
    kind = promote(a.kind, Kind(kind_of(v).element, False))
    common = kind.element if kind.is_float or kind.element == "u64" else "i64"
    values = as_vector(v)
    if is_empty(values.shape):
        return filled(values.shape, 0, "i64")
    array, wanted = tensor(a, common, a.shape), tensor(values, common, values.shape)
    with current().here():
        if common == "u64":
            array, wanted = flip_sign(array), flip_sign(wanted)
        found = Box(search(array, wanted, right=side == "right"), values.shape, "i64")
    return found if isinstance(v, Array) else element(found, (0,))


@covers(np.bincount)
def bincount(x: Any, /, weights: Any = None, minlength: Any = 0) -> Any:
    """How often each of 0, 1, .. is in x, or the sum of the weights where it is; as many as x needs, or minlength."""
    x, least = array_operand(x), static_int(minlength, "it is the least extent of the counts")
    if x.ndim != 1:
        fail("object too deep for desired array", error=WengertValueError)
    if x.kind.is_float and not is_empty(x.shape):
        fail("Cannot cast array data from dtype('float64') to dtype('int64') according to the rule 'safe'",
             help="convert it with .astype(int)", error=WengertTypeError)
    if least < 0:
        fail("'minlength' must not be negative", error=WengertValueError)
    if weights is not None:
        weights = converted(array_operand(weights), "f64")
        if weights.ndim != 1 or not same_extent(weights.shape[0], x.shape[0]):
            fail("The weights and list don't have the same length.", error=WengertValueError)
    x, kind = converted(x, "i64"), "i64" if weights is None else "f64"
    if is_empty(x.shape):
        return filled((least,), 0, kind)
    current().check(compare("GtE", min_(x), 0), "ValueError", "'list' argument must have no negative elements")
    count = _needed(x, least)
    counts, added = filled((count,), 0, kind), filled(x.shape, 1, kind) if weights is None else weights
    old, values, places = counts.read(), added.read(), maximum(x, 0).read()
    with current().here():
        return Box(gathers.scatter_add(values, old, places, axis=0), (count,), kind)


def _needed(x: Array, least: int) -> Extent:
    """max(x) + 1, but at least `least`."""
    top: Scalar = binary("Add", max_(x), 1)
    return larger(weak_int(top.value, Interval(), top.origins), max(least, 1))
