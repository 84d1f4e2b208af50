"""Targets: from a traced module to something that runs, and to the texts of its stages.

A target is two functions of a module and its plan; the CPU's are here, the GPU's in target_cuda.py.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from wengert.frontend.options import CompileOptions
from wengert.frontend.outcomes import enter_prints, error_of
from wengert.frontend.plan import Plan
from wengert.frontend.specialization import Program
from wengert.frontend.stages import Stages
from wengert.passes.pipeline import LoweringOptions, compile_to_llvmir
from wengert.runtime.cache import ObjectCache, cache_key, source_digest
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.environment import settings
from wengert.runtime.host import libmvec_isas, vector_bits
from wengert.runtime.jit import emit_assembly, load, optimize

Mismatch = Callable[..., Any]


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
            precise=options.precise,
            vector_isas=tuple(libmvec_isas()),
            vector_width=vector_bits(),
            threads=options.threads,
        )
        self.cache = ObjectCache(settings().cache_dir)

    def compile(self, module: Any, plan: Plan, mismatch: Mismatch) -> Program:
        signature, tree = plan.signature, plan.tree
        text = module.operation.get_asm(enable_debug_info=True)
        key = cache_key(text, repr(self.options), repr(signature), repr(tree), _compiler_digest())
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
            code = compile_kernel(lowered.llvm_ir, signature, tree=tree, release_gil=lowered.has_loops or None)
            bundle = _pack(header, code)
            self.cache.put(key, bundle)
        header, code = _unpack(bundle)
        enter_prints(header["prints"])
        entry = build_entry(load(code), signature, mismatch, error_of(header["checks"]), tree=tree)
        reads = tuple(header["reads"])
        return Program(
            entry, tree, reads, header["copies"], header["allocations"], header["checks"], header["prints"], code
        )

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


def make_target(options: CompileOptions) -> Target:
    """The target a user asked for."""
    if options.target == "cuda":
        from wengert.frontend.target_cuda import Cuda

        return Cuda(options)
    return Cpu(options)
