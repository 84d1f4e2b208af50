"""Where memory is allocated and freed.

Assumes bufferized functions in which no allocation leaves its block except through an `scf.if` of which both branches
hand out memory of their own (loop-dps sees to that).  An allocation moves out of every loop its size does not depend
on; small ones of static size go on the stack; the others are freed after the last operation that uses them, directly or
through a view.

This replaces upstream's hoisting, stack promotion and deallocation: those keep ownership flags in memory of i1, which
upstream cannot lower, and may put stack memory inside loops, where it piles up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, block_of, defining_op, ir, position_of, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import FOR, IF, WHILE
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import ancestor_in, enclosing_loop, result_number
from wengert.passes.entry_abi import HANDED_OVER

ALLOC, ADDRESS = "memref.alloc", "memref.extract_aligned_pointer_as_index"
BYTES = {"f64": 8, "f32": 4, "i64": 8, "i32": 4, "i16": 2, "i8": 1, "index": 8}


@register_pass("place-buffers")
@dataclass(frozen=True)
class PlaceBuffers(Pass):
    """Move allocations out of loops, put small ones on the stack, free the others."""

    stack_bytes: int = 1024

    def run(self, module: Any) -> None:
        allocs = [alloc for alloc in walk(module, ALLOC) if not _is_the_callers(alloc)]
        for alloc in allocs:
            if not _handed_out(alloc):
                _leave_loops(alloc)
        handed_out: list[Any] = []
        for alloc in allocs:
            owner = _owner(alloc.results[0])
            if owner != alloc.results[0]:
                handed_out += [owner] if owner not in handed_out else []
            elif 0 <= _static_bytes(alloc) <= self.stack_bytes and enclosing_loop(alloc) is None:
                _to_stack(alloc)
            else:
                _free_after_last_use(owner)
        for owner in handed_out:
            _free_after_last_use(owner)


def _is_the_callers(alloc: Any) -> bool:
    """Whether the allocation is a result, handed over to the caller."""
    return any(use.owner.operation.name == ADDRESS and HANDED_OVER in use.owner.operation.attributes
               for alias in _aliases(alloc.results[0]) for use in alias.uses)


def _handed_out(alloc: Any) -> bool:
    """Whether branches hand the allocation out for good; one that not all branches hand out moves before the scf.if.

    Raises:
        UnsupportedError: memory leaves in a way in which nobody could free it.
    """
    while (result := _handed_out_as(alloc.results[0])) is not None:
        branch = result.owner.operation
        if _is_owned_for_good(result):
            return True
        if branch.name != IF or not _can_move_before(alloc, branch):
            raise UnsupportedError("an array of a size known only inside a loop or branch is used after it",
                                   position_of(alloc.location), why="its memory could not be freed",
                                   help="create it before the loop or branch, with a size known there")
        alloc.move_before(branch)
    return False


def _owner(memref: Any) -> Any:
    """The value whose last use ends the life of an allocation: itself, or the result of the branch it leaves."""
    result = _handed_out_as(memref)
    return memref if result is None else _owner(result)


def _handed_out_as(memref: Any) -> Any | None:
    """The result of the surrounding op that is the memref, or None if it stays inside."""
    end = terminator(memref.owner.operation.block)
    if end.name != "scf.yield":
        return None
    for number, value in enumerate(end.operands):
        if _uncast(value) == memref or (isinstance(value.type, ir.MemRefType) and value in _aliases(memref)):
            return end.parent.results[number]
    return None


def _is_owned_for_good(result: Any) -> bool:
    """Whether a result is memory nobody else has, and so is every result of an op around it that it becomes."""
    if result.owner.operation.name != IF or not _is_owned(result):
        return False
    outer = _handed_out_as(result)
    return outer is None or _is_owned_for_good(outer)


def _is_owned(result: Any) -> bool:
    """Whether each branch of an scf.if yields memory nobody else has: an allocation of its own, or handed out to it."""
    for region in result.owner.operation.regions:
        block = region.blocks[0]
        memref = _uncast(terminator(block).operands[result_number(result)])
        op = defining_op(memref)
        if op is None or op.block != block or not (op.name == ALLOC or (op.name == IF and _is_owned(memref))):
            return False
    return True


def _uncast(memref: Any) -> Any:
    while (op := defining_op(memref)) is not None and op.name == "memref.cast":
        memref = op.operands[0]
    return memref


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


def _free_after_last_use(memref: Any) -> None:
    last = made_by = memref.owner.operation
    for alias in _aliases(memref):
        for use in alias.uses:
            user = ancestor_in(made_by.block, use.owner.operation)
            if use.owner.operation.name == ADDRESS:  # nobody knows how long it is used
                user = terminator(made_by.block)
            if user is not None and last.is_before_in_block(user):
                last = user
    end = terminator(made_by.block)
    place = ir.InsertionPoint(end) if last == end else ir.InsertionPoint.after(last)
    create("memref.dealloc", [], [memref], ip=place, loc=made_by.location)
