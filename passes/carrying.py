"""Copies a function tree while additional values travel along, through the loops and branches around their uses.

A subclass says which region ops are opened, which keys each of them carries, and what happens at the places of
interest; the copy is otherwise the original.  `state` holds the present value of each key.  Nothing is threaded through
a region op that is not on the way.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from wengert.dialects.bindings import Value, ir
from wengert.dialects.build import create
from wengert.dialects.control import FOR, IF, WHILE, condition_, yield_
from wengert.dialects.op import raw_attributes
from wengert.passes.tree import Body, Node, copy_node

Key = Hashable


class Carrier:
    """Copies nodes of a tree at the current insertion point; `mapping` takes old values to new ones."""

    def __init__(self, mapping: dict[Value, Value]) -> None:
        self.mapping = mapping
        self.state: dict[Any, Value] = {}

    # ------------------------------------------------------------ what a subclass decides

    def opened(self, node: Node) -> bool:
        """Whether the regions of this scf op are gone through; all others are copied whole."""
        raise NotImplementedError

    def keys(self, node: Node) -> Sequence[Any]:
        """The keys that an opened op carries."""
        raise NotImplementedError

    def leaf(self, node: Node) -> None:
        """Copy an operation that is not opened."""
        copy_node(node, self.mapping, ir.InsertionPoint.current)

    def before(self, node: Node) -> None:
        """Called before an opened op."""

    def begin(self, body: Body) -> None:
        """Called at the start of a block."""

    def end(self, body: Body) -> None:
        """Called at the end of a block, before its terminator."""

    def after(self, node: Node) -> None:
        """Called after an opened op."""

    # ------------------------------------------------------------ the copy

    def new(self, values: Sequence[Value]) -> list[Value]:
        return [self.mapping[v] for v in values]

    def node(self, node: Node) -> None:
        """Copy one operation, with everything in it."""
        if node.name not in (FOR, WHILE, IF) or not self.opened(node):
            self.leaf(node)
            return
        self.before(node)
        if node.name == IF:
            self._branches(node)
        else:
            self._loop(node)
        self.after(node)

    def nodes(self, body: Body, block: Any) -> None:
        """Copy the operations of a block to the end of another."""
        point = ir.InsertionPoint(block)
        with point:
            self.begin(body)
        for node in body.nodes:
            with point, node.location:
                self.node(node)
        with point:
            self.end(body)

    def _loop(self, node: Node) -> None:
        keys = list(self.keys(node))
        carried = [self.state[key] for key in keys]
        types = [value.type for value in carried]
        new = create(node.name, [*(r.type for r in node.results), *types], [*self.new(node.operands), *carried],
                     raw_attributes(node.op), regions=len(node.bodies))
        for body, region in zip(node.bodies, new.regions, strict=True):
            block = region.blocks.append(*(a.type for a in body.arguments), *types)
            arguments = list(block.arguments)
            count = len(body.arguments)
            self.mapping.update(zip(body.arguments, arguments[:count], strict=True))
            self.state.update(zip(keys, arguments[count:], strict=True))
            self.nodes(body, block)
            ends = [*self.new(body.ends), *(self.state[key] for key in keys)]
            if body is node.iterated:
                yield_(ends, block)
            else:
                condition_(ends[0], ends[1:], block)
        self._leave(node, new, keys)

    def _branches(self, node: Node) -> None:
        keys = list(self.keys(node))
        outside = {key: self.state[key] for key in keys}
        types = [value.type for value in outside.values()]
        new = create(IF, [*(r.type for r in node.results), *types], self.new(node.operands), raw_attributes(node.op),
                     regions=2)
        for position, region in enumerate(new.regions):
            block = region.blocks.append()
            self.state.update(outside)
            ends: list[Value] = []
            if position < len(node.bodies):
                self.nodes(node.bodies[position], block)
                ends = self.new(node.bodies[position].ends)
            yield_([*ends, *(self.state[key] for key in keys)], block)
        self._leave(node, new, keys)

    def _leave(self, node: Node, new: Any, keys: Sequence[Any]) -> None:
        results, count = list(new.results), len(node.results)
        self.mapping.update(zip(node.results, results[:count], strict=True))
        self.state.update(zip(keys, results[count:], strict=True))
