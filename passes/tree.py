"""A function read once into plain Python lists: nodes (operations) and bodies (blocks).

Each look at an operation through the bindings costs microseconds, and the differentiation passes look at every operand
many times.  They read the function first (`read_function`), decide on this snapshot, and write new functions beside it;
the snapshot is valid as long as nobody changes the function.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import Value, ir, position_of
from wengert.dialects.control import FOR, WHILE, find_function, functions, symbol
from wengert.dialects.errors import DifferentiationError, WengertValueError
from wengert.dialects.op import Op, lookup
from wengert.passes.base import near_matches
from wengert.passes.calls import CallRecords
from wengert.passes.purity import CALL


@dataclass(slots=True, eq=False)
class Node:
    """One operation: its operands and results, its record (None for control flow and foreign ops), and its regions."""

    op: Any
    name: str
    operands: list[Value]
    results: list[Value]
    record: Op | None
    bodies: list[Body] = field(default_factory=list)

    @property
    def is_loop(self) -> bool:
        return self.name in (FOR, WHILE)

    @property
    def bounds(self) -> tuple[Value, Value, Value]:
        """Lower bound, upper bound and step of a `for`."""
        lower, upper, step = self.operands[:3]
        return lower, upper, step

    @property
    def inits(self) -> list[Value]:
        """What a loop's carried values are before the first iteration."""
        return self.operands[3:] if self.name == FOR else self.operands

    @property
    def iterated(self) -> Body:
        """The body of a loop that runs once an iteration (not the condition of a `while`)."""
        return self.bodies[-1]

    @property
    def carries(self) -> list[Value]:
        """The carried values inside the iterated body."""
        arguments = self.iterated.arguments
        return arguments[1:] if self.name == FOR else arguments

    @property
    def yields(self) -> list[Value]:
        """What an iteration hands to the next."""
        return self.iterated.ends

    @property
    def location(self) -> Any:
        return self.op.location


@dataclass(slots=True, eq=False)
class Body:
    """One block: arguments, nodes in program order, and the operands of its terminator."""

    block: Any
    arguments: list[Value]
    parent: Node | None
    loop_depth: int
    nodes: list[Node] = field(default_factory=list)
    ends: list[Value] = field(default_factory=list)

    def walk(self) -> Iterator[Node]:
        """All nodes below, outer before inner, in program order."""
        for node in self.nodes:
            yield node
            for body in node.bodies:
                yield from body.walk()


@dataclass(slots=True, eq=False)
class Function:
    """A func.func as a tree: its entry body, and where each value is defined."""

    op: Any
    name: str
    body: Body
    home: dict[Value, Body]
    definition: dict[Value, Node]

    def attribute(self, name: str) -> int:
        """An integer attribute that a differentiation pass has put on the function."""
        if name not in self.op.attributes:
            raise WengertValueError(f"@{self.name} has no attribute {name}", position_of(self.op.location),
                                    why="it was not written by the differentiation pass that comes before this one")
        return int(ir.IntegerAttr(self.op.attributes[name]).value)


def read_function(func: Any) -> Function:
    """Read a func.func with a body.

    Raises:
        DifferentiationError: a `while` that does not forward the arguments of its condition region one to one.
    """
    home: dict[Value, Body] = {}
    definition: dict[Value, Node] = {}
    calls = CallRecords(func)

    def read_body(block: Any, parent: Node | None, depth: int) -> Body:
        body = Body(block, list(block.arguments), parent, depth)
        home.update(dict.fromkeys(body.arguments, body))
        operations = [view.operation for view in block.operations]
        body.nodes = [read_node(op, body) for op in operations[:-1]]
        body.ends = list(operations[-1].operands)
        return body

    def read_node(op: Any, body: Body) -> Node:
        name = op.name
        record = calls.of(op) if name == CALL else lookup(name)
        node = Node(op, name, list(op.operands), list(op.results), record)
        for result in node.results:
            home[result], definition[result] = body, node
        regions = op.regions
        if len(regions):
            depth = body.loop_depth + (name in (FOR, WHILE))
            node.bodies = [read_body(block, node, depth) for region in regions for block in region.blocks]
            if name == WHILE and node.bodies[0].ends[1:] != node.bodies[0].arguments:
                raise DifferentiationError(
                    "this 'scf.while' does not pass on the arguments of its condition region unchanged",
                    position_of(op.location), help="compute in the second region what the first one forwards")
        return node

    return Function(func, symbol(func), read_body(func.regions[0].blocks[0], None, 0), home, definition)


def function_to_read(module: Any, name: str) -> Any:
    """The func.func called `name`, which must have a body.

    Raises:
        WengertValueError: there is none, or it is only declared.
    """
    try:
        func = find_function(module, name)
    except KeyError:
        known = [symbol(f) for f in functions(module)]
        listed = ", ".join(f"@{other}" for other in known) or "none"
        raise WengertValueError(f"there is no function @{name}", why=f"the module has {listed}",
                                help=near_matches(name, known)) from None
    if not len(func.regions[0].blocks):
        raise WengertValueError(f"@{name} is declared, not defined", position_of(func.location),
                                why="it has no body to differentiate")
    return func


def require_new(module: Any, name: str) -> str:
    """`name`, after a check that no function is called so already."""
    if any(symbol(func) == name for func in functions(module)):
        raise WengertValueError(f"there is a function @{name} already", why="the pass would define it a second time")
    return name


def copy_node(node: Node, mapping: dict[Value, Value], ip: Any) -> Any:
    """A deep copy of an operation at `ip`; `mapping` gives its operands and receives its results and inner values."""
    new = node.op.clone(ip=ip)
    _rebind(node, new, mapping)
    return new


def _rebind(node: Node, new: Any, mapping: dict[Value, Value]) -> None:
    operands = new.operands
    for i, operand in enumerate(node.operands):
        operands[i] = mapping[operand]
    for old, result in zip(node.results, new.results, strict=True):
        mapping[old] = result
    if node.bodies:
        blocks = [block for region in new.regions for block in region.blocks]
        for body, block in zip(node.bodies, blocks, strict=True):
            for old, argument in zip(body.arguments, block.arguments, strict=True):
                mapping[old] = argument
            operations = [view.operation for view in block.operations]
            for child, child_op in zip(body.nodes, operations[:-1], strict=True):
                _rebind(child, child_op, mapping)
            ends = operations[-1].operands
            for i, end in enumerate(body.ends):
                ends[i] = mapping[end]
