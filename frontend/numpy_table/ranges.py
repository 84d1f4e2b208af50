"""Numbers at regular distances: `arange`, `linspace`, `logspace`, `geomspace`."""

from __future__ import annotations

from math import ceil
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.broadcasting import as_index, broadcast_shapes
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import Kind, element_of, is_integer, promote
from wengert.frontend.indexing import setitem
from wengert.frontend.iteration import Range, trip_count
from wengert.frontend.numpy_table.arguments import new_extent, one_axis, static_int
from wengert.frontend.numpy_table.creation import iota
from wengert.frontend.numpy_table.elementwise import absolute
from wengert.frontend.numpy_table.reductions import reduce_truth
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import moveaxis
from wengert.frontend.operands import converted, is_number, kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar
from wengert.frontend.views import with_new_axes

LENGTH = "it decides how long the new array is"


def _python_number(x: Any) -> Any:
    """A Python or NumPy number; a traced int is asked to become static, a traced float cannot."""
    if isinstance(x, Scalar):
        current().need_static(x, LENGTH)
    if not is_number(x):
        fail(f"a number is needed, not {x!r}: {LENGTH}", error=WengertTypeError)
    return x


def _stays_at_run_time(x: Any) -> bool:
    return isinstance(x, Scalar) and is_integer(x.element) and "data" in x.origins


@covers(np.arange, python=False)
def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = None) -> Any:
    """``start + i * delta``, where delta is (start + step) - start, as NumPy computes it."""
    if stop is None:
        start, stop = 0, start
    if _stays_at_run_time(start) or _stays_at_run_time(stop):
        return _counted_at_run_time(start, stop, step, dtype)
    first, last, by = (_python_number(x) for x in (start, stop, step))
    if by == 0:
        fail("Maximum allowed size exceeded: the step of numpy.arange is 0", error=WengertValueError)
    alike: list[Any] = [type(x)(0) for x in (first, last)]
    element = element_of(np.arange(alike[0], alike[1], type(by)(1)).dtype if dtype is None else dtype)
    if element == "i1":
        fail("numpy.arange of bools is not covered")
    length = max(0, ceil((last - first) / by))
    counted = iota((length,), 0, "i64")
    if is_integer(element):
        begin, delta = int(first), int(first + by) - int(first)
        counted = binary("Add", binary("Mult", counted, delta), begin) if (begin, delta) != (0, 1) else counted
        return converted(counted, element)
    cast = np.float32 if element == "f32" else np.float64
    origin = cast(first)
    return binary("Add", binary("Mult", converted(counted, element), cast(first + by) - origin), origin)


def _counted_at_run_time(start: Any, stop: Any, step: Any, dtype: Any) -> Any:
    """Integers, how many of which is known only at run time."""
    by = static_int(step, LENGTH)
    if by == 0:
        fail("Maximum allowed size exceeded: the step of numpy.arange is 0", error=WengertValueError)
    first, last = (as_index(x) if isinstance(x, Scalar) else static_int(x, LENGTH) for x in (start, stop))
    counted = iota((new_extent(trip_count(Range(first, last, by))),), 0)
    return converted(binary("Add", binary("Mult", counted, by), first), "i64" if dtype is None else element_of(dtype))


# ---------------------------------------------------------------- between two ends


def _count(num: Any) -> int:
    count = static_int(num, "it is the length of a new array")
    if count < 0:
        fail(f"Number of samples, {count}, must be non-negative.", error=WengertValueError)
    return count


def _rank(x: Any) -> int:
    return x.ndim if isinstance(x, Array) else 0


@covers(np.linspace, python=False)
def linspace(
    start: Any,
    stop: Any,
    num: Any = 50,
    endpoint: Any = True,
    retstep: Any = False,
    dtype: Any = None,
    axis: Any = 0,
) -> Any:
    """``start + i * (stop - start) / div``; the last one is `stop` itself when it is included."""
    count, start, stop = _count(num), operand(start), operand(stop)
    pieces = count - 1 if endpoint else count
    kind = promote(promote(kind_of(start), kind_of(stop)), Kind("f64", True))
    first, last = converted(start, kind.element), converted(stop, kind.element)
    difference = binary("Sub", last, first)
    counted = converted(iota((count,), 0), kind.element)
    rank = len(broadcast_shapes(*[x.shape for x in (first, last)])) if _rank(first) or _rank(last) else 0
    if rank:
        counted = with_new_axes(counted, list(range(1, rank + 1)))
    step: Any = binary("Div", difference, pieces) if pieces > 0 else np.nan
    samples = binary("Add", binary("Mult", counted, step if pieces > 0 else difference), first)
    if endpoint and count > 1:
        setitem(samples, -1, last)
    if dtype is not None:
        element = element_of(dtype)
        if is_integer(element):
            from wengert.frontend.calls import call

            samples = call(np.floor, samples)
        samples = converted(samples, element)
    if rank:
        samples = moveaxis(samples, 0, one_axis(axis, rank + 1))
    return (samples, step) if retstep else samples


@covers(np.logspace, python=False)
def logspace(
    start: Any, stop: Any, num: Any = 50, endpoint: Any = True, base: Any = 10.0, dtype: Any = None, axis: Any = 0
) -> Any:
    """``base ** linspace(start, stop)``"""
    base = operand(base)
    rank = max(_rank(operand(start)), _rank(operand(stop)))
    exponents = linspace(start, stop, num, endpoint, axis=axis)
    if isinstance(base, Array):
        if rank < base.ndim:
            fail("numpy.logspace with an array of bases and numbers as ends is not covered", help="broadcast the ends")
        base = with_new_axes(base, [one_axis(axis, rank + 1)])
    powers = binary("Pow", base, exponents)
    return powers if dtype is None else converted(powers, element_of(dtype))


@covers(np.geomspace, python=False)
def geomspace(start: Any, stop: Any, num: Any = 50, endpoint: Any = True, dtype: Any = None, axis: Any = 0) -> Any:
    """``start * (stop / start) ** (i / div)``, by logarithms to base 10; both ends are exact."""
    from wengert.frontend.calls import call

    count, start, stop = _count(num), operand(start), operand(stop)
    for end in (start, stop):
        _refuse_zero(end)
    kind = promote(promote(kind_of(start), kind_of(stop)), Kind("f64", True))
    first, last = converted(start, kind.element), converted(stop, kind.element)
    sign = select(compare("Lt", first, 0), -1.0, 1.0)
    logs = [call(np.log10, absolute(x)) for x in (first, last)]
    powers = call(np.power, 10.0, linspace(logs[0], logs[1], count, endpoint))
    if count:
        setitem(powers, 0, absolute(first))
    if count > 1 and endpoint:
        setitem(powers, -1, absolute(last))
    samples = binary("Mult", powers, converted(sign, kind.element))
    samples = samples if dtype is None else converted(samples, element_of(dtype))
    rank = samples.ndim - 1
    return moveaxis(samples, 0, one_axis(axis, rank + 1)) if rank else samples


def _refuse_zero(end: Any) -> None:
    message = "Geometric sequence cannot include zero"
    zero = compare("Eq", end, 0)
    if isinstance(zero, Array):
        zero = reduce_truth("any", zero)
    if isinstance(zero, (bool, np.bool_)):
        if zero:
            fail(message, error=WengertValueError)
        return
    current().check(unary("Not", zero), "ValueError", message)
