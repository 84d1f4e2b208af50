"""Functions of the binary form of a float: `frexp`, `ldexp`, `modf`, `nextafter`, `spacing`; and `bitwise_count`.

They compute in f64, in which every scaling of an f32 is exact.  Exponents are taken from the bits and carry no
derivative; scaling by a power of two is a product, whose derivative is the scaling itself.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.dialects import diff, discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.bindings import ir, is_tensor, tensor_type
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import addi, andi, bitcast, cmpf, cmpi, shli, shrsi, subi, xori
from wengert.dialects.errors import WengertTypeError
from wengert.dialects.structural import select
from wengert.frontend.conversions import Kind, element_of, resolved
from wengert.frontend.numpy_table.elementwise import Build, absolute, float_kind, python_number
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import elementwise_result, kind_of, operand, type_text
from wengert.frontend.trace import fail

# ---------------------------------------------------------------- on IR values of f64 and i64


def _like(x: Any, element: str) -> Any:
    scalar = ir.Type.parse(element)
    return tensor_type(x.type.shape, scalar) if is_tensor(x.type) else scalar


def _bits(x: Any) -> Any:
    return bitcast(x, result_types=[_like(x, "i64")])


def _power_of_two(n: Any) -> Any:
    """2^n for -1022 <= n <= 1023."""
    biased = shli(addi(n, constant_like(1023, n)), constant_like(52, n))
    return bitcast(biased, result_types=[_like(n, "f64")])


def _scaled(x: Any, n: Any) -> Any:
    """``x 2^n`` with one rounding: steps of 2^1023 up, of 2^-969 down: the last one rounds only."""
    for _ in range(2):
        up, down = (cmpi("sgt", n, constant_like(1023, n)), cmpi("slt", n, constant_like(-1022, n)))
        below = select(down, constant_like(2.0**-969, x), constant_like(1.0, x))
        x = ops.mulf(x, select(up, constant_like(2.0**1023, x), below))
        n = subi(n, select(up, constant_like(1023, n), select(down, constant_like(-969, n), constant_like(0, n))))
    n = discrete.maxsi(discrete.minsi(n, constant_like(1023, n)), constant_like(-1022, n))
    return ops.mulf(x, _power_of_two(n))


def _exponent(x: Any) -> Any:
    """e with ``2^(e-1) <= |x| < 2^e``; 0 for zeros, nan and infinities."""
    x = diff.stop_gradient(x)
    size = ops.absf(x)
    tiny = cmpf("olt", size, constant_like(2.0**-1022, x))
    bits = _bits(select(tiny, ops.mulf(size, constant_like(2.0**54, x)), size))
    biased = shrsi(bits, constant_like(52, bits))
    shift = select(tiny, constant_like(1022 + 54, biased), constant_like(1022, biased))
    usable = andi(discrete.isfinite(x), cmpf("one", size, constant_like(0.0, x)))
    return select(usable, subi(biased, shift), constant_like(0, biased))


def _mantissa(x: Any) -> Any:
    n = _exponent(x)
    return _scaled(x, subi(constant_like(0, n), n))


def _load_exponent(x: Any, n: Any) -> Any:
    """x 2^n, with n given as a float."""
    n = ops.maximumf(ops.minimumf(diff.stop_gradient(n), constant_like(5000.0, n)), constant_like(-5000.0, n))
    return _scaled(x, discrete.fptosi(n, result_types=[_like(n, "i64")]))


def _fraction(x: Any) -> Any:
    """fmod(x, 1), and 0 with the sign of x for infinities."""
    infinite = discrete.isinf(x)
    return ops.remf(select(infinite, ops.copysign(constant_like(0.0, x), x), x), constant_like(1.0, x))


def _next(x: Any, y: Any, width: int) -> Any:
    """The neighbour of x in the direction of y, among floats of `width` bits."""
    number, integer = f"f{width}", f"i{width}"
    bits = bitcast(x, result_types=[_like(x, integer)])
    away = xori(cmpf("olt", x, y), cmpf("olt", x, constant_like(0.0, x)))
    step = select(away, constant_like(1, bits), constant_like(-1, bits))
    moved = bitcast(addi(bits, step), result_types=[_like(x, number)])
    smallest = bitcast(constant_like(1, bits), result_types=[_like(x, number)])
    moved = select(cmpf("oeq", x, constant_like(0.0, x)), ops.copysign(smallest, y), moved)
    moved = select(cmpf("oeq", x, y), y, moved)
    return select(cmpf("uno", x, y), ops.addf(x, y), moved)


# ---------------------------------------------------------------- NumPy's functions


def _in_f64(operands: list[Any], kind: Kind, build: Build) -> Any:
    """The function of f64 values, rounded to the kind of the result."""
    result = elementwise_result(operands, "f64", build, Kind("f64", kind.weak))
    return result if kind.element == "f64" else converted(result, kind.element)


@covers(np.frexp)
def frexp(x: Any) -> tuple[Any, Any]:
    """``x = m 2^e`` with 0.5 <= abs(m) < 1."""
    x = operand(x)
    exponent = elementwise_result([x], "f64", _exponent, Kind("i64", False))
    return _in_f64([x], float_kind(x, "frexp"), _mantissa), converted(exponent, element_of(np.int32, "the exponents"))


@covers(math.frexp)
def math_frexp(x: Any) -> tuple[Any, Any]:
    x = python_number(x, "frexp")
    exponent = elementwise_result([x], "f64", _exponent, Kind("i64", True))
    return elementwise_result([x], "f64", _mantissa, Kind("f64", True)), exponent


def _integer_exponent(n: Any) -> Any:
    if kind_of(n).is_float:
        fail(f"ldexp of an exponent of type {type_text(n)}: an integer is needed", error=WengertTypeError)
    return n


@covers(np.ldexp)
def ldexp(x1: Any, x2: Any) -> Any:
    x, n = operand(x1), _integer_exponent(operand(x2))
    return _in_f64([x, n], float_kind(x, "frexp"), _load_exponent)


@covers(math.ldexp)
def math_ldexp(x: Any, i: Any) -> Any:
    x, n = python_number(x, "ldexp"), _integer_exponent(python_number(i, "ldexp"))
    return elementwise_result([x, n], "f64", _load_exponent, Kind("f64", True))


def _parts(x: Any, kind: Kind) -> tuple[Any, Any]:
    return (
        elementwise_result([x], kind.element, _fraction, kind),
        elementwise_result([x], kind.element, ops.trunc, kind),
    )


@covers(np.modf)
def modf(x: Any) -> tuple[Any, Any]:
    """Fractional and integral part, both with the sign of x."""
    x = operand(x)
    return _parts(x, float_kind(x, "modf"))


@covers(math.modf)
def math_modf(x: Any) -> tuple[Any, Any]:
    return _parts(python_number(x, "modf"), Kind("f64", True))


def _neighbour(x: Any, y: Any) -> Any:
    """Next to x, and with its derivative: what is added to x is a constant."""
    still, width = diff.stop_gradient(x), 32 if "f32" in str(x.type) else 64
    beside = _next(still, diff.stop_gradient(y), width)
    step = ops.subf(beside, still)
    regular = andi(discrete.isfinite(step), cmpf("one", beside, constant_like(0.0, x)))
    return select(regular, ops.addf(x, step), beside)


def _gap(x: Any) -> Any:
    """The distance to the next float away from 0, with the sign of x."""
    x, width = diff.stop_gradient(x), 32 if "f32" in str(x.type) else 64
    return ops.subf(_next(x, ops.copysign(constant_like(math.inf, x), x), width), x)


@covers(np.nextafter)
def nextafter(x1: Any, x2: Any) -> Any:
    x, y = operand(x1), operand(x2)
    kind = Kind(resolved(np.nextafter, kind_of(x), kind_of(y))[-1], False)
    return elementwise_result([x, y], kind.element, _neighbour, kind)


@covers(math.nextafter)
def math_nextafter(x: Any, y: Any) -> Any:
    operands = [python_number(x, "nextafter"), python_number(y, "nextafter")]
    return elementwise_result(operands, "f64", _neighbour, Kind("f64", True))


@covers(np.spacing)
def spacing(x: Any) -> Any:
    x = operand(x)
    kind = float_kind(x, "spacing")
    return elementwise_result([x], kind.element, _gap, kind)


def _last_place(x: Any) -> Any:
    """Of a positive float the distance to the next one, of the largest that to the one before, as Python has it."""
    size = ops.absf(diff.stop_gradient(x))
    largest = cmpf("oeq", size, constant_like(float(np.finfo(float).max), x))
    gap = ops.subf(_next(size, constant_like(math.inf, x), 64), size)
    gap = select(largest, constant_like(2.0**971, x), gap)
    return select(discrete.isfinite(size), gap, size)


@covers(math.ulp)
def math_ulp(x: Any) -> Any:
    return elementwise_result([python_number(x, "ulp")], "f64", _last_place, Kind("f64", True))


# ---------------------------------------------------------------- bits of integers


def _ones(n: Any) -> Any:
    """The number of bits that are set, by adding neighbours: pairs, fours, bytes."""
    for shift, mask in ((1, 0x5555555555555555), (2, 0x3333333333333333), (4, 0x0F0F0F0F0F0F0F0F)):
        pattern = constant_like(mask, n)
        n = addi(andi(n, pattern), andi(shrsi(n, constant_like(shift, n)), pattern))
    # After the first step nothing negative is left: the sums of bytes are in the highest one.
    return shrsi(discrete.muli(n, constant_like(0x0101010101010101, n)), constant_like(56, n))


@covers(np.bitwise_count)
def bitwise_count(x: Any) -> Any:
    x = operand(x)
    kind = kind_of(x)
    if kind.is_float:
        fail(f"bitwise_count of {type_text(x)}: integers have bits to count", error=WengertTypeError)
    size = converted(x, "i64")
    if kind.element.startswith("i") and kind.element != "i1":
        size = absolute(size)
    counted = elementwise_result([size], "i64", _ones, Kind("i64", False))
    return converted(counted, element_of(np.uint8, "the counts"))


