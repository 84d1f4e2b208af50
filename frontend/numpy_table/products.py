"""Products of linear algebra: `@`, dot, outer, tensordot and their kin, by nd.dot_general; einsum is in einsum.py."""

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
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import ravel, reshape
from wengert.frontend.operands import converted, kind_of, operand, strong
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


MATMUL = "(n?,k),(k,m?)->(n?,m?)"


@covers(np.matmul, np.linalg.matmul)
def matmul(x1: Any, x2: Any) -> Any:
    """``x1 @ x2``: vectors, matrices, and stacks of matrices, which are broadcast."""
    a, b = operand(x1), operand(x2)
    if not isinstance(a, Array) or not isinstance(b, Array):
        fail(f"matmul: Input operand {int(isinstance(a, Array))} does not have enough dimensions "
             f"(has 0, gufunc core with signature {MATMUL} requires 1)", why="it is a number, and @ needs arrays",
             help="use *", error=WengertValueError)
    inner = max(b.ndim - 2, 0)
    n, m = a.shape[-1], b.shape[inner]
    if isinstance(n, int) and isinstance(m, int) and n != m:
        fail("matmul: Input operand 1 has a mismatch in its core dimension 0, with gufunc signature "
             f"{MATMUL} (size {m} is different from {n})", error=WengertValueError,
             why=f"the shapes are {shape_text(a.shape)} and {shape_text(b.shape)}: the last axis of the left factor is "
             "paired with the last but one of the right",
             help="transpose one of them with .T, or change their order")
    if b.ndim <= 2:
        return contracted(a, b, ((a.ndim - 1,), (inner,)))
    if a.ndim == 1:
        return contracted(a, b, ((0,), (inner,)))
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


@covers(np.tensordot, np.linalg.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
    a, b = as_array(a), as_array(b)
    if isinstance(axes, (int, np.integer)):
        over = [list(range(a.ndim - axes, a.ndim)), list(range(axes))]
    else:
        over = [list(x) if isinstance(x, (tuple, list, np.ndarray)) else [x] for x in axes]
    if len(over[0]) != len(over[1]) or not all(
        -x.ndim <= d < x.ndim for x, along in zip((a, b), over) for d in along
    ):
        fail("shape-mismatch for sum", error=WengertValueError,
             why=f"axes={axes!r} of arrays of {a.ndim} and {b.ndim} dimensions")
    left, right = ([d % x.ndim for d in along] for x, along in zip((a, b), over))
    for i, j in zip(left, right):
        n, m = a.shape[i], b.shape[j]
        if isinstance(n, int) and isinstance(m, int) and n != m:
            fail("shape-mismatch for sum", error=WengertValueError,
                 why=f"axis {i} of {shape_text(a.shape)} is paired with axis {j} of {shape_text(b.shape)}")
    if not left:
        return strong(binary("Mult", with_new_axes(a, range(a.ndim, a.ndim + b.ndim)), b))
    return contracted(a, b, (left, right))


def as_array(x: Any) -> Array:
    """An operand as an array; a number becomes one without dimensions."""
    x = operand(x)
    if isinstance(x, Array):
        return x
    kind = kind_of(x)
    return Box(tensor(x, kind.element, ()), (), kind.element)


@covers(np.kron)
def kron(a: Any, b: Any) -> Any:
    """``out[i p + k, j q + l] = a[i, j] b[k, l]``; the array of lower rank has axes of extent 1 in front."""
    a, b = operand(a), operand(b)
    if not isinstance(a, Array) or not isinstance(b, Array):
        return strong(binary("Mult", a, b))
    rank = max(a.ndim, b.ndim)
    a, b = (with_new_axes(x, range(rank - x.ndim)) if x.ndim < rank else x for x in (a, b))
    spread_a = with_new_axes(a, [2 * d + 1 for d in range(rank)])
    spread_b = with_new_axes(b, [2 * d for d in range(rank)])
    return reshape(binary("Mult", spread_a, spread_b), tuple(n * m for n, m in zip(a.shape, b.shape)))
