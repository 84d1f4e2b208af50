"""What bufferization left behind: copies and allocations, inside and outside of loops.

A copy or an allocation in a loop that the program does not ask for is what makes in-place code slow: tests assert that
there is none, and `stats()` of compiled functions reports them.  Copies are those of whole arrays; moving a window, or
what was computed for one, is the program's own work.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.control import FOR, WHILE
from wengert.passes.destinations import enclosing_loop
from wengert.passes.strided_copies import COPY, MARK


@dataclass(frozen=True)
class Buffers:
    """Counts of `memref.copy` (and the loops it became) and `memref.alloc`."""

    copies: int = 0
    allocations: int = 0
    copies_in_loops: int = 0
    allocations_in_loops: int = 0


def buffers_of(module: Any) -> Buffers:
    """Count copies and allocations of a module (or text) of stage memref; the first two are those outside of loops."""
    if isinstance(module, str):
        module = ir.Module.parse(module)
    counts = {(kind, inside): 0 for kind in ("copy", "alloc") for inside in (False, True)}
    for op in walk(module):
        if op.name == COPY or MARK in op.attributes:
            counts["copy", enclosing_loop(op) is not None] += 1
        elif op.name == "memref.alloc":
            counts["alloc", enclosing_loop(op) is not None] += 1
    return Buffers(counts["copy", False], counts["alloc", False], counts["copy", True], counts["alloc", True])


def loops(module: Any) -> bool:
    """Whether anything in a module of stage memref loops: control flow, linalg, or a call of a library."""
    return any(op.name in (FOR, WHILE, COPY, "func.call") or op.name.startswith("linalg.") for op in walk(module))
