"""Systems with structure, and functions of matrices: banded, Toeplitz and Cholesky solves, the exponential.

SciPy's signatures; the loops become loops of the IR, and derivatives go through them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from wengert.dialects.errors import WengertLinAlgError, WengertValueError
from wengert.frontend.numpy_table.matrices import require
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail

SINGULAR, NOT_POSITIVE = "singular matrix", "the matrix is not positive definite"


def _floats(x: Any) -> Any:
    x = np.asarray(x)
    return x if x.dtype in (np.float64, np.float32) else x.astype(np.float64)


# ---------------------------------------------------------------- general and positive definite systems


@program(scipy.linalg.solve)
def solve(a: Any, b: Any, lower: Any = False, overwrite_a: Any = False, overwrite_b: Any = False,
          check_finite: Any = True, assume_a: Any = None, transposed: Any = False) -> Any:
    a, b = _floats(a), _floats(b)
    if assume_a in ("upper triangular", "lower triangular"):
        return scipy.linalg.solve_triangular(a, b, trans=1 if transposed else 0, lower=assume_a[0] == "l")
    if assume_a in ("pos", "positive definite"):
        return scipy.linalg.cho_solve((scipy.linalg.cholesky(a, lower=lower), lower), b)
    if assume_a in ("sym", "symmetric", "her", "hermitian"):
        half = np.tril(a, -1) if lower else np.triu(a, 1)
        a = half + np.swapaxes(half, -1, -2) + np.linalg.diagonal(a)[..., None] * np.eye(a.shape[-1], dtype=a.dtype)
    elif assume_a not in (None, "gen", "general", "diag", "diagonal", "tridiagonal", "banded"):
        fail(f"{assume_a} is not a recognized matrix structure", error=WengertValueError)
    return np.linalg.solve(np.swapaxes(a, -1, -2) if transposed else a, b)


@program(scipy.linalg.cholesky)
def cholesky(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.cholesky(a, upper=not lower)


@program(scipy.linalg.cho_factor)
def cho_factor(a: Any, lower: Any = False, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    """The factor in its triangle; the other triangle is that of a, as SciPy leaves it."""
    a = _floats(a)
    factor = np.linalg.cholesky(a, upper=not lower)
    return factor + (np.triu(a, 1) if lower else np.tril(a, -1)), lower


@program(scipy.linalg.lu_solve)
def lu_solve(lu_and_piv: Any, b: Any, trans: Any = 0, overwrite_b: Any = False, check_finite: Any = True) -> Any:
    """``a x = b``, or ``a.T x = b`` for trans=1, from what `lu_factor` returns: a = P L U."""
    packed, pivots = lu_and_piv
    b = _floats(b)
    if packed.shape[0] != b.shape[0]:
        fail(f"Shapes of lu {packed.shape} and b {b.shape} are incompatible", error=WengertValueError)
    order = permutation(pivots)
    if trans == 0:
        half_way = scipy.linalg.solve_triangular(packed, b[order], lower=True, unit_diagonal=True)
        return scipy.linalg.solve_triangular(packed, half_way)
    half_way = scipy.linalg.solve_triangular(packed, b, trans=1)
    permuted = scipy.linalg.solve_triangular(packed, half_way, trans=1, lower=True, unit_diagonal=True)
    return permuted[np.argsort(order)]


def permutation(pivots: Any) -> Any:
    """The order of the rows after all interchanges: row k is interchanged with row pivots[k], one after another."""
    order = np.arange(pivots.shape[0])
    for k in range(pivots.shape[0]):
        other = pivots[k]
        kept = order[k]
        order[k] = order[other]
        order[other] = kept
    return order


@program(scipy.linalg.lu)
def lu(a: Any, permute_l: Any = False, overwrite_a: Any = False, check_finite: Any = True,
       p_indices: Any = False) -> Any:
    """p, l, u with ``a = p @ l @ u``, of a square matrix."""
    a = _floats(a)
    if a.ndim != 2 or a.shape[0] != a.shape[1]:
        fail("scipy.linalg.lu of an array that is no square matrix is not covered")
    n = a.shape[0]
    packed, pivots = scipy.linalg.lu_factor(a)
    low, up = np.tril(packed, -1) + np.eye(n, dtype=a.dtype), np.triu(packed)
    inverse = np.argsort(permutation(pivots)).astype(np.int32)
    if permute_l:
        return low[inverse], up
    return (inverse if p_indices else np.eye(n, dtype=a.dtype)[inverse]), low, up


# ---------------------------------------------------------------- banded systems


@program(scipy.linalg.solve_banded)
def solve_banded(l_and_u: Any, ab: Any, b: Any, overwrite_ab: Any = False, overwrite_b: Any = False,
                 check_finite: Any = True) -> Any:
    """Gaussian elimination with partial pivoting inside of the band; ``ab[u + i - j, j] = a[i, j]``."""
    below, above = l_and_u
    ab, b = _floats(ab), _floats(b)
    n = ab.shape[-1]
    if n != b.shape[0]:
        fail("shapes of ab and b are not compatible.", error=WengertValueError)
    if below + above + 1 != ab.shape[0]:
        fail(f"invalid values for the number of lower and upper diagonals: l+u+1 ({below + above + 1}) does not equal "
             f"ab.shape[0] ({ab.shape[0]})", error=WengertValueError)
    dtype = np.result_type(ab.dtype, b.dtype)
    width = above + below + 1  # of a row of U, from its diagonal on
    rows = np.zeros((n, below + width), dtype=dtype)  # a[i, j] = rows[i, j - i + below]
    for d in list(range(-below, above + 1)):
        if abs(d) < n:
            rows[max(0, -d):n - max(0, d), d + below] = ab[above - d, max(0, d):n - max(0, -d)]
    x = (b[:, None] if b.ndim == 1 else b).astype(dtype)
    for k in range(n):
        last = min(k + below, n - 1)
        best, place = abs(rows[k, below]), k
        for i in range(k + 1, last + 1):
            size = abs(rows[i, k - i + below])
            if size > best:
                best, place = size, i
        require(best > 0.0, SINGULAR)
        if place != k:
            for t in range(width):
                kept = rows[k, below + t]
                rows[k, below + t] = rows[place, k - place + below + t]
                rows[place, k - place + below + t] = kept
            for c in range(x.shape[1]):
                kept = x[k, c]
                x[k, c] = x[place, c]
                x[place, c] = kept
        for i in range(k + 1, last + 1):
            factor = rows[i, k - i + below] / rows[k, below]
            for t in range(1, width):
                rows[i, k - i + below + t] -= factor * rows[k, below + t]
            for c in range(x.shape[1]):
                x[i, c] -= factor * x[k, c]
    for step in range(n):
        k = n - 1 - step
        for c in range(x.shape[1]):
            total = x[k, c]
            for t in range(1, min(width, n - k)):
                total -= rows[k, below + t] * x[k + t, c]
            x[k, c] = total / rows[k, below]
    return x[:, 0] if b.ndim == 1 else x


@program(scipy.linalg.solveh_banded)
def solveh_banded(ab: Any, b: Any, overwrite_ab: Any = False, overwrite_b: Any = False, lower: Any = False,
                  check_finite: Any = True) -> Any:
    """The Cholesky factor of the band; ``ab[u + i - j, j] = a[i, j]`` for i <= j, or ``ab[i - j, j]`` with `lower`."""
    ab, b = _floats(ab), _floats(b)
    n, bands = ab.shape[-1], ab.shape[0]
    if n != b.shape[0]:
        fail("shapes of ab and b are not compatible.", error=WengertValueError)
    dtype = np.result_type(ab.dtype, b.dtype)
    rows = np.zeros((n, bands), dtype=dtype)  # rows[i, d] = a[i, i - d], then the factor's
    for d in list(range(min(bands, n))):
        rows[d:, d] = ab[d, :n - d] if lower else ab[bands - 1 - d, d:]
    x = (b[:, None] if b.ndim == 1 else b).astype(dtype)
    for i in range(n):
        first = max(0, i - bands + 1)
        for j in range(first, i + 1):
            total = rows[i, i - j]
            for k in range(max(first, j - bands + 1), j):
                total -= rows[i, i - k] * rows[j, j - k]
            if j < i:
                rows[i, i - j] = total / rows[j, 0]
            else:
                require(total > 0.0, NOT_POSITIVE)
                rows[i, 0] = np.sqrt(total)
        for c in range(x.shape[1]):
            total = x[i, c]
            for k in range(first, i):
                total -= rows[i, i - k] * x[k, c]
            x[i, c] = total / rows[i, 0]
    for step in range(n):
        i = n - 1 - step
        for c in range(x.shape[1]):
            total = x[i, c]
            for k in range(i + 1, min(n, i + bands)):
                total -= rows[k, k - i] * x[k, c]
            x[i, c] = total / rows[i, 0]
    return x[:, 0] if b.ndim == 1 else x


# ---------------------------------------------------------------- Toeplitz systems


@program(scipy.linalg.solve_toeplitz)
def solve_toeplitz(c_or_cr: Any, b: Any, check_finite: Any = True) -> Any:
    """Levinson's recursion in O(n^2): `forward` and `backward` solve the leading systems for the first and the last
    unit vector (Golub and Van Loan, Matrix Computations, 4.7)."""
    column, row = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, c_or_cr)
    column, row, b = np.ravel(_floats(column)), np.ravel(_floats(row)), _floats(b)
    n = column.shape[0]
    if b.shape[0] != n:
        fail("Input arrays have incompatible shapes: "
             f"b.shape[0] = {b.shape[0]} and the matrix has {n} rows", error=WengertValueError)
    right = b[:, None] if b.ndim == 1 else b
    require(column[0] != 0.0, "Singular principal minor")
    forward, backward, x = np.zeros(n), np.zeros(n), np.zeros(right.shape)
    forward[0] = 1.0 / column[0]
    backward[0] = 1.0 / column[0]
    x[0] = right[0] / column[0]
    for m in range(1, n):
        of_forward, of_backward = 0.0, 0.0
        for i in range(m):
            of_forward += column[m - i] * forward[i]
            of_backward += row[i + 1] * backward[i]
        scale = 1.0 - of_forward * of_backward
        require(scale != 0.0, "Singular principal minor")
        before = 0.0  # element i - 1 of `backward`, which is overwritten
        for i in range(m + 1):
            f, g = forward[i], before
            before = backward[i]
            forward[i] = (f - of_forward * g) / scale
            backward[i] = (g - of_backward * f) / scale
        for c in range(right.shape[1]):
            missing = right[m, c]
            for i in range(m):
                missing -= column[m - i] * x[i, c]
            for i in range(m + 1):
                x[i, c] += missing * backward[i]
    return x[:, 0] if b.ndim == 1 else x


# ---------------------------------------------------------------- the exponential

#: Coefficients of the numerator of the Pade approximant [13/13], and the largest norm it is accurate for
#: (Higham, The scaling and squaring method for the matrix exponential revisited, 2005).
PADE = (64764752532480000.0, 32382376266240000.0, 7771770303897600.0, 1187353796428800.0, 129060195264000.0,
        10559470521600.0, 670442572800.0, 33522128640.0, 1323241920.0, 40840800.0, 960960.0, 16380.0, 182.0, 1.0)
LARGEST_NORM = 5.371920351148152


@program(scipy.linalg.expm)
def expm(A: Any) -> Any:
    A = _floats(A)
    if A.ndim < 2:
        fail("The input array must be at least two-dimensional", error=WengertLinAlgError)
    if A.shape[-1] != A.shape[-2]:
        fail("Last 2 dimensions of the array must be square", error=WengertLinAlgError)
    if A.size == 0:
        return np.zeros_like(A)
    if A.ndim == 2:
        return _expm(A)
    matrices = np.reshape(A, (-1, A.shape[-2], A.shape[-1]))
    result = np.zeros_like(matrices)
    for k in range(matrices.shape[0]):
        result[k] = _expm(matrices[k])
    return np.reshape(result, A.shape)


def _expm(a: Any) -> Any:
    """The approximant of a / 2^s, squared s times."""
    size = np.max(np.sum(np.abs(a), axis=0))
    scale, squarings = 1.0, 0
    while size * scale > LARGEST_NORM:
        scale *= 0.5
        squarings += 1
    a = (a * scale).astype(a.dtype)
    one = np.eye(a.shape[0], dtype=a.dtype)
    a2 = a @ a
    a4 = a2 @ a2
    a6 = a2 @ a4
    odd = a @ (a6 @ (PADE[13] * a6 + PADE[11] * a4 + PADE[9] * a2)
               + PADE[7] * a6 + PADE[5] * a4 + PADE[3] * a2 + PADE[1] * one)
    even = (a6 @ (PADE[12] * a6 + PADE[10] * a4 + PADE[8] * a2)
            + PADE[6] * a6 + PADE[4] * a4 + PADE[2] * a2 + PADE[0] * one)
    result = np.linalg.solve(even - odd, even + odd)
    for _ in range(squarings):
        result = result @ result
    return result
