"""Every program of the corpus with rules made from its own derivatives: nothing changes, in either mode.

Arguments are structures, results too; programs with loops, branches and in-place writes stand behind the calls.
"""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import flat, random_like
from tests.programs import PROGRAMS

BY_NAME = {program.name: program for program in PROGRAMS if program.wrt}
#: Recursion, masked cotangents in a loop, an array that may be another; the others are for the long search.
QUICK = ("p", "heston", "one_of_two_arrays")


def assert_close(got: Any, expected: Any) -> None:
    for a, b in zip(flat(got), flat(expected), strict=True):
        scale = float(np.max(np.abs(b), initial=1.0))
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-10 * scale)


@pytest.mark.parametrize("name", [name if name in QUICK else pytest.param(name, marks=pytest.mark.slow)
                                  for name in BY_NAME])
def test_rules_from_its_own_derivatives_change_nothing(name: str) -> None:
    program = BY_NAME[name]

    def plain(*args: Any) -> Any:
        return program.function(*copy.deepcopy(args))  # rules are for functions that write to nothing

    by_pullback, by_tangent = wengert.custom_vjp(plain), wengert.custom_jvp(plain)
    by_pullback.defvjp(lambda *args: wengert.vjp(plain, *args), lambda pullback, ct: pullback(ct))
    by_tangent.defjvp(lambda primals, tangents: wengert.jvp(plain, primals, tangents))
    args, rng = program.arguments(0), np.random.default_rng(0)
    result, pullback = wengert.vjp(plain, *args)
    ct = random_like(result, rng)
    expected = pullback(ct)
    for ruled in (by_pullback, by_tangent):
        value, pullback = wengert.vjp(lambda *args, ruled=ruled: ruled(*args), *args)
        assert_close(value, result)
        assert_close(pullback(ct), expected)
    moving = tuple(random_like(a, rng) if i in program.wrt else None for i, a in enumerate(args))
    tangent = wengert.jvp(plain, args, moving)[1]
    for ruled in (by_pullback, by_tangent):
        assert_close(wengert.jvp(lambda *args, ruled=ruled: ruled(*args), args, moving)[1], tangent)
