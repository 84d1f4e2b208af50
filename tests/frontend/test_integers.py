"""Integers of all widths, with and without a sign: arithmetic, conversions, what wraps around and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

import wengert
from tests.frontend.random_integers import cases, evaluate, unspecified
from tests.frontend.traced import same, traced_run
from wengert.dialects.errors import WengertError
from wengert.frontend.calls import call

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


# ---------------------------------------------------------------- random expressions


def agrees(case: Any, run: Any) -> None:
    """An expression gives bit for bit what it gives in NumPy, or both refuse it."""
    expression, leaves = case
    assume(any(isinstance(x, (np.ndarray, np.generic)) for x in leaves))
    with np.errstate(all="ignore"):
        try:
            assume(not unspecified(expression, leaves))
            expected = evaluate(expression, leaves)
        except (TypeError, ValueError, OverflowError, ZeroDivisionError, AttributeError, IndexError) as error:
            assume("too large to convert to C long" not in str(error))  # bools compared with 2**63, which NumPy forgot
            expected = None
    try:
        actual = run(lambda *values: evaluate(expression, values), *leaves)
    except (WengertError, ZeroDivisionError, AttributeError) as error:
        assert expected is None or known_to_be_refused(expected, error), error
        return
    assert expected is not None and same(actual, expected), (actual, expected)


def known_to_be_refused(expected: Any, error: Exception) -> bool:
    return "float16" in str(error)


@given(cases())
@settings(max_examples=300, suppress_health_check=list(HealthCheck), derandomize=True)
def test_random_expressions(case: Any) -> None:
    agrees(case, lambda f, *leaves: traced_run(f, *leaves, call=call))


@pytest.mark.slow
@given(cases())
@settings(max_examples=5000, suppress_health_check=list(HealthCheck))
def test_many_random_expressions(case: Any) -> None:
    agrees(case, lambda f, *leaves: traced_run(f, *leaves, call=call))


@pytest.mark.slow
@given(cases())
@settings(max_examples=4000, suppress_health_check=list(HealthCheck))
def test_random_expressions_compiled(case: Any) -> None:
    agrees(case, lambda f, *leaves: wengert.compile(f)(*leaves))
