"""Tensors become memory.

Upstream's one-shot-bufferize decides which operation may write in place and copies where it may not.  It refuses a loop
whose yielded value does not end in the memory of the carried one, which `loop_dps` prevents as far as the structure of
the program tells; where the analysis finds a conflict nevertheless, the loop is rewritten so that none is possible (the
body works on a copy of the carried value, which is written back at its end) and bufferization is tried again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_tensor, terminator, walk
from wengert.dialects.control import FOR, WHILE, entry
from wengert.passes.base import Pass, Upstream, register_pass
from wengert.passes.destinations import copied, insert_whole

ONE_SHOT = Upstream(
    "one-shot-bufferize{bufferize-function-boundaries=1 function-boundary-type-conversion=identity-layout-map}"
)
_NOT_EQUIVALENT = re.compile(r"not equivalent")
#: Marks a loop so that it is found again after a failure.
_NUMBER = "nd.loop"


@register_pass("bufferize")
@dataclass(frozen=True)
class Bufferize(Pass):
    """One-shot bufferization; loops it refuses work on a copy of what they carry."""

    def run(self, module: Any) -> None:
        loops = [op for op in walk(module) if op.name in (FOR, WHILE)]
        for number, loop in enumerate(loops):
            loop.attributes[_NUMBER] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), number)
        waiting = set(range(len(loops)))
        while True:
            before = module.operation.clone()
            try:
                ONE_SHOT.run(module)
                break
            except ir.MLIRError as error:
                if not waiting or not _NOT_EQUIVALENT.search(str(error)):
                    raise
                _restore(module, before)
                private = _blamed(error, module) & waiting or waiting
                _work_on_copies(module, private)
                waiting = waiting - private
        for op in walk(module):
            if _NUMBER in op.attributes:
                del op.attributes[_NUMBER]


def _restore(module: Any, before: Any) -> None:
    """Undo what bufferization has done so far."""
    for op in list(module.body.operations):
        op.operation.erase()
    for op in list(before.regions[0].blocks[0].operations):
        op.operation.detach_from_parent()
        module.body.append(op)


def _number(loop: Any) -> int:
    return int(ir.IntegerAttr(loop.attributes[_NUMBER]).value)


def _blamed(error: Any, module: Any) -> set[int]:
    """The loops at the place of the diagnostics."""
    places = {str(d.location) for d in error.error_diagnostics}
    return {_number(op) for op in walk(module) if _NUMBER in op.attributes
            and (str(op.location) in places or str(terminator(entry(op)).location) in places)}


def _work_on_copies(module: Any, private: set[int]) -> None:
    for loop in walk(module):
        if _NUMBER in loop.attributes and _number(loop) in private:
            with loop.location:
                _make_private(loop)


def _make_private(loop: Any) -> None:
    """Read each carried tensor once, at the beginning of the body, and write it once, at the end."""
    block = entry(loop, 1 if loop.name == WHILE else 0)
    end = terminator(block)
    first = 1 if loop.name == FOR else 0
    for number, argument in enumerate(list(block.arguments)[first:]):
        if not is_tensor(argument.type):
            continue
        with ir.InsertionPoint.at_block_begin(block):
            copy = copied(argument)
        argument.replace_all_uses_except(copy, copy.owner.operation)
        with ir.InsertionPoint(end):
            end.operands[number] = insert_whole(end.operands[number], argument)
