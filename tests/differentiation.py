"""Checks of the differentiation passes through the interpreter of the IR, without storage or lowering.

`check_derivatives` compares everything that must agree about what diff-jvp, diff-linearize and diff-transpose wrote for
a function: primal results, tangents with differences, lin with jvp, and the adjoint identity <ct, J v> = <J^T ct, v>.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.random_programs import FLOATS, LENGTH, random_program
from wengert.dialects.bindings import ir
from wengert.dialects.context import make_context
from wengert.dialects.interpret import run
from wengert.passes.base import run_pipeline
from wengert.passes.jvp import DiffJvp
from wengert.passes.linearize import DiffLinearize
from wengert.passes.transpose import DiffTranspose

STEPS = (1e-4, 1e-5, 1e-6)


def differentiated(text: str, name: str = "f", wrt: tuple[int, ...] = ()) -> Any:
    """The module of `text` with @name.jvp, .fwd, .lin and .rev; needs an entered context."""
    module = ir.Module.parse(text)
    run_pipeline(module, [DiffJvp(name, wrt), DiffLinearize(name), DiffTranspose(name)])
    return module


def is_float(value: Any) -> bool:
    return np.issubdtype(np.asarray(value).dtype, np.floating)


def random_like(value: Any, rng: np.random.Generator) -> Any:
    """A random direction of the shape and dtype of a float array or scalar."""
    return rng.normal(size=np.shape(value)).astype(np.asarray(value).dtype)[()]


def inner(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    pairs = zip(xs, ys, strict=True)
    return sum(float(np.sum(np.asarray(x, np.float64) * np.asarray(y, np.float64))) for x, y in pairs)


def differences(module: Any, name: str, arguments: Sequence[Any], wrt: Sequence[int], direction: Sequence[Any],
                step: float) -> list[Any]:
    """Central differences of the float results of @name along `direction`."""
    ahead, behind = list(arguments), list(arguments)
    for i, v in zip(wrt, direction, strict=True):
        ahead[i], behind[i] = arguments[i] + step * v, arguments[i] - step * v
    pairs = zip(run(module, name, ahead), run(module, name, behind), strict=True)
    return [(np.asarray(p) - np.asarray(q)) / (2 * step) for p, q in pairs if is_float(p)]


def distance(xs: Sequence[Any], ys: Sequence[Any]) -> float:
    """The largest difference, relative to the largest component (at least 1)."""
    scale = 1.0 + max((float(np.max(np.abs(x))) for x in xs if np.size(x)), default=0.0)
    errors = (np.max(np.abs(np.asarray(x) - np.asarray(y))) for x, y in zip(xs, ys, strict=True) if np.size(x))
    return float(max(errors, default=0.0)) / scale


def check_derivatives(module: Any, arguments: Sequence[Any], wrt: Sequence[int], name: str = "f", seed: int = 0,
                      tolerance: float = 1e-6, rounding: float = 1e-11) -> None:
    """Compare what the three passes wrote for @name at one point.

    Args:
        module: contains @name and its .jvp, .fwd, .lin and .rev.
        arguments: arrays and scalars, one for each argument of @name.
        wrt: positions of the differentiated arguments.
        tolerance: of tangents against differences (the best of several steps counts).
        rounding: of the things that differ by rounding only.
    """
    rng = np.random.default_rng(seed)
    direction = [random_like(arguments[i], rng) for i in wrt]
    results = run(module, name, arguments)
    outputs = run(module, f"{name}.jvp", [*arguments, *direction])
    same(outputs[:len(results)], results)
    tangents = outputs[len(results):]
    assert len(tangents) == sum(map(is_float, results))
    if tolerance < np.inf:
        best = min(distance(tangents, differences(module, name, arguments, wrt, direction, step)) for step in STEPS)
        assert best < tolerance, f"tangents and differences differ by {best}"

    residuals: dict[tuple[int, ...], Any] = {}
    same(run(module, f"{name}.fwd", arguments, residuals), results)
    linear = run(module, f"{name}.lin", [*arguments, *direction], residuals)
    assert distance(tangents, linear) < rounding, "lin is not jvp"

    cotangents = [random_like(dy, rng) for dy in tangents]
    gradients = run(module, f"{name}.rev", [*arguments, *cotangents], residuals)
    for gradient, v in zip(gradients, direction, strict=True):
        assert np.shape(gradient) == np.shape(v) and np.asarray(gradient).dtype == np.asarray(v).dtype
    forward, reverse = inner(cotangents, tangents), inner(gradients, direction)
    scale = 1.0 + inner([np.abs(ct) for ct in cotangents], [np.abs(dy) for dy in tangents])
    assert abs(forward - reverse) < rounding * scale, f"<ct, Jv> = {forward}, <J^T ct, v> = {reverse}"


def same(xs: Sequence[Any], ys: Sequence[Any]) -> None:
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_array_equal(x, y)


def point(seed: int) -> list[Any]:
    """Arguments of a random program."""
    rng = np.random.default_rng(seed)
    return [rng.normal(), rng.normal(), rng.normal(size=LENGTH), rng.normal(size=LENGTH), rng.normal(size=(4, LENGTH)),
            int(rng.integers(0, 6)), int(rng.integers(0, 6))]


def check_random_program(seed: int) -> None:
    """First order, then reverse over forward (fewer arguments, so that some are inactive)."""
    text, arguments = random_program(seed), point(seed)
    check_derivatives(differentiated(text, "f", FLOATS), arguments, FLOATS, seed=seed)
    module = ir.Module.parse(text)
    run_pipeline(module, [DiffJvp("f", (0, 2))])
    second = (0, 2, 8)
    run_pipeline(module, [DiffJvp("f.jvp", second), DiffLinearize("f.jvp"), DiffTranspose("f.jvp")])
    rng = np.random.default_rng(seed)
    tangents = [random_like(arguments[i], rng) for i in (0, 2)]
    check_derivatives(module, [*arguments, *tangents], second, "f.jvp", seed, tolerance=1e-5, rounding=1e-10)


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
