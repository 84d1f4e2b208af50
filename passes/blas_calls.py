"""Matrix products become calls of BLAS.

A generic marked `nd.blas` (see `products`) on memory becomes ``out += alpha * lhs @ rhs`` by gemm or gemv, alpha being
the value of the mark; its indexing maps say which dimension is which, so no transposed operand is ever copied.
Dimensions that lie in memory like one are one; those BLAS has no place for become loops around the call, contracted
ones too.  A marked generic whose memory BLAS cannot address (no dimension with stride 1), or whose matrices are too
small for a call each, stays loops, in an order that vectorises.

BLAS is column-major: a row-major matrix is its transpose, so ``C = A B`` is computed as ``C' = B' A'``.  Routines are
the external functions ``wengert_blas_<name>`` with the Fortran ABI: everything by address, 32-bit integers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import permutations, product
from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, walk
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import make_for, yield_
from wengert.passes.base import Pass, register_pass
from wengert.passes.memory_operands import PlacedOperand, as_i64, is_dynamic, placed
from wengert.passes.products import FEW_MULTIPLICATIONS, MARK

#: Arguments by kind: c a character, i an integer, p an address, f a number (alpha), 1 the constant 1.0 (beta).
ROUTINES = {"gemm": "cciiifpipi1pi", "gemv": "ciifpipi1pi"}
PLAIN, TRANSPOSED = ord("N"), ord("T")
LARGEST = 2**31 - 1
UNKNOWN_EXTENT = 1000


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
                if call is None:
                    vectorisable(op)
            if call is not None:
                used.add(call)
                op.erase()
        for routine, element in sorted(used):
            _declare(module, routine, element)


@dataclass(frozen=True)
class _Sum:
    """``out += alpha * lhs @ rhs`` on memory, with the loops that can be one merged."""

    lhs: PlacedOperand
    rhs: PlacedOperand
    out: PlacedOperand

    @staticmethod
    def of(op: Any) -> _Sum:
        operands = [placed(v, m) for v, m in zip(op.operands, ir.ArrayAttr(op.attributes["indexing_maps"]))]
        loops = sorted({loop for operand in operands for loop in operand.loops})
        for outer, inner in permutations(loops, 2):
            users = [x for x in operands if outer in x.loops]
            present = users and users == [x for x in operands if inner in x.loops]
            if present and all(x.is_one_dimension(outer, inner) for x in users):
                operands = [x.merged(outer, inner) if x in users else x for x in operands]
        return _Sum(*operands)

    @property
    def rows(self) -> list[int]:
        return [d for d in self.out.loops if d not in self.rhs.loops]

    @property
    def columns(self) -> list[int]:
        return [d for d in self.out.loops if d not in self.lhs.loops]

    @property
    def inner(self) -> list[int]:
        return [d for d in self.lhs.loops if d not in self.out.loops]

    def size(self, loop: int) -> Any:
        return (self.lhs if loop in self.lhs.loops else self.rhs).size(loop)

    def count(self, loops: Sequence[int]) -> int:
        """The number of iterations of some loops; extents that are not known count as large."""
        sizes = [(self.lhs if loop in self.lhs.loops else self.rhs).static_size(loop) for loop in loops]
        return prod(UNKNOWN_EXTENT if is_dynamic(n) else n for n in sizes)


def _call(op: Any) -> tuple[str, str] | None:
    """Emit the calls for a product; None if BLAS cannot do it, or not faster than loops."""
    if any(n != DYNAMIC and n > LARGEST for v in op.operands for n in v.type.shape):
        return None
    sum_ = _Sum.of(op)
    calls = [(sum_.count(loops), loops, call) for loops, call in _possible(sum_)]
    if not calls:
        return None
    count, chosen, call = max(calls, key=lambda candidate: candidate[0])
    around = [d for d in dict.fromkeys((*sum_.out.loops, *sum_.lhs.loops)) if d not in chosen]
    if around and count < FEW_MULTIPLICATIONS:
        return None
    counters: dict[int, Any] = {}
    loops = []
    place = ir.InsertionPoint(op)
    for loop in around:
        with place:
            loops.append(make_for(index(0), sum_.size(loop), index(1), []))
        counters[loop], place = loops[-1].iv, ir.InsertionPoint(loops[-1].block)
    element = sum_.out.memref.type.element_type
    with place:
        routine, arguments = call(counters, op.attributes[MARK])
        name = ir.FlatSymbolRefAttr.get(_wrapper(routine, str(element)))
        create("func.call", [], arguments, {"callee": name})
    for nest in reversed(loops):
        yield_([], nest.block)
    return routine, str(element)


def _possible(sum_: _Sum) -> Iterator[tuple[list[int], Any]]:
    """The ways to call BLAS: the loops of each, and a function of the other loops' indices and alpha that calls it."""
    lhs, rhs, out = sum_.lhs, sum_.rhs, sum_.out
    for k in reversed(sum_.inner):
        for m, n in product(reversed(sum_.rows), reversed(sum_.columns)):
            for call in (_gemm(lhs, rhs, out, m, n, k), _gemm(rhs, lhs, out, n, m, k)):
                if call is not None:
                    yield [m, n, k], call
        matrices = [(lhs, rhs, m) for m in sum_.rows] or [(rhs, lhs, n) for n in sum_.columns]
        if not (sum_.rows and sum_.columns):
            for matrix, vector, free in reversed(matrices):
                if (call := _gemv(matrix, vector, out, free, k)) is not None:
                    yield [free, k], call


def _gemm(lhs: PlacedOperand, rhs: PlacedOperand, out: PlacedOperand, m: int, n: int, k: int) -> Any:
    left, right = _flag(lhs, m, k), _flag(rhs, k, n)
    if left is None or right is None or not out.is_row_major(m, n):
        return None

    def call(at: dict[int, Any], alpha: Any) -> tuple[str, list[Any]]:
        width = out.memref.type.element_type.width // 8
        return "gemm", [
            _char(right), _char(left), as_i64(out.size(n)), as_i64(out.size(m)), as_i64(lhs.size(k)), _number(alpha),
            rhs.address(at, width), _leading(rhs, k, n), lhs.address(at, width), _leading(lhs, m, k),
            out.address(at, width), out.leading(m, n)]

    return call


def _gemv(matrix: PlacedOperand, vector: PlacedOperand, out: PlacedOperand, free: int, k: int) -> Any:
    flag = _flag(matrix, k, free)
    if flag is None:
        return None
    fast, slow = (free, k) if flag == PLAIN else (k, free)

    def call(at: dict[int, Any], alpha: Any) -> tuple[str, list[Any]]:
        width = out.memref.type.element_type.width // 8
        return "gemv", [
            _char(flag), as_i64(matrix.size(fast)), as_i64(matrix.size(slow)), _number(alpha),
            matrix.address(at, width), matrix.leading(slow, fast), vector.address(at, width),
            as_i64(vector.stride(k)), out.address(at, width), as_i64(out.stride(free))]

    return call


def _flag(matrix: PlacedOperand, rows: int, columns: int) -> int | None:
    """How BLAS is to take memory that should be a row-major rows x columns matrix; None if it cannot."""
    if matrix.is_row_major(rows, columns):
        return PLAIN
    return TRANSPOSED if matrix.is_row_major(columns, rows) else None


def _leading(matrix: PlacedOperand, rows: int, columns: int) -> Any:
    """The leading dimension: the stride that need not be 1."""
    return matrix.leading(rows, columns) if matrix.is_row_major(rows, columns) else matrix.leading(columns, rows)


def _number(attribute: Any) -> Any:
    return create("arith.constant", [attribute.type], [], {"value": attribute}).result


def _char(value: int) -> Any:
    return constant(value, ir.IntegerType.get_signless(8))


# ---------------------------------------------------------------- loops


def vectorisable(op: Any) -> None:
    """Reorder the loops of a product: innermost one along which the result is contiguous, else a contracted one."""
    maps = ir.ArrayAttr(op.attributes["indexing_maps"])
    lhs, rhs, out = (placed(v, m) for v, m in zip(op.operands, maps))
    kinds = list(ir.ArrayAttr(op.attributes["iterator_types"]))

    def contiguous(operand: PlacedOperand, loop: int) -> bool:
        return loop not in operand.loops or operand.static_stride(loop) == 1

    along = [d for d in out.loops if all(contiguous(x, d) for x in (lhs, rhs, out))]
    summed = [d for d in lhs.loops if d not in out.loops]
    last = along[-1:] or [d for d in summed if contiguous(lhs, d) and contiguous(rhs, d)][-1:]
    order = [*(d for d in (*out.loops, *summed) if d not in last), *last]
    renumbered = [ir.AffineMap.get(len(order), 0, [ir.AffineExpr.get_dim(order.index(d)) for d in x.loops])
                  for x in (lhs, rhs, out)]
    op.attributes["indexing_maps"] = ir.ArrayAttr.get([ir.AffineMapAttr.get(m) for m in renumbered])
    op.attributes["iterator_types"] = ir.ArrayAttr.get([kinds[d] for d in order])


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
        type_ = {"c": "i8", "i": "i32", "f": element, "1": element}[kind]
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
            parameters.append(f"%a{n}: {type_}")
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
