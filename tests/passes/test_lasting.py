"""Elements that last: random recurrences, through the interpreter, with what is read again and in second order."""

from __future__ import annotations

import numpy as np
import pytest

from tests.differentiation import check_derivatives, check_random_program, differentiated, random_like, same
from tests.random_recurrences import EXTENT, random_recurrence
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.inductions import Inductions
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.promote import Promote
from wengert.passes.simplify import Simplify
from wengert.passes.transpose import DiffTranspose

STILL_THERE = "it is still in the array"


def check_recurrence(seed: int, second: bool) -> int:
    """Check the derivatives of one program; how many values its reverse sweep finds in an array."""
    rng = np.random.default_rng(seed)
    arguments = [rng.normal(size=(EXTENT, EXTENT)), rng.normal(), int(rng.integers(0, 8))]
    with make_context(), ir.Location.unknown():
        module = ir.Module.parse(random_recurrence(seed))
        expected = run(module, "f", arguments)
        run_pipeline(module, [Inductions(), Promote(), Simplify()] if seed % 2 else [])
        same(run(module, "f", arguments), expected)
        promoted = str(module)
        module = differentiated(promoted, "f", (0, 1))
        found = str(module).count(STILL_THERE)
        check_derivatives(module, arguments, (0, 1), seed=seed, tolerance=1e-5)
        if second:
            module = ir.Module.parse(promoted)
            run_pipeline(module, [DiffJvp("f", (0, 1)), Simplify(), DiffJvp("f.jvp", (0, 3)), DiffLinearize("f.jvp"),
                                  DiffTranspose("f.jvp")])
            tangents = [random_like(arguments[i], rng) for i in (0, 1)]
            check_derivatives(module, [*arguments, *tangents], (0, 3), "f.jvp", seed, tolerance=1e-4, rounding=1e-9)
    return found


def test_random_recurrences() -> None:
    """First and second order; in a third of the programs something lasts."""
    found = [check_recurrence(seed, seed % 4 == 0) for seed in range(60)]
    assert sum(n > 0 for n in found) > 20


@pytest.mark.parametrize("seed", [7010, 7084])
def test_an_array_that_receives_a_tangent_is_not_known(seed: int) -> None:
    """Programs whose second derivatives write a tangent into an array of which something lasts."""
    with make_context(), ir.Location.unknown():
        check_random_program(seed)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
def test_more_random_recurrences(batch: int) -> None:
    for seed in range(100 + 50 * batch, 150 + 50 * batch):
        check_recurrence(seed, seed % 4 == 0)
