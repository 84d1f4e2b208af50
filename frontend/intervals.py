"""What is known of an integer while tracing: an interval, and its form as a sum of other integers.

Intervals prove that an index is inside of its array, so that no check is emitted.  Forms prove that two extents are
equal (`a[i : i + 2]` has two elements) although neither is known.  Both treat integers as unbounded: an overflow of
int64 in an index computation is not followed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Bound = int | None


class Interval(NamedTuple):
    """All integers from low to high, both included; None is unbounded."""

    low: Bound = None
    high: Bound = None

    @classmethod
    def exactly(cls, value: int) -> Interval:
        return cls(value, value)

    def __neg__(self) -> Interval:
        return Interval(_minus(self.high), _minus(self.low))

    def plus(self, other: Interval) -> Interval:
        return Interval(_plus(self.low, other.low), _plus(self.high, other.high))

    def minus(self, other: Interval) -> Interval:
        return self.plus(-other)

    def times(self, other: Interval) -> Interval:
        ends = (self.low, self.high), (other.low, other.high)
        if None not in ends[0] and None not in ends[1]:
            products = [a * b for a in ends[0] for b in ends[1]]  # type: ignore[operator]
            return Interval(min(products), max(products))
        if self.low is not None and other.low is not None and self.low >= 0 and other.low >= 0:
            return Interval(self.low * other.low, None)
        return Interval()

    def divided(self, by: int) -> Interval:
        """Floor division by a positive number."""
        return Interval(None if self.low is None else self.low // by, None if self.high is None else self.high // by)

    def modulo(self, by: int) -> Interval:
        """The remainder, with the sign of the divisor, of a division by a positive number."""
        if self.low is not None and self.high is not None and self.low >= 0 and self.high < by:
            return self
        return Interval(0, by - 1)

    def smaller(self, other: Interval) -> Interval:
        """Of min(x, y)."""
        return Interval(_least(self.low, other.low), _either(self.high, other.high, min))

    def larger(self, other: Interval) -> Interval:
        """Of max(x, y)."""
        return -((-self).smaller(-other))

    def absolute(self) -> Interval:
        return self.larger(-self).larger(Interval.exactly(0))

    def union(self, other: Interval) -> Interval:
        return Interval(_least(self.low, other.low), _minus(_least(_minus(self.high), _minus(other.high))))


def _minus(x: Bound) -> Bound:
    return None if x is None else -x


def _plus(x: Bound, y: Bound) -> Bound:
    return None if x is None or y is None else x + y


def _least(x: Bound, y: Bound) -> Bound:
    """The minimum where None is minus infinity."""
    return None if x is None or y is None else min(x, y)


def _either(x: Bound, y: Bound, choose: Any) -> Bound:
    """The tighter of two bounds, either of which is valid."""
    if x is None or y is None:
        return y if x is None else x
    return int(choose(x, y))


@dataclass(eq=False)
class Unknown:
    """An integer known only at run time: one object for each, whatever IR value stands for it.

    Args:
        low, high: bounds, both included, as far as they are known.
        below: forms that it is less than, wherever code that uses it runs.
    """

    low: Bound = None
    high: Bound = None
    below: tuple[Form, ...] = ()

    def extremes(self, largest: bool) -> list[Form]:
        """Forms that it does not exceed, or does not fall below."""
        bound = self.high if largest else self.low
        known = [] if bound is None else [Form(constant=bound)]
        return known + [form.plus(Form(constant=-1)) for form in self.below] if largest else known


@dataclass(frozen=True)
class Form:
    """``constant + sum(factor * unknown)``."""

    terms: Mapping[Unknown, int] = field(default_factory=dict)
    constant: int = 0

    @classmethod
    def of(cls, unknown: Unknown) -> Form:
        return cls({unknown: 1})

    def plus(self, other: Form, factor: int = 1) -> Form:
        terms = dict(self.terms)
        for unknown, coefficient in other.terms.items():
            terms[unknown] = terms.get(unknown, 0) + factor * coefficient
        return Form({u: c for u, c in terms.items() if c}, self.constant + factor * other.constant)

    def times(self, factor: int) -> Form:
        return Form().plus(self, factor)

    def minus(self, other: Form) -> int | None:
        """The difference when it is a known number."""
        difference = self.plus(other, -1)
        return None if difference.terms else difference.constant

    def is_negative(self, depth: int = 4) -> bool:
        """Whether it is below zero for certain: one unknown after the other is replaced by what bounds it."""
        if not self.terms:
            return self.constant < 0
        return depth > 0 and any(
            self.plus(extreme.plus(Form.of(unknown), -1), factor).is_negative(depth - 1)
            for unknown, factor in self.terms.items()
            for extreme in unknown.extremes(factor > 0)
        )
