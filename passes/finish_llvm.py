"""What LLVM is told about the functions of a program beyond their code.

Assumes the LLVM dialect.  Leaves definitions with a preferred vector width, and with a word about recurrences that wait
for scalars; whether arguments may overlap is said where they are made (`entry_abi`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.passes.base import Pass, register_pass
from wengert.passes.contract import LATENCY_BOUND

#: Asks `runtime.jit` not to pack scalars of straight-line code into vectors.
NO_SLP = ("slp-vectorize", "off")


@register_pass("finish-llvm")
@dataclass(frozen=True)
class FinishLlvm(Pass):
    """Set the attributes of functions that the optimiser of LLVM reads.

    Args:
        vector_width: bits of the vectors LLVM should prefer; 0 leaves it to LLVM.
    """

    vector_width: int = 0

    def run(self, module: Any) -> None:
        for op in module.body.operations:
            func = op.operation
            if func.name == "llvm.func" and len(func.regions[0].blocks):
                flags = [ir.StringAttr.get("nounwind")]
                if self.vector_width:
                    width = [ir.StringAttr.get("prefer-vector-width"), ir.StringAttr.get(str(self.vector_width))]
                    flags.append(ir.ArrayAttr.get(width))
                if LATENCY_BOUND in func.attributes:
                    del func.attributes[LATENCY_BOUND]
                    flags.append(ir.ArrayAttr.get([ir.StringAttr.get(word) for word in NO_SLP]))
                func.attributes["passthrough"] = ir.ArrayAttr.get(flags)
