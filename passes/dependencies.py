"""diff-dependencies: a function that tells which inputs its results depend on, element by element.

    @f(x.., dx.., n) -> (y..)     =>     @f.dependencies(x.., dx.., n, mask_dx..) -> (mask_y..)

A mask is a set of 64 inputs, one a bit of an i64, and the masks of an array are an array of i64; the rules stand in
dialects/dependencies.py.  There is one `mask_dx` for each argument of `wrt`, one `mask_y` for each float result.  The
masks take the way of the tangents of the jvp; beside them is computed what decides where they go: indices, trip counts,
predicates.  All other arithmetic is dead code of the new function.  Where floats decide a choice between two values,
both count, so that the masks hold whatever the floats are; so do both branches of an `if` that is simple enough
(passes/speculation.py).

Assumes what diff-jvp assumes.  The answer is never too small: it may be too large where an op has no rule of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, is_float, is_tensor, walk
from wengert.dialects.control import FOR, IF, WHILE, make_function, return_
from wengert.dialects.dependencies import (
    complete_dependence,
    dependence,
    elementwise_dependence,
    mask_type,
    nothing,
    union,
)
from wengert.dialects.op import decode_attributes, lookup
from wengert.passes.base import Pass, register_pass
from wengert.passes.jvp import JvpWriter, float_arguments
from wengert.passes.speculation import added, base_of, clamped, is_check, is_element_access, may_speculate
from wengert.passes.taint import reachable
from wengert.passes.tree import Body, Node, copy_node, function_to_read, read_function, require_new


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
        self.definition = tree.definition
        self.speculating = False

    def tangent_type(self, type_: Any) -> Any:
        return mask_type(type_)

    def zero(self, primal: Value) -> Value:
        return nothing(primal)

    def evaluated(self, node: Node) -> tuple[Sequence[Value], Sequence[Value | None]]:
        """The results of an operation and their masks."""
        operands, masks = self.primals(node.operands), [self.tangent.get(v) for v in node.operands]
        if self.speculating and is_element_access(node):
            operands = clamped(node, operands)
            if node.record is not None and node.record.destination is not None:
                masks = added(node, operands, masks)
        new = node.op.clone()
        for i, operand in enumerate(operands):
            new.operands[i] = operand
        results = list(new.results)
        return results, self._rule(node)(operands, results, masks, decode_attributes(node.op))

    def copied(self, node: Node, point: Any) -> None:
        if self.speculating and node.name == IF:
            with point, node.location:
                super().branches(node)
            return
        if self.speculating and is_check(node):
            return
        super().copied(node, point)
        if self.speculating and is_element_access(node):
            new = self.primal[node.results[0]].owner
            with ir.InsertionPoint(new), node.location:
                operands = clamped(node, list(new.operands))
            for i, operand in enumerate(operands):
                new.operands[i] = operand
            self.unchanged(node)

    def unchanged(self, node: Node) -> None:
        """What is written depends on nothing, and may not have been written: the array depends on what it did."""
        assert node.record is not None
        if node.record.destination is not None and node.operands[node.record.destination] in self.tangent:
            self.tangent[node.results[0]] = self.tangent[node.operands[node.record.destination]]

    def branches(self, node: Node) -> None:
        if node.operands[0] in self.decided_by_floats and may_speculate(node, self.decided_by_floats, self.definition):
            self.both(node)
        else:
            super().branches(node)

    def both(self, node: Node) -> None:
        """The masks of both branches, one after the other: arrays go through both, of numbers the union is taken."""
        point = ir.InsertionPoint.current
        if self.speculating:
            super().branches(node)  # what the indices need of it; the rest is dead code
        else:
            for op in walk(copy_node(node, self.primal, point)):
                if not len(op.results) and (record := lookup(op.name)) is not None and record.effect:
                    op.erase()
        outer, self.speculating = self.speculating, True
        first, second = node.bodies
        self.body(first, point.block)
        after_first = [self.tangent.get(end) for end in first.ends]
        bases = [base_of(end, first, self.definition) for end in first.ends]
        before = {base: self.tangent.get(base) for base in bases}
        for base, mask in zip(bases, after_first):
            if is_tensor(base.type) and mask is not None:
                self.tangent[base] = mask
        self.body(second, point.block)
        for result, end, mask in zip(node.results, second.ends, after_first, strict=True):
            last = self.tangent.get(end)
            total = last if is_tensor(result.type) else union([mask, last])
            if total is not None and result in self.active:
                self.tangent[result] = total
        for base, mask in before.items():
            if mask is None:
                self.tangent.pop(base, None)
            else:
                self.tangent[base] = mask
        self.speculating = outer

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
