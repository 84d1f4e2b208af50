"""QR, singular values, eigenvalues of symmetric matrices: `numpy.linalg`'s functions, for stacks of matrices too.

Their derivatives exist where the decomposition is smooth; elsewhere they are errors (dialects/decompositions.py).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import decompositions as ops
from wengert.dialects import eigenvalues as ops_general
from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import compare
from wengert.frontend.broadcasting import is_empty
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.diagonals import eye
from wengert.frontend.numpy_table.joining import concatenate
from wengert.frontend.numpy_table.matrices import (
    any_matrices,
    emitted,
    in_double,
    require,
    square_matrices,
    stacked,
)
from wengert.frontend.numpy_table.products import matmul
from wengert.frontend.numpy_table.reductions import converted
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import swapaxes
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box

NOT_CONVERGED = "Eigenvalues did not converge"


def _of_known_size(a: Any, what: str) -> Array:
    a = any_matrices(a, what)
    if not all(isinstance(n, int) for n in a.shape[-2:]):
        fail(f"{what} of a matrix whose size is known only at run time is not covered",
             why="the shapes of its results depend on which side is longer",
             help="let the bounds of the slice be int arguments or constants")
    return a


def _require_converged(values: Array, message: str) -> None:
    """LAPACK's failure has left nan in the values."""
    first = getitem(values, (..., 0))
    require(compare("Eq", first, first), message)


# ---------------------------------------------------------------- QR


@covers(np.linalg.qr)
def qr(a: Any, mode: Any = "reduced") -> Any:
    """``a = q @ r``: mode "reduced", "complete" (q is square) or "r" (r alone)."""
    from numpy.linalg._linalg import QRResult

    if mode not in ("reduced", "complete", "r"):
        fail(f"numpy.linalg.qr: Unrecognized mode '{mode}'", error=WengertValueError,
             help="covered are mode='reduced', 'complete' and 'r'")
    q, r = in_double(lambda a: orthogonal_and_triangle(a, mode == "complete"), _of_known_size(a, "numpy.linalg.qr"))
    return r if mode == "r" else QRResult(q, r)


def orthogonal_and_triangle(a: Array, complete: bool) -> tuple[Any, Any]:
    """q and r; with `complete`, q is square and r has the shape of a."""
    *batch, m, n = a.shape
    k = min(m, n)
    width = m if complete else k
    if is_empty(a.shape):
        unit = converted(eye(m, width), a.element)
        return stacked(unit, (*batch, m, width)), filled((*batch, width, n), 0, a.element)
    if m < n:  # the first columns decide; r = q.T @ a
        q, first = orthogonal_and_triangle(getitem(a, (..., slice(None, m))), complete)
        rest = matmul(swapaxes(q, -1, -2), getitem(a, (..., slice(m, None))))
        return q, concatenate([first, rest], axis=-1)
    results = emitted(ops.qr, a.read(), complete=complete and m > n)
    q, r = Box(results[0], (*batch, m, width), a.element), Box(results[1], (*batch, n, n), a.element)
    if complete and m > n:
        r = concatenate([r, filled((*batch, m - n, n), 0, a.element)], axis=-2)
    return q, r


# ---------------------------------------------------------------- singular values


@covers(np.linalg.svd)
def svd(a: Any, full_matrices: Any = True, compute_uv: Any = True, hermitian: Any = False) -> Any:
    """``a = u @ diag(s) @ vh``"""
    from numpy.linalg._linalg import SVDResult

    if hermitian and compute_uv:
        fail("numpy.linalg.svd with hermitian=True is not covered", help="leave it out, or use np.linalg.eigh")
    a = _of_known_size(a, "numpy.linalg.svd")
    if not compute_uv:
        return in_double(singular_values, a)
    return SVDResult(*in_double(lambda a: singular_vectors(a, bool(full_matrices)), a))


def singular_values(a: Array) -> Any:
    *batch, m, n = a.shape
    if is_empty(a.shape):
        return filled((*batch, min(m, n)), 0, a.element)
    s = Box(emitted(ops.svdvals, a.read()), (*batch, min(m, n)), a.element)
    _require_converged(s, "SVD did not converge")
    return s


def singular_vectors(a: Array, complete: bool) -> tuple[Any, Any, Any]:
    """u, s, vh"""
    *batch, m, n = a.shape
    k = min(m, n)
    shapes = (*batch, m, m if complete else k), (*batch, k), (*batch, n if complete else k, n)
    if is_empty(a.shape):
        u, vh = (stacked(converted(eye(*shape[-2:]), a.element), shape) for shape in (shapes[0], shapes[2]))
        return u, filled(shapes[1], 0, a.element), vh
    values = emitted(ops.svd, a.read(), complete=complete and m != n)
    u, s, vh = (Box(value, shape, a.element) for value, shape in zip(values, shapes))
    _require_converged(s, "SVD did not converge")
    return u, s, vh


@covers(np.linalg.svdvals)
def svdvals(x: Any, /) -> Any:
    return in_double(singular_values, _of_known_size(x, "numpy.linalg.svdvals"))


# ---------------------------------------------------------------- eigenvalues of symmetric matrices


def _reads_lower(triangle: Any) -> bool:
    if str(triangle).upper() not in ("L", "U"):
        fail("UPLO argument must be 'L' or 'U'", error=WengertValueError)
    return str(triangle).upper() == "L"


@covers(np.linalg.eigh)
def eigh(a: Any, UPLO: Any = "L") -> Any:
    """``a = v @ diag(w) @ v.T``, from one triangle of a; w ascends."""
    from numpy.linalg._linalg import EighResult

    lower, a = _reads_lower(UPLO), square_matrices(a, "numpy.linalg.eigh")
    return EighResult(*in_double(lambda a: symmetric_eigenvectors(a, lower), a))


def symmetric_eigenvectors(a: Array, lower: bool) -> tuple[Any, Any]:
    """w, v"""
    if is_empty(a.shape):
        return filled(a.shape[:-1], 0, a.element), filled(a.shape, 0, a.element)
    w, v = emitted(ops.eigh, a.read(), lower=lower)
    values = Box(w, a.shape[:-1], a.element)
    _require_converged(values, NOT_CONVERGED)
    return values, Box(v, a.shape, a.element)


@covers(np.linalg.eigvalsh)
def eigvalsh(a: Any, UPLO: Any = "L") -> Any:
    lower, a = _reads_lower(UPLO), square_matrices(a, "numpy.linalg.eigvalsh")
    return in_double(lambda a: symmetric_eigenvalues(a, lower), a)


def symmetric_eigenvalues(a: Array, lower: bool) -> Any:
    if is_empty(a.shape):
        return filled(a.shape[:-1], 0, a.element)
    w = Box(emitted(ops.eigvalsh, a.read(), lower=lower), a.shape[:-1], a.element)
    _require_converged(w, NOT_CONVERGED)
    return w


# ---------------------------------------------------------------- eigenvalues of general matrices


@covers(np.linalg.eig)
def eig(a: Any) -> Any:
    """``a @ v = v @ diag(w)``; complex also where all eigenvalues are real, because that depends on the data."""
    from numpy.linalg._linalg import EigResult

    from wengert.frontend.calls import call
    from wengert.frontend.complex_numbers.values import paired
    from wengert.frontend.numpy_programs.matrix_rules import eigenvectors

    wr, wi, vr, vi = in_double(lambda a: call(eigenvectors, a), _finite(a, "numpy.linalg.eig"))
    values: Any = paired(wr, wi)
    vectors: Any = paired(vr, vi)
    return EigResult(values, vectors)


@covers(np.linalg.eigvals)
def eigvals(a: Any) -> Any:
    from wengert.frontend.calls import call
    from wengert.frontend.complex_numbers.values import paired
    from wengert.frontend.numpy_programs.matrix_rules import eigenvalues

    return paired(*in_double(lambda a: call(eigenvalues, a), _finite(a, "numpy.linalg.eigvals")))


def _finite(a: Any, what: str) -> Array:
    from wengert.frontend.calls import call

    a = square_matrices(a, what)
    finite = call(np.isfinite, a)
    require(call(np.all, finite), "Array must not contain infs or NaNs")
    safe: Array = call(np.where, finite, a, 0.0)  # LAPACK would not return, or complain in its own words
    return safe


def general_eigenvectors(a: Array) -> tuple[Any, ...]:
    """The real and the imaginary parts of w and v, without a derivative."""
    if is_empty(a.shape):
        return tuple(filled(shape, 0, a.element) for shape in (a.shape[:-1], a.shape[:-1], a.shape, a.shape))
    return _parts(a, emitted(ops_general.eig, a.read()), (a.shape[:-1], a.shape[:-1], a.shape, a.shape))


def general_eigenvalues(a: Array) -> tuple[Any, ...]:
    if is_empty(a.shape):
        return filled(a.shape[:-1], 0, a.element), filled(a.shape[:-1], 0, a.element)
    return _parts(a, emitted(ops_general.eigvals, a.read()), (a.shape[:-1], a.shape[:-1]))


def _parts(a: Array, values: Any, shapes: Any) -> tuple[Any, ...]:
    results = tuple(Box(value, tuple(shape), a.element) for value, shape in zip(values, shapes))
    _require_converged(results[0], NOT_CONVERGED)
    return results
