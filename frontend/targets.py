"""Targets: from a traced module to something that runs, and to the texts of its stages.

A target is two functions of a module and its plan; the CPU's are here, the GPU's in target_cuda.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from wengert.dialects.effects import failed_check
from wengert.dialects.errors import Position
from wengert.dialects.foreign import RAISED
from wengert.dialects.texts import COMPOSED, number_dtype, stored_dtype, take_message, write
from wengert.frontend.options import CompileOptions
from wengert.frontend.plan import Plan
from wengert.frontend.stages import Stages
from wengert.passes.pipeline import LoweringOptions, compile_to_llvmir
from wengert.runtime.cache import ObjectCache, cache_key, source_digest
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.environment import settings
from wengert.runtime.foreign import forget, printer, take
from wengert.runtime.host import libmvec_isas, vector_bits
from wengert.runtime.jit import emit_assembly, load, optimize

Mismatch = Callable[..., Any]


@dataclass(frozen=True)
class Program:
    """Loaded code.

    entry: takes the inputs of the plan and returns the results of its signature: a tuple, or the only one if `single`.
    reads: the inputs the results depend on, in order.
    copies_in_loops, allocations_in_loops: counted in the IR after bufferization.
    """

    entry: Callable[..., Any]
    single: bool
    reads: tuple[int, ...] = ()
    copies_in_loops: int = 0
    allocations_in_loops: int = 0


class Target(Protocol):
    """What compilation needs of a machine."""

    def compile(self, module: Any, plan: Plan, mismatch: Mismatch) -> Program:
        """Code that runs; `mismatch` is called with inputs that do not fit the plan's signature."""

    def stages(self, module: Any, plan: Plan) -> Stages:
        """The text of every stage."""


class Cpu:
    """The machine wengert runs on, through LLVM."""

    def __init__(self, options: CompileOptions) -> None:
        self.options = LoweringOptions(
            precise=options.precise, vector_isas=tuple(libmvec_isas()), vector_width=vector_bits()
        )
        self.cache = ObjectCache(settings().cache_dir)

    def compile(self, module: Any, plan: Plan, mismatch: Mismatch) -> Program:
        signature, single = plan.signature, plan.single
        text = module.operation.get_asm(enable_debug_info=True)
        key = cache_key(text, repr(self.options), repr(signature), repr(single), _compiler_digest())
        bundle = self.cache.get(key)
        if bundle is None:
            lowered = compile_to_llvmir(module, options=self.options)
            header: dict[str, Any] = {
                "checks": lowered.checks,
                "prints": lowered.prints,
                "reads": lowered.reads,
                "copies": lowered.buffers.copies_in_loops,
                "allocations": lowered.buffers.allocations_in_loops,
            }
            code = compile_kernel(lowered.llvm_ir, signature, single=single, release_gil=lowered.has_loops or None)
            bundle = _pack(header, code)
            self.cache.put(key, bundle)
        header, code = _unpack(bundle)
        enter_prints(header["prints"])
        entry = build_entry(load(code), signature, mismatch, error_of(header["checks"]), single=single)
        reads = tuple(header["reads"])
        return Program(entry, single, reads, header["copies"], header["allocations"])

    def stages(self, module: Any, plan: Plan) -> Stages:
        lowered = compile_to_llvmir(module, options=self.options, record=True)
        texts: dict[str, Callable[[], str] | str] = dict(lowered.stages)
        texts["asm"] = lambda: emit_assembly(str(optimize(lowered.llvm_ir)))
        return Stages(texts)


@functools.cache
def _compiler_digest() -> str:
    """Changes whenever the source of the passes or dialects does."""
    package = Path(__file__).parent.parent
    return "".join(source_digest(package / layer) for layer in ("dialects", "passes"))


def _pack(header: dict[str, Any], code: bytes) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + code


def _unpack(bundle: bytes) -> tuple[dict[str, Any], bytes]:
    size = int.from_bytes(bundle[:8], "little")
    return json.loads(bundle[8 : 8 + size]), bundle[8 + size :]


def enter_prints(rows: Iterable[Any]) -> None:
    """Make what code writes known to the process under the symbols it calls; to be done before the code is loaded."""
    for symbol, template, stream, kinds, pairs in rows:
        values = [(stored_dtype(kind), (0,) * rank) if rank >= 0 else number_dtype(kind) for kind, rank in pairs]
        printer(symbol, functools.partial(write, stream, template, kinds), values)


def error_of(checks: list[Any]) -> Callable[..., BaseException]:
    """What an entry calls to get the exception for a failed check."""
    def error(number: int, *values: int) -> BaseException:
        kind, message, file, line, column = checks[number - 1]
        if not message.startswith(COMPOSED):
            take_message()
        if kind == RAISED:
            return take(values[0])
        forget()
        return failed_check(kind, message, values, Position(file, line, column) if file else None)

    return error


def make_target(options: CompileOptions) -> Target:
    """The target a user asked for."""
    if options.target == "cuda":
        from wengert.frontend.target_cuda import Cuda

        return Cuda(options)
    return Cpu(options)
