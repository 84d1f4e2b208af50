"""Products: ``nd.dot_general``, linear in each of its two operands.

Some dimensions of lhs are contracted with dimensions of rhs (in the order in which both are listed), some run along
with each other (batch).  The result has the batch dimensions, then lhs's other dimensions, then rhs's; with none left
it is a scalar.  This is the op of the same name of StableHLO.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.batching import batch_dot_general
from wengert.dialects.bindings import Value, ir, is_tensor, tensor_type
from wengert.dialects.build import create, full_like
from wengert.dialects.dependencies import spread, union, united
from wengert.dialects.errors import WengertValueError
from wengert.dialects.lowerings import lower_dot_general
from wengert.dialects.op import Op, lookup_call, register
from wengert.dialects.transposes import Ledger

Dimensions = Sequence[int]


def _free(rank: int, *taken: Dimensions) -> list[int]:
    """The dimensions of an operand that are neither contracted nor batch dimensions."""
    return [d for d in range(rank) if not any(d in dims for dims in taken)]


def _meaning(lhs: Any, rhs: Any, lhs_contracting: Dimensions, rhs_contracting: Dimensions, lhs_batch: Dimensions = (),
             rhs_batch: Dimensions = ()) -> Any:
    left, right = list(range(np.ndim(lhs))), [np.ndim(lhs) + d for d in range(np.ndim(rhs))]
    for a, b in zip((*lhs_contracting, *lhs_batch), (*rhs_contracting, *rhs_batch), strict=True):
        right[b] = left[a]
    out = [left[d] for d in (*lhs_batch, *_free(np.ndim(lhs), lhs_contracting, lhs_batch))]
    return np.einsum(lhs, left, rhs, right, out + [right[d] for d in _free(np.ndim(rhs), rhs_contracting, rhs_batch)])


def _typing(lhs: Any, rhs: Any, lhs_contracting: Dimensions, rhs_contracting: Dimensions, lhs_batch: Dimensions = (),
            rhs_batch: Dimensions = ()) -> Any:
    shape = [lhs.shape[d] for d in (*lhs_batch, *_free(lhs.rank, lhs_contracting, lhs_batch))]
    shape += [rhs.shape[d] for d in _free(rhs.rank, rhs_contracting, rhs_batch)]
    return tensor_type(shape, lhs.element_type) if shape else lhs.element_type


def _jvp(primals: Sequence[Any], results: Sequence[Any], tangents: Sequence[Any],
         attributes: Mapping[str, Any]) -> list[Any]:
    """dy = da . b + a . db, where a . da is the transpose of da . a"""
    (a, b), (da, db) = primals, tangents
    if _is_symmetric(a, b, attributes) and da is not None:
        half = _dot_op(da, b, **attributes)
        rank = len(half.type.shape) if isinstance(half, Value) and is_tensor(half.type) else np.ndim(half)
        swapped = (*range(rank // 2, rank), *range(rank // 2))
        other = lookup_call("nd.transpose", half, permutation=swapped) if rank else half
        return [lookup_call("arith.addf", half, other)]
    terms = [_dot_op(*pair, **attributes) for dx, pair in ((da, (da, b)), (db, (a, db))) if dx is not None]
    return [terms[0] if len(terms) == 1 else lookup_call("arith.addf", *terms)]


def _is_symmetric(a: Any, b: Any, attributes: Mapping[str, Any]) -> bool:
    """Whether it is the product of an array with itself, with the same dimensions summed in the same order."""
    same = a == b if isinstance(a, Value) and isinstance(b, Value) else a is b
    contracted = [tuple(attributes[name]) for name in ("lhs_contracting", "rhs_contracting")]
    return bool(same) and contracted[0] == contracted[1] and not attributes.get("lhs_batch")


# ---------------------------------------------------------------- transpose
#
# With dimensions  lhs: batch, free, contracted   rhs: batch, contracted, free   result: batch, lhs free, rhs free
#   ct_lhs = ct . rhs over rhs free    ct_rhs = lhs . ct over lhs free
# each comes out in the order batch, .., .. and is transposed to the operand's own order only where that differs.


def _transpose(cts: Ledger, ct: Any, op: Any) -> None:
    lhs, rhs = op.operands
    lc, rc, lb, rb = (list(ir.DenseI64ArrayAttr(op.attributes[name])) if name in op.attributes else []
                      for name in ("lhs_contracting", "rhs_contracting", "lhs_batch", "rhs_batch"))
    lf, rf = _free(lhs.type.rank, lc, lb), _free(rhs.type.rank, rc, rb)
    batch = list(range(len(lb)))
    if cts.linear(lhs):
        known, outer = cts.known(rhs), [len(lb) + len(lf) + i for i in range(len(rf))]
        product = _product(ct, known, outer, rf, batch, rb)
        order = lb + lf + [a for _, a in sorted(zip(rc, lc, strict=True))]
        cts.add(lhs, _in_order(product, order, lhs))
    else:
        known, outer = cts.known(lhs), [len(lb) + i for i in range(len(lf))]
        product = _product(known, ct, lf, outer, lb, batch)
        order = rb + [b for _, b in sorted(zip(lc, rc, strict=True))] + rf
        cts.add(rhs, _in_order(product, order, rhs))


def _product(lhs: Any, rhs: Any, lhs_contracting: Dimensions, rhs_contracting: Dimensions, lhs_batch: Dimensions,
             rhs_batch: Dimensions) -> Any:
    """dot_general where one operand, the cotangent of a scalar result, may be a scalar."""
    if is_tensor(lhs.type) and is_tensor(rhs.type):
        return dot_general(lhs, rhs, (lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch))
    scalar, tensor = (lhs, rhs) if is_tensor(rhs.type) else (rhs, lhs)
    return lookup_call("arith.mulf", full_like(scalar, tensor), tensor)


def _in_order(product: Any, order: list[int], operand: Any) -> Any:
    """The product, whose dimension i is dimension order[i] of the operand, in the operand's own order."""
    if order == list(range(len(order))):
        return product
    inverse = ir.DenseI64ArrayAttr.get([order.index(d) for d in range(len(order))])
    return create("nd.transpose", [operand.type], [product], {"permutation": inverse}).result


# ---------------------------------------------------------------- dependence
#
# Element (batch, i, j) of the result depends on the row (batch, i, :) of lhs and on the column (batch, :, j) of rhs.


def _dependence(primals: Sequence[Any], results: Sequence[Any], masks: Sequence[Any],
                attributes: Mapping[str, Any]) -> list[Any]:
    lhs, rhs = (tuple(attributes.get(name, ())) for name in ("lhs_batch", "rhs_batch"))
    contracted = tuple(attributes["lhs_contracting"]), tuple(attributes["rhs_contracting"])
    count = len(_free(primals[0].type.rank, contracted[0], lhs))
    outer = range(len(lhs), len(lhs) + count)
    last = range(len(lhs) + count, results[0].type.rank) if is_tensor(results[0].type) else ()
    parts = [None if mask is None else _spread_dependence(mask, taken, batch, free, results[0])
             for mask, taken, batch, free in zip(masks, contracted, (lhs, rhs), (outer, last), strict=True)]
    return [union(parts)]


def _spread_dependence(mask: Any, contracted: Dimensions, batch: Dimensions, outer: Dimensions, like: Any) -> Any:
    """The masks of one operand, united over the contracted dimensions, in the dimensions of the result they become."""
    kept = [d for d in range(mask.type.rank) if d not in contracted]
    mask = united(mask, contracted)
    order = [kept.index(d) for d in (*batch, *(d for d in kept if d not in batch))]
    if order != sorted(order):
        mask = lookup_call("nd.transpose", mask, permutation=tuple(order))
    return spread(mask, (*range(len(batch)), *outer), like)


def _sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(-2, 2, (3, 4)), rng.uniform(-2, 2, (4, 2))


def _flops(operands: Sequence[Any], results: Sequence[Any], attributes: Mapping[str, Any]) -> int:
    """A multiplication and an addition for each term: 2mnk."""
    return 2 * prod(results[0]) * prod(operands[0][d] for d in attributes["lhs_contracting"])


_dot_op = register(Op("nd.dot_general", ("lhs", "rhs"), _meaning, _typing, _jvp, _transpose, bilinear=(0, 1),
                      family="multilinear", batch=batch_dot_general, lower=lower_dot_general, flops=_flops,
                      dependence=_dependence,
                      samples=(_sample,), sample_attributes={"lhs_contracting": (1,), "rhs_contracting": (0,),
                                                             "lhs_batch": (), "rhs_batch": ()}, symbol="@"))


def dot_general(lhs: Any, rhs: Any, contracting: tuple[Dimensions, Dimensions],
                batch: tuple[Dimensions, Dimensions] = ((), ())) -> Any:
    """Sum of products over the paired dimensions `contracting`, for each index of the paired dimensions `batch`.

    Example: ``dot_general(a, b, ((1,), (0,)))`` is ``a @ b`` of two matrices.
    """
    return _dot_op(lhs, rhs, lhs_contracting=tuple(contracting[0]), rhs_contracting=tuple(contracting[1]),
                   lhs_batch=tuple(batch[0]), rhs_batch=tuple(batch[1]))


def dot(a: Any, b: Any) -> Any:
    """``a @ b``: vectors, matrices, and stacks of matrices with equal leading dimensions.

    Raises:
        WengertValueError: the inner extents differ, or the stacks need broadcasting (the caller does that).
    """
    a_shape, b_shape = ([*x.type.shape] if isinstance(x, Value) else [*np.shape(x)] for x in (a, b))
    inner = max(len(b_shape) - 2, 0)
    if a_shape[-1] != b_shape[inner] and min(a_shape[-1], b_shape[inner]) >= 0:
        raise WengertValueError(f"@ of shapes {tuple(a_shape)} and {tuple(b_shape)}: the inner dimensions differ")
    if len(b_shape) <= 2:
        return dot_general(a, b, ((len(a_shape) - 1,), (inner,)))
    if len(a_shape) == 1:
        return dot_general(a, b, ((0,), (inner,)))
    leading = range(inner)
    if len(a_shape) != len(b_shape):
        shapes = f"{tuple(a_shape)} and {tuple(b_shape)}"
        raise WengertValueError(f"@ of shapes {shapes}: the stacks of matrices differ in rank",
                                help="broadcast both to the same leading dimensions")
    return dot_general(a, b, ((len(a_shape) - 1,), (inner,)), (tuple(leading), tuple(leading)))
