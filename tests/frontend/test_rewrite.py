"""Rewriting alone: with hooks that do everything in Python, a rewritten function is the function itself."""

from __future__ import annotations

import copy
import re
import traceback
from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest

from tests.frontend import syntax_cases as cases
from tests.frontend.plain_hooks import PlainHooks
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.source import rewritten_function


def outcome(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[str, Any, Any]:
    try:
        return "returns", function(*arguments), arguments
    except Exception as error:
        return "raises", (type(error), str(error), type(error.__cause__)), arguments


@pytest.mark.parametrize(("function", "arguments"), cases.CASES, ids=[f.__name__ for f, _ in cases.CASES])
def test_rewritten_function_is_the_function(function: FunctionType, arguments: tuple[Any, ...]) -> None:
    rewritten = rewritten_function(function, PlainHooks())
    assert outcome(rewritten, copy.deepcopy(arguments)) == outcome(function, copy.deepcopy(arguments))


def test_private_names_and_super() -> None:
    assert rewritten_function(cases.Private.f, PlainHooks())(cases.Private(), 4) == 11


# ---- positions


def fails_deep_inside(xs):
    for x in xs:
        if x > 1:
            y = [x]
            if y:
                xs[0] = y[x]


def test_traceback_shows_the_users_line() -> None:
    def line_of(function: Callable[..., Any]) -> tuple[str, int | None]:
        try:
            function([1, 2])
        except IndexError as error:
            frames = traceback.extract_tb(error.__traceback__)
            mine = [f for f in frames if f.filename == __file__ and f.name == "fails_deep_inside"]
            return mine[-1].line or "", mine[-1].lineno
        raise AssertionError("no error")

    assert line_of(rewritten_function(fails_deep_inside, PlainHooks())) == line_of(fails_deep_inside)


# ---- what is refused, and where


REFUSALS = [
    (cases.coroutine, "asynchronous", 0),
    (cases.global_store, "COUNTER", 1),
    (cases.mapping_pattern, "a mapping pattern", 2),
    (cases.walrus_in_operand, "assignment expression", 1),
    (cases.looks_at_locals, "locals()", 1),
]


@pytest.mark.parametrize(("function", "text", "offset"), REFUSALS, ids=[r[0].__name__ for r in REFUSALS])
def test_refusal_names_its_line(function: FunctionType, text: str, offset: int) -> None:
    with pytest.raises(UnsupportedError, match=re.escape(text)) as caught:
        rewritten_function(function, PlainHooks())
    position = caught.value.position
    assert position is not None
    assert (position.file, position.line) == (cases.__file__, function.__code__.co_firstlineno + offset)
