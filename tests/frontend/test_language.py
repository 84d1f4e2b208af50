"""The programs of language_programs.py: compiled and differentiated they do what Python does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend import language_sequences
from tests.frontend.harness import assert_same, evaluate
from tests.frontend.language_programs import CASES

assert language_sequences.__all__  # its programs are entered with the others


@pytest.mark.parametrize(("program", "arguments", "grad"), CASES, ids=[c[0].__name__ for c in CASES])
def test_program_is_pythons(program: Callable[..., Any], arguments: tuple[Any, ...], grad: bool) -> None:
    plain = copy.deepcopy(arguments)
    try:
        expected = program(*plain)
    except Exception as error:
        with pytest.raises(type(error)):
            wengert.compile(program)(*copy.deepcopy(arguments))
        return
    given = copy.deepcopy(arguments)
    assert_same(wengert.compile(program)(*given), expected)
    for left, wanted in zip(given, plain, strict=True):
        if isinstance(wanted, (np.ndarray, list, dict)):
            assert_same(left, wanted)
    if grad:
        wengert.check_grads(program, arguments, order=1)


def test_generators_run_as_far_as_they_are_asked() -> None:
    def f(x):
        walked = []

        def naturals():
            k = 0
            while True:
                walked.append(k)
                yield k * x
                k += 1

        total = 0.0
        for value in naturals():
            if len(walked) > 4:
                break
            total += value
        return total, walked

    assert_same(wengert.compile(f)(2.0), f(2.0))


def test_long_comprehensions_stay_loops() -> None:
    def f(x):
        return np.sum(np.array([np.sin(v) * k for k, v in enumerate(x)])) + sum(v * v for v in x if v > 0.5)

    sizes = [len(wengert.compile(f).lower(np.ones(n)).as_text("nd").splitlines()) for n in (100, 1000)]
    assert sizes[0] == sizes[1]
    x = np.linspace(0.0, 1.0, 100)
    np.testing.assert_allclose(evaluate(f, x), f(x))


def test_lists_of_loops_become_pythons_where_they_are_changed() -> None:
    def f(x):
        items = [v * v for v in x]
        items.append(x[0])
        items[1] = 7.0
        both = items[:2] + [v + 1 for v in x]
        return items, both, len(both)

    assert_same(wengert.compile(f)(np.linspace(0.1, 1.0, 40)), f(np.linspace(0.1, 1.0, 40)))
