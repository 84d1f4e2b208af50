"""From arrays to loops: elementwise ops and nd ops on tensors become linalg, tensor and scf.

Assumes functions of func, scf, arith, math, tensor and nd ops (calls are of foreign functions: others are inlined) and
leaves no nd op and no tensor of i1: where such a tensor is in memory it holds i8.  Every tensor that is computed has a
destination of its own (`bufferization.alloc_tensor`), or that of the array it accumulates into (`nd.accumulate`), never
tensor.empty, a dense constant or a splat.  What is fused is decided in `fusion`; how an nd op is lowered stands in its
record.

Each function is rebuilt, op by op, because types change.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_tensor, position_of, walk
from wengert.dialects.build import create
from wengert.dialects.control import FOR, IF, WHILE, find_function, functions
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.foreign import is_foreign
from wengert.dialects.op import lookup, raw_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import Array, Splat, in_memory
from wengert.passes.foreign_calls import drop_foreign_declarations, foreign_call
from wengert.passes.fusion import Fusion
from wengert.passes.purity import CALL, callee

TERMINATORS = frozenset({"scf.yield", "scf.condition", "func.return"})


@register_pass("lower-tensors")
@dataclass(frozen=True)
class LowerTensors(Pass):
    """Turn elementwise and nd ops on tensors into linalg, fused, each result with a destination."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            if len(func.regions[0].blocks):
                with func.location:
                    Rebuild(module).function(func)
        drop_foreign_declarations(module)


def is_elementwise(name: str) -> bool:
    """Whether an op on arrays is one on their elements."""
    record = lookup(name)
    return name.startswith(("arith.", "math.")) or (record is not None and record.family == "elementwise")


class Rebuild(Fusion):
    """One function, copied op by op."""

    def __init__(self, module: Any) -> None:
        super().__init__()
        self._module = module

    def function(self, func: Any) -> None:
        type_ = ir.FunctionType(ir.TypeAttr(func.attributes["function_type"]).value)
        new_type = ir.FunctionType.get([in_memory(t) for t in type_.inputs], [in_memory(t) for t in type_.results])
        attributes = {**raw_attributes(func), "function_type": ir.TypeAttr.get(new_type)}
        new = create("func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(func))
        self.region(func.regions[0], new.regions[0])
        func.erase()

    def region(self, old: Any, new: Any, carried: Sequence[Any] = ()) -> None:
        """Copy the block of a region; its last arguments are versions of `carried`."""
        for block in old.blocks:
            arguments = list(block.arguments)
            locations = [a.location for a in arguments]
            copied = new.blocks.append(*[in_memory(a.type) for a in arguments], arg_locs=locations)
            self.versions(list(copied.arguments)[len(arguments) - len(carried):], carried)
            outer = self.enter_block()
            with ir.InsertionPoint(copied):
                for argument, copy in zip(arguments, copied.arguments):
                    self.bind(argument, copy)
                for op in block.operations:
                    with op.location:
                        self.operation(op.operation)
            self.leave_block(outer)

    def versions(self, tensors: Sequence[Any], carried: Sequence[Any]) -> None:
        for tensor, init in zip(tensors, carried):
            if is_tensor(tensor.type):
                self.memories.share(tensor, init)

    def bind(self, old: Any, new: Any) -> None:
        """Note what an old value has become."""
        if isinstance(new, Array):
            new.uses += len(list(old.uses))
        elif is_tensor(old.type) and old.type.element_type != new.type.element_type:
            new = self.stored(new, old.type.element_type)
        self.env[old] = new

    def operation(self, op: Any) -> None:
        record = lookup(op.name)
        types = [v.type for v in (*op.operands, *op.results)]
        ours = op.name.startswith(("nd.", "diff.")) or any(map(is_tensor, types))
        if op.name in TERMINATORS:
            self.flush()
            create(op.name, [], [self.value(v) for v in op.operands], raw_attributes(op))
        elif len(op.regions):
            self.control(op)
        elif op.name == CALL:
            self.call(op)
        elif record is not None and record.lower is not None and ours:
            lowered = record.lower(self, op)
            for old, new in zip(op.results, lowered if isinstance(lowered, (list, tuple)) else [lowered], strict=True):
                self.bind(old, new)
        elif len(op.results) == 1 and is_tensor(types[-1]) and is_elementwise(op.name):
            attributes = raw_attributes(op)
            in_place = attributes.pop("nd.accumulate", None) is not None
            self.bind(op.results[0], self.mapped(op, attributes, in_place))
        elif (number := self.deferred(op)) is not None:
            self.bind(op.results[0], number)
        else:
            self.copied(op)

    def call(self, op: Any) -> None:
        """What is still a call is one of a foreign function, or one on memory that only gets addresses later."""
        if not is_foreign(find_function(self._module, callee(op))):
            self.copied(op)
            return
        results = foreign_call(self._module, op, [self.value(v) for v in op.operands])
        for old, new in zip(op.results, results, strict=True):
            self.bind(old, new)

    def copied(self, op: Any) -> None:
        """An op that stays as it is, but for the types of tensors."""
        if op.name.startswith("nd.") and not is_elementwise(op.name):
            raise UnsupportedError(f"{op.name} has no lowering", position_of(op.location),
                                   why="its record has no `lower` rule",
                                   help="give the op a lowering rule, or use other operations")
        operands = [self.value(v) for v in op.operands]
        record = lookup(op.name)
        if record is not None and record.destination is not None:
            self.flush_readers(self.memories.of(operands[record.destination]))
        new = create(op.name, [in_memory(r.type) for r in op.results], operands, raw_attributes(op))
        for old, result in zip(op.results, new.results):
            self.bind(old, result)

    def _read_element_by_element(self, loop: Any) -> list[Array]:
        """The pending arrays of which an op in a loop reads elements or windows."""
        found: dict[int, Array] = {}
        for inner in walk(loop):
            record = lookup(inner.name)
            if record is not None and record.reads_part is not None:
                array = self.env.get(inner.operands[record.reads_part])
                if isinstance(array, Array) and array.value is None and not isinstance(array, Splat):
                    found[id(array)] = array
        return list(found.values())

    def control(self, op: Any) -> None:
        """A loop or an if: what it may read is in memory before it; its results are versions of what it began with."""
        if op.name not in (FOR, WHILE, IF):
            raise UnsupportedError(f"{op.name} in a program to be compiled", position_of(op.location),
                                   why="of ops with regions, only scf.for, scf.while and scf.if are lowered")
        operands = [self.value(v) for v in op.operands]
        if op.name != IF:
            for array in self._read_element_by_element(op):
                self.in_memory(array)  # once, not in every iteration
        self.flush()
        for tensor in operands:
            if is_tensor(tensor.type):
                self.flush_readers(self.memories.of(tensor))
        types = [in_memory(r.type) for r in op.results]
        new = create(op.name, types, operands, raw_attributes(op), regions=len(op.regions))
        carried = {FOR: operands[3:], WHILE: operands, IF: []}[op.name]
        for old_region, region in zip(op.regions, new.regions):
            self.region(old_region, region, carried)
        self.versions(new.results, carried)
        for old, result in zip(op.results, new.results):
            self.bind(old, result)
