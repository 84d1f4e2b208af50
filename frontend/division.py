"""Floor division, remainders and powers with Python's and NumPy's rules, on IR values (scalars and tensors alike).

All functions emit at the current insertion point and have derivatives through what they emit: a floor has derivative
zero, ``d(a % b) = da - floor(a / b) db``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.dialects import discrete, elementwise
from wengert.dialects.bindings import element_type
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import andi, cmpf, cmpi, xori
from wengert.dialects.structural import select

#: Powers up to this one are products.
LARGEST_PRODUCT = 16


def float_remainder(a: Any, b: Any) -> Any:
    """``a % b`` with the sign of b, by the algorithm of CPython and NumPy (npy_divmod); nan where b = 0."""
    zero = constant_like(0.0, b)
    rest = elementwise.remf(a, b)
    other_side = andi(xori(cmpf("olt", b, zero), cmpf("olt", rest, zero)), cmpf("une", rest, zero))
    # Else rest itself, but a zero has the sign of b: -(0 - rest) is -0, rest + 0 is +0; both have rest's derivative.
    kept = select(cmpf("olt", b, zero), elementwise.negf(elementwise.subf(zero, rest)), elementwise.addf(rest, zero))
    return select(other_side, elementwise.addf(rest, b), kept)


def float_floor_divide(a: Any, b: Any) -> Any:
    """``a // b`` by the algorithm of CPython and NumPy (npy_floor_divide); a / b where b = 0."""
    zero, one = constant_like(0.0, b), constant_like(1.0, b)
    rest = elementwise.remf(a, b)
    quotient = elementwise.divf(elementwise.subf(a, rest), b)
    other_side = andi(xori(cmpf("olt", b, zero), cmpf("olt", rest, zero)), cmpf("une", rest, zero))
    quotient = select(other_side, elementwise.subf(quotient, one), quotient)
    whole = elementwise.floor(quotient)
    # a - rest may be a bad multiple of b by rounding: the nearest integer is meant.
    short = cmpf("ogt", elementwise.subf(quotient, whole), constant_like(0.5, b))
    whole = select(short, elementwise.addf(whole, one), whole)
    exact = elementwise.divf(a, b)
    whole = select(cmpf("oeq", quotient, zero), elementwise.copysign(zero, exact), whole)
    # floor again: the result is constant between its steps, so its derivative is zero.
    return elementwise.floor(select(cmpf("oeq", b, zero), exact, whole))


# ---------------------------------------------------------------- integers


def signed_quotient(a: Any, b: Any) -> Any:
    """``a // b`` towards minus infinity, 0 where b is 0; the smallest integer has no quotient by -1 but itself."""
    trivial = cmpi("ule", discrete.addi(b, constant_like(1, b)), constant_like(1, b))  # b is 0 or -1: a // b = a * b
    divisor = select(trivial, constant_like(1, b), b)
    return select(trivial, discrete.muli(a, b), discrete.floordivsi(a, divisor))


def signed_remainder(a: Any, b: Any) -> Any:
    """``a % b`` with the sign of b, 0 where b is 0."""
    trivial = cmpi("ule", discrete.addi(b, constant_like(1, b)), constant_like(1, b))
    return plain_remainder(a, select(trivial, constant_like(1, b), b))


def plain_remainder(a: Any, b: Any) -> Any:
    """``a % b`` with the sign of b, which is neither 0 nor -1."""
    zero = constant_like(0, b)
    rest = discrete.remsi(a, b)
    other_side = andi(cmpi("slt", xori(rest, b), zero), cmpi("ne", rest, zero))
    return select(other_side, discrete.addi(rest, b), rest)


def truncated_remainder(a: Any, b: Any) -> Any:
    """C's ``a % b`` with the sign of a, 0 where b is 0."""
    trivial = cmpi("ule", discrete.addi(b, constant_like(1, b)), constant_like(1, b))
    return discrete.remsi(a, select(trivial, constant_like(1, b), b))


def unsigned_quotient(a: Any, b: Any) -> Any:
    """``a // b``, 0 where b is 0."""
    zero = cmpi("eq", b, constant_like(0, b))
    return select(zero, constant_like(0, b), discrete.divui(a, select(zero, constant_like(1, b), b)))


def unsigned_remainder(a: Any, b: Any) -> Any:
    """``a % b``, 0 where b is 0."""
    zero = cmpi("eq", b, constant_like(0, b))
    return discrete.remui(a, select(zero, constant_like(1, b), b))


#: By whether the integers have a sign, and whether the divisor is certainly neither 0 nor -1.
QUOTIENTS: dict[tuple[bool, bool], Callable[[Any, Any], Any]] = {
    (True, False): signed_quotient,
    (True, True): discrete.floordivsi,
    (False, False): unsigned_quotient,
    (False, True): discrete.divui,
}
REMAINDERS: dict[tuple[bool, bool], Callable[[Any, Any], Any]] = {
    (True, False): signed_remainder,
    (True, True): plain_remainder,
    (False, False): unsigned_remainder,
    (False, True): discrete.remui,
}


def product_power(x: Any, exponent: int, multiply: Any) -> Any:
    """``x ** exponent`` for exponent >= 1 by repeated squaring."""
    result = None
    while exponent:
        if exponent & 1:
            result = x if result is None else multiply(result, x)
        exponent >>= 1
        if exponent:
            x = multiply(x, x)
    return result


def unsigned_power(a: Any, b: Any) -> Any:
    """``a ** b`` of integers without a sign: ``(a ** (b // 2)) ** 2 * a ** (b % 2)``, whose exponents have one."""
    one = constant_like(1, b)
    half = discrete.ipowi(a, discrete.shrui(b, one))
    odd = cmpi("ne", andi(b, one), constant_like(0, b))
    return discrete.muli(discrete.muli(half, half), select(odd, a, one))


def _width(x: Any) -> int:
    return int(element_type(x.type).width)


def shift_left(a: Any, count: Any) -> Any:
    """``a << count``, 0 for counts that are not below the number of bits (as NumPy has it)."""
    inside = cmpi("ult", count, constant_like(_width(count), count))
    zero = constant_like(0, count)
    return select(inside, discrete.shli(a, select(inside, count, zero)), zero)


def shift_right(a: Any, count: Any) -> Any:
    """``a >> count``, all sign bits for counts that are not below the number of bits (as NumPy has it)."""
    last = constant_like(_width(count) - 1, count)
    return discrete.shrsi(a, select(cmpi("ult", count, last), count, last))


def unsigned_shift_right(a: Any, count: Any) -> Any:
    """``a >> count`` of integers without a sign, 0 for counts that are not below the number of bits."""
    inside = cmpi("ult", count, constant_like(_width(count), count))
    zero = constant_like(0, count)
    return select(inside, discrete.shrui(a, select(inside, count, zero)), zero)


#: By whether the integers have a sign.
SHIFTS_RIGHT = {True: shift_right, False: unsigned_shift_right}
