"""Masked cotangents stay masked: what `where` has not chosen gets no cotangent, not zero times infinity.

Assumes a function written by diff-transpose.  The transpose of ``select(c, x, y)`` hands x the cotangent
``select(c, ct, 0)``.  Where c is false this zero means "no path", and the partial derivatives further up that path may
be infinite or NaN: the gradient of ``where(x > 0, sqrt(x), 0)`` at -1 is 0.  Therefore a mask moves behind the
elementwise operations that follow it,

    L(select(c, ct, 0))  =  select(c, L(ct), 0)        for L linear, e.g. a product with a partial derivative,

and where a cotangent comes out of a mask by data movement (slices, reshapes, sums), what is not zero is not masked:

    select(ct != 0 or L(ct) is a number, L(ct), 0).

Without the second test a cotangent that is zero by chance would pass for masked, and the derivative of L(ct) be lost.
A cotangent to which an unmasked path contributes is an ordinary one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_float
from wengert.dialects.build import zeros_like
from wengert.dialects.discrete import FLOAT_PREDICATES, cmpf, ori
from wengert.dialects.op import decode_attributes
from wengert.dialects.structural import select
from wengert.passes.fold import splat
from wengert.passes.taint import Graph, flow, reachable
from wengert.passes.tree import Function, Node, read_function


def keep_masks(func: Any) -> None:
    """Move masks of cotangents behind the linear elementwise operations that follow them."""
    tree = read_function(func)
    nodes = list(tree.body.walk())
    masks = {node.results[0] for node in nodes if node.record is select and _chosen(node.results[0]) is not None}
    if not masks:
        return
    received = tree.body.arguments[tree.attribute("diff.primals"):]
    graph = flow(tree.body, through_inert=True).forward
    masked = reachable(received, graph) - reachable(received, _without(graph, masks))
    for node in nodes:
        position = _linear_position(node, masked)
        if position is not None:
            _sink(node, position)


def _without(graph: Graph, values: set[Value]) -> Graph:
    return {source: [target for target in targets if target not in values] for source, targets in graph.items()}


def _chosen(value: Value) -> tuple[tuple[Value, bool], Value] | None:
    """((c, True), x) of select(c, x, 0), and ((c, False), x) of select(c, 0, x)."""
    op = defining_op(value)
    if op is None or op.name != select.name:
        return None
    condition, x, y = op.operands
    if splat(y) == 0:
        return (condition, True), x
    return ((condition, False), y) if splat(x) == 0 else None


def _linear_position(node: Node, masked: set[Value]) -> int | None:
    """The position of the only masked operand, if the operation is elementwise and linear in it."""
    if node.record is None or node.record.family != "elementwise" or len(node.results) != 1:
        return None
    positions = [i for i, operand in enumerate(node.operands) if operand in masked]
    if len(positions) != 1 or node.results[0] not in masked:
        return None
    alone = positions[0] in node.record.bilinear or node.record.linear == (positions[0],)
    return positions[0] if alone else None


def _sink(node: Node, position: int) -> None:
    """Apply the operation to what is behind the masks, and mask its result."""
    op, result = node.op, node.op.results[0]
    inner, masks = op.operands[position], []
    while (found := _chosen(inner)) is not None:
        mask, inner = found
        masks.append(mask)
    with node.location:
        op.operands[position] = inner
        users = [(use.owner.operation, use.operand_number) for use in result.uses]
        kept = result
        with ir.InsertionPoint.after(op):
            if not masks:
                masks.append((ori(cmpf("une", inner, zeros_like(inner)), cmpf("ord", kept, kept)), True))
            for condition, positive in reversed(masks):
                zeros = zeros_like(kept)
                kept = select(condition, kept, zeros) if positive else select(condition, zeros, kept)
    for user, number in users:
        user.operands[number] = kept


def forget_zero_tests(func: Any, moving: Sequence[Value]) -> None:
    """Replace ``select(v != 0 or .., L(v), 0)`` by L(v), for v linear in the arguments `moving`, L linear elementwise.

    The two are the same, and only the second is a composition of linear operations, which has a transpose.
    """
    tree = read_function(func)
    linear = reachable(moving, flow(tree.body, through_inert=True).forward)
    for node in tree.body.walk():
        if node.record is not select or node.results[0] not in linear:
            continue
        either, kept = tree.definition.get(node.operands[0]), node.operands[1]
        test = tree.definition.get(either.operands[0]) if either is not None and either.record is ori else None
        if test is None or not _tests_for_zero(test) or splat(node.operands[2]) != 0:
            continue
        if test.operands[0] in linear and _is_image(tree, kept, test.operands[0], linear):
            node.op.results[0].replace_all_uses_with(node.op.operands[1])


def _tests_for_zero(node: Node) -> bool:
    tests = "predicate" in node.op.attributes and is_float(node.operands[0].type) and splat(node.operands[1]) == 0
    return tests and decode_attributes(node.op)["predicate"] == FLOAT_PREDICATES["une"]


def _is_image(tree: Function, value: Value, source: Value, linear: set[Value]) -> bool:
    """Whether `value` comes from `source` by elementwise operations that are linear in it alone."""
    while value != source:
        node = tree.definition.get(value)
        if node is None:
            return False
        position = _linear_position(node, linear)
        if node.record is select and (chosen := _chosen(value)) is not None:
            value = chosen[1]
        elif position is not None:
            value = node.operands[position]
        else:
            return False
    return True
