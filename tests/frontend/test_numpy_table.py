"""Built-in functions, the arrays and constants of the program around, and what is refused by name and line."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.linalg
from scipy import special

from tests.frontend.traced import check, same, traced_module, traced_run
from wengert.dialects.errors import UnsupportedError, WengertTypeError
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
B = np.array([[1.5, 0.5], [-2.0, 1.0], [0.25, 4.0]])
V = np.array([0.25, -0.5, 0.75])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])
F = A.astype(np.float32)


# ---------------------------------------------------------------- built-ins


def test_builtins() -> None:
    check(
        lambda a, n, x: (
            len(a),
            sum(a[0]),
            max(a[0]),
            min(a[0, 0], x),
            max(x, 0.0),
            min(1, n),
            abs(-x),
            divmod(n, 2),
            pow(x, 2),
            sum([x, n, 1]),
        ),
        A,
        5,
        1.5,
    )
    check(
        lambda a, x: (
            sum(a),
            any(a[0] > 0),
            all([x > 0, True]),
            any([]),
            float(a[0, 0]),
            bool(x),
            isinstance(x, float),
            isinstance(a, np.ndarray),
        ),
        A,
        1.5,
    )
    check(
        lambda a, n: (
            isinstance(n, int),
            isinstance(a[0, 0], float),
            isinstance(a[0, 0], np.float64),
            isinstance(n, (str, bool)),
            type(n) is int,
        ),
        A,
        3,
    )
    check(
        lambda x, n: (
            [*map(lambda v: v * 2 if v > 1 else v, [x, n])],  # noqa: C417
            functools.reduce(lambda p, q: p + q, [x, n, 2]),
            [*zip([x], [n])],
        ),
        1.5,
        2,
    )
    check(lambda a: [i * v for i, v in enumerate(a[0])] + [u * v for u, v in zip(a[0], reversed(a[1]))], A)


@pytest.mark.parametrize(("x", "y"), [(1.0, 2.0), (2.0, 1.0), (1.0, 1.0), (np.nan, 1.0), (1.0, np.nan)])
def test_max_and_min_of_numbers_are_pythons(x: float, y: float) -> None:
    check(lambda a, b: (max(a, b), min(a, b), max(a, 1.0), max(1.0, a), min(a, 1.0), min(1.0, a)), x, y)


# ---------------------------------------------------------------- the program around


SCALE = 3.0
TABLE = np.array([1.0, 2.0, 4.0])
ORDER = np.array([2, 0, 1])


def test_arrays_of_the_program_are_read_when_the_code_runs() -> None:
    weights = np.array([0.5, 0.25, 0.125])

    def use(x: Any, n: int) -> Any:
        s = x * SCALE + TABLE[n] + np.sum(weights * x) + TABLE @ weights + weights.sum()
        for k in range(3):
            s = s + TABLE[ORDER[k]] * k + (1.0, 2.0, 3.0)[ORDER[2]]
        return s

    check(use, 1.5, 1, tolerance=1e-15)


def test_arrays_of_the_program_are_written() -> None:
    table = np.zeros(3)

    def use(x: Any) -> Any:
        table[1] += x
        return table[1] * 2.0

    assert traced_run(use, 1.5, call=call) == 3.0
    assert same(table, np.array([0.0, 1.5, 0.0]))


def test_a_write_that_another_view_of_the_memory_would_not_see_is_refused() -> None:
    table = np.zeros((2, 2))

    def use(x: Any) -> Any:
        y = table.T @ table
        table[0, 0] = x
        return y

    with pytest.raises(UnsupportedError, match="another NumPy view of its memory"):
        traced_run(use, 1.5, call=call)


def test_constants_the_code_depends_on_are_noted() -> None:
    offset = 2.0

    def use(x: Any) -> Any:
        inner = 1.0

        def add(y: Any) -> Any:
            return y + offset + inner + SCALE

        return add(x) + ORDER[0]

    with traced_module(use, 1.5, call=call) as (_, (_, trace, *_)):
        noted = {(name, value) for _, name, value in trace.guards if isinstance(value, float)}
        assert noted == {("offset", 2.0), ("SCALE", 3.0)}
        assert any(array is ORDER for array, _ in trace.baked)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("function", "what", "help_"),
    [
        (lambda a: special.struve(1, a), "struve is not covered", ""),
        (lambda a: a.byteswap(), "ndarray.byteswap is not covered", ""),
        (lambda a: a.setflags(0), "ndarray.setflags is not covered", ""),
        (lambda a: np.clip(a, 0, 1, where=a > 0), "numpy.clip with the argument where=", "leave it out"),
        (lambda a: scipy.linalg.schur(a), "schur is not covered", "eigh"),
        (lambda a: np.random.rand() * a, "random number is drawn", "draw it outside"),
        (lambda a: math.fsum(a[0]), "math.fsum is not covered", ""),
        (lambda a: np.floor(a * 1j), "floor of complex numbers is not covered", "z.real"),
        (lambda a: np.isnat.reduce(a), "numpy.isnat is not covered", ""),
    ],
)
def test_what_is_not_covered_is_refused_by_name_and_line(function: Callable[..., Any], what: str, help_: str) -> None:
    with pytest.raises((UnsupportedError, WengertTypeError)) as refused:
        traced_run(function, A, call=call)
    error = refused.value
    assert what in error.what and help_ in error.help
    assert error.position is not None
    assert error.position.file == __file__ and error.position.line == function.__code__.co_firstlineno


def test_code_without_source_runs_until_a_test_depends_on_data() -> None:
    namespace: dict[str, Any] = {}
    exec("def double(x): return x * 2\ndef relu(x):\n    return x if x > 0 else 0.0", namespace)
    assert traced_run(lambda x: namespace["double"](x), 1.5, call=call) == 3.0
    with pytest.raises(Exception, match="the code of relu runs as it is: there is no source"):
        traced_run(lambda x: namespace["relu"](x), 1.5, call=call)
