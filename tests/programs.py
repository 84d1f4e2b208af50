"""The corpus: small real programs, as a NumPy user writes them, each with arguments for several sizes and trip counts.

`PROGRAMS` is the table; the functions stand in tests/corpus/, by subject.  Nothing in them knows about wengert, and
nothing but NumPy, `math` and the standard library is used.  Tests of any layer may walk the table.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

TRIPS = (0, 1, 2, 7)


@dataclass(frozen=True)
class Program:
    """A function and what may be asked of it.

    cases: argument tuples; use `arguments(case)`, which copies, because programs write to their arguments.
    wrt: the arguments that carry derivatives; empty where the result has none (searches, counters).
    analytic: the Python program runs on complex numbers, so that the complex step gives its derivative exactly.
    second: the case for derivatives of second order, the smallest one that does everything; None where there is none
        (a result linear in every argument is still checked; a kink in reach of the differences is not).
    interpreted: the cases the NumPy interpreter of the IR is not too slow for.
    float32: also run with every float64 array as float32.
    heavy: the derivatives of second order are compiled in the long search only.
    """

    function: Callable[..., Any]
    cases: tuple[tuple[Any, ...], ...]
    wrt: tuple[int, ...] = (0,)
    analytic: bool = False
    second: int | None = 0
    interpreted: tuple[int, ...] = ()
    float32: bool = False
    heavy: bool = False

    @property
    def name(self) -> str:
        return self.function.__name__

    def arguments(self, case: int) -> tuple[Any, ...]:
        """A fresh copy of the arguments; arrays that are the same object stay the same object."""
        return copy.deepcopy(self.cases[case])


PROGRAMS: list[Program] = []


def program(*cases: tuple[Any, ...], wrt: tuple[int, ...] = (0,), analytic: bool = False, second: int | None = 0,
            interpreted: tuple[int, ...] | None = None, float32: bool = False,
            heavy: bool = False) -> Callable[[Any], Any]:
    """Put a function into the table, with its arguments; see `Program`."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        chosen = tuple(range(len(cases))) if interpreted is None else interpreted
        PROGRAMS.append(Program(function, tuple(cases), wrt, analytic, second, chosen, float32, heavy))
        return function

    return add


def uniform(*shape: int, seed: int = 0) -> np.ndarray:
    """Numbers in [0, 1)."""
    return np.random.default_rng(seed).random(shape)


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return scale * np.random.default_rng(seed).standard_normal(shape)


def dominant(n: int, seed: int = 0) -> np.ndarray:
    """A matrix that needs no pivoting."""
    return uniform(n, n, seed=seed) + n * np.eye(n)


def positive_definite(n: int, seed: int = 0) -> np.ndarray:
    m = uniform(n, n, seed=seed)
    return m @ m.T / max(n, 1) + 2.0 * np.eye(n)


# The corpus fills the table when it is imported, and needs the names above.
from tests.corpus import (  # noqa: E402, F401
    algebra,
    cavity_flow,
    dynamics,
    finance,
    gaussian_process,
    graphs,
    grids,
    images,
    learning,
    molecular_dynamics,
    networks,
    polybench,
    python,
    recipes,
    signals,
    weather,
)
