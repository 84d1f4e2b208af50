"""diff-transpose: a linear function turned round.

    @f.lin(x.., dx..) -> (dy..)     =>     @f.rev(x.., ct_y..) -> (ct_x..)

Assumes a function written by diff-linearize: every op is linear in the tangents, and loops that carry tangents carry
nothing else.  In each block the known operations come first, in their order; then the linear ones in reverse, each
handing its cotangent to its linear operands (dialects/transposes.py).  Cotangents that are identically zero are absent;
a zero is written where a loop or a branch needs a value.  Residual placeholders are known operations like any other:
reversing a loop remaps its counter, and nothing here knows how residuals are stored.

Cotangents are accumulated in place: a loop carries those of the values it captures, branches start from those that
exist.  What a `select` has not chosen gets no cotangent (passes/masks.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, position_of
from wengert.dialects.build import index
from wengert.dialects.control import FOR, IF, WHILE, make_for, make_function, make_if, return_, yield_
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import Absent, encode_attributes, lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.cotangents import Cotangents
from wengert.passes.masks import keep_masks
from wengert.passes.taint import Captures, defining_nodes, flow, reachable, require_linear
from wengert.passes.tree import Body, Function, Node, copy_node, function_to_read, read_function, require_new
from wengert.passes.trips import induction, trip_count


@register_pass("diff-transpose")
@dataclass(frozen=True)
class DiffTranspose(Pass):
    """Write @f.rev, the transpose of @f.lin with respect to its tangents."""

    function: str

    def run(self, module: Any) -> None:
        func = function_to_read(module, f"{self.function}.lin")
        emit_transposed(module, func, require_new(module, f"{self.function}.rev"))


def emit_transposed(module: Any, func: Any, name: str) -> Any:
    """Write the function `name` after `func`, a linear function, and return it.

    Raises:
        DifferentiationError: an op is not linear in a tangent, or has no transpose.
        WengertValueError: `func` was not written by diff-linearize.
    """
    tree = read_function(func)
    primals = tree.attribute("diff.primals")
    known, tangents, results = tree.body.arguments[:primals], tree.body.arguments[primals:], tree.body.ends
    new = make_function(module, name, [v.type for v in (*known, *results)], [v.type for v in tangents], after=func,
                        loc=func.location)
    for attribute, value in encode_attributes({"diff.primals": primals}).items():
        new.attributes[attribute] = value
    new.attributes["diff.wrt"] = func.attributes["diff.wrt"]
    wrt = list(ir.DenseI64ArrayAttr(func.attributes["diff.wrt"]))
    writer = _Transpose(tree, tangents, {dx: known[i] for dx, i in zip(tangents, wrt)})
    block = new.regions[0].blocks[0]
    arguments = list(block.arguments)
    writer.cts.knowns.update(zip(known, arguments))
    with func.location, ir.InsertionPoint(block):
        for result, ct in zip(results, arguments[primals:]):
            writer.cts.add(result, ct)
        writer.body(tree.body)
        return_([writer.cts.current(dx) for dx in tangents], block)
    keep_masks(new)
    return new


class _Transpose:
    """Writes the reverse function at the current insertion point."""

    def __init__(self, tree: Function, inputs: list[Value], twins: dict[Value, Value]) -> None:
        graph = flow(tree.body, through_inert=True)
        linear = reachable(inputs, graph.forward)
        require_linear(tree, linear)
        self.cts = Cotangents(tree, linear, twins)
        self.touched = defining_nodes(tree.body, linear)
        #: The linear values that receive a cotangent when every result does.
        self.reached = reachable([v for v in tree.body.ends if v in linear], graph.backward) & linear
        self.captures = Captures(self.reached)

    def body(self, body: Body) -> None:
        point = ir.InsertionPoint.current
        for node in body.nodes:
            if node not in self.touched:
                copy_node(node, self.cts.knowns, point)
        for node in reversed(body.nodes):
            if node in self.touched:
                with node.location:
                    self.node(node)

    def node(self, node: Node) -> None:
        received = [self.cts.get(result) for result in node.results]
        if all(ct is None for ct in received):
            return
        if node.name == FOR:
            self.loop(node)
        elif node.name == IF:
            self.branches(node, received)
        elif node.name == WHILE:
            raise _not_linearized(node, "a 'while' carries tangents", "its iterations cannot be counted backwards")
        else:
            self.operation(node, received)

    def operation(self, node: Node, received: list[Value | None]) -> None:
        rule = node.record.transpose if node.record is not None else Absent("no record describes this operation")
        if isinstance(rule, Absent):
            raise DifferentiationError(f"{node.name} has no transpose rule", position_of(node.location),
                                       why=rule.reason, help="use jvp (forward mode), which needs none")
        rule(self.cts, received[0] if len(received) == 1 else received, node.op)

    # carries cp.. = ct of the results that matter, then the cotangents of what the body captures:
    #   k = n-1-j;  ct(yields) += cp;  the body in reverse;  yield ct(carries).., ct(captures)..
    def loop(self, node: Node) -> None:
        if any(not self.cts.linear(carry) for carry in node.carries):
            raise _not_linearized(node, "a loop carries tangents together with known values",
                                  "the known values would be needed in reverse order")
        cts, captures = self.cts, self.captures[node]
        active = [i for i, carry in enumerate(node.carries) if carry in self.reached]
        lower, upper, step = (cts.known(bound) for bound in node.bounds)
        zero, one, trips = index(0), index(1), trip_count(lower, upper, step)
        inits = [*(cts.current(node.results[i]) for i in active), *(cts.current(v) for v in captures)]
        link = {name: node.op.attributes[name] for name in ("diff.loop",) if name in node.op.attributes}
        new = make_for(zero, trips, one, inits, link)
        carried, captured = new.carries[:len(active)], new.carries[len(active):]
        with ir.InsertionPoint(new.block), cts.region(dict(zip(captures, captured))):
            k = lookup_call("arith.subi", lookup_call("arith.subi", trips, one), new.iv)
            cts.knowns[node.iterated.arguments[0]] = induction(k, lower, step)
            for i, ct in zip(active, carried):
                cts.add(node.yields[i], ct)
            self.body(node.iterated)
            yield_([*(cts.current(node.carries[i]) for i in active), *(cts.current(v) for v in captures)], new.block)
        for value, ct in zip(captures, new.results[len(active):]):
            cts.replace(value, ct)
        for i, ct in zip(active, new.results):
            cts.add(node.inits[i], ct)

    def branches(self, node: Node, received: list[Value | None]) -> None:
        cts, captures = self.cts, self.captures[node]
        existing = {value: ct for value in captures if (ct := cts.get(value)) is not None}
        new = make_if(cts.known(node.operands[0]), [value.type for value in captures])
        for body, region in zip(node.bodies, new.regions):
            block = region.blocks[0]
            with ir.InsertionPoint(block), cts.region(existing):
                for end, ct in zip(body.ends, received):
                    if ct is not None:
                        cts.add(end, ct)
                self.body(body)
                yield_([cts.current(value) for value in captures], block)
        for value, ct in zip(captures, new.results):
            cts.replace(value, ct)


def _not_linearized(node: Node, what: str, why: str) -> DifferentiationError:
    return DifferentiationError(what, position_of(node.location), why=why,
                                help="run diff-linearize, which separates them")
