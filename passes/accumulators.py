"""`accumulators`: what a loop adds to one element of an array is summed up in a number.

    for j:                                    s = 0
        g[i] = g[i] + u(j)          ->        for j:
        g[j] = g[j] - v(j)                        s = s + u(j)
                                                  g[j] = g[j] - v(j)
                                              g[i] = g[i] + s

Adjoints look like the left side.  As long as a loop does nothing to an array but add to elements of it, additions may
change places, even if `i` and `j` meet: no alias has to be ruled out.  The number needs no memory, and `reassociate`
lets its sum be taken in any order.  Unlike `promote`, which keeps the element itself, this allows other additions to
the array in the same loop; unlike it, results change by rounding.

Assumes loops on tensors; a loop that may not run at all is left alone unless the element is surely inside of the array.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_float, is_tensor, terminator, walk
from wengert.dialects.build import constant, create
from wengert.dialects.control import FOR, For, functions, yield_
from wengert.dialects.op import lookup_call, raw_attributes
from wengert.passes.affine import equal
from wengert.passes.base import Pass, register_pass
from wengert.passes.promote import exists_before
from wengert.passes.value_numbering import inside


@register_pass("accumulators")
@dataclass(frozen=True)
class Accumulators(Pass):
    """Sum up in numbers what loops add to elements that stay the same."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            for op in reversed(walk(func, FOR)):
                found = [place for place in map(_only_added_to, _carried_arrays(op)) if place]
                additions = [a for place in found for a in place if _stays(op, a)]
                if additions:
                    _sum_up(op, additions)


@dataclass(frozen=True)
class _Addition:
    """``array[indices] = array[indices] + x`` (or minus): the three operations.

    Args:
        position: which carried value the array is.
        indices: the element.
    """

    read: Any
    sum: Any
    write: Any
    position: int
    indices: list[Value]


def _carried_arrays(op: Any) -> list[tuple[Any, int]]:
    return [(op, k) for k, carry in enumerate(For(op).carries) if is_tensor(carry.type) and is_float(carry.type)]


def _only_added_to(place: tuple[Any, int]) -> list[_Addition] | None:
    """The additions a loop makes itself to an array it carries; None if it does anything else with it."""
    op, position = place
    loop = For(op)
    version, end = loop.carries[position], loop.yields[position]
    found: list[_Addition] = []
    while version != end:
        users = [use.owner.operation for use in version.uses]
        inner = [u for u in users if u.name == FOR]
        if inner:
            if len(users) != 1:
                return None
            number = list(inner[0].operands).index(version) - 3
            if number < 0 or _only_added_to((inner[0], number)) is None:
                return None
            version = For(inner[0]).results[number]
            continue
        addition = _addition(version, users, position)
        if addition is None or addition.write.block != loop.block:
            return None
        found.append(addition)
        version = addition.write.results[0]
    return found if len(list(end.uses)) == 1 else None


def _addition(version: Value, users: list[Any], position: int) -> _Addition | None:
    """The addition that makes the next version of an array, if nothing else is done with this one."""
    if sorted(u.name for u in users) != ["tensor.extract", "tensor.insert"]:
        return None
    read, write = sorted(users, key=lambda op: str(op.name))
    total = defining_op(write.operands[0])
    if total is None or total.name not in ("arith.addf", "arith.subf") or write.operands[1] != version:
        return None
    if not all(map(equal, list(read.operands)[1:], list(write.operands)[2:])):
        return None
    element = read.results[0]
    places = [k for k, v in enumerate(total.operands) if v == element]
    alone = len(list(element.uses)) == 1 and len(list(total.results[0].uses)) == 1
    if not alone or places not in ([0], [1]) or (places == [1] and total.name == "arith.subf"):
        return None
    return _Addition(read, total, write, position, list(read.operands)[1:])


def _stays(op: Any, addition: _Addition) -> bool:
    """Whether the element is the same in all iterations, and there even if there are none."""
    indices = addition.indices
    return not any(inside(v, op) for v in indices) and exists_before(op, indices, For(op).inits[addition.position].type)


def _sum_up(op: Any, additions: list[_Addition]) -> None:
    """Rebuild the loop with a number for each addition."""
    old = For(op)
    count = len(old.results)
    with op.location, ir.InsertionPoint(op):
        zeros = [constant(0.0, a.read.results[0].type) for a in additions]
        inits = [*old.inits, *zeros]
        new = create(FOR, [v.type for v in inits], [*old.bounds, *inits], raw_attributes(op), regions=1)
    block = op.regions[0].blocks[0]
    sums = [block.add_argument(a.read.results[0].type, op.location) for a in additions]
    for addition, total in zip(additions, sums, strict=True):
        addition.read.results[0].replace_all_uses_with(total)
        addition.write.results[0].replace_all_uses_with(addition.write.operands[1])
    end = terminator(block)
    yields, location = [*end.operands, *(a.sum.results[0] for a in additions)], end.location
    end.erase()
    with location:
        yield_(yields, block)
    for addition in additions:
        addition.write.erase()
        addition.read.erase()
    block.append_to(new.regions[0])
    arrays = For(new).results[:count]
    with ir.InsertionPoint(op):
        for addition, total in zip(additions, For(new).results[count:], strict=True):
            with addition.sum.location:
                array = arrays[addition.position]
                element = lookup_call("tensor.extract", array, *addition.indices)
                added = lookup_call("arith.addf", element, total)
                arrays[addition.position] = lookup_call("tensor.insert", added, array, *addition.indices)
    for result, array in zip(old.results, arrays, strict=True):
        result.replace_all_uses_with(array)
    op.erase()
