"""MLIR contexts with wengert's dialects loaded.

The dialects are defined through IRDL, from the op records: operand names and arity.  Types are checked by the records'
typing rules where ops are built, and by upstream's verifier afterwards.
"""

from __future__ import annotations

from typing import Any

import wengert.dialects.standard  # noqa: F401  (enters all records)
from wengert.dialects.bindings import ir, irdl
from wengert.dialects.op import Op, records

OWN = ("nd", "diff")


def _operation_text(op: Op) -> str:
    """One operation.  Each operand has a constraint of its own: a shared one would mean "the same type"."""
    operands = [(f"%t{i}", name) for i, name in enumerate(op.operands)]
    lines = [f"  irdl.operation @{op.name.partition('.')[2]} {{"]
    results = [(f"%r{i}", name) for i, name in enumerate(op.results)] or [("%result", "results: variadic ")]
    lines += [f"    {constraint} = irdl.any" for constraint, _ in [*operands, *results]]
    if operands:
        listed = [
            f"{name.lstrip('*')}: {'variadic ' if name[0] == '*' else ''}{constraint}" for constraint, name in operands
        ]
        lines.append(f"    irdl.operands({', '.join(listed)})")
    listed = [f"{name}: {constraint}" if op.results else f"{name}{constraint}" for constraint, name in results]
    lines.append(f"    irdl.results({', '.join(listed)})")
    return "\n".join([*lines, "  }"])


def dialect_text() -> str:
    """The IRDL definition of the nd and diff dialects."""
    parts = []
    for dialect in OWN:
        operations = [_operation_text(op) for op in records() if op.name.startswith(dialect + ".")]
        types = ["  irdl.type @residuals"] if dialect == "diff" else []
        parts.append("\n".join([f"irdl.dialect @{dialect} {{", *types, *operations, "}"]))
    return "\n".join(parts)


def make_context() -> Any:
    """A context with wengert's dialects, multithreading off (printing and fork need that; it is also faster on small
    modules).

    Enter it with ``with``: a context that is still entered when the interpreter exits aborts the process.
    """
    context = ir.Context()
    context.enable_multithreading(False)
    with context, ir.Location.unknown():
        irdl.load_dialects(ir.Module.parse(dialect_text()))
    return context
