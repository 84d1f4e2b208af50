"""Dataflow for batching: which values differ between the examples, and which arrays are written in place.

Assumes a function that was read (passes/tree.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from wengert.dialects.bindings import Value
from wengert.dialects.control import FOR, IF, WHILE
from wengert.passes.tree import Body, Function, Node


def varying(tree: Function, inputs: Iterable[Value]) -> set[Value]:
    """The values that differ between the examples when `inputs` do: a fixpoint over loops."""
    found = set(inputs)
    while True:
        count = len(found)
        for node in tree.body.walk():
            found.update(_varying_in(node, found))
        if len(found) == count:
            return found


def differs(node: Node, found: set[Value]) -> bool:
    """Whether the examples take different ways through this control flow."""
    if node.name == FOR:
        return any(bound in found for bound in node.bounds)
    if node.name == WHILE:
        return node.bodies[0].ends[0] in found
    return node.operands[0] in found


def _varying_in(node: Node, found: set[Value]) -> Iterator[Value]:
    if node.is_loop:
        apart = differs(node, found)
        tests = node.bodies[0].arguments if node.name == WHILE else node.carries
        for init, test, carry, end, result in zip(node.inits, tests, node.carries, node.yields, node.results,
                                                  strict=True):
            if init in found or end in found or (apart and end != carry):
                yield from (test, carry, result)
        if node.name == FOR and (node.operands[0] in found or node.operands[2] in found):
            yield node.iterated.arguments[0]
    elif node.name == IF:
        apart = differs(node, found)
        for ends, result in zip(zip(*(body.ends for body in node.bodies), strict=True), node.results, strict=False):
            if any(end in found for end in ends) or (apart and ends[0] != ends[-1]):
                yield result
    elif any(operand in found for operand in node.operands) and not (node.record is not None and node.record.of_shape):
        yield from node.results


def touched(body: Body, found: set[Value]) -> set[Node]:
    """The nodes that use or define one of the values, or have such nodes inside."""
    nodes: set[Node] = set()

    def visit(body: Body) -> bool:
        inside = any(argument in found for argument in body.arguments)
        for node in body.nodes:
            here = any(value in found for value in (*node.operands, *node.results))
            for inner in node.bodies:
                here |= visit(inner)
            if here:
                nodes.add(node)
                inside = True
        return inside

    visit(body)
    return nodes


class Versions:
    """Which array a value is a newer version of.

    A write into a version is a newer version; so is the result of a loop or branch that only writes.
    """

    def __init__(self, tree: Function) -> None:
        self._tree = tree
        self._before: dict[Value, Value | None] = {}
        self._inside: dict[Node, set[Value]] = {}

    def entering(self, value: Value, node: Node) -> Value:
        """The version from outside of `node` that `value` comes from, or the oldest one inside."""
        while not self.outside(value, node) and (older := self.before(value)) is not None:
            value = older
        return value

    def before(self, value: Value) -> Value | None:
        """The version before this one; None when the value is not a newer version of anything."""
        if value not in self._before:
            self._before[value] = self._find(value)
        return self._before[value]

    def _find(self, value: Value) -> Value | None:
        node = self._tree.definition.get(value)
        if node is None:
            return None
        if node.record is not None:
            at = node.record.destination
            return None if at is None else node.operands[at]
        i = node.results.index(value)
        if node.is_loop:
            return node.inits[i] if self.entering(node.yields[i], node) == node.carries[i] else None
        if node.name == IF and len(node.bodies) == 2:
            x, y = (self.entering(body.ends[i], node) for body in node.bodies)
            return x if x == y and self.outside(x, node) else None
        return None

    def outside(self, value: Value, node: Node) -> bool:
        """Whether `value` is defined outside of the regions of `node`."""
        if node not in self._inside:
            self._inside[node] = set(_defined(node))
        return value not in self._inside[node]


def _defined(node: Node) -> Iterator[Value]:
    for body in node.bodies:
        yield from body.arguments
        for inner in body.nodes:
            yield from inner.results
            yield from _defined(inner)
