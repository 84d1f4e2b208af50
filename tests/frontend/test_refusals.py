"""Every refusal of control flow says what, where, why and what to do."""

from __future__ import annotations

import copy
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from tests.frontend.harness import evaluate
from tests.frontend.refusals import CASES
from wengert.dialects.errors import WengertError


def marked_line(function: Callable[..., Any]) -> int:
    lines, first = inspect.getsourcelines(function)
    return first + next(number for number, line in enumerate(lines) if "# here" in line)


@pytest.mark.parametrize(("function", "arguments", "kind", "text"), CASES, ids=[c[0].__name__ for c in CASES])
def test_refusal(function: Callable[..., Any], arguments: tuple[Any, ...], kind: type[WengertError], text: str) -> None:
    given = copy.deepcopy(arguments)
    with pytest.raises(kind) as caught:
        evaluate(function, *given)
    error = caught.value
    assert text in error.what
    assert error.position is not None
    assert error.position.line == marked_line(function)
    assert error.position.file == inspect.getfile(function)
    assert str(error).startswith(f"{error.position}: ")


def test_source_is_missed_only_where_control_flow_needs_it() -> None:
    names: dict[str, Any] = {}
    exec("def straight(x):\n    return x * 2\ndef branching(x):\n    return x if x > 0 else -x", names)
    assert evaluate(names["straight"], 2.0) == 4.0
    with pytest.raises(WengertError, match="source"):
        evaluate(names["branching"], 2.0)
