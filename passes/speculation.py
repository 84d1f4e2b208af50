"""Branches that floats decide, both of them executed for their masks.

A pattern that holds whatever the floats are has to count both branches.  They may be executed one after the other where
that is harmless: no loops, and of arrays only single elements are read and written.  Then

  - checks are left out: who evaluates the program meets them;
  - an index that is valid in its own branch only is clamped: what the wrong branch reads is one entry too many;
  - a write adds to what the element depended on, because it may not have happened;
  - an array that both branches change goes through both.

Assumes dependency masks (passes/dependencies.py).
"""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence

from wengert.dialects.bindings import Value, is_float, is_tensor
from wengert.dialects.build import index
from wengert.dialects.control import IF
from wengert.dialects.dependencies import union
from wengert.dialects.op import lookup_call
from wengert.passes.purity import speculatable
from wengert.passes.tree import Body, Node

Definitions = Mapping[Value, Node]


def may_speculate(node: Node, decided: Container[Value], definition: Definitions) -> bool:
    """Whether both branches of an `if` may be executed for their masks.

    Args:
        decided: the values that depend on floats: no index may.
    """
    if len(node.bodies) != 2 or not all(_harmless(inner, decided) for body in node.bodies for inner in body.walk()):
        return False
    first, second = node.bodies
    for result, a, b in zip(node.results, first.ends, second.ends, strict=True):
        if is_tensor(result.type) and is_float(result.type):
            base = base_of(a, first, definition)
            if base != base_of(b, second, definition) or _defined_in(base, first, definition):
                return False
    return True


def _harmless(node: Node, decided: Container[Value]) -> bool:
    if node.name == IF or is_check(node):
        return True
    if is_element_access(node):
        array = node.operands[_array_position(node)]
        return all(n > 0 for n in array.type.shape) and not any(i in decided for i in _indices(node, node.operands))
    return not node.bodies and node.record is not None and node.record.destination is None and speculatable(node.op)


def is_check(node: Node) -> bool:
    """Whether the op does nothing but report an error."""
    return node.record is not None and node.record.effect and not node.results


def is_element_access(node: Node) -> bool:
    """Whether the op reads or writes one element of an array."""
    return node.record is not None and node.record.operands[-1:] == ("*indices",)


def _array_position(node: Node) -> int:
    assert node.record is not None
    return len(node.record.operands) - 2


def _indices(node: Node, operands: Sequence[Value]) -> Sequence[Value]:
    return operands[_array_position(node) + 1 :]


def base_of(value: Value, body: Body, definition: Definitions) -> Value:
    """The array that writes in a body, and in branches in it, began with."""
    while (node := definition.get(value)) is not None and node in body.nodes:
        if node.record is not None and node.record.destination is not None:
            value = node.operands[node.record.destination]
        elif node.name == IF and len(bases := _bases(node, value, definition)) == 1:
            value = bases.pop()
        else:
            break
    return value


def _bases(node: Node, result: Value, definition: Definitions) -> set[Value]:
    """The arrays that a result of an `if` began with, in either branch."""
    position = node.results.index(result)
    return {base_of(inner.ends[position], inner, definition) for inner in node.bodies}


def _defined_in(value: Value, body: Body, definition: Definitions) -> bool:
    return (node := definition.get(value)) is not None and node in body.nodes


def clamped(node: Node, operands: Sequence[Value]) -> list[Value]:
    """The operands of an element access, with indices inside of the array: ``max(0, min(i, n - 1))``."""
    position = _array_position(node)
    extents = operands[position].type.shape
    inside = [lookup_call("arith.maxsi", index(0), lookup_call("arith.minsi", i, index(n - 1)))
              for i, n in zip(_indices(node, operands), extents, strict=True)]
    return [*operands[: position + 1], *inside]


def added(node: Node, operands: Sequence[Value], masks: Sequence[Value | None]) -> list[Value | None]:
    """The masks of the operands of a write, the old mask of the element united with that of the written value."""
    position = _array_position(node)
    array = masks[position]
    if array is None:
        return list(masks)
    old = lookup_call("tensor.extract", array, *_indices(node, operands))
    return [union([masks[0], old]), *masks[1:]]
