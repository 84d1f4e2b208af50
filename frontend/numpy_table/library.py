"""NumPy functions written in NumPy: they are traced like the user's own code.

`compiled` enters a function of plain Python in the table; its loops become loops of the IR.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import as_vector, moveaxis, ravel, reshape
from wengert.frontend.trace import fail
from wengert.frontend.values import Array

F = TypeVar("F", bound=Callable[..., Any])


def traced(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs a function of this file through the rewriter."""
    from wengert.frontend.running import run

    assert isinstance(function, FunctionType)
    return run(function, arguments, {})


# ---------------------------------------------------------------- running sums and products


def _running_sum(a: Any, out: Any) -> Any:
    for i in range(1, a.shape[0]):
        out[i] = out[i - 1] + a[i]
    return out


def _running_product(a: Any, out: Any) -> Any:
    for i in range(1, a.shape[0]):
        out[i] = out[i - 1] * a[i]
    return out


def _running(function: Callable[..., Any], a: Any, axis: Any) -> Any:
    a = ravel(a) if axis is None else array_operand(a)
    d = one_axis(0 if axis is None else axis, a.ndim)
    a = converted(a, "i64" if a.element == "i1" else a.element)
    first = moveaxis(a, d, 0)
    return moveaxis(traced(function, first, first.__copy__()), 0, d)


@covers(np.cumsum, methods=("cumsum",))
def cumsum(a: Any, axis: Any = None) -> Any:
    return _running(_running_sum, a, axis)


@covers(np.cumprod, methods=("cumprod",))
def cumprod(a: Any, axis: Any = None) -> Any:
    return _running(_running_product, a, axis)


# ---------------------------------------------------------------- positions of extrema


def _place_of_largest(rows: Any, places: Any) -> Any:
    for r in range(rows.shape[0]):
        best, place = rows[r, 0], 0
        for i in range(1, rows.shape[1]):
            x = rows[r, i]
            if x > best or (x != x and best == best):  # the first nan wins
                best, place = x, i
        places[r] = place
    return places


def _place_of_smallest(rows: Any, places: Any) -> Any:
    for r in range(rows.shape[0]):
        best, place = rows[r, 0], 0
        for i in range(1, rows.shape[1]):
            x = rows[r, i]
            if x < best or (x != x and best == best):
                best, place = x, i
        places[r] = place
    return places


def _place(function: Callable[..., Any], a: Any, axis: Any) -> Any:
    from wengert.frontend.indexing import element
    from wengert.frontend.numpy_table.creation import filled

    a = as_vector(a)
    flat = axis is None or a.ndim == 1
    if axis is not None:
        one_axis(axis, a.ndim)
    last: Array = ravel(a) if axis is None else moveaxis(a, axis, -1)
    if last.shape[-1] == 0:
        fail("attempt to get the place of an extremum of an empty sequence", error=WengertValueError)
    rows = reshape(last, (-1, last.shape[-1]))
    places = traced(function, rows, filled((rows.shape[0],), 0, "i64"))
    return element(places, (0,)) if flat else reshape(places, last.shape[:-1])


@covers(np.argmax, methods=("argmax",))
def argmax(a: Any, axis: Any = None) -> Any:
    return _place(_place_of_largest, a, axis)


@covers(np.argmin, methods=("argmin",))
def argmin(a: Any, axis: Any = None) -> Any:
    return _place(_place_of_smallest, a, axis)


# ---------------------------------------------------------------- integrals


@covers(np.trapezoid)
def trapezoid(y: Any, x: Any = None, dx: Any = 1.0) -> Any:
    """``sum((x[i + 1] - x[i]) (y[i + 1] + y[i]) / 2)`` along the last axis of y; x is a vector."""
    from wengert.frontend.arithmetic import binary
    from wengert.frontend.indexing import getitem
    from wengert.frontend.numpy_table.reductions import sum_
    from wengert.frontend.numpy_table.shaping import diff

    y = array_operand(y)
    step = dx if x is None else diff(x)
    both = binary("Add", getitem(y, (..., slice(1, None))), getitem(y, (..., slice(None, -1))))
    return sum_(binary("Div", binary("Mult", step, both), 2.0), axis=-1)
