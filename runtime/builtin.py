"""Builtin functions out of loaded code: what Python calls, and what lives as long as it. Needs nothing of LLVM."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from wengert.runtime import python_abi
from wengert.runtime.allocator import SMALLEST, allocator
from wengert.runtime.fallback import fallback_entry
from wengert.runtime.image import Loaded
from wengert.runtime.result_tree import Tree, direct_symbol, entry_symbol, keys, table_symbol
from wengert.runtime.signature import KernelSignature

Entry = Callable[..., Any]
OnError = Callable[..., BaseException]

_METH_FASTCALL_KEYWORDS = 0x0080 | 0x0002


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


def bind(library: Loaded, signature: KernelSignature, on_mismatch: Entry, on_error: OnError, *, tree: Tree) -> Entry:
    """The callable of a kernel and its generated entry, as `entry.build_entry` describes it."""
    if python_abi.layout_problem() is not None:
        return fallback_entry(library, signature, on_mismatch, on_error, tree=tree)
    own = allocator() if any(slot.nbytes >= SMALLEST for slot in signature.returned) else None
    table = library.address(table_symbol(signature, tree))
    python_abi.fill_table(table, on_mismatch, on_error, keys(tree), own and own.handler)
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
