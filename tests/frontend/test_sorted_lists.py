"""Python's sorted and list.sort of numbers, tuples and arrays whose order is known at run time only."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert
from tests.frontend.test_table_compiled import of_numpy
from tests.frontend.traced import same
from wengert.dialects.errors import WengertTypeError

X, N = np.array([0.5, -1.0, 3.0, -0.25, 7.0]), np.array([1, 0, 1, 2, 0])


class Pair(NamedTuple):
    number: Any
    value: Any


def lists(x: Any, n: Any) -> Any:
    items, others, plain = [x[0], x[1], x[2], 2.0], [x[3], x[0]], [3, 1, 2]
    items.sort()
    others.sort(key=lambda v: v * v, reverse=True)
    plain.sort(reverse=True)
    triples = sorted([(x[k], k, x[k] ** 2) for k in range(4)], key=lambda p: -p[0])
    rows = sorted([x[:2], x[2:4], x[1:3]], key=lambda r: r.sum())
    pairs = sorted([Pair(n[k], x[k]) for k in range(5)], reverse=True)
    return (
        *items, *others, *plain, *triples[0], *triples[3], *rows, *pairs[0], pairs[1].value, *pairs[4],
        *sorted(range(5), key=lambda i: n[i]), *sorted(range(5), key=lambda i: n[i], reverse=True), *sorted(x),
        *sorted([1, n[0]]), *sorted(x, key=abs), sorted(["b", "a"]) == ["a", "b"], *sorted([x[0]]),
    )  # fmt: skip


def test_sorted_lists() -> None:
    for found, right in zip(wengert.compile(lists)(X, N), lists(X, N), strict=True):
        assert same(of_numpy(found), of_numpy(right)), f"{found!r} instead of {right!r}"


def test_derivatives_follow_the_items() -> None:
    assert np.array_equal(wengert.grad(lambda x: sorted([x[0] ** 2, x[1] ** 2, x[2]])[1])(X), [0, -2, 0, 0, 0])


def test_what_cannot_be_sorted() -> None:
    with pytest.raises(WengertTypeError, match="a list of objects is sorted"):
        wengert.compile(lambda x: sorted([[x[0], "a"], [x[1], "b"]], key=lambda p: p[0]))(X)
    with pytest.raises(WengertTypeError, match="a list is sorted by"):
        wengert.compile(lambda x: sorted([x, x]))(X)
