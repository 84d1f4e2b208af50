"""What the worker asks of a contender."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from benchmarks.kernel import Definition


class Peer(ABC):
    """One implementation of one kernel. `forward` and `gradient` are timed: they return when all is computed.

    A program that overwrites its arguments gets copies of those, inside the timed region, as a pure function would.
    """

    #: Whether there is a gradient; Python and Numba have none.
    differentiates = True
    #: Bytes of results that are allocated once rather than in each call.
    kept = 0

    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        self.definition = definition
        self.sizes = {**definition.sizes, **sizes}
        self.kernel = definition(**sizes)
        self.form = form
        self.threads = threads

    @abstractmethod
    def forward(self) -> Any:
        """Run the program once."""

    def gradient(self) -> Any:
        """The value and the gradient with respect to all active inputs, once; TypeError where there is none."""
        raise TypeError(f"{type(self).__module__} does not differentiate")

    def value(self, result: Any) -> float:
        """The number that `forward` returned."""
        return float(result)

    def gradients(self, result: Any) -> dict[str, np.ndarray]:
        """What `gradient` returned, by the name of the input."""
        return dict(zip(self.kernel.active, map(np.asarray, result[1])))

    @property
    def positions(self) -> tuple[int, ...]:
        """Which arguments are active."""
        names = list(self.kernel.inputs)
        return tuple(names.index(name) for name in self.kernel.active)


def copying(program: Callable[..., Any], arguments: Sequence[Any]) -> Callable[[], Any]:
    """`program` on fresh copies of what it overwrites, and on the very arrays where it does not. Calls it once."""
    tried = [value.copy() for value in arguments]
    program(*tried)
    overwritten = [not np.array_equal(a, b) for a, b in zip(arguments, tried)]

    def call() -> Any:
        return program(*(a.copy() if mutable else a for a, mutable in zip(arguments, overwritten)))

    return call
