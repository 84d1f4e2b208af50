"""Recursion that run-time values end: as Python has it, in both modes, to second order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same
from tests.frontend import recursive_programs as programs

U = np.sin(np.arange(9.0))
CASES: list[tuple[Callable[..., Any], tuple[Any, ...], tuple[int, ...]]] = [
    (programs.power, (1.3, 13), (0,)),
    (programs.power, (1.3, 0), (0,)),
    (programs.fibonacci, (9, 1.1), (1,)),
    (programs.gcd, (84, 36), ()),
    (programs.ackermann, (2, 3), ()),
    (programs.is_even, (7,), ()),
    (programs.is_even, (0,), ()),
    (programs.damped_peak, (1.2,), (0,)),
    (programs.cube_root, (2.7,), (0,)),
    (programs.catalan, (5, 0.9), (1,)),
    (programs.partitions, (5, 0.8), (1,)),
    (programs.search, (np.linspace(0.0, 1.0, 33), 0.3), (0, 1)),
    (programs.smooth, (U, 1.7e-3), (0,)),
    (programs.flight, (7.0,), (0,)),
    (programs.hanoi, (6, 0.4), (1,)),
    (programs.nested, (60, 0.3), (1,)),
    (programs.zigzag, (5, 0.7), (1,)),
    (programs.countdown, (900, 2.0), (1,)),
]
IDS = [f"{f.__name__}-{k}" for k, (f, _, _) in enumerate(CASES)]


@pytest.mark.parametrize("f, args, wrt", CASES, ids=IDS)
def test_it_is_what_python_computes(f: Callable[..., Any], args: tuple[Any, ...], wrt: tuple[int, ...]) -> None:
    compiled = wengert.compile(f)
    assert_same(compiled(*args), f(*args), 1e-12)
    if wrt:
        wengert.check_grads(f, args, order=2)


def test_one_compilation_serves_every_depth() -> None:
    compiled = wengert.compile(programs.power)
    for n in (0, 1, 2, 9, 100):
        assert compiled(1.01, n) == pytest.approx(1.01 ** n, rel=1e-13)
    assert compiled.stats().compilations == 1


def test_what_python_ends_is_unrolled() -> None:
    """A list that gets shorter, and an int that is known: no stack, and shapes may differ from call to call."""

    def chain(layers: list[Any], x: Any) -> Any:
        return x if not layers else chain(layers[1:], np.tanh(layers[0] @ x))

    layers = [np.ones((3, 2)) / 3, np.ones((4, 3)) / 5, np.ones((1, 4))]
    expected = chain(layers, np.ones(2))
    np.testing.assert_allclose(wengert.compile(chain)(layers, np.ones(2)), expected)

    def pyramid(x: Any, levels: int = 3) -> Any:
        return x.sum() if levels == 0 else x.sum() + pyramid(x[::2], levels - 1)

    assert wengert.compile(pyramid)(U) == pytest.approx(pyramid(U))


def test_too_many_calls_are_an_error_at_the_line_of_the_call() -> None:
    compiled = wengert.compile(programs.countdown)
    with pytest.raises(RecursionError, match=r"recursive_programs.py:\d+:12: countdown calls itself more than 1000"):
        compiled(1000, 1.0)
    with pytest.raises(RecursionError, match="countdown"):
        wengert.grad(programs.countdown, 1)(5000, 1.0)
    assert np.isfinite(compiled(999, 1.0))


# ---------------------------------------------------------------- what is refused


def never_ends(x: float) -> float:
    return never_ends(x - 1.0) if x > 0 else never_ends(x + 1.0)


def writes(a: Any, n: int) -> Any:
    if n == 0:
        return 0.0
    a[n] = 2.0 * a[n]
    return writes(a, n - 1) + a[n]


def different_results(x: float) -> Any:
    return (x, x) if x < 0 else different_results(x - 1.0)[0]


KEPT: list[float] = []


def appends(x: float) -> float:
    if x < 0:
        return x
    KEPT.append(x)
    return appends(x - 1.0)


def halves(a: Any) -> Any:
    return a.sum() if a[0] > 0 else halves(a[::2])


def differentiates(x: float) -> Any:
    return x if x < 1 else x * wengert.grad(lambda y: differentiates(y - 1.0))(x)


@pytest.mark.parametrize("f, arguments, message", [
    (never_ends, (1.0,), "never_ends calls itself on every path"),
    (writes, (np.ones(4), 2), "writes writes into its argument and calls itself"),
    (different_results, (2.0,), "on one path"),
    (appends, (2.0,), "appends changes|list"),
    (halves, (-np.ones(8),), "halves"),
    (differentiates, (2.0,), "differentiates"),
])
def test_refusals_name_the_line(f: Callable[..., Any], arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises((wengert.WengertError, TypeError), match=message) as caught:
        wengert.compile(f)(*arguments)
    assert "test_recursion.py:" in str(caught.value)
    assert not KEPT
