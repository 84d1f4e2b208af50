"""Floor division, remainders and powers with Python's and NumPy's rules, on IR values (scalars and tensors alike).

All functions emit at the current insertion point and have derivatives through what they emit: a floor has derivative
zero, ``d(a % b) = da - floor(a / b) db``.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects import discrete, elementwise
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


def integer_floor_divide(a: Any, b: Any) -> Any:
    """``a // b`` towards minus infinity; b is not 0."""
    return discrete.floordivsi(a, b)


def integer_remainder(a: Any, b: Any) -> Any:
    """``a % b`` with the sign of b; b is not 0."""
    zero = constant_like(0, b)
    rest = discrete.remsi(a, b)
    other_side = andi(cmpi("slt", xori(rest, b), zero), cmpi("ne", rest, zero))
    return select(other_side, discrete.addi(rest, b), rest)


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


def shift_left(a: Any, count: Any) -> Any:
    """``a << count``, 0 for counts that are not in 0..63 (as NumPy has it)."""
    inside = cmpi("ult", count, constant_like(64, count))
    zero = constant_like(0, count)
    return select(inside, discrete.shli(a, select(inside, count, zero)), zero)


def shift_right(a: Any, count: Any) -> Any:
    """``a >> count``, all sign bits for counts that are not in 0..63 (as NumPy has it)."""
    last = constant_like(63, count)
    return discrete.shrsi(a, select(cmpi("ult", count, last), count, last))
