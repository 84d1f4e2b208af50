"""Factorisations and solves become calls of LAPACK and BLAS.

A generic marked `nd.lapack` (see `routines`) on memory becomes a call for each matrix of the stack.  LAPACK is
column-major, so it sees the transpose of each row-major matrix: a lower triangle is an upper one to it, and
``A X = B`` is solved as ``X^T A^T = B^T``, from the right; so nothing is transposed in memory.  Memory whose rows are
not contiguous is copied, and the solution copied back.

Each routine is a function of the module (lapack_functions.py).  Its arguments are the extents of the loops, but for
those of the stack, and for each operand the address and, of a matrix, the distance of its rows in memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, position_of, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
from wengert.passes.lapack_functions import FUNCTIONS
from wengert.passes.memory_operands import PlacedOperand, as_i64, placed
from wengert.passes.routines import MARK
from wengert.passes.strided_copies import copy_loops

LARGEST = 2**31 - 1


@register_pass("lapack-calls")
@dataclass(frozen=True)
class LapackCalls(Pass):
    """Turn marked factorisations and solves on memory into calls."""

    def run(self, module: Any) -> None:
        used: dict[str, str] = {}
        for op in walk(module, "linalg.generic"):
            if MARK not in op.attributes:
                continue
            with op.location, ir.InsertionPoint(op):
                _call(op, used)
            op.erase()
        for text in used.values():
            _append(module, text)


def _call(op: Any, used: dict[str, str]) -> None:
    """Emit the calls for one marked generic; `used` collects the functions they need, by name."""
    if any(n != DYNAMIC and n > LARGEST for v in op.operands for n in v.type.shape):
        raise UnsupportedError("a matrix with more than 2147483647 rows", position_of(op.location),
                               why="LAPACK counts with 32-bit integers")
    name, *flags = ir.StringAttr(op.attributes[MARK]).value.split(".")
    inputs, _ = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
    memories = [_contiguous_rows(v) for v in op.operands]
    operands = [placed(v, m) for v, m in zip(memories, ir.ArrayAttr(op.attributes["indexing_maps"]))]
    matrix, last = operands[0], operands[-1]
    batch, element = matrix.loops[:-2], matrix.memref.type.element_type
    is_vector = last.rank == len(batch) + 1 and name != "lu"
    counters: dict[int, Any] = {}
    loops: list[Any] = []
    for loop in batch:
        with ir.InsertionPoint(loops[-1].block if loops else op):
            loops.append(make_for(index(0), matrix.size(loop), index(1), []))
        counters[loop] = loops[-1].iv
    with ir.InsertionPoint(loops[-1].block if loops else op):
        sizes = {loop: operand for operand in operands for loop in operand.loops if loop not in batch}
        arguments = [as_i64(sizes[loop].size(loop)) for loop in sorted(sizes)]
        for operand in operands:
            arguments += _argument(operand, counters, len(batch))
        function = ".".join(["wengert", name, *flags, *["vector"] * is_vector, str(element)])
        create("func.call", [], arguments, {"callee": ir.FlatSymbolRefAttr.get(function)})
    for nest in reversed(loops):
        yield_([], nest.block)
    if function not in used:
        used[function] = FUNCTIONS[name](function, str(element), frozenset(flags), is_vector)
    for number, (memory, operand) in enumerate(zip(memories, op.operands)):
        if memory != operand:
            if number >= inputs:
                copy_loops(memory, operand)
            create("memref.dealloc", [], [memory])


def _argument(operand: PlacedOperand, counters: dict[int, Any], batch: int) -> list[Any]:
    """The address of one matrix or vector, and the leading dimension of a matrix."""
    width = operand.memref.type.element_type.width // 8
    address = operand.address(counters, width)
    return [address, operand.leading(*operand.loops[-2:])] if operand.rank == batch + 2 else [address]


def _contiguous_rows(memref: Any) -> Any:
    """The memory itself, or a copy of it, with elements of a row side by side."""
    type_ = memref.type
    strides, _ = type_.get_strides_and_offset()
    if not type_.rank or strides[-1] == 1:
        return memref
    sizes = [create("memref.dim", [ir.IndexType.get()], [memref, index(d)]).result
             for d in range(type_.rank) if type_.is_dynamic_dim(d)]
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([len(sizes), 0])}
    copy = create("memref.alloc", [ir.MemRefType.get(type_.shape, type_.element_type)], sizes, segments).result
    copy_loops(memref, copy)
    return copy


def _append(module: Any, text: str) -> None:
    """Add the functions of `text` to the module; an external one may be there already."""
    present = {ir.StringAttr(op.operation.attributes["sym_name"]).value for op in module.body.operations
               if "sym_name" in op.operation.attributes}
    source = ir.Module.parse(text)
    for op in list(source.body.operations):
        if ir.StringAttr(op.operation.attributes["sym_name"]).value not in present:
            op.operation.detach_from_parent()
            module.body.append(op)
