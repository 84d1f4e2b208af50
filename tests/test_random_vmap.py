"""Random Python programs for several examples at once: values and derivatives of both modes against each one alone.

Loops, branches, early exits, stores and swaps go different ways in the examples; for odd seeds the number of iterations
is the example's own.  A failure shows the program's source.
"""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests.batched import EXAMPLES, assert_loop, example
from tests.comparison import random_like
from tests.random_python import source_of
from tests.test_random_programs import MOVING, arguments_for, load


def lanes_of(seed: int) -> tuple[list[tuple[Any, ...]], list[Any], tuple[Any, ...]]:
    """The arguments of each example, those of all, and the axes."""
    own_count = bool(seed % 2)
    lanes = [(*arguments_for(seed + 1000 * k)[:5], (seed + 2 * k * own_count) % 5) for k in range(EXAMPLES)]
    stacked: list[Any] = [np.stack([np.asarray(lane[i]) for lane in lanes]) for i in range(6)]
    if not own_count:
        stacked[5] = lanes[0][5]
    return lanes, stacked, (0, 0, 0, 0, 0, 0 if own_count else None)


def check(seed: int, folder: Path) -> None:
    program = load(seed, folder).program
    lanes, stacked, axes = lanes_of(seed)
    values = wengert.vmap(program, axes)(*copy.deepcopy(stacked))
    assert_loop(values, [program(*copy.deepcopy(lane)) for lane in lanes])
    ct = random_like(values, seed)
    direction = tuple(random_like(x, seed + k) for k, x in enumerate(stacked[:5]))

    def one(x: Any, ct: Any, moved: Any) -> Any:
        return wengert.vjp(program, *x)[1](ct)[:5], wengert.jvp(program, x, (*moved, None))[1]

    def of_mapped(xs: Any, cts: Any, moved: Any) -> Any:
        mapped = wengert.vmap(program, axes)
        return wengert.vjp(mapped, *xs)[1](cts)[:5], wengert.jvp(mapped, xs, (*moved, None))[1]

    alone = wengert.compile(one)
    expected = [alone(copy.deepcopy(lane), example(ct, b), example(direction, b)) for b, lane in enumerate(lanes)]
    for batched in (wengert.compile(of_mapped), wengert.vmap(one, (axes, 0, 0))):
        assert_loop(batched(tuple(copy.deepcopy(stacked)), ct, direction), expected, 1e-8)


def noted(seed: int, folder: Path) -> None:
    try:
        check(seed, folder)
    except Exception as failure:
        failure.add_note(f"seed {seed}:\n{source_of(seed)}")
        raise


@pytest.mark.parametrize("seed", [4, 16])
def test_a_few_programs(seed: int, tmp_path: Path) -> None:
    noted(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100))
def test_a_hundred_programs(seed: int, tmp_path: Path) -> None:
    noted(seed, tmp_path)


def test_examples_part_ways() -> None:
    """The arguments are there for it: signs and counts differ."""
    lanes, _, axes = lanes_of(7)
    assert axes[5] == 0 and len({lane[5] for lane in lanes}) == EXAMPLES and len(MOVING) == 5
    assert len({tuple(np.sign(lane[2])) for lane in lanes}) == EXAMPLES
