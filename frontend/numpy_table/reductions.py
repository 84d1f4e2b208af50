"""Reductions: sums, products, extrema, `any` and `all`, over some axes or all; means are in averages.py.

`where=` puts the neutral element where the mask is false; `initial` takes part as one element more.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.dialects.reduction import reduce as reduce_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import DTYPES, accumulator, element_of, flip_sign, is_unsigned
from wengert.frontend.masks import summand
from wengert.frontend.numpy_table.arguments import some_axes
from wengert.frontend.numpy_table.registry import H, covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.operands import converted, is_number, kind_of, operand, strong
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar
from wengert.frontend.views import reshape_value

NAMES = {"sum": "add", "prod": "multiply", "max": "maximum", "min": "minimum"}
#: NumPy's default of `initial`: none.
NO_VALUE: Any = np._NoValue
#: Ufunc -> the handler that does what its `reduce` does.
REDUCERS: dict[Any, Callable[..., Any]] = {}


def reduces(ufunc: np.ufunc) -> Callable[[H], H]:
    """Decorator: the handler of ``ufunc.reduce``."""

    def decorate(handler: H) -> H:
        REDUCERS[ufunc] = handler
        return handler

    return decorate


def reduce_array(x: Any, kind: str, axis: Any = None, keepdims: Any = False, empty: bool = False) -> Any:
    """One of the reductions of nd.reduce over the axes of an operand, without change of type.

    `empty` allows an extremum of no elements, which is the neutral element.
    """
    if not isinstance(x, Array):
        some_axes(axis, 0)
        return strong(x) if isinstance(x, Scalar) else converted(x, kind_of(x).element)
    axes = some_axes(axis, x.ndim)
    if kind in ("max", "min") and not empty:
        _refuse_empty(x, axes, kind)
    value = x.read()
    if axes:
        unordered = kind in ("max", "min") and is_unsigned(x.element)
        with current().here():
            value = reduce_values(flip_sign(value) if unordered else value, kind, axes)
            value = flip_sign(value) if unordered else value
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
    x = summand(converted(x, "i1"), kind == "all", axis, keepdims)
    return reduce_array(converted(x, "i1"), kind, axis, keepdims)


def count(x: Any, axes: tuple[int, ...]) -> Extent:
    """How many elements a reduction over `axes` combines into one."""
    result: Any = 1
    for d in axes:
        result = binary("Mult", result, x.shape[d])
    return result


def chosen(a: Any, where: Any, neutral: Any) -> Any:
    """The operand, with the neutral element where the mask `where` is false."""
    if where is True:
        return a
    where = operand(where)
    where = where if kind_of(where).element == "i1" else compare("NotEq", where, 0)
    return select(where, a, neutral)


# ---------------------------------------------------------------- sums and products


def _summand(a: Any, dtype: Any, neutral: int, where: Any, axis: Any, keepdims: Any) -> Any:
    a = operand(a)
    element = accumulator(kind_of(a).element) if dtype is None else element_of(dtype)
    a = chosen(converted(a, "i64" if element == "i1" else element), where, neutral)
    return summand(a, neutral, axis, keepdims)


def _with_initial(op: str, result: Any, initial: Any) -> Any:
    if initial is NO_VALUE or initial is None:
        return result
    return strong(binary(op, result, converted(operand(initial), kind_of(result).element)))


@reduces(np.add)
@covers(np.sum, methods=("sum",))
def sum_(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    result = reduce_array(_summand(a, dtype, 0, where, axis, keepdims), "sum", axis, keepdims)
    return stored(_with_initial("Add", result, initial), out)


@reduces(np.multiply)
@covers(np.prod, methods=("prod",))
def prod(
    a: Any,
    axis: Any = None,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    result = reduce_array(_summand(a, dtype, 1, where, axis, keepdims), "prod", axis, keepdims)
    return stored(_with_initial("Mult", result, initial), out)


# ---------------------------------------------------------------- extrema, any, all


def _extremum(kind: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    a = operand(a)
    if initial is NO_VALUE and where is not True:
        fail(
            f"reduction operation '{NAMES[kind]}' does not have an identity, so to use a where mask one has to "
            "specify 'initial'",
            error=WengertValueError,
        )
    if kind_of(a).element == "i1":
        return _extremum_of_bools(kind, a, axis, keepdims, initial, where)
    if initial is NO_VALUE:
        return reduce_array(a, kind, axis, keepdims)
    return _from_initial(kind, a, axis, keepdims, initial, where)


def _extremum_of_bools(kind: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    truth, op = ("any", "BitOr") if kind == "max" else ("all", "BitAnd")
    if initial is NO_VALUE:
        if isinstance(a, Array):
            _refuse_empty(a, some_axes(axis, a.ndim), kind)
        return reduce_truth(truth, a, axis, keepdims)
    result = reduce_truth(truth, chosen(a, where, kind == "min"), axis, keepdims)
    return strong(binary(op, result, converted(operand(initial), "i1")))


def _from_initial(kind: str, a: Any, axis: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    """``max(initial, max of what the mask chooses)``, which may be nothing."""
    from wengert.frontend.numpy_table.pairs import extremum

    element = kind_of(a).element
    a = chosen(converted(a, element), where, least(element, kind))
    if not is_number(initial):
        initial = converted(operand(initial), element)
    elif not kind_of(a).is_float:
        initial = int(initial)
    return strong(extremum(reduce_array(a, kind, axis, keepdims, empty=True), initial, kind == "max"))


def least(element: str, kind: str) -> Any:
    """The neutral element of "max" or "min": a NumPy number of the element type."""
    dtype = DTYPES[element]
    if dtype.kind == "f":
        return dtype.type(-np.inf if kind == "max" else np.inf)
    limits = np.iinfo(dtype)
    return dtype.type(limits.min if kind == "max" else limits.max)


@reduces(np.maximum)
@covers(np.max, np.amax, methods=("max",))
def max_(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Any:
    return stored(_extremum("max", a, axis, keepdims, initial, where), out)


@reduces(np.minimum)
@covers(np.min, np.amin, methods=("min",))
def min_(
    a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, initial: Any = NO_VALUE, where: Any = True
) -> Any:
    return stored(_extremum("min", a, axis, keepdims, initial, where), out)


@covers(np.ptp)
def ptp(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False) -> Any:
    a = operand(a)
    span = strong(binary("Sub", max_(a, axis, keepdims=keepdims), min_(a, axis, keepdims=keepdims)))
    return stored(span, out)


@reduces(np.logical_or)
@covers(np.any, methods=("any",))
def any_(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    return stored(reduce_truth("any", chosen(converted(operand(a), "i1"), where, False), axis, keepdims), out)


@reduces(np.logical_and)
@covers(np.all, methods=("all",))
def all_(a: Any, axis: Any = None, out: Any = None, keepdims: Any = False, *, where: Any = True) -> Any:
    return stored(reduce_truth("all", chosen(converted(operand(a), "i1"), where, True), axis, keepdims), out)


@covers(np.count_nonzero)
def count_nonzero(a: Any, axis: Any = None, *, keepdims: Any = False) -> Any:
    return sum_(converted(operand(a), "i1"), axis, keepdims=keepdims)
