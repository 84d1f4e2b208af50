"""Factorisations and solves as functions that call LAPACK and BLAS, on one matrix.

The first arguments are extents: the rows and columns of the matrix, and the columns of a right-hand side that is one.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.passes.fortran import FortranFunction
from wengert.passes.fourier_functions import TRANSFORMS
from wengert.passes.lapack_decompositions import DECOMPOSITIONS


def _lu(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """The pivots, 32 bits wide as Fortran writes them, are widened in their place, from the last to the first."""
    function = FortranFunction(name, element, ("m", "n", "a", "lda", "pivots"))
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
    function = FortranFunction(name, element, ("m", "n", "a", "lda"))
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
    function = FortranFunction(name, element, ("m", "n", "a", "lda", "pivots", "sign", "logabs"))
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
    """``A = P L U``: A^T = U^T L^T P^T, where P^T interchanges rows in the order of the pivots."""
    right = ("x",) if is_vector else ("x", "ldx")
    extents = ("m", "n") if is_vector else ("m", "n", "k")
    function = FortranFunction(name, element, (*extents, "a", "lda", "pivots", *right))
    if "transposed" not in flags:
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
    extents = ("m", "n") if is_vector else ("m", "n", "k")
    function = FortranFunction(name, element, (*extents, "a", "lda", *right))
    _solve_triangle(function, "U" if "lower" in flags else "L", "T" if "transposed" in flags else "N",
                    "U" if "unit_diagonal" in flags else "N", is_vector)
    return function.text()


def _solve_triangle(function: FortranFunction, triangle: str, transposed: str, diagonal: str, is_vector: bool) -> None:
    """``X^T op(M) = B^T`` for the columns of X, or ``op(M)^T x = b``; M is what Fortran sees."""
    if is_vector:
        function.call("blas", "trsv", ("c", triangle), ("c", "N" if transposed == "T" else "T"), ("c", diagonal),
                      ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("p", "%x"), ("i", "%one"))
    else:
        function.call("blas", "trsm", ("c", "R"), ("c", triangle), ("c", transposed), ("c", diagonal), ("i", "%k"),
                      ("i", "%n"), ("1", ""), ("p", "%a"), ("i", "%lda"), ("p", "%x"), ("i", "%ldx"))


def _interchange(function: FortranFunction, is_vector: bool, backward: bool) -> None:
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


#: The text of the function for (its name, the element type, flags, whether the last operand is a vector).
FUNCTIONS: dict[str, Callable[[str, str, frozenset[str], bool], str]] = {
    "lu": _lu, "cholesky": _cholesky, "slogdet": _slogdet, "lu_solve": _lu_solve, "triangular_solve": _triangular_solve,
    **DECOMPOSITIONS, **TRANSFORMS}
