"""LLVM IR text -> optimised module -> object code -> a library in this process.

Assumes IR that needs nothing but the symbols `host.symbol_address` knows. Leaves libraries that stay loaded as long as
anything holds them. Safe from several threads: llvmlite takes one lock around every LLVM call (without the GIL), each
compilation has a context of its own, and loading holds a lock here.
"""

from __future__ import annotations

import functools
import itertools
import threading
import weakref
from collections.abc import Mapping, Sequence

import numpy as np
from llvmlite import binding as llvm

from wengert.runtime import host
from wengert.runtime.object_file import Symbols, read_symbols

#: The attribute of a function that is as slow as a chain of scalar operations, to which shuffles would add.
NO_SLP = '"slp-vectorize"="off"'
_load_lock = threading.Lock()
_library_number = itertools.count()


class CompilationError(RuntimeError):
    """LLVM does not accept the module. The text is LLVM's own."""


class UnresolvedSymbolError(RuntimeError):
    """The object code needs symbols that nothing in this process has; `symbols` names them."""

    def __init__(self, symbols: Sequence[str]) -> None:
        self.symbols = tuple(sorted(symbols))
        super().__init__(f"unresolved symbols in compiled code: {', '.join(self.symbols)}")


class Library:
    """Loaded code. `symbols` are the names it defines.

    `lease` is the object whose life decides how long the code stays mapped. It is an ndarray because these are not
    tracked by the garbage collector: the collector clears or finalises the parts of a dead cycle in any order, and
    code must not vanish before the builtin that jumps into it. A holder of raw addresses must hold the lease.
    """

    def __init__(self, tracker: llvm.ResourceTracker, symbols: Symbols) -> None:
        self.symbols = symbols.defined
        self._addresses = {name: int(tracker[name]) for name in symbols.defined}
        self.lease = np.zeros(1)
        weakref.finalize(self.lease, _unload, tracker).atexit = False

    def address(self, symbol: str) -> int:
        """The address of `symbol`. Raises KeyError if the library does not define it."""
        return self._addresses[symbol]


def _unload(tracker: llvm.ResourceTracker) -> None:
    tracker.close()


def _parse(llvm_ir_text: str, machine: llvm.TargetMachine, context: llvm.ContextRef | None) -> llvm.ModuleRef:
    """The verified module of `llvm_ir_text`, laid out for `machine`; without a `context`, in one of its own."""
    try:
        module = llvm.parse_assembly(llvm_ir_text, context=context or llvm.create_context())
        module.verify()
    except RuntimeError as error:
        raise CompilationError(str(error).strip()) from None
    module.triple = machine.triple
    module.data_layout = str(machine.target_data)
    return module


def optimize(llvm_ir_text: str, *, level: int = 3, context: llvm.ContextRef | None = None) -> llvm.ModuleRef:
    """The module after LLVM's default pipeline of `level` (0 to 3) for this CPU; `str()` of it is its text.

    Modules that are to be linked into one must share a `context`; otherwise each has its own, freed with it.
    Raises CompilationError for text LLVM does not accept.
    """
    _avoid_wrong_code()
    machine = host.target_machine(level)
    module = _parse(llvm_ir_text, machine, context)
    options = llvm.create_pipeline_tuning_options(speed_level=level)
    options.loop_vectorization = level >= 2
    options.slp_vectorization = level >= 2 and NO_SLP not in llvm_ir_text
    options.loop_interleaving = options.loop_unrolling = level >= 2
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module


@functools.cache
def _avoid_wrong_code() -> None:
    """Keep away from two transformations of LLVM 22.1 that give wrong numbers; docs/decisions/interleaving.md.

    Accesses of stride 2 to 4 are vectorised by shuffles, wider ones element by element; trees of additions of scalars
    are not turned into vectors (all other groups of scalars are).
    """
    llvm.set_option("wengert", "-max-interleave-group-factor=4")
    llvm.set_option("wengert", "-slp-vectorize-hor=0")


def emit_object(module: llvm.ModuleRef | str, *, level: int = 3) -> bytes:
    """Object code of an optimised module (or of its text, taken as it is)."""
    machine = host.target_machine(level)
    return bytes(machine.emit_object(_parse(module, machine, None) if isinstance(module, str) else module))


def emit_assembly(module: llvm.ModuleRef | str, *, level: int = 3) -> str:
    """Assembly of an optimised module (or of its text, taken as it is)."""
    machine = host.target_machine(level)
    return str(machine.emit_assembly(_parse(module, machine, None) if isinstance(module, str) else module))


@functools.cache
def _engine() -> llvm.LLJIT:
    return llvm.create_lljit_compiler(host.target_machine(), use_jit_link=True, suppress_errors=True)


def load(object_bytes: bytes, *, symbols: Mapping[str, int] | None = None) -> Library:
    """The object code as a library of this process. `symbols` adds addresses to those `host` knows.

    Raises UnresolvedSymbolError, before anything is loaded, if it needs a symbol nobody has; ValueError if it is no
    object file of this platform; CompilationError if the linker refuses it.
    """
    names = read_symbols(object_bytes)
    known = dict(symbols or {})
    addresses = {name: known.get(name) or host.symbol_address(name) for name in names.undefined}
    missing = [name for name, address in addresses.items() if address is None]
    if missing:
        raise UnresolvedSymbolError(missing)
    builder = llvm.JITLibraryBuilder().add_object_img(object_bytes)
    for name, address in addresses.items():
        builder.import_symbol(name, address)
    for name in names.defined:
        builder.export_symbol(name)
    with _load_lock:
        try:
            tracker = builder.link(_engine(), f"wengert.{next(_library_number)}")
        except RuntimeError as error:
            raise CompilationError(f"the object code cannot be linked: {error}") from None
    return Library(tracker, names)
