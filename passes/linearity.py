"""Whether a function is linear in some of its arguments, jointly; a constant that is added makes it affine, not linear.

Assumes that calls are inlined.  Every operation on a moving value has to be linear in it, and where several operands
are combined (a sum, an insertion, a choice, what a loop carries), one that does not move has to be zero.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from wengert.dialects.bindings import Value, ir, is_float, position_of
from wengert.dialects.control import CONTROL, FOR, IF, WHILE
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import decode_attributes
from wengert.passes.taint import flow, reachable
from wengert.passes.tree import Function, Node, read_function

#: Memory nobody has written to: what is put into it decides.
EMPTY = "nd.empty"


def require_linear_in(func: Any, wrt: Sequence[int]) -> None:
    """Check that a function is linear in the arguments at `wrt`.

    Raises:
        DifferentiationError: at the first operation that is not.
    """
    tree = read_function(func)
    moving = reachable([tree.body.arguments[i] for i in wrt], flow(tree.body, through_inert=True).forward)
    for node in tree.body.walk():
        if node.name in CONTROL:
            for known in _joined(node, moving):
                _require_zero(tree, known, node)
        elif any(v in moving for v in node.operands):
            _require_linear(tree, node, moving)
    for value in tree.body.ends:
        if is_float(value.type) and value not in moving and not _is_zero(tree, value):
            raise _refusal("a result does not depend on the arguments", tree.definition.get(value), tree)


def _joined(node: Node, moving: set[Value]) -> Iterator[Value]:
    """The values that do not move where control flow joins them with some that do."""
    if node.name == IF:
        for branch in node.bodies:
            yield from (end for end, r in zip(branch.ends, node.results) if r in moving and end not in moving)
    elif node.name in (FOR, WHILE):
        values = zip(node.inits, node.yields, node.carries)
        yield from (v for init, end, carry in values for v in (init, end) if carry in moving and v not in moving)


def _require_linear(tree: Function, node: Node, moving: set[Value]) -> None:
    positions = [i for i, operand in enumerate(node.operands) if operand in moving]
    record = node.record
    jointly = () if record is None else record.linear_in(decode_attributes(node.op))
    if all(i in jointly for i in positions):
        for i in jointly:
            if i not in positions and i < len(node.operands):
                _require_zero(tree, node.operands[i], node)
        return
    if record is None or len(positions) != 1 or positions[0] not in record.bilinear:
        raise _refusal("this is not linear in the arguments", node, tree)


def _require_zero(tree: Function, value: Value, node: Node) -> None:
    if not _is_zero(tree, value):
        raise _refusal("a value that does not depend on the arguments is added here", node, tree)


def _is_zero(tree: Function, value: Value) -> bool:
    """Whether a value is known to be zero everywhere."""
    node = tree.definition.get(value)
    if node is None:
        return False
    if node.name == EMPTY:
        return True
    if "value" in node.op.attributes and not node.operands:
        attribute = node.op.attributes["value"]
        if isinstance(attribute, ir.DenseElementsAttr) and attribute.is_splat:
            attribute = attribute.get_splat_value()
        return isinstance(attribute, ir.FloatAttr) and attribute.value == 0.0
    record = node.record
    if record is None:
        return False
    linear = record.linear_in(decode_attributes(node.op))
    jointly = linear and all(_is_zero(tree, node.operands[i]) for i in linear if i < len(node.operands))
    return bool(jointly) or any(_is_zero(tree, node.operands[i]) for i in record.bilinear)


def _refusal(what: str, node: Node | None, tree: Function) -> DifferentiationError:
    name = "" if node is None else f" ({node.name})"
    return DifferentiationError(f"{what}{name}: the function cannot be transposed",
                                position_of(tree.op.location if node is None else node.location),
                                why="only a linear function has a transpose: f(a*x + b*y) == a*f(x) + b*f(y)",
                                help="vjp gives the transpose of the derivative of any differentiable function")
