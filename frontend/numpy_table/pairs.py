"""Functions of two operands, element by element: operators by name, logic, the larger and the smaller, choice."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects import diff, discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpf
from wengert.dialects.structural import select as select_values
from wengert.frontend import division
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.broadcasting import interval_of
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import Kind, bounds_of, is_integer, is_signed, is_unsigned, promote, resolved
from wengert.frontend.numpy_table.elementwise import Build, numpy_operand, python_number, strong
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.operands import elementwise_result, is_number, kind_of, operand
from wengert.frontend.values import Scalar

# ---------------------------------------------------------------- operators as functions


def _operator(op: str) -> Callable[[Any, Any], Any]:
    return lambda x1, x2: strong(binary(op, numpy_operand(x1), numpy_operand(x2)))


def _comparison(op: str) -> Callable[[Any, Any], Any]:
    return lambda x1, x2: strong(compare(op, x1, x2))


for _op, _functions in {
    "Add": (np.add,),
    "Sub": (np.subtract,),
    "Mult": (np.multiply,),
    "Div": (np.divide,),
    "FloorDiv": (np.floor_divide,),
    "Mod": (np.remainder,),
    "Pow": (np.power,),
    "BitAnd": (np.bitwise_and,),
    "BitOr": (np.bitwise_or,),
    "BitXor": (np.bitwise_xor,),
    "LShift": (np.left_shift,),
    "RShift": (np.right_shift,),
}.items():
    enter(_operator(_op), *_functions)
for _op, _function in {
    "Eq": np.equal,
    "NotEq": np.not_equal,
    "Lt": np.less,
    "LtE": np.less_equal,
    "Gt": np.greater,
    "GtE": np.greater_equal,
}.items():
    enter(_comparison(_op), _function)


@covers(np.negative)
def negative(x: Any) -> Any:
    return strong(unary("USub", numpy_operand(x)))


@covers(np.positive)
def positive(x: Any) -> Any:
    return strong(unary("UAdd", numpy_operand(x)))


@covers(np.invert)
def invert(x: Any) -> Any:
    return strong(unary("Invert", numpy_operand(x)))


@covers(math.pow)
def math_pow(x: Any, y: Any) -> Any:
    operands = [python_number(x, "pow"), python_number(y, "pow")]
    return elementwise_result(operands, "f64", ops.powf, Kind("f64", True))


@covers(np.float_power)
def float_power(x1: Any, x2: Any) -> Any:
    return elementwise_result([operand(x1), operand(x2)], "f64", ops.powf, Kind("f64", False))


@covers(np.fmod)
def fmod(x1: Any, x2: Any) -> Any:
    """The remainder with the sign of x1."""
    x1, x2 = operand(x1), operand(x2)
    kind = promote(kind_of(x1), kind_of(x2))
    if kind.is_float:
        return elementwise_result([x1, x2], kind.element, ops.remf, Kind(kind.element, False))
    element = resolved(np.fmod, kind_of(x1), kind_of(x2))[-1]
    build = division.truncated_remainder if is_signed(element) else division.unsigned_remainder
    return elementwise_result([x1, x2], element, build, Kind(element, False))


@covers(math.fmod)
def math_fmod(x: Any, y: Any) -> Any:
    return elementwise_result([python_number(x, "fmod"), python_number(y, "fmod")], "f64", ops.remf, Kind("f64", True))


def float_pair(ufunc: np.ufunc, x: Any, y: Any, build: Build) -> Any:
    """A NumPy function of two floats."""
    x, y = operand(x), operand(y)
    kind = promote(kind_of(x), kind_of(y))
    element = kind.element if kind.is_float else resolved(ufunc, kind_of(x), kind_of(y))[-1]
    return elementwise_result([x, y], element, build, Kind(element, False))


def _hypotenuse(x: Any, y: Any) -> Any:
    """``s sqrt((x/s)^2 + (y/s)^2)`` with s the larger size: no square overflows.  s has no share in the derivative."""
    one = constant_like(1.0, x)
    scale = ops.maximumf(ops.absf(x), ops.absf(y))
    usable = discrete.andi(cmpf("ogt", scale, constant_like(0.0, x)), discrete.isfinite(scale))
    scale = diff.stop_gradient(select_values(usable, scale, one))
    a, b = ops.divf(x, scale), ops.divf(y, scale)
    return ops.mulf(scale, ops.sqrt(ops.addf(ops.mulf(a, a), ops.mulf(b, b))))


@covers(np.hypot)
def hypot(x1: Any, x2: Any) -> Any:
    return float_pair(np.hypot, x1, x2, _hypotenuse)


@covers(np.arctan2)
def arctan2(x1: Any, x2: Any) -> Any:
    return float_pair(np.arctan2, x1, x2, ops.atan2)


@covers(math.atan2)
def math_atan2(y: Any, x: Any) -> Any:
    operands = [python_number(y, "atan2"), python_number(x, "atan2")]
    return elementwise_result(operands, "f64", ops.atan2, Kind("f64", True))


@covers(np.copysign)
def copysign(x1: Any, x2: Any) -> Any:
    return float_pair(np.copysign, x1, x2, ops.copysign)


@covers(math.copysign)
def math_copysign(x: Any, y: Any) -> Any:
    operands = [python_number(x, "copysign"), python_number(y, "copysign")]
    return elementwise_result(operands, "f64", ops.copysign, Kind("f64", True))


# ---------------------------------------------------------------- logic


def _logic(build: Build) -> Callable[[Any, Any], Any]:
    return lambda x1, x2: elementwise_result([operand(x1), operand(x2)], "i1", build, Kind("i1", False))


enter(_logic(discrete.andi), np.logical_and)
enter(_logic(discrete.ori), np.logical_or)
enter(_logic(discrete.xori), np.logical_xor)


@covers(np.logical_not)
def logical_not(x: Any) -> Any:
    return elementwise_result([operand(x)], "i1", lambda v: discrete.xori(v, constant_like(1, v)), Kind("i1", False))


# ---------------------------------------------------------------- the larger and the smaller


def integer_extremum(element: str, largest: bool) -> Build:
    """The larger or the smaller of two integers or bools."""
    if element == "i1":
        return discrete.ori if largest else discrete.andi
    if is_unsigned(element):
        return discrete.maxui if largest else discrete.minui
    return discrete.maxsi if largest else discrete.minsi


def extremum(x: Any, y: Any, largest: bool) -> Any:
    """np.maximum or np.minimum.  Against a literal number the derivative at a tie is 0; else ties share."""
    x, y = operand(x), operand(y)
    kind = Kind(promote(kind_of(x), kind_of(y)).element, False)
    if not kind.is_float:
        result = elementwise_result([x, y], kind.element, integer_extremum(kind.element, largest), kind)
        if isinstance(result, Scalar) and is_integer(kind.element):
            a, b = interval_of(x), interval_of(y)
            result.low, result.high = a.larger(b) if largest else a.smaller(b)
        return result
    if is_number(x) and not is_number(y):
        x, y = y, x
    if is_number(y) and not math.isnan(y):
        # Unordered or beyond: nan propagates, and at a tie the number is taken, whose derivative is 0.
        beyond = "ugt" if largest else "ult"
        return elementwise_result([x, y], kind.element, lambda a, c: select_values(cmpf(beyond, a, c), a, c), kind)
    return elementwise_result([x, y], kind.element, ops.maximumf if largest else ops.minimumf, kind)


@covers(np.maximum)
def maximum(x1: Any, x2: Any) -> Any:
    return extremum(x1, x2, True)


@covers(np.minimum)
def minimum(x1: Any, x2: Any) -> Any:
    return extremum(x1, x2, False)


@covers(np.clip, methods=("clip",))
def clip(a: Any, a_min: Any = None, a_max: Any = None, *, min: Any = None, max: Any = None) -> Any:
    low, high = (a_min if min is None else min), (a_max if max is None else max)
    if low is not None:
        a = extremum(a, low, True)
    if high is not None:
        a = extremum(a, high, False)
    return strong(operand(a))


def side(number: int, element: str) -> int:
    """-1 for a Python int below all integers of a type, 1 for one above them, 0 for one of them."""
    low, high = bounds_of(element)
    return (number > high) - (number < low)


def python_extremum(x: Any, y: Any, largest: bool) -> Any:
    """max(x, y) or min(x, y) of numbers, as Python compares them; a literal is taken at a tie."""
    kind = promote(kind_of(x), kind_of(y))
    if not kind.is_float:
        for number, other in ((x, y), (y, x)):
            if type(number) is int and (beyond := side(number, kind.element)):
                return number if (beyond > 0) == largest else other
        result = elementwise_result([x, y], kind.element, integer_extremum(kind.element, largest), kind)
        if is_integer(kind.element):
            a, b = interval_of(x), interval_of(y)
            result.low, result.high = a.larger(b) if largest else a.smaller(b)
        return result
    takes_tie = is_number(y)
    predicate = {(True, True): "oge", (True, False): "ogt", (False, True): "ole", (False, False): "olt"}[
        largest, takes_tie
    ]
    return elementwise_result([x, y], kind.element, lambda a, b: select_values(cmpf(predicate, b, a), b, a), kind)
