"""Run-time checks: nd.check becomes stores into the error record, the last argument of the entry function.

The record is ``memref<4xi64>``, zero when the function is called: [0] is 1 + the number of the check that failed first,
[1] to [3] are its values.  Execution goes on after a failure (what follows a check is safe by itself), except that
a ``while`` around the check stops: its condition may depend on what was not computed.

Assumes that calls are inlined.  Leaves no nd.check and no nd.guarded, and the table of checks as the module attribute
`nd.checks`, in the order of their numbers: arrays of kind, message, file, line, column.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, position_of, terminator, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import WHILE, While, condition_, entry, functions, make_if, yield_
from wengert.dialects.errors import Position
from wengert.dialects.op import raw_attributes
from wengert.passes.base import Pass, register_pass

CHECK, GUARDED, TABLE = "nd.check", "nd.guarded", "nd.checks"
Check = tuple[str, str, str, int, int]


@register_pass("lower-checks")
@dataclass(frozen=True)
class LowerChecks(Pass):
    """Turn nd.check into guarded stores to the error record, a new last argument of each public function."""

    def run(self, module: Any) -> None:
        table: list[Any] = []
        for func in functions(module):
            if "sym_visibility" not in func.attributes:
                with func.location:
                    _lower(func, table)
        module.operation.attributes[TABLE] = ir.ArrayAttr.get(table)


def checks_of(module: Any) -> tuple[Check, ...]:
    """The table this pass has left: (kind, message, file, line, column) of each check."""
    attributes = module.operation.attributes
    if TABLE not in attributes:
        return ()
    rows = [[column.value for column in ir.ArrayAttr(row)] for row in ir.ArrayAttr(attributes[TABLE])]
    return tuple((kind, message, file, line, column) for kind, message, file, line, column in rows)


def _lower(func: Any, table: list[Any]) -> None:
    i64 = ir.IntegerType.get_signless(64)
    record_type = ir.MemRefType.get([4], i64)
    record = entry(func).add_argument(record_type, func.location)
    type_ = ir.FunctionType(ir.TypeAttr(func.attributes["function_type"]).value)
    type_ = ir.FunctionType.get([*type_.inputs, record_type], list(type_.results))
    func.attributes["function_type"] = ir.TypeAttr.get(type_)
    if "arg_attrs" in func.attributes:
        present = list(ir.ArrayAttr(func.attributes["arg_attrs"]))
        func.attributes["arg_attrs"] = ir.ArrayAttr.get([*present, ir.DictAttr.get({})])
    for op in walk(func, GUARDED):
        _check_value(op)
    for op in walk(func, WHILE):
        if walk(op, CHECK):
            with op.location:
                _stop_on_failure(While(op), record)
    for op in walk(func, CHECK):
        table.append(_row(op))
        with op.location, ir.InsertionPoint(op):
            _record_failure(op, len(table), record)
        op.erase()


def add_check(module: Any, func: Any, ok: Any, values: Sequence[Any], kind: str, message: str, location: Any) -> None:
    """A check in a function whose checks are lowered already, at the current insertion point; `values` are i64."""
    record = list(entry(func).arguments)[-1]
    table = list(ir.ArrayAttr(module.operation.attributes[TABLE]))
    attributes = {"kind": ir.StringAttr.get(kind), "message": ir.StringAttr.get(message)}
    op = create(CHECK, [], [ok, *values], attributes, loc=location)
    table.append(_row(op))
    with location, ir.InsertionPoint(op):
        _record_failure(op, len(table), record)
    op.erase()
    module.operation.attributes[TABLE] = ir.ArrayAttr.get(table)


def _check_value(op: Any) -> None:
    """``y = guarded(x, ok)`` is x after a check."""
    x, ok = op.operands
    create(CHECK, [], [ok], raw_attributes(op), loc=op.location, ip=ir.InsertionPoint(op))
    op.results[0].replace_all_uses_with(x)
    op.erase()


def _row(op: Any) -> Any:
    position = position_of(op.location) or Position("", 0, 0)
    i64 = ir.IntegerType.get_signless(64)
    texts = [op.attributes["kind"], op.attributes["message"], ir.StringAttr.get(position.file)]
    return ir.ArrayAttr.get([*texts, ir.IntegerAttr.get(i64, position.line), ir.IntegerAttr.get(i64, position.column)])


def no_failure(record: Any) -> Any:
    """Whether no check has failed so far."""
    i64 = ir.IntegerType.get_signless(64)
    number = create("memref.load", [i64], [record, index(0)]).result
    return _compare_equal(number, constant(0, i64))


def _compare_equal(x: Any, y: Any) -> Any:
    eq = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), 0)
    return create("arith.cmpi", [ir.IntegerType.get_signless(1)], [x, y], {"predicate": eq}).result


def _record_failure(op: Any, number: int, record: Any) -> None:
    """``if not ok and record[0] == 0: record[:] = number, values..``"""
    ok, *values = op.operands
    i1, i64 = ok.type, ir.IntegerType.get_signless(64)
    failed = create("arith.xori", [i1], [ok, constant(1, i1)]).result
    outer = make_if(failed, [])
    then, otherwise = entry(outer, 0), entry(outer, 1)
    with ir.InsertionPoint(then):
        inner = make_if(no_failure(record), [])
        with ir.InsertionPoint(entry(inner, 0)):
            for place, value in enumerate((constant(number, i64), *values)):
                create("memref.store", [], [value, record, index(place)])
        for block in (entry(inner, 0), entry(inner, 1), then):
            yield_([], block)
    yield_([], otherwise)


def _stop_on_failure(loop: While, record: Any) -> None:
    """Go on only while the condition holds and no check has failed."""
    old = terminator(loop.before)
    flag, *passed = old.operands
    with ir.InsertionPoint(old):
        going = create("arith.andi", [flag.type], [flag, no_failure(record)]).result
    old.erase()
    condition_(going, passed, loop.before)
