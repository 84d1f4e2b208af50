"""Functions of each element that NumPy writes in Python: `nan_to_num`, `isclose`, `unwrap` and others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.dialects import discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.discrete import cmpf
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import Kind, promote
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.cumulative import cumsum
from wengert.frontend.numpy_table.elementwise import absolute, python_number, signbit, strong
from wengert.frontend.numpy_table.reductions import all_, converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.operands import elementwise_result, kind_of, operand
from wengert.frontend.values import Array, Scalar

# ---------------------------------------------------------------- nan and infinities


def _is(test: Any, x: Any) -> Any:
    """A test of floats; false for other types."""
    if not kind_of(x).is_float:
        return compare("NotEq", x, x)
    return elementwise_result([x], kind_of(x).element, test, Kind("i1", False))


@covers(np.nan_to_num)
def nan_to_num(x: Any, copy: Any = True, nan: Any = 0.0, posinf: Any = None, neginf: Any = None) -> Any:
    """With numbers in place of nan and infinities; they have derivative 0."""
    given = operand(x)
    if not kind_of(given).is_float:
        return strong(given)
    limits = np.finfo(given.dtype)
    result = select(_is(discrete.isnan, given), operand(nan), given)
    above, below = isposinf(given), isneginf(given)
    result = select(above, float(limits.max) if posinf is None else operand(posinf), result)
    result = converted(select(below, float(limits.min) if neginf is None else operand(neginf), result), given.element)
    return stored(result, x) if not copy and isinstance(given, Array) else result


@covers(np.isposinf)
def isposinf(x: Any, out: Any = None) -> Any:
    x = operand(x)
    return stored(binary("BitAnd", _is(discrete.isinf, x), unary("Invert", signbit(x))), out)


@covers(np.isneginf)
def isneginf(x: Any, out: Any = None) -> Any:
    x = operand(x)
    return stored(binary("BitAnd", _is(discrete.isinf, x), signbit(x)), out)


# ---------------------------------------------------------------- nearly equal


@covers(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    """``|a - b| <= atol + rtol |b|``, or equal."""
    a, b = operand(a), operand(b)
    if not kind_of(b).is_float:
        b = converted(b, promote(kind_of(b), Kind("f64", True)).element)
    bound = binary("Add", operand(atol), binary("Mult", operand(rtol), absolute(b)))
    near = compare("LtE", absolute(binary("Sub", a, b)), bound)
    finite = elementwise_result([b], kind_of(b).element, discrete.isfinite, Kind("i1", False))
    result = binary("BitOr", binary("BitAnd", near, finite), compare("Eq", a, b))
    if equal_nan:
        result = binary("BitOr", result, binary("BitAnd", _is(discrete.isnan, a), _is(discrete.isnan, b)))
    return strong(result)


@covers(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    return _python_bool(all_(isclose(a, b, rtol, atol, equal_nan)))


def _python_bool(x: Any) -> Any:
    return Scalar(x.value, "i1", True, origins=x.origins, region=x.region) if isinstance(x, Scalar) else bool(x)


@covers(math.isclose)
def math_isclose(a: Any, b: Any, *, rel_tol: Any = 1e-9, abs_tol: Any = 0.0) -> Any:
    """``|a - b| <= max(rel_tol max(|a|, |b|), abs_tol)``, or equal; an infinity is close to itself only."""
    operands = [python_number(x, "isclose") for x in (a, b, rel_tol, abs_tol)]
    return elementwise_result(operands, "f64", _is_close, Kind("i1", True))


def _is_close(a: Any, b: Any, relative: Any, absolute_: Any) -> Any:
    size = ops.maximumf(ops.absf(a), ops.absf(b))
    near = cmpf("ole", ops.absf(ops.subf(a, b)), ops.maximumf(ops.mulf(relative, size), absolute_))
    return discrete.ori(discrete.andi(near, discrete.isfinite(size)), cmpf("oeq", a, b))


@covers(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> Any:
    """Of the same shape, and all elements equal."""
    a, b = operand(a1), operand(a2)
    shapes = [x.shape if isinstance(x, Array) else () for x in (a, b)]
    if len(shapes[0]) != len(shapes[1]) or not all(same_extent(n, m) for n, m in zip(*shapes)):
        return False
    equal = compare("Eq", a, b)
    if equal_nan:
        equal = binary("BitOr", equal, binary("BitAnd", _is(discrete.isnan, a), _is(discrete.isnan, b)))
    return _python_bool(all_(equal))


@covers(np.array_equiv)
def array_equiv(a1: Any, a2: Any) -> Any:
    """Of shapes that can be broadcast, and all elements equal."""
    a, b = operand(a1), operand(a2)
    shapes = [x.shape if isinstance(x, Array) else () for x in (a, b)]
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        return False
    return _python_bool(all_(compare("Eq", a, b)))


# ---------------------------------------------------------------- angles


@covers(np.unwrap)
def unwrap(p: Any, discont: Any = None, axis: Any = -1, *, period: Any = 2 * math.pi) -> Any:
    """Jumps of more than half a period become their complement, by adding multiples of the period."""
    from wengert.frontend.calls import call
    from wengert.frontend.indexing import getitem, setitem

    p = array_operand(p)
    kind = promote(kind_of(p), kind_of(operand(period)))
    d = one_axis(axis, p.ndim)
    steps = call(np.diff, p, axis=d)
    whole = not kind.is_float
    if whole:
        low: Any = -(period // 2)
        at_boundary: Any = period % 2 == 0
    else:
        low, at_boundary = binary("Div", unary("USub", operand(period)), 2), True
    wrapped = binary("Add", binary("Mod", binary("Sub", steps, low), operand(period)), low)
    if at_boundary is not False:
        upward = binary("BitAnd", compare("Eq", wrapped, low), compare("Gt", steps, 0))
        wrapped = select(upward, unary("USub", operand(low)) if not whole else -low, wrapped)
    correction = binary("Sub", wrapped, steps)
    limit = binary("Div", operand(period), 2) if discont is None else operand(discont)
    correction = select(compare("Lt", absolute(steps), limit), 0, correction)
    result = converted(p, kind.element).__copy__()
    rest = (*[slice(None)] * d, slice(1, None))
    setitem(result, rest, binary("Add", getitem(result, rest), cumsum(correction, d)))
    return result

