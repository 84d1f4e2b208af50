"""Means, variances, weighted averages and covariances."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import elementwise as ops
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import larger, same_extent
from wengert.frontend.comparison import compare, negated
from wengert.frontend.conversions import DTYPES, Kind, element_of, promote
from wengert.frontend.numpy_table.arguments import one_axis, some_axes
from wengert.frontend.numpy_table.elementwise import float_kind, strong
from wengert.frontend.numpy_table.reductions import (
    NO_VALUE,
    chosen,
    converted,
    count,
    count_nonzero,
    reduce_truth,
    sum_,
)
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import broadcast_to, expand_dims, reshape
from wengert.frontend.operands import elementwise_result, is_number, kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar, shape_text


@covers(np.mean, methods=("mean",))
def mean(
    a: Any, axis: Any = None, dtype: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True
) -> Any:
    a = operand(a)
    if dtype is None and not kind_of(a).is_float:
        dtype = np.float64
    total = sum_(a, axis, dtype, keepdims=keepdims, where=where)
    return stored(_divided(total, _count_of(a, axis, keepdims, where)), out)


def _divided(total: Any, number: Any) -> Any:
    """``total / number``, of the type of the total whatever counts the number."""
    return converted(strong(binary("Div", total, number)), kind_of(total).element)


def _count_of(a: Any, axis: Any, keepdims: Any, where: Any) -> Any:
    """How many elements are averaged; under a mask for each result."""
    if where is not True:
        mask = operand(where)
        return count_nonzero(broadcast_to(mask, a.shape) if isinstance(a, Array) else mask, axis, keepdims=keepdims)
    return count(a, some_axes(axis, a.ndim)) if isinstance(a, Array) else 1


@covers(np.var, methods=("var",))
def var(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    """``sum((a - mean)^2) / (n - ddof)``"""
    a, average = operand(a), mean
    if correction is not NO_VALUE:
        if ddof != 0:
            fail("ddof and correction can't be provided simultaneously.", error=WengertValueError)
        ddof = correction
    a = converted(a, element_of(dtype) if dtype is not None else float_kind(a, "").element)
    if average is NO_VALUE:
        average = _mean(a, axis, keepdims=True, where=where)
    centered = chosen(binary("Sub", a, average), where, 0)
    total = sum_(binary("Mult", centered, centered), axis, keepdims=keepdims)
    freedom = binary("Sub", _count_of(a, axis, keepdims, where), operand(ddof))
    return stored(_divided(total, _not_negative(freedom)), out)


def _not_negative(x: Any) -> Any:
    from wengert.frontend.numpy_table.pairs import extremum

    if isinstance(x, Scalar) and x.weak and not x.kind.is_float:
        return larger(x, 0)
    return max(x, 0) if is_number(x) else extremum(x, 0, True)


_mean = mean


@covers(np.std, methods=("std",))
def std(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    ddof: Any = 0,
    keepdims: Any = False,
    *,
    where: Any = True,
    mean: Any = NO_VALUE,
    correction: Any = NO_VALUE,
) -> Any:
    a = operand(a)
    variance = var(
        a, axis, dtype, ddof=ddof, keepdims=keepdims, where=where, mean=mean, correction=correction
    )
    if mean is NO_VALUE and same_extent(_count_of(a, axis, False, True), 1):
        return stored(variance, out)  # 0 whatever the element is, and so is the derivative
    return stored(elementwise_result([variance], variance.element, ops.sqrt, Kind(variance.element, False)), out)


# ---------------------------------------------------------------- weights


@covers(np.average)
def average(
    a: Any, axis: Any = None, weights: Any = None, returned: Any = False, *, keepdims: Any = False
) -> Any:
    """``sum(w a) / sum(w)``; with `returned` the pair of it and the sum of the weights."""
    a = operand(a)
    if weights is None:
        result = mean(a, axis, keepdims=keepdims)
        total: Any = _count_of(a, axis, keepdims, True)
    else:
        w = _weights_like(a, operand(weights), axis)
        kind = promote(promote(kind_of(a), kind_of(w)), Kind("i1" if kind_of(a).is_float else "f64", False))
        total = sum_(w, axis, DTYPES[kind.element], keepdims=keepdims)
        zero = compare("Eq", total, 0)
        some = reduce_truth("any", zero) if isinstance(zero, Array) else zero
        current().check(negated(some), "ZeroDivisionError", "Weights sum to zero, can't be normalized")
        result = binary("Div", sum_(binary("Mult", a, w), axis, keepdims=keepdims), total)
    result = strong(result)
    if not returned:
        return result
    total = converted(operand(total), kind_of(result).element)
    return result, (broadcast_to(total, result.shape).__copy__() if isinstance(result, Array) else total)


def _weights_like(a: Any, weights: Any, axis: Any) -> Any:
    """The weights with the shape of `a`."""
    if not isinstance(a, Array) or not isinstance(weights, Array) or weights.shape == a.shape:
        return weights
    if axis is None:
        fail("Axis must be specified when shapes of a and weights differ.", error=WengertTypeError)
    axes = tuple(one_axis(d, a.ndim) for d in (axis if isinstance(axis, (tuple, list)) else (axis,)))
    if weights.shape != tuple(a.shape[d] for d in axes):
        fail(
            "Shape of weights must be consistent with shape of a along specified axis.",
            why=f"the weights have shape {shape_text(weights.shape)}, the array {shape_text(a.shape)}",
            error=WengertValueError,
        )
    from wengert.frontend.numpy_table.shaping import transpose

    in_order = transpose(weights, tuple(sorted(range(len(axes)), key=axes.__getitem__)))
    return reshape(in_order, tuple(n if d in axes else 1 for d, n in enumerate(a.shape)))


# ---------------------------------------------------------------- covariances


@covers(np.cov)
def cov(
    m: Any,
    y: Any = None,
    rowvar: Any = True,
    bias: Any = False,
    ddof: Any = None,
    fweights: Any = None,
    aweights: Any = None,
    *,
    dtype: Any = None,
) -> Any:
    """``(X - mean) w (X - mean)^T / f`` of the rows X: w = fweights aweights, f as NumPy has it."""
    from wengert.frontend.numpy_table.joining import concatenate
    from wengert.frontend.numpy_table.products import matmul
    from wengert.frontend.numpy_table.shaping import squeeze

    x = _variables(m, rowvar, dtype)
    if y is not None:
        x = concatenate([x, _variables(y, rowvar, dtype)], axis=0)
    free = (0 if bias else 1) if ddof is None else ddof
    weights = [operand(w) for w in (fweights, aweights) if w is not None]
    w = weights[0] if len(weights) == 1 else binary("Mult", *weights) if weights else None
    if w is None:
        centered = binary("Sub", x, mean(x, 1, keepdims=True))
        weighted, factor = centered, binary("Sub", x.shape[1], free)
    else:
        middle, total = average(x, 1, w, True)
        total = total[0]
        centered = binary("Sub", x, expand_dims(middle, 1))
        weighted = binary("Mult", centered, w)
        if free == 0:
            factor = total
        elif aweights is None:
            factor = binary("Sub", total, free)
        else:
            share = binary("Div", sum_(binary("Mult", w, operand(aweights))), total)
            factor = binary("Sub", total, binary("Mult", free, share))
    product = matmul(weighted, centered.T)
    return squeeze(binary("Div", product, _not_negative(factor)))


def _variables(m: Any, rowvar: Any, dtype: Any) -> Array:
    """A matrix whose rows are variables."""
    x = operand(m)
    if not isinstance(x, Array) or x.ndim > 2:
        fail("m has more than 2 dimensions" if isinstance(x, Array) else "an array is needed", error=WengertValueError)
    x = converted(x, element_of(dtype) if dtype is not None else promote(kind_of(x), Kind("f64", False)).element)
    if x.ndim == 1:
        return expand_dims(x, 0)
    return x if rowvar else x.T


@covers(np.corrcoef)
def corrcoef(x: Any, y: Any = None, rowvar: Any = True, *, dtype: Any = None) -> Any:
    """``c_ij / sqrt(c_ii c_jj)``, cut to -1 .. 1."""
    from wengert.frontend.numpy_table.diagonals import diagonal
    from wengert.frontend.numpy_table.pairs import clip

    c = cov(x, y, rowvar, dtype=dtype)
    if not isinstance(c, Array):
        return binary("Div", c, c)
    d = diagonal(c)
    deviation = elementwise_result([d], d.element, ops.sqrt, Kind(d.element, False))
    c = binary("Div", c, expand_dims(deviation, 1))
    return clip(binary("Div", c, expand_dims(deviation, 0)), -1, 1)
