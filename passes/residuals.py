"""Which known values a linear function recomputes, and which it must be given as residuals: a minimum cut.

Assumes a function in the form of diff-jvp.  A recomputed value is computed again where it was defined: in the same loop
iteration and under the same conditions, so that nothing runs which the primal did not run, and each operation runs at
most once more: all recomputation together costs less than one primal.

The network.  Its vertices are the known values that what the linear part demands is computed from; flow goes from what
cannot be computed again to what is demanded.

    capacity of a value                bytes x iterations of the loops it varies in: what it costs to store it
    u -> v                             v is computed from u by an operation that is cheap to execute again
    source -> v                        v cannot be computed again, or must not; else as much as its arithmetic costs
    v -> sink                          the linear part demands v

What the linear part has for nothing is reached by no flow: arguments, counters, constants, and what index arithmetic
and reading make of them.  The values on the cut are stored, those behind it recomputed.  Of equal cuts the one nearest
to the sink is taken: it recomputes least.

- Cheap are index arithmetic, structural operations and, in loops, elementwise arithmetic without transcendental
  functions.  At function level arithmetic is not repeated: its results are in memory and are handed over as they are.
- An operation with an effect, or one that writes into an array, is not cheap: the array would be copied first.
- A comparison of floats is stored as bytes: the second evaluation must not take the other branch.
- What is read from an array, or written to one, is read again from a later version of the array where it provably lasts
  (passes/lasting.py).
- An array that is overwritten later is stored only if the linear part demands the array itself, or reads what lasts in
  it; it has to be copied.  One at function level that nothing overwrites is stored by reference.
- A number that does not vary in an inner loop has one place for all iterations of that loop.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_tensor
from wengert.dialects.control import FOR
from wengert.dialects.op import Op, decode_attributes
from wengert.passes.extents import Extent, origin
from wengert.passes.lasting import Lasting, LastingElements
from wengert.passes.min_cut import Network
from wengert.passes.storage_facts import BY_REFERENCE, HOISTED, READ_AGAIN, RECOMPUTED, STORED
from wengert.passes.taint import defining_nodes
from wengert.passes.tree import Body, Function, Node
from wengert.passes.trips import constant_of

DIM = "tensor.dim"
#: What is not known before the program runs: trips of a loop, extent of a dynamic dimension.
ASSUMED = 1000
#: Bytes one would rather store than execute a floating-point operation again: on numbers whose tape stays in a cache,
#: and otherwise: elements of arrays, where arithmetic is vectorised and fused, and tapes that leave the caches.
BYTES_PER_FLOP, BYTES_PER_FLOP_BEYOND_CACHE = 4, 1
#: Bytes of the largest tape that is taken to stay in a cache between the two sweeps, as far as its size is known.
CACHE = 1 << 20


@dataclass(frozen=True)
class Residuals:
    """The decision about the known values of a jvp function that its linear part uses.

    Args:
        recomputed: those it computes again; all others that it uses are stored.
        depth: at how many loops' depth each value varies; inside deeper loops one place is enough.
        problem: what was to be decided.
        network: what was solved; its flow is the least cost, its cut the values stored.
        cut: the values on the cut.
    """

    recomputed: set[Value]
    depth: dict[Value, int]
    problem: Problem = field(repr=False)
    network: Network[Value] = field(repr=False)
    cut: set[Value] = field(repr=False)

    def lasting(self, value: Value) -> Lasting | None:
        """How a recomputed value is read again from a later version of an array; None where it is not."""
        return self.problem.lasting.get(value) if value in self.recomputed else None

    def kind(self, value: Value) -> str:
        """What happens to a value, in the words of passes/storage_facts.py; nothing where it costs nothing."""
        home, node = self.problem.tree.home[value], self.problem.tree.definition.get(value)
        if value in self.recomputed:
            if value in self.problem.lasting or (node is not None and _reads(node)):
                return READ_AGAIN
            return RECOMPUTED if self.problem.effort(value) else ""
        if home is self.problem.tree.body:
            return BY_REFERENCE
        deepest = max(self.problem.demanded.get(value, 0), home.loop_depth)
        return HOISTED if self.depth[value] < deepest else STORED

    def reason(self, value: Value) -> str:
        """Why, in words."""
        node, problem = self.problem.tree.definition.get(value), self.problem
        if value in self.recomputed:
            if value in problem.lasting:
                return "it is still in the array when the loop has ended"
            if node is not None and _reads(node):
                return "the array it is read from is not overwritten"
            return "computing it again costs less than storing it"
        if node is None:
            return "a loop carries it from iteration to iteration"
        if node.bodies:
            return "it is the result of a loop" if node.is_loop else "it is the result of a branch"
        if element_type(value.type) == ir.IntegerType.get_signless(1):
            return "a comparison is not evaluated twice: one byte"
        if node.record is not None and node.record.expensive:
            return f"{node.name} costs more than reading its result"
        if problem.sources(value) is None:
            return "its operation is not repeated"
        if _reads(node) and problem.price(node.operands[0]) is None:
            return "the array it is read from is overwritten"
        return "computing it again takes as much memory or work"


def decide(tree: Function, tangents: set[Value]) -> Residuals:
    """Decide which known values of a jvp function its linear part computes again.

    Args:
        tree: the jvp function.
        tangents: its values that depend on tangent arguments.
    """
    problem = Problem(tree, tangents)
    network: Network[Value] = Network()
    for value in problem.vertices:
        network.vertex(value, problem.price(value))
    for value in problem.vertices:
        if value in problem.demanded:
            network.sink(value)
        sources = problem.sources(value)
        if sources is None:
            network.source(value)
        else:
            if effort := problem.effort(value):
                network.source(value, effort)
            for source in sources:
                network.arc(source, value)
    cut, behind = network.solve()
    return Residuals(behind & problem.computed, problem.depth, problem, network, cut)


class Problem:
    """What there is to decide: the demanded values, what they are computed from, and what each costs."""

    def __init__(self, tree: Function, tangents: set[Value]) -> None:
        self.tree, self.tangents = tree, tangents
        self.kept = _kept_arrays(tree)
        self.demanded = _demanded(tree, tangents)
        self.depth = _depths(tree)
        self._loops = _loops_around(tree.body, ())
        self.computed: set[Value] = set()  # vertices that an operation can compute again
        self.lasting: dict[Value, Lasting] = {}
        self._lasting_elements = LastingElements(tree, self.kept, tangents)
        self._read_later: set[Value] = set()
        self.vertices: dict[Value, None] = {}
        self._sources: dict[Value, list[Value] | None] = {}
        pending = list(self.demanded)
        while pending:
            value = pending.pop()
            if value not in self.vertices:
                self.vertices[value] = None
                found = self._sources[value] = self._find_sources(value)
                pending += found or ()

    def sources(self, value: Value) -> list[Value] | None:
        """The known values that a vertex is computed from; None when it cannot be computed again."""
        return self._sources[value]

    def _find_sources(self, value: Value) -> list[Value] | None:
        node, home = self.tree.definition.get(value), self.tree.home[value]
        if (found := self._lasting_elements.find(value)) is not None:
            self.lasting[value] = found
            self.computed.add(value)
            self._read_later.add(found.array)
            return found.operands
        if node is None:
            counter = home.parent is not None and home.parent.name == FOR and value == home.arguments[0]
            return [] if counter or home is self.tree.body else None
        if node.bodies or node.record is None or not _cheap(node, node.record, home.loop_depth):
            return None
        self.computed.add(value)
        if node.name != DIM:
            return node.operands
        extent = extent_of(self.tree, node)  # asks for an extent, not for the array
        return [] if isinstance(extent, int) else [extent[0] if isinstance(extent, tuple) else extent]

    def price(self, value: Value) -> int | None:
        """Bytes it takes to store a value, over all iterations; half for what need not be copied; None: it must not."""
        size = self._trips(value) * self._bytes(value)
        if not is_tensor(value.type):
            return size
        if value in self.kept:
            return size // 2 if self.tree.home[value] is self.tree.body else size
        return size if value in self.demanded or value in self._read_later else None

    def effort(self, value: Value) -> int:
        """What it costs to compute a value again, in bytes that are as costly."""
        node = self.tree.definition.get(value)
        if node is None or node.record is None or value in self.lasting:
            return 0
        operands, results = ([_shape(v.type) for v in values] for values in (node.operands, node.results))
        flops = node.record.flops(operands, results, decode_attributes(node.op))
        near = not is_tensor(value.type) and self._trips(value, unknown=1) * self._bytes(value) <= CACHE
        return (BYTES_PER_FLOP if near else BYTES_PER_FLOP_BEYOND_CACHE) * flops * self._trips(value)

    def _trips(self, value: Value, unknown: int = ASSUMED) -> int:
        """How many values there are: iterations of the loops in which it varies."""
        loops = self._loops[self.tree.home[value]]
        return prod(_trips(loop, unknown) for loop in loops[:self.depth[value]])

    def _bytes(self, value: Value) -> int:
        """Bytes of a value; a part of run-time size is taken for half of the array it is read from."""
        size, node = _bytes(value.type), self.tree.definition.get(value)
        linear = node is not None and node.record is not None and node.record.linear == (0,)
        source = node.operands[0].type if node is not None and linear and node.operands else None
        if source is None or not is_tensor(source) or not source.has_static_shape or not is_tensor(value.type):
            return size
        if value.type.has_static_shape or value.type.rank > source.rank:
            return size
        return min(size, _bytes(source) // 2)


def extent_of(tree: Function, node: Node) -> Extent:
    """What a `tensor.dim` of the function asks for; (array, -1) when it does not say which dimension."""
    array, dimension = node.operands
    d = constant_of(dimension)
    return (array, -1) if d is None else origin(tree, array, d)


def _shape(type_: Any) -> list[int]:
    return [ASSUMED if n == DYNAMIC else n for n in type_.shape] if is_tensor(type_) else []


def _bytes(type_: Any) -> int:
    element = element_type(type_)
    width = 8 if isinstance(element, ir.IndexType) else max(element.width // 8, 1)
    return int(width * prod(_shape(type_)))


def _trips(loop: Node, unknown: int) -> int:
    """Iterations of a loop, at least one: the cut must not be indifferent to what is inside."""
    bounds = [constant_of(bound) for bound in loop.bounds] if loop.name == FOR else [None]
    return unknown if None in bounds else max(len(range(*bounds)), 1)


def _loops_around(body: Body, outer: tuple[Node, ...]) -> dict[Body, tuple[Node, ...]]:
    """For each block in a body the loops around it, outermost first."""
    found = {body: outer}
    for node in body.nodes:
        for inner in node.bodies:
            found |= _loops_around(inner, (*outer, node) if node.is_loop else outer)
    return found


def _cheap(node: Node, record: Op, depth: int) -> bool:
    """Whether an operation may be executed again."""
    if record.effect or record.destination is not None or "nd.accumulate" in node.op.attributes:
        return False
    if record.recompute or record.family == "structural":
        return True
    return record.family == "elementwise" and depth > 0 and not record.expensive


def _reads(node: Node) -> bool:
    """Whether an operation reads a part of an array."""
    return node.record is not None and node.record.family == "structural" and node.record.operands[0] == "array"


def _demanded(tree: Function, tangents: set[Value]) -> dict[Value, int]:
    """The known values that operations of the linear part take, and those that decide which of them run.

    With the loop depth of the deepest of these operations.
    """
    demanded: dict[Value, int] = {}

    def enter(values: Iterable[Value], depth: int) -> None:
        for value in values:
            if value not in tangents:
                demanded[value] = max(depth, demanded.get(value, 0))

    touched = defining_nodes(tree.body, tangents)

    def visit(body: Body) -> None:
        for node in body.nodes:
            if node not in touched:
                continue
            if node.name == FOR:
                enter(node.bounds, body.loop_depth)
            elif not node.is_loop:
                enter(node.operands, body.loop_depth)
            for values in [node.inits, node.yields] if node.is_loop else [inner.ends for inner in node.bodies]:
                joined = zip(values, node.results, strict=True)
                enter((v for v, result in joined if result in tangents), body.loop_depth)
            for inner in node.bodies:
                visit(inner)

    visit(tree.body)
    enter(tree.body.ends[tree.attribute("diff.results"):], 0)
    return demanded


def _depths(tree: Function) -> dict[Value, int]:
    """At how many loops' depth each value varies: less than where it stands when nothing it is computed from does."""
    depths = dict.fromkeys(tree.body.arguments, 0)

    def visit(body: Body) -> None:
        depths.update(dict.fromkeys(body.arguments, body.loop_depth))
        for node in body.nodes:
            for inner in node.bodies:
                visit(inner)
            movable = node.record is not None and not (node.bodies or node.record.effect)
            inputs = max((depths[v] for v in node.operands), default=0)
            for result in node.results:
                scalar = movable and not is_tensor(result.type)
                depths[result] = inputs if scalar else body.loop_depth

    visit(tree.body)
    return depths


def _kept_arrays(tree: Function) -> set[Value]:
    """Arrays that nothing overwrites: no insert, no loop, no join of branches takes their memory."""
    overwritten: set[Value] = set()
    for node in tree.body.walk():
        if node.is_loop:
            overwritten.update(node.inits)
        for body in node.bodies:
            overwritten.update(body.ends)
        if node.record is not None and node.record.destination is not None:
            overwritten.add(node.operands[node.record.destination])
        if "nd.accumulate" in node.op.attributes:
            overwritten.add(node.operands[0])
    return {value for value in tree.home if is_tensor(value.type) and value not in overwritten}
