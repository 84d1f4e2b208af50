"""Where memory is allocated and freed.

Assumes bufferized functions in which no allocation leaves its block except through an `scf.if` (loop-dps sees to that).
An allocation moves out of every loop its size does not depend on; small ones of static size go on the stack; the others
are freed after the last operation that uses them, directly or through a view.

This replaces upstream's hoisting, stack promotion and deallocation: those keep ownership flags in memory of i1, which
upstream cannot lower, and may put stack memory inside loops, where it piles up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, block_of, ir, position_of, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import FOR, IF, WHILE
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import ancestor_in, enclosing_loop

ALLOC = "memref.alloc"
BYTES = {"f64": 8, "f32": 4, "i64": 8, "i32": 4, "i8": 1, "index": 8}


@register_pass("place-buffers")
@dataclass(frozen=True)
class PlaceBuffers(Pass):
    """Move allocations out of loops, put small ones on the stack, free the others."""

    stack_bytes: int = 1024

    def run(self, module: Any) -> None:
        for alloc in walk(module, ALLOC):
            _leave_branches(alloc)
            _leave_loops(alloc)
        for alloc in walk(module, ALLOC):
            if 0 <= _static_bytes(alloc) <= self.stack_bytes and enclosing_loop(alloc) is None:
                _to_stack(alloc)
            else:
                _free_after_last_use(alloc)


def _leave_branches(alloc: Any) -> None:
    """An allocation a branch hands out moves before the scf.if."""
    while (escape := _handed_out_by(alloc)) is not None:
        if escape.name != IF or not _can_move_before(alloc, escape):
            raise UnsupportedError("an array of a size known only inside a loop or branch is used after it",
                                   position_of(alloc.location), why="its memory could not be freed",
                                   help="create it before the loop or branch, with a size known there")
        alloc.move_before(escape)


def _handed_out_by(alloc: Any) -> Any | None:
    """The op whose region yields the allocation, if one does."""
    end = terminator(alloc.block)
    for alias in _aliases(alloc.results[0]):
        for use in alias.uses:
            if use.owner.operation == end and end.name == "scf.yield":
                return end.parent
    return None


def _leave_loops(alloc: Any) -> None:
    outermost = None
    op = alloc.parent
    while op is not None and op.name != "func.func":
        if not _can_move_before(alloc, op):
            break
        if op.name in (FOR, WHILE, "scf.parallel"):
            outermost = op
        op = op.parent
    if outermost is not None:
        alloc.move_before(outermost)


def _can_move_before(alloc: Any, op: Any) -> bool:
    """Whether the sizes of the allocation are defined outside of `op`."""
    for extent in alloc.operands:
        inner = block_of(extent).owner
        while inner is not None:
            if inner.operation == op.operation:
                return False
            inner = inner.operation.parent
    return True


def _static_bytes(alloc: Any) -> int:
    """The size of an allocation, or -1 if it is known only at run time."""
    type_ = alloc.results[0].type
    total = BYTES.get(str(type_.element_type), 16)
    for extent in type_.shape:
        if extent == DYNAMIC:
            return -1
        total *= extent
    return total


def _to_stack(alloc: Any) -> None:
    attributes = {name: alloc.attributes[name] for name in alloc.attributes}
    place = ir.InsertionPoint(alloc)
    stack = create("memref.alloca", [alloc.results[0].type], [], attributes, ip=place, loc=alloc.location)
    alloc.results[0].replace_all_uses_with(stack.result)
    alloc.erase()


def _aliases(memref: Any) -> list[Any]:
    """The memref and everything that may point into its memory: views of it, and what control flow makes of them."""
    found, work = [], [memref]
    while work:
        value = work.pop()
        if value in found:
            continue
        found.append(value)
        for use in value.uses:
            op = use.owner.operation
            if op.name in (FOR, WHILE, IF) or op.name == "arith.select" or _is_view(op):
                work.extend(r for r in op.results if isinstance(r.type, ir.MemRefType))
                work.extend(a for region in op.regions for block in region.blocks for a in block.arguments
                            if isinstance(a.type, ir.MemRefType))
            elif op.name in ("scf.yield", "scf.condition"):
                work.extend(r for r in op.parent.results if isinstance(r.type, ir.MemRefType))
    return found


def _is_view(op: Any) -> bool:
    """Ops that make a memref of a memref without copying."""
    return op.name.startswith("memref.") and len(op.results) > 0 and op.name not in (ALLOC, "memref.load", "memref.dim")


def _free_after_last_use(alloc: Any) -> None:
    last = alloc
    for alias in _aliases(alloc.results[0]):
        for use in alias.uses:
            user = ancestor_in(alloc.block, use.owner.operation)
            if user is not None and last.is_before_in_block(user):
                last = user
    end = terminator(alloc.block)
    place = ir.InsertionPoint(end) if last == end else ir.InsertionPoint.after(last)
    create("memref.dealloc", [], [alloc.results[0]], ip=place, loc=alloc.location)
