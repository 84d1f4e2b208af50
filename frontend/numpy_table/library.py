"""NumPy functions written in NumPy: they are traced like the user's own code.

`compiled` enters a function of plain Python in the table; its loops become loops of the IR.
"""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.numpy_table.arguments import one_axis
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import as_vector, moveaxis, ravel, reshape
from wengert.frontend.trace import fail
from wengert.frontend.values import Array

F = TypeVar("F", bound=Callable[..., Any])


def traced(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs a function of this file through the rewriter."""
    from wengert.frontend.running import run

    assert isinstance(function, FunctionType)
    return run(function, arguments, {})


# ---------------------------------------------------------------- positions of extrema


def place_of_largest(rows: Any, places: Any) -> Any:
    for r in range(rows.shape[0]):
        best, place = rows[r, 0], 0
        for i in range(1, rows.shape[1]):
            x = rows[r, i]
            if x > best or (x != x and best == best):  # the first nan wins
                best, place = x, i
        places[r] = place
    return places


def place_of_smallest(rows: Any, places: Any) -> Any:
    for r in range(rows.shape[0]):
        best, place = rows[r, 0], 0
        for i in range(1, rows.shape[1]):
            x = rows[r, i]
            if x < best or (x != x and best == best):
                best, place = x, i
        places[r] = place
    return places


def place(function: Callable[..., Any], a: Any, axis: Any, keepdims: Any) -> Any:
    from wengert.frontend.indexing import element
    from wengert.frontend.numpy_table.creation import filled

    a = as_vector(a)
    rank = a.ndim
    flat = axis is None or rank == 1
    d = 0 if axis is None else one_axis(axis, rank)
    last: Array = ravel(a) if axis is None else moveaxis(a, d, -1)
    if last.shape[-1] == 0:
        fail("attempt to get the place of an extremum of an empty sequence", error=WengertValueError)
    rows = reshape(last, (-1, last.shape[-1]))
    places = traced(function, rows, filled((rows.shape[0],), 0, "i64"))
    if keepdims:
        return reshape(places, tuple(1 if axis is None or k == d else n for k, n in enumerate(a.shape)))
    return element(places, (0,)) if flat else reshape(places, last.shape[:-1])


@covers(np.argmax, methods=("argmax",))
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The first place of the largest element; nan counts as the largest."""
    return stored(place(place_of_largest, a, axis, keepdims), out)


@covers(np.argmin, methods=("argmin",))
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The first place of the smallest element; nan counts as the smallest."""
    return stored(place(place_of_smallest, a, axis, keepdims), out)
