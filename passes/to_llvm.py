"""The LLVM dialect becomes text.

Translating a module in which anything but the LLVM dialect is left would crash the process, so it is checked first.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import position_of, translate_module_to_llvmir, walk
from wengert.dialects.errors import WengertError


def _foreign(module: Any) -> list[Any]:
    return [op for op in walk(module) if not op.name.startswith("llvm.") and op.name != "builtin.module"]


def llvm_ir_text(module: Any) -> str:
    """The LLVM IR of a module of the LLVM dialect.

    Raises:
        WengertError: an op of another dialect is left.
    """
    foreign = _foreign(module)
    if foreign:
        raise WengertError(f"{foreign[0].name} cannot be translated to LLVM IR", position_of(foreign[0].location),
                           why="no pass of the pipeline lowers it")
    return str(translate_module_to_llvmir(module.operation))
