"""Memory and loops become the LLVM dialect, and that becomes text.

Translating a module in which anything but the LLVM dialect is left would crash the process, so it is checked first.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import position_of, translate_module_to_llvmir, walk
from wengert.dialects.errors import WengertError
from wengert.passes.base import Pass, Upstream

#: Loops out of linalg; then what is constant leaves them.
LOOPS: tuple[Pass, ...] = (
    Upstream("convert-linalg-to-loops"),
    Upstream("canonicalize,cse,loop-invariant-code-motion"),
)

LLVM_DIALECT: tuple[Pass, ...] = (
    # Ops the conversions below do not know: 1/sqrt, and divisions that round down or up.
    Upstream("math-expand-ops{ops=rsqrt},convert-math-to-funcs,arith-expand"),
    Upstream("convert-scf-to-cf,expand-strided-metadata,lower-affine"),
    # libm before LLVM's intrinsics: its calls are what the vector library replaces.
    Upstream("convert-math-to-libm,convert-math-to-llvm,convert-arith-to-llvm,convert-index-to-llvm"),
    Upstream("finalize-memref-to-llvm,convert-func-to-llvm{use-bare-ptr-memref-call-conv=1}"),
    Upstream("convert-cf-to-llvm,convert-ub-to-llvm,reconcile-unrealized-casts,canonicalize,cse"),
)


def is_llvm_only(module: Any) -> bool:
    return not _foreign(module)


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
