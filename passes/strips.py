"""Loops over independent elements around a recurrence: the recurrence runs for a strip of elements at a time.

    for i in range(n):                          for first in range(0, n, 32):
        s = a[i]                                    for i in strip: s[i] = a[i]
        for t in range(m):            ->            for t in range(m):
            s = f(s, b[t, i])                           for i in strip: s[i] = f(s[i], b[t, i])
        c[i] = s                                    for i in strip: c[i] = s[i]

No vectoriser can do anything with the inner loop on the left: each iteration waits for the one before.  The loops over
a strip are independent iterations with nothing between them, which LLVM turns into vector instructions.  What lives
from one of them to the next is kept in an array of one strip, on the stack.  A `while` runs until it is over for all
elements of the strip; those for which it is over are left alone.  What the outer loop sums up is summed for each place
in a strip.  Tapes are turned so that a strip of elements lies side by side (`layouts`).

Assumes functions of scalar loops on memory; the iterations of the outer loop must be independent (`independence`), and
the inner loops must run the same number of iterations for all of them, unless they are `while` loops.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, terminator, walk
from wengert.dialects.build import cast_index, clone, constant, create, index
from wengert.dialects.control import (
    FOR,
    IF,
    WHILE,
    For,
    body_operations,
    condition_,
    entry,
    functions,
    make_for,
    make_if,
    yield_,
)
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import is_inside
from wengert.passes.elements import from_memory, stored_element, to_memory
from wengert.passes.independence import LOAD, STORE, Access, Independent, independent, is_flat, only_sums
from wengert.passes.layouts import lane_dimensions, move_last
from wengert.passes.reductions import reassociated
from wengert.passes.trips import constant_of
from wengert.passes.value_numbering import inside

#: What an operation is worth in a vector, counted in additions of numbers.
COSTLY = {"arith.divf": 8, "math.sqrt": 8, "math.powf": 60}
FUNCTION = 20
INDEX_ARITHMETIC = frozenset({"arith.index_cast", "arith.addi", "arith.subi", "arith.muli"})
#: What an access costs whose elements are not side by side.
SCATTERED = 4


@register_pass("strips")
@dataclass(frozen=True)
class Strips(Pass):
    """Run recurrences inside of independent iterations for strips of iterations.

    Args:
        short: the length of a strip that fits in registers, for inner loops that read the same for all iterations.
        long: the length of a strip for inner loops that read something else for each: memory likes long runs.
        sums: whether to cut loops that sum something up: they will add in another order.
    """

    short: int = 32
    long: int = 256
    sums: bool = True

    def run(self, module: Any) -> None:
        for func in functions(module):
            loops = [loop for loop in _candidates(func) if self.sums or not For(loop.op).carries]
            for _ in range(2):  # what is not cut keeps arrays from being turned
                turned = lane_dimensions(loops)
                loops = [loop for loop in loops if _pays(loop, turned)]
            for memref, dimension in lane_dimensions(loops).items():
                move_last(memref, dimension)
            for loop in loops:
                with loop.op.location:
                    _Cut(loop, self._length(loop)).cut()

    def _length(self, loop: Independent) -> int:
        """The length of a strip; one that divides the number of iterations, if there is such a one."""
        streams = any(_streams(loop, op) for op in walk(loop.op)[1:] if op.name in (FOR, WHILE))
        lanes = self.long if streams else self.short
        lower, upper = (constant_of(v) for v in For(loop.op).bounds[:2])
        if lower is None or upper is None:
            return lanes
        divisors = (n for n in (lanes, lanes // 2) if (upper - lower) % n == 0)
        return next(divisors, min(lanes, upper - lower))


# ---------------------------------------------------------------- which loops


def _candidates(func: Any) -> list[Independent]:
    """The innermost loops that could be cut."""
    found: list[Independent] = []
    for op in reversed(walk(func, FOR)):
        if _worth_trying(op) and not any(is_inside(loop.op, op) for loop in found):
            loop = independent(op)
            if loop is not None and _can_be_cut(loop):
                found.append(loop)
    return found


def _worth_trying(op: Any) -> bool:
    """Whether a loop that carries something, or that runs until something is reached, is directly inside."""
    inner = [o for o in body_operations(entry(op)) if o.name in (FOR, WHILE)]
    lower, upper = (constant_of(v) for v in For(op).bounds[:2])
    few = lower is not None and upper is not None and upper - lower < 8
    return bool(inner) and not few


def _can_be_cut(loop: Independent, block: Any | None = None) -> bool:
    """Whether bounds of inner loops are the same in all iterations, and loops are only in loops."""
    for op in body_operations(block or For(loop.op).block):
        if op.name == FOR:
            if any(v in loop.varying for v in For(op).bounds) or not _can_be_cut(loop, For(op).block):
                return False
        elif op.name == WHILE:
            if not all(is_flat(o) for region in op.regions for o in body_operations(region.blocks[0])):
                return False
            if any(o.name == STORE for o in _nested(op.regions[0].blocks[0])):
                return False
        elif op.name == IF and not is_flat(op):
            return False
    return True


def _nested(block: Any) -> list[Any]:
    return [inner for op in body_operations(block) for inner in walk(op)]


def _pays(loop: Independent, turned: Mapping[Value, int]) -> bool:
    """Whether an inner loop is a recurrence that costs more than the accesses that are not side by side.

    Args:
        turned: arrays whose order will be such that they are.
    """
    scattered = {a.op for a in loop.accesses if a.memref not in turned and _is_scattered(loop, a)}
    return any(_inner_pays(loop, op, scattered) for op in walk(loop.op)[1:] if op.name in (FOR, WHILE))


def _is_scattered(loop: Independent, access: Access) -> bool:
    dimension, factor = loop.stride(access)
    return dimension >= 0 and (dimension < access.memref.type.rank - 1 or factor not in (1, -1))


def _inner_pays(loop: Independent, op: Any, scattered: set[Any]) -> bool:
    bodies = [region.blocks[0] for region in op.regions]
    if not all(is_flat(o) for body in bodies for o in body_operations(body)):
        return False
    operations = {o for body in bodies for o in _nested(body)}
    accesses = [a for a in loop.accesses if a.op in operations]
    apart = sum(a.op in scattered for a in accesses)
    if op.name == FOR and not _is_recurrence(For(op), accesses):
        return bool(For(op).carries) and not apart
    return sum(_weight(o) for o in operations if any(r in loop.varying for r in o.results)) >= SCATTERED * apart


def _streams(loop: Independent, op: Any) -> bool:
    """Whether iterations of an inner loop go through memory, or their number differs."""
    operations = set(walk(op))
    return op.name == WHILE or any(
        a.op in operations and loop.stride(a)[0] >= 0 and any(inside(v, op) for f in a.indices for v in f.coefficients)
        for a in loop.accesses)


def _is_recurrence(loop: For, accesses: list[Access]) -> bool:
    """Whether an iteration needs the one before, and not only to add to a sum."""
    return not only_sums(loop.op) or any(
        write.writes and not read.writes and write.memref == read.memref and write.indices != read.indices
        for write in accesses for read in accesses)


def _weight(op: Any) -> int:
    if op.name in COSTLY:
        return COSTLY[op.name]
    if op.name.startswith("math."):
        return 1 if op.name in ("math.absf", "math.fma", "math.copysign") else FUNCTION
    return int(op.name.startswith("arith."))


# ---------------------------------------------------------------- the loops over a strip


class _Lane:
    """The body of a loop over a strip, while it is written."""

    def __init__(self, cut: _Cut, place: Value) -> None:
        self._cut, self.place = cut, place
        self._values: dict[Value, Value] = {}
        self.env: dict[Value, Value] = {}

    def value(self, old: Value) -> Value:
        """What a value of the old loop is in this lane."""
        if old in self.env:
            return self.env[old]
        new = self._cut.uniform.get(old, old)
        if old == For(self._cut.loop.op).iv:
            position = create("arith.addi", [ir.IndexType.get()], [self._cut.first, self.place]).result
            new = position if old.type == position.type else create("arith.index_cast", [old.type], [position]).result
        elif old in self._cut.again:
            self.run(self._cut.again[old])
            return self.env[old]
        elif old in self._cut.kept:
            new = from_memory(create(LOAD, [self._cut.kept[old].type.element_type],
                                     [self._cut.kept[old], self.place]).result, old.type)
        self.env[old] = new
        return new

    def keep(self, values: Sequence[Value], arrays: Sequence[Value]) -> None:
        """Write values of this lane to arrays, all read before the first is written."""
        for value, array in zip([to_memory(self.value(v)) for v in values], arrays, strict=True):
            create(STORE, [], [value, array, self.place])

    def run(self, op: Any) -> None:
        """An operation of the old loop."""
        operations = walk(op)
        own = {v for o in operations for v in (*o.results, *_arguments(o))}
        for operand in (v for o in operations for v in o.operands):
            if operand not in own:
                self.value(operand)
        clone(op, self.env, ir.InsertionPoint(ir.InsertionPoint.current.block))
        for result in op.results:
            if result in self._cut.kept:
                self.keep([result], [self._cut.kept[result]])


def _arguments(op: Any) -> list[Value]:
    return [a for region in op.regions for block in region.blocks for a in block.arguments]


class _Cut:
    """One loop, cut into strips."""

    def __init__(self, loop: Independent, lanes: int) -> None:
        self.loop, self._lanes = loop, lanes
        self.kept: dict[Value, Value] = {}
        self.again: dict[Value, Any] = {}
        self.uniform: dict[Value, Value] = {}
        self.first: Value
        self._count: Value
        self._steps: list[Callable[[_Lane], None]] = []
        func = loop.op.parent
        while func.name != "func.func":
            func = func.parent
        self._front = ir.InsertionPoint.at_block_begin(entry(func))
        self._segments: dict[Any, int] = {}
        self._numbers = itertools.count()

    def cut(self) -> None:
        """Replace the loop."""
        old = For(self.loop.op)
        self._number(old.block)
        self._keep_what_crosses(old.block)
        with ir.InsertionPoint(old.op):
            sums = [self._array(carry) for carry in old.carries]
            lower, upper = (cast_index(v) for v in old.bounds[:2])
            everywhere = For(self._over_strip(index(self._lanes), []))
            with ir.InsertionPoint(everywhere.block):
                for array in sums:
                    zero = constant(0, array.type.element_type)
                    create(STORE, [], [zero, array, everywhere.iv])
                yield_([], everywhere.block)
            strips = make_for(lower, upper, index(self._lanes), [])
        with ir.InsertionPoint(strips.block):
            self.first = strips.iv
            self._count = self._lanes_in(upper)
            self._block(old.block)
            self._steps.append(lambda lane: lane.keep(old.yields, sums))
            self._emit()
            yield_([], strips.block)
        with ir.InsertionPoint(old.op):
            for result, init, array in zip(old.results, old.inits, sums, strict=True):
                result.replace_all_uses_with(self._total(init, array))
        old.op.erase()

    def _lanes_in(self, upper: Value) -> Value:
        """How many iterations are left for a strip, but not more than fit."""
        limits = [constant_of(v) for v in For(self.loop.op).bounds[:2]]
        if None not in limits and (limits[1] - limits[0]) % self._lanes == 0:  # type: ignore[operator]
            return index(self._lanes)
        left = create("arith.subi", [ir.IndexType.get()], [upper, self.first]).result
        return create("arith.minsi", [ir.IndexType.get()], [left, index(self._lanes)]).result

    def _over_strip(self, count: Value, inits: Sequence[Value]) -> Any:
        return make_for(index(0), count, index(1), inits).op

    def _total(self, init: Value, array: Value) -> Value:
        """What the loop carried at first, and what all lanes have added to it."""
        total = For(self._over_strip(index(self._lanes), [init]))
        with ir.InsertionPoint(total.block):
            one = create(LOAD, [init.type], [array, total.iv]).result
            is_float = isinstance(init.type, ir.FloatType)
            flags = {"fastmath": reassociated()} if is_float else {}
            added = create("arith.addf" if is_float else "arith.addi", [init.type], [total.carries[0], one], flags)
            yield_([added.result], total.block)
        return total.results[0]

    # ------------------------------------------------------------ what has to be kept

    def _number(self, block: Any) -> None:
        """Number the parts of the body that become loops over a strip of their own."""
        number = next(self._numbers)
        for view in block.operations:
            op = view.operation
            self._segments[op] = number
            if op.name in (FOR, WHILE):
                for region in op.regions:
                    self._number(region.blocks[0])
                number = next(self._numbers)

    def _segment(self, op: Any) -> int:
        while op not in self._segments:
            op = op.parent.operation
        return self._segments[op]

    def _keep_what_crosses(self, block: Any) -> None:
        """Arrays for varying values that another loop over a strip uses."""
        for op in body_operations(block):
            if op.name in (FOR, WHILE):
                for region in op.regions:
                    self._keep_what_crosses(region.blocks[0])
            elif self._is_index(op):
                self.again[op.results[0]] = op
            elif not self.loop.is_uniform(op):
                for result in op.results:
                    if any(self._segment(use.owner.operation) != self._segments[op] for use in result.uses):
                        self._array(result)

    def _is_index(self, op: Any) -> bool:
        """Whether an operation is index arithmetic on the counter, so that each loop over a strip can repeat it."""
        return op.name in INDEX_ARITHMETIC and not self.loop.is_uniform(op) and all(
            v not in self.loop.varying or v in self.again or v == For(self.loop.op).iv for v in op.operands)

    def _array(self, value: Value) -> Value:
        """The array of one strip that keeps a value."""
        with self._front:
            type_ = ir.MemRefType.get([self._lanes], stored_element(value.type))
            array = create("memref.alloca", [type_], [], {
                "operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0]),
                "alignment": ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 64)}).result
        self.kept[value] = array
        return array

    # ------------------------------------------------------------ the body

    def _block(self, block: Any) -> None:
        """Write the operations of a block, as loops over the strip around inner loops; the last one is still open."""
        for op in body_operations(block):
            if op.name == FOR:
                self._for(For(op))
            elif op.name == WHILE:
                self._while(op)
            elif any(r in self.again for r in op.results):
                pass
            elif self.loop.is_uniform(op):
                clone(op, self.uniform, ir.InsertionPoint(ir.InsertionPoint.current.block))
            else:
                self._steps.append(lambda lane, op=op: lane.run(op))  # type: ignore[misc]

    def _emit(self) -> None:
        """Write the open loop over a strip."""
        steps, self._steps = self._steps, []
        if not steps:
            return
        strip = For(self._over_strip(self._count, []))
        with ir.InsertionPoint(strip.block):
            lane = _Lane(self, strip.iv)
            for step in steps:
                step(lane)
            yield_([], strip.block)

    def _for(self, old: For) -> None:
        arrays = [self._array(v) for v in old.carries]
        self._steps.append(lambda lane: lane.keep(old.inits, arrays))
        self._emit()
        bounds = [self.uniform.get(v, v) for v in old.bounds]
        new = make_for(bounds[0], bounds[1], bounds[2], [])
        self.uniform[old.iv] = new.iv
        with ir.InsertionPoint(new.block):
            self._block(old.block)
            self._steps.append(lambda lane: lane.keep(old.yields, arrays))
            self._emit()
            yield_([], new.block)
        self.kept.update(zip(old.results, arrays, strict=True))

    def _while(self, old: Any) -> None:
        before, after = old.regions[0].blocks[0], old.regions[1].blocks[0]
        carried = [self._array(v) for v in before.arguments]
        handed = [self._array(v) for v in after.arguments]
        flag, *forwarded = terminator(before).operands
        self._steps.append(lambda lane: lane.keep(list(old.operands), carried))
        self._emit()
        new = create(WHILE, [], [], {}, regions=2)
        test, body = (region.blocks.append() for region in new.regions)
        with ir.InsertionPoint(test):
            going = constant(0, ir.IntegerType.get_signless(8))
            strip = For(self._over_strip(self._count, [going]))
            with ir.InsertionPoint(strip.block):
                lane = _Lane(self, strip.iv)
                for op in body_operations(before):
                    lane.run(op)
                lane.keep(forwarded, handed)
                goes = to_memory(lane.value(flag))
                create(STORE, [], [goes, self._array(flag), strip.iv])
                any_ = create("arith.ori", [goes.type], [strip.carries[0], goes]).result
                yield_([any_], strip.block)
            more = create("arith.trunci", [flag.type], [strip.results[0]]).result
            condition_(more, [], test)
        with ir.InsertionPoint(body):
            strip = For(self._over_strip(self._count, []))
            with ir.InsertionPoint(strip.block):
                outer = _Lane(self, strip.iv)
                guard = make_if(outer.value(flag), [])
                with ir.InsertionPoint(entry(guard)):
                    lane = _Lane(self, strip.iv)
                    for op in body_operations(after):
                        lane.run(op)
                    lane.keep(list(terminator(after).operands), carried)
                    yield_([], entry(guard))
                yield_([], entry(guard, 1))
                yield_([], strip.block)
            yield_([], body)
        self.kept.update(zip(old.results, handed, strict=True))
