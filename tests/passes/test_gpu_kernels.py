"""Kernels give the numbers of the interpreter, when they are run by the emulator; what has no kernel is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from tests.passes.gpu_emulator import call
from tests.passes.nvptx_programs import PROGRAMS, Program
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.nvptx import gpu_passes


@pytest.fixture(autouse=True)
def context() -> Iterator[Any]:
    with make_context(), ir.Location.unknown():
        yield


def kernels_of(text: str) -> Any:
    """The module with the kernels and the host function of @f."""
    module = ir.Module.parse(text)
    run_pipeline(module, gpu_passes())
    return module


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_numbers(program: Program) -> None:
    inputs = program.arguments(np.random.default_rng(0))
    expected = run(ir.Module.parse(program.text), "f", inputs)
    results = call(kernels_of(program.text), "f", inputs)
    for result, value in zip(results, expected, strict=True):
        tolerance = 3e-6 if np.asarray(value).dtype == np.float32 else 1e-13
        np.testing.assert_allclose(result.astype(np.asarray(value).dtype), np.ravel(value), tolerance, tolerance)
