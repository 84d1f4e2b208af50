"""Removes what nobody needs: dead operations, dead carried values, carried values that never change.

Liveness is a backward closure from the effects and the returned values of one function.  A value carried by a loop is
one unit (init, argument, yield, result): it lives when its result or its argument does, so a counter that feeds only
itself is dead.  A loop that may not terminate is removed like any other op.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import block_of, defining_op, ir, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import CONTROL, FOR, IF, WHILE, entry
from wengert.dialects.op import raw_attributes
from wengert.passes.purity import TERMINATORS, Effects

#: How many operands of a loop come before its inits.
LEADING = {FOR: 3, WHILE: 0}


def remove_dead_code(func: Any, effects: Effects) -> bool:
    """Erase dead operations and dead carried values of a function; whether anything changed."""
    live = _Liveness(func, effects)
    return _sweep(entry(func), live)


def forwards(loop: Any) -> bool:
    """Whether the `before` region of an scf.while hands its arguments on one to one."""
    before = entry(loop, 0)
    return list(terminator(before).operands)[1:] == list(before.arguments)


class _Liveness:
    """The live operations, and the live positions of what each region op carries or returns."""

    def __init__(self, func: Any, effects: Effects) -> None:
        self.function = func
        self.operations: set[Any] = set()
        self.carried: dict[Any, set[int]] = {}
        self._values: set[Any] = set()
        self._pending: list[Any] = []
        for op in walk(func)[1:]:
            if op.name == "func.return" or effects.of(op):
                self._need_operation(op)
        while self._pending:
            self._need_definition(self._pending.pop())

    def _need(self, values: Sequence[Any]) -> None:
        for value in values:
            if value not in self._values:
                self._values.add(value)
                self._pending.append(value)

    def _need_definition(self, value: Any) -> None:
        op = defining_op(value)
        if op is None:
            op, position = value.owner.owner.operation, value.arg_number - (value.owner.owner.name == FOR)
            if op.name in LEADING and position >= 0:
                self._need_carried(op, position)
        elif op.name in CONTROL:
            self._need_carried(op, value.result_number)
        else:
            self._need_operation(op)

    def _need_operation(self, op: Any) -> None:
        """The op runs: so do the region ops around it, and all that a foreign op has inside."""
        while op not in self.operations and op != self.function:
            self.operations.add(op)
            if op.name == FOR:
                self._need(list(op.operands)[:3])
            elif op.name == IF:
                self._need(op.operands)
            elif op.name == WHILE:
                condition = terminator(entry(op, 0))
                self._need(list(condition.operands)[:1])
                if not forwards(op):
                    for position in range(len(op.results)):
                        self._need_carried(op, position)
            else:
                self._need(op.operands)
                for inner in walk(op)[1:] if len(op.regions) else ():
                    self.operations.add(inner)
                    self._need(inner.operands)
            op = op.parent.operation

    def _need_carried(self, op: Any, position: int) -> None:
        live = self.carried.setdefault(op, set())
        if position in live:
            return
        live.add(position)
        self._need_operation(op)
        for region in op.regions:
            if len(region.blocks):
                end = terminator(region.blocks[0])
                self._need([end.operands[position + (end.name == "scf.condition")]])
        if op.name in LEADING:
            self._need([op.operands[position + LEADING[op.name]]])


def _sweep(block: Any, live: _Liveness) -> bool:
    """Erase bottom up, so that every reader goes before what it reads."""
    changed = False
    for view in reversed(list(block.operations)):
        op = view.operation
        if op.name in TERMINATORS:
            continue
        if op not in live.operations:
            op.erase()
            changed = True
        elif op.name in CONTROL:
            keep = sorted(live.carried.get(op, ()))
            shrinks = len(keep) < len(op.results)
            if shrinks:
                _drop_yields(op, keep)
            for region in op.regions:
                for inner in region.blocks:
                    changed |= _sweep(inner, live)
            if shrinks:
                keep_carried(op, keep)
                changed = True
    return changed


def _drop_yields(op: Any, keep: Sequence[int]) -> None:
    for region in op.regions:
        if len(region.blocks):
            end = terminator(region.blocks[0])
            lead = 1 if end.name == "scf.condition" else 0
            operands = list(end.operands)
            kept = operands[:lead] + [operands[lead + i] for i in keep]
            create(end.name, [], kept, loc=end.location, ip=ir.InsertionPoint(end))
            end.erase()


def keep_carried(op: Any, keep: Sequence[int]) -> Any:
    """Rebuild a region op with only the carried values at `keep`; the others are unused, and the yields are done."""
    results, operands = list(op.results), list(op.operands)
    lead = LEADING.get(op.name, len(operands))
    kept = operands[:lead] + [operands[lead + i] for i in keep if op.name in LEADING]
    new = create(op.name, [results[i].type for i in keep], kept, raw_attributes(op), regions=len(op.regions),
                 loc=op.location, ip=ir.InsertionPoint(op))
    for old, region in zip(op.regions, new.regions):
        if not len(old.blocks):
            continue
        old.blocks[0].append_to(region)
        if op.name in LEADING:
            block, first = region.blocks[0], int(op.name == FOR)  # fetched again: the moved block has a new parent
            for position in reversed(range(len(results))):
                if position not in keep:
                    block.erase_argument(first + position)
    for position, result in zip(keep, new.results):
        results[position].replace_all_uses_with(result)
    op.erase()
    return new


# ---------------------------------------------------------------- carried values that never change


def forward_invariants(func: Any) -> bool:
    """Replace carried values that are always their init, and `if` results equal in both branches.

    The carried values themselves are then dead.
    """
    changed = False
    for op in walk(func):
        if op.name in LEADING:
            changed |= _forward_loop(op)
        elif op.name == IF and len(op.results):
            changed |= _forward_if(op)
    return changed


def _forward_loop(op: Any) -> bool:
    if op.name == WHILE and not forwards(op):
        return False
    body = op.regions[len(op.regions) - 1].blocks[0]
    inits, results = list(op.operands)[LEADING[op.name]:], list(op.results)
    all_arguments = [list(region.blocks[0].arguments)[int(op.name == FOR):] for region in op.regions]
    changed = False
    seen: dict[tuple[Any, Any], int] = {}
    for position, (init, value) in enumerate(zip(inits, list(terminator(body).operands))):
        arguments = [arguments[position] for arguments in all_arguments]
        first = seen.setdefault((init, value), position)
        if value == arguments[-1] or value == init:
            replacements = [init] * (len(arguments) + 1)
        elif first != position:  # another value is carried in exactly the same way
            replacements = [*(arguments[first] for arguments in all_arguments), results[first]]
        else:
            continue
        for old, new in zip([*arguments, results[position]], replacements):
            changed |= _replace(old, new, op, position)
    return changed


def _forward_if(op: Any) -> bool:
    yields = [list(terminator(region.blocks[0]).operands) for region in op.regions]
    changed = False
    for position, (a, b) in enumerate(zip(*yields)):
        if a == b and not _inside(a, op):
            changed |= _replace(op.results[position], a, op, position)
    return changed


def _inside(value: Any, op: Any) -> bool:
    """Whether a value is defined in a block directly in one of the op's regions."""
    return any(block_of(value) == block for region in op.regions for block in region.blocks)


def _replace(old: Any, new: Any, op: Any, position: int) -> bool:
    """Replace a value carried by `op`; feeding its own yield is no use: such a value is dead already."""
    ends = [terminator(region.blocks[0]) for region in op.regions]
    own = {(end, position + (end.name == "scf.condition")) for end in ends}
    if all((use.owner.operation, use.operand_number) in own for use in old.uses):
        return False
    old.replace_all_uses_with(new)
    for end in ends:
        if end.name == "scf.condition" and block_of(old) == end.block:
            end.operands[position + 1] = old  # conditions go on forwarding their arguments one to one
    return True
