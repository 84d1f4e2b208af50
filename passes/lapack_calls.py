"""Factorisations and solves become calls of LAPACK and BLAS.

A generic marked `nd.lapack` (see `routines`) on memory becomes a call for each matrix of the stack.  LAPACK is
column-major, so it sees the transpose of each row-major matrix: it factors A^T = P L U, a lower triangle is an upper
one to it, and ``A X = B`` is solved as ``X^T A^T = B^T``, from the right; so nothing is transposed in memory.  Memory
whose rows are not contiguous is copied, and the solution copied back.

Each routine is a function of the module that puts its arguments on the stack for the Fortran ABI: everything by
address, 32-bit integers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, position_of, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Pass, register_pass
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
        arguments = [as_i64(matrix.size(matrix.loops[-1]))]
        if name.endswith("solve") and not is_vector:
            arguments.append(as_i64(last.size(last.loops[-1])))
        for operand in operands:
            arguments += _argument(operand, counters, len(batch))
        function = ".".join(["wengert", name, *flags, *["vector"] * is_vector, str(element)])
        create("func.call", [], arguments, {"callee": ir.FlatSymbolRefAttr.get(function)})
    for nest in reversed(loops):
        yield_([], nest.block)
    if function not in used:
        used[function] = _ROUTINES[name](function, str(element), frozenset(flags), is_vector)
    for number, (memory, operand) in enumerate(zip(memories, op.operands)):
        if memory != operand:
            if number >= inputs:
                copy_loops(memory, operand)
            create("memref.dealloc", [], [memory])


def _argument(operand: PlacedOperand, counters: dict[int, Any], batch: int) -> list[Any]:
    """The address of one matrix or vector, and the leading dimension of a matrix."""
    width = operand.memref.type.element_type.width // 8
    address = operand.address(counters, width)
    return [address, as_i64(operand.stride(operand.loops[-2]))] if operand.rank == batch + 2 else [address]


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


# ---------------------------------------------------------------- the functions that call Fortran


@dataclass
class _Function:
    """The text of a function that calls Fortran; its arguments are i64 (addresses and extents).

    `call` takes "c" a character, "i" an integer argument, "1" the constant one, "p" an address, "o" an integer result.
    """

    name: str
    element: str
    arguments: Sequence[str]
    lines: list[str] = field(default_factory=list)
    externals: dict[str, int] = field(default_factory=dict)

    def call(self, library: str, routine: str, *arguments: tuple[str, str]) -> list[str]:
        """Call the routine; the pointers that were passed."""
        external = f"wengert_{library}_{'d' if self.element == 'f64' else 's'}{routine}"
        self.externals[external] = len(arguments)
        pointers = []
        for kind, value in arguments:
            pointer = f"%p{len(self.lines)}"
            pointers.append(pointer)
            if kind == "p":
                self.lines.append(f"{pointer} = llvm.inttoptr {value} : i64 to !llvm.ptr")
                continue
            type_ = {"c": "i8", "i": "i32", "o": "i32", "1": self.element}[kind]
            self.lines.append(f"{pointer} = llvm.alloca %one x {type_} : (i64) -> !llvm.ptr")
            stored = f"%v{len(self.lines)}"
            if kind == "o":
                continue
            self.lines.append({
                "c": f"{stored} = arith.constant {ord(value[0]) if value else 0} : i8",
                "i": f"{stored} = arith.trunci {value} : i64 to i32",
                "1": f"{stored} = arith.constant 1.0 : {self.element}",
            }[kind])
            self.lines.append(f"llvm.store {stored}, {pointer} : {type_}, !llvm.ptr")
        self.lines.append(f"llvm.call @{external}({', '.join(pointers)}) : ({_pointers(len(pointers))}) -> ()")
        return pointers

    def text(self) -> str:
        declarations = "\n".join(f"llvm.func @{name}({_pointers(n)})" for name, n in self.externals.items())
        parameters = ", ".join(f"%{name}: i64" for name in self.arguments)
        body = "\n  ".join(self.lines)
        return f"""{declarations}
func.func private @{self.name}({parameters}) attributes {{llvm.linkage = #llvm.linkage<internal>}} {{
  %one = llvm.mlir.constant(1 : i64) : i64
  %zero = llvm.mlir.constant(0 : i64) : i64
  {body}
  return
}}"""


def _pointers(count: int) -> str:
    return ", ".join(["!llvm.ptr"] * count)


def _lu(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """The pivots, 32 bits wide as Fortran writes them, are widened in their place, from the last to the first."""
    function = _Function(name, element, ("n", "a", "lda", "pivots"))
    *_, narrow, _ = function.call("lapack", "getrf", ("i", "%n"), ("i", "%n"), ("p", "%a"), ("i", "%lda"),
                                  ("p", "%pivots"), ("o", ""))
    function.lines.append(f"""%last = arith.subi %n, %one : i64
  scf.for %step = %zero to %n step %one : i64 {{
    %i = arith.subi %last, %step : i64
    %from = llvm.getelementptr {narrow}[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i32
    %pivot = llvm.load %from : !llvm.ptr -> i32
    %wide = arith.extsi %pivot : i32 to i64
    %to = llvm.getelementptr {narrow}[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    llvm.store %wide, %to : i64, !llvm.ptr
  }}""")
    return function.text()


def _cholesky(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """The upper factor of the transpose is the lower one here; the other triangle is cleared."""
    function = _Function(name, element, ("n", "a", "lda"))
    *_, info = function.call("lapack", "potrf", ("c", "U"), ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("o", ""))
    nan = "0x7FF8000000000000" if element == "f64" else "0x7FC00000"
    function.lines.append(f"""%info = llvm.load {info} : !llvm.ptr -> i32
  %none = arith.constant 0 : i32
  %failed = arith.cmpi ne, %info, %none : i32
  %nan = arith.constant {nan} : {element}
  %clear = arith.constant 0.0 : {element}
  %filling = arith.select %failed, %nan, %clear : {element}
  %matrix = llvm.inttoptr %a : i64 to !llvm.ptr
  scf.for %i = %zero to %n step %one : i64 {{
    %right = arith.addi %i, %one : i64
    %from = arith.select %failed, %zero, %right : i64
    %row = arith.muli %i, %lda : i64
    scf.for %j = %from to %n step %one : i64 {{
      %place = arith.addi %row, %j : i64
      %at = llvm.getelementptr %matrix[%place] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      llvm.store %filling, %at : {element}, !llvm.ptr
    }}
  }}""")
    return function.text()


def _slogdet(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """The product of the signs, and the sum of the logarithms, of the diagonal of U; interchanges change the sign."""
    function = _Function(name, element, ("n", "a", "lda", "pivots", "sign", "logabs"))
    function.lines.append(f"""%matrix = llvm.inttoptr %a : i64 to !llvm.ptr
  %swaps = llvm.inttoptr %pivots : i64 to !llvm.ptr
  %first = llvm.inttoptr %sign : i64 to !llvm.ptr
  %second = llvm.inttoptr %logabs : i64 to !llvm.ptr
  %plus = arith.constant 1.0 : {element}
  %none = arith.constant 0.0 : {element}
  %s, %l = scf.for %i = %zero to %n step %one iter_args(%s0 = %plus, %l0 = %none) -> ({element}, {element}) : i64 {{
    %row = arith.muli %i, %lda : i64
    %place = arith.addi %row, %i : i64
    %at = llvm.getelementptr %matrix[%place] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
    %u = llvm.load %at : !llvm.ptr -> {element}
    %there = llvm.getelementptr %swaps[%i] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %pivot = llvm.load %there : !llvm.ptr -> i64
    %own = arith.addi %i, %one : i64
    %moved = arith.cmpi ne, %pivot, %own : i64
    %size = math.absf %u : {element}
    %quotient = arith.divf %u, %size : {element}
    %is_zero = arith.cmpf oeq, %u, %none : {element}
    %unit = arith.select %is_zero, %none, %quotient : {element}
    %turned = arith.negf %unit : {element}
    %factor = arith.select %moved, %turned, %unit : {element}
    %s1 = arith.mulf %s0, %factor : {element}
    %log = math.log %size : {element}
    %l1 = arith.addf %l0, %log : {element}
    scf.yield %s1, %l1 : {element}, {element}
  }}
  llvm.store %s, %first : {element}, !llvm.ptr
  llvm.store %l, %second : {element}, !llvm.ptr""")
    return function.text()


def _lu_solve(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """``A^T = P L U``: A = U^T L^T P^T, where P^T interchanges rows in the order of the pivots."""
    right = ("x",) if is_vector else ("x", "ldx")
    function = _Function(name, element, ("n", *(() if is_vector else ("k",)), "a", "lda", "pivots", *right))
    if "transposed" in flags:
        _interchange(function, is_vector, backward=False)
        _solve_triangle(function, "L", "T", "U", is_vector)
        _solve_triangle(function, "U", "T", "N", is_vector)
    else:
        _solve_triangle(function, "U", "N", "N", is_vector)
        _solve_triangle(function, "L", "N", "U", is_vector)
        _interchange(function, is_vector, backward=True)
    return function.text()


def _triangular_solve(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    right = ("x",) if is_vector else ("x", "ldx")
    function = _Function(name, element, ("n", *(() if is_vector else ("k",)), "a", "lda", *right))
    _solve_triangle(function, "U" if "lower" in flags else "L", "T" if "transposed" in flags else "N",
                    "U" if "unit_diagonal" in flags else "N", is_vector)
    return function.text()


def _solve_triangle(function: _Function, triangle: str, transposed: str, diagonal: str, is_vector: bool) -> None:
    """``X^T op(M) = B^T`` for the columns of X, or ``op(M)^T x = b``; M is what Fortran sees."""
    if is_vector:
        function.call("blas", "trsv", ("c", triangle), ("c", "N" if transposed == "T" else "T"), ("c", diagonal),
                      ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("p", "%x"), ("i", "%one"))
    else:
        function.call("blas", "trsm", ("c", "R"), ("c", triangle), ("c", transposed), ("c", diagonal), ("i", "%k"),
                      ("i", "%n"), ("1", ""), ("p", "%a"), ("i", "%lda"), ("p", "%x"), ("i", "%ldx"))


def _interchange(function: _Function, is_vector: bool, backward: bool) -> None:
    """Interchange row i with row pivots[i] - 1, for each i upwards or downwards (pivots of nan stay inside)."""
    columns, stride = ("%one", "%one") if is_vector else ("%k", "%ldx")
    element = function.element
    function.lines.append(f"""%swaps = llvm.inttoptr %pivots : i64 to !llvm.ptr
  %rows = llvm.inttoptr %x : i64 to !llvm.ptr
  %last = arith.subi %n, %one : i64
  scf.for %step = %zero to %n step %one : i64 {{
    %down = arith.subi %last, %step : i64
    %there = llvm.getelementptr %swaps[{'%down' if backward else '%step'}] : (!llvm.ptr, i64) -> !llvm.ptr, i64
    %pivot = llvm.load %there : !llvm.ptr -> i64
    %from0 = arith.subi %pivot, %one : i64
    %low = arith.maxsi %from0, %zero : i64
    %other = arith.minsi %low, %last : i64
    %r = arith.muli {'%down' if backward else '%step'}, {stride} : i64
    %s = arith.muli %other, {stride} : i64
    scf.for %j = %zero to {columns} step %one : i64 {{
      %rj = arith.addi %r, %j : i64
      %sj = arith.addi %s, %j : i64
      %p = llvm.getelementptr %rows[%rj] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %q = llvm.getelementptr %rows[%sj] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %u = llvm.load %p : !llvm.ptr -> {element}
      %w = llvm.load %q : !llvm.ptr -> {element}
      llvm.store %w, %p : {element}, !llvm.ptr
      llvm.store %u, %q : {element}, !llvm.ptr
    }}
  }}""")


_ROUTINES: dict[str, Callable[[str, str, frozenset[str], bool], str]] = {
    "lu": _lu, "cholesky": _cholesky, "slogdet": _slogdet, "lu_solve": _lu_solve, "triangular_solve": _triangular_solve}


def _append(module: Any, text: str) -> None:
    """Add the functions of `text` to the module; an external one may be there already."""
    present = {ir.StringAttr(op.operation.attributes["sym_name"]).value for op in module.body.operations
               if "sym_name" in op.operation.attributes}
    source = ir.Module.parse(text)
    for op in list(source.body.operations):
        if ir.StringAttr(op.operation.attributes["sym_name"]).value not in present:
            op.operation.detach_from_parent()
            module.body.append(op)
