"""diff-dependencies: a function that tells which inputs its results depend on, element by element.

    @f(x.., dx.., n) -> (y..)     =>     @f.dependencies(x.., dx.., n, mask_dx..) -> (mask_y..)

A mask is a set of 64 inputs, one a bit of an i64, and the masks of an array are an array of i64; the rules stand in
dialects/dependencies.py.  There is one `mask_dx` for each argument of `wrt`, one `mask_y` for each float result.  The
masks take the way of the tangents of the jvp; beside them is computed what decides where they go: indices, trip counts,
predicates.  All other arithmetic is dead code of the new function.  Where floats decide a choice between two values,
both count, so that the masks hold whatever the floats are.

Assumes what diff-jvp assumes.  The answer is never too small: it may be too large where an op has no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, is_float
from wengert.dialects.control import FOR, IF, WHILE, make_function, return_
from wengert.dialects.dependencies import (
    complete_dependence,
    dependence,
    elementwise_dependence,
    mask_type,
    nothing,
)
from wengert.dialects.op import decode_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.jvp import JvpWriter, float_arguments
from wengert.passes.taint import reachable
from wengert.passes.tree import Body, Node, function_to_read, read_function, require_new


@register_pass("diff-dependencies")
@dataclass(frozen=True)
class DiffDependencies(Pass):
    """Write @f.dependencies, which says what the results of @f depend on among `wrt` (default: all floats)."""

    function: str
    wrt: tuple[int, ...] = ()

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        name = require_new(module, f"{self.function}.dependencies")
        emit_dependencies(module, func, self.wrt or float_arguments(func), name)


def emit_dependencies(module: Any, func: Any, wrt: Sequence[int], name: str) -> Any:
    """Write the function `name`, which propagates masks through `func`, and return it."""
    tree = read_function(func)
    arguments = tree.body.arguments
    results = [r for r in tree.body.ends if is_float(r.type)]
    with func.location:
        types = [mask_type(arguments[i].type) for i in wrt], [mask_type(r.type) for r in results]
    new = make_function(module, name, [*(a.type for a in arguments), *types[0]], types[1], after=func,
                        loc=func.location)
    block = new.regions[0].blocks[0]
    writer = _Dependencies(tree, [arguments[i] for i in wrt], results)
    writer.bind(arguments, wrt, list(block.arguments))
    writer.body(tree.body, block)
    with func.location, ir.InsertionPoint(block):
        return_([writer.tangent_or_zero(r) for r in results], block)
    return new


class _Dependencies(JvpWriter):
    """Masks in place of tangents."""

    def __init__(self, tree: Any, inputs: Sequence[Value], outputs: Sequence[Value]) -> None:
        super().__init__(tree, inputs, outputs)
        floats = [argument for argument in tree.body.arguments if is_float(argument.type)]
        graph: dict[Value, list[Value]] = {}
        for source, target in _edges(tree.body):
            graph.setdefault(source, []).append(target)
        self.decided_by_floats = reachable(floats, graph)

    def tangent_type(self, type_: Any) -> Any:
        return mask_type(type_)

    def zero(self, primal: Value) -> Value:
        return nothing(primal)

    def evaluated(self, node: Node) -> tuple[Sequence[Value], Sequence[Value | None]]:
        """The results of an operation and their masks."""
        operands, masks = self.primals(node.operands), [self.tangent.get(v) for v in node.operands]
        new = node.op.clone()
        for i, operand in enumerate(operands):
            new.operands[i] = operand
        results = list(new.results)
        return results, self._rule(node)(operands, results, masks, decode_attributes(node.op))

    def _rule(self, node: Node) -> Any:
        if node.record is None:
            return complete_dependence
        chooses = node.record.choice is not None and node.operands[node.record.choice] in self.decided_by_floats
        return elementwise_dependence if chooses else dependence(node.record)


def _edges(body: Body) -> Iterator[tuple[Value, Value]]:
    """From each value to those that are computed from it, ints and bools included."""
    for node in body.walk():
        if node.name == FOR:
            yield from ((bound, node.iterated.arguments[0]) for bound in node.bounds)
            for init, carry, end, result in zip(node.inits, node.carries, node.yields, node.results, strict=True):
                yield from ((init, carry), (end, carry), (carry, result))
        elif node.name == WHILE:
            values = zip(node.inits, node.bodies[0].arguments, node.carries, node.yields, node.results, strict=True)
            for init, test, carry, end, result in values:
                yield from ((init, test), (end, test), (test, carry), (carry, result))
        elif node.name == IF:
            for branch in node.bodies:
                yield from zip(branch.ends, node.results, strict=True)
        else:
            yield from ((source, target) for source in node.operands for target in node.results)
