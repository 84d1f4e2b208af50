"""The cases: `@case` adds a function with each of several tuples of arguments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def case(*inputs: tuple[Any, ...]) -> Callable[[Any], Any]:
    def add(function: Any) -> Any:
        CASES.extend((function, arguments) for arguments in inputs)
        return function

    return add


def numbers(*shape: int) -> np.ndarray:
    return np.random.default_rng(7).standard_normal(shape)


@dataclass
class Pair:
    """Two attributes that a case overwrites."""

    a: Any
    b: Any
