"""Budgets of memory: met by what compiled code allocates, or refused with the smallest number that can be met."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.heap import counted
from wengert.dialects.errors import WengertValueError

STATE = np.sin(np.arange(200.0))


def euler(x, forcing, n):
    for _ in range(n):
        x = x + 0.01 * ((np.roll(x, -1) - np.roll(x, 2)) * np.roll(x, 1) - x + forcing)
    return np.sum(x * x)


def two_loops(x, n):
    for _ in range(n):
        x = np.sin(x) * x
    for _ in range(2 * n):
        x = np.cos(x) * x
    return np.sum(x)


def steps_with_tapes(x, n, m):
    """The tape of one step is as long as a run-time number says."""
    for _ in range(n):
        y = x
        for _ in range(m):
            y = np.sin(y) * y
        x = x + 0.1 * y
    return np.sum(x)


def until_small(x):
    k = 0
    while np.sum(x * x) > 1.0:
        x = x - 0.02 * np.sin(x) * (1.0 + 0.001 * k)
        k += 1
    return np.sum(x) + x[3] * k


def no_loop(x):
    return np.sum(np.sin(x) * np.exp(x))


PROGRAMS: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (euler, (STATE, 8.0, 300)), (two_loops, (STATE, 60)), (steps_with_tapes, (STATE, 40, 5)), (until_small, (STATE,)),
    (no_loop, (STATE,))]


def smallest(function: Callable[..., Any], arguments: tuple[Any, ...]) -> int:
    """The number in the refusal of a budget of one byte."""
    with pytest.raises(WengertValueError, match="help: memory=") as refused:
        wengert.grad(wengert.compile(function, memory=1))(*arguments)
    found = re.search(r"help: memory=(\d+)", str(refused.value))
    assert found is not None and refused.value.position is not None
    return int(found[1])


@pytest.mark.parametrize(("function", "arguments"), PROGRAMS, ids=lambda x: getattr(x, "__name__", ""))
def test_a_budget_is_met_or_refused(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    least = smallest(function, arguments)
    expected = wengert.grad(wengert.compile(function, precise=True))(*arguments)
    with pytest.raises(WengertValueError, match=f"smallest budget that can be met is {least}"):
        wengert.grad(wengert.compile(function, memory=least - 1))(*arguments)
    for memory in (least, 3 * least):
        with counted() as heap:
            gradient = wengert.grad(wengert.compile(function, memory=memory, precise=True))
            got = gradient(*arguments)
        assert np.array_equal(got, expected)
        assert heap.held == 0
        assert heap.peak + got.nbytes - heap.rounding <= memory, (memory, heap.peak)
        report = gradient.memory_report(*arguments)
        assert 0 <= heap.peak + got.nbytes - report.peak_bytes <= heap.rounding
        stored = sum(row.bytes for row in report.rows if "state of a loop" in row.reason)
        assert stored > 0 or function is no_loop
        assert stored < report.peak_bytes
        if memory == least:
            assert heap.peak + got.nbytes >= 0.9 * least, "the smallest budget is not what the program takes"


def test_a_budget_is_used_where_it_saves_steps() -> None:
    with counted() as heap:
        wengert.grad(wengert.compile(euler, memory="100KB"))(STATE, 8.0, 1000)
    assert 0.9e5 < heap.peak + STATE.nbytes <= 1e5 + heap.rounding


def test_a_million_steps_in_64_kilobytes() -> None:
    def logistic(x: Any, r: Any, n: int) -> Any:
        for _ in range(n):
            x = r * x * (1.0 - x) + 0.001 * np.sin(x)
        return x

    with counted() as heap:
        gradient = wengert.grad(wengert.compile(logistic, memory="64KB"), (0, 1))
        got = gradient(0.3, 2.9, 1_000_000)
    assert heap.peak <= 64_000
    np.testing.assert_allclose(got, wengert.grad(logistic, (0, 1))(0.3, 2.9, 1_000_000), rtol=1e-13)


def test_what_is_refused_when_the_call_begins_does_not_run() -> None:
    """It would run for hours."""
    with pytest.raises(WengertValueError, match="smallest budget that can be met"):
        wengert.grad(wengert.compile(steps_with_tapes, memory=10_000))(STATE, 10**9, 5)


def test_a_step_whose_tape_is_as_long_as_data_say_is_refused() -> None:
    def f(x: Any, n: int) -> Any:
        for _ in range(n):
            r = x[0]
            while r < 10.0:
                r = r * r + 1.0
            x = x * np.sin(r)
        return np.sum(x)

    with pytest.raises(WengertValueError, match="cannot be predicted before it runs") as refused:
        wengert.grad(wengert.compile(f, memory="1MB"))(STATE, 5)
    assert "slots=" in str(refused.value)
