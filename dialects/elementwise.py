"""Elementwise arithmetic on floats: upstream's arith and math, on scalars and on tensors alike.

One paragraph an op: its meaning in NumPy and its partial derivatives as functions of the operands and the result y.
Conventions at kinks are in docs/kinks.md.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.build import accumulate, constant_like
from wengert.dialects.dependencies import elementwise_dependence
from wengert.dialects.discrete import cmpf
from wengert.dialects.kinks import (
    EDGE,
    STEP,
    Kink,
    at,
    at_integers,
    at_integers_but_zero,
    at_multiples,
    at_origin_or_cut,
    at_size_one,
    between_integers,
    power_of_zero,
    tied,
    zero_to_no_positive_power,
)
from wengert.dialects.op import Op, converted, elementwise, structural
from wengert.dialects.structural import select
from wengert.dialects.transposes import (
    transpose_add,
    transpose_convert,
    transpose_div,
    transpose_mul,
    transpose_neg,
    transpose_sub,
)


def around(low: float, high: float, count: int = 1) -> Any:
    """A sample: `count` operands drawn uniformly from [low, high)."""

    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        return tuple(rng.uniform(low, high, (2, 3)) for _ in range(count))

    return draw


ANY, POSITIVE, UNIT, ABOVE_ONE = around(-2, 2), around(0.2, 3), around(-0.9, 0.9), around(1.2, 4)
PAIR, PAIR_POSITIVE = around(-2, 2, 2), around(0.3, 3, 2)


def c(value: float, x: Any) -> Any:
    """The constant `value`, with the type of x."""
    return constant_like(value, x)


# ---------------------------------------------------------------- arithmetic

addf = elementwise(
    "arith.addf", np.add, (), ("x", "y"), samples=(PAIR,), linear=(0, 1), transpose=transpose_add, symbol="+"
)


def _addf_jvp(primals: Any, results: Any, tangents: Any, attributes: Any) -> list[Any]:
    """Where the primal is accumulated in place, so is the tangent."""
    dx, dy = tangents
    if dx is None or dy is None:
        return [dy if dx is None else dx]
    return [accumulate(dx, dy) if "nd.accumulate" in attributes else addf(dx, dy)]


addf = addf.where(jvp=_addf_jvp)
subf = elementwise(
    "arith.subf", np.subtract, (1.0, -1.0), ("x", "y"), samples=(PAIR,), linear=(0, 1), transpose=transpose_sub,
    symbol="-",
)
negf = elementwise(
    "arith.negf", np.negative, (-1.0,), samples=(ANY,), linear=(0,), transpose=transpose_neg, symbol="-"
)
mulf = elementwise(
    "arith.mulf",
    np.multiply,
    (lambda a, b, y: b, lambda a, b, y: a),
    ("x", "y"),
    samples=(PAIR,),
    bilinear=(0, 1),
    transpose=transpose_mul,
    symbol="*",
)
# y = a / b.  The tangent is (da - db*y) / b: one division, linear in the same op, and of the primal only b and y.
divf = elementwise(
    "arith.divf",
    np.divide,
    (),
    ("x", "y"),
    samples=(PAIR_POSITIVE,),
    bilinear=(0,),
    transpose=transpose_div,
    symbol="/",
)


def _divf_jvp(primals: Any, results: Any, tangents: Any, attributes: Any) -> list[Any]:
    (_, b), (da, db), y = primals, tangents, results[0]
    if db is None:
        return [divf(da, b)]
    change = mulf(db, y)
    return [divf(negf(change) if da is None else subf(da, change), b)]


def _divf_series(k: int, operands: Any, y: Any) -> Any:
    """y_k = (a_k - sum_{j=1..k} b_j y_{k-j}) / b_0"""
    a, b = operands
    total = a(k)
    for j in range(1, k + 1):
        b_j, y_j = b(j), y(k - j)
        if b_j is not None and y_j is not None:
            product = mulf(b_j, y_j)
            total = negf(product) if total is None else subf(total, product)
    return None if total is None else divf(total, b(0))


divf = divf.where(jvp=_divf_jvp, series=_divf_series)


def _remf_y(a: Any, b: Any, y: Any) -> Any:
    return negf(trunc(divf(a, b)))


# C's fmod: y = a - trunc(a/b)*b.
remf = elementwise(
    "arith.remf",
    np.fmod,
    (1.0, _remf_y),
    ("x", "y"),
    samples=(PAIR_POSITIVE,),
    symbol="fmod",
    kinks=(Kink(at_multiples, "that on either side of the jump, where the quotient is constant"),),
)


def _wins(predicate: str) -> Any:
    """Ties share: each operand gets half."""

    def partial(a: Any, b: Any, tied: Any) -> Any:
        return select(cmpf(predicate, a, b), c(1.0, a), select(cmpf("oeq", a, b), c(0.5, a), c(0.0, a)))

    return partial


_TIED = (Kink(tied, "half for each of the operands that tie"),)
maximumf = elementwise(
    "arith.maximumf",
    np.maximum,
    (_wins("ogt"), _wins("olt")),
    ("x", "y"),
    samples=(PAIR,),
    symbol="maximum",
    kinks=_TIED,
)
minimumf = elementwise(
    "arith.minimumf",
    np.minimum,
    (_wins("olt"), _wins("ogt")),
    ("x", "y"),
    samples=(PAIR,),
    symbol="minimum",
    kinks=_TIED,
)

# ---------------------------------------------------------------- exponentials and powers

exp = elementwise("math.exp", np.exp, (lambda x, y: y,), samples=(ANY,), expensive=True)
exp2 = elementwise(
    "math.exp2", np.exp2, (lambda x, y: mulf(y, c(float(np.log(2)), x)),), samples=(ANY,), expensive=True
)
expm1 = elementwise("math.expm1", np.expm1, (lambda x, y: addf(y, c(1.0, x)),), samples=(ANY,), expensive=True)
AT_ZERO, AT_ONE = (Kink(at(0.0), EDGE),), (Kink(at_size_one, EDGE),)
log = elementwise(
    "math.log", np.log, (lambda x, y: divf(c(1.0, x), x),), samples=(POSITIVE,), expensive=True, kinks=AT_ZERO
)
log2 = elementwise(
    "math.log2",
    np.log2,
    (lambda x, y: divf(c(float(1 / np.log(2)), x), x),),
    samples=(POSITIVE,),
    expensive=True,
    kinks=AT_ZERO,
)
log10 = elementwise(
    "math.log10",
    np.log10,
    (lambda x, y: divf(c(float(1 / np.log(10)), x), x),),
    samples=(POSITIVE,),
    expensive=True,
    kinks=AT_ZERO,
)
log1p = elementwise(
    "math.log1p",
    np.log1p,
    (lambda x, y: divf(c(1.0, x), addf(c(1.0, x), x)),),
    samples=(POSITIVE,),
    expensive=True,
    kinks=(Kink(at(-1.0), EDGE),),
)
sqrt = elementwise("math.sqrt", np.sqrt, (lambda x, y: divf(c(0.5, x), y),), samples=(POSITIVE,), kinks=AT_ZERO)
rsqrt = elementwise(
    "math.rsqrt",
    lambda x: 1 / np.sqrt(x),
    (lambda x, y: mulf(c(-0.5, x), divf(y, x)),),
    samples=(POSITIVE,),
    kinks=AT_ZERO,
)
cbrt = elementwise(
    "math.cbrt",
    np.cbrt,
    (lambda x, y: divf(c(1 / 3, x), mulf(y, y)),),
    samples=(POSITIVE,),
    expensive=True,
    kinks=(Kink(at(0.0), "inf, the limit"),),
)


def _powf_base(a: Any, b: Any, y: Any) -> Any:
    """b * a^(b-1), and 0 where b = 0 (there 0 * a^-1 would be nan at a = 0)."""
    return select(cmpf("oeq", b, c(0.0, b)), c(0.0, a), mulf(b, powf(a, subf(b, c(1.0, b)))))


def _powf_exponent(a: Any, b: Any, y: Any) -> Any:
    """y * log(a), and 0 at a = 0 (the limit for b > 0)."""
    return select(cmpf("oeq", a, c(0.0, a)), c(0.0, a), mulf(y, log(a)))


powf = elementwise(
    "math.powf",
    np.power,
    (_powf_base, _powf_exponent),
    ("x", "y"),
    samples=(PAIR_POSITIVE,),
    expensive=True,
    symbol="**",
    kinks=(Kink(power_of_zero, EDGE, (0,)), Kink(zero_to_no_positive_power, "0, that for positive exponents", (1,))),
)

# ---------------------------------------------------------------- trigonometric and hyperbolic functions

sin: Op = elementwise("math.sin", np.sin, (lambda x, y: cos(x),), samples=(ANY,), expensive=True)
cos: Op = elementwise("math.cos", np.cos, (lambda x, y: negf(sin(x)),), samples=(ANY,), expensive=True)
tan = elementwise("math.tan", np.tan, (lambda x, y: addf(c(1.0, x), mulf(y, y)),), samples=(UNIT,), expensive=True)
asin = elementwise(
    "math.asin",
    np.arcsin,
    (lambda x, y: divf(c(1.0, x), sqrt(subf(c(1.0, x), mulf(x, x)))),),
    samples=(UNIT,),
    expensive=True,
    kinks=AT_ONE,
)
acos = elementwise(
    "math.acos",
    np.arccos,
    (lambda x, y: divf(c(-1.0, x), sqrt(subf(c(1.0, x), mulf(x, x)))),),
    samples=(UNIT,),
    expensive=True,
    kinks=AT_ONE,
)
atan = elementwise(
    "math.atan", np.arctan, (lambda x, y: divf(c(1.0, x), addf(c(1.0, x), mulf(x, x))),), samples=(ANY,), expensive=True
)
# y = atan2(a, b): d/da = b/(a^2+b^2), d/db = -a/(a^2+b^2)
atan2 = elementwise(
    "math.atan2",
    np.arctan2,
    (
        lambda a, b, y: divf(b, addf(mulf(a, a), mulf(b, b))),
        lambda a, b, y: negf(divf(a, addf(mulf(a, a), mulf(b, b)))),
    ),
    ("x", "y"),
    samples=(PAIR,),
    expensive=True,
    kinks=(Kink(at_origin_or_cut, "nan at the origin; on the cut that on either side of the jump"),),
)
sinh: Op = elementwise("math.sinh", np.sinh, (lambda x, y: cosh(x),), samples=(ANY,), expensive=True)
cosh: Op = elementwise("math.cosh", np.cosh, (lambda x, y: sinh(x),), samples=(ANY,), expensive=True)
tanh = elementwise("math.tanh", np.tanh, (lambda x, y: subf(c(1.0, x), mulf(y, y)),), samples=(ANY,), expensive=True)
asinh = elementwise(
    "math.asinh",
    np.arcsinh,
    (lambda x, y: divf(c(1.0, x), sqrt(addf(mulf(x, x), c(1.0, x)))),),
    samples=(ANY,),
    expensive=True,
)
acosh = elementwise(
    "math.acosh",
    np.arccosh,
    (lambda x, y: divf(c(1.0, x), sqrt(subf(mulf(x, x), c(1.0, x)))),),
    samples=(ABOVE_ONE,),
    expensive=True,
    kinks=(Kink(at(1.0), EDGE),),
)
atanh = elementwise(
    "math.atanh",
    np.arctanh,
    (lambda x, y: divf(c(1.0, x), subf(c(1.0, x), mulf(x, x))),),
    samples=(UNIT,),
    expensive=True,
    kinks=AT_ONE,
)
# erf'(x) = 2/sqrt(pi) * exp(-x^2)
erf = elementwise(
    "math.erf",
    special.erf,
    (lambda x, y: mulf(c(float(2 / np.sqrt(np.pi)), x), exp(negf(mulf(x, x)))),),
    samples=(ANY,),
    expensive=True,
)

# ---------------------------------------------------------------- piecewise: absf'(0) = 0, steps have derivative 0


def _sign(x: Any, y: Any) -> Any:
    return select(cmpf("ogt", x, c(0.0, x)), c(1.0, x), select(cmpf("olt", x, c(0.0, x)), c(-1.0, x), c(0.0, x)))


absf = elementwise(
    "math.absf", np.abs, (_sign,), samples=(ANY,), symbol="abs", kinks=(Kink(at(0.0), "0, the mean of both sides"),)
)
floor = elementwise("math.floor", np.floor, (0.0,), samples=(ANY,), kinks=(Kink(at_integers, STEP),))
ceil = elementwise("math.ceil", np.ceil, (0.0,), samples=(ANY,), kinks=(Kink(at_integers, STEP),))
trunc = elementwise("math.trunc", np.trunc, (0.0,), samples=(ANY,), kinks=(Kink(at_integers_but_zero, STEP),))
roundeven = elementwise(
    "math.roundeven", np.rint, (0.0,), samples=(ANY,), symbol="rint", kinks=(Kink(between_integers, STEP),)
)


def _copysign_x(a: Any, b: Any, y: Any) -> Any:
    """+1 where the sign is kept, -1 where it is flipped, 0 at a = 0."""
    return mulf(_sign(a, y), _sign(y, y))


copysign = elementwise(
    "math.copysign",
    np.copysign,
    (_copysign_x, 0.0),
    ("x", "y"),
    samples=(PAIR,),
    kinks=(Kink(at(0.0), "0, the mean of both sides", (0,)), Kink(at(0.0, 1), STEP, (1,))),
)

# ---------------------------------------------------------------- float conversions: linear

extf = structural(
    "arith.extf",
    ("x",),
    lambda x, out: np.asarray(x).astype(out[0][1]),
    converted("f64"),
    (0,),
    transpose_convert,
    typed=True,
    dependence=elementwise_dependence,
    batch=batch_elementwise,
)
truncf = structural(
    "arith.truncf",
    ("x",),
    lambda x, out: np.asarray(x).astype(out[0][1]),
    converted("f32"),
    (0,),
    transpose_convert,
    typed=True,
    dependence=elementwise_dependence,
    batch=batch_elementwise,
)
