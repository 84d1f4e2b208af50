"""Control flow against Python: a compiled function returns the same and leaves the same in its arguments."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.frontend.control_flow_cases import CASES
from tests.frontend.harness import assert_same, evaluate

ERRORS = (IndexError, NameError, ValueError, AssertionError, ZeroDivisionError)


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, type[BaseException] | None]:
    try:
        return function(*arguments), None
    except ERRORS as error:
        return None, next(k for k in ERRORS if isinstance(error, k))


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_compiled_is_python(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    expected, error = outcome(function, plain)
    actual, raised = outcome(lambda *a: evaluate(function, *a), compiled)
    assert raised is error
    if error is None:
        assert_same(actual, expected)
        assert_same(compiled, plain)
