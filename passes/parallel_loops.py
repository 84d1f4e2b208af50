"""Loops whose iterations are independent are divided among threads.

    for i in lo..hi { body }      =>      @f.loop0.fork(what the body uses)
    private @f.loop0.fork(..)     =      for chunk in 0..C { @f.loop0(.., chunk) }
    private @f.loop0(.., chunk)   =      for i in lo + n chunk / C .. lo + n (chunk + 1) / C { body }

The outermost independent loop that is worth it is taken; inside it nothing else is. C is a multiple of the number of
threads, so that chunks which take longer than others do not keep everybody waiting. A sum that the loop carries becomes
C sums, which are added up in order: the result depends on C, not on who has computed what when. `fork-calls` replaces
the loop over chunks, which until then makes the module mean what it says.

Assumes scalar loops over memory (independent_loops); leaves functions of memory of identity layout and of numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import block_of, defining_op, ir, terminator, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import FOR, For, entry, functions, make_function, return_, symbol, yield_
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import ancestor_in
from wengert.passes.independent_loops import ALLOCATIONS, CAST, SUBVIEW, independent, is_own_argument, trip_count, work

CHUNKS, THREADS, BODY = "wengert.chunks", "wengert.threads", "wengert.body"


@register_pass("parallel-loops")
@dataclass(frozen=True)
class ParallelLoops(Pass):
    """Outline independent loops that are worth it.

    Args:
        threads: how many run them; 1 leaves everything as it is.
        least: the work of a loop that is worth it, in additions (independent_loops.work); waking a thread takes some
            ten microseconds.
        chunks: for each thread, at most.
    """

    threads: int = 1
    least: int = 200_000
    chunks: int = 4

    def run(self, module: Any) -> None:
        if self.threads > 1:
            for func in [func for func in functions(module) if len(func.regions[0].blocks)]:
                with func.location:
                    for number, loop in enumerate(self._chosen(entry(func))):
                        _Outline(module, func, loop, self._chunks_of(loop), self.threads, number).write()

    def _chosen(self, block: Any) -> list[Any]:
        """The outermost loops below a block that are worth it and may."""
        found = []
        for op in [op.operation for op in block.operations]:
            if op.name == FOR and self._is_worth_it(op) and independent(op) and _can_be_passed(op):
                found.append(op)
            else:
                for region in op.regions:
                    for inner in region.blocks:
                        found += self._chosen(inner)
        return found

    def _is_worth_it(self, loop: Any) -> bool:
        trips = trip_count(loop)
        return trips is not None and trips >= self.threads and work(loop) >= self.least

    def _chunks_of(self, loop: Any) -> int:
        return min(self.chunks * self.threads, trip_count(loop) or 1)


def captured(loop: Any) -> list[Any]:
    """The values the bounds and the body of a loop use that are defined outside of it, in order of use."""
    values: list[Any] = []
    for op in walk(loop):
        for value in list(op.operands)[: 3 if op == loop else None]:
            if value not in values and ancestor_in(entry(loop), block_of(value).owner.operation) is None and (
                block_of(value) != entry(loop)
            ):
                values.append(value)
    return values


def _leaves(values: Sequence[Any]) -> list[Any]:
    """What must be passed for the body to have these values: constants and views are made there again."""
    found: list[Any] = []
    for value in values:
        op = defining_op(value)
        if op is not None and op.name == "arith.constant":
            continue
        view = op is not None and op.name in (SUBVIEW, CAST)
        for leaf in _leaves(list(value.owner.operation.operands)) if view else [value]:
            if leaf not in found:
                found.append(leaf)
    return found


def _can_be_passed(loop: Any) -> bool:
    return all(_is_plain(leaf) for leaf in _leaves(captured(loop)))


def _is_plain(value: Any) -> bool:
    """Whether a value is a number, or memory that a bare address describes."""
    type_ = value.type
    if isinstance(type_, ir.MemRefType):
        op = defining_op(value)
        own = is_own_argument(value) if op is None else op.name in ALLOCATIONS
        return own and type_.has_static_shape and type_.layout == ir.AffineMapAttr.get(
            ir.AffineMap.get_identity(type_.rank))
    return isinstance(type_, (ir.FloatType, ir.IntegerType, ir.IndexType))


@dataclass
class _Outline:
    """One loop on its way into a function of its own."""

    module: Any
    func: Any
    loop: Any
    chunks: int
    threads: int
    number: int
    passed: list[Any] = field(default_factory=list)

    def write(self) -> None:
        inside = captured(self.loop)
        self.passed = _leaves(inside)
        name = f"{symbol(self.func)}.loop{self.number}"
        partial = [self._memory(carry.type) for carry in For(self.loop).carries]
        with ir.InsertionPoint(self.loop):
            create("func.call", [], [*self.passed, *partial], {"callee": ir.FlatSymbolRefAttr.get(f"{name}.fork")})
            totals = [self._total(memref, init) for memref, init in zip(partial, For(self.loop).inits)]
        for result, total in zip(For(self.loop).results, totals):
            result.replace_all_uses_with(total)
        types = [value.type for value in (*self.passed, *partial)]
        self._body(name, types, inside)
        self._fork(name, types)

    def _memory(self, element: Any) -> Any:
        """Where the chunks leave their sums: in the frame of the function, not in that of a loop."""
        type_ = ir.MemRefType.get([self.chunks], element)
        segments = ir.DenseI32ArrayAttr.get([0, 0])
        return create("memref.alloca", [type_], [], {"operandSegmentSizes": segments},
                      ip=ir.InsertionPoint.at_block_begin(entry(self.func))).result

    def _total(self, memref: Any, init: Any) -> Any:
        """init + what the chunks have added up, in order."""
        for chunk in range(self.chunks):
            part = create("memref.load", [init.type], [memref, index(chunk)]).result
            init = create("arith.addf", [init.type], [init, part]).result
        return init

    def _body(self, name: str, types: list[Any], inside: list[Any]) -> None:
        """The function of one chunk; the loop moves there."""
        func = self._private(name, [*types, ir.IndexType.get()])
        block = entry(func)
        *parameters, chunk = list(block.arguments)
        return_([], block)
        end = terminator(block)
        known = dict(zip(self.passed, parameters))
        with ir.InsertionPoint(end):
            replacements = [(value, _made_again(value, known)) for value in inside]
            first, _, step = [_made_again(bound, known) for bound in For(self.loop).bounds]
            count = trip_count(self.loop)
            bounds = [*(self._bound(chunk, extra, count, first) for extra in (0, 1)), step]
            zeros = [constant(-0.0, carry.type) for carry in For(self.loop).carries]
        self.loop.move_before(end)
        for value, new in replacements:
            for use in list(value.uses):
                user = use.owner.operation
                if ancestor_in(entry(self.loop), user) is not None:
                    user.operands[use.operand_number] = new
        for k, value in enumerate((*bounds, *zeros)):
            self.loop.operands[k] = value
        partial = parameters[len(self.passed):]
        with ir.InsertionPoint(end):
            for memref, result in zip(partial, For(self.loop).results):
                create("memref.store", [], [result, memref, chunk])

    def _bound(self, chunk: Any, extra: int, count: int | None, first: Any) -> Any:
        """first + count (chunk + extra) / chunks, as a value of the loop's own type."""
        type_ = ir.IndexType.get()
        at = create("arith.addi", [type_], [chunk, index(extra)]).result
        scaled = create("arith.muli", [type_], [at, index(count or 0)]).result
        share = create("arith.divui", [type_], [scaled, index(self.chunks)]).result
        if first.type != type_:
            share = create("arith.index_cast", [first.type], [share]).result
        return create("arith.addi", [first.type], [first, share]).result

    def _fork(self, name: str, types: list[Any]) -> None:
        func = self._private(f"{name}.fork", types)
        i64 = ir.IntegerType.get_signless(64)
        func.attributes[CHUNKS] = ir.IntegerAttr.get(i64, self.chunks)
        func.attributes[THREADS] = ir.IntegerAttr.get(i64, self.threads)
        func.attributes[BODY] = ir.StringAttr.get(name)
        block = entry(func)
        return_([], block)
        with ir.InsertionPoint(terminator(block)):
            loop = create(FOR, [], [index(0), index(self.chunks), index(1)], regions=1)
            loop.regions[0].blocks.append(ir.IndexType.get(), arg_locs=[func.location])
        inner = entry(loop)
        with ir.InsertionPoint(inner):
            create("func.call", [], [*block.arguments, inner.arguments[0]],
                   {"callee": ir.FlatSymbolRefAttr.get(name)})
        yield_([], inner)

    def _private(self, name: str, types: list[Any]) -> Any:
        """A function whose arrays do not overlap: they are different roots."""
        func = make_function(self.module, name, types, [], loc=self.func.location)
        alone, any_value = ir.DictAttr.get({"llvm.noalias": ir.UnitAttr.get()}), ir.DictAttr.get({})
        func.attributes["arg_attrs"] = ir.ArrayAttr.get(
            [alone if isinstance(type_, ir.MemRefType) else any_value for type_ in types])
        return func


def _made_again(value: Any, known: dict[Any, Any]) -> Any:
    """The value in the new function: a parameter, or a constant or view made there from those."""
    if value not in known:
        op = value.owner.operation
        operands = [_made_again(operand, known) for operand in op.operands]  # they come before it
        op = op.clone()
        for k, operand in enumerate(operands):
            op.operands[k] = operand
        known[value] = op.results[0]
    return known[value]
