"""diff-kinks: an error instead of a convention where a function is differentiated at a kink.

A function that carries ``diff.kinks = "error"`` is given a check before each operation that has a kink
(dialects/kinks.py), if the derivative goes through its operands and its result matters.  Comparisons count: a branch
or a choice at the exact boundary takes one side.  Only the function that is differentiated is looked at, before its
derivative is written; calls with rules are left to their rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir
from wengert.dialects.control import FOR, IF, WHILE
from wengert.dialects.interpret import meaning_attributes
from wengert.dialects.op import zero_tangent
from wengert.passes.base import Pass, register_pass
from wengert.passes.failures import report
from wengert.passes.jvp import float_arguments
from wengert.passes.taint import Graph, flow, reachable
from wengert.passes.tree import Body, Node, function_to_read, read_function

KINKS = "diff.kinks"
HELP = 'docs/kinks.md lists the conventions; without kinks="error" they are used'


@register_pass("diff-kinks")
@dataclass(frozen=True)
class DiffKinks(Pass):
    """Check for kinks in @f, as it is differentiated with respect to the arguments `wrt` (default: all floats)."""

    function: str
    wrt: tuple[int, ...] = ()

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        check_kinks(func, self.wrt or float_arguments(func))


def wants_kinks(func: Any) -> bool:
    """Whether kinks of a function are to be reported."""
    return KINKS in func.attributes


def check_kinks(func: Any, wrt: Sequence[int]) -> None:
    """Insert the checks into a function without calls of functions that have no rules."""
    tree = read_function(func)
    moving = reachable([tree.body.arguments[i] for i in wrt], flow(tree.body, through_inert=False).forward)
    mattering = reachable(tree.body.ends, _influence(tree.body))
    for node in tree.body.walk():
        if node.record is None or not any(result in mattering for result in node.results):
            continue
        for kink in node.record.kinks:
            meant = node.operands if kink.wrt is None else [node.operands[i] for i in kink.wrt]
            if any(operand in moving for operand in meant):
                _check(node, kink.where, kink.convention)


def _check(node: Node, where: Any, convention: str) -> None:
    attributes = meaning_attributes(node.op)
    with node.location, ir.InsertionPoint(node.op):
        there = where(*node.operands, **attributes)
        if there is not None and node.record is not None:
            message = f"{{call}} is at a kink\nthe derivative there would be {convention}\n{HELP}"
            report(there, node.record.spelled(attributes), node.operands, "KinkError", message)


def _influence(body: Body) -> Graph:
    """For each value those it is computed from or chosen by, except through operations that stop derivatives."""
    graph: Graph = {}
    for target, source in _edges(body):
        graph.setdefault(target, []).append(source)
    return graph


def _edges(body: Body) -> Iterator[tuple[Value, Value]]:
    for node in body.walk():
        if node.name == FOR:
            for carry, init, end, result in zip(node.carries, node.inits, node.yields, node.results, strict=True):
                yield from ((carry, init), (carry, end), (result, carry), *((result, bound) for bound in node.bounds))
        elif node.name == WHILE:
            tests, flag = node.bodies[0].arguments, node.bodies[0].ends[0]
            values = zip(tests, node.carries, node.inits, node.yields, node.results, strict=True)
            for test, carry, init, end, result in values:
                yield from ((test, init), (test, end), (carry, test), (result, test), (result, flag))
        elif node.name == IF:
            for branch in node.bodies:
                yield from zip(node.results, branch.ends, strict=True)
            yield from ((result, node.operands[0]) for result in node.results)
        elif node.record is None or node.record.jvp is not zero_tangent or node.record.kinks:
            yield from ((result, operand) for result in node.results for operand in node.operands)
