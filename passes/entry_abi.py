"""The function boundary: array arguments and results become memory the caller owns.

``@f(args..) -> results`` (after lower-tensors, with the error record as its last argument) becomes
``@f(args.., results.., record)``: an array argument is a memref, a result is written into a memref of its own, a scalar
result into a memref of rank 0, bools are i8.  A result that carries ``nd.into = k`` is written into argument k and has
no memref.  Read-only arguments are never written to; those of `nd.into` are, in place.

With `aliased`, arguments may overlap: then nothing is written in place, and `nd.into` results are copied back last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_tensor, position_of, terminator
from wengert.dialects.build import create
from wengert.dialects.control import entry, functions, symbol
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import from_memory, stored_element, to_memory

INTO = "nd.into"


@register_pass("entry-abi")
@dataclass(frozen=True)
class EntryAbi(Pass):
    """Give each public function the calling convention of kernels: arguments, results, error record."""

    aliased: bool = False

    def run(self, module: Any) -> None:
        for func in functions(module):
            if "sym_visibility" not in func.attributes:
                with func.location:
                    self._convert(func)

    def _convert(self, func: Any) -> None:
        block = entry(func)
        *arguments, record = list(block.arguments)
        targets = _into_targets(func)
        end = terminator(block)
        memrefs: dict[int, Any] = {}
        with ir.InsertionPoint.at_block_begin(block):
            for k, argument in enumerate(arguments):
                if is_tensor(argument.type):
                    memrefs[k] = _as_memory(argument, writable=k in targets.values() and not self.aliased)
                elif str(argument.type) == "i1":
                    _as_byte(argument)
        results = list(end.operands)
        for value in results:
            _refuse_dynamic(func, value)
        outs = {i: block.add_argument(_out_type(value.type), func.location)
                for i, value in enumerate(results) if i not in targets}
        record.replace_all_uses_with(block.add_argument(record.type, func.location))  # it stays the last
        block.erase_argument(len(arguments))
        with ir.InsertionPoint(end), end.location:
            for i, value in sorted(enumerate(results), key=lambda pair: pair[0] in targets):
                _write(value, memrefs[targets[i]] if i in targets else outs[i])
            create("func.return", [], [])
        end.erase()
        if "res_attrs" in func.attributes:
            del func.attributes["res_attrs"]
        func.attributes["arg_attrs"] = ir.ArrayAttr.get([
            _pointer_facts(a, alone=not self.aliased or n >= len(arguments)) for n, a in enumerate(block.arguments)])
        type_ = ir.FunctionType.get([a.type for a in block.arguments], [])
        func.attributes["function_type"] = ir.TypeAttr.get(type_)


def _pointer_facts(argument: Any, alone: bool) -> Any:
    """What LLVM may assume of an array's address; `alone`: no other argument reaches the same memory."""
    if not isinstance(argument.type, ir.MemRefType):
        return ir.DictAttr.get({})
    facts = ["llvm.nonnull", "llvm.noundef", *(["llvm.noalias"] if alone else [])]
    return ir.DictAttr.get({fact: ir.UnitAttr.get() for fact in facts})


def _into_targets(func: Any) -> dict[int, int]:
    """Result number -> the argument it is written into."""
    if "res_attrs" not in func.attributes:
        return {}
    listed = [ir.DictAttr(a) for a in ir.ArrayAttr(func.attributes["res_attrs"])]
    return {i: ir.IntegerAttr(a[INTO]).value for i, a in enumerate(listed) if INTO in a}


def _refuse_dynamic(func: Any, value: Any) -> None:
    if is_tensor(value.type) and not value.type.has_static_shape:
        raise UnsupportedError(f"@{symbol(func)} returns an array whose shape is known only at run time",
                               position_of(func.location),
                               why=f"its type is {value.type}, but the caller allocates results before the call",
                               help="make the shape depend on shapes of arguments, or return a part of fixed size")


def _as_memory(argument: Any, writable: bool) -> Any:
    """Make the argument a memref, and what used it read the tensor in it.  Returns the memref."""
    tensor = argument.type
    argument.set_type(ir.MemRefType.get(tensor.shape, tensor.element_type))
    flags = {"restrict": ir.UnitAttr.get()} | ({"writable": ir.UnitAttr.get()} if writable else {})
    inside = create("bufferization.to_tensor", [tensor], [argument], flags)
    argument.replace_all_uses_except(inside.result, inside)
    return argument


def _as_byte(argument: Any) -> None:
    bool_ = argument.type
    argument.set_type(stored_element(bool_))
    flag = from_memory(argument, bool_)
    argument.replace_all_uses_except(flag, flag.owner.operation)


def _out_type(type_: Any) -> Any:
    if is_tensor(type_):
        return ir.MemRefType.get(type_.shape, type_.element_type)
    return ir.MemRefType.get([], stored_element(type_))


def _write(value: Any, memref: Any) -> None:
    if is_tensor(value.type):
        flags = {"restrict": ir.UnitAttr.get(), "writable": ir.UnitAttr.get()}
        create("bufferization.materialize_in_destination", [], [value, memref], flags)
    else:
        create("memref.store", [], [to_memory(value), memref])
