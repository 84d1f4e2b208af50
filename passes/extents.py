"""Where a dynamic dimension comes from: through inserts, arithmetic and loops back to an index value or an argument.

The size of an array is needed where the array itself is not at hand: a zero cotangent has the shape of a linear value
that does not exist in the reverse function, and a saved array is too much when only its size is asked for.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, ir, is_tensor
from wengert.dialects.control import FOR, IF
from wengert.dialects.op import decode_attributes
from wengert.passes.tree import Body, Function, Node

#: `int`, an index Value that is the extent, or `(value, d)`: dimension d of a value that cannot be traced further.
Extent = Any
#: Extents that are taken for granted.
Assumed = dict[tuple[Value, int], Extent]


def origin(tree: Function, value: Value, d: int, assumed: Assumed | None = None) -> Extent:
    """The extent of dimension d of `value`, expressed by what is defined at the same place or further out.

    A carried value counts as unchanged in shape only when that can be shown from the loop; otherwise it is its own
    origin.  Tracing ends early at the pairs in `assumed`, whose extents are given.
    """
    assumed = assumed or {}
    while True:
        if not value.type.is_dynamic_dim(d):
            return int(value.type.shape[d])
        if (value, d) in assumed:
            return assumed[value, d]
        node = tree.definition.get(value)
        step = _inside(tree, value, d, assumed) if node is None else _across(tree, node, value, d, assumed)
        if step is None:
            return value, d
        if not isinstance(step, tuple):
            return step
        if step == (value, d):
            return step
        value, d = step


def _inside(tree: Function, value: Value, d: int, assumed: Assumed) -> Extent:
    """A step from a block argument: to the init of a loop whose iterations keep the extent."""
    body: Body = tree.home[value]
    loop = body.parent
    if loop is None or not loop.is_loop:
        return None
    position = body.arguments.index(value) - (1 if loop.name == FOR else 0)
    carry, init, end = loop.carries[position], loop.inits[position], loop.yields[position]
    before = origin(tree, init, d, assumed)  # by induction: if an iteration keeps this extent, all have it
    arguments = [carry, value] if loop.name == FOR else [carry, value, loop.bodies[0].arguments[position]]
    after = origin(tree, end, d, {**assumed, **{(argument, d): before for argument in arguments}})
    return before if after == before else None


def _across(tree: Function, node: Node, value: Value, d: int, assumed: Assumed) -> Extent:
    """A step from the result of an operation to its operands."""
    if node.is_loop:
        return node.carries[node.results.index(value)], d
    if node.name == IF:
        ends = [origin(tree, body.ends[node.results.index(value)], d, assumed) for body in node.bodies]
        return ends[0] if all(end == ends[0] for end in ends) else None
    record = node.record
    if record is None or node.bodies:
        return None
    if record.destination is not None:
        return node.operands[record.destination], d
    if record.extent is not None:
        return record.extent(node.operands, decode_attributes(node.op), d)
    if record.operands and record.operands[-1] in ("*sizes", "*geometry"):
        return _given(node, value, d)
    if "permutation" in node.op.attributes:
        return node.operands[0], _listed(node, "permutation")[d]
    if "axes" in node.op.attributes:  # of a reduction
        axes = _listed(node, "axes")
        return node.operands[0], [i for i in range(node.operands[0].type.rank) if i not in axes][d]
    if "lhs_contracting" in node.op.attributes:
        return _of_product(node, d)
    if record.family == "linear_algebra":  # results are shaped like the matrix, or like the right-hand side
        same = [v for v in node.operands if len(v.type.shape) == len(value.type.shape)]
        return (same[-1], d) if same else (node.operands[0], d)
    alike = _alike(node, value)
    return (alike[0], d) if alike else None


def _alike(node: Node, value: Value) -> list[Value]:
    """The operands that have the shape of a result, where the operation is one of elements or has one result."""
    record = node.record
    if record is None or not (record.family in ("elementwise", "discrete")
                              or (record.family == "structural" and len(node.results) == 1)):
        return []
    return [v for v in node.operands if is_tensor(v.type) and len(v.type.shape) == len(value.type.shape)]


def origins(tree: Function, value: Value, d: int) -> Iterator[Extent]:
    """Everything that expresses the extent: operands of elementwise operations all have the shape of the result."""
    pending, seen = [value], {value}
    while pending:
        value = pending.pop()
        yield origin(tree, value, d)
        node = tree.definition.get(value)
        if node is not None and node.record is not None and node.record.family == "elementwise":
            aside = [v for v in _alike(node, value) if v not in seen]
            seen.update(aside)
            pending += aside


def _listed(node: Node, attribute: str) -> list[int]:
    return list(ir.DenseI64ArrayAttr(node.op.attributes[attribute])) if attribute in node.op.attributes else []


def _of_product(node: Node, d: int) -> tuple[Value, int]:
    """Of nd.dot_general: batch dimensions, then those of each operand that are neither batch nor contracted."""
    lhs, rhs = node.operands
    taken = {side: _listed(node, f"{side}_contracting") + _listed(node, f"{side}_batch") for side in ("lhs", "rhs")}
    dimensions = [(lhs, i) for i in _listed(node, "lhs_batch")]
    dimensions += [(lhs, i) for i in range(lhs.type.rank) if i not in taken["lhs"]]
    dimensions += [(rhs, i) for i in range(rhs.type.rank) if i not in taken["rhs"]]
    return dimensions[d]


def _given(node: Node, value: Value, d: int) -> Value:
    """The operand that gives a dynamic extent; dynamic extents are listed in the order of the result's dimensions."""
    assert node.record is not None
    rank = sum(value.type.is_dynamic_dim(i) for i in range(d))
    if node.record.operands[-1] == "*sizes":
        return node.operands[len(node.record.operands) - 1 + rank]
    offsets = list(ir.DenseI64ArrayAttr(node.op.attributes["static_offsets"])).count(DYNAMIC)
    return node.operands[len(node.record.operands) - 1 + offsets + rank]
