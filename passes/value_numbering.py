"""Merging and moving: constants to the front of the function, equal operations into one, invariants out of loops.

Neither merging nor moving may cost a copy of an array: a tensor that some use overwrites in place is left alone when it
is cheap to make again (nd.full) or would be made once for many iterations; uninitialised memory is never merged.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import block_of, is_tensor, walk
from wengert.dialects.control import CONTROL, entry
from wengert.passes.dead_code import LEADING
from wengert.passes.purity import CALL, TERMINATORS, Effects, overwritten, speculatable

_COMMUTATIVE = frozenset({"arith.addf", "arith.mulf", "arith.addi", "arith.muli", "arith.andi", "arith.ori",
                          "arith.xori", "arith.maxsi", "arith.minsi"})
#: Tensors made from nothing: each destination wants memory of its own.
_CREATIONS = frozenset({"nd.full", "nd.iota"})
_NEVER_MERGED = frozenset({"nd.empty", "tensor.empty", CALL})


def merge_constants(func: Any) -> bool:
    """One constant for each value and type, all at the front of the function."""
    front: dict[Any, Any] = {}
    changed = False
    for op in walk(func, "arith.constant"):
        if not _in_control(op, func):
            continue
        first = front.setdefault((op.attributes["value"], op.results[0].type), op)
        if first is not op:
            op.results[0].replace_all_uses_with(first.results[0])
            op.erase()
            changed = True
    operations = [op.operation for op in entry(func).operations]
    constants = list(front.values())
    if operations[:len(constants)] != constants:
        for op in constants:
            if op != operations[0]:
                op.move_before(operations[0])
            else:
                operations.pop(0)
        changed = True
    return changed


def _in_control(op: Any, func: Any) -> bool:
    """Whether only control flow stands between the op and its function: foreign ops keep their constants."""
    parent = op.parent.operation
    while parent != func:
        if parent.name not in CONTROL:
            return False
        parent = parent.parent.operation
    return True


def merge_equal(func: Any, effects: Effects) -> bool:
    """Common subexpression elimination within what dominates: a block sees the blocks around it."""
    return _merge_block(entry(func), [{}], effects)


def _merge_block(block: Any, scopes: list[dict[Any, Any]], effects: Effects) -> bool:
    changed = False
    for view in list(block.operations):
        op = view.operation
        if len(op.regions):
            if op.name in CONTROL:
                for region in op.regions:
                    for inner in region.blocks:
                        changed |= _merge_block(inner, [*scopes, {}], effects)
            continue
        if op.name in TERMINATORS or op.name in _NEVER_MERGED or not len(op.results) or effects.of(op):
            continue
        key = _key(op)
        first = next((scope[key] for scope in scopes if key in scope), None)
        if first is None:
            scopes[-1][key] = op
        elif op.name not in _CREATIONS or not (overwritten(first.results[0]) or overwritten(op.results[0])):
            for old, new in zip(op.results, first.results):
                old.replace_all_uses_with(new)
            op.erase()
            changed = True
    return changed


def _key(op: Any) -> tuple[Any, ...]:
    operands = list(op.operands)
    attributes = tuple((name, op.attributes[name]) for name in sorted(op.attributes))
    if op.name in _COMMUTATIVE and not any(name == "nd.accumulate" for name, _ in attributes):
        operands.sort(key=hash)
    return op.name, tuple(operands), attributes, tuple(r.type for r in op.results)


def hoist_invariants(func: Any) -> bool:
    """Move what does not change out of loops, inner loops first: only what may be evaluated in vain."""
    changed = False
    for loop in reversed(walk(func)):
        if loop.name in LEADING:
            for region in loop.regions:
                for view in list(region.blocks[0].operations)[:-1]:
                    if _hoistable(view.operation, loop):
                        view.operation.move_before(loop)
                        changed = True
    return changed


def _hoistable(op: Any, loop: Any) -> bool:
    if not speculatable(op) or op.name in _CREATIONS:
        return False
    if any(is_tensor(r.type) and overwritten(r) for r in op.results):
        return False
    return not any(inside(v, loop) for v in op.operands)


def inside(value: Any, op: Any) -> bool:
    """Whether a value is defined in a region of `op`, at any depth."""
    parent = block_of(value).owner.operation
    while parent.name != "func.func":
        if parent == op:
            return True
        parent = parent.parent.operation
    return False
