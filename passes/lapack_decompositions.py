"""Decompositions as functions that call LAPACK, on one matrix: QR, singular values, eigenvalues.

The matrix is in memory column after column and is overwritten; so are the matrices of the result.  The first arguments
are extents, in the order of the loops of `dialects/decompositions.py`; then addresses, each of a matrix followed by its
leading dimension.  A routine that does not converge leaves nan in the values.
"""

from __future__ import annotations

from collections.abc import Callable

from wengert.passes.fortran import FortranFunction

FunctionText = Callable[[str, str, frozenset[str], bool], str]


def _qr(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """Extents m, n and, if the basis is complete, that of its vectors; R is written row by row."""
    complete = "complete" in flags
    vectors = "%all" if complete else "%n"
    function = FortranFunction(name, element, ("m", "n", *(["all"] if complete else []),
                                               "a", "lda", "q", "ldq", "r", "ldr"))
    tau = function.allocate("%n", function.width)
    matrix = [("p", "%a"), ("i", "%lda"), ("@", tau)]
    function.with_workspace("geqrf", [("i", "%m"), ("i", "%n"), *matrix])
    function.lines.append(f"""%from = llvm.inttoptr %a : i64 to !llvm.ptr
  %upper = llvm.inttoptr %r : i64 to !llvm.ptr
  %basis = llvm.inttoptr %q : i64 to !llvm.ptr
  %none = arith.constant 0.0 : {element}
  scf.for %j = %zero to %n step %one : i64 {{
    %column = arith.muli %j, %lda : i64
    %target = arith.muli %j, %ldq : i64
    scf.for %i = %zero to %m step %one : i64 {{
      %place = arith.addi %column, %i : i64
      %at = llvm.getelementptr %from[%place] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %x = llvm.load %at : !llvm.ptr -> {element}
      %there = arith.addi %target, %i : i64
      %to = llvm.getelementptr %basis[%there] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      llvm.store %x, %to : {element}, !llvm.ptr
      %inside = arith.cmpi slt, %i, %n : i64
      scf.if %inside {{
        %above = arith.cmpi sle, %i, %j : i64
        %y = arith.select %above, %x, %none : {element}
        %row = arith.muli %i, %ldr : i64
        %rj = arith.addi %row, %j : i64
        %goal = llvm.getelementptr %upper[%rj] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
        llvm.store %y, %goal : {element}, !llvm.ptr
      }}
    }}
  }}""")
    function.with_workspace("orgqr", [("i", "%m"), ("i", vectors), ("i", "%n"), ("p", "%q"), ("i", "%ldq"),
                                      ("@", tau)])
    function.free(tau)
    return function.text()


def _svd(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """Extents m, n, k (singular values) and, of complete bases, m and n again."""
    complete = "complete" in flags
    function = FortranFunction(name, element, ("m", "n", "k", *(["all_u", "all_v"] if complete else []),
                                               "a", "lda", "s", "u", "ldu", "v", "ldv"))
    _gesdd(function, "A" if complete else "S", [("p", "%u"), ("i", "%ldu"), ("p", "%v"), ("i", "%ldv")])
    return function.text()


def _svdvals(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """Extents m, n, k."""
    function = FortranFunction(name, element, ("m", "n", "k", "a", "lda", "s"))
    _gesdd(function, "N", [("p", "%a"), ("i", "%m"), ("p", "%a"), ("i", "%n")])
    return function.text()


def _gesdd(function: FortranFunction, job: str, vectors: list[tuple[str, str]]) -> None:
    function.lines.append("%eight = llvm.mlir.constant(8 : i64) : i64\n  %integers = arith.muli %k, %eight : i64")
    integers = function.allocate("%integers", 4)
    matrix = [("c", job), ("i", "%m"), ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("p", "%s")]
    info = function.with_workspace("gesdd", [*matrix, *vectors], [("@", integers)])
    function.nan_where_failed(info, "%k", "%s")
    function.free(integers)


def _eigh(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """Extents n, n; the eigenvectors take the place of the matrix."""
    function = FortranFunction(name, element, ("m", "n", "a", "lda", "w"))
    job = "V" if "vectors" in flags else "N"
    function.lines.append("""%three = llvm.mlir.constant(3 : i64) : i64
  %five = llvm.mlir.constant(5 : i64) : i64
  %times = arith.muli %n, %five : i64
  %integers = arith.addi %times, %three : i64""")
    integers = function.allocate("%integers", 4)
    matrix = [("c", job), ("c", "U" if "upper" in flags else "L"), ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("p", "%w")]
    info = function.with_workspace("syevd", matrix, [("@", integers), ("i", "%integers")])
    function.nan_where_failed(info, "%n", "%w")
    function.free(integers)
    return function.text()


def _eig(name: str, element: str, flags: frozenset[str], is_vector: bool) -> str:
    """Extents n, n.  LAPACK packs the vectors of a pair of conjugate eigenvalues: the real parts in the column of the
    first, which has the positive imaginary part, and its imaginary parts in that of the second."""
    wanted = "vectors" in flags
    outputs = ("vr", "ldvr", "vi", "ldvi") if wanted else ()
    function = FortranFunction(name, element, ("m", "n", "a", "lda", "wr", "wi", *outputs))
    function.lines.append("%square = arith.muli %n, %n : i64\n  %ld = arith.maxsi %n, %one : i64")
    packed = function.allocate("%square" if wanted else "%one", function.width)
    matrix = [("c", "N"), ("c", "V" if wanted else "N"), ("i", "%n"), ("p", "%a"), ("i", "%lda"), ("p", "%wr"),
              ("p", "%wi"), ("@", packed), ("i", "%ld"), ("@", packed), ("i", "%ld")]
    info = function.with_workspace("geev", matrix)
    function.nan_where_failed(info, "%n", "%wr")
    if wanted:
        function.lines.append(f"""%imaginary = llvm.inttoptr %wi : i64 to !llvm.ptr
  %re = llvm.inttoptr %vr : i64 to !llvm.ptr
  %im = llvm.inttoptr %vi : i64 to !llvm.ptr
  %none = arith.constant 0.0 : {element}
  %plus = arith.constant 1.0 : {element}
  %minus = arith.constant -1.0 : {element}
  scf.for %j = %zero to %n step %one : i64 {{
    %at = llvm.getelementptr %imaginary[%j] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
    %w = llvm.load %at : !llvm.ptr -> {element}
    %first = arith.cmpf ogt, %w, %none : {element}
    %second = arith.cmpf olt, %w, %none : {element}
    %before = arith.subi %j, %one : i64
    %behind = arith.addi %j, %one : i64
    %of_re = arith.select %second, %before, %j : i64
    %of_im = arith.select %first, %behind, %j : i64
    %positive = arith.select %first, %plus, %none : {element}
    %sign = arith.select %second, %minus, %positive : {element}
    %column_re = arith.muli %of_re, %n : i64
    %column_im = arith.muli %of_im, %n : i64
    scf.for %i = %zero to %n step %one : i64 {{
      %from_re = arith.addi %column_re, %i : i64
      %from_im = arith.addi %column_im, %i : i64
      %p = llvm.getelementptr {packed}[%from_re] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %q = llvm.getelementptr {packed}[%from_im] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %x = llvm.load %p : !llvm.ptr -> {element}
      %y0 = llvm.load %q : !llvm.ptr -> {element}
      %y = arith.mulf %sign, %y0 : {element}
      %row_re = arith.muli %i, %ldvr : i64
      %row_im = arith.muli %i, %ldvi : i64
      %to_re = arith.addi %row_re, %j : i64
      %to_im = arith.addi %row_im, %j : i64
      %r = llvm.getelementptr %re[%to_re] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      %s = llvm.getelementptr %im[%to_im] : (!llvm.ptr, i64) -> !llvm.ptr, {element}
      llvm.store %x, %r : {element}, !llvm.ptr
      llvm.store %y, %s : {element}, !llvm.ptr
    }}
  }}""")
    function.free(packed)
    return function.text()


#: By the names that lowerings give.
DECOMPOSITIONS: dict[str, FunctionText] = {"qr": _qr, "svd": _svd, "svdvals": _svdvals, "eigh": _eigh, "eig": _eig}
