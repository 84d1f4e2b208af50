"""Matrix products become calls of BLAS.

A generic marked `nd.blas` (see `products`) on memory becomes ``out += lhs @ rhs`` by gemm or gemv, in loops over its
other dimensions; its indexing maps say which dimension is which, so no transposed operand is ever copied.  A marked
generic whose memory BLAS cannot address (no dimension with stride 1) stays the loops it is.

BLAS is column-major: a row-major matrix is its transpose, so ``C = A B`` is computed as ``C' = B' A'``.  Routines are
the external functions ``wengert_blas_<name>`` with the Fortran ABI: everything by address, 32-bit integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import make_for, yield_
from wengert.passes.base import Pass, register_pass
from wengert.passes.memory_operands import PlacedOperand, as_i64, placed
from wengert.passes.products import MARK, matrix_loops

#: Arguments by kind: c a character, i an integer, p an address, 1 the constant 1.0 (alpha and beta).
ROUTINES = {"gemm": "cciii1pipi1pi", "gemv": "cii1pipi1pi"}
PLAIN, TRANSPOSED = ord("N"), ord("T")
LARGEST = 2**31 - 1


@register_pass("blas-calls")
@dataclass(frozen=True)
class BlasCalls(Pass):
    """Turn marked products on memory into calls of gemm and gemv."""

    def run(self, module: Any) -> None:
        used: set[tuple[str, str]] = set()
        for op in walk(module, "linalg.generic"):
            if MARK not in op.attributes:
                continue
            with op.location, ir.InsertionPoint(op):
                call = _call(op)
            if call is not None:
                used.add(call)
                op.erase()
        for routine, element in sorted(used):
            _declare(module, routine, element)


def _call(op: Any) -> tuple[str, str] | None:
    """Emit the call for a product; None if BLAS cannot do it."""
    if any(n != DYNAMIC and n > LARGEST for v in op.operands for n in v.type.shape):
        return None
    lhs, rhs, out = (placed(v, m) for v, m in zip(op.operands, ir.ArrayAttr(op.attributes["indexing_maps"])))
    batch, rows, columns = matrix_loops(lhs.loops, rhs.loops, out.loops)
    inner = [loop for loop in lhs.loops if loop not in out.loops]
    element = out.memref.type.element_type
    product = _product(lhs, rhs, out, rows, columns, inner[0])
    if product is None:
        return None
    counters: dict[int, Any] = {}
    loops = []
    place = ir.InsertionPoint(op)
    for loop in batch:
        with place:
            loops.append(make_for(index(0), out.size(loop), index(1), []))
        counters[loop], place = loops[-1].iv, ir.InsertionPoint(loops[-1].block)
    with place:
        routine, arguments = product(counters, element.width // 8)
        name = ir.FlatSymbolRefAttr.get(_wrapper(routine, str(element)))
        create("func.call", [], arguments, {"callee": name})
    for nest in reversed(loops):
        yield_([], nest.block)
    return routine, str(element)


def _product(lhs: PlacedOperand, rhs: PlacedOperand, out: PlacedOperand, rows: Sequence[int], columns: Sequence[int],
             inner: int) -> Any:
    """How to call BLAS for this product: a function of batch indices and element size, or None."""
    if rows and columns:
        m, n = rows[0], columns[0]
        left, right = _flag(lhs, m, inner), _flag(rhs, inner, n)
        if left is None or right is None or not out.is_row_major(m, n):
            return None
        return lambda batch, size: ("gemm", [
            _char(right), _char(left), as_i64(out.size(n)), as_i64(out.size(m)), as_i64(lhs.size(inner)),
            rhs.address(batch, size), _leading(rhs, inner, n), lhs.address(batch, size), _leading(lhs, m, inner),
            out.address(batch, size), out.leading(m, n)])
    matrix, vector, free = (lhs, rhs, rows[0]) if rows else (rhs, lhs, columns[0])
    flag = _flag(matrix, inner, free)
    if flag is None:
        return None
    fast, slow = (free, inner) if flag == PLAIN else (inner, free)
    return lambda batch, size: ("gemv", [
        _char(flag), as_i64(matrix.size(fast)), as_i64(matrix.size(slow)), matrix.address(batch, size),
        matrix.leading(slow, fast), vector.address(batch, size), as_i64(vector.stride(inner)),
        out.address(batch, size), as_i64(out.stride(free))])


def _flag(matrix: PlacedOperand, rows: int, columns: int) -> int | None:
    """How BLAS is to take memory that should be a row-major rows x columns matrix; None if it cannot."""
    if matrix.is_row_major(rows, columns):
        return PLAIN
    return TRANSPOSED if matrix.is_row_major(columns, rows) else None


def _leading(matrix: PlacedOperand, rows: int, columns: int) -> Any:
    """The leading dimension: the stride that need not be 1."""
    return matrix.leading(rows, columns) if matrix.is_row_major(rows, columns) else matrix.leading(columns, rows)


def _char(value: int) -> Any:
    return constant(value, ir.IntegerType.get_signless(8))


# ---------------------------------------------------------------- the Fortran ABI


def _wrapper(routine: str, element: str) -> str:
    return f"wengert.{routine}.{element}"


def _declare(module: Any, routine: str, element: str) -> None:
    """A function that puts its arguments on the stack and calls the routine with their addresses."""
    external = f"wengert_blas_{'d' if element == 'f64' else 's'}{routine}"
    parameters, lines, addresses = [], [], []
    for n, kind in enumerate(ROUTINES[routine]):
        addresses.append(f"%p{n}")
        if kind == "p":
            parameters.append(f"%a{n}: i64")
            lines.append(f"%p{n} = llvm.inttoptr %a{n} : i64 to !llvm.ptr")
            continue
        type_ = {"c": "i8", "i": "i32", "1": element}[kind]
        lines.append(f"%p{n} = llvm.alloca %one x {type_} : (i64) -> !llvm.ptr")
        value = f"%a{n}"
        if kind == "1":
            lines.append(f"%v{n} = arith.constant 1.0 : {type_}")
            value = f"%v{n}"
        elif kind == "i":
            parameters.append(f"%a{n}: i64")
            lines.append(f"%v{n} = arith.trunci %a{n} : i64 to i32")
            value = f"%v{n}"
        else:
            parameters.append(f"%a{n}: i8")
        lines.append(f"llvm.store {value}, %p{n} : {type_}, !llvm.ptr")
    pointers = ", ".join(["!llvm.ptr"] * len(addresses))
    body = "\n  ".join(lines)
    internal = "attributes {llvm.linkage = #llvm.linkage<internal>}"
    text = f"""
llvm.func @{external}({pointers})
func.func private @{_wrapper(routine, element)}({", ".join(parameters)}) {internal} {{
  %one = llvm.mlir.constant(1 : i64) : i64
  {body}
  llvm.call @{external}({", ".join(addresses)}) : ({pointers}) -> ()
  return
}}"""
    source = ir.Module.parse(text)
    for op in list(source.body.operations):
        op.operation.detach_from_parent()
        module.body.append(op)
