"""Sorting of complex numbers, and what is made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.frontend.complex_numbers.registry import composed, of_complex
from wengert.frontend.numpy_programs import complex_orders
from wengert.frontend.running import run


def _traced(function: Any) -> Callable[..., Any]:
    return lambda *arguments, **options: run(function, arguments, options)


of_complex(np.sort)(_traced(complex_orders.sort))
of_complex(np.argsort, methods=("argsort",))(_traced(complex_orders.argsort))
of_complex(methods=("sort",))(_traced(complex_orders.sort_in_place))
composed(np.sort_complex, np.unique, np.union1d, np.setxor1d, np.intersect1d, np.roots, np.polyfit)
