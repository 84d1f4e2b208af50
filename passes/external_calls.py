"""Ops that a C function computes (dialects/external.py) become calls of it.

Assumes that elementwise ops are scalar by now.  The functions are of float64; float32 is converted and rounded back.
They are declared to touch no memory, so that LLVM moves, merges and removes calls as it does arithmetic.  One that
writes its results through pointers is called from a function of its own, which has a place for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import constant, create
from wengert.dialects.external import External
from wengert.dialects.op import lookup
from wengert.passes.base import Pass, register_pass
from wengert.passes.math_library import NO_MEMORY

#: What Cython's functions take as their last parameter: not to look for a Python method of this name.
_SKIP = "i32"
_TYPES = {"d": "f64", "l": "i64"}
_ARGUMENTS_ONLY = NO_MEMORY.replace("argMem = none", "argMem = write")


@register_pass("external-calls")
@dataclass(frozen=True)
class ExternalCalls(Pass):
    """Turn scalar ops that have an external function into calls of it."""

    def run(self, module: Any) -> None:
        texts: dict[str, str] = {}
        for op in walk(module):
            record = lookup(op.name)
            if record is not None and record.external is not None:
                with ir.InsertionPoint(op), op.location:
                    result = _called(record.external, list(op.operands), op.results[0].type, texts)
                    op.results[0].replace_all_uses_with(result)
                op.erase()
        if texts:
            source = ir.Module.parse("\n".join(texts.values()))
            for declared in list(source.body.operations):
                declared.operation.detach_from_parent()
                module.body.append(declared)


def _called(function: External, operands: Sequence[Any], type_: Any, texts: dict[str, str]) -> Any:
    """The result of a call; its declaration is entered in `texts`."""
    f64 = ir.F64Type.get()
    arguments = []
    for kind, x in zip(function.parameters, operands, strict=True):
        wide = x if x.type == f64 else create("arith.extf", [f64], [x]).result
        integer = ir.IntegerType.get_signless(64)
        arguments.append(wide if kind == "d" else create("arith.fptosi", [integer], [wide]).result)
    if function.text:
        texts[function.name] = function.text
        result = create("func.call", [f64], arguments, {"callee": ir.FlatSymbolRefAttr.get(function.name)}).results[0]
        return result if type_ == f64 else create("arith.truncf", [type_], [result]).result
    texts[function.symbol], name = _declaration(function), function.symbol
    if function.outputs:
        name = f"wengert.{function.name}.{function.output}"
        texts[name] = _wrapper(function, name)
    else:
        arguments.append(constant(0, ir.Type.parse(_SKIP)))
    segments = ir.DenseI32ArrayAttr.get([len(arguments), 0])
    result = create("llvm.call", [f64], arguments, {"callee": ir.FlatSymbolRefAttr.get(name),
                                                    "operandSegmentSizes": segments,
                                                    "op_bundle_sizes": ir.DenseI32ArrayAttr.get([])}).results[0]
    return result if type_ == f64 else create("arith.truncf", [type_], [result]).result


def _declaration(function: External) -> str:
    """Of the symbol: the results are returned, or written through pointers."""
    pointers = ["!llvm.ptr"] * function.outputs
    types = [*(_TYPES[kind] for kind in function.parameters), *(pointers or [_SKIP])]
    effects, returned = (_ARGUMENTS_ONLY, "") if pointers else (NO_MEMORY, " -> f64")
    flags = f'{{memory_effects = {effects}, passthrough = ["nounwind", "willreturn", "nofree"]}}'
    return f"llvm.func @{function.symbol}({', '.join(types)}){returned} attributes {flags}"


def _wrapper(function: External, name: str) -> str:
    """A function that returns one of the results that are written through pointers."""
    types = [_TYPES[kind] for kind in function.parameters]
    shown = ", ".join([*types, *["!llvm.ptr"] * function.outputs])
    passed = ", ".join([*(f"%a{i}" for i in range(len(types))), *(f"%p{k}" for k in range(function.outputs))])
    places = "\n  ".join(f"%p{k} = llvm.alloca %one x f64 : (i32) -> !llvm.ptr" for k in range(function.outputs))
    return f"""llvm.func internal @{name}({", ".join(f"%a{i}: {type_}" for i, type_ in enumerate(types))}) -> f64
    attributes {{memory_effects = {NO_MEMORY}}} {{
  %one = llvm.mlir.constant(1 : i32) : i32
  {places}
  llvm.call @{function.symbol}({passed}) : ({shown}) -> ()
  %r = llvm.load %p{function.output} : !llvm.ptr -> f64
  llvm.return %r : f64
}}"""
