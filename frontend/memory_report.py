"""What `f.memory_report(*args)` returns: each value a derivative stores, why, and the memory a call takes at most.

Assumes a traced module and its plan.  The decisions are read from the attributes that the storage passes leave
(passes/storage_facts.py); the numbers are those of the lowered program.  Nothing of the program is executed but what
counts iterations, when the size of a tape depends on it.
"""

from __future__ import annotations

import linecache
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wengert.dialects.bindings import DYNAMIC, ir, is_tensor, position_of
from wengert.dialects.control import entry, find_function
from wengert.dialects.errors import Position
from wengert.dialects.op import dtype_name
from wengert.frontend.arguments import prepare
from wengert.frontend.outcomes import error_of
from wengert.frontend.plan import Plan
from wengert.passes.base import run_pipeline
from wengert.passes.memory import (
    decided_bytes,
    extents,
    known_extents,
    peak_bytes,
    stored_states,
    tape_bytes,
    with_extents,
)
from wengert.passes.pipeline import DIFFERENTIATION, ND, LoweringOptions, compile_to_llvmir, stages
from wengert.passes.storage_facts import BY_REFERENCE, Fact
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.jit import load
from wengert.runtime.signature import KernelSignature, Slot

if TYPE_CHECKING:
    from rich.table import Table


@dataclass(frozen=True)
class Row:
    """The decision about one value.

    bytes: what it takes at these arguments; 0 for what is computed or read again.
    kind: "stored", "stored once per outer iteration", "by reference", "recomputed" or "read again".
    type: of the value in one iteration, such as "f64" or "f64[8,8]".
    reason: why, in words.
    position: where the program computes it, None when it is not known.
    source: that line.
    """

    bytes: int
    kind: str
    type: str
    reason: str
    position: Position | None
    source: str


@dataclass(frozen=True)
class MemoryReport:
    """What a call allocates.

    peak_bytes: the most bytes it holds at the same time besides its arguments, with its results; predicted.
    rows: one for each value of the primal program that a derivative uses, largest first.
    """

    peak_bytes: int
    rows: tuple[Row, ...]

    @property
    def stored_bytes(self) -> int:
        """Bytes of all rows together."""
        return sum(row.bytes for row in self.rows)

    def __rich__(self) -> Table:
        from rich.table import Table  # takes a while, and compiling does not need it

        title = f"stored: {self.stored_bytes:,} bytes, peak: {self.peak_bytes:,} bytes"
        table = Table(title=title, title_justify="left")
        table.add_column("bytes", justify="right")
        for name in ("kind", "type", "line", "source", "reason"):
            table.add_column(name, overflow="fold")
        for row in self.rows:
            where = "" if row.position is None else str(row.position.line)
            table.add_row(f"{row.bytes:,}", row.kind, row.type, where, row.source, row.reason)
        return table

    def __str__(self) -> str:
        from rich.console import Console

        console = Console(width=120, no_color=True)
        with console.capture() as captured:
            console.print(self)
        return captured.get()


def memory_report(module: Any, plan: Plan, inputs: Sequence[Any]) -> MemoryReport:
    """The report of a traced program, for these inputs of its plan."""
    options, name = LoweringOptions(), plan.signature.name
    run_pipeline(module, (*ND, *DIFFERENTIATION))
    func = find_function(module, name)
    asked = extents(func)
    numbers = _count(module, plan, inputs) if asked else []
    results = sum(slot.nbytes for slot in plan.signature.returned if slot.is_array)
    lowered = _copy(module)
    with_extents(find_function(lowered, name), extents(find_function(lowered, name)), alone=False)
    for stage in ("linalg", "memref"):
        run_pipeline(lowered, stages(options)[stage])
    in_memory = find_function(lowered, name)
    known = known_extents(in_memory, len(asked), numbers)
    integers = [(a, leaf) for a, leaf in zip(entry(in_memory).arguments, inputs) if isinstance(a.type, ir.IntegerType)]
    known.update((argument, int(leaf)) for argument, leaf in integers)
    peak = peak_bytes(in_memory, known) + results
    sizes = dict(zip(asked, numbers, strict=True))
    tapes = tape_bytes(func, sizes, stored_states(in_memory, known))
    told = decided_bytes(func, sizes)
    rows = [_row(fact, size, tapes) for fact, size in told if not fact.tape or fact.tape in tapes]
    return MemoryReport(peak, tuple(sorted(rows, key=lambda row: (-row.bytes, row.kind, str(row.position)))))


def _copy(module: Any) -> Any:
    return ir.Module.parse(module.operation.get_asm(enable_debug_info=True))


def _count(module: Any, plan: Plan, inputs: Sequence[Any]) -> list[int]:
    """The extents for these inputs: compiles and runs what computes them, and nothing else."""
    counting = _copy(module)
    func = find_function(counting, plan.signature.name)
    asked = extents(func)
    with_extents(func, asked, alone=True)
    signature = KernelSignature(plan.signature.name, plan.signature.arguments, (Slot("i64"),) * len(asked))
    lowered = compile_to_llvmir(counting)

    def mismatch(*leaves: Any, **_: Any) -> Any:
        raise TypeError("the arguments are not those of the signature")

    code = load(compile_kernel(lowered.llvm_ir, signature))
    entry = build_entry(code, signature, mismatch, error_of(list(lowered.checks)))
    return [int(number) for number in entry(*(prepare(leaf, False) for leaf in inputs))]


def _row(fact: Fact, own: int, tapes: dict[str, int]) -> Row:
    position = position_of(fact.location)
    size = tapes[fact.tape] if fact.tape else own if fact.kind == BY_REFERENCE else 0
    source = "" if position is None else linecache.getline(position.file, position.line).strip()
    return Row(size, fact.kind, _described(fact.type), fact.reason, position, source)


def _described(type_: Any) -> str:
    if not is_tensor(type_):
        return dtype_name(type_)
    return f"{dtype_name(type_)}[{','.join('?' if n == DYNAMIC else str(n) for n in type_.shape)}]"


__all__ = ["MemoryReport", "Row", "memory_report"]
