"""Python callables out of kernels: compiles the kernel and its generated entry together, loads, wraps as a builtin.

A call costs some tens of nanoseconds more than the kernel. The flat leaves of the arguments come in, a tuple of the
returned results comes out; everything else (pytrees, conversions, another signature) is `on_mismatch`'s.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import EllipsisType
from typing import Any, NamedTuple

import numpy as np
from llvmlite import binding as llvm

from wengert.runtime import jit, python_abi
from wengert.runtime.entry_ir import direct_symbol, entry_symbol, generate, kernel_parameters, table_symbol
from wengert.runtime.fallback import fallback_entry
from wengert.runtime.result_tree import Tree, keys
from wengert.runtime.signature import KernelSignature

Entry = Callable[..., Any]
OnError = Callable[..., BaseException]

RELEASE_GIL_ELEMENTS = 8192  # about 10 us of elementwise work; giving the GIL up and back takes about 45 ns
_METH_FASTCALL_KEYWORDS = 0x0080 | 0x0002
_ENTRY_LEVEL = 1


class _Owner(NamedTuple):
    """What must live as long as the builtin, as its `__self__`.

    A tuple, because the collector never empties tuples, and with no part the collector could clear that the builtin
    reads after that: the method definitions and the lease of the code are ndarrays and bytes.
    """

    signature: KernelSignature
    lease: np.ndarray[Any, Any]
    methods: np.ndarray[Any, Any]
    name: bytes
    tree: Tree
    on_mismatch: Callable[..., Any]
    on_error: OnError


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
    tree = _tree(signature, tree)
    if python_abi.layout_problem() is not None:
        return fallback_entry(library, signature, on_mismatch, on_error, tree=tree)
    python_abi.fill_table(library.address(table_symbol(signature, tree)), on_mismatch, on_error, keys(tree))
    name = signature.name.encode()
    name_address = ctypes.cast(ctypes.c_char_p(name), ctypes.c_void_p).value or 0
    # two PyMethodDef: name, function, flags, documentation
    methods = np.array([[name_address, library.address(symbol(signature, tree)), _METH_FASTCALL_KEYWORDS, 0]
                        for symbol in (entry_symbol, direct_symbol)], np.uint64)
    owner = _Owner(signature, library.lease, methods, name, tree, on_mismatch, on_error)
    return _builtin(owner, 0)


def direct_entry(entry: Entry) -> Entry | None:
    """An entry for users to call: `on_mismatch` also answers calls while a trace is in progress, as they may belong to
    it. None if `entry` is not generated.
    """
    owner = getattr(entry, "__self__", None)
    return _builtin(owner, 1) if isinstance(owner, _Owner) else None


def _builtin(owner: _Owner, number: int) -> Entry:
    prototype = ctypes.PYFUNCTYPE(ctypes.py_object, ctypes.c_void_p, ctypes.py_object, ctypes.c_void_p)
    new_function = prototype(("PyCFunction_NewEx", ctypes.pythonapi))
    entry: Entry = new_function(owner.methods[number].ctypes.data, owner, None)
    return entry
