"""Functions of each element: NumPy's ufuncs of one and two operands, `math`, and `scipy.special.erf`."""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from wengert.dialects import diff, discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpf, cmpi
from wengert.dialects.errors import WengertTypeError
from wengert.dialects.structural import select as select_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import interval_of
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import Kind, is_signed, resolved
from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.operands import converted, elementwise_result, is_number, kind_of, operand, strong, type_text
from wengert.frontend.trace import current, fail, note_weak
from wengert.frontend.values import Array, Scalar

Build = Callable[..., Any]


def numpy_operand(x: Any) -> Any:
    """An operand of a NumPy function, to which a Python bool is one of NumPy's."""
    x = operand(x)
    if isinstance(x, bool):
        return np.bool_(x)
    return strong(x) if kind_of(x) == ("i1", True) else x


def python_number(x: Any, function: str) -> Any:
    """An operand of a `math` function."""
    x = operand(x)
    if isinstance(x, Array):
        fail(
            f"math.{function} of {type_text(x)}: only single numbers can be converted to Python floats",
            help=f"use np.{function}, which works on arrays",
            error=WengertTypeError,
        )
    return x


# ---------------------------------------------------------------- functions of one float


def float_kind(x: Any, name: str) -> Kind:
    """The type in which NumPy evaluates its function of floats, or without a name a mean."""
    kind = kind_of(x)
    if kind.is_float:
        return Kind(kind.element, False)
    ufunc = getattr(np, name, None) or getattr(special, name, None)
    if not isinstance(ufunc, np.ufunc):
        return Kind("f64", False)
    return Kind(resolved(ufunc, kind)[ufunc.nin], False)


def float_function(build: Build, name: str) -> Callable[[Any], Any]:
    """The handler of a NumPy function of one float."""

    def handler(x: Any) -> Any:
        x = operand(x)
        kind = float_kind(x, name)
        return elementwise_result([x], kind.element, build, kind)

    return handler


def math_function(build: Build, name: str) -> Callable[[Any], Any]:
    """The handler of a `math` function of one float; the result is a Python float."""

    def handler(x: Any) -> Any:
        return elementwise_result([python_number(x, name)], "f64", build, Kind("f64", True))

    return handler


def _degrees(x: Any) -> Any:
    return ops.mulf(x, constant_like(180.0 / math.pi, x))


def _radians(x: Any) -> Any:
    return ops.mulf(x, constant_like(math.pi / 180.0, x))


_BOTH: dict[str, Build] = {
    "sin": ops.sin,
    "cos": ops.cos,
    "tan": ops.tan,
    "sinh": ops.sinh,
    "cosh": ops.cosh,
    "tanh": ops.tanh,
    "exp": ops.exp,
    "exp2": ops.exp2,
    "expm1": ops.expm1,
    "log": ops.log,
    "log2": ops.log2,
    "log10": ops.log10,
    "log1p": ops.log1p,
    "sqrt": ops.sqrt,
    "cbrt": ops.cbrt,
    "degrees": _degrees,
    "radians": _radians,
}
_INVERSES: dict[str, Build] = {
    "sin": ops.asin,
    "cos": ops.acos,
    "tan": ops.atan,
    "sinh": ops.asinh,
    "cosh": ops.acosh,
    "tanh": ops.atanh,
}
for _name, _build in _BOTH.items():
    enter(float_function(_build, _name), getattr(np, _name))
    if _name != "log":
        enter(math_function(_build, _name), getattr(math, _name))
for _name, _build in _INVERSES.items():
    enter(float_function(_build, f"arc{_name}"), getattr(np, f"arc{_name}"))
    enter(math_function(_build, f"a{_name}"), getattr(math, f"a{_name}"))
enter(float_function(_degrees, "rad2deg"), np.rad2deg)
enter(float_function(_radians, "deg2rad"), np.deg2rad)
enter(float_function(ops.erf, "erf"), special.erf)
enter(math_function(ops.erf, "erf"), math.erf)
enter(float_function(ops.roundeven, "rint"), np.rint)


@covers(math.log)
def math_log(x: Any, base: Any = None) -> Any:
    result = math_function(ops.log, "log")(x)
    return result if base is None else binary("Div", result, math_log(base) if not is_number(base) else math.log(base))


# ---------------------------------------------------------------- functions that keep integers


def _unchanged(x: Any) -> Any:
    return x


def _step_function(build: Build, name: str) -> Callable[[Any], Any]:
    """floor, ceil, trunc: of integers and bools the identity (NumPy 2.1)."""

    def handler(x: Any) -> Any:
        x = operand(x)
        kind = Kind(kind_of(x).element, False)
        return elementwise_result([x], kind.element, build if kind.is_float else _unchanged, kind)

    return handler


def python_int(x: Scalar) -> Scalar:
    """A Python int from an integer known at run time, which has to fit in 64 bits with a sign."""
    low, high = x.interval
    if x.element == "u64" and (high is None or high >= 2**63):
        fits = compare("LtE", x, 2**63 - 1)
        current().check(fits, "OverflowError", "an integer of uint64 is too large for the int64 of compiled code")
    result: Scalar = elementwise_result([x], "i64", _unchanged, Kind("i64", True))
    result.low, result.high = low, None if high is None or high >= 2**63 else high
    return result


def to_integer(x: Any, build: Build = _unchanged) -> Any:
    """A Python int from a number: `build` rounds a float first; nan and infinities fail at run time."""
    if isinstance(x, Array):
        from wengert.frontend.numpy_table.python import only_element

        x = only_element(x, "int")
    if is_number(x):
        return int(x)
    if not kind_of(x).is_float:
        return python_int(x)
    rounded = elementwise_result([x], x.element, build, Kind(x.element, True))
    size = elementwise_result([rounded], x.element, ops.absf, Kind(x.element, True))
    current().check(
        compare("Lt", size, 2.0**63), "ValueError", "cannot convert this float (nan, or too large) to an integer"
    )
    return Scalar(current().cast(rounded, "i64"), "i64", True, origins=x.origins)


for _name, _build in {"floor": ops.floor, "ceil": ops.ceil, "trunc": ops.trunc}.items():
    enter(_step_function(_build, _name), getattr(np, _name))
enter(_step_function(ops.trunc, "fix"), np.fix)


@covers(math.floor)
def math_floor(x: Any) -> Any:
    return to_integer(python_number(x, "floor"), ops.floor)


@covers(math.ceil)
def math_ceil(x: Any) -> Any:
    return to_integer(python_number(x, "ceil"), ops.ceil)


@covers(math.trunc)
def math_trunc(x: Any) -> Any:
    return to_integer(python_number(x, "trunc"), ops.trunc)


def _absolute(x: Any, kind: Kind) -> Any:
    if kind.is_float:
        return elementwise_result([x], kind.element, ops.absf, kind)
    if not is_signed(kind.element):
        return elementwise_result([x], kind.element, _unchanged, kind)
    result = elementwise_result([x], kind.element, discrete.absi, kind)
    if isinstance(result, Scalar) and kind.element == "i64":
        result.low, result.high = interval_of(x).absolute()
    return result


@covers(np.absolute)
def absolute(x: Any) -> Any:
    x = operand(x)
    return _absolute(x, Kind(kind_of(x).element, False))


@covers(builtins.abs)
def python_abs(x: Any) -> Any:
    x = operand(x)
    kind = kind_of(x)
    note_weak(kind.element == "i1")
    return _absolute(x, Kind("i64", True) if kind == ("i1", True) else kind)


enter(float_function(ops.absf, "fabs"), np.fabs)
enter(math_function(ops.absf, "fabs"), math.fabs)


def _sign_of_float(x: Any) -> Any:
    """1, -1, 0, and nan at nan."""
    zero, one = constant_like(0.0, x), constant_like(1.0, x)
    below = select_values(cmpf("olt", x, zero), ops.negf(one), zero)
    size = select_values(cmpf("ogt", x, zero), one, below)
    # Only nan is unordered; there x itself is the result, without its derivative.
    return select_values(cmpf("uno", x, x), diff.stop_gradient(x), size)


def _sign_of_integer(x: Any) -> Any:
    zero, one = constant_like(0, x), constant_like(1, x)
    below = select_values(cmpi("slt", x, zero), constant_like(-1, x), zero)
    return select_values(cmpi("sgt", x, zero), one, below)


def _is_positive(x: Any) -> Any:
    return select_values(cmpi("ne", x, constant_like(0, x)), constant_like(1, x), x)


@covers(np.sign)
def sign(x: Any) -> Any:
    x = operand(x)
    kind = Kind(resolved(np.sign, kind_of(x))[-1], False)
    build = _sign_of_float if kind.is_float else _sign_of_integer if is_signed(kind.element) else _is_positive
    return elementwise_result([x], kind.element, build, kind)


@covers(np.square)
def square(x: Any) -> Any:
    x = numpy_operand(x)
    element = resolved(np.square, kind_of(x))[-1]
    return strong(binary("Mult", *[converted(x, element)] * 2))


@covers(np.reciprocal)
def reciprocal(x: Any) -> Any:
    x = operand(x)
    kind = Kind(resolved(np.reciprocal, kind_of(x))[-1], False)
    if kind.is_float:
        return strong(binary("Div", 1, x))
    return converted(binary("Div", 1.0, converted(x, "f64")), kind.element)


@covers(np.round, np.around, methods=("round",))
def round_(a: Any, decimals: Any = 0) -> Any:
    """To `decimals` digits, ties to even; by scaling, as NumPy does."""
    a, digits = operand(a), static_int(decimals, "it is the number of digits to round to")
    kind = Kind(kind_of(a).element, False)
    if kind.element == "i1":
        resolved(np.rint, kind)
    if not kind.is_float:
        return elementwise_result([a], kind.element, _unchanged, kind) if digits >= 0 else _to_tens(a, -digits, kind)

    def build(x: Any) -> Any:
        if digits == 0:
            return ops.roundeven(x)
        scale = constant_like(10.0 ** abs(digits), x)
        if digits > 0:
            return ops.divf(ops.roundeven(ops.mulf(x, scale)), scale)
        return ops.mulf(ops.roundeven(ops.divf(x, scale)), scale)

    return elementwise_result([a], kind.element, build, kind)


def _to_tens(a: Any, digits: int, kind: Kind) -> Any:
    """Integers to a power of ten, as NumPy computes it: by division in float64."""
    scale = 10.0**digits
    rounded = elementwise_result([binary("Div", converted(a, "f64"), scale)], "f64", ops.roundeven, Kind("f64", False))
    return converted(binary("Mult", rounded, scale), kind.element)


@covers(builtins.round)
def python_round(number: Any, ndigits: Any = None) -> Any:
    number = operand(number)
    if isinstance(number, Array):
        return round_(number, 0 if ndigits is None else ndigits)
    kind = kind_of(number)
    if ndigits is None:
        return to_integer(number, ops.roundeven)
    if kind.weak and kind.is_float:
        fail(
            "round() of a Python float to digits is not covered",
            why="Python rounds the decimal representation",
            help="use np.round, which scales and rounds",
        )
    return round_(number, ndigits)


# ---------------------------------------------------------------- tests of floats


def _float_test(build: Build, for_integers: bool, python: bool) -> Callable[[Any], Any]:
    def handler(x: Any) -> Any:
        x = operand(x)
        kind = kind_of(x)
        if not kind.is_float:
            return elementwise_result([x], kind.element, lambda v: _constant_bool(for_integers, v), Kind("i1", python))
        return elementwise_result([x], kind.element, build, Kind("i1", python))

    return handler


def _constant_bool(value: bool, like: Any) -> Any:
    return cmpi("eq" if value else "ne", like, like)


for _name, _build, _integers in (
    ("isnan", discrete.isnan, False),
    ("isinf", discrete.isinf, False),
    ("isfinite", discrete.isfinite, True),
):
    enter(_float_test(_build, _integers, False), getattr(np, _name))
    enter(_float_test(_build, _integers, True), getattr(math, _name))


@covers(np.signbit)
def signbit(x: Any) -> Any:
    x = operand(x)
    if not kind_of(x).is_float:
        return strong(compare("Lt", x, 0))
    return elementwise_result([x], kind_of(x).element, _has_sign, Kind("i1", False))


def _has_sign(x: Any) -> Any:
    return cmpf("olt", ops.copysign(constant_like(1.0, x), x), constant_like(0.0, x))
