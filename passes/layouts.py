"""The order of the dimensions of arrays that only loops over strips read and write.

What a loop over independent elements stores for its reverse sweep has the element first and the inner counter second:
`tape[i, t]`.  When iterations over `i` run side by side, their elements should lie side by side: `tape[t, i]`.  Only
arrays are changed that nobody else sees: allocations whose elements are loaded and stored one by one, and all of them
in the loops in question, which all use one dimension for their own counter.
"""

from __future__ import annotations

from collections.abc import Sequence

from wengert.dialects.bindings import Value, defining_op, ir
from wengert.dialects.build import create
from wengert.dialects.op import raw_attributes
from wengert.passes.independence import LOAD, Independent

ALLOC, DEALLOC = "memref.alloc", "memref.dealloc"


def lane_dimensions(loops: Sequence[Independent]) -> dict[Value, int]:
    """For each array whose order is free: the dimension that the loops use for their own counters, not the last."""
    found: dict[Value, set[int]] = {}
    seen: dict[Value, int] = {}
    for loop in loops:
        for access in loop.accesses:
            dimension, factor = loop.stride(access)
            found.setdefault(access.memref, set()).add(dimension if factor in (1, -1) else -1)
            seen[access.memref] = seen.get(access.memref, 0) + 1
    return {memref: min(dimensions) for memref, dimensions in found.items()
            if len(dimensions) == 1 and 0 <= min(dimensions) < memref.type.rank - 1
            and _uses(memref) == seen[memref]}


def _uses(memref: Value) -> int:
    """How often an allocation is used by loads and stores; -1 if by anything else."""
    op = defining_op(memref)
    if op is None or op.name != ALLOC:
        return -1
    users = [use.owner.operation for use in memref.uses]
    accesses = [u for u in users if u.name in (LOAD, "memref.store")]
    return len(accesses) if all(u in accesses or u.name == DEALLOC for u in users) else -1


def move_last(memref: Value, dimension: int) -> None:
    """Allocate an array with one of its dimensions last."""
    alloc, type_ = memref.owner.operation, ir.MemRefType(memref.type)
    order = [d for d in range(type_.rank) if d != dimension] + [dimension]
    extents = iter(list(alloc.operands))
    dynamic = {d: next(extents) for d in range(type_.rank) if type_.is_dynamic_dim(d)}
    with alloc.location, ir.InsertionPoint(alloc):
        new_type = ir.MemRefType.get([type_.shape[d] for d in order], type_.element_type)
        new = create(ALLOC, [new_type], [dynamic[d] for d in order if d in dynamic], raw_attributes(alloc)).result
    for use in list(memref.uses):
        op = use.owner.operation
        op.operands[use.operand_number] = new
        if op.name != DEALLOC:
            first = use.operand_number + 1
            indices = list(op.operands)[first:]
            for k, d in enumerate(order):
                op.operands[first + k] = indices[d]
    alloc.erase()
