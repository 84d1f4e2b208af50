"""Finding the source of a function object and binding its twin."""

from __future__ import annotations

import functools
import linecache
from types import FunctionType
from typing import Any

import pytest

from tests.frontend.plain_hooks import PlainHooks
from wengert.frontend.source import SourceUnavailable, find, is_user_code, rewritten_function


def twin(function: Any) -> FunctionType:
    return rewritten_function(function, PlainHooks())


def decorate(function: Any) -> Any:
    @functools.wraps(function)
    def wrapper(*arguments: Any, **keywords: Any) -> Any:
        return twin(function)(*arguments, **keywords) * 2

    return wrapper


@decorate
@decorate
def decorated(x: float) -> float:
    return x if x > 0 else -x


def test_decorated_function_is_found_below_its_decorators() -> None:
    assert twin(decorated)(-3.0) == 12.0


def test_lambdas_on_one_line_are_told_apart() -> None:
    two = (lambda x: x + 1, lambda x: x * 2 if x > 0 else -x, lambda x: (lambda y: y - x)(1))
    assert [twin(f)(5) for f in two] == [6, 10, -4]


def test_lambda_inside_a_lambda() -> None:
    outer = lambda x: lambda y: y * 2 if y > 0 else -y  # noqa: E731
    assert twin(twin(outer)(1))(-4) == 4


def test_closure_shares_its_cells() -> None:
    count = 0

    def more(by: int = 2, *, times: int = 1) -> int:
        nonlocal count
        count += by * times
        return count

    assert twin(more)() == 2
    assert twin(more)(5, times=2) == 12
    assert count == 12


def test_function_that_calls_itself_by_name() -> None:
    def down(n: int) -> int:
        return 0 if n == 0 else 1 + down(n - 1)

    assert twin(down)(5) == 5


class Counter:
    def __next(self, n: int) -> int:
        return n + 1

    def twice(self, n: int) -> int:
        return self.__next(self.__next(n))

    @staticmethod
    def apart(n: int) -> int:
        return -n


def test_methods_and_private_names() -> None:
    assert twin(Counter.twice)(Counter(), 1) == 3
    assert twin(Counter._Counter__next)(Counter(), 1) == 2  # type: ignore[attr-defined]
    assert twin(Counter.apart)(4) == -4


def test_code_without_a_file_has_no_source() -> None:
    names: dict[str, Any] = {}
    exec("def f(x):\n    return x", names)
    with pytest.raises(SourceUnavailable, match="no source file for f"):
        twin(names["f"])


def module(text: str, name: str) -> dict[str, Any]:
    """Runs `text` as a file that only linecache knows, as notebooks do."""
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    names: dict[str, Any] = {"__name__": name}
    exec(compile(text, name, "exec"), names)
    return names


def test_notebook_cells_have_source() -> None:
    names = module("def f(x):\n    for i in range(3):\n        x += i\n    return x\n", "<cell 1>")
    assert twin(names["f"])(1) == 4


@pytest.mark.parametrize(
    "edited",
    ["\n\ndef f(x):\n    return x\n", "def f(y):\n    return y\n", "def f(x):\n    z = x\n    return z\n", "def f(:"],
)
def test_edited_file_is_noticed(edited: str) -> None:
    names = module("def f(x):\n    return x\n", "<cell 2>")
    linecache.cache["<cell 2>"] = (len(edited), None, edited.splitlines(keepends=True), "<cell 2>")
    with pytest.raises(SourceUnavailable):
        twin(names["f"])


def test_file_that_grew_is_parsed_again() -> None:
    module("def f(x):\n    return x\n", "<cell 3>")
    names = module("def f(x):\n    return x\n\n\ndef g(x):\n    return -x\n", "<cell 3>")
    assert find(names["g"]).node.lineno == 5
    assert twin(names["g"])(1) == -1


def test_user_code_covers_thunks_and_comprehensions() -> None:
    def function(xs: list[int]) -> list[int]:
        return [x if x > 0 else -x for x in xs]

    rewritten = twin(function)
    assert is_user_code(rewritten.__code__)
    inner = [c for c in rewritten.__code__.co_consts if hasattr(c, "co_name")]
    assert all(is_user_code(c) for c in inner)
    assert not is_user_code(function.__code__)


def test_rewritten_function_keeps_name_and_is_compiled_once() -> None:
    first, second = twin(Counter.twice), twin(Counter.twice)
    assert first.__code__ is second.__code__
    assert (first.__name__, first.__qualname__) == ("twice", "Counter.twice")
    assert first.__code__.co_filename == __file__
