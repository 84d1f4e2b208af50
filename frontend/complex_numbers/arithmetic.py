"""Operators on complex operands, as operations on their parts.

A product with a real number scales both parts, and a part that is known to be zero, as that of `1j`, takes no part:
where everything is finite that is NumPy's result.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from wengert.dialects.errors import UnsupportedError, WengertTypeError, WengertValueError
from wengert.frontend import arithmetic
from wengert.frontend.capture import captured
from wengert.frontend.comparison import both, negated
from wengert.frontend.complex_numbers import functions
from wengert.frontend.complex_numbers.values import (
    Complex,
    ComplexArray,
    array_of,
    has_complex,
    is_complex_number,
    number_of_kind,
    of_number,
    paired,
    part_kind,
    parts_of,
    zeros_like,
)
from wengert.frontend.conversions import Kind, promote
from wengert.frontend.operands import SYMBOLS, elementwise_result, is_number, real_operand, type_text, unsupported
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box, Scalar, shape_text

#: Up to this size a whole exponent is a product of powers, as in NumPy.
LARGEST_POWER = 100


def complex_operand(x: Any) -> Any:
    """An operand that may be complex: a Complex, or what `real_operand` gives."""
    if isinstance(x, ComplexArray) and not x.ndim:
        from wengert.frontend.indexing import getitem

        return paired(getitem(x.re, ()), getitem(x.im, ()))
    if isinstance(x, Complex):
        return x
    if is_complex_number(x):
        return of_number(x)
    if isinstance(x, np.ndarray) and x.dtype.kind == "c":

        return captured(x)
    if isinstance(x, (list, tuple)) and has_complex(x):
        from wengert.frontend.complex_numbers.creation import complex_array

        return complex_array(x)
    return real_operand(x)


# ---------------------------------------------------------------- parts


def add(x: Any, y: Any) -> Any:
    return arithmetic.binary("Add", x, y)


def sub(x: Any, y: Any) -> Any:
    return arithmetic.binary("Sub", x, y)


def mul(x: Any, y: Any) -> Any:
    """x y of parts; a zero that is known stays one."""
    if _is_zero(x) or _is_zero(y):
        return zeros_like(y if _is_zero(x) else x) if _is_zero(x) != _is_zero(y) else x * y
    return arithmetic.binary("Mult", x, y)


def div(x: Any, y: Any) -> Any:
    if is_number(x) and is_number(y):  # NumPy divides by zero, Python does not
        return arithmetic.binary("Div", Scalar(arithmetic.current().cast(x, "f64"), "f64", part_kind(x).weak), y)
    return arithmetic.binary("Div", x, y)


def negative(x: Any) -> Any:
    return arithmetic.unary("USub", x)


def _is_zero(x: Any) -> bool:
    return is_number(x) and x == 0


def own(x: Any, other: Any) -> Any:
    """A part for a result with the parts x: a copy of an array, in the kind and shape it has beside `other`."""
    return add(x, zeros_like(other)) if not isinstance(x, Array) or isinstance(other, (Array, Scalar)) else copied(x)


def copied(x: Any) -> Any:
    return Box(x.read(), x.shape, x.element) if isinstance(x, Array) else x


# ---------------------------------------------------------------- operators


def binary(op: str, a: Any, b: Any) -> Any:
    """``a op b`` where at least one is complex."""
    a, b = complex_operand(a), complex_operand(b)
    match op:
        case "Add" | "Sub":
            return _sum(op, a, b)
        case "Mult":
            return product(a, b)
        case "Div":
            return quotient(a, b)
        case "Pow":
            return power(a, b)
        case "MatMult":
            from wengert.frontend.complex_numbers.products import matmul

            return matmul(a, b)
    return _refuse(op, a, b)


def _refuse(op: str, a: Any, b: Any) -> NoReturn:
    if op in ("FloorDiv", "Mod"):
        names = " and ".join(type_text(x) for x in (a, b))
        fail(f"unsupported operand type(s) for {SYMBOLS[op]}: {names}", why="complex numbers are not ordered",
             error=WengertTypeError)
    unsupported(op, a, b)


def _sum(op: str, a: Any, b: Any) -> Complex:
    """A real operand meets the real part only; the other part gets the shape and kind of the result."""
    if isinstance(a, Complex) and isinstance(b, Complex):
        return paired(arithmetic.binary(op, a.re, b.re), arithmetic.binary(op, a.im, b.im))
    if isinstance(a, Complex):
        return paired(arithmetic.binary(op, a.re, b), copied(a.im))
    return paired(arithmetic.binary(op, a, b.re), copied(b.im) if op == "Add" else negative(b.im))


def product(a: Any, b: Any) -> Complex:
    """``(a.re b.re - a.im b.im) + i (a.re b.im + a.im b.re)``"""
    if not isinstance(a, Complex):
        return paired(mul(a, b.re), mul(a, b.im))
    if not isinstance(b, Complex):
        return paired(mul(a.re, b), mul(a.im, b))
    for x, y in ((a, b), (b, a)):
        if _is_zero(x.re):  # i x.im (y.re + i y.im)
            return paired(negative(mul(x.im, y.im)), mul(x.im, y.re))
        if _is_zero(x.im):
            return paired(mul(x.re, y.re), mul(x.re, y.im))
    return paired(sub(mul(a.re, b.re), mul(a.im, b.im)), add(mul(a.re, b.im), mul(a.im, b.re)))


def quotient(a: Any, b: Any) -> Complex:
    """Smith's algorithm (1962), as in NumPy: the larger part of the denominator is divided by first."""
    if not isinstance(b, Complex):
        return paired(div(a.re, b), div(a.im, b))
    kind = common_kind(a, b)
    c, d = in_kind(b.re, kind), in_kind(b.im, kind)
    larger = compare_sizes(c, d)
    big, small = select(larger, c, d), select(larger, d, c)
    nothing = arithmetic.compare("Eq", big, 0)
    ratio = select(nothing, 0.0, div(small, select(nothing, 1.0, big)))
    scale = add(big, arithmetic.binary("Mult", small, ratio))
    x, y = (in_kind(part, kind) for part in parts_of(a))
    p, q = select(larger, x, y), select(larger, y, x)
    re = div(add(p, mul(q, ratio)), scale)
    im = div(sub(q, mul(p, ratio)), scale)
    return paired(re, select(larger, im, negative(im)))


def common_kind(a: Any, b: Any) -> Kind:
    """The kind in which NumPy computes with the parts of two operands."""
    kind = promote(*(x.kind if isinstance(x, Complex) else part_kind(x) for x in (a, b)))
    return kind if kind.is_float else Kind("f64", kind.weak)


def in_kind(x: Any, kind: Kind) -> Any:
    """A part in a float kind."""
    return array_of(x, kind.element, x.shape) if isinstance(x, Array) else number_of_kind(x, kind)


def compare_sizes(x: Any, y: Any) -> Any:
    """|x| >= |y|"""
    return arithmetic.compare("GtE", size(x), size(y))


def size(x: Any) -> Any:
    from wengert.frontend.numpy_table.elementwise import python_abs

    return abs(x) if is_number(x) else python_abs(x)


def select(condition: Any, x: Any, y: Any) -> Any:
    if isinstance(condition, (bool, np.bool_)):
        return x if condition else y
    return arithmetic.select(condition, x, y)


def select_complex(condition: Any, x: Any, y: Any) -> Complex:
    """``np.where(condition, x, y)``"""
    (a, b), (c, d) = parts_of(complex_operand(x)), parts_of(complex_operand(y))
    return paired(arithmetic.select(condition, a, c), arithmetic.select(condition, b, d))


def power(a: Any, b: Any) -> Any:
    """Whole exponents by products, others by ``exp(b log a)``; zero to a power with positive real part is zero."""
    whole = whole_number(b)
    if whole is not None and abs(whole) < LARGEST_POWER:
        a = a if isinstance(a, Complex) else paired(copied(a), zeros_like(a))
        raised = _whole_power(a, abs(whole))
        return raised if whole >= 0 else quotient(1.0, raised)
    kind = common_kind(a, b)
    return paired(*functions.power(*(in_kind(part, kind) for z in (a, b) for part in parts_of(z))))


def whole_number(x: Any) -> int | None:
    """The whole number an exponent is, if it is known."""
    if isinstance(x, Complex):
        return whole_number(x.re) if _is_zero(x.im) else None
    return int(x) if is_number(x) and float(x).is_integer() else None


def _whole_power(a: Complex, exponent: int) -> Complex:
    if exponent == 0:
        return paired(add(mul(a.re, 0.0), 1.0), mul(a.im, 0.0))
    result: Complex | None = None
    while exponent:
        if exponent & 1:
            result = a if result is None else product(result, a)
        exponent >>= 1
        a = product(a, a) if exponent else a
    assert result is not None
    return paired(copied(result.re), copied(result.im))


def unary(op: str, a: Complex) -> Any:
    """``-a``, ``+a``, ``not a``."""
    if op == "Not":
        return negated(truth(a))
    if op == "Invert":
        unsupported(op, a)
    if op == "UAdd":
        return paired(copied(a.re), copied(a.im))
    return paired(arithmetic.unary(op, a.re), arithmetic.unary(op, a.im))


# ---------------------------------------------------------------- comparisons and truth


def compare(op: str, a: Any, b: Any) -> Any:
    """``a == b`` and ``a != b``; complex numbers have no order."""
    a, b = complex_operand(a), complex_operand(b)
    if op not in ("Eq", "NotEq"):
        fail(
            f"'{SYMBOLS[op]}' not supported between instances of '{type_text(a)}' and '{type_text(b)}'",
            why="complex numbers are not ordered (NumPy compares arrays of them by real part first)",
            help="compare abs(z), z.real or z.imag",
            error=WengertTypeError if all(_is_python(x) for x in (a, b)) else UnsupportedError,
        )
    (x, y), (u, v) = parts_of(a), parts_of(b)
    first, second = arithmetic.compare(op, x, u), arithmetic.compare(op, y, v)
    if op == "Eq":
        return both_of(first, second)
    return not_(both_of(not_(first), not_(second)))


def _is_python(x: Any) -> bool:
    """Whether Python would have a number of its own there."""
    return (x.kind if isinstance(x, Complex) else part_kind(x)).weak


def both_of(a: Any, b: Any) -> Any:
    """``a & b`` of two truths or arrays of them."""
    if isinstance(a, Array) or isinstance(b, Array):
        return arithmetic.binary("BitAnd", a, b)
    if isinstance(a, (bool, np.bool_)) or isinstance(b, (bool, np.bool_)):
        return both(*(bool(x) if isinstance(x, np.bool_) else x for x in (a, b)))
    weak = a.weak and b.weak
    return elementwise_result([a, b], "i1", arithmetic.discrete.andi, Kind("i1", weak))


def not_(x: Any) -> Any:
    if isinstance(x, (bool, np.bool_)):
        return not x
    return elementwise_result([x], "i1", arithmetic.flip, Kind("i1", x.kind.weak))


def truth(x: Complex) -> Any:
    """What `if z` asks for."""
    if isinstance(x, ComplexArray):
        from wengert.frontend.broadcasting import same_extent
        from wengert.frontend.indexing import getitem

        if not same_extent(x.size, 1):
            fail("the truth value of an array with more than one element is ambiguous", error=WengertValueError,
                 help="use .any() or .all()")
        return truth(getitem(x, (0,) * x.ndim))
    return arithmetic.truth(compare("NotEq", x, 0))


# ---------------------------------------------------------------- in place


def inplace(op: str, a: Any, b: Any) -> Any:
    """``a op= b`` of arrays, one of which is complex: a changes."""
    result = binary(op, a, b)
    if not isinstance(a, ComplexArray):
        fail(
            f"cannot store the result of {SYMBOLS[op]}=, of dtype {result.dtype}, in an array of dtype {a.dtype}",
            why="an operation in place does not change the type of the array, as in NumPy",
            help=f"write a = a {SYMBOLS[op]} b, or make the array with a complex dtype",
            error=WengertTypeError,
        )
    if isinstance(result, ComplexArray) and result.ndim > a.ndim:
        fail(
            f"non-broadcastable output operand with shape {shape_text(a.shape)} doesn't match the broadcast shape "
            f"{shape_text(result.shape)}",
            error=WengertValueError,
        )
    x, y = parts_of(result)
    arithmetic.store_in_place(op, a.re, x)
    arithmetic.store_in_place(op, a.im, y)
    return a


__all__ = ["binary", "compare", "complex_operand", "inplace",
           "power", "product", "quotient", "select_complex", "truth", "unary"]
