"""Random Python programs: compiled == interpreted == NumPy, tangents == differences, reverse == forward.

The first 100 seeds are part of every run; the rest, marked `slow`, run with ``pytest -m slow``.  A failure shows the
program's source.
"""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same, directional, flat, random_like
from tests.random_python import COLUMNS, LENGTH, ROWS, source_of
from wengert.frontend.specialize import interpret

BATCH = 10
MOVING = (0, 1, 2, 3, 4)


def arguments_for(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal(LENGTH), rng.standard_normal(LENGTH), rng.standard_normal((ROWS, COLUMNS))
    return float(rng.standard_normal()), float(rng.standard_normal()), *vectors, seed % 5


def load(seed: int, folder: Path) -> ModuleType:
    path = folder / f"program_{seed}.py"
    path.write_text(source_of(seed), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def check(seed: int, folder: Path) -> None:
    """Everything about the program of one seed."""
    program = load(seed, folder).program
    arguments = arguments_for(seed)
    theirs = copy.deepcopy(arguments)
    expected = program(*theirs)

    compiled = wengert.compile(program)
    tolerance = 1e-9 + 10.0 * sensitivity(program, arguments, expected)
    for run in (compiled, lambda *args: interpret(program, args, {})):
        ours = copy.deepcopy(arguments)
        assert_same(run(*ours), expected, tolerance)
        assert_same(ours, theirs, tolerance, "the arguments afterwards")

    direction = tuple(random_like(arguments[k], seed + k) for k in MOVING)
    cotangent = random_like(expected, seed + 9)
    derivatives = wengert.compile(both_modes(program))
    (_, tangent), gradients = derivatives(arguments, direction, cotangent)
    left, right = flat(cotangent) @ flat(tangent), flat(gradients) @ flat(direction)
    assert abs(left - right) <= tolerance * (1.0 + np.abs(flat(cotangent)) @ np.abs(flat(tangent))), (left, right)
    compare_with_differences(program, arguments, direction, flat(tangent))
    if seed % 5 == 0:
        # Forward mode copies what the primal copies, twice; reverse mode copies whole arrays to its tapes besides.
        forward = wengert.compile(lambda args, moved: wengert.jvp(program, args, (*moved, None)))
        forward(arguments, direction)
        assert forward.stats().copies_in_loops <= 2 * compiled.stats().copies_in_loops


def sensitivity(program: Any, arguments: Any, expected: Any) -> float:
    """How far NumPy's own result moves, relative to its size, when arguments move by an ulp: a few are chaotic."""
    rng = np.random.default_rng(0)
    nudged = [x if k not in MOVING else x * (1.0 + rng.integers(-1, 2, np.shape(x)) * np.finfo(float).eps)
              for k, x in enumerate(copy.deepcopy(arguments))]
    result = flat(expected)
    return float(np.max(np.abs(flat(program(*nudged)) - result)) / max(1.0, np.max(np.abs(result))))


def both_modes(program: Any) -> Any:
    """Forward and reverse mode in one compilation."""

    def derivatives(arguments: Any, direction: Any, cotangent: Any) -> Any:
        forward = wengert.jvp(program, arguments, (*direction, None))
        _, pullback = wengert.vjp(program, *arguments)
        return forward, pullback(cotangent)[:5]

    return derivatives


def compare_with_differences(program: Any, arguments: Any, direction: Any, tangent: np.ndarray) -> None:
    """Against differences, where a second difference quotient confirms that no kink is near."""
    estimate = directional(program, arguments, MOVING, direction, analytic=False)
    shorter = directional(program, arguments, MOVING, [half(v) for v in direction], analytic=False) * 2.0
    smooth = np.abs(estimate - shorter) <= 1e-6 * (1.0 + np.abs(estimate))
    np.testing.assert_allclose(tangent[smooth], estimate[smooth], rtol=1e-4, atol=1e-4)


def half(v: Any) -> Any:
    return v * 0.5


def run_batch(batch: int, folder: Path) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        try:
            check(seed, folder)
        except Exception as failure:
            failure.add_note(f"seed {seed}:\n{source_of(seed)}")
            raise


@pytest.mark.parametrize("batch", range(10))
def test_a_hundred_programs(batch: int, tmp_path: Path) -> None:
    run_batch(batch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(10, 200))
def test_two_thousand_programs(batch: int, tmp_path: Path) -> None:
    run_batch(batch, tmp_path)


def test_the_programs_are_varied() -> None:
    """The generator writes every construct it is there for, and equal seeds give equal text."""
    sources = [source_of(seed) for seed in range(200)]
    assert len(set(sources)) == 200 and source_of(7) == sources[7]
    together = "\n".join(sources)
    for construct in ("while ", "break", "continue", "else:", "touched(", "mixed(", "[::-1]", "+=", "*=", ", -1, -1)",
                      ".copy()", "c[:, ", "return ", " and ", " or ", " if "):
        assert together.count(construct) >= 5, construct


def test_every_program_runs_in_numpy(tmp_path: Path) -> None:
    """The generator itself: no program fails, and no value grows."""
    for seed in range(200):
        result = load(seed, tmp_path).program(*arguments_for(seed))
        assert np.all(np.abs(flat(result)) < 1e6), source_of(seed)
