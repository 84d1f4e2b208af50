"""Checks of values for passes: where a predicate of an operation holds, the first such element is reported.

`report` writes, at the current insertion point, an nd.check that fails where `bad` holds.  For arrays the only work is
one reduction; the element and the operands there are looked up when it has failed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects import discrete
from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_float, is_tensor, tensor_type
from wengert.dialects.build import cast_index, constant, create, full_like, size
from wengert.dialects.control import entry, make_if, yield_
from wengert.dialects.effects import MOST_VALUES, check
from wengert.dialects.op import lookup_call
from wengert.dialects.reduction import reduce


def report(bad: Any, symbol: str, operands: Sequence[Value], kind: str, message: str) -> None:
    """A check that fails where `bad` (i1, or an array of them) holds.

    Args:
        operands: of the operation; those that are floats and have the shape of `bad` are shown.
        message: ``{call}`` stands for the operation with its operands, such as ``1.0 / 0.0``.
    """
    if not is_tensor(bad.type):
        values = [bits_of(v) for v in operands if is_float(v.type) and not is_tensor(v.type)][:MOST_VALUES]
        shown = spelled(symbol, [_float(k) for k in range(len(values))])
        check(negated(bad), *values, kind=kind, message=message.replace("{call}", shown))
        return
    failed = make_if(reduce(bad, "any"), [])
    with ir.InsertionPoint(entry(failed, 0)):
        number = first_place(bad)
        alike = [v for v in operands if is_float(v.type) and is_tensor(v.type) and v.type.shape == bad.type.shape]
        values = [number, *(bits_of(element_at(v, number)) for v in alike[: MOST_VALUES - 1])]
        shown = spelled(symbol, [_float(k) for k in range(1, len(values))])
        place = "x".join("?" if n == DYNAMIC else str(n) for n in bad.type.shape) or "1"
        text = message.replace("{call}", f"{shown} at element {{0:{place}}}")
        check(constant(0, ir.IntegerType.get_signless(1)), *values, kind=kind, message=text)
        yield_([], entry(failed, 0))
    yield_([], entry(failed, 1))


def _float(k: int) -> str:
    """The place of value k of a check in its message."""
    return f"{{{k}:f64}}"


def spelled(symbol: str, operands: Sequence[str]) -> str:
    """An operation as one writes it: ``a / b``, ``-a``, ``abs(a)``."""
    if not operands:
        return symbol
    if symbol[0].isalpha():
        return f"{symbol}({', '.join(operands)})"
    return f" {symbol} ".join(operands) if len(operands) > 1 else f"{symbol}{operands[0]}"


def negated(flags: Any) -> Any:
    """not flags, for a bool or an array of them."""
    one = constant(1, element_type(flags.type))
    return discrete.xori(flags, full_like(one, flags) if is_tensor(flags.type) else one)


def bits_of(value: Any) -> Any:
    """A float as the i64 with the bits of the float64 it is."""
    f64 = ir.F64Type.get()
    wide = value if value.type == f64 else create("arith.extf", [f64], [value]).result
    return create("arith.bitcast", [ir.IntegerType.get_signless(64)], [wide]).result


def first_place(flags: Any) -> Any:
    """The number (i64, in row-major order) of the first element that is true."""
    i64 = ir.IntegerType.get_signless(64)
    flat = flattened(flags)
    sizes = [size(flat, 0)] if flat.type.is_dynamic_dim(0) else []
    numbers = create("nd.iota", [tensor_type(flat.type.shape, i64)], sizes, {"dimension": _zero(i64)}).result
    count = create("arith.index_cast", [i64], [size(flat, 0)]).result
    last = create("nd.full", [numbers.type], [count, *sizes]).result
    return reduce(lookup_call("arith.select", flat, numbers, last), "min")


def element_at(array: Any, number: Any) -> Any:
    """The element with this number in row-major order."""
    return lookup_call("tensor.extract", flattened(array), cast_index(number))


def flattened(array: Any) -> Any:
    if array.type.rank == 1:
        return array
    extent, sizes = 1, []
    for n in array.type.shape:
        extent = DYNAMIC if DYNAMIC in (n, extent) else extent * n
    if extent == DYNAMIC:
        total = size(array, 0)
        for d in range(1, array.type.rank):
            total = discrete.muli(total, size(array, d))
        sizes = [total]
    return create("nd.reshape", [tensor_type([extent], element_type(array.type))], [array, *sizes]).result


def _zero(type_: Any) -> Any:
    return ir.IntegerAttr.get(type_, 0)


__all__ = ["negated", "report", "spelled"]
