"""Functions of matrices with derivatives of their own: the pseudoinverse, least squares, eigenvalues of any matrix.

The first two have derivatives where the rank does not change.
Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate
(1973): with P the pseudoinverse of A,

    dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P

Nothing is divided by differences of singular values, so that equal ones do no harm.  The formula takes singular values
that count as zero to be zero; where a larger part of the matrix is left out, there is an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.decompositions import EQUAL_EIGENVALUES
from wengert.frontend.custom_rules import custom_jvp
from wengert.frontend.numpy_table.decompositions import general_eigenvalues, general_eigenvectors
from wengert.frontend.numpy_table.matrices import checked

LEFT_OUT = (
    "the derivative of a pseudoinverse that leaves out singular values which are not zero\n"
    "its formula holds for matrices of constant rank\n"
    "choose rcond so that only rounding errors are below it")
OF_LOWER_RANK = (
    "the residuals of a matrix without full rank\n"
    "numpy.linalg.lstsq returns an array without elements there, and shapes are decided while compiling\n"
    "compute the residuals from the solution")


DEFECTIVE = (
    "the derivative of the eigenvalues of a matrix without a basis of eigenvectors\n"
    "they change like a root of what the matrix changes by\n"
    "differentiate a function of the matrix that is smooth there, such as its trace or its exponential")


def of_full_rank(residuals: Any, ok: Any) -> Any:
    return checked(residuals, ok, "ValueError", OF_LOWER_RANK)


def _flipped(a: Any) -> Any:
    return np.swapaxes(a, -1, -2)


def _inverted(s: Any, rcond: Any) -> Any:
    """1/s where s counts as more than zero."""
    relative = rcond if np.ndim(rcond) == 0 else rcond[..., None]
    large = s > relative * np.max(s, axis=-1, keepdims=True)
    return np.where(large, 1.0 / np.where(large, s, np.ones_like(s)), np.zeros_like(s))


def _of_constant_rank(a: Any, p: Any) -> Any:
    """The pseudoinverse as its derivative may use it: an error unless a = a p a."""
    scale = np.max(np.abs(a))
    bound = 1000.0 * np.finfo(a.dtype).eps * scale * (1.0 + scale * np.max(np.abs(p))) * a.size
    return checked(p, np.max(np.abs(a @ p @ a - a)) <= bound, "GradientError", LEFT_OUT)


@custom_jvp
def pseudoinverse(a: Any, rcond: Any) -> Any:
    """Of a stack of matrices; `rcond`, a number or one a matrix, times the largest singular value counts as zero."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return _flipped(vh) @ (_inverted(s, rcond)[..., None] * _flipped(u))


@pseudoinverse.defjvp
def _pseudoinverse_jvp(primals: Any, tangents: Any) -> Any:
    a, rcond = primals
    da = tangents[0]
    result = pseudoinverse(a, rcond)
    p = _of_constant_rank(a, result)
    dat, pt = _flipped(da), _flipped(p)
    outside_rows = dat - dat @ a @ p  # dA^T (1 - A P)
    outside_columns = dat - p @ (a @ dat)  # (1 - P A) dA^T
    return result, p @ (pt @ outside_rows) + outside_columns @ (pt @ p) - p @ da @ p


@custom_jvp
def least_squares(a: Any, b: Any, rcond: Any) -> Any:
    """The x of smallest norm that minimises the norm of ``a @ x - b``, column by column."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return vh.T @ (_inverted(s, rcond)[:, None] * (u.T @ b))


@least_squares.defjvp
def _least_squares_jvp(primals: Any, tangents: Any) -> Any:
    """dx = P (db - dA x) + P P^T dA^T r + (1 - P A) dA^T P^T x, with r = b - A x"""
    a, b, rcond = primals
    da, db = tangents[0], tangents[1]
    x = least_squares(a, b, rcond)
    p = _of_constant_rank(a, pseudoinverse(a, rcond))
    dx = np.zeros_like(x)
    if da is not None:
        bent = da.T @ (p.T @ x)
        dx = p @ (p.T @ (da.T @ (b - a @ x))) + (bent - p @ (a @ bent)) - p @ (da @ x)
    if db is not None:
        dx = dx + p @ db
    return x, dx


# ---------------------------------------------------------------- eigenvalues and eigenvectors, as pairs of real arrays


@custom_jvp
def eigenvectors(a: Any) -> Any:
    """The real and the imaginary parts of the eigenvalues, and of the eigenvectors, which are columns."""
    return general_eigenvectors(a)


@custom_jvp
def eigenvalues(a: Any) -> Any:
    return general_eigenvalues(a)


def _change(da: Any, vr: Any, vi: Any) -> Any:
    """``V^-1 dA V``, from the real form ``[[X, -Y], [Y, X]]`` of V = X + iY."""
    n = vr.shape[-1]
    form = np.concatenate((np.concatenate((vr, -vi), axis=-1), np.concatenate((vi, vr), axis=-1)), axis=-2)
    size = np.max(np.sum(np.abs(form), axis=-1), axis=-1)
    inverse = np.linalg.inv(form)
    growth = np.max(size * np.max(np.sum(np.abs(inverse), axis=-1), axis=-1))
    image = np.concatenate((da @ vr, da @ vi), axis=-2)
    change = checked(inverse, growth < 1e13, "GradientError", DEFECTIVE) @ image
    return change[..., :n, :], change[..., n:, :]


@eigenvalues.defjvp
def _eigenvalues_jvp(primals: Any, tangents: Any) -> Any:
    """dw = diag(V^-1 dA V)"""
    wr, wi, vr, vi = eigenvectors(primals[0])
    cr, ci = _change(tangents[0], vr, vi)
    return (wr, wi), (np.linalg.diagonal(cr), np.linalg.diagonal(ci))


@eigenvectors.defjvp
def _eigenvectors_jvp(primals: Any, tangents: Any) -> Any:
    """dV = V (F * C) with C = V^-1 dA V and F[i, j] = 1 / (w[j] - w[i]); then what would change the norm of a column,
    or the phase of its component of largest modulus, which is real, is taken away."""
    wr, wi, vr, vi = eigenvectors(primals[0])
    cr, ci = _change(tangents[0], vr, vi)
    n = wr.shape[-1]
    same = np.zeros(vr.shape, dtype=bool) | (np.eye(n) > 0.0)
    xr = np.where(same, 1.0, wr[..., None, :] - wr[..., :, None])
    xi = np.where(same, 0.0, wi[..., None, :] - wi[..., :, None])
    square = xr * xr + xi * xi
    largest = np.max(wr * wr + wi * wi, axis=-1, keepdims=True)[..., None]
    distinct = np.all(same | (square > 4e-28 * n * n * largest))
    fr = checked(np.where(same, 0.0, xr / square), distinct, "GradientError", EQUAL_EIGENVALUES)
    fi = checked(np.where(same, 0.0, -xi / square), distinct, "GradientError", EQUAL_EIGENVALUES)
    gr, gi = fr * cr - fi * ci, fr * ci + fi * cr
    dr, di = vr @ gr - vi @ gi, vr @ gi + vi @ gr
    along = np.sum(vr * dr + vi * di, axis=-2, keepdims=True)
    dr, di = dr - vr * along, di - vi * along
    place = np.argmax(np.where(vi == 0.0, vr * vr, -1.0), axis=-2)[..., None, :]
    turn = np.take_along_axis(di, place, axis=-2) / np.take_along_axis(vr, place, axis=-2)
    dr, di = dr + vi * turn, di - vr * turn
    return (wr, wi, vr, vi), (np.linalg.diagonal(cr), np.linalg.diagonal(ci), dr, di)
