"""Masks: which examples are active where a batched program follows one of several ways.

An inactive example must do nothing that it would not do on its own: fail a check, divide by zero, turn a gradient into
NaN.  So it computes with the values of the first active example, and what it computes is thrown away:

    safe(x) = select(active, x, stop_gradient(x[first]))

Nothing is evaluated that some example would not evaluate, and no cotangent of an inactive example comes out of
`safe`.  Arrays that are written under a mask are not copied: the elements of inactive examples are written back.
"""

from __future__ import annotations

from wengert.dialects.batching import Extent, for_all, lane, trailing
from wengert.dialects.bindings import Value, defining_op, ir, is_float, tensor_type
from wengert.dialects.build import constant, constant_like, create
from wengert.dialects.op import lookup_call


class Mask:
    """The examples that are active in a region.

    active: one bool an example.
    first: the number of the first active example, or None in a region that is harmless to run for inactive ones:
        there they compute with zeros.
    """

    def __init__(self, active: Value, size: Extent, first: Value | None) -> None:
        self.active, self.first, self._size = active, first, size
        self._anchor = None if first is None else defining_op(first)
        self._scalars: dict[Value, Value] = {}

    def scalar(self, x: Value) -> Value:
        """`safe` of one number an example that was computed outside of the region; once a region."""
        if x in self._scalars:
            return self._scalars[x]
        if self._anchor is None:  # no region inside: where it is asked for first is before all uses
            self._scalars[x] = self.safe(x)
        else:
            with ir.InsertionPoint.after(self._anchor):
                self._scalars[x] = self.safe(x)
            self._anchor = defining_op(self._scalars[x])
        return self._scalars[x]

    def safe(self, x: Value) -> Value:
        """x, and for inactive examples what it is for the first active one."""
        if self.first is None:
            other = constant_like(0.0, x)
        else:
            one = lane(x, self.first)
            other = for_all(lookup_call("diff.stop_gradient", one) if is_float(one.type) else one, self._size)
        return self.chosen(x, other)

    def chosen(self, x: Value, other: Value) -> Value:
        """x for active examples, `other` for the others."""
        return choose(self.active, x, other)


def choose(condition: Value, x: Value, y: Value) -> Value:
    """select(condition, x, y), the condition being one bool an example."""
    return x if x == y else lookup_call("arith.select", trailing(condition, x), x, y)


def masked(active: Value, size: Extent) -> Mask:
    """The mask of a region in which at least one example is active."""
    return Mask(active, size, _first(active, size))


def _first(active: Value, size: Extent) -> Value:
    """min over b of (active[b] ? b : last)."""
    i64 = ir.IntegerType.get_signless(64)
    sizes = [size] if isinstance(size, Value) else []
    numbers = create("nd.iota", [tensor_type(active.type.shape, i64)], sizes).result
    if sizes:
        count = create("arith.index_cast", [i64], sizes).result
        last = lookup_call("arith.subi", count, constant(1, i64))
    else:
        last = constant(size - 1, i64)
    candidates = lookup_call("arith.select", active, numbers, for_all(last, size))
    found = lookup_call("nd.reduce", candidates, kind="min", axes=(0,))
    return create("arith.index_cast", [ir.IndexType.get()], [found]).result


def both(a: Value, b: Value | None) -> Value:
    """The examples active in a, and in b if there is such a mask."""
    return a if b is None else lookup_call("arith.andi", a, b)


def neither(a: Value) -> Value:
    """The examples that are not active in a."""
    return lookup_call("arith.xori", a, constant_like(1, a))


def any_of(active: Value) -> Value:
    return lookup_call("nd.reduce", active, kind="any", axes=(0,))

