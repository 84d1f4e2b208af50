"""Random programs in the IR through jvp, linearize and transpose: forward = differences, <ct, Jv> = <J^T ct, v>.

In a subprocess, because wrong IR can abort the process.  A failure prints the program.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.random_programs import random_program

BATCH = 25


def run_batch(batch: int) -> None:
    command = [sys.executable, "-m", "tests.differentiation", str(batch * BATCH), str((batch + 1) * BATCH)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout[-20000:] + result.stderr[-2000:]


@pytest.mark.parametrize("batch", range(8))
def test_two_hundred_programs(batch: int) -> None:
    run_batch(batch)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8, 48))
def test_a_thousand_more(batch: int) -> None:
    run_batch(batch)


def test_the_programs_are_varied() -> None:
    """Equal seeds give equal text, and every construct the generator is there for occurs often."""
    programs = [random_program(seed) for seed in range(200)]
    assert len(set(programs)) == 200 and random_program(11) == programs[11]
    together = "\n".join(programs)
    for construct in ("scf.while", "scf.for", "scf.if", ": i64 {", "tensor.insert ", "tensor.extract ", "tensor<?xf64>",
                      "tensor.insert_slice", "math.tanh", "arith.maximumf", "nd.check", "nd.full", "nd.reverse",
                      ", 0] [1, 8]"):
        assert together.count(construct) >= 20, construct
