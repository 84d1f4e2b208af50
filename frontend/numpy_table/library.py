"""Positions of extrema, by programs that are traced like the user's own code; `traced` runs these."""

from __future__ import annotations

from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.comparison import compare
from wengert.frontend.numpy_programs import extrema
from wengert.frontend.numpy_table.arguments import one_axis
from wengert.frontend.numpy_table.elementwise import strong
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import as_vector, moveaxis, ravel, reshape
from wengert.frontend.operands import operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar


def traced(function: Callable[..., Any], *arguments: Any) -> Any:
    """Runs a function of Python through the rewriter."""
    from wengert.frontend.running import run

    assert isinstance(function, FunctionType)
    return run(function, arguments, {})


# ---------------------------------------------------------------- positions of extrema


def place(function: Callable[..., Any], a: Any, axis: Any, keepdims: Any) -> Any:
    """The result of a function of vectors, of the flattened array or along an axis."""
    from wengert.frontend.numpy_table.creation import filled

    scalar = not isinstance(operand(a), Array)
    a = as_vector(a)
    d = 0 if axis is None else one_axis(axis, a.ndim)
    last: Array = ravel(a) if axis is None else moveaxis(a, d, -1)
    _refuse_empty(last.shape[-1])
    if last.ndim == 1:
        result = strong(traced(function, last))
    else:
        rows = reshape(last, (-1, last.shape[-1]))
        result = reshape(traced(extrema.places, function, rows, filled((rows.shape[0],), 0, "i64")), last.shape[:-1])
    if scalar or not keepdims:
        return result
    return reshape(result, tuple(1 if axis is None or k == d else n for k, n in enumerate(a.shape)))


def _refuse_empty(extent: Any) -> None:
    message = "attempt to get the place of an extremum of an empty sequence"
    if isinstance(extent, Scalar):
        current().check(compare("Gt", extent, 0), "ValueError", message)
    elif extent == 0:
        fail(message, error=WengertValueError)


@covers(np.argmax, methods=("argmax",))
def argmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The first place of the largest element; nan counts as the largest."""
    return stored(place(extrema.place_of_largest, a, axis, keepdims), out)


@covers(np.argmin, methods=("argmin",))
def argmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    """The first place of the smallest element; nan counts as the smallest."""
    return stored(place(extrema.place_of_smallest, a, axis, keepdims), out)
