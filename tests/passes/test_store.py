"""diff-store: with tapes, forward, linear and reverse functions compute what they computed with placeholders."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.storage import check_storage
from tests.storage_programs import PROGRAMS
from wengert.dialects.bindings import ir, walk
from wengert.dialects.context import make_context
from wengert.dialects.control import find_function
from wengert.dialects.errors import WengertIndexError, WengertRuntimeError
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.simplify import Simplify
from wengert.passes.store import DiffStore

BATCH = 25


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context() as context, ir.Location.unknown():
        yield context


def shapes(name: str) -> list[list[tuple[int, ...]]]:
    """The shapes of the tapes of each run of a program."""
    text, runs, wrt = PROGRAMS[name]
    return [[np.shape(tape) for tape in tapes] for tapes in check_storage(text, runs, wrt)]


@pytest.mark.parametrize("name", PROGRAMS)
def test_tapes_hold_what_placeholders_held(name: str) -> None:
    shapes(name)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_simplified_forward_function_is_stored_too(name: str) -> None:
    text, runs, wrt = PROGRAMS[name]
    check_storage(text, runs, wrt, before=[Simplify()])


def test_one_slot_an_iteration() -> None:
    """x^n saves the running power: n numbers, none for n <= 0."""
    assert shapes("power") == [[(0,)], [(1,)], [(2,)], [(7,)], [(0,)]]


def test_rectangular_nests_have_a_dimension_a_loop() -> None:
    assert shapes("steps") == [[(4, 3)] * 2, [(2, 2)] * 2, [(0, 0)] * 2, [(0, 0)] * 2]


def test_triangular_capacity_is_exact() -> None:
    """A save three loops deep takes as many slots as its loop has iterations in all."""
    n = 5
    iterations = sum(max(0, j - i) for i in range(n) for j in range(i, n, 2))
    assert (iterations, 3) in shapes("triangular")[3]


def test_arrays_of_varying_extents_lie_one_after_the_other() -> None:
    """Prefixes of length 0, 1, .., 5 have 15 elements."""
    assert (15,) in shapes("prefixes")[2]


def test_a_counter_decides_how_much_is_stored() -> None:
    """The inner loop runs in one iteration of four: its rows are 3, not 12."""
    assert (3, 4) in shapes("rows")[3]


def test_a_condition_that_is_not_reproducible_is_reported() -> None:
    """The counting run sees one trip count, the forward sweep another: a check fails, nothing is overwritten."""
    text, _, wrt = PROGRAMS["while-in-for"]
    module = ir.Module.parse(text)
    run_pipeline(module, [Simplify(), DiffJvp("f", wrt), Simplify(), DiffLinearize("f"), DiffStore("f")])
    counted, last_condition = str(module).rsplit("arith.cmpf ogt", 1)
    changed = ir.Module.parse(f"{counted}arith.cmpf oge{last_condition}")
    arguments = [0.05, np.array([0.2, 3.0, -9.0, 0.05, 1.5])]  # 0.05 > 0.05 is false, 0.05 >= 0.05 true
    run(module, "f.fwd", arguments)
    with pytest.raises(WengertRuntimeError, match="not reproducible"):
        run(changed, "f.fwd", arguments)


def test_checks_are_counted_with_only_where_they_end_a_loop() -> None:
    """A while ends when a check in it fails, so the counting run needs that check; it does not need the others."""
    text, [[x, a, _]], wrt = PROGRAMS["checks"]
    module = ir.Module.parse(text)
    run_pipeline(module, [Simplify(), DiffJvp("f", wrt), Simplify(), DiffLinearize("f"), DiffStore("f")])
    forward = str(find_function(module, "f.fwd"))
    assert forward.count('kind = "IndexError"') == 2 and forward.count('kind = "ValueError"') == 1
    with pytest.raises(WengertIndexError, match="index 1 of 1"):
        run(module, "f.fwd", [x, a, 1])


def test_a_division_stays_behind_its_guard() -> None:
    """The step of the loop may be 0 where the loop is not reached: counting divides by it in the branch only."""
    text, _, wrt = PROGRAMS["step-behind-a-branch"]
    module = ir.Module.parse(text)
    run_pipeline(module, [Simplify(), DiffJvp("f", wrt), Simplify(), DiffLinearize("f"), DiffStore("f")])
    divisions = [op for op in walk(find_function(module, "f.fwd")) if op.name == "arith.ceildivsi"]
    assert divisions and all(op.parent.operation.name == "scf.if" for op in divisions)


@pytest.mark.parametrize("batch", range(4))
def test_random_programs(batch: int) -> None:
    """Also simplify, promote and, for every fourth, the second derivative that diff-expand writes."""
    command = [sys.executable, "-m", "tests.storage", str(batch * BATCH), str((batch + 1) * BATCH)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-20000:] + result.stderr[-2000:]
