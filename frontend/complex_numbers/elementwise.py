"""Functions of each element, of complex operands: NumPy's ufuncs, `cmath`, and a few built-ins."""

from __future__ import annotations

import builtins
import cmath
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend import arithmetic as real
from wengert.frontend.complex_numbers import arithmetic, functions
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.registry import composed, of_complex
from wengert.frontend.complex_numbers.values import (
    REAL,
    Complex,
    ComplexArray,
    ComplexScalar,
    paired,
    part_kind,
    parts_of,
    zeros_like,
)
from wengert.frontend.numpy_table.elementwise import strong
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.operands import is_number, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar

# ---------------------------------------------------------------- kinds of results


def numpy_parts(x: Any) -> tuple[Any, Any]:
    """The parts of an operand of a NumPy function, which gives a NumPy number."""
    re, im = parts_of(complex_operand(x))
    return strong_part(re), strong_part(im)


def strong_part(x: Any) -> Any:
    if is_number(x):
        kind = part_kind(x)
        return REAL["f64" if kind.weak else kind.element].type(x)
    return strong(x)


def weakened(x: Any) -> Any:
    """The Python number that a function of `cmath` or a built-in gives."""
    if isinstance(x, ComplexScalar):
        return ComplexScalar(weakened(x.re), weakened(x.im))
    if isinstance(x, Scalar):
        return Scalar(current().cast(x, "f64"), "f64", True, origins=x.origins)
    return float(x)


def new(parts: tuple[Any, Any]) -> Complex:
    return paired(*parts)


# ---------------------------------------------------------------- functions of one number

_SAME = (
    "exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh",
    "arcsin", "arccos", "arctan", "arcsinh", "arccosh", "arctanh", "sign",
)  # fmt: skip


def _elementwise(formula: Callable[[Any, Any], Any]) -> Callable[[Any], Any]:
    def handler(x: Any, /) -> Any:
        return new(formula(*numpy_parts(x)))

    return handler


for _name in _SAME:
    of_complex(getattr(np, _name))(_elementwise(getattr(functions, _name)))


def python_parts(x: Any, name: str) -> tuple[Any, Any]:
    """The parts of an operand of a `cmath` function: numbers only."""
    x = complex_operand(x)
    if isinstance(x, (Array, ComplexArray)):
        fail(f"cmath.{name} of an array: only single numbers can be converted to Python complex numbers",
             help=f"use np.{name}, which works on arrays", error=WengertTypeError)
    return numpy_parts(x)


def _cmath(formula: Callable[[Any, Any], Any], name: str) -> Callable[[Any], Any]:
    def handler(z: Any, /) -> Any:
        return weakened(new(formula(*python_parts(z, name))))

    return handler


for _name in ("exp", "log10", "sqrt", "sin", "cos", "tan", "sinh", "cosh", "tanh", "asin", "acos", "atan", "asinh",
              "acosh", "atanh"):
    _formula = getattr(functions, _name if hasattr(functions, _name) else f"arc{_name[1:]}")
    enter(_cmath(_formula, _name), getattr(cmath, _name))
    composed(getattr(cmath, _name))


@covers(cmath.log)
def cmath_log(z: Any, base: Any = None, /) -> Any:
    result = weakened(new(functions.log(*python_parts(z, "log"))))
    return result if base is None else arithmetic.quotient(result, cmath_log(base))


@covers(cmath.phase)
def cmath_phase(z: Any, /) -> Any:
    return weakened(functions.angle(*python_parts(z, "phase")))


@covers(cmath.polar)
def cmath_polar(z: Any, /) -> Any:
    x, y = python_parts(z, "polar")
    return weakened(functions.absolute(x, y)), weakened(functions.angle(x, y))


@covers(cmath.rect)
def cmath_rect(r: Any, phi: Any, /) -> Any:
    r, phi = operand(r), operand(phi)
    return weakened(paired(r * np.cos(phi), r * np.sin(phi)))


composed(cmath.log, cmath.phase, cmath.polar)


# ---------------------------------------------------------------- size, angle, parts


@of_complex(np.absolute)
def absolute(x: Any, /) -> Any:
    return functions.absolute(*numpy_parts(x))


@of_complex(builtins.abs)
def python_abs(x: Any, /) -> Any:
    z = complex_operand(x)
    size = absolute(z)
    return weakened(size) if isinstance(z, ComplexScalar) and z.weak else size


@of_complex(np.conjugate, methods=("conj", "conjugate"))
def conjugate(x: Any, /) -> Any:
    z = complex_operand(x)
    return paired(arithmetic.copied(z.re), real.unary("USub", z.im))


@of_complex(np.real)
def real_part(val: Any) -> Any:
    return complex_operand(val).re


@covers(np.imag)
def imag(val: Any) -> Any:
    return zeros_like(operand(val))


@of_complex(np.imag)
def imaginary_part(val: Any) -> Any:
    return complex_operand(val).im


@covers(np.angle)
def angle(z: Any, deg: Any = False) -> Any:
    x, y = numpy_parts(z)
    y = y if isinstance(complex_operand(z), Complex) else 0  # of whatever type: the result has that of z
    found = functions.angle(x, y)
    return found * (180.0 / cmath.pi) if deg else found


composed(np.angle)


@covers(np.iscomplexobj)
def iscomplexobj(x: Any) -> Any:
    return isinstance(complex_operand(x), Complex)


@covers(np.isrealobj)
def isrealobj(x: Any) -> Any:
    return not isinstance(complex_operand(x), Complex)


@covers(np.iscomplex)
def iscomplex(x: Any) -> Any:
    return parts_of(complex_operand(x))[1] != 0


@covers(np.isreal)
def isreal(x: Any) -> Any:
    return parts_of(complex_operand(x))[1] == 0


composed(np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal)


@of_complex(np.isnan)
def isnan(x: Any, /) -> Any:
    re, im = numpy_parts(x)
    return np.isnan(re) | np.isnan(im)


@of_complex(np.isinf)
def isinf(x: Any, /) -> Any:
    re, im = numpy_parts(x)
    return np.isinf(re) | np.isinf(im)


@of_complex(np.isfinite)
def isfinite(x: Any, /) -> Any:
    re, im = numpy_parts(x)
    return np.isfinite(re) & np.isfinite(im)


# ---------------------------------------------------------------- operators as functions


def _operator(op: str) -> Callable[[Any, Any], Any]:
    def handler(x1: Any, x2: Any, /) -> Any:
        result = real.binary(op, x1, x2)
        return result if isinstance(result, ComplexArray) else new(numpy_parts(result))

    return handler


for _op, _name in (("Add", "add"), ("Sub", "subtract"), ("Mult", "multiply"), ("Div", "divide"), ("Pow", "power")):
    of_complex(getattr(np, _name))(_operator(_op))


@of_complex(np.float_power)
def float_power(x1: Any, x2: Any, /) -> Any:
    """In double precision."""
    parts = [real.binary("Add", part, np.float64(0)) for x in (x1, x2) for part in parts_of(complex_operand(x))]
    return arithmetic.power(paired(*parts[:2]), paired(*parts[2:]))


def _comparison(op: str) -> Callable[[Any, Any], Any]:
    def handler(x1: Any, x2: Any, /) -> Any:
        return strong(arithmetic.compare(op, x1, x2))

    return handler


for _op, _name in (("Eq", "equal"), ("NotEq", "not_equal"), ("Lt", "less"), ("LtE", "less_equal"), ("Gt", "greater"),
                   ("GtE", "greater_equal")):
    of_complex(getattr(np, _name))(_comparison(_op))


def _logic(name: str) -> Callable[..., Any]:
    def handler(*operands: Any) -> Any:
        return getattr(np, name)(*[strong(real.compare("NotEq", x, 0)) for x in operands])

    return handler


for _name in ("logical_and", "logical_or", "logical_xor", "logical_not"):
    of_complex(getattr(np, _name))(_logic(_name))


@of_complex(np.negative)
def negative(x: Any, /) -> Any:
    return new(numpy_parts(real.unary("USub", complex_operand(x))))


@of_complex(np.positive)
def positive(x: Any, /) -> Any:
    return new(numpy_parts(real.unary("UAdd", complex_operand(x))))


@of_complex(np.square)
def square(x: Any, /) -> Any:
    z = complex_operand(x)
    return new(numpy_parts(arithmetic.product(z, z)))


@of_complex(np.reciprocal)
def reciprocal(x: Any, /) -> Any:
    return new(numpy_parts(arithmetic.quotient(1.0, complex_operand(x))))


@of_complex(builtins.pow)
def pow_(base: Any, exp: Any, mod: Any = None) -> Any:
    if mod is not None:
        fail("complex modulo", error=WengertTypeError)
    return real.binary("Pow", base, exp)


# ---------------------------------------------------------------- making complex numbers


@of_complex(builtins.complex)
def complex_(real: Any = 0.0, imag: Any = 0.0) -> Any:
    """``real + i imag``, a Python number; either may be complex itself."""
    x, y = complex_operand(real), complex_operand(imag)
    for part in (x, y):
        if isinstance(part, (Array, ComplexArray)):
            fail("complex() of an array: only single numbers can be converted to Python complex numbers",
                 help="write x + 1j * y, which works on arrays", error=WengertTypeError)
    if not isinstance(y, Complex):
        re, im = parts_of(x)
        return weakened(paired(re, y if not isinstance(x, Complex) else arithmetic.add(im, y)))
    i_times_y = paired(arithmetic.negative(y.im), y.re)
    return weakened(arithmetic.binary("Add", x, i_times_y))


enter(complex_, complex)
