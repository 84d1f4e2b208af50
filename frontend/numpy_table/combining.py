"""Ufuncs of two operands made of others: `logaddexp`, `heaviside`, `fmax`, `gcd`, `divmod`, `vecdot` and their like."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from wengert.dialects import diff, discrete
from wengert.dialects import elementwise as ops
from wengert.dialects.build import constant_like
from wengert.dialects.discrete import cmpf
from wengert.dialects.errors import WengertTypeError
from wengert.dialects.structural import select as select_values
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import broadcast_shapes
from wengert.frontend.comparison import select
from wengert.frontend.conversions import Kind, promote
from wengert.frontend.numpy_programs import integers as programs
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.elementwise import Build, numpy_operand, strong
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.pairs import extremum, float_pair
from wengert.frontend.numpy_table.products import matmul
from wengert.frontend.numpy_table.reductions import any_, converted, sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import broadcast_to, expand_dims, moveaxis, ravel, reshape, squeeze
from wengert.frontend.operands import elementwise_result, kind_of, operand, type_text
from wengert.frontend.trace import fail
from wengert.frontend.values import Array

# ---------------------------------------------------------------- sums in logarithms


def _log_sum(x: Any, y: Any, power: Build, unit: float) -> Any:
    """``hi + log1p(power(lo - hi)) / unit``.  The function is smooth: the comparison is no kink."""
    still_x, still_y = diff.stop_gradient(x), diff.stop_gradient(y)
    larger = cmpf("ogt", still_x, still_y)
    high, low = select_values(larger, x, y), select_values(larger, y, x)
    # Equal infinities have no difference.
    equal = discrete.andi(cmpf("oeq", still_x, still_y), discrete.isinf(still_x))
    gap = select_values(equal, constant_like(0.0, x), ops.subf(low, high))
    rest = ops.log1p(power(gap))
    return ops.addf(high, rest if unit == 1.0 else ops.mulf(rest, constant_like(1.0 / unit, rest)))


@covers(np.logaddexp)
def logaddexp(x1: Any, x2: Any) -> Any:
    return float_pair(np.logaddexp, x1, x2, lambda x, y: _log_sum(x, y, ops.exp, 1.0))


@covers(np.logaddexp2)
def logaddexp2(x1: Any, x2: Any) -> Any:
    return float_pair(np.logaddexp2, x1, x2, lambda x, y: _log_sum(x, y, ops.exp2, math.log(2.0)))


# ---------------------------------------------------------------- steps and extrema


def _step(x: Any, at_zero: Any) -> Any:
    """0 below 0, 1 above, `at_zero` at 0, nan at nan."""
    zero, one = constant_like(0.0, x), constant_like(1.0, x)
    side = select_values(cmpf("olt", x, zero), zero, one)
    side = select_values(cmpf("oeq", x, zero), at_zero, side)
    return select_values(cmpf("uno", x, x), diff.stop_gradient(x), side)


@covers(np.heaviside)
def heaviside(x1: Any, x2: Any) -> Any:
    return float_pair(np.heaviside, x1, x2, _step)


def _of_numbers(x1: Any, x2: Any, largest: bool) -> Any:
    """The larger or the smaller; a nan counts only where both are."""
    x, y = operand(x1), operand(x2)
    kind = promote(kind_of(x), kind_of(y))
    both = extremum(x, y, largest)
    if not kind.is_float:
        return both

    def is_nan(z: Any) -> Any:
        return elementwise_result([z], kind.element, discrete.isnan, Kind("i1", False))

    return strong(select(is_nan(x), y, select(is_nan(y), x, both)))


@covers(np.fmax)
def fmax(x1: Any, x2: Any) -> Any:
    return _of_numbers(x1, x2, True)


@covers(np.fmin)
def fmin(x1: Any, x2: Any) -> Any:
    return _of_numbers(x1, x2, False)


# ---------------------------------------------------------------- division


@covers(np.divmod)
def divmod_(x1: Any, x2: Any) -> tuple[Any, Any]:
    x, y = numpy_operand(x1), numpy_operand(x2)
    return strong(binary("FloorDiv", x, y)), strong(binary("Mod", x, y))


def of_integers(x: Any, y: Any, single: Any, many: Any, name: str) -> Any:
    """A function of pairs of integers, which runs a loop for each of them."""
    kind = promote(kind_of(x), kind_of(y))
    if kind.is_float or kind.element == "i1":
        wrong = x if kind_of(x).element == kind.element else y
        fail(f"{name} of {type_text(wrong)}: integers are needed", error=WengertTypeError)
    if not isinstance(x, Array) and not isinstance(y, Array):
        return traced(single, *(z if kind.weak else converted(z, kind.element) for z in (x, y)))
    shape = broadcast_shapes(*(z.shape for z in (x, y) if isinstance(z, Array)))
    a, b = (ravel(broadcast_to(converted(z, kind.element), shape)) for z in (x, y))
    return reshape(traced(many, a, b, filled(a.shape, 0, kind.element)), shape)


@covers(np.gcd)
def gcd(x1: Any, x2: Any) -> Any:
    x, y = numpy_operand(x1), numpy_operand(x2)
    return strong(of_integers(x, y, programs.common_divisor, programs.common_divisors, "gcd"))


@covers(np.lcm)
def lcm(x1: Any, x2: Any) -> Any:
    x, y = numpy_operand(x1), numpy_operand(x2)
    return strong(of_integers(x, y, programs.common_multiple, programs.common_multiples, "lcm"))


# ---------------------------------------------------------------- products along the last axes


@covers(np.vecdot)
def vecdot(x1: Any, x2: Any, *, axis: Any = -1) -> Any:
    a, b = _vectors(x1, "vecdot", 1), _vectors(x2, "vecdot", 1)
    products = binary("Mult", moveaxis(a, axis, -1), moveaxis(b, axis, -1))
    return any_(products, axis=-1) if products.element == "i1" else sum_(products, axis=-1, dtype=products.dtype)


@covers(np.matvec)
def matvec(x1: Any, x2: Any) -> Any:
    """Of each matrix with each vector."""
    a, v = _vectors(x1, "matvec", 2), _vectors(x2, "matvec", 1)
    return squeeze(matmul(a, expand_dims(v, -1)), -1)


@covers(np.vecmat)
def vecmat(x1: Any, x2: Any) -> Any:
    """Of each vector with each matrix."""
    v, a = _vectors(x1, "vecmat", 1), _vectors(x2, "vecmat", 2)
    return squeeze(matmul(expand_dims(v, -2), a), -2)


def _vectors(x: Any, name: str, least: int) -> Array:
    x = operand(x)
    if not isinstance(x, Array) or x.ndim < least:
        fail(
            f"{name}: an operand does not have enough dimensions (the core of the operation has {least})",
            error=WengertTypeError,
        )
    return x


