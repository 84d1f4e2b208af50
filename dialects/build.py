"""Small builders that rules and passes share; like rules, they work on IR values and on arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import Value, element_type, ir, is_float, is_tensor
from wengert.dialects.op import lookup_call, raw_attributes


def create(
    name: str,
    results: Sequence[Any],
    operands: Sequence[Any],
    attributes: dict[str, Any] | None = None,
    *,
    regions: int = 0,
    loc: Any = None,
    ip: Any = None,
) -> Any:
    """An operation with raw MLIR attributes, at `ip` or the current insertion point."""
    return ir.Operation.create(name, list(results), list(operands), attributes or {}, regions=regions, loc=loc, ip=ip)


def constant(value: float | int | bool, type_: Any, *, ip: Any = None, loc: Any = None) -> Any:
    """A scalar `arith.constant` of a float, integer or index type; an integer modulo two to the width."""
    attribute = (
        ir.FloatAttr.get(type_, float(value))
        if isinstance(type_, ir.FloatType)
        else ir.IntegerAttr.get(type_, signed(int(value), getattr(type_, "width", 64)))
    )
    return create("arith.constant", [type_], [], {"value": attribute}, ip=ip, loc=loc).result


def signed(value: int, bits: int) -> int:
    """The number that the low bits stand for in two's complement (a bool is 0 or 1)."""
    low = value % 2**bits
    return low - 2**bits if bits > 1 and low >= 2 ** (bits - 1) else low


def index(value: int) -> Any:
    """An `index` constant."""
    return constant(value, ir.IndexType.get())


def constant_like(value: float, x: Any) -> Any:
    """The constant `value` with the type and shape of x (an IR value or an array)."""
    if not isinstance(x, Value):
        return np.full(np.shape(x), value, np.asarray(x).dtype)[()]
    scalar = constant(value, element_type(x.type))
    return full_like(scalar, x) if is_tensor(x.type) else scalar


def zeros_like(x: Any) -> Any:
    """A zero tangent or cotangent of x.

    On tensors this is nd.full: never a dense constant, which would become a global and a copy.
    """
    return constant_like(0.0, x)


def full_like(scalar: Any, x: Any) -> Any:
    """A tensor of x's type filled with `scalar`."""
    return create("nd.full", [x.type], [scalar, *dynamic_sizes(x)]).result


def dynamic_sizes(x: Any) -> list[Any]:
    """`tensor.dim` of each dynamic dimension of x, in order."""
    return [
        create("tensor.dim", [ir.IndexType.get()], [x, index(d)]).result
        for d in range(x.type.rank)
        if x.type.is_dynamic_dim(d)
    ]


def size(x: Any, dimension: int) -> Any:
    """The extent of one dimension as an index value."""
    if x.type.is_dynamic_dim(dimension):
        return create("tensor.dim", [ir.IndexType.get()], [x, index(dimension)]).result
    return index(x.type.shape[dimension])


def add(x: Any, y: Any) -> Any:
    """x + y for floats, integers and indices."""
    kind = "f" if not isinstance(x, Value) or is_float(x.type) else "i"
    return lookup_call(f"arith.add{kind}", x, y)


def accumulate(existing: Any, contribution: Any) -> Any:
    """existing + contribution, written into the memory of `existing` (the lowering makes it the destination)."""
    if isinstance(existing, Value) and is_tensor(existing.type):
        return create(
            "arith.addf", [existing.type], [existing, contribution], {"nd.accumulate": ir.UnitAttr.get()}
        ).result
    return lookup_call("arith.addf", existing, contribution)


def cast_index(x: Any) -> Any:
    """An integer value as an index."""
    index_type = ir.IndexType.get()
    return x if x.type == index_type else create("arith.index_cast", [index_type], [x]).result


def clone(op: Any, mapping: dict[Any, Any], ip: Any) -> Any:
    """A deep copy of `op` at `ip`, operands replaced by `mapping`, which also gets the new results and arguments."""
    op = op.operation
    new = ir.Operation.create(
        op.name,
        [r.type for r in op.results],
        [mapping.get(v, v) for v in op.operands],
        raw_attributes(op),
        regions=len(op.regions),
        loc=op.location,
        ip=ip,
    )
    for old_result, result in zip(op.results, new.results):
        mapping[old_result] = result
    for old_region, region in zip(op.regions, new.regions):
        for old_block in old_region.blocks:
            block = region.blocks.append(
                *[a.type for a in old_block.arguments], arg_locs=[a.location for a in old_block.arguments]
            )
            for old_argument, argument in zip(old_block.arguments, block.arguments):
                mapping[old_argument] = argument
            inner = ir.InsertionPoint(block)
            for child in old_block.operations:
                clone(child, mapping, inner)
    return new
