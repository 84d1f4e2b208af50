"""Special functions of an order and a variable: Bessel functions, orthogonal polynomials, exponential integrals; and
the integrals that have no order.

Derivatives in the variable are by recurrences in the order, those without a division by the variable, so that 0 is no
special case (DLMF 10.6, 10.29, 18.9, 8.19, 19.4).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import special

from wengert.dialects.discrete import cmpf
from wengert.dialects.elementwise import (
    absf,
    addf,
    around,
    c,
    copysign,
    cos,
    divf,
    exp,
    log,
    mulf,
    negf,
    sin,
    sqrt,
    subf,
)
from wengert.dialects.external import External
from wengert.dialects.kinks import Kink, at
from wengert.dialects.op import Absent, Op, Partial
from wengert.dialects.special_functions import ANY, POSITIVE, UNIT, polynomial, special_op
from wengert.dialects.structural import select

NO_ORDER = Absent("there is no derivative rule for the order")


def _orders(low: float, high: float) -> tuple[Any, ...]:
    """Samples: small integer orders, and the variable between bounds."""
    return (lambda rng: (rng.integers(0, 5, (2, 3)).astype(float), rng.uniform(low, high, (2, 3))),)


def _plus(n: Any, step: float) -> Any:
    return addf(n, c(step, n))


def _half(x: Any) -> Any:
    return mulf(c(0.5, x), x)


def _two(x: Any) -> Any:
    return c(2.0, x)


# ---------------------------------------------------------------- Bessel functions

# J_n' = (J_{n-1} - J_{n+1}) / 2, Y alike; I_n' = (I_{n-1} + I_{n+1}) / 2; K_n' = -(K_{n-1} + K_{n+1}) / 2
jv: Op = special_op("jv", (NO_ORDER, lambda n, x, y: _half(subf(jv(_plus(n, -1.0), x), jv(_plus(n, 1.0), x)))),
                    ("v", "z"), samples=_orders(0.3, 6))
yv: Op = special_op("yv", (NO_ORDER, lambda n, x, y: _half(subf(yv(_plus(n, -1.0), x), yv(_plus(n, 1.0), x)))),
                    ("v", "z"), samples=_orders(0.5, 6))
iv: Op = special_op("iv", (NO_ORDER, lambda n, x, y: _half(addf(iv(_plus(n, -1.0), x), iv(_plus(n, 1.0), x)))),
                    ("v", "z"), samples=_orders(0.3, 3))
kv: Op = special_op(
    "kv", (NO_ORDER, lambda n, x, y: mulf(c(-0.5, x), addf(kv(_plus(n, -1.0), x), kv(_plus(n, 1.0), x)))),
    ("v", "z"), samples=_orders(0.8, 3),
)
j0 = special_op("j0", (lambda x, y: negf(j1(x)),), samples=(ANY,))
j1: Op = special_op("j1", (lambda x, y: _half(subf(j0(x), jv(_two(x), x))),), samples=(ANY,))
y0: Op = special_op("y0", (lambda x, y: negf(y1(x)),), samples=(POSITIVE,))
y1: Op = special_op("y1", (lambda x, y: _half(subf(y0(x), yv(_two(x), x))),), samples=(POSITIVE,))
i0: Op = special_op("i0", (lambda x, y: i1(x),), samples=(ANY,))
i1: Op = special_op("i1", (lambda x, y: _half(addf(i0(x), iv(_two(x), x))),), samples=(ANY,))
k0: Op = special_op("k0", (lambda x, y: negf(k1(x)),), samples=(POSITIVE,))
k1: Op = special_op("k1", (lambda x, y: mulf(c(-0.5, x), addf(k0(x), kv(_two(x), x))),), samples=(POSITIVE,))


def _sign(x: Any) -> Any:
    zero = c(0.0, x)
    return select(cmpf("oeq", x, zero), zero, copysign(c(1.0, x), x))


# i0e(x) = exp(-|x|) i0(x)
_SCALED = (Kink(at(0.0), "that of the other factor: the mean of both sides"),)
ive: Op = special_op(
    "ive",
    (NO_ORDER, lambda n, x, y: subf(_half(addf(ive(_plus(n, -1.0), x), ive(_plus(n, 1.0), x))), mulf(_sign(x), y))),
    ("v", "z"), samples=_orders(0.3, 3),
)
i0e: Op = special_op("i0e", (lambda x, y: subf(i1e(x), mulf(_sign(x), y)),), samples=(ANY,), kinks=_SCALED)
i1e: Op = special_op("i1e", (lambda x, y: subf(_half(addf(i0e(x), ive(_two(x), x))), mulf(_sign(x), y)),),
                     samples=(ANY,))
kve: Op = special_op(
    "kve", (NO_ORDER, lambda n, x, y: subf(y, _half(addf(kve(_plus(n, -1.0), x), kve(_plus(n, 1.0), x))))),
    ("v", "z"), samples=_orders(0.8, 3),
)
k0e: Op = special_op("k0e", (lambda x, y: subf(y, k1e(x)),), samples=(POSITIVE,))
k1e: Op = special_op("k1e", (lambda x, y: subf(y, _half(addf(k0e(x), kve(_two(x), x)))),), samples=(POSITIVE,))

# ---------------------------------------------------------------- hypergeometric functions and elliptic integrals


def _shifted(*parameters: Any) -> list[Any]:
    return [_plus(p, 1.0) for p in parameters]


_PARAMETER = Absent("there is no derivative rule for the parameters of hypergeometric functions")
hyp2f1: Op = special_op(
    "hyp2f1",
    (_PARAMETER, _PARAMETER, _PARAMETER,
     lambda a, b, d, z, y: mulf(divf(mulf(a, b), d), hyp2f1(*_shifted(a, b, d), z))),
    ("a", "b", "c", "z"),
    samples=(lambda rng: (*(rng.uniform(0.5, 2, (2, 3)) for _ in range(3)), rng.uniform(-0.8, 0.6, (2, 3))),),
)
hyp1f1: Op = special_op(
    "hyp1f1", (_PARAMETER, _PARAMETER, lambda a, b, x, y: mulf(divf(a, b), hyp1f1(*_shifted(a, b), x))),
    ("a", "b", "x"), samples=(lambda rng: tuple(rng.uniform(0.5, 2, (2, 3)) for _ in range(3)),),
)
# K = pi/2 2F1(1/2, 1/2; 1; m), E = pi/2 2F1(-1/2, 1/2; 1; m)
ellipk = special_op(
    "ellipk", (lambda m, y: mulf(c(math.pi / 8, m), hyp2f1(c(1.5, m), c(1.5, m), c(2.0, m), m)),), ("m",),
    samples=(UNIT,),
)
ellipe = special_op(
    "ellipe", (lambda m, y: mulf(c(-math.pi / 8, m), hyp2f1(c(0.5, m), c(1.5, m), c(2.0, m), m)),), ("m",),
    samples=(UNIT,),
)
_MODULUS = Absent("there is no derivative rule for the parameter m of the incomplete integrals")


def _root(phi: Any, m: Any) -> Any:
    """sqrt(1 - m sin(phi)^2)"""
    s = sin(phi)
    return sqrt(subf(c(1.0, m), mulf(m, mulf(s, s))))


ellipkinc = special_op("ellipkinc", (lambda phi, m, y: divf(c(1.0, m), _root(phi, m)), _MODULUS), ("phi", "m"),
                       samples=(around(0.1, 0.9, 2),))
ellipeinc = special_op("ellipeinc", (lambda phi, m, y: _root(phi, m), _MODULUS), ("phi", "m"),
                       samples=(around(0.1, 0.9, 2),))

# ---------------------------------------------------------------- exponential integrals and others


def _power_of_exp(n: Any, x: Any) -> Any:
    """-E_{n-1}: below order 0, E_{-1} = e^-x (1 + x) / x^2."""
    above = cmpf("ogt", n, c(0.5, n))
    order = select(above, _plus(n, -1.0), c(0.0, n))
    lowest = divf(mulf(exp(negf(x)), addf(c(1.0, x), x)), mulf(x, x))
    return negf(select(above, expn(order, x), lowest))


expn: Op = special_op("expn", (NO_ORDER, lambda n, x, y: _power_of_exp(n, x)), ("n", "x"), samples=_orders(0.3, 3),
                      external=External("expn", "ld"))
exp1 = special_op("exp1", (lambda x, y: negf(divf(exp(negf(x)), x)),), samples=(POSITIVE,))
expi = special_op("expi", (lambda x, y: divf(exp(x), x),), samples=(POSITIVE,))


def _spence_x(z: Any, y: Any) -> Any:
    """log(z) / (1 - z), by its series -1 + w/2 - w^2/3 + ... around z = 1 + w."""
    w = subf(z, c(1.0, z))
    close = cmpf("olt", absf(w), c(0.01, z))
    safe = select(close, c(2.0, z), z)
    series = polynomial([(-1.0) ** (k + 1) / (k + 1) for k in range(10)], w)
    return select(close, series, divf(log(safe), subf(c(1.0, z), safe)))


spence = special_op("spence", (_spence_x,), ("z",), samples=(POSITIVE, around(0.995, 1.005)))


def _of_square(function: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: function(mulf(c(math.pi / 2, x), mulf(x, x)))


fresnel_s = special_op("fresnel_s", (_of_square(sin),), samples=(ANY,), meaning=lambda x: special.fresnel(x)[0],
                       external=External("fresnel", "d", 2, 0))
fresnel_c = special_op("fresnel_c", (_of_square(cos),), samples=(ANY,), meaning=lambda x: special.fresnel(x)[1],
                       external=External("fresnel", "d", 2, 1))


def sine_over(x: Any) -> Any:
    """sin(x) / x, by its series close to 0."""
    square = mulf(x, x)
    close = cmpf("olt", square, c(0.25, x))  # not abs(x): 0 is no kink
    safe = select(close, c(1.0, x), x)
    series = polynomial([(-1.0) ** k / math.factorial(2 * k + 1) for k in range(10)], square)
    return select(close, series, divf(sin(safe), safe))


sici_s = special_op("sici_s", (lambda x, y: sine_over(x),), samples=(ANY,), meaning=lambda x: special.sici(x)[0],
                    external=External("sici", "d", 2, 0))
sici_c = special_op("sici_c", (lambda x, y: divf(cos(x), x),), samples=(POSITIVE,),
                    meaning=lambda x: special.sici(x)[1], external=External("sici", "d", 2, 1))
wrightomega = special_op("wrightomega", (lambda z, y: divf(y, addf(c(1.0, y), y)),), ("z",), samples=(ANY,))

# ---------------------------------------------------------------- orthogonal polynomials, of integer degree


def _polynomial_op(name: str, lower: Callable[..., Any], parameters: tuple[str, ...] = (), degree: int = 4) -> Op:
    """The polynomial of degree n with parameters, whose derivative is ``lower(n - 1, *parameters, x)``; 0 for n = 0."""

    def partial(n: Any, *rest: Any) -> Any:
        *parameters, x, _ = rest
        positive = cmpf("ogt", n, c(0.5, n))
        below = select(positive, _plus(n, -1.0), c(0.0, n))
        return select(positive, lower(below, *parameters, x), c(0.0, x))

    no_parameter = Absent("there is no derivative rule for the parameters of orthogonal polynomials")

    def draw(rng: np.random.Generator) -> tuple[Any, ...]:
        chosen = (rng.uniform(0.5, 2, (2, 3)) for _ in parameters)
        return rng.integers(0, degree, (2, 3)).astype(float), *chosen, rng.uniform(-0.9, 0.9, (2, 3))

    def meaning(n: Any, *rest: Any) -> Any:
        values = np.asarray(getattr(special, name)(np.asarray(n).astype(int), *rest))
        return values.astype(np.asarray(rest[-1]).dtype)[()]

    kinds = "l" + "d" * (len(parameters) + 1)
    partials: tuple[Partial, ...] = (NO_ORDER, *[no_parameter] * len(parameters), partial)
    return special_op(name, partials, ("n", *parameters, "x"), samples=(draw,), meaning=meaning,
                      external=External(name, kinds))


# d/dx P_n^(a,b) = (n + a + b + 1)/2 P_{n-1}^(a+1,b+1), here with n - 1 = m
eval_jacobi: Op = _polynomial_op(
    "eval_jacobi",
    lambda m, a, b, x: mulf(_half(addf(_plus(m, 2.0), addf(a, b))), eval_jacobi(m, *_shifted(a, b), x)),
    ("alpha", "beta"),
)
eval_legendre = _polynomial_op(
    "eval_legendre", lambda m, x: mulf(_half(_plus(m, 2.0)), eval_jacobi(m, c(1.0, x), c(1.0, x), x))
)
# d/dx C_n^a = 2 a C_{n-1}^(a+1);  T_n' = n U_{n-1},  U_n = C_n^1
eval_gegenbauer: Op = _polynomial_op(
    "eval_gegenbauer", lambda m, a, x: mulf(mulf(c(2.0, a), a), eval_gegenbauer(m, _plus(a, 1.0), x)), ("alpha",)
)
eval_chebyu: Op = _polynomial_op(
    "eval_chebyu", lambda m, x: mulf(c(2.0, x), eval_gegenbauer(m, c(2.0, x), x))
)
eval_chebyt = _polynomial_op("eval_chebyt", lambda m, x: mulf(_plus(m, 1.0), eval_chebyu(m, x)))
eval_genlaguerre: Op = _polynomial_op(
    "eval_genlaguerre", lambda m, a, x: negf(eval_genlaguerre(m, _plus(a, 1.0), x)), ("alpha",)
)
eval_laguerre = _polynomial_op("eval_laguerre", lambda m, x: negf(eval_genlaguerre(m, c(1.0, x), x)))
eval_hermite: Op = _polynomial_op(
    "eval_hermite", lambda m, x: mulf(mulf(c(2.0, m), _plus(m, 1.0)), eval_hermite(m, x))
)
eval_hermitenorm: Op = _polynomial_op(
    "eval_hermitenorm", lambda m, x: mulf(_plus(m, 1.0), eval_hermitenorm(m, x))
)
