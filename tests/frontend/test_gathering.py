"""Indexing with arrays of integers, as NumPy does it: values, stores, repeated indices, errors, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same
from wengert.frontend.specialize import interpret

ARRAY = np.random.default_rng(0).standard_normal((4, 5, 3))
ROWS, TABLE, PLACES = np.array([3, 0, -1, 3]), np.array([[0, 1], [4, 2]]), np.array([1, 1, 0, 2])
VALUES = np.random.default_rng(1).standard_normal(4)

READS: dict[str, Callable[..., Any]] = {
    "rows": lambda a: a[ROWS],
    "columns": lambda a: a[:, TABLE],
    "apart": lambda a: a[ROWS, :, PLACES],
    "with an integer": lambda a: a[1, TABLE],
    "apart from an integer": lambda a: a[1, :, PLACES],
    "pairs": lambda a: a[ROWS, PLACES],
    "all": lambda a: a[ROWS, PLACES, 2],
    "a list": lambda a: a[::-1, [0, 2, 2]],
    "a nested list": lambda a: a[[[0], [3]], [1, 4]],
    "a new axis": lambda a: a[..., None, [2, 0]],
    "none": lambda a: a[np.array([], dtype=int)],
    "a transposed view": lambda a: a.T[PLACES],
    "a reversed view": lambda a: a[:, ::-2][1:, TABLE % 3],
    "take": lambda a: np.take(a, TABLE, axis=1) + a.take(3, axis=1)[:, None, None, :],
    "take of all": lambda a: np.take(a, [0, -1, 59]),
    "take_along_axis": lambda a: np.take_along_axis(a[:2, :2, 0], TABLE % 2, axis=1),
}


@pytest.mark.parametrize("name", READS)
def test_reads(name: str) -> None:
    f = READS[name]
    assert_same(wengert.compile(f)(ARRAY), f(ARRAY))
    assert_same(interpret(f, (ARRAY,), {}), f(ARRAY))


def stores(a: Any, i: Any, v: Any) -> Any:
    a[i] = a[:, 0:1] * np.ones((4, 5, 3))  # 3 is stored twice: the last one stays
    a[[0, 1], :, 1] *= 2.0
    a[i, 2] += v[:, None]
    a[:, TABLE] = 0.5 * a[:, TABLE]
    np.add.at(a, (i, 0), v[:, None])
    np.subtract.at(a, 1, v[0])
    return a


def steps(x: Any, p: Any) -> Any:
    """In a loop, with positions that its counter changes."""
    total = 0.0
    for k in range(3):
        x = np.sin(x[(p + k) % 4]) * x
        total = total + x.sum()
    return total


def histogram(x: Any, bins: Any) -> Any:
    h = np.zeros(5)
    np.add.at(h, bins, x * x)
    return h


@pytest.mark.parametrize("f, args", [
    (stores, (ARRAY, ROWS, VALUES)),
    (steps, (VALUES, np.array([1, 2, 3, 0]))),
    (histogram, (VALUES, np.array([2, 2, -1, 0]))),
    (lambda a, i: a[i].sum(axis=0) * a[i[0]], (ARRAY, ROWS)),
], ids=["stores", "steps", "histogram", "rows"])
def test_stores_and_derivatives(f: Callable[..., Any], args: tuple[Any, ...]) -> None:
    ours, theirs = [x.copy() for x in args], [x.copy() for x in args]
    assert_same(wengert.compile(f)(*ours), f(*theirs))
    assert_same(ours, theirs, what="the arguments afterwards")
    wengert.check_grads(f, args, order=2)


def test_random_indices() -> None:
    """Slices, new axes, integers and arrays in any order, read and stored."""
    rng = np.random.default_rng(5)
    for _ in range(40):
        shape = tuple(rng.integers(1, 5, rng.integers(1, 5)))
        common = tuple(rng.integers(1, 4, rng.integers(0, 3)))
        parts: list[Any] = []
        for n in shape[:rng.integers(1, len(shape) + 1)]:
            kind = rng.integers(4)
            if kind == 0:
                parts.append(slice(*sorted(rng.integers(0, n + 1, 2)), int(rng.integers(1, 3))))
            elif kind == 1:
                parts.append(int(rng.integers(-n, n)))
            else:
                parts.append(rng.integers(-n, n, common))
            if rng.integers(6) == 0:
                parts.append(None)
        if not any(isinstance(p, np.ndarray) and p.ndim for p in parts):
            continue
        a, index = rng.standard_normal(shape), tuple(parts)

        def read(a: Any, index: Any = index) -> Any:
            return a[index]

        def store(a: Any, index: Any = index) -> Any:
            a[index] = 2.0 * a[index] + 1.0
            return a

        for f in (read, store):
            assert_same(interpret(f, (a.copy(),), {}), f(a.copy()), what=f"{shape} {index}")


@pytest.mark.parametrize("index, shown", [([4, 0], "4"), ([-5, 1], "-5"), ([1, 9], "9")])
def test_positions_out_of_range_raise_at_the_line(index: list[int], shown: str) -> None:
    def f(a: Any, i: Any) -> Any:
        return a[:, i].sum()

    for run in (wengert.compile(f), wengert.grad(f)):
        with pytest.raises(IndexError, match=rf"test_gathering.py:\d+:16: index {shown} is out of bounds for axis 1"):
            run(ARRAY[:, :4], np.array(index))


@pytest.mark.parametrize("f, error, message", [
    (lambda a: a[ROWS, PLACES, ROWS, PLACES], IndexError, "too many indices"),
    (lambda a: a[ROWS, TABLE], IndexError, "shape mismatch: indexing arrays could not be broadcast"),
    (lambda a: a[VALUES], IndexError, "only integers"),
    (lambda a: np.take_along_axis(a, ROWS, 0), ValueError, "same number of dimensions"),
    (lambda a: np.add.at(a, slice(None), 1.0), NotImplementedError, "slices alone"),
])
def test_refusals(f: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message) as caught:
        wengert.compile(f)(ARRAY)
    assert "test_gathering.py:" in str(caught.value)
