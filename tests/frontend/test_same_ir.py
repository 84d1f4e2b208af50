"""One function, three spellings: np.f(a), a.f() and the operator give the same IR."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert

A = np.arange(1.0, 7.0).reshape(2, 3)
B = 0.5 * A + 1.0
N = np.arange(6).reshape(2, 3)
M = N % 2 == 0
S = np.array([[2.0, 1.0], [0.5, 3.0]])

FLOATS: list[tuple[Callable[..., Any], ...]] = [
    (lambda a, b: np.add(a, b), lambda a, b: a + b),
    (lambda a, b: np.subtract(a, b), lambda a, b: a - b),
    (lambda a, b: np.multiply(a, b), lambda a, b: a * b),
    (lambda a, b: np.divide(a, b), lambda a, b: np.true_divide(a, b), lambda a, b: a / b),
    (lambda a, b: np.floor_divide(a, b), lambda a, b: a // b),
    (lambda a, b: np.remainder(a, b), lambda a, b: np.mod(a, b), lambda a, b: a % b),
    (lambda a, b: np.power(a, b), lambda a, b: a**b),
    (lambda a, b: np.power(a, 2), lambda a, b: a**2),
    (lambda a, b: np.negative(a), lambda a, b: -a),
    (lambda a, b: np.positive(a), lambda a, b: +a),
    (lambda a, b: np.absolute(a), lambda a, b: np.abs(a), lambda a, b: abs(a)),
    (lambda a, b: np.less(a, b), lambda a, b: a < b),
    (lambda a, b: np.less_equal(a, b), lambda a, b: a <= b),
    (lambda a, b: np.greater(a, b), lambda a, b: a > b),
    (lambda a, b: np.greater_equal(a, b), lambda a, b: a >= b),
    (lambda a, b: np.equal(a, b), lambda a, b: a == b),
    (lambda a, b: np.not_equal(a, b), lambda a, b: a != b),
    (lambda a, b: np.matmul(a, b.T), lambda a, b: a @ b.T, lambda a, b: np.matmul(a, np.transpose(b))),
    (lambda a, b: np.dot(a, b.T), lambda a, b: a.dot(b.T), lambda a, b: a @ b.T),
    (lambda a, b: np.sum(a), lambda a, b: a.sum(), lambda a, b: np.add.reduce(a, axis=None)),
    (lambda a, b: np.sum(a, axis=1, keepdims=True), lambda a, b: a.sum(1, keepdims=True)),
    (lambda a, b: np.prod(a, 0), lambda a, b: a.prod(0)),
    (lambda a, b: np.mean(a), lambda a, b: a.mean()),
    (lambda a, b: np.std(a, axis=0), lambda a, b: a.std(axis=0)),
    (lambda a, b: np.var(a, ddof=1), lambda a, b: a.var(ddof=1)),
    (lambda a, b: np.max(a), lambda a, b: a.max(), lambda a, b: np.amax(a)),
    (lambda a, b: np.min(a, 1), lambda a, b: a.min(1), lambda a, b: np.amin(a, 1)),
    (lambda a, b: np.argmax(a), lambda a, b: a.argmax()),
    (lambda a, b: np.argmin(a, axis=1), lambda a, b: a.argmin(axis=1)),
    (lambda a, b: np.cumsum(a), lambda a, b: a.cumsum()),
    (lambda a, b: np.cumprod(a, 1), lambda a, b: a.cumprod(1)),
    (lambda a, b: np.transpose(a), lambda a, b: a.transpose(), lambda a, b: a.T),
    (lambda a, b: np.reshape(a, (3, 2)), lambda a, b: a.reshape((3, 2)), lambda a, b: a.reshape(3, 2)),
    (lambda a, b: np.ravel(a), lambda a, b: a.ravel(), lambda a, b: a.reshape(-1)),
    (lambda a, b: np.copy(a), lambda a, b: a.copy(), lambda a, b: np.array(a)),
    (lambda a, b: np.clip(a, 1.0, 2.0), lambda a, b: a.clip(1.0, 2.0)),
    (lambda a, b: np.round(a, 1), lambda a, b: a.round(1), lambda a, b: np.around(a, 1)),
    (lambda a, b: np.take(a, [0, 1], axis=0), lambda a, b: a.take([0, 1], axis=0), lambda a, b: a[[0, 1]]),
    (lambda a, b: np.repeat(a, 2, 0), lambda a, b: a.repeat(2, 0)),
    (lambda a, b: np.squeeze(a[:1]), lambda a, b: a[:1].squeeze()),
    (lambda a, b: np.swapaxes(a, 0, 1), lambda a, b: a.swapaxes(0, 1)),
    (lambda a, b: np.diagonal(a), lambda a, b: a.diagonal()),
    (lambda a, b: np.trace(a), lambda a, b: a.trace()),
    (lambda a, b: np.ptp(a), lambda a, b: np.max(a) - np.min(a)),
    (lambda a, b: np.expand_dims(a, 0), lambda a, b: a[None], lambda a, b: a[np.newaxis, ...]),
    (lambda a, b: np.square(a), lambda a, b: a * a),
    (lambda a, b: np.vstack([a, b]), lambda a, b: np.concatenate((a, b)), lambda a, b: np.concatenate([a, b], axis=0)),
    (lambda a, b: np.astype(a, np.float32), lambda a, b: a.astype(np.float32), lambda a, b: a.astype("float32")),
    (lambda a, b: np.sort(a, axis=None), lambda a, b: np.sort(a.ravel())),
    (lambda a, b: np.argsort(a), lambda a, b: a.argsort()),
    (lambda a, b: np.searchsorted(a[0], b), lambda a, b: a[0].searchsorted(b)),
    (lambda a, b: np.compress([True, False], a, axis=0), lambda a, b: a.compress([True, False], axis=0)),
    (lambda a, b: np.nonzero(a), lambda a, b: a.nonzero()),
    (lambda a, b: np.matrix_transpose(a), lambda a, b: a.mT, lambda a, b: np.swapaxes(a, -1, -2)),
]  # fmt: skip
INTEGERS: list[tuple[Callable[..., Any], ...]] = [
    (lambda n, m: np.bitwise_and(n, 3), lambda n, m: n & 3),
    (lambda n, m: np.bitwise_or(n, 3), lambda n, m: n | 3),
    (lambda n, m: np.bitwise_xor(n, 3), lambda n, m: n ^ 3),
    (lambda n, m: np.left_shift(n, 2), lambda n, m: n << 2),
    (lambda n, m: np.right_shift(n, 2), lambda n, m: n >> 2),
    (lambda n, m: np.invert(n), lambda n, m: ~n, lambda n, m: np.bitwise_not(n)),
    (lambda n, m: np.logical_not(m), lambda n, m: ~m),
    (lambda n, m: np.any(m), lambda n, m: m.any()),
    (lambda n, m: np.all(m, axis=0), lambda n, m: m.all(axis=0)),
    (lambda n, m: np.divmod(n, 3), lambda n, m: divmod(n, 3)),
]


def spelled(function: Callable[..., Any], *arguments: Any) -> str:
    """The IR a function is traced to; the name of the function is not part of it."""
    return wengert.compile(function).lower(*arguments).as_text("nd").replace(function.__name__, "f")


def one_program(forms: tuple[Callable[..., Any], ...], *arguments: Any) -> None:
    first, *others = (spelled(form, *arguments) for form in forms)
    for other in others:
        assert other == first


@pytest.mark.parametrize("forms", FLOATS, ids=range(len(FLOATS)))
def test_of_floats(forms: tuple[Callable[..., Any], ...]) -> None:
    one_program(forms, A, B)


@pytest.mark.parametrize("forms", INTEGERS, ids=range(len(INTEGERS)))
def test_of_integers_and_bools(forms: tuple[Callable[..., Any], ...]) -> None:
    one_program(forms, N, M)


def test_in_place_and_out_are_one_program() -> None:
    def written(a: Any, b: Any) -> None:
        a += b

    def stored(a: Any, b: Any) -> None:
        np.add(a, b, out=a)

    def sliced(a: Any, b: Any) -> None:
        a[...] = a + b

    texts = {wengert.compile(f).lower(A, B).as_text("nd").replace(f.__name__, "f") for f in (written, stored, sliced)}
    assert len(texts) == 1


def test_different_functions_are_different_programs() -> None:
    assert spelled(lambda a, b: a + b, A, B) != spelled(lambda a, b: a - b, A, B)
