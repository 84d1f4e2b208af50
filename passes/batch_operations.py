"""Batching of straight code: operations by their rules, calls, writes under a mask.

    y = op(x..)    =>    ys = op.batch(xs..)

What is computed under a mask (passes/active_examples.py) is safe: for inactive examples it is what it is for the first
active one.  What comes from outside of the masked region is made safe where it is used.  Arrays whose parts are read
and written stay raw: for inactive examples they keep what was there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.batching import Batch, Extent, Ragged, batched_like, each_lane, for_all, lane, unfilled, with_lane
from wengert.dialects.bindings import Value, ir, is_tensor, position_of
from wengert.dialects.build import create
from wengert.dialects.control import make_if, yield_
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import Op, decode_attributes, lookup, lookup_call, raw_attributes
from wengert.passes.active_examples import Mask
from wengert.passes.purity import CALL, callee
from wengert.passes.tree import Function, Node
from wengert.passes.varying import Versions, touched, varying

#: (call of a function with rules, which operands are batched) -> the function to call for all examples.
Calls = Callable[[Any, Sequence[bool]], str]


class BatchedOperations:
    """Writes operations without regions at the current insertion point.

    new: the value of the new function for one of the old.
    owner: the mask under which a value was computed; under another it is not safe.
    raw: arrays whose parts for inactive examples are not safe even under the mask that computed them.
    """

    def __init__(self, tree: Function, inputs: Sequence[Value], size: Extent, calls: Calls | None) -> None:
        self.size, self.calls = size, calls
        self.varying = varying(tree, inputs)
        self.touched = touched(tree.body, self.varying)
        self.versions = Versions(tree)
        self.new: dict[Value, Value] = {}
        self.owner: dict[Value, Mask | None] = {}
        self.raw: set[Value] = set()
        self.mask: Mask | None = None

    # ------------------------------------------------------------ values

    def bind(self, old: Value, new: Value, raw: bool = False) -> None:
        self.new[old], self.owner[old] = new, self.mask
        if raw and self.mask is not None and is_tensor(old.type):
            self.raw.add(old)

    def unsafe(self, old: Value) -> bool:
        """Whether inactive examples must not compute with this value."""
        return (self.mask is not None and old in self.varying
                and (old in self.raw or self.owner[old] is not self.mask))

    def operand(self, old: Value) -> Value:
        """A value to compute with."""
        if self.mask is None or not self.unsafe(old):
            return self.new[old]
        return self.mask.safe(self.new[old]) if is_tensor(old.type) else self.mask.scalar(self.new[old])

    def handed(self, old: Value) -> Value:
        """A value to hand on as an array of all examples: numbers are safe, arrays may be raw."""
        if old not in self.varying:
            return for_all(self.new[old], self.size)
        return self.new[old] if is_tensor(old.type) else self.operand(old)

    def arithmetic(self, name: str, *operands: Value) -> Value:
        """An elementwise op on numbers, some of which are one an example."""
        if any(is_tensor(x.type) for x in operands):
            operands = tuple(x if is_tensor(x.type) else for_all(x, self.size) for x in operands)
        result: Value = lookup_call(name, *operands)
        return result

    # ------------------------------------------------------------ operations

    def operation(self, node: Node) -> None:
        record = node.record
        if record is None:
            raise DifferentiationError(f"{node.name} has no batching rule", position_of(node.location),
                                       why="no record describes this operation",
                                       help="register a record for it (wengert.dialects.op)")
        if self.writes_under_mask(node):
            self.masked_write(node, record)
            return
        part = record.reads_part
        raw = part is not None and self.unsafe(node.operands[part])
        operands = [self.new[v] if raw and i == part else self.operand(v) for i, v in enumerate(node.operands)]
        results = self.apply(record, operands, [v in self.varying for v in node.operands],
                             [r.type for r in node.results], decode_attributes(node.op))
        for old, new in zip(node.results, results, strict=True):
            if raw and not is_tensor(old.type):
                assert self.mask is not None
                new = self.mask.safe(new)
            self.bind(old, new, raw)

    def apply(self, record: Op, operands: Sequence[Value], batched: Sequence[bool], types: Sequence[Any],
              attributes: dict[str, Any]) -> list[Value]:
        return record.batch(Batch(record, tuple(operands), tuple(batched), self.size, tuple(types), attributes))

    def writes_under_mask(self, node: Node) -> bool:
        """Whether the operation writes into an array whose inactive examples must keep what they have."""
        at = None if node.record is None else node.record.destination
        return at is not None and self.unsafe(node.operands[at])

    def masked_write(self, node: Node, record: Op) -> None:
        """The op, writing back for inactive examples what is there."""
        assert self.mask is not None and record.destination is not None
        at, attributes, batched = record.destination, decode_attributes(node.op), [v in self.varying
                                                                                  for v in node.operands]
        operands = [self.new[v] if i == at else self.operand(v) for i, v in enumerate(node.operands)]
        if record.overwrites is None:
            (result,) = self.apply(record, operands, batched, [node.results[0].type], attributes)
            self.bind(node.results[0], self.mask.chosen(result, operands[at]), raw=True)
            return
        (value,) = (i for i in record.linear if i != at)
        name, positions, reading = record.overwrites(range(len(operands)), attributes)
        reader = lookup(name)
        assert reader is not None
        (there,) = self.apply(reader, [operands[i] for i in positions], [batched[i] for i in positions],
                              [node.operands[value].type], reading)
        new = operands[value] if batched[value] else for_all(operands[value], self.size)
        operands[value], batched[value] = self.mask.chosen(new, there), True
        (result,) = self.apply(record, operands, batched, [node.results[0].type], attributes)
        self.bind(node.results[0], result, raw=True)

    def call(self, node: Node) -> None:
        """A function with rules is called for all examples; one that cannot be looked into, in a loop over them."""
        if node.record is not None and node.record.output:
            self.output(node)
            return
        operands = [self.operand(v) for v in node.operands]
        batched = [v in self.varying for v in node.operands]
        types, attributes = [r.type for r in node.results], raw_attributes(node.op)
        if self.calls is not None and node.record is not None and node.record.paired is not None:
            attributes["callee"] = ir.FlatSymbolRefAttr.get(self.calls(node.op, batched))
            new = create(CALL, [batched_like(type_, self.size) for type_ in types], operands, attributes)
            for old, result in zip(node.results, new.results, strict=True):
                self.bind(old, result)
            return
        effect = node.record is None or node.record.effect
        active = self.mask.active if self.mask is not None and effect else None

        def call(b: Any, carried: list[Any]) -> list[Any]:
            inputs = [lane(x, b) if flag else x for x, flag in zip(operands, batched, strict=True)]
            outputs = create(CALL, types, inputs, attributes).results
            return [with_lane(y, all_, b) for y, all_ in zip(outputs, carried, strict=True)]

        def call_if_active(b: Any, carried: list[Any]) -> list[Any]:
            branch = make_if(lane(active, b), [v.type for v in carried])
            run, skip = (region.blocks[0] for region in branch.regions)
            with ir.InsertionPoint(run):
                yield_(call(b, carried), run)
            yield_(carried, skip)
            return list(branch.results)

        try:
            empty = [unfilled(batched_like(type_, self.size), self.size) for type_ in types]
        except Ragged:
            raise DifferentiationError(f"@{callee(node.op)} returns arrays of unknown shape",
                                       position_of(node.location),
                                       why="its results for all examples are one array") from None
        results = each_lane(self.size, empty, call if active is None else call_if_active)
        for old, new in zip(node.results, results, strict=True):
            self.bind(old, new if active is None or self.mask is None else self.mask.safe(new))

    def output(self, node: Node) -> None:
        """The examples that are active write one after the other; what is the same for all is written once."""
        attributes, active = raw_attributes(node.op), None if self.mask is None else self.mask.active

        def write(b: Any) -> None:
            create(CALL, [], [lane(self.new[v], b) if v in self.varying else self.new[v] for v in node.operands],
                   attributes)

        def write_if_active(b: Any, _: list[Any]) -> list[Any]:
            if active is None:
                write(b)
                return []
            branch = make_if(lane(active, b), [])
            run, skip = (region.blocks[0] for region in branch.regions)
            with ir.InsertionPoint(run):
                write(b)
                yield_([], run)
            yield_([], skip)
            return []

        if any(v in self.varying for v in node.operands):
            each_lane(self.size, [], write_if_active)
        else:
            write(0)
