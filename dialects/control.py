"""Views of control flow: the parts of scf.for, scf.while, scf.if and func.func by name.

These are the only operations with regions the passes treat as forms rather than through op records.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, terminator
from wengert.dialects.build import create

FOR, WHILE, IF = "scf.for", "scf.while", "scf.if"
CONTROL = frozenset({FOR, WHILE, IF})


def entry(op: Any, region: int = 0) -> Any:
    """The only block of a region."""
    return op.regions[region].blocks[0]


def body_operations(block: Any) -> list[Any]:
    """The operations of a block without its terminator."""
    return [op.operation for op in block.operations][:-1]


def yielded(block: Any) -> list[Any]:
    """What a block hands to its terminator."""
    return list(terminator(block).operands)


@dataclass(frozen=True)
class For:
    """``for iv in range(lower, upper, step)`` with carried values: inits -> carries -> yields -> results."""

    op: Any

    @property
    def bounds(self) -> tuple[Any, Any, Any]:
        lower, upper, step = list(self.op.operands)[:3]
        return lower, upper, step

    @property
    def inits(self) -> list[Any]:
        return list(self.op.operands)[3:]

    @property
    def block(self) -> Any:
        return entry(self.op)

    @property
    def iv(self) -> Any:
        return self.block.arguments[0]

    @property
    def carries(self) -> list[Any]:
        return list(self.block.arguments)[1:]

    @property
    def yields(self) -> list[Any]:
        return yielded(self.block)

    @property
    def results(self) -> list[Any]:
        return list(self.op.results)


@dataclass(frozen=True)
class While:
    """``while condition(before): after`` whose before region forwards its arguments one to one."""

    op: Any

    @property
    def inits(self) -> list[Any]:
        return list(self.op.operands)

    @property
    def before(self) -> Any:
        return entry(self.op, 0)

    @property
    def block(self) -> Any:
        return entry(self.op, 1)

    @property
    def condition(self) -> Any:
        return terminator(self.before).operands[0]

    @property
    def tests(self) -> list[Any]:
        """The arguments of the before region."""
        return list(self.before.arguments)

    @property
    def carries(self) -> list[Any]:
        return list(self.block.arguments)

    @property
    def yields(self) -> list[Any]:
        return yielded(self.block)

    @property
    def results(self) -> list[Any]:
        return list(self.op.results)


def make_for(
    lower: Any,
    upper: Any,
    step: Any,
    inits: Sequence[Any],
    attributes: dict[str, Any] | None = None,
    *,
    ip: Any = None,
    loc: Any = None,
) -> For:
    """An scf.for with an empty body block (no terminator yet)."""
    types = [v.type for v in inits]
    op = create(FOR, types, [lower, upper, step, *inits], attributes, regions=1, ip=ip, loc=loc)
    op.regions[0].blocks.append(lower.type, *types, arg_locs=[op.location] * (1 + len(types)))
    return For(op)


def make_while(
    inits: Sequence[Any], attributes: dict[str, Any] | None = None, *, ip: Any = None, loc: Any = None
) -> While:
    """An scf.while with two empty blocks."""
    types = [v.type for v in inits]
    op = create(WHILE, types, inits, attributes, regions=2, ip=ip, loc=loc)
    for region in op.regions:
        region.blocks.append(*types, arg_locs=[op.location] * len(types))
    return While(op)


def make_if(
    condition: Any,
    result_types: Sequence[Any],
    attributes: dict[str, Any] | None = None,
    *,
    ip: Any = None,
    loc: Any = None,
) -> Any:
    """An scf.if with two empty blocks."""
    op = create(IF, result_types, [condition], attributes, regions=2, ip=ip, loc=loc)
    op.regions[0].blocks.append()
    op.regions[1].blocks.append()
    return op


def yield_(values: Sequence[Any], block: Any) -> None:
    """Terminate a block with scf.yield."""
    create("scf.yield", [], values, ip=ir.InsertionPoint(block))


def condition_(flag: Any, values: Sequence[Any], block: Any) -> None:
    """Terminate the before region of a while."""
    create("scf.condition", [], [flag, *values], ip=ir.InsertionPoint(block))


# ---------------------------------------------------------------- functions


def functions(module: Any) -> list[Any]:
    """All func.func of a module, in order."""
    return [op.operation for op in module.body.operations if op.operation.name == "func.func"]


def symbol(func: Any) -> str:
    return str(ir.StringAttr(func.attributes["sym_name"]).value)


def find_function(module: Any, name: str) -> Any:
    """The function called `name`; KeyError lists what there is."""
    for func in functions(module):
        if symbol(func) == name:
            return func
    raise KeyError(f"no function @{name}; the module has " + ", ".join("@" + symbol(f) for f in functions(module)))


def function_types(func: Any) -> tuple[list[Any], list[Any]]:
    """Argument and result types."""
    type_ = ir.FunctionType(ir.TypeAttr(func.attributes["function_type"]).value)
    return list(type_.inputs), list(type_.results)


def make_function(
    module: Any,
    name: str,
    arguments: Sequence[Any],
    results: Sequence[Any],
    *,
    private: bool = True,
    after: Any = None,
    loc: Any = None,
) -> Any:
    """A func.func with an empty entry block, at the end of the module or after another function."""
    attributes = {
        "sym_name": ir.StringAttr.get(name),
        "function_type": ir.TypeAttr.get(ir.FunctionType.get(list(arguments), list(results))),
    }
    if private:
        attributes["sym_visibility"] = ir.StringAttr.get("private")
    func = create(
        "func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(module.body), loc=loc or ir.Location.unknown()
    )
    if after is not None:
        func.move_after(after)
    func.regions[0].blocks.append(*arguments, arg_locs=[func.location] * len(arguments))
    return func


def return_(values: Sequence[Any], block: Any) -> None:
    create("func.return", [], values, ip=ir.InsertionPoint(block))


def refresh_type(func: Any) -> None:
    """Make the function type agree with the entry block's arguments and the returned values."""
    block = entry(func)
    type_ = ir.FunctionType.get([a.type for a in block.arguments], [v.type for v in yielded(block)])
    func.attributes["function_type"] = ir.TypeAttr.get(type_)
