"""QR, singular values and vectors, eigenvalues and eigenvectors of symmetric matrices; stacks of them too.

Derivatives are products and solves, so all orders follow.  They exist where the decomposition is a smooth function of
the matrix: that of a vector needs its singular value or eigenvalue to differ from the others, that of R needs
independent columns.  What does not exist is `guarded`: an error where it is used, and nothing where only values are
differentiated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.bindings import DYNAMIC, tensor_type
from wengert.dialects.build import constant_like, create, index, zeros_like
from wengert.dialects.linear_algebra import FAMILY, triangular_solve
from wengert.dialects.lowerings import Tensors, by_columns
from wengert.dialects.matrix_algebra import (
    all_larger,
    along_columns,
    along_rows,
    diagonal,
    each_matrix,
    flipped,
    lapack,
    needs,
    never,
    on_diagonal,
    product,
    rank_of,
    reciprocal_except,
    shape_of,
    symmetric,
    triangle,
)
from wengert.dialects.op import Op, lookup_call, register
from wengert.dialects.reduction import reduce

Attributes = Mapping[str, Any]
EQUAL_EIGENVALUES = (
    "the derivative of the eigenvectors of a matrix with equal eigenvalues\n"
    "any rotation of the vectors that belong to one eigenvalue gives eigenvectors too\n"
    "differentiate what does not depend on their choice: the eigenvalues, or a function of the matrix itself")
EQUAL_SINGULAR_VALUES = (
    "the derivative of the singular vectors of a matrix with equal singular values\n"
    "any rotation of the vectors that belong to one singular value gives singular vectors too\n"
    "differentiate what does not depend on their choice: the singular values, or a function of the matrix itself")
SINGULAR = (
    "the derivative of the singular vectors of a matrix without full rank\n"
    "the vectors that belong to the singular value 0 are a basis that can be chosen\n"
    "differentiate the singular values, or a function of the matrix itself")
DEPENDENT_COLUMNS = (
    "the derivative of the QR decomposition of a matrix whose columns depend on each other\n"
    "it has a division by a diagonal element of R that is 0\n"
    "add a multiple of the identity to the matrix, or remove columns")
COMPLETED_BASIS = (
    "the derivative of a basis that is completed\n"
    "the vectors beyond those that the matrix determines can be chosen\n"
    "use mode='reduced' of qr, or full_matrices=False of svd")


def _minus(x: Any, y: Any) -> Any:
    return lookup_call("arith.subf", x, y)


def _times(x: Any, y: Any) -> Any:
    return lookup_call("arith.mulf", x, y)


def _smaller(m: int, n: int) -> int:
    return DYNAMIC if DYNAMIC in (m, n) else min(m, n)


def _plus(x: Any, y: Any) -> Any:
    return lookup_call("arith.addf", x, y)


def _reciprocal(x: Any) -> Any:
    return lookup_call("arith.divf", constant_like(1.0, x), x)


def _no_tangent(a: Any, da: Any, of_rows: bool) -> Any:
    """That of a basis of the rows' or the columns' space, of which the matrix determines a part only.

    It is refused where it is used, so it has to depend on da: anything linear will do.
    """
    zeros = zeros_like(flipped(a))
    return needs(product(zeros, da) if of_rows else product(da, zeros), never(a), COMPLETED_BASIS)


def _smaller_extent(m: Any, n: Any) -> Any:
    """min(m, n) of extents in a lowering."""
    if isinstance(m, int) and isinstance(n, int):
        return min(m, n)
    m, n = (index(x) if isinstance(x, int) else x for x in (m, n))
    return create("arith.minsi", [m.type], [m, n]).result


def _sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (4, 3)),)


def _stack(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (2, 2, 3)),)


def _square_sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (4, 4)),)


def _square_stack(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-2, 2, (2, 3, 3)),)


# ---------------------------------------------------------------- QR of a matrix with at least as many rows as columns


def _qr(a: Any, complete: bool) -> list[Any]:
    def one(matrix: Any) -> Any:
        rows, columns = matrix.shape
        packed, tau, *_ = lapack("geqrf", matrix)(matrix)
        wide = packed
        if complete:
            wide = np.zeros((rows, rows), matrix.dtype, order="F")
            wide[:, :columns] = packed
        return lapack("orgqr", matrix)(wide, tau)[0], np.triu(packed[:columns])

    return each_matrix(one, a, ranks=(2,))


def _qr_types(a: Any, complete: bool) -> list[Any]:
    *batch, m, n = a.shape
    return [tensor_type([*batch, m, m if complete else n], a.element_type), tensor_type([*batch, n, n], a.element_type)]


def _qr_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
            attributes: Attributes) -> list[Any]:
    """With X = dA R^-1 and the antisymmetric W that has the strict lower triangle of Q^T X:
    dQ = X - Q (Q^T X - W), dR = (Q^T X - W) R."""
    (a,), (q, r), (da,) = primals, results, tangents
    if attributes["complete"]:
        _, dr = _qr_jvp(primals, qr(a, complete=False), tangents, {"complete": False})
        return [_no_tangent(a, da, of_rows=False), dr]
    values = diagonal(r)
    upper = needs(r, all_larger(values, values, shape_of(r)[-1]), DEPENDENT_COLUMNS)
    x = flipped(triangular_solve(upper, flipped(da), lower=False, transposed=True))
    projected = product(q, x, transposed=True)
    low = triangle(projected, strict=True, like=r)
    change = _minus(projected, _minus(low, flipped(low)))
    return [_minus(x, product(q, change)), product(change, r)]


def _lower_qr(tensors: Tensors, op: Any) -> Sequence[Any]:
    matrix = tensors.array(op.operands[0])
    complete = bool(op.attributes["complete"].value)
    *batch, m, n = matrix.shape
    b = len(batch)
    stack, vectors = range(b), m if complete else n
    q = tensors.empty(matrix.element, (*batch, vectors, m))
    r = tensors.empty(matrix.element, (*batch, n, n))
    # loops: batch.., rows, columns of the matrix, vectors of a complete basis
    written = [(by_columns(tensors, matrix), (*stack, b + 1, b)), (q, (*stack, b + 2 if complete else b + 1, b)),
               (r, (*stack, b + 1, b + 1))]
    _, q, r = tensors.routine("qr" + ".complete" * complete, [], written)
    return [_by_rows(tensors, q), r]


def _by_rows(tensors: Tensors, tensor: Any) -> Any:
    """Matrices that are in memory column after column."""
    array = tensors.stored(tensor)
    rank = len(array.shape)
    *batch, columns, rows = array.shape
    return tensors.view(array, (*range(rank - 2), rank - 1, rank - 2), (*batch, rows, columns))


qr = register(Op("nd.qr", ("a",), _qr, _qr_types, _qr_jvp, expensive=True, family=FAMILY, results=("q", "r"),
                 batch=batch_elementwise, lower=_lower_qr))


# ---------------------------------------------------------------- A = U diag(s) V^T; k singular values


def _svd(a: Any, complete: bool) -> list[Any]:
    def one(matrix: Any) -> Any:
        u, s, vt, failed = lapack("gesdd", matrix)(matrix, full_matrices=complete)
        return u, np.full_like(s, np.nan) if failed else s, vt

    return each_matrix(one, a, ranks=(2,))


def _svd_types(a: Any, complete: bool) -> list[Any]:
    *batch, m, n = a.shape
    k = _smaller(m, n)
    shapes = (m, m if complete else k), (k,), (n if complete else k, n)
    return [tensor_type([*batch, *shape], a.element_type) for shape in shapes]


def _svd_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
             attributes: Attributes) -> list[Any]:
    """With P = U^T dA V, S = diag(s) and F[i, j] = 1 / (s[j]^2 - s[i]^2), 0 on the diagonal: ds = diag(P),
    dU = U (F * (P S + S P^T)) + (1 - U U^T) dA V S^-1, dV = V (F * (S P + P^T S)) + (1 - V V^T) dA^T U S^-1."""
    (a,), (u, s, vt), (da,) = primals, results, tangents
    *_, m, n = shape_of(a)
    if attributes["complete"] and m != n:
        du, ds, dvt = _svd_jvp(primals, svd(a, complete=False), tangents, {"complete": False})
        none = _no_tangent(a, da, of_rows=m < n)
        return [none, ds, dvt] if m > n else [du, ds, none]
    k, v = _smaller(m, n), flipped(vt)
    p = product(product(u, da, transposed=True), v)
    like = product(u, u, transposed=True)  # known, and of the shape of P: only its extents are used
    p_t, by_row, by_column, same = flipped(p), along_rows(s, like), along_columns(s, like), on_diagonal(like)
    difference = _minus(by_column, by_row)
    inverse = _times(reciprocal_except(same, difference), reciprocal_except(same, _plus(by_column, by_row)))
    f = needs(inverse, all_larger(difference, s, k, same), EQUAL_SINGULAR_VALUES)
    du = product(u, _times(f, _plus(_times(p, by_column), _times(by_row, p_t))))
    dv = product(v, _times(f, _plus(_times(by_row, p), _times(p_t, by_column))))
    regular = all_larger(s, s, k)
    if m != k:
        du = _plus(du, _outside(u, product(da, v), p, s, regular))
    if n != k:
        dv = _plus(dv, _outside(v, product(da, u, transposed=True), p_t, s, regular))
    return [du, diagonal(p, like), flipped(dv)]


def _outside(basis: Any, image: Any, inside: Any, s: Any, regular: Any) -> Any:
    """(image - basis inside) S^-1: what leaves the space that the basis spans."""
    rest = _minus(image, product(basis, inside))
    return _times(rest, needs(along_columns(_reciprocal(s), basis), regular, SINGULAR))


def _lower_svd(tensors: Tensors, op: Any) -> Sequence[Any]:
    matrix = tensors.array(op.operands[0])
    complete = bool(op.attributes["complete"].value)
    *batch, m, n = matrix.shape
    b, k = len(batch), _smaller_extent(m, n)
    stack = range(b)
    # loops: batch.., rows, columns, singular values, and vectors of complete bases
    left, right = (b + 3, b + 4) if complete else (b + 2, b + 2)
    outputs = [
        (by_columns(tensors, matrix), (*stack, b + 1, b)),
        (tensors.empty(matrix.element, (*batch, k)), (*stack, b + 2)),
        (tensors.empty(matrix.element, (*batch, m if complete else k, m)), (*stack, left, b)),
        (tensors.empty(matrix.element, (*batch, n, n if complete else k)), (*stack, b + 1, right)),
    ]
    _, s, u, vt = tensors.routine("svd" + ".complete" * complete, [], outputs)
    return [_by_rows(tensors, u), s, _by_rows(tensors, vt)]


svd = register(Op("nd.svd", ("a",), _svd, _svd_types, _svd_jvp, expensive=True, family=FAMILY,
                  results=("u", "s", "vt"), batch=batch_elementwise, lower=_lower_svd))


def _svdvals(a: Any) -> Any:
    return _svd(a, False)[1]


def _svdvals_types(a: Any) -> Any:
    return _svd_types(a, False)[1]


def _svdvals_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                 attributes: Attributes) -> list[Any]:
    """ds = diag(U^T dA V)"""
    u, _, vt = svd(primals[0], complete=False)
    image = product(tangents[0], flipped(vt))
    return [reduce(_times(u, image), "sum", (rank_of(u) - 2,))]


def _lower_svdvals(tensors: Tensors, op: Any) -> Any:
    matrix = tensors.array(op.operands[0])
    *batch, m, n = matrix.shape
    b = len(batch)
    values = tensors.empty(matrix.element, (*batch, _smaller_extent(m, n)))
    outputs = [(by_columns(tensors, matrix), (*range(b), b + 1, b)), (values, (*range(b), b + 2))]
    return tensors.routine("svdvals", [], outputs)[1]


svdvals = register(Op("nd.svdvals", ("a",), _svdvals, _svdvals_types, _svdvals_jvp, expensive=True, family=FAMILY,
                      batch=batch_elementwise, lower=_lower_svdvals, samples=(_sample, _stack)))


# ---------------------------------------------------------------- A = V diag(w) V^T, from one triangle of A


def _eigh(a: Any, lower: bool) -> list[Any]:
    def one(matrix: Any) -> Any:
        w, v, failed = lapack("syevd", matrix)(matrix, compute_v=1, lower=lower)
        return np.full_like(w, np.nan) if failed else w, v

    return each_matrix(one, a, ranks=(2,))


def _eigh_types(a: Any, **_: Any) -> list[Any]:
    return [tensor_type(list(a.shape)[:-1], a.element_type), a]


def _eigh_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
              attributes: Attributes) -> list[Any]:
    """With P = V^T dA V and F[i, j] = 1 / (w[j] - w[i]), 0 on the diagonal: dw = diag(P), dV = V (F * P)."""
    (w, v), (da,) = results, tangents
    p = product(v, product(_symmetric(da, v, attributes), v), transposed=True)
    same = on_diagonal(v)
    difference = _minus(along_columns(w, v), along_rows(w, v))
    distinct = all_larger(difference, w, shape_of(v)[-1], same)
    f = needs(reciprocal_except(same, difference), distinct, EQUAL_EIGENVALUES)
    return [diagonal(p, v), product(v, _times(f, p))]


def _symmetric(da: Any, a: Any, attributes: Attributes) -> Any:
    """The tangent of the symmetric matrix that has one triangle of a."""
    return symmetric(da if attributes["lower"] else flipped(da), a)


def _lower_eigh(tensors: Tensors, op: Any) -> Sequence[Any]:
    w, v = _eigenvalues(tensors, op, "eigh.vectors")
    return [w, _by_rows(tensors, v)]


def _eigenvalues(tensors: Tensors, op: Any, routine: str) -> tuple[Any, Any]:
    matrix = tensors.array(op.operands[0])
    b = len(matrix.shape) - 2
    values = tensors.empty(matrix.element, matrix.shape[:-1])
    outputs = [(by_columns(tensors, matrix), (*range(b), b + 1, b)), (values, (*range(b), b + 1))]
    upper = ".upper" * (not op.attributes["lower"].value)
    v, w = tensors.routine(routine + upper, [], outputs)
    return w, v


eigh = register(Op("nd.eigh", ("a",), _eigh, _eigh_types, _eigh_jvp, expensive=True, family=FAMILY,
                   results=("w", "v"), batch=batch_elementwise, lower=_lower_eigh))


def _eigvalsh(a: Any, lower: bool) -> Any:
    return _eigh(a, lower)[0]


def _eigvalsh_types(a: Any, **_: Any) -> Any:
    return _eigh_types(a)[0]


def _eigvalsh_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                  attributes: Attributes) -> list[Any]:
    """dw = diag(V^T dA V)"""
    _, v = eigh(primals[0], lower=attributes["lower"])
    image = product(_symmetric(tangents[0], v, attributes), v)
    return [reduce(_times(v, image), "sum", (rank_of(v) - 2,))]


def _lower_eigvalsh(tensors: Tensors, op: Any) -> Any:
    return _eigenvalues(tensors, op, "eigh")[0]


eigvalsh = register(Op("nd.eigvalsh", ("a",), _eigvalsh, _eigvalsh_types, _eigvalsh_jvp, expensive=True, family=FAMILY,
                       batch=batch_elementwise, lower=_lower_eigvalsh, samples=(_square_sample, _square_stack),
                       sample_attributes={"lower": True}))

__all__ = ["eigh", "eigvalsh", "qr", "svd", "svdvals"]
