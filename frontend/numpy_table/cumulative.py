"""Running sums and products: `cumsum`, `cumprod`, `cumulative_sum`, `cumulative_prod`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.numpy_table.arguments import one_axis
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.joining import concatenate
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import as_vector, ravel
from wengert.frontend.numpy_table.ufunc_methods import accumulated
from wengert.frontend.operands import operand
from wengert.frontend.trace import fail
from wengert.frontend.values import Array


def running(ufunc: np.ufunc, a: Any, axis: Any, dtype: Any, out: Any) -> Any:
    """``ufunc.accumulate``, of the flattened array without an axis."""
    a = operand(a)
    a = as_vector(a)
    a, axis = (ravel(a), 0) if axis is None else (a, axis)
    return stored(accumulated(ufunc, a, axis, dtype), out)


@covers(np.cumsum, methods=("cumsum",))
def cumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return running(np.add, a, axis, dtype, out)


@covers(np.cumprod, methods=("cumprod",))
def cumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return running(np.multiply, a, axis, dtype, out)


def _cumulative(ufunc: np.ufunc, x: Any, axis: Any, dtype: Any, out: Any, include_initial: Any) -> Any:
    x = as_vector(operand(x))
    if axis is None:
        if x.ndim > 1:
            fail(
                "For arrays which have more than one dimension ``axis`` argument is required.",
                error=WengertValueError,
            )
        axis = 0
    result: Array = accumulated(ufunc, x, axis, dtype)
    if include_initial:
        d = one_axis(axis, x.ndim)
        first = tuple(1 if k == d else n for k, n in enumerate(x.shape))
        result = concatenate([filled(first, int(ufunc.identity), result.element), result], d)
    return stored(result, out)


@covers(np.cumulative_sum)
def cumulative_sum(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    return _cumulative(np.add, x, axis, dtype, out, include_initial)


@covers(np.cumulative_prod)
def cumulative_prod(
    x: Any, /, *, axis: Any = None, dtype: Any = None, out: Any = None, include_initial: Any = False
) -> Any:
    return _cumulative(np.multiply, x, axis, dtype, out, include_initial)
