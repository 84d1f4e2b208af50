"""Gradients with checkpoints: the same as without them, to the last bit, and refusals of options that mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import UnsupportedError, WengertTypeError, WengertValueError
from wengert.frontend.checkpoint_options import bytes_of

PROGRAMS: dict[str, tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]] = {}


def program(*arguments: Any, wrt: tuple[int, ...] = (0,)) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        PROGRAMS[function.__name__] = (function, arguments, wrt)
        return function

    return add


VECTOR = np.linspace(0.1, 1.0, 8)


@program(0.7, 9)
def scalar(x, n):
    for i in range(n):
        x = np.sin(x) * x + 0.1 * i
    return x


@program(0.7, 0)
def no_steps(x, n):
    for _ in range(n):
        x = x * x
    return np.exp(x)


@program(VECTOR, 8.0, 21, wrt=(0, 1))
def lorenz96(x, forcing, n):
    for _ in range(n):
        x = x + 0.01 * ((np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing)
    return np.sum(x * x)


@program(VECTOR**2, VECTOR, 13, wrt=(0, 1))
def in_place(u, c, n):
    for _ in range(n):
        for i in range(1, u.shape[0] - 1):
            u[i] = u[i] + c[i] * np.sin(u[i - 1] - 2 * u[i] + u[i + 1])
    return u.sum()


@program(VECTOR, VECTOR + 1.0, 11, wrt=(0, 1))
def several_carries(x, v, n):
    energy, hits = 0.0, 0
    for i in range(1, n):
        v = v - 0.05 * np.sin(x) / i
        x = x + 0.05 * v
        if x[0] > 0.2:
            hits += 1
        energy = energy + hits * np.sum(v * v)
    return energy


@program(VECTOR, VECTOR[::-1].copy(), 9, wrt=(0, 1))
def captured_rows(w, data, n):
    s = 0.5
    for k in range(n - 1, 0, -2):
        s = s * w[k % 8] + np.cos(data[k - 1] * s)
    return s


@program(1.3)
def counted_by_data(x):
    k = 0
    while x * x < 1e6:
        x = x * x + np.sin(x) + k
        k += 1
    return x


@program(0.7, 30)
def early_exit(x, n):
    s = 0.0
    for _ in range(n):
        x = x * x * 0.9 + 0.2
        s += x
        if s > 3.0:
            break
    return s


@program(VECTOR, 5)
def two_loops_and_a_branch(x, n):
    for _ in range(n):
        x = x * np.cos(x)
    if n > 3:
        for i in range(n):
            x = x * x + 0.1 * i
    return np.sum(x)


@program(VECTOR, VECTOR + 1.0, 7, wrt=(0, 1))
def used_before_inside_and_after(x, w, n):
    """The cotangent of w collects what comes after the loops, then what is in them, then what is before."""
    s = np.sum(np.cos(w))
    for i in range(n):
        x = np.sin(x * w) + w[i] * s
    for i in range(n):
        s = s * np.cos(s + w[i] * x[0]) + s * w[1]
    return s * np.sum(w * x) + np.sum(w / s)


@program(VECTOR, 6)
def nested_while(x, n):
    for i in range(n):
        r = x[i]
        while r < 1.0:
            r = r * 1.5 + 0.01 * x[i + 1]
        x[i + 1] = np.sin(r) * x[i]
    return x.sum()


@pytest.mark.parametrize("name", PROGRAMS)
def test_checkpoints_change_no_bit_of_a_gradient(name: str) -> None:
    function, arguments, wrt = PROGRAMS[name]
    expected = wengert.grad(wengert.compile(function, precise=True), wrt)(*arguments)
    for slots in (1, 4):
        options = {"precise": True, "checkpoint": "binomial", "slots": slots}
        gradient = wengert.grad(wengert.compile(function, **options), wrt)
        for got, wanted in zip(gradient(*arguments), expected, strict=True):
            assert np.array_equal(got, wanted), (name, slots)
        assert "diff.slots" in gradient.lower(*arguments).as_text("nd")


def test_states_are_stored_and_restored_by_one_copy_each() -> None:
    """In a loop that works in place nothing else is copied and nothing is allocated."""
    function, arguments, wrt = PROGRAMS["in_place"]
    gradient = wengert.grad(wengert.compile(function, checkpoint="binomial", slots=4), wrt)
    gradient(*arguments)
    assert gradient.stats().allocations_in_loops == 0
    assert gradient.stats().copies_in_loops == 3  # a state into a slot, in both sweeps; and out of it


def test_the_options_hold_for_what_is_differentiated_inside_of_a_compiled_function() -> None:
    @wengert.compile(checkpoint="binomial", slots=2)
    def slope(x: float) -> float:
        return wengert.grad(lambda y: scalar(y, 7))(x)

    assert "diff.slots = 2" in slope.lower(0.3).as_text("nd")
    assert float(slope(0.3)) == pytest.approx(float(wengert.grad(scalar)(0.3, 7)), rel=1e-14)


def test_the_options_hold_for_a_compiled_function_that_another_one_calls() -> None:
    few = wengert.compile(scalar, checkpoint="binomial", slots=2)
    gradient = wengert.grad(lambda x: few(x, 7) + scalar(x, 5))
    text = gradient.lower(0.3).as_text("nd")
    assert text.count("diff.slots = 2") == 1, "its own loop, and no other"
    assert gradient.lower(0.3).as_text("transposed").count("diff.scheduled") == 3
    expected = wengert.grad(lambda x: scalar(x, 7) + scalar(x, 5))(0.3)
    assert float(gradient(0.3)) == pytest.approx(float(expected), rel=1e-14)


def test_second_derivatives_through_checkpoints() -> None:
    def f(x: Any, n: int) -> Any:
        for _ in range(n):
            x = np.sin(x) * x
        return np.sum(x)

    x = np.array([0.9, 1.3])
    checkpointed = wengert.compile(f, checkpoint="binomial", slots=2)
    expected = wengert.hessian(f)(x, 5)
    np.testing.assert_allclose(wengert.hessian(checkpointed)(x, 5), expected, rtol=1e-12)  # forward over reverse
    over = wengert.jacrev(wengert.grad(checkpointed))(x, 5)
    np.testing.assert_allclose(over, expected, rtol=1e-12)


# ---------------------------------------------------------------- functions


def layer(x, w):
    return np.tanh(np.sin(x @ w) * x)


def network(x, w, layer=layer):
    for k in range(w.shape[0]):
        x = layer(x, w[k])
    return np.sum(x * x)


def checkpointed_network(x, w):
    return network(x, w, wengert.checkpoint(layer))


WEIGHTS = np.random.default_rng(1).normal(size=(3, 8, 8))


def test_a_checkpointed_function_in_a_loop() -> None:
    x, dx = np.sin(VECTOR), np.cos(VECTOR)
    for got, expected in zip(wengert.grad(checkpointed_network, (0, 1))(x, WEIGHTS),
                             wengert.grad(network, (0, 1))(x, WEIGHTS)):
        np.testing.assert_array_equal(got, expected)
    for got, expected in zip(wengert.jvp(wengert.grad(checkpointed_network), (x, WEIGHTS), (dx, None)),
                             wengert.jvp(wengert.grad(network), (x, WEIGHTS), (dx, None))):
        np.testing.assert_allclose(got, expected, rtol=1e-12)
    wengert.check_grads(checkpointed_network, (x, WEIGHTS))


def test_a_checkpointed_step_in_a_loop_with_checkpoints_nested() -> None:
    @wengert.checkpoint
    def inner(x: Any) -> Any:
        return np.sin(x) * x

    @wengert.checkpoint
    def step(x: Any, c: Any) -> Any:
        return inner(inner(x)) + c

    def f(x: Any, c: Any, n: int, step: Any = step) -> Any:
        for _ in range(n):
            x = step(x, c)
        return np.sum(x)

    def plain(x: Any, c: Any, n: int) -> Any:
        for _ in range(n):
            y = np.sin(x) * x
            x = np.sin(y) * y + c
        return np.sum(x)

    expected = wengert.grad(plain, (0, 1))(VECTOR, 0.3, 7)
    for options in ({}, {"checkpoint": "binomial", "slots": 2}):
        got = wengert.grad(wengert.compile(f, **options), (0, 1))(VECTOR, 0.3, 7)
        for a, b in zip(got, expected):
            np.testing.assert_allclose(a, b, rtol=1e-13)


def test_a_checkpointed_function_is_evaluated_again() -> None:
    """Merged with the first evaluation, the second would keep what lies between them."""
    text = wengert.grad(lambda x: np.sum(wengert.checkpoint(lambda y: np.exp(np.sin(y)))(x))).lower(
        VECTOR).as_text("transposed")
    assert text.count("math.sin") == 1  # the value itself is not asked for
    text = wengert.value_and_grad(lambda x: np.sum(wengert.checkpoint(lambda y: np.exp(np.sin(y)))(x))).lower(
        VECTOR).as_text("transposed")
    assert text.count("math.sin") == 2
    assert text.count("diff.barrier") == 1


def test_a_checkpointed_function_takes_the_memory_of_its_arguments() -> None:
    def block(x: Any) -> Any:
        a = np.sin(x)
        b = np.cos(a) * x
        c = np.exp(-b * b)
        return np.tanh(c + a) * np.sin(c * b)

    def chain(x: Any, n: int, block: Any = block) -> Any:
        for _ in range(n):
            x = block(x)
        return np.sum(x * x)

    x = np.linspace(0.0, 1.0, 1000)
    again = wengert.checkpoint(block)
    plain, kept = wengert.grad(lambda x: chain(x, 20)), wengert.grad(lambda x: chain(x, 20, again))
    assert np.array_equal(plain(x), kept(x))
    assert 3 * kept.memory_report(x).peak_bytes < plain.memory_report(x).peak_bytes


def test_what_a_checkpointed_function_writes_its_caller_sees() -> None:
    @wengert.checkpoint
    def smooth(a: Any, c: Any) -> Any:
        for i in range(1, a.shape[0]):
            a[i] = np.sin(a[i - 1]) * c + a[i]
        return a, a.sum()

    def f(a: Any, c: Any) -> Any:
        b, s = smooth(a, c)
        b[0] = 2.0
        return s * a[3] * a[0]

    def plain(a: Any, c: Any) -> Any:
        for i in range(1, a.shape[0]):
            a[i] = np.sin(a[i - 1]) * c + a[i]
        s = a.sum()
        a[0] = 2.0
        return s * a[3] * a[0]

    for got, expected in zip(wengert.grad(f, (0, 1))(VECTOR, 0.7), wengert.grad(plain, (0, 1))(VECTOR, 0.7)):
        np.testing.assert_allclose(got, expected, rtol=1e-14)
    mine, theirs = VECTOR.copy(), VECTOR.copy()
    assert f(mine, 0.7) == pytest.approx(plain(theirs, 0.7))
    np.testing.assert_allclose(mine, theirs)


def test_a_store_into_an_object_is_refused_in_a_checkpointed_function() -> None:
    @wengert.checkpoint
    def note(x: float, seen: list[float]) -> float:
        seen.append(x)
        return x * x

    with pytest.raises(UnsupportedError, match="a list is changed by a checkpointed function"):
        note(1.0, [])


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(("text", "amount"), [
    (1000, 1000), ("64MB", 64_000_000), ("1.5 GiB", 3 * 2**29), ("10 kb", 10_000), ("7B", 7), (" 2 KiB ", 2048)])
def test_amounts_of_memory(text: int | str, amount: int) -> None:
    assert bytes_of(text) == amount


@pytest.mark.parametrize("options", [
    {"checkpoint": "binomial"}, {"checkpoint": "uniform", "slots": 3}, {"slots": 3},
    {"checkpoint": "binomial", "slots": 0}, {"checkpoint": "binomial", "slots": -2},
    {"checkpoint": "binomial", "slots": 3, "memory": 100}, {"memory": "1MB", "target": "cuda"},
    {"memory": "much"}, {"memory": "12 XB"}, {"memory": 0}])
def test_options_without_a_meaning_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WengertValueError, match="help:"):
        wengert.compile(scalar, **options)


@pytest.mark.parametrize("options", [{"checkpoint": "binomial", "slots": 2.0}, {"memory": 3.5}, {"memory": True}])
def test_options_of_a_wrong_type_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(WengertTypeError, match="help:"):
        wengert.compile(scalar, **options)
