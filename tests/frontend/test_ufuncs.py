"""What all ufuncs share: out=, where=, dtype=, and the methods reduce, accumulate, outer, at, reduceat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.test_table_compiled import check as check_compiled
from tests.frontend.traced import check, lines_of, traced_run
from wengert.dialects.errors import UnsupportedError, WengertError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = A > 0
F = A.astype(np.float32)
V = np.array([0.25, -0.5, 0.75, 3.0])


def divide_where(a: Any) -> Any:
    out = np.zeros_like(a)
    r = np.divide(1.0, a, out=out, where=a > 0)
    return r, out, r is out


def integers_where(n: Any) -> Any:
    out = np.zeros_like(n)
    np.floor_divide(n, n - 3, out=out, where=n != 3)
    return out


def onto_an_operand(a: Any) -> Any:
    np.add(a, 1.0, out=a)
    np.multiply(a, a, a)
    np.sqrt(np.abs(a), out=(a,))
    np.add(a[0], 1, out=a, where=[True, False, True])
    return a


def unsafe(n: Any, a: Any) -> Any:
    np.multiply(n, 1.5, out=n, casting="unsafe")
    np.add(n, 2, out=a)
    return n, a


CALLS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (lambda f: (np.add(f, 1, dtype=np.float32), np.add(f, 1, dtype=float), np.less(f, 1.0, dtype=bool)), (F,)),
    (lambda n: (np.add(n, 1, dtype=float), np.divide(n, 2, dtype=np.float64), np.sqrt(n, dtype=np.float64)), (N,)),
    (divide_where, (A,)),
    (integers_where, (N,)),
    (onto_an_operand, (A,)),
    (unsafe, (N, A)),
]  # fmt: skip


@pytest.mark.parametrize(("function", "arguments"), CALLS, ids=lines_of([f for f, _ in CALLS]))
def test_options_of_calls(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments, tolerance=1e-14)
    check_compiled(function, *arguments)


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (lambda a: np.add(a, 1, where=a > 0), WengertValueError, "out="),
        (lambda a: np.add(a, 1, foo=1), UnsupportedError, "foo="),
        (lambda a: np.add(a, 1, out=np.zeros((2, 3), int)), WengertTypeError, "Cannot cast ufunc 'add' output"),
        (lambda a: np.add(a, 1, dtype=int), WengertTypeError, "Cannot cast ufunc 'add' input 0"),
        (lambda a: np.add(a, 1, out=np.zeros(3)), WengertValueError, "non-broadcastable output operand"),
        (lambda a: np.add(a), WengertTypeError, "add\\(\\) takes from 2 to 3 positional arguments but 1 were given"),
        (lambda a: np.add(a, a, a, out=a), WengertTypeError, "both a positional and keyword"),
        (lambda a: np.add(a, 1, out=3.0), WengertTypeError, "must be of ArrayType"),
        (lambda a: np.subtract.reduce(a, axis=(0, 1)), WengertValueError, "not reorderable"),
        (lambda a: np.maximum.reduce(a, where=a > 0), WengertValueError, "does not have an identity"),
        (lambda a: np.subtract.reduce(a[:0]), WengertValueError, "zero-size array to reduction operation subtract"),
        (lambda a: np.less.reduce(a), WengertTypeError, "No loop matching"),
        (lambda a: np.sin.reduce(a), WengertValueError, "only supported for binary functions"),
        (lambda a: np.add.accumulate(a[0, 0]), WengertTypeError, "cannot accumulate on a scalar"),
        (lambda a: np.add.accumulate(a, axis=2), WengertValueError, "axis 2 is out of bounds"),
        (lambda a: np.add.reduce(a, 0, shape=3), WengertTypeError, "shape"),
        (lambda a: np.add.at(a, 0), WengertValueError, "second operand needed"),
    ],
)
def test_what_is_refused(function: Callable[..., Any], error: type[WengertError], message: str) -> None:
    with pytest.raises(error, match=message):
        traced_run(function, A, call=call)


U = np.array([[3, 0, 250], [7, 255, 1]], np.uint8)


def test_types_are_those_of_numpys_loops() -> None:
    check(
        lambda u, m: (
            np.equal(u, -1, dtype=bool), np.bitwise_xor(m, -1, dtype=bool, casting="unsafe"), np.add.reduce(u),
            np.multiply.accumulate(u, axis=1), np.subtract.reduce(u, axis=1), np.add.reduce(u, dtype=np.float32),
            np.maximum.reduce(u, axis=1, dtype=float), np.bitwise_and.reduce(u, axis=1), np.add(u, u, dtype=np.int16),
            np.logical_and.reduce(u, axis=1, initial=0), np.maximum.reduce(m, axis=0, initial=False, where=~m),
            np.multiply(u, 2, out=np.zeros((2, 3), np.int64), where=u > 3), np.true_divide(u, u, dtype=np.float32),
        ),
        U,
        M,
    )  # fmt: skip


def test_at_stores_in_the_type_of_the_array() -> None:
    def write(n: Any, u: Any, m: Any) -> Any:
        np.add.at(n, (0, np.array([0, 0])), 1.75)
        np.subtract.at(n, np.array([1, -1]), m[:, 1:])
        np.lcm.at(u, np.array([0, 0, 1]), n[0] % 5 + 1)
        return n, u

    check(write, N, U, M[:, [0, 1, 2, 0]])


# ---------------------------------------------------------------- methods


def at(a: Any, n: Any) -> Any:
    b = a.copy()
    np.maximum.at(b, (slice(None), np.array([0, 1, 1, 0])), 0.5)
    np.multiply.at(b, (np.array([0, 0]), np.array([1, 1])), 2.0)
    np.add.at(b, b > 3, 1.0)
    np.negative.at(b, (0, np.array([0, 0, 0])))
    np.maximum.at(b, 0, 1.0)
    np.divide.at(b, (1, 1), 4.0)
    np.subtract.at(b.T, np.array([1, 1]), a[:, 0])
    np.minimum.at(b.T, np.array([1, 1]), np.array([[0.5], [0.25]]))
    np.bitwise_xor.at(n, (1, np.array([0, 1, 0])), 3)
    return b, n


METHODS: list[Callable[..., Any]] = [
    lambda a, n, m: (
        np.add.reduce(a), np.multiply.reduce(n, axis=1), np.maximum.reduce(a, axis=None), np.add.reduce(m),
        np.minimum.reduce(a, 1, keepdims=True), np.logical_and.reduce(a), np.logical_or.reduce(m, axis=1),
        np.add.reduce(a, axis=1, where=m, initial=3.0), np.add.reduce(n, dtype=float), np.add.reduce(a, -1),
    ),
    lambda a, n, m: (
        np.subtract.reduce(a), np.subtract.reduce(n, axis=1, keepdims=True), np.hypot.reduce(a, axis=None),
        np.hypot.reduce(a, axis=(0, 1)), np.logical_xor.reduce(m), np.bitwise_xor.reduce(n, axis=None),
        np.bitwise_and.reduce(n, 1), np.bitwise_or.reduce(n, axis=1), np.divide.reduce(a, axis=1, initial=3.0),
        np.equal.reduce(m, axis=1), np.hypot.reduce(a[:, :0], axis=1), np.subtract.reduce(a[:1]),
    ),
    lambda a, n, m: (
        np.subtract.reduce(a, axis=1, initial=1.0, where=m), np.hypot.reduce(a, axis=1, where=m),
        np.hypot.reduce(a, axis=None, where=m[0]),
    ),
    lambda a, n, m: (
        np.add.accumulate(a), np.maximum.accumulate(a, axis=1), np.minimum.accumulate(n, axis=-1),
        np.multiply.accumulate(n), np.subtract.accumulate(a, 1), np.logical_or.accumulate(m, axis=1),
        np.add.accumulate(m, axis=1), np.add.accumulate(a[0], dtype=np.float32), np.add.accumulate(a[:0]),
    ),
    lambda a, n, m: (
        np.subtract.outer(a, a[0]), np.add.outer(n, 1), np.greater.outer(a[0], a[1]), np.multiply.outer(2.0, a),
        np.add.outer([1, 2], n[0]), np.multiply.outer(a[0, 0], a[0, 1]),
    ),
    lambda a, n, m: (
        np.add.reduceat(a[0], [0, 2, 1]), np.maximum.reduceat(n, [0, 1]), np.add.reduceat(a, np.array([0, 1]), axis=1),
        np.add.reduceat(m, [0, 1], axis=1), np.hypot.reduceat(a[1], [1, 0]),
    ),
    lambda a, n, m: at(a, n),
]  # fmt: skip


@pytest.mark.parametrize("function", METHODS, ids=lines_of(METHODS))
def test_methods(function: Callable[..., Any]) -> None:
    check(function, A, N, M, tolerance=1e-14)


def test_methods_in_machine_code() -> None:
    check_compiled(lambda a, n, m: tuple(f(a, n.copy(), m) for f in METHODS), A, N, M)


def test_reduceat_refuses_places_outside() -> None:
    with pytest.raises(IndexError):
        wengert.compile(lambda v, i: np.add.reduceat(v, i))(V, np.array([0, 9]))


def test_a_method_is_the_function_that_numpy_has_for_it() -> None:
    """np.add.reduce and np.sum give the same IR."""
    def text(f: Any) -> str:
        return wengert.compile(f).lower(A).as_text("nd")

    sums = [text(f) for f in (lambda a: np.add.reduce(a, axis=1), lambda a: np.sum(a, axis=1), lambda a: a.sum(1))]
    assert len({s.split("func.func")[1] for s in sums}) == 1


# ---------------------------------------------------------------- derivatives

DERIVATIVES: list[Callable[..., Any]] = [
    lambda a, v: np.divide(1.0, a - 0.5, out=np.zeros_like(a), where=a > 1),
    lambda a, v: np.log(v, out=v * 2.0, where=v > 0.3),
    lambda a, v: (np.subtract.reduce(a, axis=1), np.divide.reduce(v), np.hypot.reduce(a, axis=None)),
    lambda a, v: (np.maximum.accumulate(a, axis=1), np.multiply.accumulate(v), np.add.accumulate(a)),
    lambda a, v: (np.multiply.reduceat(v, [0, 2, 1]), np.subtract.outer(v, a[0]) ** 2),
]


def scattered(a: Any, v: Any) -> Any:
    b = a.copy()
    np.multiply.at(b, (0, np.array([0, 0, 1, 2])), v)
    np.maximum.at(b, (1, np.array([0, 1, 1, 2])), v)
    np.add.at(b, (0, np.array([0, 0])), v[:2])
    return b


@pytest.mark.parametrize("function", [*DERIVATIVES, scattered], ids=lines_of([*DERIVATIVES, scattered]))
def test_derivatives(function: Callable[..., Any]) -> None:
    wengert.check_grads(function, (A, V), order=2)


def test_what_the_mask_leaves_out_spoils_no_derivative() -> None:
    x = np.array([0.0, 4.0])
    assert np.array_equal(
        wengert.grad(lambda x: np.sum(np.sqrt(x, out=np.zeros_like(x), where=x > 0)))(x), [0.0, 0.25]
    )


def test_a_running_maximum_follows_the_first_of_equals() -> None:
    x = np.array([1.0, 3.0, 3.0, 2.0])
    assert np.array_equal(wengert.grad(lambda x: np.sum(np.maximum.accumulate(x)))(x), [1.0, 3.0, 0.0, 0.0])
