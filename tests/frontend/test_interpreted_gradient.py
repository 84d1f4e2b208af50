"""The reverse sweep of `explain` over a tape of NumPy operations agrees with the gradient of the compiler."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import flat, random_like
from tests.programs import PROGRAMS, Program
from wengert.frontend.explain import interpreted_gradient

DIFFERENTIABLE = {program.name: program for program in PROGRAMS if program.wrt and program.interpreted}


def compare(program: Program, case: int) -> None:
    cotangent = random_like(program.function(*program.arguments(case)), 5)
    arguments: tuple[Any, ...] = program.arguments(case)
    pulled = wengert.vjp(program.function, *arguments)[1](cotangent)
    expected = flat([pulled[k] for k in program.wrt])
    found = flat(list(interpreted_gradient(program.function, arguments, program.wrt, cotangent)))
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.max(np.abs(expected), initial=1.0))


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient(name: str) -> None:
    compare(DIFFERENTIABLE[name], DIFFERENTIABLE[name].interpreted[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_of_every_case(name: str) -> None:
    for case in DIFFERENTIABLE[name].interpreted[1:]:
        compare(DIFFERENTIABLE[name], case)


def test_of_a_derivative() -> None:
    """A derivative is a program like any other: its gradient is the second derivative."""
    second = interpreted_gradient(wengert.grad(lambda x: np.sin(x) * x), (0.7,))
    np.testing.assert_allclose(second, 2 * np.cos(0.7) - 0.7 * np.sin(0.7), rtol=1e-14)
