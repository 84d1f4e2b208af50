"""Matrices that scipy.linalg builds from a few numbers, and its names of functions that NumPy has too."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.linalg

from wengert.dialects.errors import WengertLinAlgError, WengertValueError
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail


@program(scipy.linalg.block_diag)
def block_diag(*arrs: Any) -> Any:
    blocks = [np.atleast_2d(a) for a in arrs] if arrs else [np.zeros((1, 0))]
    dtype = np.result_type(*[a.dtype for a in blocks])
    rows, columns = [a.shape[0] for a in blocks], [a.shape[1] for a in blocks]
    out = np.zeros((sum(rows), sum(columns)), dtype=dtype)
    for k, a in enumerate(blocks):
        top, left = sum(rows[:k]), sum(columns[:k])
        out[top:top + rows[k], left:left + columns[k]] = a
    return out


@program(scipy.linalg.toeplitz)
def toeplitz(c: Any, r: Any = None) -> Any:
    """``[i, j]`` is c[i - j], or r[j - i] above the diagonal."""
    c = np.ravel(c)
    r = c if r is None else np.ravel(r)
    values = np.concatenate((r[:0:-1], c))
    return values[_counted(c.shape[0])[:, None] - _counted(r.shape[0]) + (r.shape[0] - 1)]


@program(scipy.linalg.hankel)
def hankel(c: Any, r: Any = None) -> Any:
    """``[i, j]`` is element i + j of c followed by r[1:]; zeros where r is left out."""
    c = np.ravel(c)
    r = np.zeros_like(c) if r is None else np.ravel(r)
    return np.concatenate((c, r[1:]))[_counted(c.shape[0])[:, None] + _counted(r.shape[0])]


@program(scipy.linalg.circulant)
def circulant(c: Any) -> Any:
    """``[i, j]`` is c[i - j], counted round."""
    c = np.asarray(c)
    n = c.shape[-1]
    return c[..., (_counted(n)[:, None] - _counted(n)) % n]


def _counted(n: int) -> Any:
    return np.arange(n)


@program(scipy.linalg.inv)
def inv(a: Any, overwrite_a: Any = False, check_finite: Any = True, assume_a: Any = None, lower: Any = False) -> Any:
    if assume_a in (None, "gen", "general"):
        return np.linalg.inv(a)
    a = np.asarray(a)
    return scipy.linalg.solve(a, np.eye(a.shape[-1], dtype=a.dtype), lower=lower, assume_a=assume_a)


@program(scipy.linalg.det)
def det(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.det(a)


@program(scipy.linalg.norm)
def norm(a: Any, ord: Any = None, axis: Any = None, keepdims: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.norm(a, ord, axis, keepdims)


@program(scipy.linalg.pinv)
def pinv(a: Any, *, atol: Any = None, rtol: Any = None, return_rank: Any = False, check_finite: Any = True) -> Any:
    if atol is not None or return_rank:
        fail("scipy.linalg.pinv with atol= or return_rank= is not covered", help="use rtol=")
    return np.linalg.pinv(a, rtol=rtol)


@program(scipy.linalg.qr)
def qr(a: Any, overwrite_a: Any = False, lwork: Any = None, mode: Any = "full", pivoting: Any = False,
       check_finite: Any = True) -> Any:
    if pivoting:
        fail("scipy.linalg.qr with pivoting is not covered", help="use the singular values, np.linalg.svd")
    if mode not in ("full", "r", "economic"):
        fail("Mode argument should be one of ['full', 'r', 'economic', 'raw']", error=WengertValueError)
    q, r = np.linalg.qr(a, mode="reduced" if mode == "economic" else "complete")
    return (r,) if mode == "r" else (q, r)


@program(scipy.linalg.svd)
def svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, overwrite_a: Any = False, check_finite: Any = True,
        lapack_driver: Any = "gesdd") -> Any:
    if not compute_uv:
        return np.linalg.svdvals(a)
    u, s, vh = np.linalg.svd(a, full_matrices=full_matrices)
    return u, s, vh


@program(scipy.linalg.svdvals)
def svdvals(a: Any, overwrite_a: Any = False, check_finite: Any = True) -> Any:
    return np.linalg.svdvals(a)


@program(scipy.linalg.eigh)
def eigh(a: Any, b: Any = None, *, lower: Any = True, eigvals_only: Any = False, overwrite_a: Any = False,
         overwrite_b: Any = False, type: Any = 1, check_finite: Any = True, subset_by_index: Any = None,
         subset_by_value: Any = None, driver: Any = None) -> Any:
    """``a v = b v diag(w)`` (type 1): with b = L L^T, the eigenvectors of L^-1 a L^-T are L^T v."""
    if subset_by_value is not None:
        fail("scipy.linalg.eigh with subset_by_value= is not covered", why="how many there are depends on the data",
             help="use subset_by_index=, or select with a mask")
    if type != 1:
        fail("scipy.linalg.eigh with type other than 1 is not covered")
    triangle: Any = "L" if lower else "U"
    if b is None:
        standard, back = np.asarray(a), None
    else:
        back = np.linalg.cholesky(b if lower else np.swapaxes(np.asarray(b), -1, -2))
        half = np.tril(a) if lower else np.triu(a)
        whole = half + np.swapaxes(np.tril(a, -1) if lower else np.triu(a, 1), -1, -2)
        left = scipy.linalg.solve_triangular(back, whole, lower=True)
        standard = scipy.linalg.solve_triangular(back, np.swapaxes(left, -1, -2), lower=True)
    first, last = (0, standard.shape[-1] - 1) if subset_by_index is None else subset_by_index
    if eigvals_only:
        return np.linalg.eigvalsh(standard, triangle)[..., first:last + 1]
    w, v = np.linalg.eigh(standard, triangle)
    v = v[..., :, first:last + 1]
    return w[..., first:last + 1], v if back is None else scipy.linalg.solve_triangular(back, v, trans=1, lower=True)


@program(scipy.linalg.eigvalsh)
def eigvalsh(a: Any, b: Any = None, *, lower: Any = True, overwrite_a: Any = False, overwrite_b: Any = False,
             type: Any = 1, check_finite: Any = True, subset_by_index: Any = None, subset_by_value: Any = None,
             driver: Any = None) -> Any:
    return eigh(a, b, lower=lower, eigvals_only=True, type=type, subset_by_index=subset_by_index,
                subset_by_value=subset_by_value)


@program(scipy.linalg.lstsq)
def lstsq(a: Any, b: Any, cond: Any = None, overwrite_a: Any = False, overwrite_b: Any = False,
          check_finite: Any = True, lapack_driver: Any = None) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    if a.ndim != 2:
        fail("Input array a should be 2D", error=WengertValueError)
    if a.shape[0] != b.shape[0]:
        fail("Shape mismatch: a and b should have the same number of rows "
             f"({a.shape[0]} != {b.shape[0]}).", error=WengertLinAlgError)
    x, squares, rank, s = np.linalg.lstsq(a, b, np.finfo(np.result_type(a.dtype, 1.0)).eps if cond is None else cond)
    if b.ndim == 1 and a.shape[0] > a.shape[1]:
        squares = squares[0]
    return x, squares, np.int64(rank), s


@program(scipy.linalg.eig)
def eig(a: Any, b: Any = None, left: Any = False, right: Any = True, overwrite_a: Any = False, overwrite_b: Any = False,
        check_finite: Any = True, homogeneous_eigvals: Any = False) -> Any:
    if b is not None or left or homogeneous_eigvals:
        fail("scipy.linalg.eig with b=, left= or homogeneous_eigvals= is not covered",
             help="of a regular b, take np.linalg.eig(np.linalg.solve(b, a))")
    if not right:
        return np.linalg.eigvals(a)
    w, v = np.linalg.eig(a)
    return w, v


@program(scipy.linalg.eigvals)
def eigvals(a: Any, b: Any = None, overwrite_a: Any = False, check_finite: Any = True,
            homogeneous_eigvals: Any = False) -> Any:
    return eig(a, b, right=False, homogeneous_eigvals=homogeneous_eigvals)
