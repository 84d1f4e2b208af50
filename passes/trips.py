"""Counting the iterations of a loop: the normal form ``for k in 0..n`` that linear parts of programs have.

    n = ceildiv(upper - lower, step),    iv = lower + k*step,    k = (iv - lower)/step

A loop that does not run has n <= 0.  Loops may have bounds of type index or i64; counts and counters are of type index.
The functions emit at the current insertion point and fold what is constant.
"""

from __future__ import annotations

from wengert.dialects.bindings import Value, defining_op, ir
from wengert.dialects.build import cast_index, create, index
from wengert.dialects.op import lookup_call


def constant_of(value: Value) -> int | None:
    """The integer a value always is, when it is an `arith.constant`."""
    op = defining_op(value)
    if op is None or op.name != "arith.constant":
        return None
    return int(ir.IntegerAttr(op.attributes["value"]).value)


def is_normal(lower: Value, step: Value) -> bool:
    """Whether a loop counts 0, 1, 2, ..."""
    return constant_of(lower) == 0 and constant_of(step) == 1


def trip_count(lower: Value, upper: Value, step: Value) -> Value:
    """The number of iterations (at most 0 when there is none), as an index."""
    extents = [constant_of(v) for v in (lower, upper, step)]
    if None not in extents:
        return index(len(range(*extents)))  # type: ignore[arg-type]
    if is_normal(lower, step):
        return cast_index(upper)
    length = upper if extents[0] == 0 else lookup_call("arith.subi", upper, lower)
    if extents[2] != 1:
        length = lookup_call("arith.ceildivsi", length, step)
    return cast_index(length)


def iteration(iv: Value, lower: Value, step: Value) -> Value:
    """The number k of the iteration in which the induction variable is `iv`."""
    if constant_of(lower) != 0:
        iv = lookup_call("arith.subi", iv, lower)
    if constant_of(step) != 1:
        iv = lookup_call("arith.divui", iv, step)
    return cast_index(iv)


def induction(k: Value, lower: Value, step: Value) -> Value:
    """The induction variable (of the type of `lower`) in iteration k."""
    if k.type != lower.type:
        k = create("arith.index_cast", [lower.type], [k]).result
    if constant_of(step) != 1:
        k = lookup_call("arith.muli", k, step)
    return k if constant_of(lower) == 0 else lookup_call("arith.addi", lower, k)
