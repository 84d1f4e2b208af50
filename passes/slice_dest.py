"""What is computed in order to be inserted is computed in its place.

``insert_slice(v, d)`` with v computed in fresh memory: the computation begins in the window of d instead, and neither
temporary nor copy remains.  Not when the computation reads d's memory, except element by element in the same window:
bufferization would then have to copy d, as the upstream pass eliminate-empty-tensors makes it do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import defining_op, ir, is_tensor, walk
from wengert.dialects.build import create
from wengert.dialects.op import raw_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import VIEWS, ancestor_in, available, chain, covers_whole, fresh_memory, memory, reads


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
    allocation = fresh_memory(value)
    if allocation is None or allocation.block != insert.block:
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
        window = destination if whole else _window(insert)
    allocation.results[0].replace_all_uses_with(window)
    allocation.erase()
    if whole:
        insert.results[0].replace_all_uses_with(insert.operands[0])
        insert.erase()


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
