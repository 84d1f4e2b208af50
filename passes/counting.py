"""The counting run: how often the loops of a nest run in all, before the nest runs.

A copy of the nest without saves counts the iterations of each flat loop and the elements of each ragged tape.  Only
the counts are used afterwards, so dead code elimination leaves just what decides them: for a triangular nest the outer
loops with one addition, for a `while` the slice that feeds its condition.

Run-time checks are copied only inside of `while` loops, which end when one fails; there the copy finds the failure that
the nest itself would find.  What the program writes is left out.
"""

from __future__ import annotations

from collections.abc import Sequence

from wengert.dialects.bindings import Value, ir
from wengert.dialects.build import create, index
from wengert.dialects.control import FOR, WHILE
from wengert.dialects.op import lookup_call
from wengert.passes.carrying import Carrier
from wengert.passes.extents import origin
from wengert.passes.nests import iterations
from wengert.passes.storage_plan import SAVE, Counted, Flat, Plan, Ragged
from wengert.passes.tree import Body, Node

CHECK = "nd.check"


def count(plan: Plan, construct: Node, wanted: Sequence[Counted], mapping: dict[Value, Value]) -> list[Value]:
    """Emit the counting run of a region op at the current insertion point; the total of each count as an index."""
    counter = _Counter(plan, wanted, dict(mapping))
    counter.state.update({counted: index(0) for counted in wanted})
    counter.node(construct)
    return [counter.state[counted] for counted in wanted]


def elements(plan: Plan, value: Value, mapping: dict[Value, Value]) -> Value:
    """The number of elements of an array of the tree, emitted where the array is defined, or later."""
    total: Value = index(1)
    for d in range(value.type.rank):
        total = lookup_call("arith.muli", total, extent_here(plan, value, d, mapping))
    return total


def extent_here(plan: Plan, value: Value, d: int, mapping: dict[Value, Value]) -> Value:
    """One extent of an array of the tree as an index, without the array if possible."""
    extent = origin(plan.tree, value, d)
    if isinstance(extent, int):
        return index(extent)
    if isinstance(extent, tuple):
        return create("tensor.dim", [ir.IndexType.get()], [mapping[extent[0]], index(extent[1])]).result
    return mapping[extent]


def _writes(node: Node) -> bool:
    return node.record is not None and node.record.output


class _Counter(Carrier):
    def __init__(self, plan: Plan, wanted: Sequence[Counted], mapping: dict[Value, Value]) -> None:
        super().__init__(mapping)
        self._plan = plan
        self._flats = {counted.loop: counted for counted in wanted if isinstance(counted, Flat)}
        self._saves = {counted.residual.at: counted for counted in wanted if isinstance(counted, Ragged)}
        self._carried: dict[Node, list[Counted]] = {}
        for counted in wanted:
            for node in plan.route(counted):
                self._carried.setdefault(node, []).append(counted)
        effects = [node for node in plan.tree.body.walk() if node.name == CHECK or _writes(node)]
        self._opened = plan.opened | {node for effect in effects for node in plan.nests.path(effect)}
        self._whiles = 0

    def opened(self, node: Node) -> bool:
        return node in self._opened

    def keys(self, node: Node) -> Sequence[Counted]:
        return self._carried.get(node, ())

    def leaf(self, node: Node) -> None:
        if node.name != SAVE:
            if not _writes(node) and (node.name != CHECK or self._whiles):
                super().leaf(node)
        elif node in self._saves:
            ragged = self._saves[node]
            size = elements(self._plan, node.operands[0], self.mapping)
            self.state[ragged] = lookup_call("arith.addi", self.state[ragged], size)

    def before(self, node: Node) -> None:
        if node.name == FOR and node in self._flats:
            flat = self._flats[node]
            lower, upper, step = self.new(list(node.bounds))
            self.state[flat] = lookup_call("arith.addi", self.state[flat], iterations(lower, upper, step))
        self._whiles += node.name == WHILE

    def end(self, body: Body) -> None:
        loop = body.parent
        if loop is not None and loop.name == WHILE and body is loop.iterated and loop in self._flats:
            flat = self._flats[loop]
            self.state[flat] = lookup_call("arith.addi", self.state[flat], index(1))

    def after(self, node: Node) -> None:
        self._whiles -= node.name == WHILE
