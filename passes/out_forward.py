"""Results are computed in the caller's memory.

The tensor that ends in an output buffer (`bufferization.materialize_in_destination`) and is computed in fresh memory
is computed in the buffer instead; so is one that begins as a copy of a read-only argument.  This does what upstream's
eliminate-empty-tensors is for, without its harm in loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import defining_op, ir, walk
from wengert.dialects.build import create
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import (
    VIEWS,
    chain,
    destination_operand,
    fresh_memory,
    insert_whole,
    result_number,
    uses_beside_windows,
)
from wengert.passes.purity import TERMINATORS

MATERIALIZE, TO_TENSOR = "bufferization.materialize_in_destination", "bufferization.to_tensor"
ALLOC = "memref.alloc"


@register_pass("out-forward")
@dataclass(frozen=True)
class OutForward(Pass):
    """Compute results in the output buffers."""

    def run(self, module: Any) -> None:
        for op in walk(module, MATERIALIZE):
            with op.location:
                if defining_op(op.operands[1]) is not None:
                    done = _allocate_early(op) and _instead_of_fresh(op)
                else:
                    alone = not _read_by_others(op, op.operands[1])
                    done = alone and (_instead_of_fresh(op) or _instead_of_copy(op))
                if done:
                    op.erase()


def _allocate_early(op: Any) -> bool:
    """Move the allocation of a result of unknown extents to where the memory the result is computed in is allocated.

    False where that is no allocation of its own, or has another type.
    """
    value, buffer = op.operands
    late, early = defining_op(buffer), fresh_memory(value, alone=False)
    if late is None or early is None or early.block != op.block or early.results[0].type != value.type:
        return False
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(early.operands), 0])}
    new = create(ALLOC, [buffer.type], list(early.operands), segments, ip=ir.InsertionPoint(early))
    buffer.replace_all_uses_with(new.result)
    late.erase()
    return True


def _instead_of_fresh(op: Any) -> bool:
    """Let the buffer take the place of the allocation the result is computed in.

    True if the result is certain to end there: where another tensor is computed from a version on the way, bufferizing
    may move either of them elsewhere, and the final copy (of the buffer to itself, if not) has to stay.
    """
    value, buffer = op.operands
    allocation, certain = fresh_memory(value, alone=False), fresh_memory(value) is not None
    if allocation is None or allocation.block != op.block:
        return False
    if not certain and any(_taken_over_twice(version) for version in chain(value)):
        return False
    with ir.InsertionPoint(allocation):
        allocation.results[0].replace_all_uses_with(_inside(buffer, value.type))
    allocation.erase()
    return certain


def _taken_over_twice(version: Any) -> bool:
    """Whether two tensors are computed in the memory of this version: the second one may still be there in the end."""
    return sum(_takes_over(use) for use in uses_beside_windows(version)) > 1


def _takes_over(use: Any) -> bool:
    op = use.owner.operation
    return (op.name in VIEWS or op.name in TERMINATORS or op.name == MATERIALIZE
            or any(destination_operand(op, k) == use.operand_number for k in range(len(op.results))))


def _instead_of_copy(op: Any) -> bool:
    """Let the buffer take the place of the copy of a read-only argument the result is computed in."""
    value, buffer = op.operands
    versions = chain(value)
    if len(versions) < 2 or any(len(list(version.uses)) != 1 for version in versions[:-1]):
        return False
    origin, first = defining_op(versions[-1]), defining_op(versions[-2])
    if origin is None or first is None or first.block != op.block:
        return False
    if origin.name != TO_TENSOR or "writable" in origin.attributes:
        return False
    number = destination_operand(first, result_number(versions[-2]))
    with ir.InsertionPoint(first):
        first.operands[number] = insert_whole(origin.results[0], _inside(buffer, value.type))
    return True


def _inside(buffer: Any, type_: Any) -> Any:
    """The buffer as a tensor."""
    flags = {"restrict": ir.UnitAttr.get(), "writable": ir.UnitAttr.get()}
    return create(TO_TENSOR, [type_], [buffer], flags).result


def _read_by_others(op: Any, buffer: Any) -> bool:
    """Whether the buffer is an argument the program also reads."""
    return any(use.owner.operation != op for use in buffer.uses)
