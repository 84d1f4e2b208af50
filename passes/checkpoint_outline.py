"""A loop as functions: what it computes, and one step of it, so that steps can be run again and reversed one by one.

    %r.. = scf.for %i = %lower to %upper step %s iter_args(%c.. = %init..) { .. }

becomes `%r.., %active.. = call @loop(%captured.., %init.., %trips)` with

    @loop(captures.., inits.., trips) -> (finals.., active captures..)
    @loop.step(k, carries.., captures..) -> (carries.., active captures..)

and for a `while` without `trips`, its condition being @loop.test(carries.., captures..) -> i1.  Loop and step hand the
captured values that carry a derivative on, and what follows the loop reads them from there: so the reverse functions
add to their cotangents in place and in the order of the program, instead of making new ones at every step.  Constants
are not captured but repeated.

Assumes a function without calls that are to be inlined, in the form diff-jvp takes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, is_float
from wengert.dialects.build import create, index
from wengert.dialects.control import (
    FOR,
    condition_,
    make_for,
    make_function,
    make_while,
    return_,
    yield_,
)
from wengert.passes.inline import SILENT
from wengert.passes.nests import iterations
from wengert.passes.purity import CALL
from wengert.passes.taint import flow, reachable
from wengert.passes.tree import Body, Function, Node, copy_node
from wengert.passes.trips import induction


@dataclass(frozen=True)
class Loop:
    """An outlined loop.

    name: the function; its step is @name.step, the condition of a `while` @name.test.
    carries, captures: the types.
    active_carries, active_captures: the positions of those that carry a derivative.
    counted: whether its trip count is known when it begins (a `for`); it is then the last argument.
    """

    name: str
    carries: tuple[Any, ...]
    captures: tuple[Any, ...]
    active_carries: tuple[int, ...]
    active_captures: tuple[int, ...]
    counted: bool
    location: Any

    @property
    def step(self) -> str:
        return f"{self.name}.step"

    @property
    def test(self) -> str:
        return f"{self.name}.test"

    def parts(self, arguments: list[Value]) -> tuple[list[Value], list[Value], list[Value]]:
        """The arguments of @name: captures, inits, and the trip count if there is one."""
        n, m = len(self.captures), len(self.captures) + len(self.carries)
        return arguments[:n], arguments[n:m], arguments[m:]

    @property
    def handed_on(self) -> list[Any]:
        """The types of the captured values that loop and step return."""
        return [self.captures[i] for i in self.active_captures]


def call(name: str, operands: Sequence[Value], results: Sequence[Any], silent: bool = False) -> list[Value]:
    """A call of @name at the current insertion point; a silent one leaves out what the function writes."""
    attributes: dict[str, Any] = {"callee": ir.FlatSymbolRefAttr.get(name)}
    if silent:
        attributes[SILENT] = ir.UnitAttr.get()
    return list(create(CALL, results, operands, attributes).results)


def outline(module: Any, tree: Function, node: Node, wrt: Sequence[int], name: str) -> Loop:
    """Write @name and its step, call @name in place of the loop, and say what there is now.

    The tree is not valid afterwards.

    Args:
        wrt: the arguments of the function that its derivative is taken with respect to.
    """
    captured, constants = _captured(tree, node)
    active = _active(tree, wrt)
    loop = Loop(
        name,
        tuple(carry.type for carry in node.carries),
        tuple(value.type for value in captured),
        tuple(i for i, carry in enumerate(node.carries) if carry in active),
        tuple(i for i, value in enumerate(captured) if value in active and is_float(value.type)),
        node.name == FOR,
        node.location,
    )
    writer = _Outline(module, node, loop, captured, constants)
    with node.location:
        writer.step()
        if not loop.counted:
            writer.test()
        writer.loop(tree.op)
        writer.replace()
    return loop


def _captured(tree: Function, node: Node) -> tuple[list[Value], list[Node]]:
    """The values defined outside that the loop reads, in order of use, and the constants among their definitions."""
    used: dict[Value, None] = {}
    defined: set[Value] = set()

    def visit(body: Body) -> None:
        defined.update(body.arguments)
        for inner in body.nodes:
            used.update(dict.fromkeys(inner.operands))
            for nested in inner.bodies:
                visit(nested)
            defined.update(inner.results)
        used.update(dict.fromkeys(body.ends))

    for body in node.bodies:
        visit(body)
    if node.name == FOR:
        lower, _, step = node.bounds
        used.update(dict.fromkeys((lower, step)))
    outside = [value for value in used if value not in defined]
    definitions = {value: tree.definition.get(value) for value in outside}
    constants = [d for d in definitions.values() if d is not None and d.name == "arith.constant"]
    known = {result for constant in constants for result in constant.results}
    return [value for value in outside if value not in known], constants


def _active(tree: Function, wrt: Sequence[int]) -> set[Value]:
    """The values that depend on a differentiated argument and on which a result depends."""
    graph = flow(tree.body, through_inert=False)
    inputs = [tree.body.arguments[i] for i in wrt]
    return reachable(inputs, graph.forward) & reachable([v for v in tree.body.ends if is_float(v.type)], graph.backward)


class _Outline:
    def __init__(self, module: Any, node: Node, loop: Loop, captured: list[Value], constants: list[Node]) -> None:
        self._module, self._node, self._description = module, node, loop
        self._captured, self._constants = captured, constants

    def _begin(self, name: str, arguments: Sequence[Any], results: Sequence[Any], captures: int) -> tuple[Any, Any]:
        """An empty function with what the loop reads from outside; `captures` is where its captured arguments begin."""
        func = make_function(self._module, name, arguments, results, loc=self._node.location)
        block = func.regions[0].blocks[0]
        given = list(block.arguments)[captures:captures + len(self._captured)]
        mapping = dict(zip(self._captured, given, strict=True))
        for constant in self._constants:
            copy_node(constant, mapping, ir.InsertionPoint(block))
        return block, mapping

    def step(self) -> None:
        loop, node = self._description, self._node
        index_type = ir.IndexType.get()
        block, mapping = self._begin(loop.step, [index_type, *loop.carries, *loop.captures],
                                     [*loop.carries, *loop.handed_on], 1 + len(loop.carries))
        k, *given = list(block.arguments)
        mapping.update(zip(node.carries, given[:len(loop.carries)], strict=True))
        point = ir.InsertionPoint(block)
        if loop.counted:
            lower, _, step = node.bounds
            with point:
                mapping[node.iterated.arguments[0]] = induction(k, mapping[lower], mapping[step])
        for inner in node.iterated.nodes:
            copy_node(inner, mapping, point)
        handed_on = [self._captured[i] for i in loop.active_captures]
        return_([mapping[v] for v in (*node.yields, *handed_on)], block)

    def test(self) -> None:
        loop, condition = self._description, self._node.bodies[0]
        block, mapping = self._begin(loop.test, [*loop.carries, *loop.captures], [ir.IntegerType.get_signless(1)],
                                     len(loop.carries))
        mapping.update(zip(condition.arguments, list(block.arguments)[:len(loop.carries)], strict=True))
        for inner in condition.nodes:
            copy_node(inner, mapping, ir.InsertionPoint(block))
        return_([mapping[condition.ends[0]]], block)

    def loop(self, after: Any) -> None:
        """The loop itself, as calls of its step."""
        loop = self._description
        trips = [ir.IndexType.get()] if loop.counted else []
        func = make_function(self._module, loop.name, [*loop.captures, *loop.carries, *trips],
                             [*loop.carries, *loop.handed_on], after=after, loc=self._node.location)
        block = func.regions[0].blocks[0]
        captures, inits, rest = loop.parts(list(block.arguments))
        with ir.InsertionPoint(block):
            finals = run_loop(loop, inits, captures, *rest)
            return_([*finals[:len(loop.carries)], *(captures[i] for i in loop.active_captures)], block)

    def replace(self) -> None:
        node, loop = self._node, self._description
        with ir.InsertionPoint(node.op):
            trips = [iterations(*node.bounds)] if loop.counted else []
            results = call(loop.name, [*self._captured, *node.inits, *trips], [*loop.carries, *loop.handed_on])
        for old, new in zip(node.results, results):
            old.replace_all_uses_with(new)
        for i, new in zip(loop.active_captures, results[len(loop.carries):]):
            _replace_after(self._captured[i], new, node.op)
        node.op.erase()


def _replace_after(value: Value, new: Value, op: Any) -> None:
    """Replace the uses of a value by operations that come after `op` in its block, or are inside of such."""
    operations = [view.operation for view in op.block.operations]
    after = set(operations[operations.index(op) + 1:])
    for use in list(value.uses):
        owner, number = use.owner.operation, use.operand_number
        around = owner
        while around.block != op.block and around.parent.operation.name != "func.func":
            around = around.parent.operation
        if around in after:
            owner.operands[number] = new


def run_steps(loop: Loop, first: Value, end: Value, state: Sequence[Value], captures: Sequence[Value]) -> list[Value]:
    """The state after the steps first, .., end - 1."""
    new = make_for(first, end, index(1), state)
    with ir.InsertionPoint(new.block):
        yield_(step(loop, new.iv, new.carries, captures), new.block)
    return new.results


def step(loop: Loop, k: Value, state: Sequence[Value], captures: Sequence[Value]) -> list[Value]:
    """The state after step k."""
    return call(loop.step, [k, *state, *captures], [*loop.carries, *loop.handed_on])[:len(loop.carries)]


def run_loop(loop: Loop, inits: Sequence[Value], captures: Sequence[Value], trips: Value | None = None) -> list[Value]:
    """The final state, and behind it how many steps it took when that is not given."""
    if trips is not None:
        return run_steps(loop, index(0), trips, inits, captures)
    new = make_while([*inits, index(0)])
    with ir.InsertionPoint(new.before):
        flag = call(loop.test, [*new.tests[:-1], *captures], [ir.IntegerType.get_signless(1)])[0]
        condition_(flag, new.tests, new.before)
    with ir.InsertionPoint(new.block):
        *state, k = new.carries
        after = create("arith.addi", [k.type], [k, index(1)]).result
        yield_([*step(loop, k, state, captures), after], new.block)
    return new.results
