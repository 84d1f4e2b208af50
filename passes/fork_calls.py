"""Loops over chunks become calls of the pool of threads.

    @f.loop0.fork(a..) = for chunk in 0..C { @f.loop0(a.., chunk) }
        =>  frame = {a..};  wengert_fork(@f.loop0.chunk, &frame, C, threads)
    @f.loop0.chunk(frame, chunk) = @f.loop0(frame->a.., chunk)

Assumes the LLVM dialect, with what `parallel-loops` has made in it; leaves calls of one function of the runtime
(runtime/threads.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.control import entry
from wengert.passes.base import Pass, register_pass
from wengert.passes.parallel_loops import BODY, CHUNKS, THREADS

_FORK = "llvm.func @wengert_fork(!llvm.ptr, !llvm.ptr, i64, i64)"


@register_pass("fork-calls")
@dataclass(frozen=True)
class ForkCalls(Pass):
    """Let threads run the chunks of outlined loops."""

    def run(self, module: Any) -> None:
        forks = [op.operation for op in module.body.operations if CHUNKS in op.operation.attributes]
        if not forks:
            return
        internal = ir.Attribute.parse("#llvm.linkage<internal>")
        texts = [_FORK]
        bodies = {_string(fork, BODY) for fork in forks}
        for fork in forks:
            types = [str(argument.type) for argument in entry(fork).arguments]
            texts.append(_text(_string(fork, "sym_name"), types, _string(fork, BODY), _integer(fork, CHUNKS),
                               _integer(fork, THREADS)))
            fork.erase()
        for op in module.body.operations:
            func = op.operation
            if func.name == "llvm.func" and _string(func, "sym_name") in bodies:
                func.attributes["linkage"] = internal
                arguments = ", ".join(str(argument.type) for argument in entry(func).arguments)
                texts.append(f'llvm.func @"{_string(func, "sym_name")}"({arguments})')
        source = ir.Module.parse("\n".join(texts))
        for declared in list(source.body.operations):
            if _string(declared.operation, "sym_name") not in bodies:
                declared.operation.detach_from_parent()
                module.body.append(declared)


def _string(op: Any, name: str) -> str:
    return str(ir.StringAttr(op.attributes[name]).value)


def _integer(op: Any, name: str) -> int:
    return int(ir.IntegerAttr(op.attributes[name]).value)


def _text(name: str, types: list[str], body: str, chunks: int, threads: int) -> str:
    """The function that fills the frame, and the one that a thread calls."""
    frame = f"!llvm.struct<({', '.join(types)})>"
    parameters = ", ".join(f"%a{k}: {type_}" for k, type_ in enumerate(types))
    filled = "\n  ".join(f"%f{k + 1} = llvm.insertvalue %a{k}, %f{k}[{k}] : {frame}" for k in range(len(types)))
    taken = "\n  ".join(f"%a{k} = llvm.extractvalue %f[{k}] : {frame}" for k in range(len(types)))
    passed = "".join(f"%a{k}, " for k in range(len(types)))
    return f"""
llvm.func internal @"{name}"({parameters}) {{
  %one = llvm.mlir.constant(1 : i64) : i64
  %chunks = llvm.mlir.constant({chunks} : i64) : i64
  %threads = llvm.mlir.constant({threads} : i64) : i64
  %place = llvm.alloca %one x {frame} : (i64) -> !llvm.ptr
  %f0 = llvm.mlir.undef : {frame}
  {filled}
  llvm.store %f{len(types)}, %place : {frame}, !llvm.ptr
  %run = llvm.mlir.addressof @"{name}.chunk" : !llvm.ptr
  llvm.call @wengert_fork(%run, %place, %chunks, %threads) : (!llvm.ptr, !llvm.ptr, i64, i64) -> ()
  llvm.return
}}
llvm.func internal @"{name}.chunk"(%place: !llvm.ptr, %chunk: i64) {{
  %f = llvm.load %place : !llvm.ptr -> {frame}
  {taken}
  llvm.call @"{body}"({passed}%chunk) : ({", ".join([*types, "i64"])}) -> ()
  llvm.return
}}"""
