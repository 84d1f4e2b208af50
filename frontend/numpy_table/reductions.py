"""Reductions: sums, extrema, means, norms, and `any`/`all`, over some axes or all."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects import elementwise as ops
from wengert.dialects.errors import WengertValueError
from wengert.dialects.reduction import reduce as reduce_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import larger
from wengert.frontend.comparison import compare
from wengert.frontend.conversions import Kind, element_of
from wengert.frontend.masks import Masked
from wengert.frontend.numpy_table.arguments import some_axes, static_int
from wengert.frontend.numpy_table.elementwise import absolute, float_kind, strong
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.operands import elementwise_result, is_number, kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar
from wengert.frontend.views import reshape_value

NAMES = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}


def converted(x: Any, element: str) -> Any:
    """An operand of another element type, as NumPy's astype has it."""
    kind = kind_of(x)
    if kind.element == element and not is_number(x):
        return strong(x)
    if isinstance(x, Masked):
        return Masked(converted(x.values, element), x.mask)
    trace = current()
    if isinstance(x, Array):
        return Box(trace.convert(x.read(), x.element, element), x.shape, element, contiguous=x.layout is not None)
    result = Scalar(trace.cast(x, element), element, origins=x.origins if isinstance(x, Scalar) else DATA)
    if isinstance(x, Scalar) and element == kind.element == "i64":
        result.low, result.high = x.interval
    return result


def reduce_array(x: Any, kind: str, axis: Any = None, keepdims: Any = False) -> Any:
    """One of the reductions of nd.reduce over the axes of an operand, without change of type."""
    if not isinstance(x, Array):
        some_axes(axis, 0)
        return strong(x) if isinstance(x, Scalar) else converted(x, kind_of(x).element)
    axes = some_axes(axis, x.ndim)
    if kind in ("max", "min"):
        _refuse_empty(x, axes, kind)
    value = x.read()
    if axes:
        with current().here():
            value = reduce_values(value, kind, axes)
    shape = tuple(n for d, n in enumerate(x.shape) if d not in axes)
    if keepdims:
        kept = tuple(1 if d in axes else n for d, n in enumerate(x.shape))
        if not shape:  # a scalar becomes an array of one element
            from wengert.frontend.broadcasting import tensor

            return Box(tensor(Scalar(value, x.element, origins=DATA), x.element, kept), kept, x.element)
        return Box(reshape_value(value, kept, x.element), kept, x.element)
    if not shape:
        return Scalar(value, x.element, origins=DATA)
    return Box(value, shape, x.element)


def _refuse_empty(x: Array, axes: tuple[int, ...], kind: str) -> None:
    message = f"zero-size array to reduction operation {NAMES[kind]} which has no identity"
    for d in axes:
        extent = x.shape[d]
        if isinstance(extent, Scalar):
            current().check(compare("Gt", extent, 0), "ValueError", message)
        elif extent == 0:
            fail(message, error=WengertValueError)


def reduce_truth(kind: str, x: Any, axis: Any = None, keepdims: Any = False) -> Any:
    """`any` or `all` of an operand."""
    if isinstance(x, Masked):
        x = converted(x, "i1").filled(0 if kind == "any" else 1)
    return reduce_array(converted(x, "i1"), kind, axis, keepdims)


def count(x: Any, axes: tuple[int, ...]) -> Extent:
    """How many elements a reduction over `axes` combines into one."""
    result: Any = 1
    for d in axes:
        result = binary("Mult", result, x.shape[d])
    return result


# ---------------------------------------------------------------- sums and products


def _summand(a: Any, dtype: Any, neutral: int) -> Any:
    a = operand(a)
    element = kind_of(a).element if dtype is None else element_of(dtype)
    a = converted(a, "i64" if element == "i1" else element)
    return a.filled(neutral) if isinstance(a, Masked) else a


@covers(np.sum, methods=("sum",))
def sum_(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False, initial: Any = None) -> Any:
    result = reduce_array(_summand(a, dtype, 0), "sum", axis, keepdims)
    return result if initial is None else strong(binary("Add", result, initial))


@covers(np.prod, methods=("prod",))
def prod(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Any:
    return reduce_array(_summand(a, dtype, 1), "prod", axis, keepdims)


@covers(np.mean, methods=("mean",))
def mean(a: Any, axis: Any = None, dtype: Any = None, *, keepdims: Any = False) -> Any:
    a = operand(a)
    if dtype is None and not kind_of(a).is_float:
        dtype = np.float64
    return strong(binary("Div", sum_(a, axis, dtype, keepdims=keepdims), _count_of(a, axis)))


def _count_of(a: Any, axis: Any) -> Any:
    if isinstance(a, Masked):
        return selected_count(a)
    return count(a, some_axes(axis, a.ndim)) if isinstance(a, Array) else 1


def selected_count(a: Masked) -> Any:
    """The number of elements selected by a mask, a Python int."""
    total = sum_(a.mask)
    size = Scalar(total.value, "i64", True, 0, origins=DATA)
    rest = count(a.values, tuple(range(a.mask.ndim, a.values.ndim)))
    return binary("Mult", size, rest)


@covers(np.var, methods=("var",))
def var(a: Any, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Any:
    """``sum((a - mean)^2) / (n - ddof)``"""
    a = operand(a)
    if isinstance(a, Masked):
        fail("the variance of a selection by a mask is not covered", help="use np.where and divide by the count")
    a = converted(a, element_of(dtype) if dtype is not None else float_kind(a, "").element)
    if not isinstance(a, Array):
        return strong(binary("Mult", a, 0))
    centered = binary("Sub", a, mean(a, axis, keepdims=True))
    total = sum_(binary("Mult", centered, centered), axis, keepdims=keepdims)
    freedom = binary(
        "Sub", count(a, some_axes(axis, a.ndim)), static_int(ddof, "it is the number of degrees of freedom")
    )
    return strong(binary("Div", total, larger(freedom, 0)))


@covers(np.std, methods=("std",))
def std(a: Any, axis: Any = None, dtype: Any = None, *, ddof: Any = 0, keepdims: Any = False) -> Any:
    variance = var(a, axis, dtype, ddof=ddof, keepdims=keepdims)
    return elementwise_result([variance], variance.element, ops.sqrt, Kind(variance.element, False))


# ---------------------------------------------------------------- extrema, any, all


def _extremum(a: Any, kind: str, axis: Any, keepdims: Any) -> Any:
    a = operand(a)
    if isinstance(a, Masked):
        fail(
            f"the {kind} of a selection by a mask is not covered",
            why="the selection may be empty",
            help=f"use np.where(mask, a, {'-' if kind == 'max' else ''}np.inf).{kind}()",
        )
    if kind_of(a).element == "i1":
        return reduce_truth("any" if kind == "max" else "all", a, axis, keepdims)
    return reduce_array(a, kind, axis, keepdims)


@covers(np.max, np.amax, methods=("max",))
def max_(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return _extremum(a, "max", axis, keepdims)


@covers(np.min, np.amin, methods=("min",))
def min_(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return _extremum(a, "min", axis, keepdims)


@covers(np.ptp)
def ptp(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    a = operand(a)
    return strong(binary("Sub", max_(a, axis, keepdims=keepdims), min_(a, axis, keepdims=keepdims)))


@covers(np.any, methods=("any",))
def any_(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return reduce_truth("any", operand(a), axis, keepdims)


@covers(np.all, methods=("all",))
def all_(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return reduce_truth("all", operand(a), axis, keepdims)


@covers(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return sum_(converted(operand(a), "i1"), axis, keepdims=keepdims)


# ---------------------------------------------------------------- norms


@covers(np.linalg.norm)
def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: Any = False) -> Any:
    """Vector norms 1, 2, inf, -inf; of a matrix the Frobenius norm, 1 and inf."""
    x = operand(x)
    x = converted(x, float_kind(x, "").element)
    rank = x.ndim if isinstance(x, Array) else 0
    axes = some_axes(axis, rank)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        squares = sum_(binary("Mult", x, x), axis, keepdims=keepdims)
        return elementwise_result([squares], squares.element, ops.sqrt, Kind(squares.element, False))
    sizes = absolute(x)
    if len(axes) == 1 and ord in (1, np.inf, -np.inf):
        if ord == 1:
            return sum_(sizes, axis, keepdims=keepdims)
        return (max_ if ord > 0 else min_)(sizes, axis, keepdims=keepdims)
    if len(axes) == 2 and rank == 2 and ord in (1, np.inf):
        return (
            max_(sum_(sizes, 0 if ord == 1 else 1), keepdims=False)
            if not keepdims
            else fail("numpy.linalg.norm of a matrix with keepdims is not covered")
        )
    return fail(
        f"numpy.linalg.norm with ord={ord!r} over {len(axes)} axes is not covered",
        help="covered: ord=None, 1, 2, inf, -inf for vectors; None, 'fro', 1, inf for matrices",
    )
