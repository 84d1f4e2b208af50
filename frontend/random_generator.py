"""`numpy.random.Generator` in the Python that wengert compiles: its methods on the streams of random_streams.py.

Location and scale of a distribution are applied to standard draws, which makes their derivatives those of the
reparameterised numbers: d/ds (m + s z) = z.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.frontend import random_rejection as rejection
from wengert.frontend import random_streams as streams
from wengert.frontend.random_refusals import method_not_covered, option_not_covered, without_derivative


def shape_of(size: Any, *parameters: Any) -> Any:
    """The shape of the result: what is asked for, or that of the parameters; None for a number."""
    shape = np.broadcast_shapes(*[np.shape(x) for x in parameters])
    if size is not None:
        return (size,) if isinstance(size, (int, np.integer)) else tuple(size)
    return shape or None


def number(x: Any) -> Any:
    """A parameter; lists become arrays."""
    return np.asarray(x) if isinstance(x, (list, tuple)) else x


def not_negative(x: Any, name: str) -> Any:
    x = number(x)
    if np.any(x < 0):
        raise ValueError(f"{name} < 0")
    return x


def _laplace(bits: Any) -> Any:
    u = streams.uniform53(bits)
    while u <= 0.0:
        u = streams.uniform53(bits)
    return -np.log(2.0 - u - u) if u >= 0.5 else np.log(u + u)


def _gumbel(bits: Any) -> Any:
    u = 1.0 - streams.uniform53(bits)
    while u >= 1.0:
        u = 1.0 - streams.uniform53(bits)
    return -np.log(-np.log(u))


def _logistic(bits: Any) -> Any:
    u = streams.uniform53(bits)
    while u <= 0.0:
        u = streams.uniform53(bits)
    return np.log(u / (1.0 - u))


def _cauchy(bits: Any) -> Any:
    x = streams.normal(bits)
    return x / streams.normal(bits)


@dataclass
class Generator:
    """A generator whose numbers come from `bits`."""

    bits: Any

    def __getattr__(self, name: str) -> Any:
        return method_not_covered(name)

    def _drawn(self, draw: Any, size: Any, dtype: Any = np.float64) -> Any:
        if size is None:
            return draw(self.bits)
        return streams.fill(draw, self.bits, np.empty(size, dtype=dtype))

    # ------------------------------------------------------------ uniform

    def random(self, size: Any = None, dtype: Any = np.float64, out: Any = None) -> Any:
        draw = streams.uniform24 if np.dtype(dtype) == np.float32 else streams.uniform53
        if out is not None:
            return streams.fill(draw, self.bits, out)
        found = self._drawn(draw, shape_of(size), dtype)
        return np.float64(found) if size is None else found

    def uniform(self, low: Any = 0.0, high: Any = 1.0, size: Any = None) -> Any:
        low, high = number(low), number(high)
        u = self._drawn(streams.uniform53, shape_of(size, low, high))
        return low + (high - low) * u

    def integers(self, low: Any, high: Any = None, size: Any = None, dtype: Any = np.int64,
                 endpoint: Any = False) -> Any:
        if np.dtype(dtype) not in (np.dtype(np.int64), np.dtype(np.int32)):
            option_not_covered("integers", f"dtype={np.dtype(dtype)}", "draw int64 and convert them with astype")
        if high is None:
            low, high = 0, low
        low, high = number(low), number(high)
        last = high if endpoint else high - 1
        if np.any(low > last):
            raise ValueError("low > high" if endpoint else "low >= high")
        shape = shape_of(size, low, high)
        span = np.uint64(last - low) if np.ndim(last - low) == 0 else (last - low).astype(np.uint64)
        if shape is None:
            return np.int64(low + np.int64(streams.below_or_equal(self.bits, span))).astype(dtype)
        out = np.empty(shape, dtype=dtype)
        if np.ndim(low) == 0 and np.ndim(last) == 0:
            return streams.fill_below(self.bits, low, span, out)
        lows = np.broadcast_to(low, shape).copy()
        return streams.fill_below_each(self.bits, lows, np.broadcast_to(span, shape).copy(), out)

    # ------------------------------------------------------------ normal

    def standard_normal(self, size: Any = None) -> Any:
        return self._drawn(streams.normal, shape_of(size))

    def normal(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        loc, scale = number(loc), not_negative(scale, "scale")
        return loc + scale * self._drawn(streams.normal, shape_of(size, loc, scale))

    def lognormal(self, mean: Any = 0.0, sigma: Any = 1.0, size: Any = None) -> Any:
        mean, sigma = number(mean), not_negative(sigma, "sigma")
        return np.exp(mean + sigma * self._drawn(streams.normal, shape_of(size, mean, sigma)))

    def multivariate_normal(self, mean: Any, cov: Any, size: Any = None, *, method: Any = "svd") -> Any:
        if method != "cholesky":
            option_not_covered("multivariate_normal", f"method={method!r}", "give method='cholesky'")
        mean, cov, count = number(mean), number(cov), np.shape(mean)[0]
        shape = shape_of(size)
        z = self._drawn(streams.normal, (count,) if shape is None else (*shape, count))
        return mean + z @ np.linalg.cholesky(cov).T

    # ------------------------------------------------------------ exponential and functions of it

    def standard_exponential(self, size: Any = None) -> Any:
        return self._drawn(streams.exponential, shape_of(size))

    def exponential(self, scale: Any = 1.0, size: Any = None) -> Any:
        scale = not_negative(scale, "scale")
        return scale * self._drawn(streams.exponential, shape_of(size, scale))

    def rayleigh(self, scale: Any = 1.0, size: Any = None) -> Any:
        scale = not_negative(scale, "scale")
        return scale * np.sqrt(2.0 * self._drawn(streams.exponential, shape_of(size, scale)))

    def weibull(self, a: Any, size: Any = None) -> Any:
        a = not_negative(a, "a")
        return self._drawn(streams.exponential, shape_of(size, a)) ** (1.0 / a)

    def pareto(self, a: Any, size: Any = None) -> Any:
        a = not_negative(a, "a")
        return np.expm1(self._drawn(streams.exponential, shape_of(size, a)) / a)

    def power(self, a: Any, size: Any = None) -> Any:
        a = not_negative(a, "a")
        return (-np.expm1(-self._drawn(streams.exponential, shape_of(size, a)))) ** (1.0 / a)

    # ------------------------------------------------------------ others with a location and a scale

    def laplace(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        loc, scale = number(loc), not_negative(scale, "scale")
        return loc + scale * self._drawn(_laplace, shape_of(size, loc, scale))

    def gumbel(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        loc, scale = number(loc), not_negative(scale, "scale")
        return loc + scale * self._drawn(_gumbel, shape_of(size, loc, scale))

    def logistic(self, loc: Any = 0.0, scale: Any = 1.0, size: Any = None) -> Any:
        loc, scale = number(loc), not_negative(scale, "scale")
        return loc + scale * self._drawn(_logistic, shape_of(size, loc, scale))

    def standard_cauchy(self, size: Any = None) -> Any:
        return self._drawn(_cauchy, shape_of(size))

    # ------------------------------------------------------------ accepted or rejected by their parameters

    def _accepted(self, draw: Any, size: Any, first: Any, second: Any = None, dtype: Any = np.float64) -> Any:
        """Draws with parameters in which there is no derivative."""
        others = () if second is None else (second,)
        shape = shape_of(size, first, *others)
        if shape is None:
            return draw(self.bits, first, *others)
        if np.ndim(first) == 0 and (second is None or np.ndim(second) == 0):
            return rejection.fill_alike(draw, self.bits, (first, *others), np.empty(shape, dtype=dtype))
        firsts = np.broadcast_to(first, shape).copy()
        seconds = None if second is None else np.broadcast_to(second, shape).copy()
        return rejection.fill_each(draw, self.bits, firsts, seconds, np.empty(shape, dtype=dtype))

    def standard_gamma(self, shape: Any, size: Any = None) -> Any:
        shape = not_negative(shape, "shape")
        return self._accepted(rejection.standard_gamma, size, without_derivative(shape))

    def gamma(self, shape: Any, scale: Any = 1.0, size: Any = None) -> Any:
        shape, scale = not_negative(shape, "shape"), not_negative(scale, "scale")
        size = shape_of(size, shape, scale)
        return scale * self._accepted(rejection.standard_gamma, size, without_derivative(shape))

    def chisquare(self, df: Any, size: Any = None) -> Any:
        return 2.0 * self._accepted(rejection.standard_gamma, size, without_derivative(not_negative(df, "df") / 2.0))

    def beta(self, a: Any, b: Any, size: Any = None) -> Any:
        a, b = not_negative(a, "a"), not_negative(b, "b")
        return self._accepted(rejection.beta, size, without_derivative(a), without_derivative(b))

    def poisson(self, lam: Any = 1.0, size: Any = None) -> Any:
        lam = not_negative(lam, "lam") * 1.0
        return self._accepted(rejection.poisson, size, without_derivative(lam), dtype=np.int64)

    def binomial(self, n: Any, p: Any, size: Any = None) -> Any:
        n, p = not_negative(n, "n"), not_negative(p, "p") * 1.0
        if np.any(p > 1):
            raise ValueError("p > 1")
        return self._accepted(rejection.binomial, size, n, without_derivative(p), dtype=np.int64)

    # ------------------------------------------------------------ orders and choices

    def shuffle(self, x: Any, axis: Any = 0) -> None:
        x = np.swapaxes(x, 0, axis)
        if x.ndim == 1:
            streams.shuffle_vector(streams.masked_below_or_equal, self.bits, x, 1)
        else:
            streams.shuffle_rows(self.bits, x)

    def permutation(self, x: Any, axis: Any = 0) -> Any:
        if np.ndim(x) == 0:
            order = np.arange(x)
            self.shuffle(order)
            return order
        if np.ndim(x) == 1:
            copied = np.array(x)
            self.shuffle(copied)
            return copied
        order = np.arange(np.shape(x)[axis])
        self.shuffle(order)
        return np.take(x, order, axis=axis)

    def choice(self, a: Any, size: Any = None, replace: Any = True, p: Any = None, axis: Any = 0,
               shuffle: Any = True) -> Any:
        population = a if np.ndim(a) == 0 else np.shape(a)[axis]
        shape = shape_of(size)
        if replace:
            if p is None:
                chosen = self.integers(0, population, size=shape)
            else:
                chosen = self._weighted(np.asarray(p), shape)
        else:
            chosen = self._different(population, shape, p, shuffle)
        return chosen if np.ndim(a) == 0 else np.take(np.asarray(a), chosen, axis=axis)

    def _weighted(self, p: Any, shape: Any) -> Any:
        if np.abs(np.sum(p) - 1.0) > 1e-8:
            raise ValueError("Probabilities do not sum to 1.")
        cdf = np.cumsum(p)
        cdf = cdf / cdf[-1]
        return np.searchsorted(cdf, self._drawn(streams.uniform53, shape), side="right")

    def _different(self, population: int, shape: Any, p: Any, shuffle: Any) -> Any:
        count = 1
        for n in shape or ():
            count *= n
        if count > population:
            raise ValueError("Cannot take a larger sample than population when replace is False")
        chosen = np.zeros(count, dtype=np.int64)
        if p is not None:
            streams.without_replacement(self.bits, np.asarray(p), chosen)
        elif population > 10000 and count > population // (50 if shuffle else 20):
            everything = np.arange(population)
            streams.shuffle_vector(streams.below_or_equal, self.bits, everything, max(population - count, 1))
            chosen = everything[population - count:].copy()
        else:
            streams.floyd(self.bits, population, chosen)
            if shuffle:
                streams.shuffle_vector(streams.below_or_equal, self.bits, chosen, 1)
        return chosen[0] if shape is None else chosen.reshape(shape)
