"""Draws that accept or reject by their parameters: gamma, beta, Poisson and binomial numbers.

In the Python that wengert compiles, on the streams of random_streams.py.  The methods are those of Marsaglia and Tsang
(ACM TOMS 26, 363) for shapes above 1 and of Ahrens and Dieter (Computing 12, 223) below, Jöhnk's for the beta
distribution, Hörmann's transformed rejection (Insurance 12, 39) for large Poisson means, and inversion.  What is drawn
jumps as a function of the parameters, so there is no derivative with respect to them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import special

from wengert.frontend import random_streams as streams


def standard_gamma(bits: Any, shape: Any) -> Any:
    """Of the density x^(shape - 1) e^-x / Gamma(shape)."""
    if shape == 1.0:
        x = streams.exponential(bits)
    elif shape == 0.0:
        x = 0.0
    elif shape < 1.0:
        x = _small_gamma(bits, shape)
    else:
        x = _large_gamma(bits, shape)
    return x


def _small_gamma(bits: Any, shape: Any) -> Any:
    x = 0.0
    drawing = True
    while drawing:
        u, v = streams.uniform53(bits), streams.exponential(bits)
        if u <= 1.0 - shape:
            x = u ** (1.0 / shape)
            drawing = x > v
        else:
            y = -np.log((1.0 - u) / shape)
            x = (1.0 - shape + shape * y) ** (1.0 / shape)
            drawing = x > v + y
    return x


def _large_gamma(bits: Any, shape: Any) -> Any:
    """The cube of a normal number, (1 + c x)^3 times b."""
    b = shape - 1.0 / 3.0
    c = 1.0 / np.sqrt(9.0 * b)
    v = 0.0
    drawing = True
    while drawing:
        x, v = 0.0, -1.0
        while v <= 0.0:
            x = streams.normal(bits)
            v = 1.0 + c * x
        v = v * v * v
        u = streams.uniform53(bits)
        drawing = u >= 1.0 - 0.0331 * (x * x) * (x * x)
        if drawing:
            drawing = np.log(u) >= 0.5 * x * x + b * (1.0 - v + np.log(v))
    return b * v


def beta(bits: Any, a: Any, b: Any) -> Any:
    if a <= 1.0 and b <= 1.0:
        x, total = 0.0, 2.0
        while total > 1.0 or total == 0.0:
            u, v = streams.uniform53(bits), streams.uniform53(bits)
            x = u ** (1.0 / a)
            total = x + v ** (1.0 / b)
        ratio = x / total
    else:
        first = standard_gamma(bits, a)
        ratio = first / (first + standard_gamma(bits, b))
    return ratio


def poisson(bits: Any, mean: Any) -> Any:
    count = 0
    if mean >= 10.0:
        count = _large_poisson(bits, mean)
    elif mean > 0.0:
        least, product = np.exp(-mean), streams.uniform53(bits)
        while product > least:
            product = product * streams.uniform53(bits)
            count += 1
    return count


def _large_poisson(bits: Any, mean: Any) -> Any:
    root, log_mean = np.sqrt(mean), np.log(mean)
    b = 0.931 + 2.53 * root
    a = -0.059 + 0.02483 * b
    scale, limit = 1.1239 + 1.1328 / (b - 3.4), 0.9277 - 3.6224 / (b - 2.0)
    k = 0.0
    drawing = True
    while drawing:
        u = streams.uniform53(bits) - 0.5
        v = streams.uniform53(bits)
        us = 0.5 - np.abs(u)
        k = np.floor((2.0 * a / us + b) * u + mean + 0.43)
        drawing = not (us >= 0.07 and v <= limit)
        if drawing and k >= 0.0 and not (us < 0.013 and v > us):
            left = np.log(v) + np.log(scale) - np.log(a / (us * us) + b)
            drawing = left > -mean + k * log_mean - special.gammaln(k + 1.0)
    return np.int64(k)


def binomial(bits: Any, n: Any, p: Any) -> Any:
    """By inversion of the distribution function, for n min(p, 1 - p) up to 30."""
    rare = np.minimum(p, 1.0 - p)
    if n * rare > 30.0:
        raise ValueError("a binomial number with n * min(p, 1 - p) > 30 cannot be drawn in compiled code")
    found = _inverted(bits, n, rare) if n * rare > 0.0 else 0
    return n - found if p > 0.5 else found


def _inverted(bits: Any, n: Any, p: Any) -> Any:
    none, q = np.exp(n * np.log1p(-p)), 1.0 - p
    bound = np.minimum(1.0 * n, n * p + 10.0 * np.sqrt(n * p * q + 1.0))
    count, weight, u = 0, none, streams.uniform53(bits)
    while u > weight:
        count += 1
        if count > bound:
            count, weight, u = 0, none, streams.uniform53(bits)
        else:
            u = u - weight
            weight = ((n - count + 1) * p * weight) / (count * q)
    return count


def fill_alike(draw: Any, bits: Any, parameters: Any, out: Any) -> Any:
    """An array of draws with the same parameters: where these are constants, so is which method is used."""
    flat = out.reshape(-1)
    for i in range(flat.shape[0]):
        flat[i] = draw(bits, *parameters)
    return out


def fill_each(draw: Any, bits: Any, first: Any, second: Any, out: Any) -> Any:
    """An array of draws with the parameters `first`, and `second` unless it is None, of each element."""
    flat, parameters = out.reshape(-1), first.reshape(-1)
    if second is None:
        for i in range(flat.shape[0]):
            flat[i] = draw(bits, parameters[i])
    else:
        others = second.reshape(-1)
        for i in range(flat.shape[0]):
            flat[i] = draw(bits, parameters[i], others[i])
    return out
