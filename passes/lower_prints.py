"""What a program writes: a call of a function of the process, which takes the values and gives a status.

    func.call @print(%x, %a) {nd.output}
        =>  if no check has failed:  status = @wengert_foreign_print_<digest>(x, memory of a, extents of a..)

The name is a digest of what is written and of the types of the values, so that object code finds its text in any
process; the rows are the module attribute `nd.prints`.  Numbers are passed as i64 or f64, arrays as copies.  A status
other than 0 is the number of an exception, and a failed check.

Assumes that checks are lowered: the last argument is the error record.  Leaves calls on memory, to which
`foreign-calls` gives addresses.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_float, is_tensor, walk
from wengert.dialects.build import constant, create, index, size
from wengert.dialects.control import entry, find_function, functions, make_for, make_if, yield_
from wengert.dialects.discrete import cmpi
from wengert.dialects.failures import RAISED
from wengert.dialects.texts import OUTPUT, is_print, parts_of, text_of
from wengert.passes.base import Pass, register_pass
from wengert.passes.lower_checks import add_check, no_failure
from wengert.passes.purity import CALL, callee

TABLE = "nd.prints"
#: The part of a symbol before its digest; the runtime looks such symbols up among foreign functions.
PREFIX = "wengert_foreign_print_"
#: symbol, format, stream, the kinds of the fields, and for each operand its kind and its rank (-1 for a number)
Print = tuple[str, str, str, tuple[str, ...], tuple[tuple[str, int], ...]]


@register_pass("lower-prints")
@dataclass(frozen=True)
class LowerPrints(Pass):
    """Turn calls of functions that print into calls of functions of the process."""

    def run(self, module: Any) -> None:
        rows: dict[str, Any] = {}
        for func in functions(module):
            for op in walk(func, CALL):
                if OUTPUT in op.attributes:
                    with op.location, ir.InsertionPoint(op):
                        _lower(module, func, op, rows)
                    op.erase()
        for func in functions(module):
            if is_print(func):
                func.erase()
        if rows:
            module.operation.attributes[TABLE] = ir.ArrayAttr.get(list(rows.values()))


def prints_of(module: Any) -> tuple[Print, ...]:
    """The table this pass has left."""
    attributes = module.operation.attributes
    if TABLE not in attributes:
        return ()
    rows = []
    for row in ir.ArrayAttr(attributes[TABLE]):
        symbol, template, stream, *values = [ir.StringAttr(column).value for column in ir.ArrayAttr(row)]
        pairs = [value.rsplit(":", 1) for value in values]
        kinds: list[str] = []
        while len(kinds) < len(pairs) and sum(map(parts_of, kinds)) < len(pairs):
            kinds.append(pairs[sum(map(parts_of, kinds))][0])
        rows.append((symbol, template, stream, tuple(kinds), tuple((kind, int(rank)) for kind, rank in pairs)))
    return tuple(rows)


def _lower(module: Any, func: Any, op: Any, rows: dict[str, Any]) -> None:
    stream, template, kinds = text_of(find_function(module, callee(op)))
    of_operands = [kind for kind in kinds for _ in range(parts_of(kind))]
    values = [f"{kind}:{v.type.rank if is_tensor(v.type) else -1}" for kind, v in zip(of_operands, op.operands)]
    row = [template, stream, *values]
    symbol = PREFIX + hashlib.sha256(repr((row, [str(v.type) for v in op.operands])).encode()).hexdigest()[:24]
    rows[symbol] = ir.ArrayAttr.get([ir.StringAttr.get(x) for x in (symbol, *row)])
    record = list(entry(func).arguments)[-1]
    branch = make_if(no_failure(record), [])
    then, otherwise = entry(branch, 0), entry(branch, 1)
    i64 = ir.IntegerType.get_signless(64)
    with ir.InsertionPoint(then):
        passed = [part for value in op.operands for part in _passed(value)]
        _declare(module, symbol, [x.type for x in passed])
        status = create("func.call", [i64], passed, {"callee": ir.FlatSymbolRefAttr.get(symbol)}).result
        add_check(module, func, cmpi("eq", status, constant(0, i64)), [status], RAISED, "print has failed", op.location)
        yield_([], then)
    yield_([], otherwise)


def _declare(module: Any, symbol: str, types: list[Any]) -> None:
    if any(ir.StringAttr(f.attributes["sym_name"]).value == symbol for f in functions(module)):
        return
    type_ = ir.FunctionType.get(types, [ir.IntegerType.get_signless(64)])
    create("func.func", [], [], {
        "sym_name": ir.StringAttr.get(symbol), "sym_visibility": ir.StringAttr.get("private"),
        "function_type": ir.TypeAttr.get(type_),
    }, regions=1, ip=ir.InsertionPoint(module.body))


def _passed(value: Any) -> list[Any]:
    """A number as i64 or f64; an array as a contiguous copy and its extents."""
    i64 = ir.IntegerType.get_signless(64)
    if is_tensor(value.type):
        extents = [size(value, d) for d in range(value.type.rank)]
        return [_copied(value, extents), *(create("arith.index_cast", [i64], [n]).result for n in extents)]
    return [_wide(value)]


def _wide(value: Any) -> Any:
    i64, f64 = ir.IntegerType.get_signless(64), ir.F64Type.get()
    if isinstance(value.type, ir.IndexType):
        return create("arith.index_cast", [i64], [value]).result
    if is_float(value.type):
        return value if value.type == f64 else create("arith.extf", [f64], [value]).result
    if value.type == i64:
        return value
    return create("arith.extui" if value.type.width == 1 else "arith.extsi", [i64], [value]).result


def _copied(value: Any, extents: list[Any]) -> Any:
    """The elements in memory of their own; bools as bytes."""
    element, i8 = value.type.element_type, ir.IntegerType.get_signless(8)
    is_bool = isinstance(element, ir.IntegerType) and element.width == 1
    type_ = ir.MemRefType.get(value.type.shape, i8 if is_bool else element)
    dynamic = [n for d, n in enumerate(extents) if value.type.is_dynamic_dim(d)]
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(dynamic), 0])}
    memory = create("memref.alloc", [type_], dynamic, segments).result

    def copy(indices: list[Any]) -> None:
        if len(indices) < len(extents):
            loop = make_for(index(0), extents[len(indices)], index(1), [])
            with ir.InsertionPoint(loop.block):
                copy([*indices, loop.iv])
                yield_([], loop.block)
            return
        x = create("tensor.extract", [element], [value, *indices]).result
        x = create("arith.extui", [i8], [x]).result if is_bool else x
        create("memref.store", [], [x, memory, *indices])

    copy([])
    return memory
