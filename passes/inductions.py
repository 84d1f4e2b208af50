"""`inductions`: carried integers that grow by the same amount each iteration become functions of the counter.

    for i in lower..upper step s, carrying p:  ... p ...;  yield p + c     =>     p = p0 + (i - lower)/s * c

Assumes nothing.  A position that a program counts itself (``p += 1`` beside ``for i in range(n)``) is index arithmetic
then, which a reverse sweep computes and the others would have had to store once an iteration, and of which
passes/affine.py knows the range.  Exact, also where integers wrap around.  Inner loops come first: what they add to a
position may be the same in every iteration of the loop around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, walk
from wengert.dialects.build import constant, create
from wengert.dialects.control import FOR, For
from wengert.dialects.op import lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.purity import Effects, constant_integer
from wengert.passes.simplify import chosen_functions, simplify_function
from wengert.passes.trips import iteration, trip_count
from wengert.passes.value_numbering import inside


@register_pass("inductions")
@dataclass(frozen=True)
class Inductions(Pass):
    """Express carried integers that grow evenly by the counters of their loops.

    Args:
        function: the function to work on; all of them by default.
    """

    function: str = ""

    def run(self, module: Any) -> None:
        effects = Effects(module)
        for func in chosen_functions(module, self.function):
            found = [_substitute(op) for op in reversed(walk(func, FOR))]  # all of them, inner loops first
            if any(found):
                simplify_function(func, effects)


def _substitute(op: Any) -> bool:
    """Replace the uses of the evenly growing integers that a loop carries; whether there were any."""
    loop, found = For(op), False
    for position, carry in enumerate(loop.carries):
        growth = _growth(op, carry, loop.yields[position])
        if growth is not None and any(True for value in (carry, op.results[position]) for _ in value.uses):
            found |= _replace(op, position, growth)
    return found


def _growth(loop: Any, carry: Value, end: Value) -> Value | None:
    """What is added to the carried integer in each iteration, if that is the same in all of them."""
    if not (isinstance(carry.type, ir.IndexType) or carry.type == ir.IntegerType.get_signless(64)):
        return None
    op = defining_op(end)
    if op is None or op.name != "arith.addi":
        return None
    amounts = [y for x, y in (list(op.operands), list(op.operands)[::-1]) if x == carry and not inside(y, loop)]
    return amounts[0] if amounts else None


def _replace(op: Any, position: int, growth: Value) -> bool:
    loop = For(op)
    carry, result, init = loop.carries[position], op.results[position], loop.inits[position]
    lower, upper, step = loop.bounds
    used = any(use.owner.operation != defining_op(loop.yields[position]) for use in carry.uses)
    if used:
        with op.location, ir.InsertionPoint.at_block_begin(loop.block):
            value = _grown(init, iteration(loop.iv, lower, step), growth)
        carry.replace_all_uses_with(value)
    if any(True for _ in result.uses):
        with op.location, ir.InsertionPoint(op):
            trips = lookup_call("arith.maxsi", trip_count(lower, upper, step), constant(0, ir.IndexType.get()))
            value = _grown(init, trips, growth)
        result.replace_all_uses_with(value)
        used = True
    return used


def _grown(init: Value, times: Value, growth: Value) -> Value:
    """init + times * growth."""
    if times.type != init.type:
        times = create("arith.index_cast", [init.type], [times]).result
    if constant_integer(growth) != 1:
        times = lookup_call("arith.muli", times, growth)
    return lookup_call("arith.addi", init, times)
