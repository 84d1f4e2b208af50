"""Distributions of scipy.stats: densities, distribution functions and quantiles of the ones programs use most.

A distribution is standardised, z = (x - loc) / scale; results are float64, as SciPy's are, and nan where the scale is
not positive.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special
from scipy.stats import expon, gamma, lognorm, norm, uniform

from wengert.frontend.numpy_table.registry import program

_LOG_ROOT_TWO_PI = 0.5 * math.log(2.0 * math.pi)


def standard(x: Any, loc: Any, scale: Any) -> Any:
    """(x - loc) / scale"""
    return (np.asarray(x, dtype=np.float64) - loc) / np.where(np.asarray(scale) > 0, scale, np.nan)


def located(z: Any, loc: Any, scale: Any) -> Any:
    """loc + scale z"""
    return loc + np.where(np.asarray(scale) > 0, scale, np.nan) * z


def probability(q: Any) -> Any:
    """The argument of a quantile: nan beyond 0 and 1."""
    q = np.asarray(q, dtype=np.float64)
    return np.where((q >= 0) & (q <= 1), q, np.nan)


# ---------------------------------------------------------------- the normal distribution


@program(norm.logpdf)
def norm_logpdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return -0.5 * z * z - _LOG_ROOT_TWO_PI - np.log(scale)


@program(norm.pdf)
def norm_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.exp(-0.5 * z * z) / (math.sqrt(2.0 * math.pi) * scale)


@program(norm.cdf)
def norm_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return special.ndtr(standard(x, loc, scale))


@program(norm.sf)
def norm_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return special.ndtr(-standard(x, loc, scale))


@program(norm.logcdf)
def norm_logcdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return special.log_ndtr(standard(x, loc, scale))


@program(norm.logsf)
def norm_logsf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return special.log_ndtr(-standard(x, loc, scale))


@program(norm.ppf)
def norm_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(special.ndtri(probability(q)), loc, scale)


@program(norm.isf)
def norm_isf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-special.ndtri(probability(q)), loc, scale)


# ---------------------------------------------------------------- the lognormal distribution: log z is normal


@program(lognorm.pdf)
def lognorm_pdf(x: Any, s: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.where(z > 0, z, 1.0)
    return np.where(z > 0, norm_pdf(np.log(inside), 0, s) / (inside * scale), 0.0 * z)


@program(lognorm.cdf)
def lognorm_cdf(x: Any, s: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.where(z > 0, special.ndtr(np.log(np.where(z > 0, z, 1.0)) / s), 0.0 * z)


@program(lognorm.ppf)
def lognorm_ppf(q: Any, s: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(np.exp(s * special.ndtri(probability(q))), loc, scale)


# ---------------------------------------------------------------- exponential, uniform, gamma


@program(expon.pdf)
def expon_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.where(z >= 0, np.exp(-np.where(z >= 0, z, 0.0)) / scale, 0.0 * z)


@program(expon.cdf)
def expon_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.where(z >= 0, -np.expm1(-np.where(z >= 0, z, 0.0)), 0.0 * z)


@program(expon.sf)
def expon_sf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.where(z >= 0, np.exp(-np.where(z >= 0, z, 0.0)), 1.0 + 0.0 * z)


@program(expon.ppf)
def expon_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(-np.log1p(-probability(q)), loc, scale)


@program(uniform.pdf)
def uniform_pdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    return np.where((z >= 0) & (z <= 1), 1.0 / scale + 0.0 * z, 0.0 * z)


@program(uniform.cdf)
def uniform_cdf(x: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.clip(standard(x, loc, scale), 0.0, 1.0)


@program(uniform.ppf)
def uniform_ppf(q: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(probability(q), loc, scale)


@program(gamma.logpdf)
def gamma_logpdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    z = standard(x, loc, scale)
    inside = np.where(z > 0, z, 1.0)
    log_density = special.xlogy(a - 1.0, inside) - inside - special.gammaln(a) - np.log(scale)
    return np.where(z > 0, log_density, -np.inf + 0.0 * inside)


@program(gamma.pdf)
def gamma_pdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return np.exp(gamma_logpdf(x, a, loc, scale))


@program(gamma.cdf)
def gamma_cdf(x: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return special.gammainc(a, np.maximum(standard(x, loc, scale), 0.0))


@program(gamma.ppf)
def gamma_ppf(q: Any, a: Any, loc: Any = 0, scale: Any = 1) -> Any:
    return located(special.gammaincinv(a, probability(q)), loc, scale)
