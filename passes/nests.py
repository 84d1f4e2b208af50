"""Where the operations of a function stand: their loops and branches, and which of their extents are known outside.

A value is `LEVEL` when it can be computed at function level, before the loops; `COUNTED` when it follows from induction
variables as well; `DATA` otherwise.  Only integer arithmetic that cannot trap is moved outside.
"""

from __future__ import annotations

from dataclasses import dataclass

from wengert.dialects.bindings import Value, ir, is_tensor
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import FOR, IF
from wengert.dialects.op import lookup_call
from wengert.passes.extents import Extent, origin
from wengert.passes.purity import speculatable
from wengert.passes.tree import Body, Function, Node, copy_node
from wengert.passes.trips import constant_of, trip_count

LEVEL, COUNTED, DATA = 0, 1, 2


@dataclass(frozen=True, eq=False)
class Guard:
    """A branch of an `if`: taken when the condition equals `taken`."""

    condition: Value
    taken: bool


class Nests:
    """The nesting of a function tree."""

    def __init__(self, tree: Function) -> None:
        self.tree = tree
        self.home: dict[Node, Body] = {}
        self._levels: dict[Value, int] = {}
        pending = [tree.body]
        while pending:
            body = pending.pop()
            for node in body.nodes:
                self.home[node] = body
                pending += node.bodies

    def path(self, node: Node) -> list[Node]:
        """The region ops around a node, outermost first."""
        found: list[Node] = []
        parent = self.home[node].parent
        while parent is not None:
            found.append(parent)
            parent = self.home[parent].parent
        return found[::-1]

    def guards(self, loop: Node) -> list[Guard]:
        """The branches between a loop and the loop around it (or function level)."""
        found: list[Guard] = []
        body = self.home[loop]
        while body.parent is not None and not body.parent.is_loop:
            if body.parent.name == IF:
                found.append(Guard(body.parent.operands[0], body is body.parent.bodies[0]))
            body = self.home[body.parent]
        return found

    # ------------------------------------------------------------ what can be computed outside

    def level(self, value: Value) -> int:
        """LEVEL, COUNTED or DATA."""
        if value not in self._levels:
            self._levels[value] = DATA  # for values on a cycle
            self._levels[value] = self._find_level(value)
        return self._levels[value]

    def _find_level(self, value: Value) -> int:
        home = self.tree.home[value]
        if home is self.tree.body:
            return LEVEL
        node = self.tree.definition.get(value)
        if node is None:
            loop = home.parent
            if loop is not None and loop.name == FOR and value == home.arguments[0]:
                return max(COUNTED, *(self.level(bound) for bound in loop.bounds))
            return DATA
        if node.name == "tensor.dim":
            extent = self.extent(node)
            return DATA if extent is None else LEVEL if not isinstance(extent, Value) else self.level(extent)
        if not _is_integer_arithmetic(node):
            return DATA
        return max((self.level(operand) for operand in node.operands), default=LEVEL)

    def extent(self, node: Node) -> Extent | None:
        """What a `tensor.dim` asks for, or None if it cannot be traced to function level or an index value."""
        array, dimension = node.operands
        d = constant_of(dimension)
        return None if d is None else self.extent_of(array, d)

    def extent_of(self, array: Value, d: int) -> Extent | None:
        """A number, an index value, or a dimension of a value at function level; None if it is none of these."""
        extent = origin(self.tree, array, d)
        if isinstance(extent, tuple) and self.tree.home[extent[0]] is not self.tree.body:
            return None
        return extent

    def extent_is_level(self, array: Value, d: int) -> bool:
        """Whether an extent can be computed at function level."""
        extent = self.extent_of(array, d)
        return extent is not None and (not isinstance(extent, Value) or self.level(extent) == LEVEL)

    def countable_outside(self, loop: Node) -> bool:
        """Whether a bound on the trips of a `for` is known at function level.

        A branch that data decide may or may not be taken: the loop counts as if it were.  A branch that only counters
        decide is as good as a trip count, so the loop is not known outside.
        A step that is not a constant might be 0 where the loop is not reached.
        """
        if loop.name != FOR or any(self.level(bound) != LEVEL for bound in loop.bounds):
            return False
        if constant_of(loop.bounds[2]) is None and self.path(loop):
            return False
        return all(self.level(guard.condition) != COUNTED for guard in self.guards(loop))

    def countable(self, loop: Node) -> bool:
        """Whether counters and function-level values alone determine the trips and whether the loop is reached."""
        return (loop.name == FOR and all(self.level(bound) != DATA for bound in loop.bounds)
                and all(self.level(guard.condition) != DATA for guard in self.guards(loop)))


def iterations(lower: Value, upper: Value, step: Value) -> Value:
    """The number of iterations of a `for` as an index, 0 for an empty range."""
    trips = trip_count(lower, upper, step)
    known = constant_of(trips)
    return lookup_call("arith.maxsi", trips, index(0)) if known is None else index(max(known, 0))


class Outside:
    """Emits values of a tree at function level, at the current insertion point; `mapping` has the new values there."""

    def __init__(self, nests: Nests, mapping: dict[Value, Value]) -> None:
        self._nests, self._mapping = nests, mapping
        self._copies: dict[Value, Value] = {}
        self._trips: dict[Node, Value] = {}

    def value(self, value: Value) -> Value:
        """The new value for one of LEVEL."""
        tree = self._nests.tree
        if tree.home[value] is tree.body:
            return self._mapping[value]
        if value not in self._copies:
            node = tree.definition[value]
            if node.name == "tensor.dim":
                extent = self._nests.extent(node)
                assert extent is not None
                self._copies[value] = self.extent(extent)
            else:
                for operand in node.operands:
                    self._copies[operand] = self.value(operand)
                copy_node(node, self._copies, ir.InsertionPoint.current)
        return self._copies[value]

    def extent(self, extent: Extent) -> Value:
        """An extent as an index value."""
        if isinstance(extent, int):
            return index(extent)
        if isinstance(extent, tuple):
            array, d = extent
            return create("tensor.dim", [ir.IndexType.get()], [self._mapping[array], index(d)]).result
        return self.value(extent)

    def trips(self, loop: Node) -> Value:
        """The trip count of a `for` that is countable outside; 0 when a branch known outside is not taken."""
        if loop not in self._trips:
            lower, upper, step = (self.value(bound) for bound in loop.bounds)
            trips = iterations(lower, upper, step)
            for guard in self._nests.guards(loop):
                if self._nests.level(guard.condition) == LEVEL:
                    condition, none = self.value(guard.condition), constant(0, trips.type)
                    trips = lookup_call("arith.select", condition, *((trips, none) if guard.taken else (none, trips)))
            self._trips[loop] = trips
        return self._trips[loop]


def _is_integer_arithmetic(node: Node) -> bool:
    if node.bodies or node.record is None or any(is_tensor(r.type) for r in node.results) or not speculatable(node.op):
        return False
    if any(isinstance(r.type, ir.FloatType) for r in node.results):
        return False
    return node.record.recompute or node.name == "arith.select"
