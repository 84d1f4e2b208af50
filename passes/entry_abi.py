"""The function boundary: array arguments and results become memory the caller owns.

``@f(args..) -> results`` (after lower-tensors, with the error record as its last argument) becomes
``@f(args.., results.., extents.., record)``: an array argument is a memref, a result is written into a memref of its
own, a scalar result into a memref of rank 0, bools are i8, indices i64.  A result that carries ``nd.into = k`` is
written into argument k and has no memref.  Read-only arguments are never written to; those of `nd.into` are, in place.

Extents of arguments known only at run time are arguments of their own.  A result with such an extent is memory that is
allocated here and handed over: its address and all extents are written into i64 words (runtime/signature.py).

With `aliased`, arguments may overlap: then nothing is written in place, and `nd.into` results are copied back last.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, ir, is_tensor, terminator
from wengert.dialects.build import create, dynamic_sizes, index
from wengert.dialects.control import entry, functions
from wengert.dialects.op import lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import from_memory, stored_element, to_memory

INTO = "nd.into"
#: On the address of an allocation that the caller frees.
HANDED_OVER = "nd.handed_over"


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
        results = list(end.operands)
        outs = {i: block.add_argument(_out_type(value.type), func.location)
                for i, value in enumerate(results) if i not in targets}
        with ir.InsertionPoint.at_block_begin(block):
            for k, argument in enumerate(arguments):
                if is_tensor(argument.type):
                    memrefs[k] = _as_memory(argument, block, writable=k in targets.values() and not self.aliased)
                elif str(argument.type) == "i1":
                    _as_byte(argument)
                elif isinstance(argument.type, ir.IndexType):
                    _as_word(argument)
        results = list(end.operands)
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


def _as_memory(argument: Any, block: Any, writable: bool) -> Any:
    """Make the argument a memref, and what used it read the tensor in it.  Returns the memref."""
    tensor = argument.type
    unknown = [d for d in range(tensor.rank) if tensor.is_dynamic_dim(d)]
    argument.set_type(ir.MemRefType.get([1] if unknown else tensor.shape, tensor.element_type))
    memref, user = argument, None
    if unknown:
        extents = [block.add_argument(ir.IndexType.get(), argument.owner.owner.location) for _ in unknown]
        memref, user = _of_extents(argument, tensor, dict(zip(unknown, extents, strict=True)))
    flags = {"restrict": ir.UnitAttr.get()} | ({"writable": ir.UnitAttr.get()} if writable else {})
    inside = create("bufferization.to_tensor", [tensor], [memref], flags)
    argument.replace_all_uses_except(inside.result, user or inside)
    return memref


def _of_extents(memory: Any, tensor: Any, extents: dict[int, Any]) -> tuple[Any, Any]:
    """Memory in C order as a memref of these extents, and the operation that makes it."""
    sizes = [extents.get(d, n) for d, n in enumerate(tensor.shape)]
    strides: list[Any] = [1]
    for extent in reversed(sizes[1:]):
        factors = [index(x) if isinstance(x, int) else x for x in (strides[0], extent)]
        known = isinstance(strides[0], int) and isinstance(extent, int)
        strides.insert(0, strides[0] * extent if known else lookup_call("arith.muli", *factors))
    dynamic = [[x for x in group if isinstance(x, Value)] for group in (sizes, strides)]
    static = [[DYNAMIC if isinstance(x, Value) else x for x in group] for group in (sizes, strides)]
    made = create("memref.reinterpret_cast", [ir.MemRefType.get(tensor.shape, tensor.element_type)],
                  [memory, *dynamic[0], *dynamic[1]],
                  {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0, len(dynamic[0]), len(dynamic[1])]),
                   "static_offsets": ir.DenseI64ArrayAttr.get([0]),
                   "static_sizes": ir.DenseI64ArrayAttr.get(static[0]),
                   "static_strides": ir.DenseI64ArrayAttr.get(static[1])})
    return made.result, made


def _as_byte(argument: Any) -> None:
    bool_ = argument.type
    argument.set_type(stored_element(bool_))
    flag = from_memory(argument, bool_)
    argument.replace_all_uses_except(flag, flag.owner.operation)


def _as_word(argument: Any) -> None:
    argument.set_type(ir.IntegerType.get_signless(64))
    position = create("arith.index_cast", [ir.IndexType.get()], [argument])
    argument.replace_all_uses_except(position.result, position)


def _out_type(type_: Any) -> Any:
    i64 = ir.IntegerType.get_signless(64)
    if is_tensor(type_):
        return (ir.MemRefType.get(type_.shape, type_.element_type) if type_.has_static_shape
                else ir.MemRefType.get([1 + type_.rank], i64))
    return ir.MemRefType.get([], i64 if isinstance(type_, ir.IndexType) else stored_element(type_))


def _write(value: Any, memref: Any) -> None:
    if not is_tensor(value.type):
        word = isinstance(value.type, ir.IndexType)
        create("memref.store", [], [_word(value) if word else to_memory(value), memref])
        return
    memory = memref if value.type.has_static_shape else _hand_over(value.type, dynamic_sizes(value), memref)
    flags = {"restrict": ir.UnitAttr.get(), "writable": ir.UnitAttr.get()}
    create("bufferization.materialize_in_destination", [], [value, memory], flags)


def _hand_over(tensor: Any, extents: list[Any], words: Any) -> Any:
    """Memory of its own for a result; its address and its extents become known to the caller."""
    memory = create("memref.alloc", [ir.MemRefType.get(tensor.shape, tensor.element_type)], extents,
                    {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(extents), 0])}).result
    index_type = ir.IndexType.get()
    address = create("memref.extract_aligned_pointer_as_index", [index_type], [memory],
                     {HANDED_OVER: ir.UnitAttr.get()}).result
    sizes = [create("memref.dim", [index_type], [memory, index(d)]).result for d in range(tensor.rank)]
    for k, value in enumerate((address, *sizes)):
        create("memref.store", [], [_word(value), words, index(k)])
    return memory


def _word(value: Any) -> Any:
    return create("arith.index_cast", [ir.IntegerType.get_signless(64)], [value]).result
