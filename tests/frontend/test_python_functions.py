"""Built-ins, `operator`, `functools`, `itertools` and `statistics` on run-time values, as Python has them."""

from __future__ import annotations

import functools
import itertools
import operator
import statistics
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_table_compiled import check as check_compiled

X = np.array([0.5, -1.25, 2.0, 3.0])
NAMES = ("short", "a longer one")


def scores(x: Any) -> Any:
    """The best pair by its first component, and ties by the second."""
    best = max((x[i] * x[j], j) for i, j in itertools.combinations(range(4), 2))
    return best[0] + best[1]


def products(x: Any) -> Any:
    s = 0.0
    for i, j in itertools.product(range(2), range(3)):
        s += x[i] * x[j]
    for a, b in itertools.combinations(x, 2):
        s += a * b * b
    for a, b in itertools.pairwise(x):
        s += a * b
    for a in itertools.chain([x[0]], itertools.accumulate([x[0], x[1], x[2]], lambda p, q: p * q)):
        s += a
    for a, b in itertools.zip_longest([1, 2], [x[0]], fillvalue=2.0):
        s += a * b
    for i, c in zip(itertools.count(), itertools.starmap(operator.mul, [(x[0], x[1]), (x[2], 2.0)])):
        s += c * i
    return s


def written(x: Any) -> Any:
    y = x.copy()
    operator.iadd(y, 1.0)
    operator.setitem(y, 0, 9.0)
    return operator.matmul(y, x) + operator.getitem(y, 1) * operator.itemgetter(2)(x)


SMOOTH: list[Callable[..., Any]] = [
    lambda x: sum(v * v for v in x) + sum([x[0], x[1]], 10.0) + sum(i * v for i, v in enumerate(x)),
    lambda x: min([x[0], x[1], x[2]], key=lambda v: abs(v)) + min(x[0], x[1], key=abs) + max([], default=x[0]),
    lambda x: max(x, key=lambda v: -v * v) * max(v * 2 for v in x) + max(x, default=0.0),
    lambda x: max((x[0], x[1]), (x[2], x[3]))[1] * x[min(range(4), key=lambda i: x[i])],
    scores,
    products,
    written,
    lambda x: divmod(x[2], 0.75)[1] + pow(x[0], 3) + pow(2, x[2]) + operator.truediv(x[0], x[1]) + operator.abs(x[1]),
    lambda x: functools.reduce(lambda a, b: a * b + 1, x) + functools.reduce(operator.mul, [x[0], x[1]], 2.0),
    lambda x: functools.reduce(np.maximum, [x, x * 2, x - 1]).sum() + functools.partial(np.sum, axis=0)(x * x),
    lambda x: statistics.mean([x[0], x[1]]) + statistics.fmean(x) + statistics.median(x) + statistics.variance(x),
    lambda x: statistics.pstdev(x) + statistics.stdev(x) + statistics.pvariance(x) + statistics.covariance(x, x * x),
    lambda x: statistics.correlation(x, x**3) + statistics.harmonic_mean(x * x) + statistics.geometric_mean(x * x),
]


def test_values() -> None:
    check_compiled(lambda x: tuple(f(x) for f in SMOOTH), X)


@pytest.mark.slow
@pytest.mark.parametrize("part", [slice(0, 7), slice(7, None)], ids=["first", "second"])
def test_derivatives(part: slice) -> None:
    wengert.check_grads(lambda x: tuple(f(x) for f in SMOOTH[part]), (X,), order=2)


def test_the_derivative_is_that_of_the_item_that_is_taken() -> None:
    gradient = wengert.grad(lambda x: max(x, key=lambda v: -v * v) * 3.0 + min((v * v, v) for v in x)[0])(X)
    assert np.array_equal(gradient, [4.0, 0.0, 0.0, 0.0])


def test_truths() -> None:
    check_compiled(
        lambda x, n: (
            any(v > 2 for v in x), all(v > 2 for v in x), any([x[0] > 1, n == 6]), all([]), any(x > 2), all(x > -2),
            operator.not_(x[0] > 0), operator.truth(x[0] > 0), operator.contains(x, 2.0), operator.lt(x[0], x[1]),
            (x[0], 1) < (x[0], 2), [x[0], x[1]] >= [x[0], x[1], 3], (x[2], n) > (x[1], 9), sum(v > 0 for v in x),
            any(name is not None for name in NAMES), max(NAMES, key=len) == NAMES[1], max(3, 4) == 4, pow(n, 3, 7),
        ),
        X,
        6,
    )  # fmt: skip


def test_no_items() -> None:
    with pytest.raises(ValueError, match=r"max\(\) iterable argument is empty"):
        wengert.compile(lambda x: max([]) + x)(1.0)
    with pytest.raises(statistics.StatisticsError, match="requires at least 2 data points"):
        wengert.compile(lambda x: statistics.stdev([x]))(1.0)
