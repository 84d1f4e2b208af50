"""Kinks: where an operation has no derivative, or jumps, and what is used for its derivative there (docs/kinks.md).

A record names its kinks.  `where` is a predicate of the operands (and attributes) in both worlds, elementwise like the
operation, or None when there is no kink with these attributes.  It holds at points only: nothing here says how close to
a kink a value is.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wengert.dialects.build import constant_like
from wengert.dialects.op import lookup_call

_OEQ, _OGT, _OLT, _OLE, _UNE = 1, 2, 4, 5, 13


@dataclass(frozen=True)
class Kink:
    """One kind of kink of an operation.

    Args:
        where: ``where(*operands, **attributes)`` -> whether the operands are there.
        convention: the derivative that is used, for the message.
        wrt: the operands whose derivative is meant; all by default.
    """

    where: Callable[..., Any]
    convention: str
    wrt: tuple[int, ...] | None = None


def compared(predicate: int, a: Any, b: Any) -> Any:
    """A comparison of floats."""
    return lookup_call("arith.cmpf", a, b, predicate=predicate)


def both(p: Any, q: Any) -> Any:
    return lookup_call("arith.andi", p, q)


def at(value: float, position: int = 0) -> Callable[..., Any]:
    """Where one operand has a value."""

    def where(*operands: Any, **_: Any) -> Any:
        return compared(_OEQ, operands[position], constant_like(value, operands[position]))

    return where


def at_size_one(x: Any, **_: Any) -> Any:
    return compared(_OEQ, lookup_call("math.absf", x), constant_like(1.0, x))


def tied(a: Any, b: Any, **_: Any) -> Any:
    return compared(_OEQ, a, b)


def at_integers(x: Any, **_: Any) -> Any:
    return compared(_OEQ, x, lookup_call("math.floor", x))


def at_integers_but_zero(x: Any, **_: Any) -> Any:
    """Truncation does not jump at 0."""
    return both(at_integers(x), compared(_UNE, x, constant_like(0.0, x)))


def between_integers(x: Any, **_: Any) -> Any:
    half = lookup_call("arith.subf", x, lookup_call("math.floor", x))
    return compared(_OEQ, half, constant_like(0.5, x))


def at_multiples(a: Any, b: Any, **_: Any) -> Any:
    """Where fmod(a, b) jumps: at the multiples of b but 0."""
    zero = constant_like(0.0, a)
    return both(compared(_OEQ, lookup_call("arith.remf", a, b), zero), compared(_UNE, a, zero))


def at_origin_or_cut(a: Any, b: Any, **_: Any) -> Any:
    """atan2(0, b) for b <= 0."""
    zero = constant_like(0.0, a)
    return both(compared(_OEQ, a, zero), compared(_OLE, b, zero))


def power_of_zero(a: Any, b: Any, **_: Any) -> Any:
    """0 ** b for b < 1, except the constant 0 ** 0 (as a function of the base)."""
    zero, one = constant_like(0.0, b), constant_like(1.0, b)
    return both(compared(_OEQ, a, zero), both(compared(_OLT, b, one), compared(_UNE, b, zero)))


def zero_to_no_positive_power(a: Any, b: Any, **_: Any) -> Any:
    """0 ** b, as a function of b, is 0 for b > 0 only."""
    zero = constant_like(0.0, a)
    return both(compared(_OEQ, a, zero), compared(_OLE, b, zero))


STEP = "0, the derivative on both sides of the jump"
EDGE = "that of the formula at the edge of the domain, infinite"
