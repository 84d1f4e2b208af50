"""Functions of Python's `statistics`, of data that are known at run time: computed in floats, in one or two passes.

Python works with fractions and rounds once; here the result is that of NumPy's sums, up to rounding.
"""

from __future__ import annotations

import statistics
from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program


def numbers(data: Any, least: int, what: str) -> Any:
    """The data as a vector of floats."""
    if not isinstance(data, np.ndarray):
        data = np.array(list(data))
    if data.shape[0] < least:
        raise statistics.StatisticsError(f"{what} requires at least {least} data points")
    return data * 1.0


@program(statistics.mean)
def mean(data: Any) -> Any:
    return np.mean(numbers(data, 1, "mean"))


@program(statistics.fmean)
def fmean(data: Any, weights: Any = None) -> Any:
    x = numbers(data, 1, "fmean")
    return np.mean(x) if weights is None else np.sum(x * np.array(list(weights))) / np.sum(np.array(list(weights)))


@program(statistics.geometric_mean)
def geometric_mean(data: Any) -> Any:
    return np.exp(np.mean(np.log(numbers(data, 1, "geometric_mean"))))


@program(statistics.harmonic_mean)
def harmonic_mean(data: Any, weights: Any = None) -> Any:
    x = numbers(data, 1, "harmonic_mean")
    w = np.ones_like(x) if weights is None else np.array(list(weights)) * 1.0
    return np.sum(w) / np.sum(w / x)


def squares(x: Any, center: Any) -> Any:
    distance = x - (np.mean(x) if center is None else center)
    return np.sum(distance * distance)


@program(statistics.variance)
def variance(data: Any, xbar: Any = None) -> Any:
    x = numbers(data, 2, "variance")
    return squares(x, xbar) / (x.shape[0] - 1)


@program(statistics.pvariance)
def pvariance(data: Any, mu: Any = None) -> Any:
    x = numbers(data, 1, "pvariance")
    return squares(x, mu) / x.shape[0]


@program(statistics.stdev)
def stdev(data: Any, xbar: Any = None) -> Any:
    return np.sqrt(variance(data, xbar))


@program(statistics.pstdev)
def pstdev(data: Any, mu: Any = None) -> Any:
    return np.sqrt(pvariance(data, mu))


@program(statistics.median)
def median(data: Any) -> Any:
    return np.median(numbers(data, 1, "median"))


@program(statistics.covariance)
def covariance(x: Any, y: Any, /) -> Any:
    a, b = numbers(x, 2, "covariance"), numbers(y, 2, "covariance")
    return np.sum((a - np.mean(a)) * (b - np.mean(b))) / (a.shape[0] - 1)


@program(statistics.correlation)
def correlation(x: Any, y: Any, /) -> Any:
    a, b = numbers(x, 2, "correlation"), numbers(y, 2, "correlation")
    return np.sum((a - np.mean(a)) * (b - np.mean(b))) / np.sqrt(squares(a, None) * squares(b, None))
