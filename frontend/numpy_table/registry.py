"""The table of covered functions: which handler traces a NumPy, math or built-in function.

A handler has the signature of what it stands for, as far as that is covered; an argument beyond it is refused by name.
A function of NumPy that is written in NumPy (frontend/numpy_programs) is its own handler: it is traced like the user's
code.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from types import FunctionType
from typing import Any, TypeVar

Handler = Callable[..., Any]
H = TypeVar("H", bound=Handler)


@dataclass(frozen=True)
class Entry:
    """How one function is traced.

    Args:
        handler: called with the arguments.
        python: whether the function itself is called while nothing it is given is known at run time only.
        names: the parameters that may be given by keyword; None when any may.
        most: how many positional arguments there may be; None when any number.
    """

    handler: Handler
    python: bool
    names: frozenset[str] | None
    most: int | None


#: Function -> entry, for functions of modules and for types that are called.
TABLE: dict[Any, Entry] = {}
#: Name -> handler, for the methods of arrays; the first argument is the array.
METHODS: dict[str, Entry] = {}


def _entry(handler: Handler, python: bool) -> Entry:
    parameters = inspect.signature(handler).parameters.values()
    kinds = [p.kind for p in parameters]
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    named = frozenset(p.name for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY))
    return Entry(
        handler,
        python,
        None if inspect.Parameter.VAR_KEYWORD in kinds else named,
        None if inspect.Parameter.VAR_POSITIONAL in kinds else len(positional),
    )


def enter(handler: Handler, *functions: Any, python: bool = True) -> None:
    """Makes `handler` trace these functions."""
    entry = _entry(handler, python)
    for function in functions:
        TABLE[function] = entry


def covers(*functions: Any, python: bool = True, methods: tuple[str, ...] = ()) -> Callable[[H], H]:
    """Decorator: the handler of these functions and of these methods of arrays."""

    def decorate(handler: H) -> H:
        enter(handler, *functions, python=python)
        for name in methods:
            METHODS[name] = _entry(handler, python)
        return handler

    return decorate


def program(*functions: Any, python: bool = True, methods: tuple[str, ...] = ()) -> Callable[[H], H]:
    """Decorator: a function in the Python that wengert compiles, which stands for these functions."""

    def decorate(function: H) -> H:
        assert isinstance(function, FunctionType)
        definition: FunctionType = function

        @functools.wraps(definition)
        def handler(*arguments: Any, **options: Any) -> Any:
            from wengert.frontend.running import run

            return run(definition, arguments, options)

        covers(*functions, python=python, methods=methods)(handler)
        return function

    return decorate
