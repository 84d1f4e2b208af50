"""Calls of foreign functions (dialects/foreign.py): as operations on tensors, then as calls by address.

While arrays are tensors, a call is a `linalg.generic` marked `nd.call` with the symbol, so that bufferization knows
what it reads and overwrites; every dimension of every operand is a loop of its own, and what its body computes is
never run: it only uses every operand.  `foreign-calls` turns it into the call once memory is known.  Results that are
numbers, the status among them, are arrays of one element until then.  Calls on memory (passes/lower_prints.py) get
addresses here too.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_float, is_tensor, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import find_function, function_types, functions, symbol
from wengert.dialects.foreign import is_foreign, kind_of_foreign
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import empty_tensor, generic, load, stored_element, to_memory
from wengert.passes.memory_operands import placed
from wengert.passes.purity import callee
from wengert.passes.strided_copies import copy_loops

MARK, KIND = "nd.call", "nd.kind"


def foreign_call(module: Any, call: Any, operands: Sequence[Any]) -> list[Any]:
    """The marked generic for a func.call on `operands` (tensors in memory, and numbers); the results."""
    func = find_function(module, callee(call))
    loops = 0
    read, written = [], []
    for value in operands:
        rank = value.type.rank if is_tensor(value.type) else 0
        read.append((value if is_tensor(value.type) else to_memory(value), tuple(range(loops, loops + rank))))
        loops += rank
    for result in call.results:
        shape = tuple(result.type.shape) if is_tensor(result.type) else (1,)
        element = result.type.element_type if is_tensor(result.type) else result.type
        written.append((empty_tensor(stored_element(element), shape), tuple(range(loops, loops + len(shape)))))
        loops += len(shape)
    mark = {MARK: ir.StringAttr.get(callee(call)), KIND: ir.StringAttr.get(kind_of_foreign(func))}
    reductions = list(range(written[0][1][0]))
    tensors = generic(read, written, loops, _use_all, reductions, mark)
    return [tensor if is_tensor(result.type) else load(tensor, [index(0)], result.type)
            for tensor, result in zip(tensors, call.results)]


def _use_all(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
    f64 = ir.F64Type.get()
    total = constant(0.0, f64)
    for x in ins:
        total = create("arith.addf", [f64], [total, _converted(x, f64)]).result
    return [_converted(total, out.type) for out in outs]


def _converted(x: Any, type_: Any) -> Any:
    if x.type == type_:
        return x
    if is_float(x.type) and is_float(type_):
        return create("arith.extf" if x.type.width < type_.width else "arith.truncf", [type_], [x]).result
    return create("arith.fptosi" if is_float(x.type) else "arith.sitofp", [type_], [x]).result


def drop_foreign_declarations(module: Any) -> None:
    """Remove the declarations, of which the marked generics have what they need."""
    for func in functions(module):
        if is_foreign(func):
            func.erase()


# ---------------------------------------------------------------- on memory


@register_pass("foreign-calls")
@dataclass(frozen=True)
class ForeignCalls(Pass):
    """Turn marked generics on memory into calls by address."""

    def run(self, module: Any) -> None:
        wrappers: dict[str, str] = {}
        for func in functions(module):
            if not len(func.regions[0].blocks) and any(isinstance(t, ir.MemRefType) for t in function_types(func)[0]):
                _call_by_address(module, func, wrappers)
        for op in walk(module, "linalg.generic"):
            if MARK in op.attributes:
                with op.location, ir.InsertionPoint(op):
                    _call(op, wrappers)
                op.erase()
        for text in wrappers.values():
            source = ir.Module.parse(text)
            for declared in list(source.body.operations):
                declared.operation.detach_from_parent()
                module.body.append(declared)


def _call_by_address(module: Any, func: Any, wrappers: dict[str, str]) -> None:
    """Calls of a function of the process on memory: pointers are passed."""
    name = f"wengert.call.{symbol(func)}"
    for call in walk(module, "func.call"):
        if callee(call) == symbol(func):
            with call.location, ir.InsertionPoint(call):
                arguments = [_address(v) if isinstance(v.type, ir.MemRefType) else v for v in call.operands]
                target = {"callee": ir.FlatSymbolRefAttr.get(name)}
                status = create("func.call", [call.results[0].type], arguments, target).result
            call.results[0].replace_all_uses_with(status)
            call.erase()
    types = ["ptr" if isinstance(t, ir.MemRefType) else str(t) for t in function_types(func)[0]]
    wrappers[name] = _status_wrapper(name, symbol(func), types)
    func.erase()


def _address(memref: Any) -> Any:
    address = create("memref.extract_aligned_pointer_as_index", [ir.IndexType.get()], [memref]).result
    return create("arith.index_cast", [ir.IntegerType.get_signless(64)], [address]).result


def _status_wrapper(name: str, symbol: str, types: Sequence[str]) -> str:
    """A function that calls the symbol, on addresses (i64) and numbers, and returns its status."""
    parameters = [f"%a{i}: {'i64' if type_ == 'ptr' else type_}" for i, type_ in enumerate(types)]
    lines = [f"%p{i} = llvm.inttoptr %a{i} : i64 to !llvm.ptr" for i, type_ in enumerate(types) if type_ == "ptr"]
    values = ", ".join(f"%p{i}" if type_ == "ptr" else f"%a{i}" for i, type_ in enumerate(types))
    shown = ", ".join(map(_llvm_type, types))
    body = "\n  ".join([*lines, f"%r = llvm.call @{symbol}({values}) : ({shown}) -> i64"])
    internal = "attributes {llvm.linkage = #llvm.linkage<internal>}"
    return (f"llvm.func @{symbol}({shown}) -> i64\n"
            f"func.func private @{name}({', '.join(parameters)}) -> i64 {internal} {{\n  {body}\n  return %r : i64\n}}")


def _call(op: Any, wrappers: dict[str, str]) -> None:
    called, kind = (str(ir.StringAttr(op.attributes[name]).value) for name in (MARK, KIND))
    inputs, _ = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
    arguments, types, copies = [], [], []
    for number, (operand, map_) in enumerate(zip(op.operands, ir.ArrayAttr(op.attributes["indexing_maps"]))):
        if not isinstance(operand.type, ir.MemRefType):
            arguments.append(operand)
            types.append(str(operand.type))
            continue
        memory = _contiguous(operand)
        if memory != operand:
            copies.append((number >= inputs, memory, operand))
        arguments.append(placed(memory, map_).address({}, operand.type.element_type.width // 8))
        types.append("ptr")
    name = f"wengert.call.{called}"
    create("func.call", [], arguments, {"callee": ir.FlatSymbolRefAttr.get(name)})
    elements = [str(v.type.element_type) for v in list(op.operands)[inputs:]]
    wrappers.setdefault(name, _wrapper(name, called, kind, types, elements))
    for is_result, memory, operand in copies:
        if is_result:
            copy_loops(memory, operand)
        create("memref.dealloc", [], [memory])


def _contiguous(memref: Any) -> Any:
    """The memory itself, or a copy of it with elements side by side in row-major order."""
    type_ = memref.type
    strides, _ = type_.get_strides_and_offset()
    wanted, step = [], 1
    for extent in reversed(type_.shape):
        wanted.append(step)
        step *= extent
    if list(strides) == wanted[::-1]:
        return memref
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0])}
    copy = create("memref.alloc", [ir.MemRefType.get(type_.shape, type_.element_type)], [], segments).result
    copy_loops(memref, copy)
    return copy


def _wrapper(name: str, symbol: str, kind: str, types: Sequence[str], elements: Sequence[str]) -> str:
    """A function that calls the symbol, on addresses (i64) and numbers; the last address is that of the status."""
    parameters = [f"%a{i}: {'i64' if type_ == 'ptr' else type_}" for i, type_ in enumerate(types)]
    lines = [f"%p{i} = llvm.inttoptr %a{i} : i64 to !llvm.ptr" for i, type_ in enumerate(types) if type_ == "ptr"]
    values = [f"%p{i}" if type_ == "ptr" else f"%a{i}" for i, type_ in enumerate(types)]
    *outer, status = values
    shown = [_llvm_type(type_) for type_ in types[:-1]]
    if kind == "value":
        *outer, memory = outer
        shown.pop()
    returned = {"python": "i64", "c": "()", "value": elements[0]}[kind]
    declared = f"llvm.func @{symbol}({', '.join(shown)})" + ("" if returned == "()" else f" -> {returned}")
    result = "" if returned == "()" else "%r = "
    lines.append(f"{result}llvm.call @{symbol}({', '.join(outer)}) : ({', '.join(shown)}) -> {returned}")
    if kind == "value":
        lines.append(f"llvm.store %r, {memory} : {returned}, !llvm.ptr")
    if kind != "python":
        lines.append("%r0 = llvm.mlir.constant(0 : i64) : i64")
    lines.append(f"llvm.store {'%r' if kind == 'python' else '%r0'}, {status} : i64, !llvm.ptr")
    body = "\n  ".join(lines)
    internal = "attributes {llvm.linkage = #llvm.linkage<internal>}"
    return f"{declared}\nfunc.func private @{name}({', '.join(parameters)}) {internal} {{\n  {body}\n  return\n}}"


def _llvm_type(type_: str) -> str:
    return "!llvm.ptr" if type_ == "ptr" else type_

