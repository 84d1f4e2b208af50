"""Which known values a linear function recomputes, and which it must be given as residuals.

Assumes a function in the form of diff-jvp.  A recomputed value is computed again where it was defined: in the same loop
iteration and under the same conditions, so that nothing runs which the primal did not run.  A value is recomputed when
this is cheap and the residuals it takes beyond those that are asked for anyway are smaller than the value itself:

- index arithmetic, constants, and what is created from them take none;
- elements and slices of an array that stands at function level and is never overwritten are read again (the array
  itself, unless it is an argument, becomes a residual by reference);
- inside loops, plain arithmetic on such values, and on values that belong to an outer loop, takes none of this loop;
- a broadcast takes what it repeats, a choice between constants takes a bool.

Everything else is saved where it is defined, at its own loop depth.  A comparison of floats is always saved, never
recomputed: the second evaluation must not take the other branch.
"""

from __future__ import annotations

from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_tensor
from wengert.dialects.control import FOR
from wengert.dialects.op import Op
from wengert.passes.extents import Extent, origin
from wengert.passes.tree import Function, Node
from wengert.passes.trips import constant_of

DIM = "tensor.dim"
#: The longest chain of operations that is recomputed; what is longer is saved in the middle.
LONGEST_CHAIN = 64
#: The most residuals that one recomputed value takes.
MOST_RESIDUALS = 4
#: What the sizes of residuals are compared with: assumed trips of a loop, and extent of a dynamic dimension.
ASSUMED_TRIPS, ASSUMED_EXTENT = 8, 1000


def recomputable(tree: Function, tangents: set[Value]) -> set[Value]:
    """The known values of a jvp function that its linear part computes again.

    Args:
        tree: the jvp function.
        tangents: its values that depend on tangent arguments.
    """
    return _Recomputation(tree, tangents).found()


class _Recomputation:
    """For each value that is recomputed, the residuals this takes and the length of the chain of operations."""

    def __init__(self, tree: Function, tangents: set[Value]) -> None:
        self.tree, self.tangents = tree, tangents
        self.kept = _kept_arrays(tree)
        self.demanded = _demanded(tree, tangents)
        arguments = tree.body.arguments  # they are passed on
        self.residuals: dict[Value, frozenset[Value]] = dict.fromkeys(arguments, frozenset())
        self.length: dict[Value, int] = dict.fromkeys(arguments, 0)

    def found(self) -> set[Value]:
        for node in self.tree.body.walk():
            if node.name == FOR:
                self.enter(node.iterated.arguments[0], frozenset(), 0)
            elif node.results and not node.bodies and node.record is not None and node.results[0] not in self.tangents:
                self.visit(node, node.record)
        return set(self.residuals)

    def enter(self, value: Value, residuals: frozenset[Value], length: int) -> None:
        self.residuals[value], self.length[value] = residuals, length

    def visit(self, node: Node, record: Op) -> None:
        depth = self.tree.home[node.results[0]].loop_depth
        sources = self.sources(node)
        if sources is None or not _cheap(node, record, depth):
            return
        residuals = frozenset().union(*(self.residuals.get(v, frozenset((v,))) for v in sources))
        length = 1 + max((self.length.get(v, 0) for v in sources), default=0)
        if len(residuals) > MOST_RESIDUALS or length > LONGEST_CHAIN:
            return
        if sum(self.price(v, depth) for v in residuals) < _size(node, record):
            for result in node.results:
                self.enter(result, residuals, length)

    def sources(self, node: Node) -> list[Value] | None:
        """The values that the operation is computed from; None when it cannot be computed from others."""
        if node.name != DIM:
            return node.operands
        extent = extent_of(self.tree, node)  # asks for an extent, not for the array
        if isinstance(extent, int):
            return []
        if isinstance(extent, tuple):
            return [extent[0]] if extent[0] in self.residuals else None
        return [extent]

    def price(self, residual: Value, depth: int) -> float:
        """Bytes of a residual, if it is saved for this only, for each iteration at loop depth `depth`."""
        if residual in self.demanded:
            return 0
        outer = depth - self.tree.home[residual].loop_depth
        if outer > 0 and (residual in self.kept or not is_tensor(residual.type)):
            return 0
        return _bytes(residual.type) / ASSUMED_TRIPS**outer


def extent_of(tree: Function, node: Node) -> Extent:
    """What a `tensor.dim` of the function asks for; (array, -1) when it does not say which dimension."""
    array, dimension = node.operands
    d = constant_of(dimension)
    return (array, -1) if d is None else origin(tree, array, d)


def _bytes(type_: Any) -> int:
    element = element_type(type_)
    width = 8 if isinstance(element, ir.IndexType) else max(element.width // 8, 1)
    elements = prod(ASSUMED_EXTENT if n == DYNAMIC else n for n in type_.shape) if is_tensor(type_) else 1
    return int(width * elements)


def _size(node: Node, record: Op) -> float:
    """Bytes of the results; a part of run-time size is taken for half of the array it is read from."""
    size = sum(_bytes(result.type) for result in node.results)
    source = node.operands[0].type if record.linear == (0,) and node.operands else None
    if source is not None and is_tensor(source) and source.has_static_shape:
        parts = [r.type for r in node.results if is_tensor(r.type) and not r.type.has_static_shape]
        if parts and all(part.rank <= source.rank for part in parts):
            return min(size, _bytes(source) / 2)
    return size


def _cheap(node: Node, record: Op, depth: int) -> bool:
    """Whether computing the results again, from operands at hand, costs no more than reading them from memory."""
    if record.effect:
        return False
    if record.recompute:
        return True
    if record.destination is not None or "nd.accumulate" in node.op.attributes:
        return False  # it writes into an array, which would have to be copied first
    return record.family == "structural" or (record.family == "elementwise" and depth > 0 and not record.expensive)


def _demanded(tree: Function, tangents: set[Value]) -> set[Value]:
    """The known values that linear operations take as operands."""
    linear = (node for node in tree.body.walk() if not node.bodies and any(r in tangents for r in node.results))
    return {operand for node in linear for operand in node.operands if operand not in tangents}


def _kept_arrays(tree: Function) -> set[Value]:
    """Arrays at function level that nothing overwrites: no insert, no loop, no join of branches takes their memory."""
    overwritten: set[Value] = set()
    for node in tree.body.walk():
        if node.is_loop:
            overwritten.update(node.inits)
        for body in node.bodies:
            overwritten.update(body.ends)
        if node.record is not None and node.record.destination is not None:
            overwritten.add(node.operands[node.record.destination])
        if node.name == "arith.addf" and "nd.accumulate" in node.op.attributes:
            overwritten.add(node.operands[0])
    at_function_level = (value for value, home in tree.home.items() if home is tree.body)
    return {value for value in at_function_level if is_tensor(value.type) and value not in overwritten}
