"""Random programs about names and sharing: compiled as Python does it, or refused; never a wrong result."""

from __future__ import annotations

import copy
import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.frontend.harness import assert_same, evaluate
from tests.frontend.random_control_flow import source_of
from wengert.dialects.errors import WengertError

BATCH = 20


def arguments_for(seed: int) -> tuple[Any, ...]:
    rng = np.random.default_rng(seed)
    arrays = rng.standard_normal(4), rng.standard_normal(4), rng.standard_normal((3, 4))
    return *arrays, float(rng.standard_normal()), float(rng.standard_normal()), seed % 5


def is_compiled(seed: int, folder: Path) -> bool:
    """Whether the program of a seed compiles; it then does what Python does."""
    path = folder / f"program_{seed}.py"
    path.write_text(source_of(seed), encoding="utf-8")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    plain, compiled = copy.deepcopy(arguments_for(seed)), copy.deepcopy(arguments_for(seed))
    try:
        expected = module.program(*plain)
    except UnboundLocalError:
        with pytest.raises((UnboundLocalError, WengertError)):
            evaluate(module.program, *compiled)
        return False
    try:
        actual = evaluate(module.program, *compiled)
    except WengertError:
        return False
    assert_same(actual, expected)
    assert_same(compiled, plain)
    return True


@pytest.mark.parametrize("batch", range(10))
def test_two_hundred_programs(batch: int, tmp_path: Path) -> None:
    compiled = sum(is_compiled(seed, tmp_path) for seed in range(batch * BATCH, (batch + 1) * BATCH))
    assert compiled >= BATCH // 4, "more than a few of these programs are compiled"


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(10, 300))
def test_six_thousand_programs(batch: int, tmp_path: Path) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        is_compiled(seed, tmp_path)
