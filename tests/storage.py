"""Checks of the passes around differentiation, through the interpreter: nothing may change what a program computes.

`check_storage` compares forward, linear and reverse functions with placeholders against the same with tapes;
`check_unchanged` a function before and after passes.  As a program it does both for random programs, and derivatives of
second order that diff-expand wrote against differences.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.differentiation import STEPS, differences, distance, is_float, point, random_like, same
from tests.random_programs import ARRAY, FLOATS, MATRIX, SIGNATURE, random_program
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import Pass, run_pipeline
from wengert.passes.expand import DiffExpand
from wengert.passes.inline import Inline
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.promote import Promote
from wengert.passes.simplify import Simplify
from wengert.passes.store import DiffStore
from wengert.passes.transpose import DiffTranspose


def check_unchanged(text: str, runs: Sequence[Sequence[Any]], passes: Sequence[Pass], name: str = "f") -> str:
    """Run a function before and after `passes`: the results are the same to the last bit.  The text afterwards."""
    module = ir.Module.parse(text)
    before = [run(module, name, arguments) for arguments in runs]
    run_pipeline(module, passes)
    for arguments, expected in zip(runs, before, strict=True):
        same(run(module, name, arguments), expected)
    return str(module)


def check_storage(text: str, runs: Sequence[Sequence[Any]], wrt: tuple[int, ...], name: str = "f",
                  before: Sequence[Pass] = (), seed: int = 0) -> list[list[Any]]:
    """Placeholders and tapes give the same, to the last bit; the tapes of each run.

    Elements of tapes that were not written are nan, so a wrong position shows.
    """
    module = ir.Module.parse(text)
    run_pipeline(module, [*before, DiffJvp(name, wrt), Simplify(), DiffLinearize(name), DiffTranspose(name)])
    expected = []
    for arguments in runs:
        rng, residuals = np.random.default_rng(seed), {}  # type: ignore[var-annotated]
        results = run(module, f"{name}.fwd", arguments, residuals)
        tangents = [random_like(arguments[i], rng) for i in wrt]
        cotangents = [random_like(y, rng) for y in results if is_float(y)]
        expected.append((results, tangents, run(module, f"{name}.lin", [*arguments, *tangents], residuals),
                         cotangents, run(module, f"{name}.rev", [*arguments, *cotangents], residuals)))
    run_pipeline(module, [DiffStore(name)])
    assert "diff.save" not in str(module)
    all_tapes = []
    for arguments, (results, tangents, linear, cotangents, reverse) in zip(runs, expected, strict=True):
        outputs = run(module, f"{name}.fwd", arguments)
        tapes = outputs[len(results):]
        same(outputs[:len(results)], results)
        same(run(module, f"{name}.lin", [*arguments, *tangents, *tapes]), linear)
        same(run(module, f"{name}.rev", [*arguments, *cotangents, *tapes]), reverse)
        all_tapes.append(tapes)
    return all_tapes


GRADIENT = f"""
func.func private @f.fwd({', '.join(a.split(': ')[1] for a in SIGNATURE.split(', '))})
  -> (f64, {ARRAY}, i64, {MATRIX}, !diff.residuals) attributes {{diff.fwd = @f, diff.wrt = array<i64: 0, 2>}}
func.func private @f.rev(!diff.residuals, f64, {ARRAY}, {MATRIX}) -> (f64, {ARRAY}) attributes {{diff.rev = @f.fwd}}
func.func @gradient({SIGNATURE}) -> (f64, {ARRAY}) {{
  %one = arith.constant 1.0 : f64
  %array = "nd.full"(%one) : (f64) -> {ARRAY}
  %matrix = "nd.full"(%one) : (f64) -> {MATRIX}
  %out:5 = call @f.fwd({', '.join(a.split(': ')[0] for a in SIGNATURE.split(', '))})
    : ({', '.join(a.split(': ')[1] for a in SIGNATURE.split(', '))}) -> (f64, {ARRAY}, i64, {MATRIX}, !diff.residuals)
  %g:2 = call @f.rev(%out#4, %one, %array, %matrix) : (!diff.residuals, f64, {ARRAY}, {MATRIX}) -> (f64, {ARRAY})
  return %g#0, %g#1 : f64, {ARRAY}
}}
func.func private @gradient.jvp({', '.join(a.split(': ')[1] for a in SIGNATURE.split(', '))}, f64, {ARRAY})
  -> (f64, {ARRAY}, f64, {ARRAY}) attributes {{diff.jvp = @gradient, diff.wrt = array<i64: 0, 2>}}
"""


def check_second_order(text: str, arguments: Sequence[Any], seed: int) -> None:
    """Forward over reverse, written by diff-expand, against differences of the gradient."""
    module = ir.Module.parse(text + GRADIENT)
    run_pipeline(module, [DiffExpand(), Inline(), Simplify()])
    assert "residuals" not in str(module)
    rng = np.random.default_rng(seed)
    wrt = (0, 2)
    direction = [random_like(arguments[i], rng) for i in wrt]
    tangents = run(module, "gradient.jvp", [*arguments, *direction])[2:]
    best = min(distance(tangents, differences(module, "gradient", arguments, wrt, direction, step)) for step in STEPS)
    assert best < 1e-5, f"second derivative and differences of the gradient differ by {best}"


def check_random_program(seed: int) -> None:
    text, arguments = random_program(seed), point(seed)
    check_unchanged(text, [arguments], [Simplify(), Promote(), Simplify()])
    check_storage(text, [arguments], FLOATS, before=[Simplify(), Promote()], seed=seed)
    if seed % 4 == 0:
        check_second_order(text, arguments, seed)


def main(first: int, last: int) -> int:
    """Check the programs first..last-1; the number of failures, which are printed."""
    failures = 0
    for seed in range(first, last):
        with make_context(), ir.Location.unknown():
            try:
                check_random_program(seed)
            except Exception as error:
                failures += 1
                print(f"seed {seed}: {type(error).__name__}: {error}\n{random_program(seed)}", flush=True)
    return failures


if __name__ == "__main__":
    sys.exit(min(main(int(sys.argv[1]), int(sys.argv[2])), 100))
