"""Schedules of checkpoints against dynamic programming, and the steps that reversing a loop executes against them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.differentiation import point
from tests.random_programs import MATRIX, random_program
from tests.storage import GRADIENT
from wengert.dialects import interpret
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.passes.base import run_pipeline
from wengert.passes.expand import DiffExpand
from wengert.passes.inline import Inline
from wengert.passes.schedules import beta, optimal_steps, repeats_of, split, split_function
from wengert.passes.simplify import Simplify


@pytest.fixture(autouse=True, scope="module")
def _context() -> Iterator[None]:
    with make_context(), ir.Location.unknown():
        yield


# ---------------------------------------------------------------- schedules


@cache
def fewest(steps: int, slots: int) -> int:
    """The fewest plain steps to reverse a section, by trying every place for the next stored state."""
    if steps <= 1:
        return 0
    if slots == 1:
        return steps * (steps - 1) // 2
    return min(m + fewest(steps - m, slots - 1) + fewest(m, slots) for m in range(1, steps))


def follow(steps: int, slots: int) -> int:
    """The plain steps when the next state is stored where `split` says."""
    if steps <= 1:
        return 0
    m = split(steps, slots)
    return m + (follow(steps - m, slots - 1) if steps - m > 1 else 0) + follow(m, slots)


def test_the_formula_is_the_minimum_and_split_reaches_it() -> None:
    for slots in range(1, 10):
        for steps in range(48):
            assert fewest(steps, slots) == optimal_steps(steps, slots) == follow(steps, slots), (steps, slots)


def test_no_step_is_repeated_more_often_than_the_bound_says() -> None:
    for slots in (1, 3, 7):
        for r in range(1, 5):
            assert repeats_of(beta(slots, r), slots) == r
            assert repeats_of(beta(slots, r) + 1, slots) == r + 1


def test_split_in_the_ir_is_split_in_python() -> None:
    module = ir.Module.create()
    name = split_function(module)
    assert split_function(module) == name
    cases = [(steps, slots) for slots in (1, 2, 3, 8, 50) for steps in (2, 3, 4, 7, 20, 57)]
    cases += [(1000, 1), (10**6, 100), (10**9, 10**6)]
    for steps, slots in cases:
        assert interpret.run(module, name, [steps, slots]) == [split(steps, slots)], (steps, slots)


# ---------------------------------------------------------------- executed steps

FOR = """
func.func private @f(%x: f64, %n: index) -> f64 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r = scf.for %i = %zero to %n step %one iter_args(%p = %x) -> f64 {
    %s = math.sin %p : f64
    %q = arith.mulf %s, %x : f64
    scf.yield %q : f64
  }
  return %r : f64
}"""
# The same, with its own counter.
WHILE = """
func.func private @f(%x: f64, %n: index) -> f64 {
  %zero = arith.constant 0 : index
  %one = arith.constant 1 : index
  %r, %end = scf.while (%p = %x, %i = %zero) : (f64, index) -> (f64, index) {
    %more = arith.cmpi slt, %i, %n : index
    scf.condition(%more) %p, %i : f64, index
  } do {
  ^bb0(%p: f64, %i: index):
    %s = math.sin %p : f64
    %q = arith.mulf %s, %x : f64
    %j = arith.addi %i, %one : index
    scf.yield %q, %j : f64, index
  }
  return %r : f64
}"""
DRIVER = """
func.func private @f.fwd(f64, index) -> (f64, !diff.residuals) attributes {diff.fwd = @f, diff.wrt = array<i64: 0>}
func.func private @f.rev(!diff.residuals, f64) -> f64 attributes {diff.rev = @f.fwd}
func.func @g(%x: f64, %n: index) -> (f64, f64) {
  %y, %r = call @f.fwd(%x, %n) : (f64, index) -> (f64, !diff.residuals)
  %one = arith.constant 1.0 : f64
  %ct = call @f.rev(%r, %one) : (!diff.residuals, f64) -> f64
  return %y, %ct : f64, f64
}"""


class Counting(interpret.Interpreter):
    """Counts executed operations by name."""

    executed: ClassVar[Counter[str]] = Counter()

    def operation(self, op: Any, env: Any) -> list[Any]:
        self.executed[op.name] += 1
        return super().operation(op, env)


def checkpointed(text: str, slots: int) -> Any:
    """The module in which the gradient is written."""
    attribute = f"attributes {{diff.slots = {slots} : i64}} {{\n  %zero" if slots else "{\n  %zero"
    module = ir.Module.parse(text.replace("{\n  %zero", attribute, 1) + DRIVER)
    run_pipeline(module, (DiffExpand(),))
    return module


def evaluated(module: Any, x: float, steps: int) -> tuple[list[Any], int]:
    """The results of @g, and how many sines were computed: one a step, plain or kept for its reversal."""
    Counting.executed = Counter()
    return Counting(module, {}).call("g", [x, steps]), Counting.executed["math.sin"]


def tangent(x: float, steps: int) -> tuple[float, float]:
    p, dp = x, 1.0
    for _ in range(steps):
        p, dp = np.sin(p) * x, np.cos(p) * x * dp + np.sin(p)
    return p, dp


@pytest.mark.parametrize("slots", [1, 2, 3, 5, 8])
def test_a_for_is_reversed_in_the_fewest_steps(slots: int) -> None:
    module, plain = checkpointed(FOR, slots), checkpointed(FOR, 0)
    for steps in (0, 1, 2, 3, 4, 5, 8, 9, 15, 22, 31):
        result, executed = evaluated(module, 0.9, steps)
        # The sweep to the last step, the last step itself, and each step once more, to be reversed.
        assert executed == optimal_steps(steps, slots) + (steps > 0) + steps, (steps, slots)
        assert result == evaluated(plain, 0.9, steps)[0], "not the same to the last bit"
        np.testing.assert_allclose(result, tangent(0.9, steps), rtol=1e-12)


@pytest.mark.parametrize("slots", [1, 2, 4])
def test_a_while_is_counted_while_it_runs_and_then_reversed_in_the_fewest_steps(slots: int) -> None:
    module, plain = checkpointed(WHILE, slots), checkpointed(WHILE, 0)
    for steps in (0, 1, 2, 5, 9, 14):
        result, executed = evaluated(module, 0.9, steps)
        assert executed == steps + optimal_steps(steps, slots) + steps, (steps, slots)
        assert result == evaluated(plain, 0.9, steps)[0], "not the same to the last bit"


def test_a_linear_loop_needs_none_of_its_states_and_stays_a_loop() -> None:
    module = checkpointed(FOR.replace("math.sin", "arith.negf").replace("%s, %x", "%s, %half").replace(
        "  %one =", "  %half = arith.constant 0.5 : f64\n  %one ="), 2)
    assert "@f.loop" not in str(module)
    assert Counting(module, {}).call("g", [0.5, 3]) == [-0.0625, -0.125]


# ---------------------------------------------------------------- random programs


def check_random_program(seed: int) -> bool:
    """Gradients of a random program with one, two and five stored states: the same to the last bit as without.

    Whether a loop was outlined.
    """
    arguments, expected, outlined = point(seed), None, False
    for slots in (0, 1, 2, 5):
        text = random_program(seed)
        if slots:
            text = text.replace(f"{MATRIX}) {{\n", f"{MATRIX}) attributes {{diff.slots = {slots} : i64}} {{\n", 1)
        module = ir.Module.parse(text + GRADIENT.split("func.func private @gradient.jvp")[0])
        run_pipeline(module, (Simplify(), DiffExpand(), Inline(), Simplify()))
        outlined |= "@f.loop" in str(module)
        gradient = interpret.run(module, "gradient", arguments)
        expected = gradient if expected is None else expected
        for got, wanted in zip(gradient, expected, strict=True):
            assert np.array_equal(got, wanted), (seed, slots)
    return outlined


def test_random_programs() -> None:
    outlined = [check_random_program(seed) for seed in range(12)]
    assert sum(outlined) >= 2


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
def test_many_random_programs(batch: int) -> None:
    for seed in range(100 + 25 * batch, 125 + 25 * batch):
        check_random_program(seed)
