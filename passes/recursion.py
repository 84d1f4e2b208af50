"""`loop-recursion`: a function that calls itself becomes a loop with a stack.

    while block >= 0:                     # which basic block comes next; -1 after the last return
        switch block: ...                 # reads its variables from row `depth` of the stack, and writes them there

Assumes that control flow is structured and arrays in such a function have static shapes.  A call stores where to go on,
adds 1 to `depth` and writes its arguments into the new row; a return leaves its values in registers and goes back.
Constants and arguments that every call passes on unchanged are not on the stack.  What comes after this pass,
derivatives of all orders included, sees a `while` with arrays that are written in place, and no recursion.  More than
`depth` calls inside of each other are a RecursionError with the line of the call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, is_tensor, position_of, tensor_type, walk
from wengert.dialects.build import constant, create
from wengert.dialects.control import (
    condition_,
    entry,
    functions,
    make_function,
    make_if,
    make_while,
    return_,
    symbol,
    yield_,
)
from wengert.dialects.discrete import cmpi, index_cast, maxsi, minsi
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.op import encode_attributes, lookup_call
from wengert.dialects.structural import extract_slice, insert_slice
from wengert.passes.base import Pass, register_pass
from wengert.passes.basic_blocks import Block, Branch, Call, Flow, Jump, Return, count_in_while
from wengert.passes.purity import CALL, callee
from wengert.passes.tree import Function, Node, copy_node, read_function

#: As deep as Python goes.
DEPTH = 1000
MESSAGE = """{name} calls itself more than {depth} calls deep

a test that never holds is the usual cause; deeper recursion has to be written as a loop"""


@register_pass("loop-recursion")
@dataclass(frozen=True)
class LoopRecursion(Pass):
    """Turn functions that call themselves into loops with a stack of `depth` rows."""

    depth: int = DEPTH

    def run(self, module: Any) -> None:
        for func in functions(module):
            if any(callee(call) == symbol(func) for call in walk(func, CALL)):
                _replace(module, func, self.depth)


def _replace(module: Any, func: Any, depth: int) -> None:
    name = symbol(func)
    count_in_while(func, lambda op: op.name == CALL and callee(op) == name)
    tree = read_function(func)
    types = [end.type for end in tree.body.ends]
    new = make_function(module, f"{name}.looped", [a.type for a in tree.body.arguments], types, after=func,
                        loc=func.location)
    block = entry(new)
    with func.location, ir.InsertionPoint(block):
        return_(_Machine(tree, name, depth).run(list(block.arguments)), block)
    for attribute in func.attributes:
        if attribute not in ("sym_name", "function_type"):
            new.attributes[attribute] = func.attributes[attribute]
    if "sym_visibility" not in func.attributes:
        del new.attributes["sym_visibility"]
    func.erase()
    new.attributes["sym_name"] = ir.StringAttr.get(name)


class _Machine:
    """Writes the loop at the current insertion point.

    What it carries: the number of the next block, the depth, the stack of blocks to go on with, the values that were
    returned last, and the stack of each variable.
    """

    def __init__(self, tree: Function, name: str, depth: int) -> None:
        def is_call(node: Node) -> bool:
            return node.name == CALL and callee(node.op) == name

        self.tree, self.depth = tree, depth
        self.title = name if "nd.name" not in tree.op.attributes else ir.StringAttr(tree.op.attributes["nd.name"]).value
        self.flow = Flow(tree, is_call)
        self.calls = [node for node in tree.body.walk() if is_call(node)]
        arguments = tree.body.arguments
        self.passed = [i for i, a in enumerate(arguments) if any(call.operands[i] != a for call in self.calls)]
        self.constants = [node for node in tree.body.walk() if node.name == "arith.constant"]
        self.everywhere = {a for i, a in enumerate(arguments) if i not in self.passed}
        self.everywhere |= {node.results[0] for node in self.constants}
        self.stacks = {value: i for i, value in enumerate(self._on_stack())}
        self.known: dict[Value, Value] = {}

    # ------------------------------------------------------------ which values go through the stack

    def _on_stack(self) -> list[Value]:
        found: dict[Value, None] = {}
        for block in self.flow.blocks:
            here = {self.flow.resolve(result) for node in block.nodes for result in node.results}
            for value in self._used(block):
                if value not in here:
                    found[value] = None
        return list(found)

    def _used(self, block: Block) -> Iterator[Value]:
        """The variables that a block asks for, apart from those that are known everywhere."""
        inside: set[Value] = set()
        operands: list[Value] = []
        for node in block.nodes:
            for inner in (node, *(n for body in node.bodies for n in body.walk())):
                operands += inner.operands
                for body in inner.bodies:
                    operands += body.ends
                    inside.update(body.arguments)
                    inside.update(result for n in body.nodes for result in n.results)
        operands += _needed(block.end)
        for value in operands:
            if value not in inside and (variable := self.flow.resolve(value)) not in self.everywhere:
                yield variable

    # ------------------------------------------------------------ the loop

    def run(self, arguments: Sequence[Value]) -> list[Value]:
        """The results of the function for its arguments."""
        pairs = zip(self.tree.body.arguments, arguments, strict=True)
        self.known.update((old, new) for old, new in pairs if old in self.everywhere)
        for node in self.constants:
            copy_node(node, self.known, ir.InsertionPoint.current)
        results = [end.type for end in self.tree.body.ends]
        start = [_number(0), _number(0), self._empty(_I64()), *map(_undefined, results),
                 *(self._empty(value.type) for value in self.stacks)]
        self.registers = len(results)
        state = _State(self, start)
        for i in self.passed:
            state.write(self.tree.body.arguments[i], arguments[i])
        loop = make_while(state.values)
        with ir.InsertionPoint(loop.before):
            flag = cmpi("sge", loop.tests[0], _number(0))
        condition_(flag, loop.tests, loop.before)
        with ir.InsertionPoint(loop.block):
            yield_(self._dispatch(self.flow.blocks, loop.carries), loop.block)
        return loop.results[3:3 + self.registers]

    def _dispatch(self, blocks: list[Block], values: list[Value]) -> list[Value]:
        """What the loop carries after the block whose number is first among `values`, one of `blocks`."""
        if len(blocks) == 1:
            return self._block(blocks[0], _State(self, values))
        middle = len(blocks) // 2
        op = make_if(cmpi("slt", values[0], _number(blocks[middle].number)), [v.type for v in values])
        for region, half in zip(op.regions, (blocks[:middle], blocks[middle:])):
            with ir.InsertionPoint(region.blocks[0]):
                yield_(self._dispatch(half, values), region.blocks[0])
        return list(op.results)

    def _block(self, block: Block, state: _State) -> list[Value]:
        mapping = _Names(self.flow, dict(self.known))
        if block.after_call:
            mapping.update(zip(block.parameters, state.values[3:3 + self.registers], strict=True))
        own = [*(block.parameters if block.after_call else ()), *(r for node in block.nodes for r in node.results)]
        for value in self._used(block):
            if value not in own and value not in mapping:
                mapping[value] = state.read(value)
        for node in block.nodes:
            copy_node(node, mapping, ir.InsertionPoint.current)
        for value in own:
            state.write(value, mapping[value])
        self._leave(block.end, mapping, state)
        return state.values

    def _leave(self, end: Jump | Branch | Call | Return, mapping: dict[Value, Value], state: _State) -> None:
        match end:
            case Jump(target, values):
                for parameter, value in zip(target.parameters, [mapping[v] for v in values], strict=True):
                    state.write(parameter, value)
                state.block = _number(target.number)
            case Branch(condition, then, otherwise):
                numbers = _number(then.number), _number(otherwise.number)
                state.block = lookup_call("arith.select", mapping[condition], *numbers)
            case Call(node, then):
                with node.location:
                    state.enter(_number(then.number))
                    for i in self.passed:
                        state.write(self.tree.body.arguments[i], mapping[node.operands[i]])
            case Return(values):
                state.leave([mapping[v] for v in values])

    def _empty(self, type_: Any) -> Value:
        """A stack for values of a type."""
        shape = list(type_.shape) if is_tensor(type_) else []
        if is_tensor(type_) and not type_.has_static_shape:
            raise UnsupportedError("an array whose extents are known only at run time in a function that calls itself",
                                   position_of(self.tree.op.location), why="the stack has room for fixed shapes",
                                   help="pass the whole array and the part's bounds")
        element = type_.element_type if is_tensor(type_) else type_
        element = _I64() if isinstance(element, ir.IndexType) else element
        return create("nd.empty", [tensor_type([self.depth, *shape], element)], []).result


class _State:
    """What the loop carries at one point of a block."""

    def __init__(self, machine: _Machine, values: Sequence[Value]) -> None:
        self.machine, self.values = machine, list(values)

    @property
    def block(self) -> Value:
        return self.values[0]

    @block.setter
    def block(self, number: Value) -> None:
        self.values[0] = number

    def _row(self) -> Value:
        return _cast(self.values[1], ir.IndexType.get())

    def read(self, variable: Value) -> Value:
        """A variable of this call."""
        stack = self.values[self._position(variable)]
        if is_tensor(variable.type):
            shape = variable.type.shape
            return extract_slice(stack, *_window(self._row(), shape), drop=[0])
        value = lookup_call("tensor.extract", stack, self._row())
        return _cast(value, variable.type)

    def write(self, value: Value, new: Value) -> None:
        """Give a variable of this call a value, if anybody asks for it."""
        variable = self.machine.flow.resolve(value)
        if variable not in self.machine.stacks:
            return
        position = self._position(variable)
        stack = self.values[position]
        if is_tensor(new.type):
            self.values[position] = insert_slice(new, stack, *_window(self._row(), new.type.shape))
        else:
            element = _cast(new, stack.type.element_type)
            self.values[position] = lookup_call("tensor.insert", element, stack, self._row())

    def _position(self, variable: Value) -> int:
        return 3 + self.machine.registers + self.machine.stacks[variable]

    def enter(self, back: Value) -> None:
        """Begin a call, after which the block `back` is next."""
        depth, limit = self.machine.depth, _number(self.machine.depth)
        self.values[2] = lookup_call("tensor.insert", back, self.values[2], self._row())
        deeper = lookup_call("arith.addi", self.values[1], _number(1))
        message = MESSAGE.format(name=self.machine.title, depth=depth)
        create("nd.check", [], [cmpi("slt", deeper, limit), deeper, limit],
               encode_attributes({"kind": "RecursionError", "message": message}))
        self.values[1] = minsi(deeper, _number(depth - 1))
        self.block = _number(0)

    def leave(self, results: list[Value]) -> None:
        """Return from a call."""
        self.values[3:3 + len(results)] = results
        above = lookup_call("arith.subi", self.values[1], _number(1))
        self.values[1] = maxsi(above, _number(0))
        back = lookup_call("tensor.extract", self.values[2], self._row())
        self.block = lookup_call("arith.select", cmpi("slt", above, _number(0)), _number(-1), back)


class _Names(dict[Value, Value]):
    """A mapping in which all names of a variable are one key."""

    def __init__(self, flow: Flow, known: dict[Value, Value]) -> None:
        super().__init__(known)
        self.flow = flow

    def __missing__(self, value: Value) -> Value:
        variable = self.flow.resolve(value)
        if variable == value:
            raise KeyError(value)
        return self[variable]


def _needed(end: Jump | Branch | Call | Return) -> list[Value]:
    match end:
        case Jump(_, values) | Return(values):
            return values
        case Branch(condition, _, _):
            return [condition]
        case Call(node, _):
            return node.operands


def _I64() -> Any:
    return ir.IntegerType.get_signless(64)


def _number(value: int) -> Value:
    return constant(value, _I64())


def _undefined(type_: Any) -> Value:
    """A register before the first return."""
    return create("nd.empty", [type_], []).result if is_tensor(type_) else constant(0, type_)


def _cast(value: Value, type_: Any) -> Value:
    """Between index and i64."""
    return value if value.type == type_ else index_cast(value, result_types=[type_])


def _window(row: Value, shape: Sequence[int]) -> tuple[list[Any], list[int], list[int]]:
    """Offsets, sizes and strides of one row of a stack of arrays."""
    return [row, *[0] * len(shape)], [1, *shape], [1] * (1 + len(shape))
