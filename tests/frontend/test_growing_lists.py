"""Lists that grow in loops of run-time length, and comprehensions over arrays and run-time ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same
from wengert.dialects.errors import WengertError, WengertIndexError

X = np.random.default_rng(0).random(20)
A = X.reshape(10, 2)


def counted(n):
    steps = []
    for i in range(n):
        steps.append(0.5 * i)
    return np.array(steps)


def first_and_last(x, n):
    history = [x]
    for _ in range(n):
        history.append(0.9 * history[-1])
    return np.array(history), len(history), history[-1], history[0], history[n // 2]


def under_a_condition(x, n):
    large = []
    for i in range(n):
        if x[i] > 0.5:
            large.append(x[i])
    return np.array(large), len(large), sum(large), max(large)


def rows(x, n):
    path = []
    for _ in range(n):
        x = 0.9 * x
        path.append(x)
    return np.array(path), path[2][1]


def nested(x, n):
    found = []
    for i in range(n):
        for j in range(n):
            if (i + j) % 2 == 0:
                found.append(x[i] * x[j])
    total = 0.0
    for value in found:
        total += value
    return total, len(found)


def pairs(x, n):
    noted = []
    for i in range(n):
        noted.append((i, x[i]))
    return sum(i * v for i, v in noted)


def until_small(x):
    losses = []
    for _ in range(50):
        x = x - 0.1 * (x - 1.0)
        losses.append((x - 1.0) ** 2)
        if losses[-1] < 1e-4:
            break
    return np.array(losses), x


def in_a_dictionary(x, n):
    log = {"value": [], "index": []}
    for i in range(n):
        log["value"].append(x[i])
        log["index"].append(2 * i)
    return np.mean(log["value"]), np.sum(log["index"])


def one_after_the_other(x, n):
    seen = []
    for i in range(n):
        seen.append(x[i])
    seen.append(7.0)
    for i in range(n):
        seen.append(-x[i])
    return np.array(seen), seen[-1], seen[n]


def checked(x, n):
    kept = []
    for i in range(n):
        if not np.isfinite(x[i]):
            raise ValueError("not finite")
        kept.append(x[i] ** 2)
    return np.array(kept)


def joined(x, n):
    path, values = [], []
    for _ in range(n):
        x = 0.9 * x
        path.append(x)
        values.append(x[0])
    vectors = np.stack(path), np.stack(path, axis=1), np.vstack(path), np.hstack(path), np.column_stack(path)
    numbers = np.stack(values), np.vstack(values), np.hstack(values), np.column_stack(values)
    return vectors, numbers, np.concatenate(path), np.concatenate([p.reshape(1, -1) for p in path], axis=1)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (counted, (30,)),
    (counted, (0,)),
    (first_and_last, (2.0, 20)),
    (under_a_condition, (X, 20)),
    (rows, (X, 12)),
    (nested, (X, 12)),
    (joined, (X[:3], 12)),
    (pairs, (X, 15)),
    (until_small, (0.3,)),
    (in_a_dictionary, (X, 17)),
    (one_after_the_other, (X, 11)),
    (checked, (X, 13)),
    (lambda xs: np.array([x * x for x in xs]), (X,)),
    (lambda xs: np.array([x for x in xs if x > 0.5]), (X,)),
    (lambda n: sum(i * i for i in range(n)), (30,)),
    (lambda xs, n: max(xs[i] * i for i in range(n)), (X, 20)),
    (lambda xs: np.array([[i * j * x for j in range(3)] for i, x in enumerate(xs)]), (X,)),
    (lambda m: np.array([row.sum() for row in m]), (A,)),
    (lambda m: [row for row in m][3], (A,)),  # noqa: C416
    (lambda xs, n: (all(x >= 0 for x in xs), any(xs[i] > 2 for i in range(n))), (X, 20)),
    (lambda xs: [(i, x) for i, x in enumerate(xs) if x > 0.3 and i % 2 == 0][1], (X,)),
    (lambda xs, n: np.mean([xs[i] ** 2 for i in range(n)]), (X, 19)),
]


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=[f"{i}-{f.__name__}" for i, (f, _) in enumerate(CASES)])
def test_is_pythons(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    assert_same(_of_numpy(wengert.compile(function)(*arguments)), _of_numpy(function(*arguments)))


def _of_numpy(x: Any) -> Any:
    return tuple(map(_of_numpy, x)) if isinstance(x, tuple) else np.asarray(x)[()]


def test_the_loop_stays_a_loop() -> None:
    """The program for ten thousand turns is as long as that for a hundred."""
    few, many = wengert.compile(lambda x: until(x, 100)), wengert.compile(lambda x: until(x, 10_000))
    assert len(few.lower(0.5).as_text("nd").splitlines()) == len(many.lower(0.5).as_text("nd").splitlines())


def until(x, turns):
    values = []
    for _ in range(turns):
        x = np.sin(x) + 0.1
        values.append(x)
    return np.array(values)


def test_a_returned_list_is_a_list() -> None:
    @wengert.compile
    def powers(x, n):
        found = []
        for k in range(n):
            if k % 3 != 1:
                found.append(x**k)
        return found, {"twice": [2.0 * v for v in found]}

    found, more = powers(2.0, 20)
    assert found == [2.0**k for k in range(20) if k % 3 != 1]
    assert isinstance(found, list) and more == {"twice": [2.0 * v for v in found]}


def test_derivatives() -> None:
    wengert.check_grads(lambda x: nested(x, 5)[0], (X[:5],), order=2)
    wengert.check_grads(lambda x: np.sum(until_small(x)[0]), (0.3,), order=2)
    wengert.check_grads(lambda x: np.sum(rows(x, 9)[0] ** 2), (X[:3],), order=2)
    weights = wengert.grad(lambda x: np.sum(np.array([v**2 for v in x if v > 0.5])))(X)
    np.testing.assert_allclose(weights, np.where(X > 0.5, 2 * X, 0.0))


def test_results_of_run_time_size_have_tangents() -> None:
    def large(x):
        return x[x > 0.5] ** 2

    value, tangent = wengert.jvp(large, (X,), (np.ones(20),))
    np.testing.assert_allclose(tangent, 2 * X[X > 0.5])
    np.testing.assert_allclose(value, X[X > 0.5] ** 2)

    @wengert.compile
    def pulled(x):
        y, pullback = wengert.vjp(large, x)
        return pullback(y)[0]

    np.testing.assert_allclose(pulled(X), np.where(X > 0.5, 2 * X**3, 0.0))


def test_a_cotangent_of_another_size_is_refused_when_it_is_given() -> None:
    @wengert.compile
    def pulled(x):
        _, pullback = wengert.vjp(lambda y: y[y > 0.5], x)
        return pullback(x[:3])[0]

    with pytest.raises(WengertError, match="an extent of 3 where the result has 12"):
        pulled(X)


def test_an_index_outside_is_an_error() -> None:
    @wengert.compile
    def far(x, n, i):
        values = []
        for k in range(n):
            values.append(x[k])
        return values[i]

    assert far(X, 12, -12) == X[0]
    for i in (12, -13):
        with pytest.raises(WengertIndexError, match="list index out of range"):
            far(X, 12, i)


def test_changing_an_appended_array_is_refused() -> None:
    """In Python the items of the list would change with it."""

    @wengert.compile
    def changed(x, n):
        path = []
        for _ in range(n):
            x = 0.5 * x
            path.append(x)
        x[0] = 7.0
        return np.array(path)

    with pytest.raises(WengertError, match="is changed in place"):
        changed(X, 11)

    @wengert.compile
    def in_the_next_turn(x, n):
        path = []
        for _ in range(n):
            x[0] += 1.0
            x = 0.5 * x
            path.append(x)
        return np.array(path)

    with pytest.raises(WengertError, match="changed in place after it was appended"):
        in_the_next_turn(X.copy(), 11)


def test_an_older_array_is_appended_as_itself_or_refused() -> None:
    """With a known number of turns the list holds the array itself."""

    def same(x, n):
        found = []
        for _ in range(n):
            found.append(x)
        found[0][0] = 5.0
        return found[n - 1][0]

    assert wengert.compile(same)(X.copy(), 12) == 5.0
    with pytest.raises(WengertError, match="older than the turn"):
        wengert.compile(lambda x, c: same(x, int(c[0])))(X.copy(), np.array([12.0]))


def test_a_while_loop_that_appends_is_refused() -> None:
    @wengert.compile
    def halved(x):
        values = []
        while x > 1e-3:
            values.append(x)
            x = 0.5 * x
        return np.array(values)

    with pytest.raises(WengertError, match="changes its length"):
        halved(1.0)


def test_changing_an_item_in_place_is_refused() -> None:
    @wengert.compile
    def changed(x, n):
        path = []
        for _ in range(n):
            x = 0.5 * x
            path.append(x)
        path[2][0] = 1.0
        return np.array(path)

    with pytest.raises(WengertError, match="changed in place after it was appended"):
        changed(X, 11)


def test_few_turns_whose_counter_decides_are_unrolled() -> None:
    """So the list is one of Python, of known length."""

    def f(a: Any) -> Any:
        rest = [d for d in range(a.ndim) if d != 1]
        return np.transpose(a, (*rest, 1))

    assert wengert.compile(f)(np.ones((2, 3, 4))).shape == (2, 4, 3)


def test_a_list_that_shrinks_under_a_condition_is_refused_in_words() -> None:
    @wengert.compile
    def popped(x, n):
        kept = []
        for i in range(n):
            kept.append(x[i])
            if x[i] > 0.5:
                kept.pop()
        return np.array(kept)

    with pytest.raises(WengertError, match="items of a number known only at run time") as refused:
        popped(X, 12)
    assert "Stretch" not in str(refused.value)
