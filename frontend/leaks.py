"""Results that would carry traced values out of the trace: refused, because outside of it they mean nothing."""

from __future__ import annotations

from types import GeneratorType
from typing import Any

from wengert.dialects.errors import Position, UnsupportedError
from wengert.frontend.arguments import flatten
from wengert.frontend.values import Traced


def refuse_traced(leaf: Any, position: Position | None) -> None:
    """Refuse a leaf of a result that is no array or number and is, or has in it, a value known only at run time."""
    if isinstance(leaf, GeneratorType):
        raise UnsupportedError("the result is a generator", position, why="it would run after the compiled function",
                               help="return a list, or an array")
    inside = [part for whole in _parts(leaf) for part in flatten(whole)[0]]
    if any(isinstance(part, Traced) for part in (leaf, *inside)):
        raise UnsupportedError(
            f"the result has an object of type {type(leaf).__name__} with values that are known only at run time",
            position,
            why="results are made of arrays, numbers, texts, tuples, lists, dicts and instances of ordinary classes",
            help="return the values themselves, or an instance of a class without __new__ and without a library's base",
        )


def _parts(leaf: Any) -> list[Any]:
    """The attributes of an object and the variables a function has captured."""
    parts = list(vars(leaf).values()) if hasattr(leaf, "__dict__") and not isinstance(leaf, type) else []
    for cell in getattr(leaf, "__closure__", None) or ():
        try:
            parts.append(cell.cell_contents)
        except ValueError:  # not bound yet
            continue
    return parts
