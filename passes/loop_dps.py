"""Loop-carried tensors stay in the memory they began in.

Bufferization wants the value a loop yields to lie in the memory of the carried value; otherwise it refuses the
program.  This pass writes any other value over the carried one at the end of the body (`slice_dest` then computes it
there in the first place).  Values that trade places are copied first.  The same is done for the results of `scf.if`, so
that no branch hands out memory it has allocated, and for results that belong into an argument (`nd.into`, entry_abi).

A write, inside a loop, to a tensor from outside of it is one to a copy: the next iteration needs the old elements.
(One-shot analysis overlooks this where a window is taken, changed and put back; there it would write in place.)

Upstream's canonicalize must not run before it (a `while` would no longer forward its arguments one to one) nor between
it and bufferization (the insertion of a whole array would be folded away).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import block_of, defining_op, ir, is_tensor, position_of, terminator, walk
from wengert.dialects.control import FOR, IF, WHILE, entry, functions, yielded
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import (
    ALLOCATION,
    VIEWS,
    available,
    chain,
    copied,
    destination_operand,
    enclosing_loop,
    insert_whole,
    is_inside,
    result_number,
    shares_memory,
)
from wengert.passes.elements import empty_tensor
from wengert.passes.elements import extents as shape_of
from wengert.passes.same_extents import SameExtents


@register_pass("loop-dps")
@dataclass(frozen=True)
class LoopDps(Pass):
    """Make loops and branches compute their tensors in memory that exists before them."""

    def run(self, module: Any) -> None:
        for op in walk(module):
            with op.location:
                _write_to_copies(op)
        for func in functions(module):
            extents = SameExtents(func)
            for op in reversed(walk(func)):  # inner before outer
                if op.name in _HANDLERS:
                    with op.location:
                        _HANDLERS[op.name](op, extents)


def _write_to_copies(op: Any) -> None:
    """Let an op that overwrites a tensor from outside of its loop overwrite a copy of it."""
    if op.name in (FOR, WHILE, IF):
        return
    loop = enclosing_loop(op)
    if loop is None:
        return
    for number in range(len(op.results)):
        operand = destination_operand(op, number)
        if operand is None or not is_tensor(op.operands[operand].type):
            continue
        target = source = op.operands[operand]
        while (view := defining_op(source)) is not None and view.name in VIEWS:
            source = view.operands[0]
        fresh = view is not None and view.name == ALLOCATION
        if not fresh and not is_inside(block_of(source).owner, loop):
            with ir.InsertionPoint(op):
                op.operands[operand] = copied(target)


def _loop(op: Any, extents: SameExtents) -> None:
    block = entry(op, 1 if op.name == WHILE else 0)
    carried = list(block.arguments)[1 if op.name == FOR else 0:]
    for value, into in zip(terminator(block).operands, carried, strict=True):
        if is_tensor(value.type) and not extents.same(value, into):
            raise UnsupportedError("an array that a loop carries changes its shape, or might", position_of(op.location),
                                   why=f"its extents, known only at run time in {value.type}, are computed anew",
                                   help="carry an array of the largest size, and how much of it is in use")
    _write_back(terminator(block), carried)


def _write_back(end: Any, destinations: Sequence[Any]) -> None:
    """Make each tensor the terminator hands on lie in its destination."""
    values = list(end.operands)
    moving = [i for i, (value, into) in enumerate(zip(values, destinations, strict=True))
              if is_tensor(value.type) and not shares_memory(value, into)]
    with ir.InsertionPoint.at_block_begin(end.block):
        for i in moving:  # b, a = a, b: what is overwritten before it is read
            if any(values[i] == destinations[j] for j in moving if j < i):
                values[i] = copied(values[i])
    with ir.InsertionPoint(end):
        for i in moving:
            end.operands[i] = insert_whole(values[i], destinations[i])


def _branches(op: Any, extents: SameExtents) -> None:
    """Both branches end in one memory: that of a tensor only they use, or a new one made before them.

    Where their results differ in size, each hands out memory of its own.
    """
    if not any(is_tensor(result.type) for result in op.results):
        return
    ends = [terminator(entry(op, region)) for region in (0, 1)]
    for i, result in enumerate(op.results):
        if not is_tensor(result.type):
            continue
        values = [end.operands[i] for end in ends]
        if not extents.same(*values):
            for end, value in zip(ends, values):
                with ir.InsertionPoint(end):
                    end.operands[i] = copied(value)
            continue
        extents.unite(result, values[0])
        existing = _common_memory(op, values)
        if existing is not None and all(shares_memory(v, existing) for v in values):
            if not _may_be_overwritten(existing) and any(v != existing for v in values):
                _write_to_copy(existing, op)
            continue
        with ir.InsertionPoint(op):
            into = existing if existing is not None else _memory_like(op, values)
        for end, value in zip(ends, values):
            with ir.InsertionPoint(end):
                if into is None:  # the extents are known only inside
                    end.operands[i] = copied(value)
                elif not shares_memory(value, into):
                    end.operands[i] = insert_whole(value, into)


def _write_to_copy(tensor: Any, branches: Any) -> None:
    """Let branches that overwrite what is not ours overwrite one copy of it."""
    with ir.InsertionPoint(branches):
        copy = copied(tensor)
    for use in list(tensor.uses):
        if is_inside(use.owner.operation, branches):
            use.owner.operation.operands[use.operand_number] = copy


def _common_memory(op: Any, values: Sequence[Any]) -> Any | None:
    """A tensor from outside in whose memory one branch computes, if both do or nobody outside uses it."""
    for value in values:
        for version in _versions_before(op, value):
            ours = _may_be_overwritten(version) and all(is_inside(use.owner.operation, op) for use in version.uses)
            if ours or all(shares_memory(v, version) for v in values):
                return version
    return None


def _versions_before(op: Any, value: Any) -> Iterator[Any]:
    """The latest versions of a tensor that exist before `op`; there may be several where branches join."""
    versions = chain(value)
    found = next((version for version in versions if available(version, op)), None)
    if found is not None:
        yield found
    elif (joined := defining_op(versions[-1])) is not None and joined.name == IF:
        for region in (0, 1):
            yield from _versions_before(op, yielded(entry(joined, region))[result_number(versions[-1])])


def _may_be_overwritten(tensor: Any) -> bool:
    """Whether a tensor's memory is ours: not that of a read-only argument."""
    op = defining_op(tensor)
    if op is None:
        return block_of(tensor).owner.operation.name in (FOR, WHILE)
    return op.name != "bufferization.to_tensor" and op.name != "arith.constant"


def _memory_like(op: Any, values: Sequence[Any]) -> Any | None:
    """A new tensor of the values' shape, made before `op`."""
    type_ = values[0].type
    if type_.has_static_shape:
        return empty_tensor(type_.element_type, tuple(type_.shape))
    for value in values:
        for version in _versions_before(op, value):
            return empty_tensor(type_.element_type, shape_of(version))
    return None


def _into_argument(op: Any, extents: SameExtents) -> None:
    """A result for an argument's own memory is written over the tensor in it, so that bufferization sees the write.

    It is written before any result is handed over: the argument's old value may be part of another result.
    """
    value, memref = op.operands
    first = next(o.operation for o in op.block.operations if o.operation.name == op.name)
    for use in memref.uses:
        inside = use.owner.operation
        if inside.name == "bufferization.to_tensor":
            if not shares_memory(value, inside.results[0]):
                with ir.InsertionPoint(first):
                    op.operands[0] = insert_whole(value, inside.results[0])
            return


_HANDLERS = {FOR: _loop, WHILE: _loop, IF: _branches, "bufferization.materialize_in_destination": _into_argument}
