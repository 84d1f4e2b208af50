"""The counting run: how often the loops of a nest run in all, before the nest runs.

A copy of the nest without saves counts the iterations of each flat loop.  Only the counts are used afterwards, so dead
code elimination leaves just what decides them: for a triangular nest the outer loops with one addition, for a `while`
the slice that feeds its condition.

Run-time checks are copied only inside of `while` loops, which end when one fails; there the copy finds the failure that
the nest itself would find.
"""

from __future__ import annotations

from collections.abc import Sequence

from wengert.dialects.bindings import Value
from wengert.dialects.build import index
from wengert.dialects.control import FOR, WHILE
from wengert.dialects.op import lookup_call
from wengert.passes.carrying import Carrier
from wengert.passes.nests import iterations
from wengert.passes.storage_plan import SAVE, Flat, Plan
from wengert.passes.tree import Body, Node

CHECK = "nd.check"


def count_iterations(plan: Plan, construct: Node, flats: Sequence[Flat], mapping: dict[Value, Value]) -> list[Value]:
    """Emit the counting run of a region op at the current insertion point; the total of each flat loop as an index."""
    counter = _Counter(plan, flats, dict(mapping))
    counter.state.update({flat: index(0) for flat in flats})
    counter.node(construct)
    return [counter.state[flat] for flat in flats]


class _Counter(Carrier):
    def __init__(self, plan: Plan, flats: Sequence[Flat], mapping: dict[Value, Value]) -> None:
        super().__init__(mapping)
        self._flats = {flat.loop: flat for flat in flats}
        self._carried: dict[Node, list[Flat]] = {}
        for flat in flats:
            for node in plan.route(flat):
                self._carried.setdefault(node, []).append(flat)
        self._opened = plan.opened | {node for check in plan.tree.body.walk() if check.name == CHECK
                                      for node in plan.nests.path(check)}
        self._whiles = 0

    def opened(self, node: Node) -> bool:
        return node in self._opened

    def keys(self, node: Node) -> Sequence[Flat]:
        return self._carried.get(node, ())

    def leaf(self, node: Node) -> None:
        if node.name != SAVE and (node.name != CHECK or self._whiles):
            super().leaf(node)

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
