"""Distributions of scipy.stats in compiled code: SciPy's values, exact derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import stats
from scipy.stats import expon, gamma, lognorm, norm, uniform

import wengert
from tests.frontend.traced import lines_of, traced_run
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.calls import call

X, Q = np.array([-3.0, -0.25, 0.0, 0.5, 1.0, 40.0]), np.array([0.0, 0.25, 0.5, 0.999, 1.0, 1.5])

VALUES: list[Callable[..., Any]] = [
    lambda x, q: (norm.pdf(x), norm.cdf(x, 1.0, 2.0), norm.sf(x), norm.logpdf(x, scale=3.0), norm.logcdf(x)),
    lambda x, q: (norm.logsf(x, 0.5), norm.ppf(q, 1.0, 2.0), norm.isf(q), norm.cdf(x[3]), norm.pdf(x, 0.0, -1.0)),
    lambda x, q: (lognorm.pdf(x, 0.5), lognorm.cdf(x, 0.5, scale=2.0), lognorm.ppf(q, 0.5), stats.norm.cdf(2)),
    lambda x, q: (expon.pdf(x), expon.cdf(x, scale=2.0), expon.sf(x, -1.0), expon.ppf(q, 1.0, 2.0)),
    lambda x, q: (uniform.pdf(x, -1.0, 3.0), uniform.cdf(x, -1.0, 3.0), uniform.ppf(q, 2.0, 3.0)),
    lambda x, q: (gamma.pdf(x, 2.5), gamma.logpdf(x, 2.5, scale=2.0), gamma.cdf(x, 2.5), gamma.ppf(q, 2.5, 1.0, 2.0)),
]


@pytest.mark.parametrize("function", VALUES, ids=lines_of(VALUES))
def test_values(function: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        for got, expected in zip(traced_run(function, X, Q, call=call), function(X, Q), strict=True):
            assert np.shape(got) == np.shape(expected) and np.asarray(got).dtype == np.asarray(expected).dtype
            np.testing.assert_allclose(got, expected, 1e-13, 1e-300)


def black_scholes(spot, strike, rate, volatility, years):
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / (volatility * np.sqrt(years))
    d2 = d1 - volatility * np.sqrt(years)
    return spot * norm.cdf(d1) - strike * np.exp(-rate * years) * norm.cdf(d2)


def test_an_option_pricer_and_its_greeks() -> None:
    terms = (100.0, 105.0, 0.03, 0.2, 0.75)
    assert wengert.compile(black_scholes)(*terms) == pytest.approx(black_scholes(*terms), rel=1e-14)
    spot, strike, rate, volatility, years = terms
    root = volatility * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate + 0.5 * volatility**2) * years) / root
    delta, vega = wengert.grad(black_scholes, argnums=(0, 3))(*terms)
    assert delta == pytest.approx(norm.cdf(d1), rel=1e-13)
    assert vega == pytest.approx(spot * norm.pdf(d1) * np.sqrt(years), rel=1e-13)
    assert wengert.hessian(black_scholes)(*terms) == pytest.approx(norm.pdf(d1) / (spot * root), rel=1e-12)


def test_a_likelihood() -> None:
    data = np.array([0.5, 1.25, 3.0])

    def likelihood(mean: float, scale: float) -> float:
        return np.sum(norm.logpdf(data, mean, scale) + gamma.logpdf(data, scale + 1.0, scale=mean) + norm.logsf(data))

    wengert.check_grads(likelihood, (0.75, 1.5), order=2)


def test_what_is_not_covered_is_refused() -> None:
    with pytest.raises(UnsupportedError, match="cdf is not covered"):
        traced_run(lambda x: stats.cauchy.cdf(x), 0.5, call=call)
    with pytest.raises(UnsupportedError, match="rvs"):
        traced_run(lambda x: norm.rvs(x), 0.5, call=call)
