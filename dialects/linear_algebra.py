"""Factorisations and solves by LAPACK, on matrices and on stacks of them (leading dimensions are batch dimensions).

A x = b is solved in two ops, so that one factorisation serves the primal, its tangents and its cotangents of any order:
``factors, pivots = lu(a)`` and ``x = lu_solve(factors, pivots, b)``, which is linear in b; its transpose is itself with
the other flag.

**The factors stand for the matrix.** They are an encoding that only ops of this file read, and the tangent they carry
is that of the matrix they encode, not of its triangles: the jvp of `lu` is the identity, and that of a solve is
``dx = A^-1 (db - dA x)``.  So no derivative of a triangle is ever formed, and a gradient costs two more solves.

LAPACK factors A = P L U, as it does for NumPy (the same pivots): the matrix is transposed on its way into the memory
that it overwrites, so the factors, read row by row, are the transpose of L and U.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise, batch_solve
from wengert.dialects.bindings import Value, ir, is_tensor, tensor_type
from wengert.dialects.build import constant_like, zeros_like
from wengert.dialects.dependencies import complete_dependence, spread, united
from wengert.dialects.discrete import cmpf
from wengert.dialects.effects import check
from wengert.dialects.lowerings import Tensors, by_columns
from wengert.dialects.matrix_algebra import (
    all_larger,
    diagonal,
    each_matrix,
    flipped,
    lapack,
    needs,
    product,
    rank_of,
    shape_of,
    symmetric,
    total,
    triangle,
    unit_matrices,
)
from wengert.dialects.multilinear import dot_general
from wengert.dialects.op import Op, decode_attributes, lookup_call, register
from wengert.dialects.transposes import Ledger

Attributes = Mapping[str, Any]
FAMILY = "linear_algebra"
SINGULAR_FACTORS = (
    "the derivative of the LU factors of a singular matrix\n"
    "it has a division by a diagonal element of U that is 0\n"
    "add a multiple of the identity to the matrix")
SINGULAR_DETERMINANT = "the derivative of the determinant of a singular matrix"


def _right_hand_side(da: Any, db: Any, x: Any, transposed: bool) -> Any:
    """db - dA x"""
    terms = [] if db is None else [db]
    if da is not None:
        terms.append(lookup_call("arith.negf", product(da, x, transposed)))
    return total(terms)


# ---------------------------------------------------------------- NumPy meanings


def _lu(a: Any) -> list[Any]:
    def one(matrix: Any) -> Any:
        if not matrix.size:
            return matrix, np.zeros(0, np.int64)
        factors, pivots, _ = lapack("getrf", matrix)(matrix)
        return factors.T, (pivots + 1).astype(np.int64)

    return each_matrix(one, a, ranks=(2,)) if np.size(a) else [np.array(a), np.zeros(np.shape(a)[:-1], np.int64)]


def _lu_solve(factors: Any, pivots: Any, b: Any, transposed: bool) -> Any:
    def one(matrix: Any, swaps: Any, right: Any) -> Any:
        if not right.size:
            return (right,)
        return (lapack("getrs", matrix)(matrix.T, swaps - 1, right, trans=1 if transposed else 0)[0],)

    return each_matrix(one, factors, pivots, b, ranks=(2, 1))[0] if np.size(b) else np.array(b)


def _lu_triangles(factors: Any, pivots: Any) -> Any:
    return np.swapaxes(factors, -1, -2).copy()


def _slogdet(factors: Any, pivots: Any) -> list[Any]:
    def one(matrix: Any, swaps: Any) -> Any:
        diagonal = np.diagonal(matrix)
        signs = np.append(np.sign(diagonal), (-1.0) ** np.count_nonzero(swaps != 1 + np.arange(len(swaps))))
        return np.prod(signs).astype(matrix.dtype), np.sum(np.log(np.abs(diagonal)))

    return each_matrix(one, factors, pivots, ranks=(2, 1))


def _triangular_solve(a: Any, b: Any, lower: bool, transposed: bool, unit_diagonal: bool) -> Any:
    def one(matrix: Any, right: Any) -> Any:
        if not right.size:
            return (right,)
        return (lapack("trtrs", matrix)(matrix, right, lower=lower, trans=transposed, unitdiag=unit_diagonal)[0],)

    return each_matrix(one, a, b, ranks=(2,))[0] if np.size(b) else np.array(b)


def _cholesky(a: Any) -> Any:
    def one(matrix: Any) -> Any:
        factor, failed = lapack("potrf", matrix)(matrix, lower=1, clean=1)
        return (np.full_like(matrix, np.nan) if failed else factor,)

    return each_matrix(one, a, ranks=(2,))[0] if np.size(a) else np.array(a)


# ---------------------------------------------------------------- typing


def _lu_types(a: Any) -> list[Any]:
    return [a, tensor_type(a.shape[:-1], ir.IntegerType.get_signless(64))]


def _slogdet_types(factors: Any, pivots: Any) -> list[Any]:
    batch = factors.shape[:-2]
    return [tensor_type(batch, factors.element_type) if batch else factors.element_type] * 2


def _last_type(*types: Any, **_: Any) -> Any:
    return types[-1]


# ---------------------------------------------------------------- derivatives


def _lu_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
            attributes: Attributes) -> list[Any]:
    """The factors stand for the matrix: they carry its tangent."""
    return [tangents[0], None]


def _lu_solve_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                  attributes: Attributes) -> list[Any]:
    """dx = A^-1 (db - dA x)"""
    (factors, pivots, _), (da, _, db) = primals, tangents
    transposed = bool(attributes["transposed"])
    return [lu_solve(factors, pivots, _right_hand_side(da, db, results[0], transposed), transposed=transposed)]


def _lu_triangles_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                      attributes: Attributes) -> list[Any]:
    """With M = U A^-1 dA U^-1 = L^-1 P^T dA U^-1: dL = L M below the diagonal, dU = M U from it on."""
    (factors, pivots), packed, da = primals, results[0], tangents[0]
    upper, values = triangle(packed, lower=False), diagonal(packed)
    regular = needs(upper, all_larger(values, values, shape_of(packed)[-1]), SINGULAR_FACTORS)
    image = product(upper, lu_solve(factors, pivots, da))
    m = flipped(triangular_solve(regular, flipped(image), lower=False, transposed=True))
    low, high = triangle(m, strict=True, like=packed), triangle(m, lower=False, like=packed)
    below = total([product(triangle(packed, strict=True), low), low])
    return [total([below, product(high, upper)])]


def _slogdet_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                 attributes: Attributes) -> list[Any]:
    """d log|det A| = tr(A^-1 dA); the sign is locally constant."""
    (factors, pivots), da = primals, tangents[0]
    _check_regular(results[0])
    inverse = lu_solve(factors, pivots, unit_matrices(factors))
    rank = rank_of(factors)
    batch = range(rank - 2)
    return [None, dot_general(inverse, da, ((rank - 2, rank - 1), (rank - 1, rank - 2)), (batch, batch))]


def _check_regular(sign: Any) -> None:
    """det(A) may be zero; its derivative by this formula exists only where it is not."""
    regular = cmpf("une", sign, zeros_like(sign))
    if not isinstance(regular, Value) or is_tensor(regular.type):
        regular = lookup_call("nd.reduce", regular, kind="all", axes=tuple(range(rank_of(regular))))
    check(regular, kind="LinAlgError", message=SINGULAR_DETERMINANT)


def _triangular_solve_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                          attributes: Attributes) -> list[Any]:
    """dx = T^-1 (db - dT x), where dT is the triangle of dA that is read."""
    a, (da, db) = primals[0], tangents
    dt = None if da is None else triangle(da, bool(attributes["lower"]), bool(attributes["unit_diagonal"]), a)
    right = _right_hand_side(dt, db, results[0], bool(attributes["transposed"]))
    return [_triangular_solve_op(a, right, **attributes)]


def _cholesky_jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
                  attributes: Attributes) -> list[Any]:
    """dL = L phi(L^-1 dA L^-T), where phi takes the lower triangle and half of the diagonal (Smith 1995).

    Only the lower triangle of A is read, so dA is symmetric with the lower triangle of the tangent.
    """
    factor, da = results[0], tangents[0]
    half_way = triangular_solve(factor, symmetric(da, factor))
    inner = triangular_solve(factor, flipped(half_way))  # L^-1 dA L^-T, as dA is symmetric
    both = lookup_call("arith.addf", triangle(inner, like=factor), triangle(inner, strict=True, like=factor))
    return [product(factor, lookup_call("arith.mulf", both, constant_like(0.5, factor)))]


# ---------------------------------------------------------------- transposes: the other flag


def _transpose_lu_solve(cts: Ledger, ct: Any, op: Any) -> None:
    factors, pivots, b = op.operands
    flag = not ir.BoolAttr(op.attributes["transposed"]).value
    cts.add(b, lu_solve(cts.known(factors), cts.known(pivots), ct, transposed=flag))


def _transpose_triangular_solve(cts: Ledger, ct: Any, op: Any) -> None:
    a, b = op.operands
    attributes = decode_attributes(op)
    cts.add(b, _triangular_solve_op(cts.known(a), ct, **{**attributes, "transposed": not attributes["transposed"]}))


# ---------------------------------------------------------------- lowering: one call for each matrix of a stack
#
# loops: batch.., rows, columns of the matrix, columns of the right-hand side


def _lower_lu(tensors: Tensors, op: Any) -> Sequence[Any]:
    matrix = tensors.array(op.operands[0])
    rank, i64 = len(matrix.shape), ir.IntegerType.get_signless(64)
    written = [(by_columns(tensors, matrix), range(rank)), (tensors.empty(i64, matrix.shape[:-1]), range(rank - 1))]
    return tensors.routine("lu", [], written)


def _lower_lu_triangles(tensors: Tensors, op: Any) -> Any:
    factors = tensors.array(op.operands[0])
    rank = len(factors.shape)
    return tensors.view(factors, (*range(rank - 2), rank - 1, rank - 2), factors.shape)


def _lower_cholesky(tensors: Tensors, op: Any) -> Sequence[Any]:
    matrix = tensors.array(op.operands[0])
    return tensors.routine("cholesky", [], [(tensors.computed(matrix), range(len(matrix.shape)))])


def _lower_solve(name: str, tensors: Tensors, op: Any) -> Sequence[Any]:
    """``b`` becomes the solution in its place."""
    *read, b = op.operands
    rank = read[0].type.rank
    right = [*range(rank - 1), rank][:b.type.rank]
    inputs = [(tensors.value(v), range(v.type.rank)) for v in read]
    return tensors.routine(name, inputs, [(tensors.computed(tensors.array(b)), right)])


def _lower_slogdet(tensors: Tensors, op: Any) -> Sequence[Any]:
    inputs = [(tensors.value(v), range(v.type.rank)) for v in op.operands]
    matrix = tensors.array(op.operands[0])
    batch = range(len(matrix.shape) - 2)
    outputs = [(tensors.empty(matrix.element, matrix.shape[:-2]), batch) for _ in op.results]
    results = tensors.routine("slogdet", inputs, outputs)
    return results if len(batch) else [tensors.load(r, [], matrix.element) for r in results]


def _lower_lu_solve(tensors: Tensors, op: Any) -> Sequence[Any]:
    return _lower_solve("lu_solve" + ".transposed" * bool(op.attributes["transposed"].value), tensors, op)


def _lower_triangular_solve(tensors: Tensors, op: Any) -> Sequence[Any]:
    flags = [name for name in ("lower", "transposed", "unit_diagonal") if op.attributes[name].value]
    return _lower_solve(".".join(["triangular_solve", *flags]), tensors, op)


# ---------------------------------------------------------------- samples: well-conditioned matrices


def _triangular_sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(-1, 1, (3, 3)) + 3 * np.eye(3), rng.uniform(-2, 2, (3, 2))


def _triangular_stack(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(-1, 1, (2, 3, 3)) + 3 * np.eye(3), rng.uniform(-2, 2, (2, 3))


def _positive_sample(rng: np.random.Generator) -> tuple[Any, ...]:
    a = rng.uniform(-1, 1, (4, 4))
    return (a @ a.T + 2 * np.eye(4),)


def _positive_stack(rng: np.random.Generator) -> tuple[Any, ...]:
    a = rng.uniform(-1, 1, (2, 3, 3))
    return (a @ np.swapaxes(a, 1, 2) + 2 * np.eye(3),)


# ---------------------------------------------------------------- records

# A = P L U by partial pivoting, L below the diagonal and U from it on (both as LAPACK sees them); pivots as LAPACK
# gives them, from 1.  A singular matrix has a zero on the diagonal of U: whoever solves checks that.
lu = register(Op("nd.lu", ("a",), _lu, _lu_types, _lu_jvp, expensive=True, family=FAMILY,
                 batch=batch_elementwise, lower=_lower_lu,
                 results=("factors", "pivots")))


def _solve_dependence(primals: Sequence[Any], results: Sequence[Any], masks: Sequence[Any],
                      attributes: Attributes) -> list[Any]:
    """A column of the solution depends on that column of the right hand side, of the same member of the stack."""
    *of_matrix, mask = masks
    if any(other is not None for other in of_matrix):
        return complete_dependence(primals, results, masks, attributes)
    row = rank_of(primals[0]) - 2
    kept = [d for d in range(rank_of(primals[-1])) if d != row]
    return [None if mask is None else spread(united(mask, (row,)), kept, results[0])]


_lu_solve_op = register(Op("nd.lu_solve", ("factors", "pivots", "b"), _lu_solve, _last_type, _lu_solve_jvp,
                           _transpose_lu_solve, linear=(2,), expensive=True, family=FAMILY, batch=batch_solve,
                           lower=_lower_lu_solve,
                           dependence=_solve_dependence))

# L, whose diagonal of ones is left out, and U, side by side: the factors as NumPy and SciPy have them.
lu_triangles = register(Op("nd.lu_triangles", ("factors", "pivots"), _lu_triangles, lambda factors, pivots: factors,
                           _lu_triangles_jvp, expensive=True, family=FAMILY, batch=batch_elementwise,
                           lower=_lower_lu_triangles))

# det A = sign * exp(logabs); of a singular matrix 0 and -inf.
slogdet = register(Op("nd.slogdet", ("factors", "pivots"), _slogdet, _slogdet_types, _slogdet_jvp, expensive=True,
                      family=FAMILY, results=("sign", "logabs"), batch=batch_elementwise, lower=_lower_slogdet))

_triangular_solve_op = register(Op(
    "nd.triangular_solve", ("a", "b"), _triangular_solve, _last_type, _triangular_solve_jvp,
    _transpose_triangular_solve, linear=(1,), expensive=True, family=FAMILY, batch=batch_solve,
    lower=_lower_triangular_solve,
    dependence=_solve_dependence,
    samples=(_triangular_sample, _triangular_stack),
    sample_attributes={"lower": True, "transposed": False, "unit_diagonal": False}))

# L with A = L L^T and zeros above the diagonal, from the lower triangle of A; nan everywhere if A is not positive
# definite: whoever factors checks that.
cholesky = register(Op("nd.cholesky", ("a",), _cholesky, lambda a: a, _cholesky_jvp, expensive=True, family=FAMILY,
                       batch=batch_elementwise, lower=_lower_cholesky, samples=(_positive_sample, _positive_stack)))


def lu_solve(factors: Any, pivots: Any, b: Any, *, transposed: bool = False) -> Any:
    """x with ``A x = b`` (or ``A^T x = b``) from ``factors, pivots = lu(A)``; b is a matrix or a vector a matrix."""
    return _lu_solve_op(factors, pivots, b, transposed=transposed)


def triangular_solve(a: Any, b: Any, *, lower: bool = True, transposed: bool = False,
                     unit_diagonal: bool = False) -> Any:
    """x with ``T x = b`` (or ``T^T x = b``), T being a triangle of a; b is a matrix or a vector a matrix."""
    return _triangular_solve_op(a, b, lower=lower, transposed=transposed, unit_diagonal=unit_diagonal)


__all__ = ["cholesky", "lu", "lu_solve", "lu_triangles", "slogdet", "triangular_solve"]
