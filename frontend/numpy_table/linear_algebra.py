"""Linear algebra of NumPy and SciPy, for stacks of matrices too: LU and what follows from it, Cholesky, triangles.

A matrix that is singular, or not positive definite, is a run-time error that names the line, like NumPy's LinAlgError.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from wengert.dialects import linear_algebra as ops
from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary, compare, unary
from wengert.frontend.broadcasting import broadcast_shapes, is_empty, same_extent
from wengert.frontend.conversions import promote
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import array_operand
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.diagonals import diagonal_mask, eye
from wengert.frontend.numpy_table.matrices import (
    checked_equal,
    cut,
    emitted,
    floats,
    in_double,
    require,
    square_matrices,
    stacked,
    wrapped,
)
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import swapaxes
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box, shape_text

# ---------------------------------------------------------------- by LU


def _factored(a: Array) -> tuple[Any, Any]:
    """The factors and the pivots of a stack of square matrices."""
    factors, pivots = emitted(ops.lu, a.read())
    return factors, pivots


def _sign_and_logarithm(a: Array, factored: tuple[Any, Any]) -> tuple[Any, Any]:
    results = emitted(ops.slogdet, *factored)
    sign, logarithm = (wrapped(value, a.shape[:-2], a.element) for value in results)
    return sign, logarithm


def solved(a: Array, b: Array, singular: str = "Singular matrix") -> Array:
    """x with a x = b, both of one element type and with the same leading dimensions; an error if a is `singular`."""
    if is_empty(b.shape):
        return b
    factors, pivots = _factored(a)
    require(compare("NotEq", _sign_and_logarithm(a, (factors, pivots))[0], 0.0), singular)
    return Box(emitted(ops.lu_solve, factors, pivots, b.read()), b.shape, b.element)


@covers(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    """``x`` with ``a @ x = b``: b is a vector if it has one dimension, else a stack of matrices."""
    return in_double(solved, *_system(a, b, "numpy.linalg.solve"))


def _system(a: Any, b: Any, what: str) -> tuple[Array, Array]:
    """A matrix and a right-hand side of one element type, stacks broadcast to the same leading dimensions."""
    a, b = square_matrices(a, what), floats(array_operand(b))
    element = promote(a.kind, b.kind).element
    a, b = converted(a, element), converted(b, element)
    columns = () if b.ndim == 1 else b.shape[-1:]
    rows = b.shape[0] if b.ndim == 1 else b.shape[-2]
    if not same_extent(rows, a.shape[-1]) and not (isinstance(rows, int) and isinstance(a.shape[-1], int)):
        n = checked_equal(a.shape[-1], rows, f"{what}: shapes do not fit")
        a, b = cut(a, (*a.shape[:-2], n, n)), cut(b, (n, *columns) if b.ndim == 1 else (*b.shape[:-2], n, *columns))
        rows = n
    elif not same_extent(rows, a.shape[-1]):
        fail(f"{what}: shapes {shape_text(a.shape)} and {shape_text(b.shape)} do not fit", error=WengertValueError,
             help="the right-hand side has as many rows as the matrix; stacks of vectors need b[..., None]")
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return stacked(a, (*batch, *a.shape[-2:])), stacked(b, (*batch, rows, *columns))


@covers(np.linalg.inv)
def inv(a: Any) -> Any:
    return in_double(inverted, square_matrices(a, "numpy.linalg.inv"))


def inverted(a: Array, singular: str = "Singular matrix") -> Any:
    unit = converted(eye(a.shape[-1]), a.element)
    return solved(a, stacked(unit, tuple(a.shape)), singular)


@covers(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    """``sign, logabsdet``; of a singular matrix 0 and -inf."""
    from numpy.linalg._linalg import SlogdetResult

    return SlogdetResult(*in_double(sign_and_logarithm, square_matrices(a, "numpy.linalg.slogdet")))


def sign_and_logarithm(a: Array) -> tuple[Any, Any]:
    if is_empty(a.shape[-1:]):
        return filled(a.shape[:-2], 1, a.element), filled(a.shape[:-2], 0, a.element)
    return _sign_and_logarithm(a, _factored(a))


@covers(np.linalg.det)
def det(a: Any) -> Any:
    return in_double(determinant, square_matrices(a, "numpy.linalg.det"))


def determinant(a: Array) -> Any:
    from wengert.frontend.calls import call

    sign, logarithm = sign_and_logarithm(a)
    return binary("Mult", sign, call(np.exp, logarithm))


@covers(scipy.linalg.lu_factor)
def lu_factor(a: Any, overwrite_a: Any = False, check_finite: bool = True) -> Any:
    """``lu, piv``: L below the diagonal and U from it on, and the row that each row was interchanged with."""
    a = square_matrices(a, "scipy.linalg.lu_factor")
    if is_empty(a.shape):
        return a, filled(a.shape[:-1], 0, "i32")
    factors, pivots = _factored(a)
    packed = Box(emitted(ops.lu_triangles, factors, pivots), a.shape, a.element)
    return packed, converted(binary("Sub", Box(pivots, a.shape[:-1], "i64"), 1), "i32")


# ---------------------------------------------------------------- triangles


@covers(np.linalg.cholesky)
def cholesky(a: Any, /, *, upper: bool = False) -> Any:
    """L with ``a = L @ L.T``, from the lower triangle of a; or its transpose, from the upper one."""
    a = square_matrices(a, "numpy.linalg.cholesky")
    return in_double(lambda a: cholesky_factor(a, lower=not upper), a)


def cholesky_factor(a: Array, lower: bool) -> Any:
    """From the triangle that the factor has."""
    if not lower:
        return swapaxes(cholesky_factor(swapaxes(a, -1, -2), True), -1, -2)
    if is_empty(a.shape):
        return a
    factor = Box(emitted(ops.cholesky, a.read()), a.shape, a.element)
    first = getitem(factor, (..., 0, 0))
    require(compare("Eq", first, first), "Matrix is not positive definite")
    return factor


@covers(scipy.linalg.solve_triangular)
def solve_triangular(a: Any, b: Any, trans: Any = 0, lower: bool = False, unit_diagonal: bool = False,
                     overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """``x`` with ``T x = b``, or ``T.T x = b`` for trans=1 or "T", where T is a triangle of a."""
    a, b = _system(a, b, "scipy.linalg.solve_triangular")
    if trans not in (0, 1, 2, "N", "T", "C"):
        fail(f"trans={trans!r} is none of 0, 1, 2, 'N', 'T', 'C'", error=WengertValueError,
             help="0 or 'N' solves with the triangle, 1 or 'T' with its transpose")
    if is_empty(b.shape):
        return b
    if not unit_diagonal:
        outside = compare("Eq", a, 0.0)
        on_diagonal = stacked(diagonal_mask(a.shape[-2], a.shape[-1], 0), tuple(a.shape))
        require(unary("Invert", binary("BitAnd", outside, on_diagonal)), "singular matrix: a zero on its diagonal")
    flags = {"lower": bool(lower), "transposed": trans not in (0, "N"), "unit_diagonal": bool(unit_diagonal)}
    return Box(emitted(ops.triangular_solve, a.read(), b.read(), **flags), b.shape, b.element)


@covers(scipy.linalg.cho_solve)
def cho_solve(c_and_lower: Any, b: Any, overwrite_b: bool = False, check_finite: bool = True) -> Any:
    """``x`` with ``a x = b`` from ``(c, lower)``, a Cholesky factor of a and which triangle it is in."""
    factor, lower = c_and_lower
    half_way = solve_triangular(factor, b, trans=0 if lower else 1, lower=lower)
    return solve_triangular(factor, half_way, trans=1 if lower else 0, lower=lower)
