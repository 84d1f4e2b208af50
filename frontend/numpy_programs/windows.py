"""Windows of a length that is an argument: `hanning`, `hamming`, `blackman`, `bartlett`, `kaiser`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import enter, program


def _constant(function: Callable[[int], Any]) -> Callable[[Any], Any]:
    """A window that depends on its length alone is computed while tracing."""

    def handler(M: Any) -> Any:
        return function(static_int(M, "it is the length of a window"))

    return handler


for _function in (np.hanning, np.hamming, np.blackman, np.bartlett):
    enter(_constant(_function), _function)


@program(np.kaiser)
def kaiser(M: Any, beta: Any) -> Any:
    n = static_int(M, "it is the length of a window")
    if n <= 1:
        return np.ones(max(n, 0))
    distance = (np.arange(n) - (n - 1) / 2.0) / ((n - 1) / 2.0)
    return np.i0(beta * np.sqrt(1.0 - distance * distance)) / np.i0(beta)
