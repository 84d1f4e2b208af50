"""Random programs and their derivatives: compiled code against the interpreter.

``python -m tests.passes.test_lowering_random 100 200`` checks more of them.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from tests.differentiation import point, random_like
from tests.isolated import PASSED, outcomes
from tests.lowering import check_lowering
from tests.random_programs import ARRAY, MATRIX, SIGNATURE, random_program
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context

#: Of the first 300, those that once went wrong: order of writes, memory of branches, loops that write outwards.
SEEDS = (0, 1, 2, 23, 31, 63, 128, 177, 186, 416)

FLOATS = f"f64, f64, {ARRAY}, {ARRAY}, {MATRIX}"
RESULTS = f"f64, {ARRAY}, i64, {MATRIX}"
NAMES = "%x, %y, %a, %b, %c, %n, %m"
WRT = "diff.wrt = array<i64: 0, 1, 2, 3, 4>"

TANGENTS = f"""
func.func private @f.jvp({FLOATS}, index, i64, {FLOATS}) -> ({RESULTS}, f64, {ARRAY}, {MATRIX})
  attributes {{diff.jvp = @f, {WRT}}}
func.func @g({SIGNATURE}, %dx: f64, %dy: f64, %da: {ARRAY}, %db: {ARRAY}, %dc: {MATRIX})
    -> ({RESULTS}, f64, {ARRAY}, {MATRIX}) {{
  %r:7 = func.call @f.jvp({NAMES}, %dx, %dy, %da, %db, %dc) : ({FLOATS}, index, i64, {FLOATS})
    -> ({RESULTS}, f64, {ARRAY}, {MATRIX})
  return %r#0, %r#1, %r#2, %r#3, %r#4, %r#5, %r#6 : {RESULTS}, f64, {ARRAY}, {MATRIX}
}}"""

COTANGENTS = f"""
func.func private @f.fwd({FLOATS}, index, i64) -> ({RESULTS}, !diff.residuals) attributes {{diff.fwd = @f, {WRT}}}
func.func private @f.rev(!diff.residuals, f64, {ARRAY}, {MATRIX}) -> ({FLOATS}) attributes {{diff.rev = @f.fwd}}
func.func @g({SIGNATURE}, %cx: f64, %ca: {ARRAY}, %cc: {MATRIX}) -> ({RESULTS}, {FLOATS}) {{
  %r:5 = func.call @f.fwd({NAMES}) : ({FLOATS}, index, i64) -> ({RESULTS}, !diff.residuals)
  %g:5 = func.call @f.rev(%r#4, %cx, %ca, %cc) : (!diff.residuals, f64, {ARRAY}, {MATRIX}) -> ({FLOATS})
  return %r#0, %r#1, %r#2, %r#3, %g#0, %g#1, %g#2, %g#3, %g#4 : {RESULTS}, {FLOATS}
}}"""


def check(seed: str) -> None:
    """The program, its tangents and its cotangents at one point."""
    text, arguments = random_program(int(seed)), point(int(seed))
    private = text.replace("func.func @f(", "func.func private @f(")
    rng = np.random.default_rng(int(seed))
    tangents = [random_like(x, rng) for x in arguments[:5]]
    with make_context(), ir.Location.unknown():
        check_lowering(text, arguments, tolerance=1e-9)
        check_lowering(private + TANGENTS, [*arguments, *tangents], "g", tolerance=1e-9)
        check_lowering(private + COTANGENTS, [*arguments, *tangents[1:3], tangents[4]], "g", tolerance=1e-9)


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return outcomes("tests.passes.test_lowering_random:check", [str(seed) for seed in SEEDS])


@pytest.mark.parametrize("seed", SEEDS)
def test_random_program(seed: int, found: dict[str, str]) -> None:
    assert found[str(seed)] == PASSED, found[str(seed)]


if __name__ == "__main__":
    first, last = map(int, sys.argv[1:3])
    checked = outcomes("tests.passes.test_lowering_random:check", [str(seed) for seed in range(first, last)])
    for name, outcome in checked.items():
        if outcome != PASSED:
            print(name, outcome[-600:])
