"""Small matrix algebra for rules: on IR values it emits, on arrays it computes.  Leading dimensions are a stack.

`guarded` is how a rule says that a derivative does not exist: a value that raises where it is needed, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC, Value, ir, is_tensor, tensor_type
from wengert.dialects.build import constant, constant_like, dynamic_sizes, zeros_like
from wengert.dialects.discrete import cmpf, cmpi
from wengert.dialects.effects import guarded
from wengert.dialects.multilinear import dot_general
from wengert.dialects.op import lookup_call
from wengert.dialects.reduction import reduce, spread
from wengert.dialects.structural import iota, select, transpose

#: Differences below this multiple of the largest value, in units of the last place, are rounding errors.
ROUNDING_ERRORS = 8


def rank_of(x: Any) -> int:
    return int(x.type.rank) if isinstance(x, Value) else np.ndim(x)


def shape_of(x: Any) -> list[int]:
    """The extents, DYNAMIC where they are not known."""
    return list(x.type.shape) if isinstance(x, Value) else list(np.shape(x))


def product(a: Any, x: Any, transposed: bool = False) -> Any:
    """``a @ x`` or ``a.T @ x`` of a stack of matrices and a stack of matrices or vectors."""
    rank = rank_of(a)
    batch = range(rank - 2)
    return dot_general(a, x, ((rank - 2 if transposed else rank - 1,), (rank - 2,)), (batch, batch))


def flipped(a: Any) -> Any:
    """The transposes of a stack of matrices."""
    rank = rank_of(a)
    return transpose(a, (*range(rank - 2), rank - 1, rank - 2))


def triangle(a: Any, lower: bool = True, strict: bool = False, like: Any = None) -> Any:
    """The elements of one triangle, with zeros elsewhere; `strict` leaves the diagonal out.

    `like` is a known value of the shape of a, where a is a tangent.
    """
    if not isinstance(a, Value):
        return np.tril(a, -int(strict)) if lower else np.triu(a, int(strict))
    like = a if like is None else like
    row, column = counters(like)
    inside = cmpi(("sgt" if strict else "sge") if lower else ("slt" if strict else "sle"), row, column)
    return select(inside, a, zeros_like(like))


def symmetric(da: Any, a: Any) -> Any:
    """The symmetric matrices that have the lower triangles of the tangents of a."""
    return lookup_call("arith.addf", triangle(da, like=a), flipped(triangle(da, strict=True, like=a)))


def unit_matrices(a: Any) -> Any:
    """Unit matrices in a stack of the shape of a."""
    if not isinstance(a, Value):
        return np.broadcast_to(np.eye(a.shape[-1], dtype=a.dtype), a.shape)
    return select(on_diagonal(a), constant_like(1.0, a), zeros_like(a))


def counters(a: Any) -> list[Any]:
    """The row and the column of each element."""
    types, sizes, rank = [tensor_type(a.type.shape, ir.IntegerType.get_signless(64))], dynamic_sizes(a), rank_of(a)
    return [iota.emit(sizes, {"dimension": d}, types).result for d in (rank - 2, rank - 1)]


def on_diagonal(a: Any) -> Any:
    """Which elements of a stack of matrices are on a diagonal."""
    if not isinstance(a, Value):
        return np.broadcast_to(np.eye(*a.shape[-2:]) > 0, a.shape)
    return cmpi("eq", *counters(a))


def diagonal(a: Any, like: Any = None) -> Any:
    """The diagonals of a stack of square matrices; `like` is a known value of their shape, where they are a tangent."""
    like = a if like is None else like
    return reduce(select(on_diagonal(like), a, zeros_like(like)), "sum", (rank_of(a) - 1,))


def total(terms: Sequence[Any]) -> Any:
    return terms[0] if len(terms) == 1 else lookup_call("arith.addf", *terms)


def along_rows(s: Any, like: Any) -> Any:
    """Element [.., i, j] is s[.., i]."""
    return spread(s, like, (rank_of(like) - 1,))


def along_columns(s: Any, like: Any) -> Any:
    """Element [.., i, j] is s[.., j]."""
    return spread(s, like, (rank_of(like) - 2,))


# ---------------------------------------------------------------- where derivatives exist


def reciprocal_except(at: Any, x: Any) -> Any:
    """1/x, and 0 at the elements `at`."""
    one = constant_like(1.0, x)
    return select(at, zeros_like(x), lookup_call("arith.divf", one, select(at, one, x)))


def all_larger(x: Any, scale: Any, extent: int, except_at: Any = None) -> Any:
    """Whether all of x, values or differences of values that LAPACK has computed for matrices with `extent` rows, are
    certainly not zero: larger than what rounding makes of the largest of them, which is in `scale` (a stack's own)."""
    bits = 2.0**-52 if "64" in str(_element(x)) else 2.0**-23
    factor = bits * ROUNDING_ERRORS * max(extent if extent != DYNAMIC else 0, 8)
    size = lookup_call("math.absf", scale)
    rank, own = rank_of(x), rank_of(scale)
    largest = reduce(size, "max", (own - 1,)) if own else size
    bound = spread(largest, x, tuple(range(own - 1, rank)))
    bound = lookup_call("arith.mulf", bound, constant_like(factor, bound))
    ok = cmpf("ogt", lookup_call("math.absf", x), bound)
    if except_at is not None:
        ok = lookup_call("arith.ori", ok, except_at)
    return reduce(ok, "all", tuple(range(rank)))


def never(like: Any) -> Any:
    """The condition that never holds."""
    return constant(False, ir.IntegerType.get_signless(1)) if isinstance(like, Value) else np.False_


def needs(x: Any, ok: Any, message: str) -> Any:
    """x, a part of a derivative that exists only where `ok` holds."""
    return guarded(x, ok, kind="GradientError", message=message)


def _element(x: Any) -> Any:
    if not isinstance(x, Value):
        return np.asarray(x).dtype
    return x.type.element_type if is_tensor(x.type) else x.type


# ---------------------------------------------------------------- NumPy meanings


def each_matrix(function: Callable[..., Any], *stacks: Any, ranks: Sequence[int]) -> list[Any]:
    """Apply `function` to the matrices of each stack; `ranks` are those of one member."""
    batch = np.shape(stacks[0])[:np.ndim(stacks[0]) - ranks[0]]
    if 0 in batch:
        sample = function(*(np.zeros(np.shape(s)[len(batch):], np.asarray(s).dtype) for s in stacks))
        return [np.zeros((*batch, *np.shape(x)), np.asarray(x).dtype) for x in sample]
    results = [function(*(np.asarray(s)[i] for s in stacks)) for i in np.ndindex(*batch)]
    return [np.array(column).reshape((*batch, *np.shape(column[0]))) for column in zip(*results)]


def lapack(name: str, x: Any) -> Any:
    """The routine for the element type of x."""
    from scipy.linalg.lapack import get_lapack_funcs

    return get_lapack_funcs(name, (x,))
