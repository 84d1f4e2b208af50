"""Sums that loops only add to may be added up in any order, so that LLVM computes them in vectors.

``for ..: s += f(x[i])`` carries a number that each iteration does nothing with but add to it, or subtract from it:
nobody sees the partial sums, so their order is not observable except by rounding, and the error of several partial sums
is smaller than that of one (as in NumPy's own sums).  Such additions get the flag `reassoc`; additions a loop does
anything else with (compensated sums, running sums that are stored, recurrences) keep their order.  Products do, too:
their partial products could overflow where those of the program do not.

A sum may be handed through inner loops and branches, as long as those only add to it too.  Assumes scalar arithmetic in
scf; runs before tensors are lowered, so that primal and derivative accumulations are treated alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, terminator, walk
from wengert.dialects.control import FOR, IF, For, entry
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import ancestor_in

REASSOC = "#arith.fastmath<reassoc>"
#: An addition, and the operands that may be the sum so far.
_ADDITIONS = {"arith.addf": (0, 1), "arith.subf": (0,)}


@register_pass("reassociate")
@dataclass(frozen=True)
class Reassociate(Pass):
    """Allow any order of the additions to a number that a loop only adds to."""

    def run(self, module: Any) -> None:
        for op in walk(module, FOR):
            loop = For(op)
            for position, carry in enumerate(loop.carries):
                if isinstance(carry.type, ir.FloatType):
                    for addition in accumulation(carry, entry(op), position) or ():
                        addition.attributes["fastmath"] = ir.Attribute.parse(REASSOC)


def accumulation(value: Any, block: Any, position: int) -> list[Any] | None:
    """The additions that lead from `value` to what `block` yields at `position`; None if it has any other use."""
    additions: list[Any] = []
    end = terminator(block)
    while True:
        users = [(use, user) for use in value.uses if (user := ancestor_in(block, use.owner.operation)) is not None]
        uses = [use for use, _ in users]
        if len({user for _, user in users}) != 1:
            return None
        user = users[0][1]
        if user == end:
            return additions if [use.operand_number for use in uses] == [position] else None
        if user.name == IF:
            result = _through_if(value, user, additions)
        elif len(uses) == 1 and user == uses[0].owner.operation:
            result = _through(user, uses[0].operand_number, additions)
        else:
            result = None
        if result is None:
            return None
        value = user.results[result]


def _through(user: Any, operand: int, additions: list[Any]) -> int | None:
    """Which result of the only user of a sum is the sum; collects the additions."""
    if operand in _ADDITIONS.get(user.name, ()):
        additions.append(user)
        return 0
    if user.name != FOR or operand < 3:
        return None
    inner = accumulation(For(user).carries[operand - 3], entry(user), operand - 3)
    additions += inner or ()
    return None if inner is None else operand - 3


def _through_if(value: Any, user: Any, additions: list[Any]) -> int | None:
    """Which result of a branch is the sum: both sides hand it on, perhaps with something added."""
    for position in range(len(user.results)):
        sides: Sequence[list[Any] | None] = [accumulation(value, entry(user, k), position) for k in range(2)]
        if None not in sides:
            additions += [addition for side in sides for addition in side or ()]
            return position
    return None
