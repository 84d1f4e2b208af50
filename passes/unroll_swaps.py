"""Loops whose carried arrays trade places: several iterations in one, so that they are back where they began.

``for ..: b[1:-1] = f(a); a, b = b, a`` carries two arrays in each other's memory; to leave both where a loop must, it
would have to copy them.  Two iterations in one need none: the second is written with the roles exchanged.  With
a cycle of k arrays the loop runs over k iterations at once, and what is left over (fewer than k) is done behind it.

An array that is computed anew counts as taking the memory of the one nobody hands on: ``a, b = b, f(a, b)``.  Assumes
the linalg level, before loop-dps; loops that are long, or of which many iterations would be needed, keep their copies.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import lcm
from typing import Any

from wengert.dialects.bindings import ir, is_tensor, terminator, walk
from wengert.dialects.build import clone, constant, create
from wengert.dialects.control import FOR, For, body_operations, entry, make_for, make_if, yield_
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import chain, insert_whole


@register_pass("unroll-swaps")
@dataclass(frozen=True)
class UnrollSwaps(Pass):
    """Run loops whose carried arrays trade places over several iterations at once.

    Args:
        most: the largest number of iterations that become one.
        longest: the number of operations in the body above which a loop is left alone.
    """

    most: int = 4
    longest: int = 300

    def run(self, module: Any) -> None:
        for op in reversed(walk(module, FOR)):
            loop = For(op)
            order = _places(loop)
            period = _period(order)
            if 1 < period <= self.most and len(walk(op)) <= self.longest:
                with op.location:
                    _unroll(loop, order, period)


def _places(loop: For) -> list[int]:
    """For each carried value the one whose memory its next version lies in; itself, if it does not move."""
    carries = loop.carries
    order: list[int | None] = []
    for i, value in enumerate(loop.yields):
        versions = chain(value) if is_tensor(value.type) else []
        kept = None if versions else i  # a scalar has no memory
        order.append(next((j for j, c in enumerate(carries) if versions and c == versions[-1]), kept))
    unused = [j for j in range(len(order)) if j not in order]
    for i, j in enumerate(order):
        if j is None:  # computed anew: in the memory nobody hands on, if there is any of its type
            fitting = [k for k in unused if carries[k].type == carries[i].type]
            place = i if i in unused or not fitting else fitting[0]
            order[i] = place
            unused = [k for k in unused if k != place]
    return [i if j is None else j for i, j in enumerate(order)]


def _period(order: Sequence[int]) -> int:
    """After how many iterations every array is back in its place; 1 if some of them never are."""
    if sorted(order) != list(range(len(order))):
        return 1
    lengths = []
    for start in range(len(order)):
        length, place = 1, order[start]
        while place != start:
            length, place = length + 1, order[place]
        lengths.append(length)
    return lcm(*lengths) if lengths else 1


def _unroll(loop: For, order: Sequence[int], period: int) -> None:
    """The loop over `period` iterations at once, then the iterations that are left."""
    lower, upper, step = loop.bounds
    type_ = lower.type
    before = ir.InsertionPoint(loop.op)
    with before:
        zero, many = constant(0, type_), constant(period, type_)
        trips = _binary("arith.maxsi", zero, _binary("arith.ceildivsi", _binary("arith.subi", upper, lower), step))
        rest = _binary("arith.remsi", trips, many)
        middle = _binary("arith.addi", lower, _binary("arith.muli", _binary("arith.subi", trips, rest), step))
        main = make_for(lower, middle, _binary("arith.muli", step, many), loop.inits)
    carried, iv = main.carries, main.iv
    with ir.InsertionPoint(main.block):
        for number in range(period):
            carried = _iteration(loop, order, iv, carried, ir.InsertionPoint(main.block))
            iv = _binary("arith.addi", iv, step) if number < period - 1 else iv
    yield_(carried, main.block)
    with before:
        results = _left_over(loop, order, main.results, middle, rest, period - 1)
    for old, new in zip(loop.results, results):
        old.replace_all_uses_with(new)
    loop.op.erase()


def _left_over(loop: For, order: Sequence[int], carried: Sequence[Any], iv: Any, rest: Any, most: int) -> list[Any]:
    """``if rest > 0: iteration; if rest > 1: iteration; ..``, nested, at the current place."""
    if not most:
        return list(carried)
    predicate = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 4)  # sgt
    bool_ = ir.IntegerType.get_signless(1)
    more = create("arith.cmpi", [bool_], [rest, constant(0, rest.type)], {"predicate": predicate}).result
    branch = make_if(more, [v.type for v in carried])
    then = entry(branch, 0)
    with ir.InsertionPoint(then):
        following = _iteration(loop, order, iv, carried, ir.InsertionPoint(then))
        step = loop.bounds[2]
        following = _left_over(loop, order, following, _binary("arith.addi", iv, step),
                               _binary("arith.subi", rest, constant(1, rest.type)), most - 1)
    yield_(following, then)
    yield_(carried, entry(branch, 1))
    return list(branch.results)


def _iteration(loop: For, order: Sequence[int], iv: Any, carried: Sequence[Any], place: Any) -> list[Any]:
    """A copy of the body; what it computes anew is written into the memory it is to take over."""
    mapping = dict(zip([loop.iv, *loop.carries], [iv, *carried]))
    for op in body_operations(loop.block):
        clone(op, mapping, place)
    values = [mapping.get(v, v) for v in terminator(loop.block).operands]
    for i, (value, old) in enumerate(zip(values, loop.yields)):
        if is_tensor(value.type) and order[i] != i and chain(old)[-1] != loop.carries[order[i]]:
            values[i] = insert_whole(value, carried[order[i]])
    return values


def _binary(name: str, x: Any, y: Any) -> Any:
    return create(name, [x.type], [x, y]).result
