"""Forward and backward dataflow of derivatives: which values depend on which through operations on floats.

One graph serves the three passes.  Forward from the differentiated arguments it gives activity (jvp) and the split
(linearize); backward from the results it gives the values that matter (jvp) and those that receive a cotangent
(transpose).  Loops need no iteration: a carried value has edges from its init and from what the body yields, so the
least fixpoint is a reachability question.  Everything is linear in the number of operands.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from wengert.dialects.bindings import Value, is_float, position_of
from wengert.dialects.control import CONTROL, FOR, IF, WHILE
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import zero_tangent
from wengert.passes.tree import Body, Function, Node

Edge = tuple[Value, Value]
Graph = dict[Value, list[Value]]


@dataclass(frozen=True)
class Flow:
    """The graph of derivatives: `forward[x]` are the values that x feeds directly, `backward[y]` those that feed y."""

    forward: Graph = field(default_factory=dict)
    backward: Graph = field(default_factory=dict)


def flow(body: Body, *, through_inert: bool) -> Flow:
    """The flow inside a function body.

    Args:
        body: entry body of a function.
        through_inert: whether values pass through ops whose derivative is zero everywhere (for activity they do not).
    """
    graph = Flow()
    for source, target in _edges(body, through_inert):
        graph.forward.setdefault(source, []).append(target)
        graph.backward.setdefault(target, []).append(source)
    return graph


def _edges(body: Body, through_inert: bool) -> Iterator[Edge]:
    for node in body.walk():
        if node.name == FOR:
            for init, carry, end, result in zip(node.inits, node.carries, node.yields, node.results, strict=True):
                if is_float(carry.type):
                    yield from ((init, carry), (end, carry), (carry, result))
        elif node.name == WHILE:
            values = zip(node.inits, node.bodies[0].arguments, node.carries, node.yields, node.results, strict=True)
            for init, test, carry, end, result in values:
                if is_float(carry.type):
                    yield from ((init, test), (end, test), (test, carry), (carry, result))
        elif node.name == IF:
            for branch in node.bodies:
                ends = zip(branch.ends, node.results, strict=True)
                yield from ((end, result) for end, result in ends if is_float(result.type))
        elif through_inert or node.record is None or node.record.jvp is not zero_tangent:
            targets = [result for result in node.results if is_float(result.type)]
            if targets:
                yield from ((source, target) for source in node.operands if is_float(source.type) for target in targets)


def reachable(seeds: Iterable[Value], graph: Graph) -> set[Value]:
    """`seeds` and all values that can be reached from them."""
    found = set(seeds)
    pending = list(found)
    while pending:
        for target in graph.get(pending.pop(), ()):
            if target not in found:
                found.add(target)
                pending.append(target)
    return found


def defining_nodes(body: Body, values: set[Value]) -> set[Node]:
    """The nodes that define one of `values`, as a result or anywhere inside their regions."""
    found: set[Node] = set()

    def visit(body: Body) -> bool:
        inside = any(argument in values for argument in body.arguments)
        for node in body.nodes:
            here = any(result in values for result in node.results)
            for inner in node.bodies:
                here |= visit(inner)
            if here:
                found.add(node)
                inside = True
        return inside

    visit(body)
    return found


class Captures:
    """The values of a set that an operation uses in its regions but does not define there, in order of use.

    A use counts when it feeds a value of the set.
    """

    def __init__(self, values: set[Value]) -> None:
        self._values = values
        self._known: dict[Node, list[Value]] = {}

    def __getitem__(self, node: Node) -> list[Value]:
        if node not in self._known:
            self._known[node] = self._collect(node)
        return self._known[node]

    def _collect(self, node: Node) -> list[Value]:
        used: dict[Value, None] = {}
        defined: set[Value] = set()
        for body in node.bodies:
            defined.update(body.arguments)
            for inner in body.nodes:
                if inner.bodies or any(result in self._values for result in inner.results):
                    used.update(dict.fromkeys(v for v in inner.operands if v in self._values))
                if inner.bodies:
                    used.update(dict.fromkeys(self[inner]))
                defined.update(inner.results)
            used.update(dict.fromkeys(v for v in body.ends if v in self._values))
        return [value for value in used if value not in defined]


def require_linear(tree: Function, tangents: set[Value]) -> None:
    """Check that every op of a jvp or linear function is linear in its operands that are tangents.

    Raises:
        DifferentiationError: at the first op that is not.
    """
    for node in tree.body.walk():
        positions = [i for i, operand in enumerate(node.operands) if operand in tangents]
        if not positions or node.name in CONTROL:
            continue
        record = node.record
        jointly = record is not None and all(i in record.linear for i in positions)
        alone = record is not None and len(positions) == 1 and positions[0] in record.bilinear
        if node.bodies or not (jointly or alone):
            raise DifferentiationError(f"{node.name} is not linear in a tangent it gets", position_of(node.location),
                                       why="the derivative of a program is linear in the tangents of its arguments",
                                       help="a derivative rule may use tangents only in linear operations")
