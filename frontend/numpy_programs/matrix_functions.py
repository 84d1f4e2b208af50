"""Norms, ranks, powers, chains of products, equations of tensors and least squares: numpy.linalg's functions.

Signatures, values and messages are NumPy's; decompositions come from the table.  What is known while tracing (shapes,
orders, axes) decides as it does in Python.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertLinAlgError, WengertValueError
from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail


def _floats(x: Any) -> Any:
    """An array of floats, of dtype float64 where x has none."""
    x = np.asarray(x)
    return x if x.dtype in (np.float64, np.float32) else x.astype(np.float64)


# ---------------------------------------------------------------- norms


@program(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    x = _floats(x)
    if axis is None:
        if ord is None or (ord in ("f", "fro") and x.ndim == 2) or (ord == 2 and x.ndim == 1):
            total = np.sqrt(np.sum(x * x))
            return np.reshape(total, (1,) * x.ndim) if keepdims else total
        axis = tuple(range(x.ndim))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for d in axes:
        if not -x.ndim <= d < x.ndim:
            fail(f"axis {d} is out of bounds for array of dimension {x.ndim}", error=WengertValueError)
    if len(axes) == 1:
        return _norm_of_vectors(x, ord, axes[0], keepdims)
    if len(axes) != 2:
        fail("Improper number of dimensions to norm.", error=WengertValueError)
    return _norm_of_matrices(x, ord, axes[0] % x.ndim, axes[1] % x.ndim, keepdims)


@program(np.linalg.vector_norm)
def vector_norm(x: Any, /, *, axis: Any = None, keepdims: Any = False, ord: Any = 2) -> Any:
    x = _floats(x)
    if axis is None or (isinstance(axis, tuple) and len(axis) != 1):
        rest = () if axis is None else tuple(d for d in range(x.ndim) if d not in [a % x.ndim for a in axis])
        over = tuple(d for d in range(x.ndim) if d not in rest)
        result = _norm_of_vectors(
            np.reshape(np.transpose(x, over + rest), (-1, *[x.shape[d] for d in rest])), ord, 0, False)
        kept = tuple(x.shape[d] if d in rest else 1 for d in range(x.ndim))
        return np.reshape(result, kept) if keepdims else result
    return _norm_of_vectors(x, ord, axis[0] if isinstance(axis, tuple) else axis, keepdims)


@program(np.linalg.matrix_norm)
def matrix_norm(x: Any, /, *, keepdims: Any = False, ord: Any = "fro") -> Any:
    return norm(x, axis=(-2, -1), keepdims=keepdims, ord=ord)


def _norm_of_vectors(x: Any, ord: Any, axis: Any, keepdims: Any) -> Any:
    if isinstance(ord, str):
        fail(f"Invalid norm order '{ord}' for vectors", error=WengertValueError)
    if ord is None or ord == 2:
        return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
    if ord == np.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0)
    if ord == -np.inf:
        return np.min(np.abs(x), axis=axis, keepdims=keepdims)
    if ord == 0:
        return np.sum((x != 0).astype(x.dtype), axis=axis, keepdims=keepdims)
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1.0 / ord)


def _norm_of_matrices(x: Any, ord: Any, row: int, column: int, keepdims: Any) -> Any:
    if row == column:
        fail("Duplicate axes given.", error=WengertValueError)
    if ord is None or ord in ("f", "fro"):
        result = np.sqrt(np.sum(x * x, axis=(row, column)))
    elif ord in (1, -1):
        sums = np.sum(np.abs(x), axis=row)
        result = _extreme(sums, ord > 0, column - 1 if column > row else column)
    elif ord in (np.inf, -np.inf):
        sums = np.sum(np.abs(x), axis=column)
        result = _extreme(sums, ord > 0, row - 1 if row > column else row)
    elif ord in (2, -2, "nuc"):
        values = np.linalg.svdvals(np.moveaxis(x, (row, column), (-2, -1)))
        result = np.sum(values, axis=-1) if ord == "nuc" else _extreme(values, ord == 2, -1)
    else:
        fail("Invalid norm order for matrices.", error=WengertValueError)
    if keepdims:
        result = np.reshape(result, tuple(1 if d in (row, column) else n for d, n in enumerate(x.shape)))
    return result


def _extreme(values: Any, largest: bool, axis: int) -> Any:
    return np.max(values, axis=axis, initial=0) if largest else np.min(values, axis=axis)


# ---------------------------------------------------------------- what singular values tell


@program(np.linalg.matrix_rank)
def matrix_rank(A: Any, tol: Any = None, hermitian: Any = False, *, rtol: Any = None) -> Any:
    if rtol is not None and tol is not None:
        fail("`tol` and `rtol` can't be both set.", error=WengertValueError)
    A = _floats(A)
    if A.ndim < 2:
        return np.sum(np.any(A != 0).astype(np.int64))
    s = np.abs(np.linalg.eigvalsh(A)) if hermitian else np.linalg.svdvals(A)
    if tol is None:
        if rtol is None:
            rtol = max(A.shape[-2:]) * np.finfo(A.dtype).eps
        else:
            rtol = _one_a_matrix(rtol)
        tol = np.max(s, axis=-1, keepdims=True, initial=0) * rtol
    else:
        tol = _one_a_matrix(tol)
    return np.count_nonzero(s > tol, axis=-1)


def _one_a_matrix(tolerance: Any) -> Any:
    return tolerance if np.ndim(tolerance) == 0 else np.asarray(tolerance)[..., None]


@program(np.linalg.cond)
def cond(x: Any, p: Any = None) -> Any:
    x = _floats(x)
    if x.size == 0 and 0 in x.shape[-2:]:
        fail("cond is not defined on empty arrays", error=WengertLinAlgError)
    if p is None or p in (2, -2):
        s = np.linalg.svdvals(x)
        ratio = s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    else:
        regular = np.linalg.slogdet(x)[0] != 0
        some = np.where(np.reshape(regular, (*x.shape[:-2], 1, 1)), x, np.eye(x.shape[-1], dtype=x.dtype))
        product = norm(x, p, axis=(-2, -1)) * norm(np.linalg.inv(some), p, axis=(-2, -1))
        ratio = np.where(regular, product, np.asarray(np.inf, dtype=x.dtype))
    broken = np.isnan(ratio) & ~np.any(np.isnan(x), axis=(-2, -1))
    return np.where(broken, np.asarray(np.inf, dtype=x.dtype), ratio)


# ---------------------------------------------------------------- powers and chains of products


@program(np.linalg.matrix_power)
def matrix_power(a: Any, n: Any) -> Any:
    a, n = np.asarray(a), static_int(n, "it is the exponent of a matrix")
    if a.ndim < 2:
        fail(f"{a.ndim}-dimensional array given. Array must be at least two-dimensional", error=WengertLinAlgError)
    if a.shape[-2] != a.shape[-1]:
        fail("Last 2 dimensions of the array must be square", error=WengertLinAlgError)
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=a.dtype)
    if n < 0:
        a, n = np.linalg.inv(a), -n
    return (a @ a) @ a if n == 3 else _power(a, n)


def _power(a: Any, n: int) -> Any:
    if n == 1:
        return +a
    half = _power(a, n // 2)
    return half @ half if n % 2 == 0 else half @ half @ a


@program(np.linalg.multi_dot)
def multi_dot(arrays: Any, *, out: Any = None) -> Any:
    if len(arrays) < 2:
        fail("Expecting at least two arrays.", error=WengertValueError)
    factors = [np.asarray(a) for a in arrays]
    if len(factors) == 2:
        return np.dot(factors[0], factors[1])
    first, last = factors[0].ndim == 1, factors[-1].ndim == 1
    if first:
        factors[0] = factors[0][None, :]
    if last:
        factors[-1] = factors[-1][:, None]
    for a in factors:
        if a.ndim != 2:
            fail(f"{a.ndim}-dimensional array given. Array must be two-dimensional", error=WengertLinAlgError)
    result = _cheapest(factors, _splits([a.shape[0] for a in factors] + [factors[-1].shape[1]]), 0, len(factors) - 1)
    if first and last:
        return result[0, 0]
    return result[0] if first else result[:, 0] if last else result


def _cheapest(factors: Any, splits: Any, i: int, j: int) -> Any:
    if i == j:
        return factors[i]
    k = splits[i, j]
    return _cheapest(factors, splits, i, k) @ _cheapest(factors, splits, k + 1, j)


def _splits(p: Any) -> dict[tuple[int, int], int]:
    """Where to split factors i..j so that the fewest multiplications are needed; p: their extents (CLRS 15.2)."""
    count = len(p) - 1
    cost = {(i, i): 0 for i in range(count)}
    splits = {}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            options = [(cost[i, k] + cost[k + 1, j] + p[i] * p[k + 1] * p[j + 1], k) for k in range(i, j)]
            cost[i, j], splits[i, j] = min(options)
    return splits


# ---------------------------------------------------------------- equations of tensors


@program(np.linalg.tensorsolve)
def tensorsolve(a: Any, b: Any, axes: Any = None) -> Any:
    a, b = np.asarray(a), np.asarray(b)
    if axes is not None:
        order = list(range(a.ndim))
        for k in axes:
            order.remove(k)
            order.insert(a.ndim, k)
        a = np.transpose(a, order)
    shape = tuple(a.shape[b.ndim:])
    size = 1
    for n in shape:
        size *= n
    if a.size != size * size:
        fail("Input arrays must satisfy the requirement             "
                          "prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])", error=WengertLinAlgError)
    return np.reshape(np.linalg.solve(np.reshape(a, (size, size)), np.ravel(b)), shape)


@program(np.linalg.tensorinv)
def tensorinv(a: Any, ind: Any = 2) -> Any:
    a = np.asarray(a)
    if ind <= 0:
        fail("Invalid ind argument.", error=WengertValueError)
    size = 1
    for n in a.shape[ind:]:
        size *= n
    return np.reshape(np.linalg.inv(np.reshape(a, (size, -1))), (*a.shape[ind:], *a.shape[:ind]))


# ---------------------------------------------------------------- least squares


@program(np.linalg.pinv)
def pinv(a: Any, rcond: Any = None, hermitian: Any = False, *, rtol: Any = np._NoValue) -> Any:
    from wengert.frontend.numpy_programs.matrix_rules import pseudoinverse

    a = _floats(a)
    if rcond is None:
        rcond = 1e-15 if rtol is np._NoValue else max(a.shape[-2:]) * np.finfo(a.dtype).eps if rtol is None else rtol
    elif rtol is not np._NoValue:
        fail("`rtol` and `rcond` can't be both set.", error=WengertValueError)
    if 0 in a.shape[-2:]:
        return np.zeros((*a.shape[:-2], a.shape[-1], a.shape[-2]), dtype=a.dtype)
    return pseudoinverse(a, rcond)


@program(np.linalg.lstsq)
def lstsq(a: Any, b: Any, rcond: Any = None) -> Any:
    from wengert.frontend.numpy_programs.matrix_rules import least_squares, of_full_rank

    a, b = _floats(a), _floats(b)
    columns = b[:, None] if b.ndim == 1 else b
    for x in (a, columns):
        if x.ndim != 2:
            fail(f"{x.ndim}-dimensional array given. Array must be two-dimensional", error=WengertLinAlgError)
    m, n = a.shape
    if m != columns.shape[0]:
        fail("Incompatible dimensions", error=WengertLinAlgError)
    dtype = np.result_type(a.dtype, b.dtype)
    a, columns = a.astype(np.float64), columns.astype(np.float64)
    if rcond is None:
        rcond = max(m, n) * np.finfo(dtype).eps
    elif rcond < 0:
        rcond = np.finfo(np.float64).eps
    s = np.linalg.svdvals(a)
    rank = np.int32(np.count_nonzero(s > rcond * np.max(s, initial=0)))
    x = least_squares(a, columns, rcond) if 0 not in a.shape else np.zeros((n, columns.shape[1]))
    if m > n:
        missing = columns - a @ x
        squares = of_full_rank(np.sum(missing * missing, axis=0), rank == n)
    else:
        squares = np.zeros(0)
    x = x[:, 0] if b.ndim == 1 else x
    return x.astype(dtype), squares.astype(dtype), rank, s.astype(dtype)
