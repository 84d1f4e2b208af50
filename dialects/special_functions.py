"""The special functions of SciPy on the elements of arrays: error functions, gamma and beta functions, entropies.

A record gives the partial derivatives in terms of other records, so that derivatives of every order exist; formulas are
those of the NIST Digital Library of Mathematical Functions (chapters 5, 7, 8).  A function is computed by SciPy's own C
function, one call an element, or written out in functions that come as vectors.  A parameter in which there is no
derivative rule says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from scipy import special

from wengert.dialects.discrete import andi, cmpf
from wengert.dialects.elementwise import (
    absf,
    addf,
    around,
    c,
    divf,
    exp,
    log,
    log1p,
    minimumf,
    mulf,
    negf,
    subf,
)
from wengert.dialects.external import External
from wengert.dialects.kinks import EDGE, Kink, at
from wengert.dialects.op import Absent, Op, Partial, elementwise
from wengert.dialects.structural import select
from wengert.dialects.zeta import ZETA

ROOT_PI, ROOT_TWO = math.sqrt(math.pi), math.sqrt(2.0)
ANY, POSITIVE, INSIDE, UNIT = around(-2, 2), around(0.3, 4), around(-0.9, 0.9), around(0.1, 0.9)
PAIR_POSITIVE = around(0.3, 4, 2)


def special_op(
    name: str,
    partials: Sequence[Partial],
    operands: tuple[str, ...] = ("x",),
    *,
    samples: Sequence[Any],
    parameters: str = "",
    meaning: Callable[..., Any] | None = None,
    external: External | None = None,
    **fields: Any,
) -> Op:
    """The record of a function of `scipy.special`, computed by its C function unless `fields` say how."""
    if "written_out" not in fields:
        fields["external"] = external or External(name, parameters or "d" * len(operands))
    return elementwise(f"nd.{name}", meaning or getattr(special, name), partials, operands, expensive=True, symbol=name,
                       samples=tuple(samples), **fields)


def beyond(limit: float, x: Any, inside: Callable[[Any], Any], outside: Callable[[Any], Any]) -> Any:
    """``inside(x)`` where |x| <= limit, else ``outside(x)``; each is evaluated only where it is meant (else at limit).

    What the other one gives must not reach a derivative as 0 * inf.
    """
    far = cmpf("ogt", absf(x), c(limit, x))
    return select(far, outside(select(far, x, c(limit, x))), inside(select(far, c(limit, x), x)))


def polynomial(coefficients: Sequence[float], x: Any) -> Any:
    """``sum_k coefficients[k] x**k`` by Horner's rule."""
    total = c(coefficients[-1], x)
    for a in reversed(coefficients[:-1]):
        total = addf(mulf(total, x), c(a, x))
    return total


# ---------------------------------------------------------------- error functions

# erfc'(x) = -2/sqrt(pi) exp(-x^2)
erfc = elementwise("math.erfc", special.erfc, (lambda x, y: mulf(c(-2 / ROOT_PI, x), exp(negf(mulf(x, x)))),),
                   samples=(ANY,), expensive=True)
# x = erf(y): y' = sqrt(pi)/2 exp(y^2)
erfinv = special_op("erfinv", (lambda x, y: mulf(c(ROOT_PI / 2, x), exp(mulf(y, y))),), samples=(INSIDE,))
erfcinv = special_op("erfcinv", (lambda x, y: mulf(c(-ROOT_PI / 2, x), exp(mulf(y, y))),), samples=(UNIT,))
erfi = special_op("erfi", (lambda x, y: mulf(c(2 / ROOT_PI, x), exp(mulf(x, x))),), samples=(ANY,))
ndtri = special_op("ndtri", (lambda x, y: mulf(c(ROOT_TWO * ROOT_PI, x), exp(mulf(c(0.5, x), mulf(y, y)))),),
                   samples=(UNIT,))


def _asymptotic(factors: Callable[[int], float]) -> Callable[[Any], Any]:
    """``sum_k factors(k) (2k + 1)!! / x**(2k + 2)``, for |x| > 25, where seven terms are exact to rounding."""
    terms = [factors(k) * math.prod(range(1, 2 * k + 2, 2)) for k in range(8)]

    def series(x: Any) -> Any:
        w = divf(c(1.0, x), mulf(x, x))
        return mulf(w, polynomial(terms, w))

    return series


def _erfcx_x(x: Any, y: Any) -> Any:
    """2 x y - 2/sqrt(pi), which cancels for large x."""
    near = lambda z: subf(mulf(c(2.0, z), mulf(z, erfcx(z))), c(2 / ROOT_PI, z))  # noqa: E731
    far = cmpf("ogt", x, c(25.0, x))
    series = _asymptotic(lambda k: -((-0.5) ** k) / ROOT_PI)
    return select(far, series(select(far, x, c(25.0, x))), near(select(far, c(25.0, x), x)))


def _dawsn_x(x: Any, y: Any) -> Any:
    """1 - 2 x y, which cancels for large x."""
    near = lambda z: subf(c(1.0, z), mulf(c(2.0, z), mulf(z, dawsn(z))))  # noqa: E731
    return beyond(25.0, x, near, _asymptotic(lambda k: -(0.5 ** (k + 1))))


erfcx: Op = special_op("erfcx", (_erfcx_x,), samples=(ANY,))
dawsn: Op = special_op("dawsn", (_dawsn_x,), samples=(ANY,))


def _log_ndtr_x(x: Any, y: Any) -> Any:
    """phi(x) / ndtr(x): by erfcx for x < 1, where neither underflows, by erfc beyond, where erfcx would overflow."""
    far = cmpf("ogt", x, c(1.0, x))
    low, high = select(far, c(1.0, x), x), select(far, x, c(1.0, x))
    by_erfcx = divf(c(ROOT_TWO / ROOT_PI, x), erfcx(mulf(c(-1 / ROOT_TWO, x), low)))
    density = mulf(c(ROOT_TWO / ROOT_PI, x), exp(mulf(c(-0.5, x), mulf(high, high))))
    return select(far, divf(density, erfc(mulf(c(-1 / ROOT_TWO, x), high))), by_erfcx)


log_ndtr = special_op("log_ndtr", (_log_ndtr_x,), samples=(ANY,))

# ---------------------------------------------------------------- parameters of what is drawn by rejection

rejection = elementwise("nd.draw_by_rejection", lambda x: x, (), written_out=lambda x: x).where(
    jvp=Absent("the number that is drawn jumps as a function of this parameter"))

# ---------------------------------------------------------------- logistic functions

# y' = expit(x) expit(-x): 1 - y would lose what is left of it for large x
expit: Op = special_op("expit", (lambda x, y: mulf(y, expit(negf(x))),), samples=(ANY,),
                       written_out=lambda x: divf(c(1.0, x), addf(c(1.0, x), exp(negf(x)))))
log_expit = special_op(
    "log_expit", (lambda x, y: expit(negf(x)),), samples=(ANY,),
    written_out=lambda x: subf(minimumf(x, c(0.0, x)), log1p(exp(negf(absf(x))))),
)
logit = special_op("logit", (lambda x, y: divf(c(1.0, x), mulf(x, subf(c(1.0, x), x))),), samples=(UNIT,))

# ---------------------------------------------------------------- entropies


def _ratio(x: Any, y: Any) -> Any:
    """x / y, and 0 at 0 / 0: the function is 0 along x = 0."""
    zero, one = c(0.0, x), c(1.0, x)
    both = andi(cmpf("oeq", x, zero), cmpf("oeq", y, zero))
    return divf(x, select(both, one, y))


_AT_NOTHING = (Kink(at(0.0), EDGE),)
xlogy: Op = special_op("xlogy", (lambda a, b, y: log(b), lambda a, b, y: _ratio(a, b)), ("x", "y"),
                       samples=(PAIR_POSITIVE,))
xlog1py: Op = special_op("xlog1py", (lambda a, b, y: log1p(b), lambda a, b, y: _ratio(a, addf(c(1.0, b), b))),
                         ("x", "y"), samples=(PAIR_POSITIVE,))
entr = special_op("entr", (lambda x, y: subf(c(-1.0, x), log(x)),), samples=(POSITIVE,), kinks=_AT_NOTHING)
rel_entr = special_op(
    "rel_entr", (lambda a, b, y: addf(c(1.0, a), log(divf(a, b))), lambda a, b, y: negf(_ratio(a, b))), ("x", "y"),
    samples=(PAIR_POSITIVE,), kinks=_AT_NOTHING,
)
kl_div = special_op(
    "kl_div", (lambda a, b, y: log(divf(a, b)), lambda a, b, y: subf(c(1.0, a), _ratio(a, b))), ("x", "y"),
    samples=(PAIR_POSITIVE,), kinks=_AT_NOTHING,
)

# ---------------------------------------------------------------- gamma and beta functions

_NO_ORDER = Absent("there is no derivative rule for the order")
# d/dq zeta(s, q) = -s zeta(s + 1, q)
zeta: Op = special_op(
    "zeta", (_NO_ORDER, lambda s, q, y: negf(mulf(s, zeta(addf(s, c(1.0, s)), q)))), ("x", "q"),
    samples=(around(1.5, 4, 2),), external=ZETA,
)
# psi'(x) = zeta(2, x)
psi: Op = special_op("psi", (lambda x, y: zeta(c(2.0, x), x),), samples=(POSITIVE,))
gamma = special_op("gamma", (lambda x, y: mulf(y, psi(x)),), samples=(POSITIVE,))
gammaln = special_op("gammaln", (lambda x, y: psi(x),), samples=(POSITIVE,))
loggamma = special_op("loggamma", (lambda x, y: psi(x),), samples=(POSITIVE,))
beta = special_op(
    "beta",
    (lambda a, b, y: mulf(y, subf(psi(a), psi(addf(a, b)))), lambda a, b, y: mulf(y, subf(psi(b), psi(addf(a, b))))),
    ("a", "b"), samples=(PAIR_POSITIVE,),
)
betaln: Op = special_op(
    "betaln", (lambda a, b, y: subf(psi(a), psi(addf(a, b))), lambda a, b, y: subf(psi(b), psi(addf(a, b)))),
    ("a", "b"), samples=(PAIR_POSITIVE,),
)


def _shifted(x: Any) -> Any:
    return addf(x, c(1.0, x))


binom = special_op(
    "binom",
    (lambda n, k, y: mulf(y, subf(psi(_shifted(n)), psi(_shifted(subf(n, k))))),
     lambda n, k, y: mulf(y, subf(psi(_shifted(subf(n, k))), psi(_shifted(k))))),
    ("n", "k"), samples=(lambda rng: (rng.uniform(3, 6, (2, 3)), rng.uniform(0.3, 2.5, (2, 3))),),
)
poch = special_op(
    "poch",
    (lambda z, m, y: mulf(y, subf(psi(addf(z, m)), psi(z))), lambda z, m, y: mulf(y, psi(addf(z, m)))),
    ("z", "m"), samples=(PAIR_POSITIVE,),
)

# ---------------------------------------------------------------- distribution functions of gamma and beta


def _gamma_density(a: Any, x: Any) -> Any:
    """x^(a-1) e^-x / Gamma(a)"""
    return exp(subf(subf(xlogy(subf(a, c(1.0, a)), x), x), gammaln(a)))


def _beta_density(a: Any, b: Any, x: Any) -> Any:
    """x^(a-1) (1-x)^(b-1) / B(a, b)"""
    one = c(1.0, x)
    return exp(subf(addf(xlogy(subf(a, one), x), xlog1py(subf(b, one), negf(x))), betaln(a, b)))


def _parameter(name: str, inverse: str = "") -> Absent:
    return Absent(f"the derivative of {name} with respect to its parameters has no closed form")


_OF_GAMMA, _OF_BETA = _parameter("the incomplete gamma function"), _parameter("the incomplete beta function")
gammainc = special_op("gammainc", (_OF_GAMMA, lambda a, x, y: _gamma_density(a, x)), ("a", "x"),
                      samples=(PAIR_POSITIVE,))
gammaincc = special_op("gammaincc", (_OF_GAMMA, lambda a, x, y: negf(_gamma_density(a, x))), ("a", "x"),
                       samples=(PAIR_POSITIVE,))
gammaincinv = special_op(
    "gammaincinv", (_OF_GAMMA, lambda a, p, y: divf(c(1.0, p), _gamma_density(a, y))), ("a", "y"),
    samples=(lambda rng: (rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))),),
)
gammainccinv = special_op(
    "gammainccinv", (_OF_GAMMA, lambda a, p, y: divf(c(-1.0, p), _gamma_density(a, y))), ("a", "y"),
    samples=(lambda rng: (rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))),),
)


def _three(rng: np.random.Generator) -> tuple[Any, ...]:
    return rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.5, 4, (2, 3)), rng.uniform(0.1, 0.9, (2, 3))


betainc = special_op("betainc", (_OF_BETA, _OF_BETA, lambda a, b, x, y: _beta_density(a, b, x)), ("a", "b", "x"),
                     samples=(_three,))
betaincc = special_op("betaincc", (_OF_BETA, _OF_BETA, lambda a, b, x, y: negf(_beta_density(a, b, x))),
                      ("a", "b", "x"), samples=(_three,))
betaincinv = special_op(
    "betaincinv", (_OF_BETA, _OF_BETA, lambda a, b, p, y: divf(c(1.0, p), _beta_density(a, b, y))), ("a", "b", "y"),
    samples=(_three,),
)
