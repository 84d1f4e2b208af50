"""An array that is not needed any more lends its memory to the one computed from it, element by element.

``y = f(e)`` with e in fresh memory and read here for the last time: y is computed in the memory of e.  One allocation
less, and the cache holds one array instead of two.  Assumes the linalg level; must run before out-forward, which then
finds that e's memory is what ends in the output.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import defining_op, ir, walk
from wengert.dialects.build import create
from wengert.dialects.op import raw_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import ALLOCATION, VIEWS, ancestor_in, chain, fresh_memory


@register_pass("reuse-memory")
@dataclass(frozen=True)
class ReuseMemory(Pass):
    """Compute elementwise results in the memory of operands that are read for the last time."""

    def run(self, module: Any) -> None:
        for op in walk(module, "linalg.generic"):
            _reuse(op)


def _reuse(op: Any) -> None:
    """Replace each fresh destination of a generic by an operand that dies here."""
    lent: list[Any] = []
    while (found := _lender(op, lent)) is not None:
        number, destination = found
        lent.append(op.operands[number])
        allocation = defining_op(op.operands[destination])
        op.operands[destination] = op.operands[number]
        if "reduction" in str(op.attributes["iterator_types"]):
            op = _without_input(op, number, destination)
        if allocation is not None:
            allocation.erase()


def _lender(op: Any, lent: list[Any]) -> tuple[int, int] | None:
    """An operand that dies here and a fresh destination that is written where it is read, by their numbers."""
    inputs, outputs = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
    maps = [ir.AffineMapAttr(m).value for m in ir.ArrayAttr(op.attributes["indexing_maps"])]
    identity = ir.AffineMap.get_identity(maps[0].n_dims)
    for k in range(inputs, inputs + outputs):
        allocation = defining_op(op.operands[k])
        if allocation is None or allocation.name != ALLOCATION or fresh_memory(op.operands[k]) is None:
            continue
        for i in range(inputs if maps[k] == identity else 0):
            tensor = op.operands[i]
            if maps[i] == identity and tensor.type == op.operands[k].type and tensor not in lent and _dies(tensor, op):
                return i, k
    return None


def _without_input(op: Any, number: int, destination: int) -> Any:
    """The generic with an input read from the destination it shares its memory with.

    Where something is reduced, bufferization does not see that both are read and written element by element.
    """
    block, operands = op.regions[0].blocks[0], list(op.operands)
    maps = list(ir.ArrayAttr(op.attributes["indexing_maps"]))
    inputs, outputs = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
    block.arguments[number].replace_all_uses_with(block.arguments[destination])
    del operands[number], maps[number]
    new = create("linalg.generic", [r.type for r in op.results], operands, {
        **raw_attributes(op), "indexing_maps": ir.ArrayAttr.get(maps),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get([inputs - 1, outputs]),
    }, regions=1, ip=ir.InsertionPoint(op), loc=op.location)
    block.append_to(new.regions[0])
    new.regions[0].blocks[0].erase_argument(number)
    for old, result in zip(op.results, new.results, strict=True):
        old.replace_all_uses_with(result)
    op.erase()
    return new


def _dies(tensor: Any, op: Any) -> bool:
    """Whether a tensor lies in fresh memory of this block and nobody reads that memory after `op`."""
    origin = defining_op(chain(tensor)[-1])
    if origin is None or origin.name != ALLOCATION or origin.block != op.block:
        return False
    if list(ir.DenseI32ArrayAttr(origin.attributes["operandSegmentSizes"]))[1]:
        return False  # a copy somebody asked for
    return not any(_is_needed(version, op, version == tensor) for version in chain(tensor))


def _is_needed(tensor: Any, op: Any, itself: bool) -> bool:
    """Whether somebody reads the tensor after `op` has begun: later, or `op` otherwise than as an operand `itself`."""
    for use in tensor.uses:
        user = use.owner.operation
        if user.name in VIEWS:
            if _is_needed(user.results[0], op, itself=False):
                return True
        elif user == op:
            if not itself:
                return True
        else:
            place = ancestor_in(op.block, user)
            if place is None or place == op or op.is_before_in_block(place):
                return True
    return False
