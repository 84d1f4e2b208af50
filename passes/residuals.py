"""Which known values a linear function recomputes, and which it must be given as residuals.

Assumes a function in the form of diff-jvp.  A recomputed value is computed again where it was defined: in the same loop
iteration and under the same conditions, so that nothing runs which the primal did not run.  In order of preference:

- index arithmetic, constants, and what is created from them: recomputed;
- elements and slices of an array that stands at function level and is never overwritten: read again (the array itself,
  unless it is an argument, becomes a residual by reference);
- inside loops, arithmetic that is no more costly than reading a residual, on values that are recomputed or that belong
  to an outer loop: recomputed;
- everything else: saved where it is defined, at its own loop depth.

A comparison of floats is always saved, never recomputed: the second evaluation must not take the other branch.
"""

from __future__ import annotations

from wengert.dialects.bindings import Value, is_tensor
from wengert.dialects.control import FOR
from wengert.dialects.op import Op
from wengert.passes.extents import Extent, origin
from wengert.passes.tree import Function, Node
from wengert.passes.trips import constant_of

DIM = "tensor.dim"
#: The longest chain of operations that is recomputed; what is longer is saved in the middle.
LONGEST_CHAIN = 64


def recomputable(tree: Function, tangents: set[Value]) -> set[Value]:
    """The known values of a jvp function that its linear part computes again.

    Args:
        tree: the jvp function.
        tangents: its values that depend on tangent arguments.
    """
    kept = _kept_arrays(tree)
    chain: dict[Value, int] = dict.fromkeys(tree.body.arguments, 0)  # arguments are passed on: as good as recomputed

    def length(operand: Value, depth: int) -> int | None:
        """Length of the chain that yields `operand` at loop depth `depth`; None: only a residual can."""
        if operand in chain:
            return chain[operand]
        if depth == 0 or tree.home[operand].loop_depth == depth:
            return None
        return 0 if not is_tensor(operand.type) or operand in kept else None

    def longest(node: Node, depth: int) -> int | None:
        if node.name == DIM:  # asks for an extent, not for the array
            extent = extent_of(tree, node)
            if isinstance(extent, int) or (isinstance(extent, tuple) and extent[0] in chain):
                return 0
            return None if isinstance(extent, tuple) else length(extent, depth)
        lengths = [length(operand, depth) for operand in node.operands]
        return max((n for n in lengths if n is not None), default=0) if None not in lengths else None

    for node in tree.body.walk():
        if node.name == FOR:
            chain[node.iterated.arguments[0]] = 0
        if not node.results or node.bodies or any(result in tangents for result in node.results):
            continue
        depth = tree.home[node.results[0]].loop_depth
        if node.record is not None and _cheap(node, node.record, depth):
            operands = longest(node, depth)
            if operands is not None and operands < LONGEST_CHAIN:
                chain.update(dict.fromkeys(node.results, operands + 1))
    return set(chain)


def extent_of(tree: Function, node: Node) -> Extent:
    """What a `tensor.dim` of the function asks for."""
    array, dimension = node.operands
    d = constant_of(dimension)
    return (array, -1) if d is None else origin(tree, array, d)


def _cheap(node: Node, record: Op, depth: int) -> bool:
    """Whether computing the results again, from operands at hand, costs no more than a residual."""
    if record.effect:
        return False
    if record.recompute:
        return True
    if record.destination is not None or "nd.accumulate" in node.op.attributes:
        return False  # it writes into an array, which would have to be copied first
    scalar = not any(is_tensor(result.type) for result in node.results)
    if record.family == "structural":
        return scalar or len(record.linear) <= 1
    return record.family == "elementwise" and depth > 0 and not record.expensive


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
        if "nd.accumulate" in node.op.attributes:
            overwritten.add(node.operands[0])
    at_function_level = (value for value, home in tree.home.items() if home is tree.body)
    return {value for value in at_function_level if is_tensor(value.type) and value not in overwritten}
