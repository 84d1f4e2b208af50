"""Structured control flow around chosen calls, taken apart into basic blocks.

Assumes a function read by passes/tree.py in which every `for` around such a call has become a `while`
(`count_in_while`).  Leaves blocks that end in a jump, a branch, a call or a return; all other control flow stays inside
of them.  A `while` forwards the arguments of its condition, so these, the arguments of its body and its results are one
variable: `Flow.variable` maps each to the first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import Value, ir, walk
from wengert.dialects.build import clone
from wengert.dialects.control import FOR, IF, For, body_operations, condition_, make_while, yield_
from wengert.dialects.discrete import cmpi
from wengert.dialects.op import lookup_call, raw_attributes
from wengert.passes.tree import Body, Function, Node


@dataclass(frozen=True)
class Jump:
    """To a block, with values for its parameters."""

    target: Block
    values: list[Value]


@dataclass(frozen=True)
class Branch:
    """To one block or the other; neither has parameters of its own."""

    condition: Value
    then: Block
    otherwise: Block


@dataclass(frozen=True)
class Call:
    """A chosen call; its results are the parameters of the block after it."""

    node: Node
    then: Block


@dataclass(frozen=True)
class Return:
    values: list[Value]


@dataclass(eq=False)
class Block:
    """Operations without a chosen call among them, and where control goes next."""

    number: int
    parameters: list[Value] = field(default_factory=list)
    after_call: bool = False
    nodes: list[Node] = field(default_factory=list)
    end: Jump | Branch | Call | Return = field(init=False)


class Flow:
    """The basic blocks of a function; the first one is its entry."""

    def __init__(self, tree: Function, chosen: Callable[[Node], bool]) -> None:
        self.blocks: list[Block] = []
        self.variable: dict[Value, Value] = {}
        self._chosen = chosen
        self._around = {node for node in tree.body.walk() if any(map(chosen, _inside(node)))}
        last = self._body(tree.body, self._new(tree.body.arguments))
        last.end = Return(tree.body.ends)
        self._shorten()

    def resolve(self, value: Value) -> Value:
        """The variable that a value is another name of."""
        return self.variable.get(value, value)

    def _shorten(self) -> None:
        """A jump to a block that only returns is a return; blocks that nobody goes to any more are dropped."""
        changed = True
        while changed:
            changed = False
            for block in self.blocks:
                end = block.end
                if isinstance(end, Jump) and not end.target.nodes and isinstance(end.target.end, Return):
                    passed = dict(zip(end.target.parameters, end.values, strict=True))
                    block.end = Return([passed.get(v, v) for v in end.target.end.values])
                    changed = True
        reached, pending = {self.blocks[0]}, [self.blocks[0]]
        while pending:
            new = [block for block in _successors(pending.pop().end) if block not in reached]
            reached.update(new)
            pending += new
        self.blocks = [block for block in self.blocks if block in reached]
        for number, block in enumerate(self.blocks):
            block.number = number

    def _new(self, parameters: list[Value], *, after_call: bool = False) -> Block:
        self.blocks.append(Block(len(self.blocks), parameters, after_call))
        return self.blocks[-1]

    def _body(self, body: Body, block: Block) -> Block:
        """Append the nodes of a body; the block in which it ends, whose end is still open."""
        for node in body.nodes:
            if self._chosen(node):
                after = self._new(node.results, after_call=True)
                block.end = Call(node, after)
                block = after
            elif node not in self._around:
                block.nodes.append(node)
            elif node.name == IF:
                block = self._branches(node, block)
            else:
                block = self._loop(node, block)
        return block

    def _branches(self, node: Node, block: Block) -> Block:
        starts = [self._new([]), self._new([])]
        join = self._new(node.results)
        block.end = Branch(node.operands[0], *starts)
        for start, body in zip(starts, node.bodies):
            self._body(body, start).end = Jump(join, body.ends)
        for start in starts[len(node.bodies):]:  # there was no else
            start.end = Jump(join, [])
        return join

    def _loop(self, node: Node, block: Block) -> Block:
        condition, body = node.bodies
        head, start, after = self._new(condition.arguments), self._new([]), self._new([])
        for names in (body.arguments, node.results):
            self.variable.update(zip(names, map(self.resolve, condition.arguments), strict=True))
        block.end = Jump(head, node.inits)
        self._body(condition, head).end = Branch(condition.ends[0], start, after)
        self._body(body, start).end = Jump(head, body.ends)
        return after


def _successors(end: Jump | Branch | Call | Return) -> list[Block]:
    match end:
        case Jump(target, _):
            return [target]
        case Branch(_, then, otherwise):
            return [then, otherwise]
        case Call(_, then):
            return [then]
    return []


def _inside(node: Node) -> list[Node]:
    return [inner for body in node.bodies for inner in body.walk()]


def count_in_while(func: Any, chosen: Callable[[Any], bool]) -> None:
    """Turn every `for` around a chosen operation into a `while` that counts."""
    for op in reversed(walk(func, FOR)):  # inner ones first
        if not any(chosen(inner) for inner in walk(op)[1:]):
            continue
        loop = For(op)
        lower, upper, step = loop.bounds
        with op.location, ir.InsertionPoint(op):
            new = make_while([lower, *loop.inits], raw_attributes(op))
            with ir.InsertionPoint(new.before):
                flag = cmpi("slt", new.tests[0], upper)
            condition_(flag, new.tests, new.before)
            mapping = dict(zip(loop.block.arguments, new.carries, strict=True))
            point = ir.InsertionPoint(new.block)
            for inner in body_operations(loop.block):
                clone(inner, mapping, point)
            with point:
                following = lookup_call("arith.addi", new.carries[0], step)
            yield_([following, *(mapping.get(v, v) for v in loop.yields)], new.block)
        for old, result in zip(loop.results, new.results[1:], strict=True):
            old.replace_all_uses_with(result)
        op.erase()
