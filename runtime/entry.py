"""Python callables out of kernels: compiles the kernel and its generated entry together, loads, wraps as a builtin.

A call costs some tens of nanoseconds more than the kernel. The flat leaves of the arguments come in, a tuple of the
returned results comes out; everything else (pytrees, conversions, another signature) is `on_mismatch`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from types import EllipsisType
from typing import Any

from llvmlite import binding as llvm

from wengert.runtime import jit
from wengert.runtime.builtin import Entry, OnError, bind
from wengert.runtime.builtin import direct_entry as direct_entry
from wengert.runtime.entry_ir import generate, kernel_parameters
from wengert.runtime.result_tree import Tree
from wengert.runtime.signature import KernelSignature

RELEASE_GIL_ELEMENTS = 8192  # about 10 us of elementwise work; giving the GIL up and back takes about 45 ns
_ENTRY_LEVEL = 1


def compile_kernel(
    llvm_ir_text: str,
    signature: KernelSignature,
    *,
    level: int = 3,
    release_gil: bool | None = None,
    tree: Tree | EllipsisType = ...,
) -> bytes:
    """Object code of the kernel and its entry, ready for `jit.load` and `build_entry`, or for the disk.

    `llvm_ir_text` defines `signature.name` by the kernel ABI. `release_gil=None` releases the GIL around kernels whose
    arguments and results have at least `RELEASE_GIL_ELEMENTS` elements; a short loop over few elements may run long,
    so whoever knows says True. Raises jit.CompilationError if LLVM refuses the text, and ValueError if the kernel does
    not have the parameters the signature promises, or `tree` (by default the tuple of all returned results) not all of
    these.
    """
    release = signature.elements >= RELEASE_GIL_ELEMENTS if release_gil is None else release_gil
    context = llvm.create_context()
    module = jit.optimize(llvm_ir_text, level=level, context=context)
    _check_type(module, signature)
    entry_text = generate(signature, release_gil=release, tree=_tree(signature, tree))
    module.link_in(jit.optimize(entry_text, level=_ENTRY_LEVEL, context=context))
    return jit.emit_object(module, level=level)


def _tree(signature: KernelSignature, tree: Tree | EllipsisType) -> Tree:
    return tuple(range(len(signature.returned))) if tree is ... else tree


def _check_type(module: llvm.ModuleRef, signature: KernelSignature) -> None:
    expected = f"void ({', '.join(kernel_parameters(signature))})"
    try:
        found = str(module.get_function(signature.name).global_value_type)
    except NameError:
        raise ValueError(f"the module has no kernel {signature.name}") from None
    if found != expected:
        raise ValueError(f"kernel {signature.name} has the type {found}, its signature needs {expected}")


def build_entry(
    code: jit.Library | str,
    signature: KernelSignature,
    on_mismatch: Callable[..., Any],
    on_error: OnError,
    *,
    level: int = 3,
    release_gil: bool | None = None,
    tree: Tree | EllipsisType = ...,
) -> Entry:
    """A callable that runs the kernel on the flat leaves of its arguments.

    `code` is the LLVM IR text of the kernel, or a library loaded from what `compile_kernel` made of it (with the same
    signature and tree; the other options were settled there). The callable returns `tree`, by default the tuple of the
    results that are not written into an argument; arrays are new, 0-d results are NumPy scalars.

    A call with anything but exactly the leaves of the signature (their number, keywords, type, dtype, shape, layout,
    alignment, a read-only array to write, a written array that shares memory with another argument) is answered by
    `on_mismatch(*args, **kwargs)`. If the kernel records an error, `on_error(code, a, b, c)` returns the exception to
    raise; `code` is 1 + the index of the failed check, the others are its values.

    Where the layout of Python's objects is not the expected one, the same behaviour comes from `fallback_entry`.
    """
    library = code
    if isinstance(library, str):
        library = jit.load(compile_kernel(library, signature, level=level, release_gil=release_gil, tree=tree))
    return bind(library, signature, on_mismatch, on_error, tree=_tree(signature, tree))
