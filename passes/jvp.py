"""diff-jvp: a function that computes the primal results and their tangents side by side; nothing is stored.

    @f(x.., n) -> (y..)     =>     @f.jvp(x.., n, dx..) -> (y.., dy..)

with one `dx` for each differentiated argument and one `dy` for each result of floating type, in order.  Assumes that
calls are inlined and that residuals have storage.  Tangents that are identically zero are absent: a value carries one
only when it depends on a differentiated argument and a result depends on it.  A zero is written only where control flow
joins a present tangent with an absent one.

The new function has the attributes `diff.primals` and `diff.results` (numbers of primal arguments and results) and
`diff.wrt` (positions of the differentiated arguments).  It never writes into its arguments: `nd.into` is not carried
over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, derivative_location, ir, is_float, is_tensor, position_of
from wengert.dialects.build import dynamic_sizes, zeros_like
from wengert.dialects.control import (
    FOR,
    IF,
    WHILE,
    condition_,
    make_for,
    make_function,
    make_if,
    make_while,
    return_,
    yield_,
)
from wengert.dialects.diff import UNRESOLVED
from wengert.dialects.errors import DifferentiationError, WengertValueError
from wengert.dialects.op import Absent, decode_attributes, encode_attributes, raw_attributes
from wengert.dialects.structural import sized
from wengert.passes.base import Pass, register_pass
from wengert.passes.extents import origin
from wengert.passes.taint import defining_nodes, flow, reachable
from wengert.passes.tree import Body, Function, Node, copy_node, function_to_read, read_function, require_new


@register_pass("diff-jvp")
@dataclass(frozen=True)
class DiffJvp(Pass):
    """Write @f.jvp, which computes @f and its tangent with respect to the arguments `wrt` (default: all floats)."""

    function: str
    wrt: tuple[int, ...] = ()

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        emit_jvp(module, func, self.wrt or float_arguments(func), require_new(module, f"{self.function}.jvp"))


def float_arguments(func: Any) -> tuple[int, ...]:
    """Positions of the arguments that can carry a tangent."""
    return tuple(i for i, argument in enumerate(func.regions[0].blocks[0].arguments) if is_float(argument.type))


def emit_jvp(module: Any, func: Any, wrt: Sequence[int], name: str) -> Any:
    """Write the function `name`, the jvp of `func` with respect to the arguments at `wrt`, and return it.

    Raises:
        WengertValueError: `wrt` names an argument that does not exist, or one twice.
        DifferentiationError: an argument of `wrt` is not of floating type, or an op on the way has no derivative rule.
    """
    tree = read_function(func)
    check_wrt(tree, wrt)
    arguments, results = tree.body.arguments, tree.body.ends
    differentiable = [r for r in results if is_float(r.type)]
    new = make_function(module, name, [*(a.type for a in arguments), *(arguments[i].type for i in wrt)],
                        [*(r.type for r in results), *(r.type for r in differentiable)], after=func, loc=func.location)
    for attribute, value in encode_attributes(
            {"diff.primals": len(arguments), "diff.results": len(results), "diff.wrt": tuple(wrt)}).items():
        new.attributes[attribute] = value
    block = new.regions[0].blocks[0]
    writer = JvpWriter(tree, [arguments[i] for i in wrt], differentiable)
    new_arguments = list(block.arguments)
    writer.bind(arguments, wrt, new_arguments)
    writer.body(tree.body, block)
    with func.location, ir.InsertionPoint(block):
        return_([*writer.primals(results), *map(writer.tangent_or_zero, differentiable)], block)
    return new


def check_wrt(tree: Function, wrt: Sequence[int]) -> None:
    position, count = position_of(tree.op.location), len(tree.body.arguments)
    if len(set(wrt)) != len(wrt):
        raise WengertValueError(f"wrt={','.join(map(str, wrt))} names an argument twice", position)
    for i in wrt:
        if not 0 <= i < count:
            raise WengertValueError(f"@{tree.name} has no argument {i}", position,
                                    why=f"it has {count}, counted from 0")
        type_ = tree.body.arguments[i].type
        if not is_float(type_):
            raise DifferentiationError(f"argument {i} of @{tree.name} is of type {type_}: no derivative", position,
                                       why="integers and bools carry no tangent",
                                       help="pass a float there, or leave it out of wrt")


class JvpWriter:
    """Writes the new function; `primal` and `tangent` map values of the old one (no tangent: it is zero)."""

    def __init__(self, tree: Function, inputs: Sequence[Value], outputs: Sequence[Value]) -> None:
        self.tree = tree
        self.primal: dict[Value, Value] = {}
        self.tangent: dict[Value, Value] = {}
        graph = flow(tree.body, through_inert=False)
        self.active = reachable(inputs, graph.forward) & reachable(outputs, graph.backward)
        self.touched = defining_nodes(tree.body, self.active)
        for node in tree.body.walk():
            if node.record is not None and node.record.jvp is UNRESOLVED:
                raise DifferentiationError(f"@{tree.name} has residuals without storage ({node.name})",
                                           position_of(node.location), why=UNRESOLVED.reason,
                                           help="run diff-store first")

    def primals(self, values: Sequence[Value]) -> list[Value]:
        return [self.primal[v] for v in values]

    def tangent_type(self, type_: Any) -> Any:
        """The type of the tangent of a value."""
        return type_

    def tangent_types(self, type_: Any) -> list[Any]:
        """The types of what control flow carries beside an active value."""
        return [self.tangent_type(type_)]

    def zero(self, primal: Value) -> Value:
        """The tangent of a value that does not move."""
        return zeros_like(primal)

    def tangent_or_zero(self, value: Value) -> Value:
        """The tangent; a zero is written at the current insertion point."""
        tangent = self.tangent.get(value)
        return self.zero(self.primal[value]) if tangent is None else tangent

    def bind(self, values: Sequence[Value], active: Sequence[int], new: Sequence[Value]) -> None:
        """Enter `new`: the primals of `values`, then the tangents of those at `active`."""
        self.primal.update(zip(values, new[:len(values)], strict=True))
        for i, tangent in zip(active, new[len(values):], strict=True):
            self.tangent[values[i]] = tangent

    def joined(self, values: Sequence[Value], active: Sequence[int]) -> list[Value]:
        """The primals of `values`, then the tangents of those at `active`."""
        return [*self.primals(values), *(self.tangent_or_zero(values[i]) for i in active)]

    def body(self, body: Body, block: Any) -> None:
        point = ir.InsertionPoint(block)
        for node in body.nodes:
            if node not in self.touched:
                self.copied(node, point)
                continue
            with point, node.location:
                if node.name == FOR:
                    self.loop(node)
                elif node.name == WHILE:
                    self.while_(node)
                elif node.name == IF:
                    self.branches(node)
                else:
                    self.operation(node)

    def copied(self, node: Node, point: Any) -> None:
        """An operation that has to do with no tangent."""
        copy_node(node, self.primal, point)

    def inside(self, body: Body, block: Any, active: Sequence[int]) -> None:
        """A body that yields, with tangents for the values at `active`."""
        self.body(body, block)
        with ir.InsertionPoint(block):
            yield_(self.joined(body.ends, active), block)

    def active_positions(self, values: Sequence[Value]) -> list[int]:
        return [i for i, value in enumerate(values) if value in self.active]

    # iter_args(p..) -> iter_args(p.., dp of the active ones..)
    def loop(self, node: Node) -> None:
        active = self.active_positions(node.carries)
        lower, upper, step = self.primals(node.bounds)
        new = make_for(lower, upper, step, self.joined(node.inits, active), raw_attributes(node.op))
        iv, *carries = new.block.arguments
        self.primal[node.iterated.arguments[0]] = iv
        self.bind(node.carries, active, carries)
        self.inside(node.iterated, new.block, active)
        self.bind(node.results, active, new.results)

    def while_(self, node: Node) -> None:
        active = self.active_positions(node.carries)
        new = make_while(self.joined(node.inits, active), raw_attributes(node.op))
        condition = node.bodies[0]
        self.bind(condition.arguments, active, new.tests)
        point = ir.InsertionPoint(new.before)
        for test in condition.nodes:  # its only result that leaves is the flag: no tangent is needed inside
            copy_node(test, self.primal, point)
        condition_(self.primal[condition.ends[0]], new.tests, new.before)
        self.bind(node.carries, active, new.carries)
        self.inside(node.iterated, new.block, active)
        self.bind(node.results, active, new.results)

    def branches(self, node: Node) -> None:
        active = self.active_positions(node.results)
        types = [r.type for r in node.results]
        types += [moved for i in active for moved in self.tangent_types(types[i])]
        new = make_if(self.primal[node.operands[0]], types, raw_attributes(node.op))
        blocks = [region.blocks[0] for region in new.regions]
        for body, block in zip(node.bodies, blocks[:len(node.bodies)], strict=True):
            self.inside(body, block, active)
        for block in blocks[len(node.bodies):]:  # there was no else
            yield_([], block)
        primals, tangents = new.results[:len(node.results)], new.results[len(node.results):]
        owners = [i for i in active for _ in self.tangent_types(primals[i].type)]
        self.bind(node.results, active, [*primals, *(self.sized(t, primals[i], node.results[i])
                                                     for t, i in zip(tangents, owners))])

    def sized(self, tangent: Value, primal: Value, old: Value) -> Value:
        """A tangent of an `if` or a call, with the extents of its primal where only that can tell how large it is."""
        rank = old.type.rank if is_tensor(old.type) else 0
        if not any(origin(self.tree, old, d) == (old, d) for d in range(rank)):
            return tangent
        return sized(tangent, *dynamic_sizes(primal))

    def operation(self, node: Node) -> None:
        results, tangents = self.evaluated(node)
        self.primal.update(zip(node.results, results, strict=True))
        for old, result, tangent in zip(node.results, results, tangents, strict=True):
            if tangent is not None and old in self.active:
                if tangent.type != self.tangent_type(result.type):
                    raise TypeError(f"the jvp rule of {node.name} gives {tangent.type} as the tangent of {result.type}")
                self.tangent[old] = tangent

    def evaluated(self, node: Node) -> tuple[Sequence[Value], Sequence[Value | None]]:
        """The results of an operation and their tangents."""
        operands, moved = self.primals(node.operands), [self.tangent.get(v) for v in node.operands]
        attributes = decode_attributes(node.op)
        if node.record is not None and node.record.paired is not None:
            results, tangents = node.record.paired(operands, moved, attributes)
            return results, [t if t is None else self.sized(t, y, old)
                             for old, y, t in zip(node.results, results, tangents, strict=True)]
        if node.record is None or isinstance(node.record.jvp, Absent):
            raise no_rule(node)
        new = node.op.clone()
        for i, operand in enumerate(operands):
            new.operands[i] = operand
        results = list(new.results)
        with derivative_location(node.location):
            return results, node.record.jvp(operands, results, moved, attributes)


def no_rule(node: Node) -> DifferentiationError:
    position = position_of(node.location)
    if node.name == "func.call" and node.record is None:
        callee = ir.FlatSymbolRefAttr(node.op.attributes["callee"]).value
        return DifferentiationError(f"cannot differentiate through the call of @{callee}", position,
                                    why="derivatives are taken of functions without calls",
                                    help="run the pass 'inline-calls' first")
    absent = node.record.jvp if node.record is not None else None
    reason = absent.reason if isinstance(absent, Absent) else "no record describes this operation"
    name = node.name if node.record is None else node.record.name
    return DifferentiationError(f"{name} has no derivative rule", position, why=reason,
                                help="stop_gradient on its float arguments, if the derivative through it is not wanted")
