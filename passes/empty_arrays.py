"""Arrays without elements: nothing is computed on them, and nobody reads or writes their memory.

Upstream cannot lower contiguous memory like ``memref<40x0xf64>``, whose strides contain 0.  After this pass no
operation touches such memory; an argument of that kind becomes ``memref<0xf64>``.  It also makes an index into an empty
array, which a run-time check has refused already, harmless.  Assumes bufferized functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import constant
from wengert.dialects.control import entry, functions
from wengert.passes.base import Pass, register_pass


@register_pass("empty-arrays")
@dataclass(frozen=True)
class EmptyArrays(Pass):
    """Remove operations on memory without elements."""

    def run(self, module: Any) -> None:
        for op in reversed(walk(module)):
            if any(map(_is_empty, [*op.operands, *op.results])):
                _remove(op)
        for func in functions(module):
            if len(func.regions[0].blocks):
                _shrink_arguments(func)


def _is_empty(value: Any) -> bool:
    return isinstance(value.type, ir.MemRefType) and 0 in value.type.shape


def _remove(op: Any) -> None:
    """Erase an operation that does nothing; reversed program order has erased its users before."""
    if op.name == "memref.load":
        with ir.InsertionPoint(op), op.location:
            op.results[0].replace_all_uses_with(constant(0, op.results[0].type))
        op.erase()
    elif op.name in ("linalg.generic", "memref.copy", "memref.store") or _is_unused(op):
        op.erase()


def _is_unused(op: Any) -> bool:
    """Whether an op makes something nobody uses; control flow and terminators stay."""
    return len(op.results) > 0 and len(op.regions) == 0 and not any(list(result.uses) for result in op.results)


def _shrink_arguments(func: Any) -> None:
    block = entry(func)
    for argument in block.arguments:
        if _is_empty(argument) and not list(argument.uses):
            argument.set_type(ir.MemRefType.get([0], argument.type.element_type, loc=ir.Location.unknown()))
    type_ = ir.FunctionType(ir.TypeAttr(func.attributes["function_type"]).value)
    new = ir.FunctionType.get([a.type for a in block.arguments], list(type_.results))
    func.attributes["function_type"] = ir.TypeAttr.get(new)
