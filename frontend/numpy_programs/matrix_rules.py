"""The pseudoinverse and least squares, with the derivatives they have where the rank does not change.

Golub and Pereyra, The differentiation of pseudo-inverses and nonlinear least squares problems whose variables separate
(1973): with P the pseudoinverse of A,

    dP = -P dA P + P P^T dA^T (1 - A P) + (1 - P A) dA^T P^T P

Nothing is divided by differences of singular values, so that equal ones do no harm.  The formula takes singular values
that count as zero to be zero; where a larger part of the matrix is left out, there is an error.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.custom_rules import custom_jvp
from wengert.frontend.numpy_table.matrices import checked

LEFT_OUT = (
    "the derivative of a pseudoinverse that leaves out singular values which are not zero\n"
    "its formula holds for matrices of constant rank\n"
    "choose rcond so that only rounding errors are below it")
OF_LOWER_RANK = (
    "the residuals of a matrix without full rank\n"
    "numpy.linalg.lstsq returns an array without elements there, and shapes are decided while compiling\n"
    "compute the residuals from the solution")


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
