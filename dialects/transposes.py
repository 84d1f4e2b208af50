"""Transposes of the linear ops: given the cotangent of the result, what each linear operand receives.

A rule is ``rule(cts, ct, op)``: `op` is the linear operation, `ct` the cotangent of its result (of several results: a
list, with None for those that have none), and `cts` the ledger of cotangents kept by the transpose pass (`Ledger`).
Operands in which the op is not linear are known values.

Ops that read a part of an array accumulate into the cotangent the array already has, in place; they never add a whole
array that is zero outside the part.  That keeps the gradient of an O(n) program O(n).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from wengert.dialects.bindings import DYNAMIC, defining_op, ir, is_tensor
from wengert.dialects.build import accumulate, constant, create, size, zeros_like
from wengert.dialects.op import lookup_call, raw_attributes


class Ledger(Protocol):
    """What a transpose rule may ask of the pass."""

    def linear(self, value: Any) -> bool:
        """Whether `value` (of the linear function) depends linearly on its tangent arguments."""

    def known(self, value: Any) -> Any:
        """The value in the reverse function that equals the known `value`."""

    def add(self, value: Any, contribution: Any) -> None:
        """Add a contribution to the cotangent of a linear value; a known value ignores it."""

    def current(self, value: Any) -> Any:
        """The cotangent `value` has so far, made a zero if it is absent."""

    def replace(self, value: Any, cotangent: Any) -> None:
        """Set the cotangent of `value`."""

    def clear_later(self, value: Any, cotangent: Any, clear: Callable[[], Any]) -> None:
        """Set the cotangent of `value` to ``clear()``, a cleared `cotangent`, evaluated as late as possible."""

    def sizes(self, value: Any) -> Sequence[Any]:
        """The dynamic extents of a linear value, taken from a known value of the same shape."""


# ---------------------------------------------------------------- arithmetic


def transpose_add(cts: Ledger, ct: Any, op: Any) -> None:
    for operand in op.operands:
        cts.add(operand, ct)


def transpose_sub(cts: Ledger, ct: Any, op: Any) -> None:
    x, y = op.operands
    cts.add(x, ct)
    if cts.linear(y):
        cts.add(y, lookup_call("arith.negf", ct))


def transpose_neg(cts: Ledger, ct: Any, op: Any) -> None:
    cts.add(op.operands[0], lookup_call("arith.negf", ct))


def transpose_mul(cts: Ledger, ct: Any, op: Any) -> None:
    x, y = op.operands
    linear, factor = (x, y) if cts.linear(x) else (y, x)
    cts.add(linear, lookup_call("arith.mulf", ct, cts.known(factor)))


def transpose_div(cts: Ledger, ct: Any, op: Any) -> None:
    x, y = op.operands
    cts.add(x, lookup_call("arith.divf", ct, cts.known(y)))


def transpose_convert(cts: Ledger, ct: Any, op: Any) -> None:
    """float32 <-> float64: the other conversion."""
    other = "arith.truncf" if op.name == "arith.extf" else "arith.extf"
    cts.add(op.operands[0], create(other, [op.operands[0].type], [ct]).result)


def transpose_select(cts: Ledger, ct: Any, op: Any) -> None:
    condition, x, y = op.operands
    if cts.linear(x):
        cts.add(x, lookup_call("arith.select", cts.known(condition), ct, zeros_like(ct)))
    if cts.linear(y):
        cts.add(y, lookup_call("arith.select", cts.known(condition), zeros_like(ct), ct))


# ---------------------------------------------------------------- elements and slices


def transpose_extract(cts: Ledger, ct: Any, op: Any) -> None:
    array, indices = op.operands[0], [cts.known(i) for i in list(op.operands)[1:]]
    current = cts.current(array)
    before = _before_clearing(current, indices)
    if before is not None:
        cts.replace(array, lookup_call("tensor.insert", ct, before, *indices))
        return
    value = _plus(lookup_call("tensor.extract", current, *indices), ct)
    cts.replace(array, lookup_call("tensor.insert", value, current, *indices))


def _plus(x: Any, y: Any) -> Any:
    """x + y of cotangents: the sign of a zero says nothing, so a sum with a zero just written is the other one."""
    return create("arith.addf", [x.type], [x, y], {"fastmath": ir.Attribute.parse("#arith.fastmath<nsz>")}).result


def _before_clearing(array: Any, indices: list[Any]) -> Any:
    """What `array` was before its last change, if that made the element at `indices` zero: a[i] = f(a[i])."""
    op = defining_op(array)
    if op is None or op.name != "tensor.insert" or list(op.operands)[2:] != indices:
        return None
    zero = defining_op(op.operands[0])
    cleared = zero is not None and zero.name == "arith.constant" and zero.attributes["value"].value == 0.0
    return op.operands[1] if cleared else None


def transpose_insert(cts: Ledger, ct: Any, op: Any) -> None:
    value, array, *rest = op.operands
    indices = [cts.known(i) for i in rest]
    if cts.linear(value):
        cts.add(value, lookup_call("tensor.extract", ct, *indices))
    if cts.linear(array):
        cts.add(array, lookup_call("tensor.insert", constant(0.0, value.type), ct, *indices))


def _segments(op: Any, leading: int) -> dict[str, Any]:
    """The attributes of a slice op, for the other slice op on the same window (`leading` tensor operands)."""
    attributes = raw_attributes(op)
    geometry = list(ir.DenseI32ArrayAttr(attributes["operandSegmentSizes"]))[-3:]
    attributes["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get([*[1] * leading, *geometry])
    return attributes


def transpose_extract_slice(cts: Ledger, ct: Any, op: Any) -> None:
    array, geometry = op.operands[0], [cts.known(g) for g in list(op.operands)[1:]]
    current = cts.current(array)
    window = create("tensor.extract_slice", [ct.type], [current, *geometry], _segments(op, 1)).result
    changed = [accumulate(window, ct), current, *geometry]
    cts.replace(array, create("tensor.insert_slice", [current.type], changed, _segments(op, 2)).result)


def transpose_insert_slice(cts: Ledger, ct: Any, op: Any) -> None:
    value, array, *rest = op.operands
    geometry = [cts.known(g) for g in rest]
    extracting, inserting, value_type = _segments(op, 1), _segments(op, 2), value.type

    def read_window() -> Any:
        return create("tensor.extract_slice", [value_type], [ct, *geometry], extracting).result

    def cleared() -> Any:
        offsets, sizes = list(ir.DenseI32ArrayAttr(inserting["operandSegmentSizes"]))[2:4]
        extents = geometry[offsets:offsets + sizes]  # a dynamic extent is never a dropped one
        zeros = create("nd.full", [value_type], [constant(0.0, value_type.element_type), *extents]).result
        return create("tensor.insert_slice", [ct.type], [zeros, ct, *geometry], inserting).result

    if cts.linear(value):
        cts.add(value, read_window())
    if cts.linear(array):
        cts.clear_later(array, ct, cleared)


# ---------------------------------------------------------------- shape


def transpose_full(cts: Ledger, ct: Any, op: Any) -> None:
    cts.add(op.operands[0], lookup_call("nd.reduce", ct, kind="sum", axes=tuple(range(ct.type.rank))))


def transpose_sized(cts: Ledger, ct: Any, op: Any) -> None:
    cts.add(op.operands[0], ct)


def transpose_broadcast(cts: Ledger, ct: Any, op: Any) -> None:
    """Sum over the repeated and the stretched dimensions."""
    array = op.operands[0]
    dimensions = list(ir.DenseI64ArrayAttr(op.attributes["dimensions"]))
    source, target = (list(array.type.shape) if is_tensor(array.type) else []), list(ct.type.shape)
    kept = [d for d, extent in zip(dimensions, source) if not (extent == 1 and target[d] != 1)]
    axes = tuple(d for d in range(len(target)) if d not in kept)
    summed = lookup_call("nd.reduce", ct, kind="sum", axes=axes) if axes else ct
    if is_tensor(array.type) and summed.type != array.type:
        sizes = [size(ct, d) for d, extent in zip(dimensions, source) if extent == DYNAMIC]
        if not is_tensor(summed.type):
            summed = create("nd.full", [array.type], [summed, *sizes]).result
        else:
            summed = create("nd.reshape", [array.type], [summed, *sizes]).result
    cts.add(array, summed)


def transpose_reshape(cts: Ledger, ct: Any, op: Any) -> None:
    array = op.operands[0]
    cts.add(array, create("nd.reshape", [array.type], [ct, *cts.sizes(array)]).result)


def transpose_transpose(cts: Ledger, ct: Any, op: Any) -> None:
    permutation = list(ir.DenseI64ArrayAttr(op.attributes["permutation"]))
    inverse = tuple(permutation.index(d) for d in range(len(permutation)))
    cts.add(op.operands[0], lookup_call("nd.transpose", ct, permutation=inverse))


def transpose_reverse(cts: Ledger, ct: Any, op: Any) -> None:
    cts.add(op.operands[0], create("nd.reverse", [ct.type], [ct], raw_attributes(op)).result)
