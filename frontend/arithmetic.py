"""Operators on traced values: NumPy 2's types, broadcasting, Python's rules for integers, writes in place.

What is a Python value on both sides stays one.  Where NumPy takes part, NumPy says of which type the result is
(`conversions.resolved`).  Division of floats by zero gives inf or nan, of NumPy's integers 0, as in NumPy; of Python's
integers it is a ZeroDivisionError at run time.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects import discrete, elementwise
from wengert.dialects.build import constant_like
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend import division
from wengert.frontend.broadcasting import form_of, interval_of
from wengert.frontend.capture import captured, made, made_new, stays_python
from wengert.frontend.comparison import both, compare, flip, negated, select, truth
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, has_complex
from wengert.frontend.conversions import DTYPES, Kind, bounds_of, can_store, is_signed, promote, resolved
from wengert.frontend.journal import CONTAINERS
from wengert.frontend.masks import Masked, is_selection
from wengert.frontend.operands import (
    PYTHON,
    SYMBOLS,
    Operand,
    elementwise_result,
    is_number,
    is_operand,
    kind_of,
    operand,
    type_text,
    unsupported,
)
from wengert.frontend.texts import Text, percent
from wengert.frontend.trace import current, fail, note_weak
from wengert.frontend.user_operators import user_operator
from wengert.frontend.values import Array, Scalar, Traced, shape_text

IN_PLACE: dict[str, Callable[..., Any]] = {
    "Add": operator.iadd,
    "Sub": operator.isub,
    "Mult": operator.imul,
    "Div": operator.itruediv,
    "FloorDiv": operator.ifloordiv,
    "Mod": operator.imod,
    "Pow": operator.ipow,
    "MatMult": operator.imatmul,
    "BitAnd": operator.iand,
    "BitOr": operator.ior,
    "BitXor": operator.ixor,
    "LShift": operator.ilshift,
    "RShift": operator.irshift,
}

# ---------------------------------------------------------------- binary operators


def binary(op: str, a: Any, b: Any) -> Any:
    """``a op b``; op is the name of the class in Python's ast, "Add" ... "MatMult"."""
    if op == "Mod" and isinstance(a, str):
        return percent(a, b)
    if isinstance(a, Text) or isinstance(b, Text):
        return PYTHON[op](a, b)
    if not isinstance(a, Traced) and not isinstance(b, Traced) and stays_python(a) and stays_python(b):
        result = user_operator(op, a, b)
        if result is NotImplemented:
            result = made(PYTHON[op](a, b))
            if isinstance(result, CONTAINERS):
                made_new(result)
        return result
    if not is_operand(a) or not is_operand(b):
        result = user_operator(op, a, b)
        return _refuse_operands(op, a, b) if result is NotImplemented else result
    if op == "Mult" and isinstance(a, (list, tuple)) and isinstance(b, Scalar) and b.element == "i64":
        current().need_static(b, "it is the number of repetitions of a Python sequence")
    if has_complex(a) or has_complex(b):
        return _of_complex().binary(op, a, b)
    a, b = operand(a), operand(b)
    if op == "MatMult":
        from wengert.frontend.numpy_table.products import matmul

        return matmul(a, b)
    return _BINARY[op](op, a, b, _kind_of_result(op, a, b))


def _of_complex() -> Any:
    """The same operators for complex operands."""
    from wengert.frontend.complex_numbers import arithmetic

    return arithmetic


def _refuse_operands(op: str, a: Any, b: Any) -> Any:
    if isinstance(a, str) and op == "Mult" and isinstance(b, Scalar):
        current().need_static(b, "it is the number of repetitions of a string")
    return unsupported(op, a, b)


UFUNCS: dict[str, np.ufunc] = {
    "Add": np.add,
    "Sub": np.subtract,
    "Mult": np.multiply,
    "Div": np.true_divide,
    "FloorDiv": np.floor_divide,
    "Mod": np.remainder,
    "Pow": np.power,
    "BitAnd": np.bitwise_and,
    "BitOr": np.bitwise_or,
    "BitXor": np.bitwise_xor,
    "LShift": np.left_shift,
    "RShift": np.right_shift,
    "USub": np.negative,
    "UAdd": np.positive,
    "Invert": np.invert,
}


def _kind_of_result(op: str, *operands: Operand) -> Kind:
    """The kind of the result, in which the operation is computed as well: Python's for its numbers, else NumPy's."""
    kinds = [kind_of(x) for x in operands]
    note_weak(any(kind.element == "i1" for kind in kinds))
    if not all(kind.weak for kind in kinds):
        return Kind(resolved(UFUNCS[op], *kinds)[-1], False)
    kind = kinds[0] if len(kinds) == 1 else promote(*kinds)
    if kind.is_float and op in _ON_BITS:
        unsupported(op, *operands)
    if op == "Div" and not kind.is_float:
        return Kind("f64", True)
    arithmetic = op not in ("BitAnd", "BitOr", "BitXor")
    return Kind("i64", True) if kind.element == "i1" and arithmetic else kind


_ON_BITS = ("BitAnd", "BitOr", "BitXor", "LShift", "RShift", "Invert")


def _sum(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    if kind.element == "i1":
        return elementwise_result([a, b], "i1", discrete.ori if op == "Add" else discrete.andi, kind)
    if kind.is_float:
        build = {"Add": elementwise.addf, "Sub": elementwise.subf, "Mult": elementwise.mulf}[op]
        return elementwise_result([a, b], kind.element, build, kind)
    build = {"Add": discrete.addi, "Sub": discrete.subi, "Mult": discrete.muli}[op]
    if not isinstance(a, Array) and not isinstance(b, Array):
        if _is_neutral(op, a, b):
            return a
        if _is_neutral(op, b, a) and op != "Sub":
            return b
    result = elementwise_result([a, b], kind.element, build, kind)
    return _with_facts(op, result, a, b) if isinstance(result, Scalar) else result


def _is_neutral(op: str, x: Operand, y: Operand) -> bool:
    """Whether x op y is x, of the same type."""
    return isinstance(x, Scalar) and x.kind == ("i64", True) and type(y) is int and y == (1 if op == "Mult" else 0)


def _with_facts(op: str, result: Scalar, a: Operand, b: Operand) -> Scalar:
    """Interval and form of an integer sum, difference or product; that an int64 overflows is not followed."""
    x, y = interval_of(a), interval_of(b)
    interval = x.plus(y) if op == "Add" else x.minus(y) if op == "Sub" else x.times(y)
    if result.element != "i64":
        least, most = bounds_of(result.element)
        if interval.low is not None and interval.high is not None and least <= interval.low <= interval.high <= most:
            result.low, result.high = interval
        return result
    result.low, result.high = (bound if bound is not None and abs(bound) < 2**62 else None for bound in interval)
    if op != "Mult":
        result._form = form_of(a).plus(form_of(b), 1 if op == "Add" else -1)
    elif not isinstance(a, Scalar):
        result._form = form_of(b).times(int(a))
    elif not isinstance(b, Scalar):
        result._form = form_of(a).times(int(b))
    return result


def _true_divide(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    return elementwise_result([a, b], kind.element, elementwise.divf, kind)


def _floor_divide(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    if kind.is_float:
        build = division.float_floor_divide if op == "FloorDiv" else division.float_remainder
        return elementwise_result([a, b], kind.element, build, kind)
    _note_numbers(a, b)
    if kind.weak:
        check_divisor(b)
    builds = division.QUOTIENTS if op == "FloorDiv" else division.REMAINDERS
    result = elementwise_result([a, b], kind.element, builds[is_signed(kind.element), is_plain_divisor(b)], kind)
    if isinstance(result, Scalar) and isinstance(b, (int, np.integer)) and b > 0:
        facts = interval_of(a).divided(int(b)) if op == "FloorDiv" else interval_of(a).modulo(int(b))
        result.low, result.high = facts
    return result


def _note_numbers(a: Operand, b: Operand) -> None:
    """Of numbers, this operation is another one if they are Python's."""
    note_weak(not isinstance(a, (Array, Masked)) and not isinstance(b, (Array, Masked)))


def is_plain_divisor(b: Operand) -> bool:
    """Whether an integer divisor is certainly neither 0 nor -1, with which the machine's division may fail."""
    if isinstance(b, Array):
        return False
    low, high = interval_of(b)
    return (low is not None and low > 0) or (high is not None and high < -1)


def check_divisor(b: Operand) -> None:
    """A run-time check that a Python int is not zero (the division that follows gives 0 there)."""
    if is_number(b):
        if b == 0:
            current().check(False, "ZeroDivisionError", "integer division or modulo by zero")
        return
    low, high = interval_of(b)
    if (low is None or low <= 0) and (high is None or high >= 0):
        current().check(compare("NotEq", b, 0), "ZeroDivisionError", "integer division or modulo by zero")


def _bitwise(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    build = {"BitAnd": discrete.andi, "BitOr": discrete.ori, "BitXor": discrete.xori}[op]
    return elementwise_result([a, b], kind.element, build, kind)


def _shift(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    _note_numbers(a, b)
    if kind.weak and (interval_of(b).low is None or interval_of(b).low < 0):  # type: ignore[operator]
        current().check(compare("GtE", b, 0), "ValueError", "negative shift count")
    build = division.shift_left if op == "LShift" else division.SHIFTS_RIGHT[is_signed(kind.element)]
    return elementwise_result([a, b], kind.element, build, kind)


def _power(op: str, a: Operand, b: Operand, kind: Kind) -> Any:
    whole = int(b) if is_number(b) and float(b).is_integer() else None
    if not kind.is_float:
        return _integer_power(a, b, kind, whole)
    if whole is not None and abs(whole) <= division.LARGEST_PRODUCT:
        return _constant_power(a, whole, kind)
    if is_number(b) and b == 0.5 and isinstance(a, Array):
        return elementwise_result([a], kind.element, elementwise.sqrt, kind)  # as NumPy does
    return elementwise_result([a, b], kind.element, elementwise.powf, kind)


def _constant_power(a: Operand, exponent: int, kind: Kind) -> Any:
    multiply = elementwise.mulf if kind.is_float else discrete.muli

    def build(x: Any) -> Any:
        one = constant_like(1, x)
        if exponent == 0:
            return one
        power = division.product_power(x, abs(exponent), multiply)
        return power if exponent > 0 else elementwise.divf(one, power)

    return elementwise_result([a], kind.element, build, kind)


def _integer_power(a: Operand, b: Operand, kind: Kind, whole: int | None) -> Any:
    _note_numbers(a, b)
    if whole is not None and whole < 0 and is_signed(kind.element):
        if kind.weak:
            return (
                _constant_power(a, whole, Kind("f64", True))
                if whole >= -division.LARGEST_PRODUCT
                else _power("Pow", a, float(whole), Kind("f64", True))
            )
        fail(
            "integers to negative integer powers are not allowed",
            error=WengertValueError,
            help="use a float base or exponent",
        )
    if whole is not None and 0 <= whole <= division.LARGEST_PRODUCT:
        return _constant_power(a, whole, kind)
    low = interval_of(b).low if not isinstance(b, Array) else None
    if not is_signed(kind.element):
        return elementwise_result([a, b], kind.element, division.unsigned_power, kind)
    if low is None or low < 0:
        negative = compare("Lt", b, 0)
        if isinstance(negative, Array):
            from wengert.frontend.numpy_table.reductions import reduce_truth

            negative = reduce_truth("any", negative)
        current().check(negated(negative), "ValueError", "integers to negative integer powers are not allowed")
        b = select(compare("Lt", b, 0), 0, b)
    return elementwise_result([a, b], kind.element, discrete.ipowi, kind)


_BINARY: dict[str, Callable[[str, Operand, Operand, Kind], Any]] = {
    "Add": _sum,
    "Sub": _sum,
    "Mult": _sum,
    "Div": _true_divide,
    "FloorDiv": _floor_divide,
    "Mod": _floor_divide,
    "Pow": _power,
    "BitAnd": _bitwise,
    "BitOr": _bitwise,
    "BitXor": _bitwise,
    "LShift": _shift,
    "RShift": _shift,
}


# ---------------------------------------------------------------- in place


def inplace(op: str, a: Any, b: Any) -> Any:
    """``a op= b``: arrays and Python containers change, other values give a new one; the value `a` is bound to then."""
    if isinstance(a, np.ndarray):
        a = captured(a)
    if isinstance(a, ComplexArray) or (isinstance(a, Array) and has_complex(b)):
        return _of_complex().inplace(op, a, b)
    if isinstance(a, Array):
        return store_in_place(op, a, binary(op, a, b))
    if isinstance(a, CONTAINERS):
        current().region.journal.before_mutation(a)
        return IN_PLACE[op](a, b)
    if isinstance(a, Traced):
        return binary(op, a, b)
    if not is_number(a):
        result = user_operator(op, a, b, in_place=True)
        if result is not NotImplemented:
            return result
    return binary(op, a, b)


def check_stored(op: str, element: str, target: Array) -> None:
    """NumPy's refusal to change the type of an array in place."""
    if not can_store(element, target.element):
        fail(
            f"cannot store the result of {SYMBOLS[op]}=, of dtype {DTYPES[element]}, in an array of dtype "
            f"{target.dtype}",
            why="an operation in place does not change the type of the array, as in NumPy",
            help=f"write a = a {SYMBOLS[op]} b, or make the array with a floating dtype",
            error=WengertTypeError,
        )


def store_in_place(op: str, target: Array, result: Any) -> Array:
    """Writes the result of an operation into `target`, which it must fit."""
    check_stored(op, result.element, target)
    if isinstance(target, Masked) and isinstance(result, Masked) and is_selection(target):
        target.update(result)
        return target
    if isinstance(result, Array):
        padded = (1,) * (target.ndim - result.ndim) + result.shape
        certain = [(n, m) for n, m in zip(padded, target.shape) if isinstance(n, int) and isinstance(m, int)]
        if len(padded) > target.ndim or any(n not in (1, m) for n, m in certain):
            fail(
                f"non-broadcastable output operand with shape {shape_text(target.shape)} doesn't match the broadcast "
                f"shape {shape_text(result.shape)}",
                error=WengertValueError,
            )
    from wengert.frontend.indexing import assign

    assign(target, result)
    return target


# ---------------------------------------------------------------- unary operators and truth


def unary(op: str, a: Any) -> Any:
    """``-a``, ``+a``, ``~a`` or ``not a``."""
    if isinstance(a, np.ndarray) and not stays_python(a):
        a = captured(a)
    if not isinstance(a, Traced):
        result = user_operator(op, a)
        return made(PYTHON[op](a)) if result is NotImplemented else result
    if isinstance(a, Complex):
        return _of_complex().unary(op, a)
    if op == "Not":
        return negated(truth(a))
    kind = _kind_of_result(op, a)
    if op == "Invert":
        return elementwise_result([a], kind.element, flip, kind)
    if op == "UAdd":
        return elementwise_result([a], kind.element, lambda x: x, kind)
    if kind.is_float:
        return elementwise_result([a], kind.element, elementwise.negf, kind)
    return _sum("Sub", 0, a, kind)


__all__ = [
    "binary",
    "both",
    "compare",
    "elementwise_result",
    "inplace",
    "is_plain_divisor",
    "is_number",
    "kind_of",
    "operand",
    "select",
    "store_in_place",
    "truth",
    "type_text",
    "unary",
]
