"""Results are computed in the caller's memory.

The tensor that ends in an output buffer (`bufferization.materialize_in_destination`) and is computed in fresh memory
is computed in the buffer instead.  This does what upstream's eliminate-empty-tensors is for, without its harm in loops.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import create
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import fresh_memory

MATERIALIZE = "bufferization.materialize_in_destination"


@register_pass("out-forward")
@dataclass(frozen=True)
class OutForward(Pass):
    """Compute results in the output buffers."""

    def run(self, module: Any) -> None:
        for op in walk(module, MATERIALIZE):
            value, buffer = op.operands
            allocation = fresh_memory(value)
            if allocation is None or allocation.block != op.block or _read_by_others(op, buffer):
                continue
            flags = {"restrict": ir.UnitAttr.get(), "writable": ir.UnitAttr.get()}
            place = ir.InsertionPoint(allocation)
            inside = create("bufferization.to_tensor", [value.type], [buffer], flags, ip=place, loc=allocation.location)
            allocation.results[0].replace_all_uses_with(inside.result)
            allocation.erase()
            op.erase()


def _read_by_others(op: Any, buffer: Any) -> bool:
    """Whether the buffer is an argument the program also reads."""
    return any(use.owner.operation != op for use in buffer.uses)
