"""Masks: selections of run-time size, alone and beside other indices, read and stored, and what follows from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same
from tests.frontend.traced import check, lines_of
from wengert.frontend.specialize import interpret

X = np.array([3.0, -1.0, 2.0, -4.0, 5.0, 0.5])
A = np.array([[-2.0, -3.0, -1.0, 4.5], [2.0, 7.0, -1.0, 0.25], [6.0, -1.5, 3.0, 20.0]])
EMPTY = np.zeros((0, 4))


def copies(arguments: tuple[Any, ...]) -> list[Any]:
    return [x.copy() for x in arguments]


# ---------------------------------------------------------------- reading

READS: list[Callable[[Any], Any]] = [
    lambda a: (a[a > 0], a[a > 0][::-1], a[a > 100], a[(a > 0) & (a < 3)]),
    lambda a: (a[a[:, 0] > -2], a[a[:, 0] > -2, 1], a[a[:, 0] > -2, ::2], a[a[:, 0] > -2, ...]),
    lambda a: (a[:, a.sum(0) > 0], a[1, a.sum(0) > 0], a[::2, a.sum(0) > 0], a[..., a.sum(0) > 0]),
    lambda a: (a[[True, False, True]], a[[True, False, True], [1, 2]], a[[0, 2], [True, False, False, True]]),
    lambda a: (a[:, None, a.sum(0) > 0], a[None, a > 0], a[a > 0, None], a[a.sum(1) > 0, :, None]),
    lambda a: (a[True].sum(), a[False].shape, a[True, 1], a[a[0, 0] < 0, 1], a[a[0, 0] > 0, 1].shape),
    lambda a: a[a.T[1] < 0][:, a[0] < 0],
    lambda a: (a[a > 0] * 2 + 1, a[a > 0] + a[a > 0], a[a > 0] ** 2 - a[a > 0].mean(), np.sqrt(a[a > 0])),
    lambda a: (a[a > 0].max(), a[a > 0].min(), a[a > 0].var(), a[a > 0].std(), a[a > 0].sum(), a[a > 0].prod()),
    lambda a: (a[a.sum(1) > 0].sum(0), a[a.sum(1) > 0].mean(axis=1), a[a.sum(1) > 0].max(axis=0)),
    lambda a: (a[a > 0].sum(axis=0), a[a > 0].sum(keepdims=True), (a[a > 0] > 2).any(), (a[a > 0] > 0).all()),
    lambda a: (len(a[a > 0]), a[a > 0].shape, a[a > 0].size, a[a > 0].ndim, a[a[:, 0] > -9].shape),
    lambda a: (a[a > 0][0], a[a > 0][-1], a[a > 0][1:3], a[a > 0][a[a > 0] > 2], a[a > 0][[0, -1]]),
    lambda a: (np.concatenate([a[a > 0], a[a < 0]]), a[a > 0][:, None] * a[a > 0], a[a > 0] @ a[a > 0]),
    lambda a: (np.where(a[a > 0] > 2, 1.0, a[a > 0]), np.maximum(a[a > 0], 2.0), a[a > 0] // 2, a[a > 0].astype(int)),
]


@pytest.mark.parametrize("function", READS, ids=lines_of(READS))
def test_reads(function: Callable[[Any], Any]) -> None:
    check(function, A, tolerance=1e-15)


def test_reads_compiled() -> None:
    def every(a: Any) -> Any:
        return tuple(f(a) for f in READS)

    assert_same(wengert.compile(every)(A), tuple(f(A) for f in READS))


def test_of_an_array_without_elements() -> None:
    check(lambda a: (a[a > 0], a[a[:, 0] > 0], a[a[:, 0] > 0, 1], a[:, [True, False, True, True]]), EMPTY)
    check(lambda a: (a[a > 0], a[a[:, 0] > 0], a[a[:, 0] > 0, 1], a[:, a.sum(0) > 0], a[a > 0].sum()), A * 0)


# ---------------------------------------------------------------- writing


def stores(a: Any, x: Any) -> Any:
    a[a[:, 0] > -2, 1] = 7.0
    a[:, a[0] > 0] *= 2.0
    a[a > 3] = a[a > 3][::-1]
    a[a.sum(1) > 0] += a[0]
    a[a.sum(1) > 0, 1:3] = a[a.sum(1) > 0, :2] + 1.0
    a[[True, False, True], [0, 1]] -= 0.5
    x[x > 0] = x[x > 0] - x[x > 0].sum()
    x[x < -8] = x[2:4]
    x[x == 7.0] = np.ones(3)[:0]
    m = x > -5
    y = x[m]
    y += 1.0
    y[0] = 5.0
    y[1:] *= 2.0
    x[m] = y
    z = a.T
    z[z[:, 0] > 0] = 0.25
    v = a[::-1]
    v[v[:, 1] > 0, 0] = 9.0
    return y, a[m[:3]]


def test_stores() -> None:
    check(stores, A, X, tolerance=1e-14)
    ours, theirs = copies((A, X)), copies((A, X))
    assert_same(wengert.compile(stores)(*ours), stores(*theirs))
    assert_same(ours, theirs, what="the arguments afterwards")


# ---------------------------------------------------------------- derivatives


def in_a_loop(x: Any) -> Any:
    """Selections of another size in every turn."""
    total = 0.0
    for i in range(4):
        b = x[x > 0.3 * i]
        total = total + np.sum(b**2) * b.shape[0] + b.max() * b[0]
        for j in range(1, len(b)):
            total = total + np.sin(b[j]) * b[j - 1]
        x = x * 0.9
    return total


def while_any(x: Any) -> Any:
    turns = 0
    while len(x[x > 1.0]) > 0:
        x = x - 0.1 * x[x > 1.0].max()
        turns += 1
    return x.sum() * turns


def rows(a: Any) -> Any:
    out = np.zeros(3)
    for i in range(3):
        p = a[i][a[i] > 0]
        if len(p) > 1:
            out[i] = p[0] * p[-1]
        else:
            out[i] = a[i].sum()
    return out


def stored(a: Any) -> Any:
    b = a * 2.0
    b[b[:, 0] > -6, 1] = b[b[:, 0] > -6, 2] ** 2
    b[:, b[0] > 0] *= 3.0
    b[b > 5] = np.sin(b[b > 5])[::-1]
    p = b[b < 0]
    return np.outer(p, p).sum() * b


def reduced(a: Any) -> Any:
    b = a[a[:, 2] > -2]
    return b.prod(0).sum() + b.max(0).sum() + b.max(1).prod() + b.std(1).sum() + np.cumprod(b, 1).sum()


@pytest.mark.parametrize("f, x, order", [
    (in_a_loop, X, 2), (while_any, X, 2), (rows, A, 2), (stored, A, 1), (reduced, A, 1),
    pytest.param(stored, A, 2, marks=pytest.mark.slow), pytest.param(reduced, A, 2, marks=pytest.mark.slow),
])  # fmt: skip
def test_derivatives(f: Callable[[Any], Any], x: Any, order: int) -> None:
    assert_same(wengert.compile(f)(x.copy()), f(x.copy()))
    assert_same(interpret(f, (x.copy(),), {}), f(x.copy()))
    wengert.check_grads(f, (x,), order=order)


def test_what_only_sums_need_is_not_packed() -> None:
    def f(a: Any, b: Any) -> Any:
        a[a > 0] = 1.0 / b[a > 0]
        return a[b > 0].sum() + (a[b > 0] * b[b > 0]).mean()

    text = wengert.compile(f).lower(X, X + 1).as_text("nd")
    assert "nd.positions" not in text and "nd.check" not in text


def test_vmap() -> None:
    assert_same(wengert.vmap(lambda r: r[r > 0].max())(A), np.array([r[r > 0].max() for r in A]))
    with pytest.raises(wengert.UnsupportedError, match="has another shape for each example"):
        wengert.vmap(lambda r: r[r > 0])(A)


# ---------------------------------------------------------------- errors


@pytest.mark.parametrize("f, error, message", [
    (lambda x: x[x > 0] + np.ones(3), ValueError, "operands could not be broadcast together: extents 4 and 3"),
    (lambda x: x[x > 0][4], IndexError, "index 4 is out of bounds for axis 0 with size 4"),
    (lambda x: x[x > 0][[0, 4]], IndexError, "index 4 is out of bounds for axis 0 with size 4"),
    (lambda x: x[x > 9][[0]], IndexError, "index 0 is out of bounds for axis 0 with size 0"),
    (lambda x: x[x > 9].max(), ValueError, "zero-size array to reduction operation maximum which has no identity"),
    (lambda x: x[[True, False]], IndexError, "axis 0; size of axis is 6 but size of corresponding boolean axis is 2"),
    (lambda x: x[None][:, [True]], IndexError, "boolean index did not match indexed array along axis 1"),
    (lambda x: x[np.ones((6, 2), dtype=bool)], IndexError, "too many indices for array: array is 1-dimensional, but 2"),
    (lambda x: x.__setitem__(x > 0, np.ones(3)), ValueError,
     "NumPy boolean array indexing assignment cannot assign 3 input values to the 4 output values where the mask is"),
    (lambda x: x.__setitem__(x > 0, np.ones((3, 2))), TypeError, "requires a 0 or 1-dimensional input"),
    (lambda x: x[None].__setitem__([True], np.ones((1, 3))), ValueError, "shape mismatch: value array of shape"),
])
def test_errors(f: Callable[..., Any], error: type[Exception], message: str) -> None:
    for run in (wengert.compile(f), lambda x: interpret(f, (x,), {})):
        with pytest.raises(error, match=message) as caught:
            run(X.copy())
        assert "test_masks.py:" in str(caught.value)
    with pytest.raises(error):
        f(X.copy())
