"""Products of linear algebra: `@`, dot, outer, tensordot, einsum and their kin, all by nd.dot_general."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.dialects.multilinear import dot_general
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import broadcast_shapes, check_equal, fitted, same_extent, smaller, tensor
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import promote
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.reductions import sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import concatenate, ravel, reshape, transpose
from wengert.frontend.operands import converted, operand, strong
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar, shape_text
from wengert.frontend.views import with_new_axes

Dimensions = Sequence[int]


def contracted(
    a: Array, b: Array, over: tuple[Dimensions, Dimensions], batch: tuple[Dimensions, Dimensions] = ((), ())
) -> Any:
    """Sums of products over pairs of dimensions; a Scalar when none is left."""
    kind = promote(a.kind, b.kind)
    if kind.element == "i1":  # sums of products of bools are what NumPy calls their or of ands
        counts = contracted(converted(a, "i64"), converted(b, "i64"), over, batch)
        return strong(compare("NotEq", counts, 0))
    a, b = converted(a, kind.element), converted(b, kind.element)
    wanted_a, wanted_b = list(a.shape), list(b.shape)
    for i, j in (*zip(*over), *zip(*batch)):
        wanted_a[i] = wanted_b[j] = _paired(a, b, i, j)
    x, y = fitted(a.read(), a.shape, wanted_a), fitted(b.read(), b.shape, wanted_b)
    with current().here():
        value = dot_general(x, y, over, batch)
    shape: list[Extent] = [wanted_a[i] for i in batch[0]]
    shape += [n for i, n in enumerate(wanted_a) if i not in over[0] and i not in batch[0]]
    shape += [n for j, n in enumerate(wanted_b) if j not in over[1] and j not in batch[1]]
    return Box(value, tuple(shape), kind.element) if shape else Scalar(value, kind.element, origins=DATA)


def _paired(a: Array, b: Array, i: int, j: int) -> Extent:
    """The common extent of two dimensions; checked at run time where it is not known."""
    n, m = a.shape[i], b.shape[j]
    if same_extent(n, m):
        return n if isinstance(n, int) else m
    if isinstance(n, int) and isinstance(m, int):
        fail(
            f"shapes {shape_text(a.shape)} and {shape_text(b.shape)} not aligned: {n} (dim {i}) != {m} (dim {j})",
            error=WengertValueError,
            why="the last axis of the left factor and the last but one of the right have the same extent",
            help="transpose one of them with .T, or change their order",
        )
    check_equal(n, m, message="shapes not aligned: {0} != {1}")
    return smaller(n, m)


@covers(np.matmul)
def matmul(x1: Any, x2: Any) -> Any:
    """``x1 @ x2``: vectors, matrices, and stacks of matrices, which are broadcast."""
    a, b = operand(x1), operand(x2)
    if not isinstance(a, Array) or not isinstance(b, Array):
        fail("matmul: an operand is a number, and @ needs arrays", help="use *", error=WengertValueError)
    inner = max(b.ndim - 2, 0)
    if a.ndim <= 2 and b.ndim <= 2:
        return contracted(a, b, ((a.ndim - 1,), (inner,)))
    if a.ndim == 1:
        return contracted(a, b, ((0,), (inner,)))
    if b.ndim == 1:
        return contracted(a, b, ((a.ndim - 1,), (0,)))
    leading = broadcast_shapes(a.shape[:-2], b.shape[:-2])
    a, b = (Box(tensor(x, x.element, (*leading, *x.shape[-2:])), (*leading, *x.shape[-2:]), x.element) for x in (a, b))
    together = tuple(range(len(leading)))
    return contracted(a, b, ((a.ndim - 1,), (b.ndim - 2,)), (together, together))


@covers(np.dot, methods=("dot",))
def dot(a: Any, b: Any) -> Any:
    """Numbers multiply; else the last dimension of a is paired with the last but one of b."""
    a, b = operand(a), operand(b)
    if not isinstance(a, Array) or not isinstance(b, Array):
        return strong(binary("Mult", a, b))
    return contracted(a, b, ((a.ndim - 1,), (max(b.ndim - 2, 0),)))


@covers(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    return dot(ravel(a), ravel(b))


@covers(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    a, b = operand(a), operand(b)
    if not isinstance(a, Array) or not isinstance(b, Array):
        return strong(binary("Mult", a, b))
    return contracted(a, b, ((a.ndim - 1,), (b.ndim - 1,)))


@covers(np.outer)
def outer(a: Any, b: Any) -> Any:
    return binary("Mult", with_new_axes(ravel(a), [1]), with_new_axes(ravel(b), [0]))


@covers(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = array_operand(a), array_operand(b)
    if isinstance(axes, int):
        over = (tuple(range(a.ndim - axes, a.ndim)), tuple(range(axes)))
    else:
        left, right = (x if isinstance(x, (tuple, list)) else (x,) for x in axes)
        over = (tuple(one_axis(x, a.ndim) for x in left), tuple(one_axis(x, b.ndim) for x in right))
    if not over[0]:
        fail("numpy.tensordot over no axes is not covered", help="use np.outer and reshape")
    return contracted(a, b, over)


@covers(np.kron)
def kron(a: Any, b: Any) -> Any:
    """``out[i p + k, j q + l] = a[i, j] b[k, l]``"""
    a, b = array_operand(a), array_operand(b)
    if a.ndim != b.ndim:
        fail("numpy.kron of arrays of different rank is not covered")
    spread_a = with_new_axes(a, [2 * d + 1 for d in range(a.ndim)])
    spread_b = with_new_axes(b, [2 * d for d in range(b.ndim)])
    return reshape(binary("Mult", spread_a, spread_b), tuple(n * m for n, m in zip(a.shape, b.shape)))


@covers(np.cross)
def cross(a: Any, b: Any) -> Any:
    """Of vectors of three components along the last axis."""
    a, b = array_operand(a), array_operand(b)
    if not same_extent(a.shape[-1], 3) or not same_extent(b.shape[-1], 3):
        fail("numpy.cross of anything but vectors of 3 components is not covered", error=WengertValueError)
    parts = []
    for i, j in ((1, 2), (2, 0), (0, 1)):
        first = binary("Mult", getitem(a, (..., slice(i, i + 1))), getitem(b, (..., slice(j, j + 1))))
        second = binary("Mult", getitem(a, (..., slice(j, j + 1))), getitem(b, (..., slice(i, i + 1))))
        parts.append(binary("Sub", first, second))
    return concatenate(parts, axis=parts[0].ndim - 1)


# ---------------------------------------------------------------- einsum


@covers(np.einsum)
def einsum(subscripts: Any, *operands: Any, optimize: Any = None) -> Any:
    """Explicit or implicit subscripts of distinct indices, contracted from left to right."""
    if not isinstance(subscripts, str) or "." in subscripts:
        fail("numpy.einsum without a string of subscripts, or with an ellipsis, is not covered")
    left, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = left.split(",")
    if not arrow:
        output = "".join(sorted(c for c in set(left) - {","} if left.count(c) == 1))
    if len(terms) != len(operands) or not set(output) <= set(left):
        fail(f"einsum subscripts {subscripts!r} do not fit {len(operands)} operand(s)", error=WengertValueError)
    factors = []
    for term, x in zip(terms, operands):
        array = array_operand(x)
        if len(set(term)) != len(term):
            fail(f"numpy.einsum with a repeated index in {term!r} is not covered", help="take np.diagonal first")
        if len(term) != array.ndim:
            fail(f"einsum subscripts {term!r} do not fit an array of {array.ndim} dimensions", error=WengertValueError)
        factors.append((term, array))
    while len(factors) > 1:
        (s, a), (t, b), *rest = factors
        needed = set(output).union(*[set(term) for term, _ in rest])
        factors = [_contract_pair(s, a, t, b, needed), *rest]
    ((term, result),) = factors
    return _ordered(*_summed(term, result, set(output)), output)


def _summed(term: str, x: Any, needed: set[str]) -> tuple[str, Any]:
    """Sums over the indices nothing else needs."""
    axes = tuple(d for d, c in enumerate(term) if c not in needed)
    return "".join(c for c in term if c in needed), sum_(x, axis=axes) if axes else x


def _contract_pair(s: str, a: Any, t: str, b: Any, needed: set[str]) -> tuple[str, Any]:
    s, a = _summed(s, a, needed | set(t))
    t, b = _summed(t, b, needed | set(s))
    over = [c for c in s if c in t and c not in needed]
    batch = [c for c in s if c in t and c in needed]
    rest = [c for c in s if c not in t], [c for c in t if c not in s]
    if not isinstance(a, Array) or not isinstance(b, Array) or not (over or batch):
        return _product(s, a, t, b)
    pairs = (
        ([s.index(c) for c in over], [t.index(c) for c in over]),
        ([s.index(c) for c in batch], [t.index(c) for c in batch]),
    )
    return "".join([*batch, *rest[0], *rest[1]]), contracted(a, b, *pairs)


def _product(s: str, a: Any, t: str, b: Any) -> tuple[str, Any]:
    """The outer product of factors without a common index."""
    if isinstance(a, Array) and isinstance(b, Array):
        a = with_new_axes(a, [a.ndim + k for k in range(b.ndim)])
    return s + t, binary("Mult", a, b)


def _ordered(term: str, x: Any, output: str) -> Any:
    if not isinstance(x, Array):
        return x
    moved = transpose(x, tuple(term.index(c) for c in output))
    return Box(moved.read(), moved.shape, moved.element)
