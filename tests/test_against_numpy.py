"""Every covered function of NumPy on random arguments: value, dtype, shape and refusals are NumPy's."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import wengert
from tests.numpy_calls import CALLS, Call, View
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.numpy_table import TABLE
from wengert.frontend.specialize import interpret

#: Of float results: float32 sums in another order, elementary functions within some ulp.
TOLERANCES = {"float32": 2e-5, "complex64": 2e-5}
QUICK = settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
LONG = settings(max_examples=20_000, deadline=None, suppress_health_check=list(HealthCheck))
COMPILED = settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

COVERED = sorted(name for name in CALLS if getattr(np, name) in TABLE)


def program_of(name: str, call: Call) -> tuple[Any, tuple[np.ndarray, ...]]:
    """A function of the run-time arrays of a call, and these arrays."""
    function = getattr(np, name)
    views: list[View] = []

    def place(x: Any) -> Any:
        if isinstance(x, View):
            views.append(x)
            return len(views) - 1
        return x

    where = [[place(x) for x in p] if isinstance(p, list) else (place(p) if isinstance(p, View) else None)
             for p in call.positional]
    constants, options = call.positional, call.options

    def program(*arrays: Any) -> Any:
        given = []
        for slot, constant in zip(where, constants):
            if isinstance(slot, list):
                given.append([views[k].of(arrays[k]) for k in slot])
            else:
                given.append(constant if slot is None else views[slot].of(arrays[slot]))
        return function(*given, **options)

    return program, tuple(view.whole for view in views)


def outcome(run: Any, *arguments: Any) -> tuple[Any, BaseException | None]:
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return run(*arguments), None
        except UnsupportedError as error:
            return None, error
        except (TypeError, ValueError, IndexError, OverflowError, ZeroDivisionError, np.exceptions.AxisError) as error:
            return None, error


def agree(got: Any, expected: Any) -> None:
    if isinstance(expected, (tuple, list)):
        assert isinstance(got, (tuple, list)) and len(got) == len(expected), (got, expected)
        for g, e in zip(got, expected):
            agree(g, e)
        return
    g, e = np.asarray(got), np.asarray(expected)
    assert g.shape == e.shape, f"shape {g.shape}, not {e.shape}"
    assert g.dtype == e.dtype, f"dtype {g.dtype}, not {e.dtype}"
    if e.dtype.kind in "fc":
        tolerance = TOLERANCES.get(str(e.dtype), 1e-11)
        np.testing.assert_allclose(g, e, rtol=tolerance, atol=tolerance)
    else:
        np.testing.assert_array_equal(g, e)


def compare(name: str, call: Call, compiled: bool = False) -> None:
    """wengert's outcome is NumPy's: the same value, or both refuse."""
    program, arrays = program_of(name, call)
    expected, theirs = outcome(program, *[a.copy() for a in arrays])
    copies = [a.copy() for a in arrays]
    if compiled:
        got, ours = outcome(wengert.compile(program), *copies)
    else:
        got, ours = outcome(lambda *x: interpret(program, x, {}), *copies)
    if isinstance(ours, UnsupportedError):
        return  # refused by name and line: docs/coverage.md has it
    if theirs is not None:
        assert ours is not None, f"NumPy refuses with {theirs!r}; the result here is {got!r}"
        return
    assert ours is None, f"{ours!r} where NumPy gives {expected!r}"
    if name != "empty_like":
        agree(got, expected)
    for array, copy in zip(arrays, copies):
        np.testing.assert_array_equal(array, copy)


@st.composite
def any_call(draw: Any) -> tuple[str, Call]:
    name = draw(st.sampled_from(COVERED))
    return name, draw(CALLS[name])


@QUICK
@given(any_call())
def test_interpreted(chosen: tuple[str, Call]) -> None:
    compare(*chosen)


@COMPILED
@given(any_call())
def test_compiled(chosen: tuple[str, Call]) -> None:
    compare(*chosen, compiled=True)


@pytest.mark.slow
@LONG
@given(any_call())
def test_many(chosen: tuple[str, Call]) -> None:
    compare(*chosen)
