"""The corpus, through the trace and the NumPy interpreter of the IR."""

from __future__ import annotations

import pytest

from tests.frontend.harness import assert_compiles_exactly
from tests.frontend.programs import PROGRAMS, Program


@pytest.mark.parametrize("program", PROGRAMS, ids=[p.name for p in PROGRAMS])
def test_program_does_what_python_does(program: Program) -> None:
    assert_compiles_exactly(program.function, program.arguments)
