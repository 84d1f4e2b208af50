"""A power series in the IR: coefficients that are written when they are asked for, each once.

`at(k)` is the IR value of coefficient k, None where it is identically zero.  Coefficients are made in order, so that a
recurrence may ask for the earlier ones of the same series.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from wengert.dialects.bindings import Value
from wengert.dialects.build import constant_like
from wengert.dialects.op import lookup_call


class Series:
    """Coefficients 0 to `order`, of which `make(k)` writes one."""

    moves = True

    def __init__(self, make: Callable[[int], Value | None], order: float) -> None:
        self._make, self.order = make, order
        self._made: list[Value | None] = []

    def at(self, k: int) -> Value | None:
        """Coefficient k."""
        if k > self.order:
            raise IndexError(f"coefficient {k} of a series that is known to order {self.order}")
        while len(self._made) <= k:
            position = len(self._made)
            coefficient = self._make(position)
            assert len(self._made) == position, "a coefficient depends on itself"
            self._made.append(coefficient)
        return self._made[k]

    def complete(self, order: int) -> None:
        """Write all coefficients up to `order` now."""
        self.at(order)


class _Constant(Series):
    moves = False


def constant(value: Callable[[], Value]) -> Series:
    """A value that does not depend on t, made when it is asked for."""
    return _Constant(lambda k: value() if k == 0 else None, math.inf)


def given(coefficients: Sequence[Value | None], order: int) -> Series:
    """A series whose coefficients are there; those after them are zero."""
    return Series(lambda k: coefficients[k] if k < len(coefficients) else None, order)


class Derivative(Series):
    """x'(t): coefficient k is (k+1) x_{k+1}."""

    def __init__(self, series: Series) -> None:
        def make(k: int) -> Value | None:
            x = series.at(k + 1)
            return x if x is None or k == 0 else lookup_call("arith.mulf", x, constant_like(float(k + 1), x))

        super().__init__(make, series.order - 1)


def divided(x: Value, k: int) -> Value:
    """x / k"""
    return x if k == 1 else lookup_call("arith.divf", x, constant_like(float(k), x))
