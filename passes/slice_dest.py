"""What is computed in order to be inserted is computed in its place.

``insert_slice(v, d)`` with v computed in fresh memory: the computation begins in the window of d instead, and neither
temporary nor copy remains.  Not when the computation reads d's memory, except element by element in the same window:
bufferization would then have to copy d, as the upstream pass eliminate-empty-tensors makes it do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import defining_op, ir, is_tensor, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.op import raw_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import (
    VIEWS,
    ancestor_in,
    available,
    chain,
    covers_whole,
    destination_operand,
    fresh_memory,
    memory,
    reads,
)


@register_pass("slice-dest")
@dataclass(frozen=True)
class SliceDest(Pass):
    """Compute inserted slices in the memory they are inserted into."""

    def run(self, module: Any) -> None:
        for insert in walk(module, "tensor.insert_slice"):
            with insert.location:
                _compute_in_place(insert)


def _compute_in_place(insert: Any) -> None:
    value, destination, *geometry = insert.operands
    allocation = fresh_memory(value, alone=False)
    if allocation is None or allocation.block != insert.block:
        return
    if any(len(list(version.uses)) > 1 for version in chain(value)[1:]) or not _is_read_in_time(value, insert):
        return
    steps = [op for version in chain(value)[:-1] if (op := defining_op(version)) is not None]
    elsewhere = [v for step in steps for v in reads(step, memory(destination)) if not _same_place(v, step, insert)]
    if elsewhere or _read_after(destination, steps[-1] if steps else insert, insert):
        return
    if not all(available(v, allocation) for v in (destination, *geometry)):
        if any(reads(step, memory(destination)) for step in steps) or not _can_wait(steps, insert):
            return
        for step in (allocation, *reversed(steps)):  # all of them can wait until the destination is there
            step.move_before(insert)
    whole = covers_whole(insert)
    with ir.InsertionPoint(allocation):
        read = _window_read_by(steps, insert)
        window = destination if whole else read if read is not None and available(read, allocation) else _window(insert)
    allocation.results[0].replace_all_uses_with(window)
    allocation.erase()
    if whole:
        insert.results[0].replace_all_uses_with(insert.operands[0])
        insert.erase()


def _is_read_in_time(value: Any, insert: Any) -> bool:
    """Whether whoever else reads `value` does so before the destination is written to again: then it may lie there."""
    readers = [ancestor_in(insert.block, use.owner.operation) for use in value.uses if use.owner.operation != insert]
    writers = _writers(insert.results[0], insert)
    return all(reader is not None and reader.name not in VIEWS and reader != terminator(insert.block)
               and all(reader.is_before_in_block(writer) for writer in writers) for reader in readers)


def _writers(tensor: Any, insert: Any) -> list[Any]:
    """The ops in the insert's block that overwrite a version of `tensor` next."""
    found = []
    for use in tensor.uses:
        user = use.owner.operation
        if user.name in VIEWS:
            found += _writers(user.results[0], insert)
        elif use.operand_number in [destination_operand(user, n) for n in range(len(user.results))]:
            place = ancestor_in(insert.block, user)
            found += [place] if place is not None else []
    return found


def _window_read_by(steps: Sequence[Any], insert: Any) -> Any | None:
    """The window that is replaced, if the computation has it already as something it reads."""
    for step in steps:
        for operand in step.operands:
            if is_tensor(operand.type) and _is_window(operand, insert) and operand != insert.operands[0]:
                return operand
    return None


def _can_wait(steps: Sequence[Any], insert: Any) -> bool:
    """Whether nobody needs a result of `steps` before `insert`."""
    for step in steps:
        for result in step.results:
            for use in result.uses:
                user = ancestor_in(insert.block, use.owner.operation)
                if user is None or not (user in steps or user == insert or insert.is_before_in_block(user)):
                    return False
    return True


def _read_after(tensor: Any, step: Any, insert: Any) -> bool:
    """Whether somebody reads the destination's old elements after `step` has begun to write new ones."""
    for use in tensor.uses:
        user = use.owner.operation
        if user == insert or user.name == "tensor.dim":
            continue
        if user.name in VIEWS:
            if _read_after(user.results[0], step, insert):
                return True
            continue
        user = ancestor_in(insert.block, user)
        if user is not None and step.is_before_in_block(user):
            return True
    return False


def _window(insert: Any) -> Any:
    """The part of the destination that is replaced."""
    value, destination, *geometry = insert.operands
    attributes = raw_attributes(insert)
    segments = list(ir.DenseI32ArrayAttr(attributes["operandSegmentSizes"]))[1:]
    attributes["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get(segments)
    return create("tensor.extract_slice", [value.type], [destination, *geometry], attributes).result


def _same_place(tensor: Any, step: Any, insert: Any) -> bool:
    """Whether `step` reads `tensor` element by element, each where it will write."""
    if step.name != "linalg.generic" or not any(v == tensor for v in step.operands):
        return False
    maps = [ir.AffineMapAttr(m).value for m in ir.ArrayAttr(step.attributes["indexing_maps"])]
    loops = maps[0].n_dims
    aligned = all(m == ir.AffineMap.get_identity(loops) for v, m in zip(step.operands, maps) if v == tensor)
    parallel = "reduction" not in str(step.attributes["iterator_types"])
    return aligned and parallel and _is_window(tensor, insert)


def _is_window(tensor: Any, insert: Any) -> bool:
    """Whether `tensor` is exactly what `insert` replaces."""
    destination, *geometry = list(insert.operands)[1:]
    if tensor == destination:
        return covers_whole(insert)
    op = defining_op(tensor)
    if op is None or op.name != "tensor.extract_slice" or op.operands[0] != destination:
        return False
    same = all(op.attributes[n] == insert.attributes[n] for n in ("static_offsets", "static_sizes", "static_strides"))
    return same and list(op.operands)[1:] == geometry and is_tensor(tensor.type)
