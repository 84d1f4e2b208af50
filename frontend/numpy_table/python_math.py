"""Functions of Python's `math` that NumPy has not: of several numbers, of sequences, and of integers."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from wengert.dialects import diff, discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpf
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.dialects.structural import select as select_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.conversions import Kind
from wengert.frontend.numpy_programs import integers as programs
from wengert.frontend.numpy_table.elementwise import python_number
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.reductions import prod, sum_
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.operands import elementwise_result, kind_of, operand, type_text
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar

# ---------------------------------------------------------------- distances


def _length(*numbers: Any) -> Any:
    """``s sqrt(sum (x / s)^2)`` with s the largest size: no square overflows.  s has no share in the derivative."""
    first = numbers[0]
    one = constant_like(1.0, first)
    sizes = [ops.absf(diff.stop_gradient(x)) for x in numbers]
    scale = sizes[0]
    for size in sizes[1:]:
        scale = ops.maximumf(scale, size)
    usable = discrete.andi(cmpf("ogt", scale, constant_like(0.0, first)), discrete.isfinite(scale))
    scale = select_values(usable, scale, one)
    total = None
    for x in numbers:
        share = ops.divf(x, scale)
        square = ops.mulf(share, share)
        total = square if total is None else ops.addf(total, square)
    return ops.mulf(scale, ops.sqrt(total))


@covers(math.hypot)
def math_hypot(*coordinates: Any) -> Any:
    numbers = [python_number(x, "hypot") for x in coordinates]
    if not numbers:
        return 0.0
    return elementwise_result(numbers, "f64", ops.absf if len(numbers) == 1 else _length, Kind("f64", True))


@covers(math.dist)
def math_dist(p: Any, q: Any, /) -> Any:
    """The distance of two points, given as sequences or vectors."""
    a, b = _numbers(p), _numbers(q)
    if len(a) != len(b):
        fail("both points must have the same number of dimensions", error=WengertValueError)
    return math_hypot(*(binary("Sub", x, y) for x, y in zip(a, b)))


def _numbers(points: Any) -> list[Any]:
    """The elements of a sequence, or of a vector whose extent is known."""
    x = points if isinstance(points, (list, tuple)) else operand(points)
    if isinstance(x, Array) and (x.ndim != 1 or not isinstance(x.shape[0], int)):
        fail(f"a sequence of numbers is needed, not {type_text(x)}", error=WengertTypeError)
    return list(x)


# ---------------------------------------------------------------- sums and products


@covers(math.prod, python=False)
def math_prod(iterable: Any, /, *, start: Any = 1) -> Any:
    if isinstance(iterable, Array):
        return binary("Mult", start, prod(iterable, axis=0))
    result = start
    for x in iterable:
        result = binary("Mult", result, x)
    return result


def math_sumprod(p: Any, q: Any, /) -> Any:
    """``sum(p[i] q[i])``"""
    if isinstance(p, Array) and isinstance(q, Array) and p.shape == q.shape and p.ndim == 1:
        return sum_(binary("Mult", p, q))
    a, b = _numbers(p), _numbers(q)
    if len(a) != len(b):
        fail("Inputs are not the same length", error=WengertValueError)
    result: Any = 0
    for x, y in zip(a, b):
        result = binary("Add", result, binary("Mult", x, y))
    return result


if hasattr(math, "sumprod"):  # Python 3.12
    enter(math_sumprod, math.sumprod)


def _nearest_remainder(x: Any, y: Any) -> Any:
    """``x - n y`` with n the integer nearest to x / y, ties to even; exact, and with n constant."""
    still_x, still_y = diff.stop_gradient(x), diff.stop_gradient(y)
    size, period = ops.absf(still_x), ops.absf(still_y)
    rest = ops.remf(size, period)
    beyond = ops.subf(period, rest)
    # In the middle, n even: rest or rest - period, by the parity of the quotient.
    half = ops.mulf(constant_like(0.5, x), ops.subf(size, rest))
    middle = ops.subf(rest, ops.mulf(constant_like(2.0, x), ops.remf(half, period)))
    rest = select_values(
        cmpf("olt", rest, beyond), rest, select_values(cmpf("ogt", rest, beyond), ops.negf(beyond), middle)
    )
    rest = select_values(discrete.isinf(period), size, rest)
    rest = ops.mulf(ops.copysign(constant_like(1.0, x), still_x), rest)
    count = ops.roundeven(ops.divf(ops.subf(still_x, rest), still_y))
    moved = ops.subf(ops.subf(x, still_x), ops.mulf(count, ops.subf(y, still_y)))
    return select_values(discrete.isinf(period), x, ops.addf(rest, moved))


@covers(math.remainder)
def math_remainder(x: Any, y: Any) -> Any:
    operands = [python_number(x, "remainder"), python_number(y, "remainder")]
    return elementwise_result(operands, "f64", _nearest_remainder, Kind("f64", True))


# ---------------------------------------------------------------- integers


def _integers(name: str, *values: Any) -> list[Any]:
    found = [python_number(x, name) for x in values]
    for x in found:
        if kind_of(x).is_float:
            fail(f"'{type_text(x)}' object cannot be interpreted as an integer", error=WengertTypeError)
    # Python's integers: what the programs compute is int64.
    return [Scalar(current().cast(x, "i64"), "i64", True, *x.interval, x.origins) if isinstance(x, Scalar) else x
            for x in found]


def _of_integers(name: str, program: Callable[..., Any], count: int) -> Callable[..., Any]:
    def handler(*values: Any) -> Any:
        if len(values) != count:
            fail(f"math.{name}() takes {count} arguments ({len(values)} given)", error=WengertTypeError)
        return traced(program, *_integers(name, *values))

    return handler


enter(_of_integers("factorial", programs.factorial, 1), math.factorial)
enter(_of_integers("isqrt", programs.integer_root, 1), math.isqrt)
enter(_of_integers("comb", programs.combinations, 2), math.comb)


@covers(math.perm)
def math_perm(n: Any, k: Any = None) -> Any:
    if k is None:
        return traced(programs.factorial, *_integers("perm", n))
    return traced(programs.permutations, *_integers("perm", n, k))


def _folded(name: str, program: Callable[..., Any], start: int) -> Callable[..., Any]:
    def handler(*integers: Any) -> Any:
        result: Any = start
        for x in _integers(name, *integers):
            result = traced(program, result, x)
        return result

    return handler


enter(_folded("gcd", programs.common_divisor, 0), math.gcd)
enter(_folded("lcm", programs.common_multiple, 1), math.lcm)
