"""Reductions that leave nan out: a nan is replaced by what is neutral, and has derivative 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects import discrete
from wengert.dialects import elementwise as ops
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import Kind
from wengert.frontend.numpy_programs import extrema
from wengert.frontend.numpy_table.averages import mean, var
from wengert.frontend.numpy_table.cumulative import cumprod, cumsum
from wengert.frontend.numpy_table.library import place
from wengert.frontend.numpy_table.reductions import NO_VALUE, least, max_, min_, prod, reduce_truth, sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.operands import elementwise_result, kind_of, operand
from wengert.frontend.trace import current
from wengert.frontend.values import Array


def _numbers(a: Any) -> tuple[Any, Any]:
    """The operand, and where it is a number; True for types that have no nan."""
    a = operand(a)
    if not kind_of(a).is_float:
        return a, True
    return a, unary("Invert", elementwise_result([a], kind_of(a).element, discrete.isnan, Kind("i1", False)))


def without_nan(a: Any, neutral: float) -> Any:
    """The operand with a number in place of nan."""
    a, numbers = _numbers(a)
    return a if numbers is True else select(numbers, a, neutral)


def _where(numbers: Any, where: Any) -> Any:
    if numbers is True or where is True:
        return numbers if where is True else where
    return binary("BitAnd", numbers, operand(where))


@covers(np.nansum)
def nansum(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    return sum_(without_nan(a, 0.0), axis, dtype, out, keepdims, initial, where)


@covers(np.nanprod)
def nanprod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    return prod(without_nan(a, 1.0), axis, dtype, out, keepdims, initial, where)


@covers(np.nanmean)
def nanmean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    a, numbers = _numbers(a)
    return mean(a, axis, dtype, out, keepdims, where=_where(numbers, where))


@covers(np.nanvar)
def nanvar(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    """nan where there are not more numbers than `ddof`."""
    a, numbers = _numbers(a)
    where = _where(numbers, where)
    result = var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    if where is not True:
        freedom = binary("Sub", sum_(where, axis, keepdims=keepdims), ddof if correction is NO_VALUE else correction)
        result = select(compare("Gt", freedom, 0), result, np.dtype(result.dtype).type(np.nan))
    return stored(result, out)


@covers(np.nanstd)
def nanstd(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    variance = nanvar(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction)
    return stored(elementwise_result([variance], variance.element, ops.sqrt, Kind(variance.element, False)), out)


def _extremum(
    handler: Callable[..., Any], kind: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any
) -> Any:
    """Of the numbers; nan where there is none."""
    a, numbers = _numbers(a)
    given = {} if initial is NO_VALUE else {"initial": initial}
    if numbers is True:
        return handler(a, axis, keepdims=keepdims, where=where, **given)
    result = handler(select(numbers, a, least(a.element, kind)), axis, keepdims=keepdims, where=where, **given)
    if initial is not NO_VALUE:
        return result
    some = reduce_truth("any", numbers, axis, keepdims)
    return select(some, result, np.dtype(result.dtype).type(np.nan))


@covers(np.nanmax)
def nanmax(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Any:
    return stored(_extremum(max_, "max", a, axis, keepdims, initial, where), out)


@covers(np.nanmin)
def nanmin(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Any:
    return stored(_extremum(min_, "min", a, axis, keepdims, initial, where), out)


def _place(function: Callable[..., Any], kind: str, a: Any, axis: Any, keepdims: Any) -> Any:
    a, numbers = _numbers(a)
    if numbers is not True:
        some = reduce_truth("any", numbers, axis)
        if isinstance(some, Array):
            some = reduce_truth("all", some)
        current().check(some, "ValueError", "All-NaN slice encountered")
        a = select(numbers, a, least(a.element, kind))
    return place(function, a, axis, keepdims)


@covers(np.nanargmax)
def nanargmax(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return stored(_place(extrema.place_of_largest, "max", a, axis, keepdims), out)


@covers(np.nanargmin)
def nanargmin(a: Any, axis: Any = None, out: Any = None, *, keepdims: Any = False) -> Any:
    return stored(_place(extrema.place_of_smallest, "min", a, axis, keepdims), out)


@covers(np.nancumsum)
def nancumsum(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumsum(without_nan(a, 0.0), axis, dtype, out)


@covers(np.nancumprod)
def nancumprod(a: Any, axis: Any = None, dtype: Any = None, out: Any = None) -> Any:
    return cumprod(without_nan(a, 1.0), axis, dtype, out)
