"""What the generators of compiled code do not draw, refused where the user's code asks for it."""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np

from wengert.frontend.positions import fail

_HELP = "draw outside of the compiled function and pass the numbers"


def method_not_covered(name: str) -> NoReturn:
    """Refuses a method of `numpy.random.Generator`; other names are AttributeErrors."""
    if name.startswith("_") or not hasattr(np.random.Generator, name):
        raise AttributeError(f"'numpy.random.Generator' object has no attribute {name!r}")
    fail(f"numpy.random.Generator.{name} is not covered", help=_HELP)


def option_not_covered(method: str, option: str, help: str = _HELP) -> NoReturn:
    """Refuses an argument of a method that is covered."""
    fail(f"numpy.random.Generator.{method} with {option} is not covered", help=help)


def without_derivative(x: Any) -> Any:
    """A parameter of a distribution that is drawn by rejection: differentiating with respect to it is an error."""
    return x
