"""The corpus: `@program` adds a function to it, once for every maker of arguments."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Program:
    """A function, and a maker of fresh arguments for it."""

    function: Callable[..., Any]
    arguments: Callable[[], tuple[Any, ...]]
    name: str


PROGRAMS: list[Program] = []


def program(*makers: Callable[[], tuple[Any, ...]]) -> Callable[[Any], Any]:
    """Adds the function to the corpus."""

    def add(function: Any) -> Any:
        for number, maker in enumerate(makers):
            name = function.__name__.strip("_") + (f"-{number}" if len(makers) > 1 else "")
            PROGRAMS.append(Program(function, maker, name))
        return function

    return add


def uniform(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).random(shape)


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal(shape)
