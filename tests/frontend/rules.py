"""Right rules of the user's, and how a wrong one is refused."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import WengertError

X = np.array([0.3, -0.7, 1.2])


@wengert.custom_jvp
def cube(x):
    return x**3


@cube.defjvp
def cube_jvp(primals, tangents):
    (x,), (dx,) = primals, tangents
    return cube(x), 3 * x * x * dx


@wengert.custom_vjp
def power(x, n):
    return x**n


def power_fwd(x, n):
    return power(x, n), (x, n)


def power_bwd(residuals, ct):
    x, n = residuals
    return n * power(x, n - 1) * ct, None


power.defvjp(power_fwd, power_bwd)


def source_line(error: Any) -> str:
    """The line of a test that the error names."""
    path = Path(error.position.file)
    assert path.parent == Path(__file__).parent
    return path.read_text().splitlines()[error.position.line - 1].strip()


def refused(f: Callable[..., Any], *arguments: Any, wrap: bool = True) -> Any:
    *values, error = arguments
    with pytest.raises(error) as caught:
        (wengert.grad(f) if wrap else f)(*values)
    assert isinstance(caught.value, WengertError)
    return caught.value
