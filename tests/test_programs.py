"""Every program of the corpus through everything: values, arguments afterwards, derivatives of both modes."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import assert_same, directional, flat, floats_only, mapped, moved_by, random_like
from tests.programs import PROGRAMS, Program
from wengert.frontend.specialize import interpret

BY_NAME = {program.name: program for program in PROGRAMS}
EACH = pytest.mark.parametrize("name", BY_NAME)
DIFFERENTIABLE = pytest.mark.parametrize("name", [p.name for p in PROGRAMS if p.wrt])
WITH_SECOND = [p for p in PROGRAMS if p.wrt and p.second is not None]
#: Every third program in each run, all of them in the long search.
SECOND_ORDER = pytest.mark.parametrize(
    "name",
    [pytest.param(p.name, marks=[pytest.mark.slow] if p.heavy or k % 3 else []) for k, p in enumerate(WITH_SECOND)],
)
FLOAT32 = pytest.mark.parametrize("name", [p.name for p in PROGRAMS if p.float32])

FORWARD_TOLERANCE = 1e-9  # relative to the largest component; what 4 ulp of vector math become in ten thousand steps
DIFFERENCE_TOLERANCE = 1e-7
ADJOINT_TOLERANCE = 1e-9


def narrowed(tree: Any) -> Any:
    """Every float64 array as float32; numbers stay, they are weak."""
    return mapped(lambda leaf: leaf.astype(np.float32) if isinstance(leaf, np.ndarray) else leaf, tree)


@EACH
def test_compiled_is_numpy(name: str) -> None:
    """Results, and what happened to the arguments, for every case; one compiled function serves them all."""
    program = BY_NAME[name]
    compiled = wengert.compile(program.function)
    for case in range(len(program.cases)):
        theirs, ours = program.arguments(case), program.arguments(case)
        expected, got = program.function(*theirs), compiled(*ours)
        assert_same(got, expected, what=f"case {case}")
        assert_same(ours, theirs, what=f"case {case}, the arguments afterwards")


@EACH
def test_interpreted_is_numpy(name: str) -> None:
    program = BY_NAME[name]
    for case in program.interpreted:
        theirs, ours = program.arguments(case), program.arguments(case)
        expected, got = program.function(*theirs), interpret(program.function, ours, {})
        assert_same(got, expected, what=f"case {case}")
        assert_same(ours, theirs, what=f"case {case}, the arguments afterwards")


@FLOAT32
def test_float32_stays_float32(name: str) -> None:
    program = BY_NAME[name]
    compiled = wengert.compile(program.function)
    theirs, ours = narrowed(program.arguments(0)), narrowed(program.arguments(0))
    expected, got = program.function(*theirs), compiled(*ours)
    assert_same(got, expected, 2e-5)
    assert_same(ours, theirs, 2e-5, "the arguments afterwards")


def derivatives(*arguments: Any, program: Program, seed: int) -> None:
    """Forward mode against plain Python, reverse mode against forward mode, and the arguments untouched by both."""
    untouched = copy.deepcopy(arguments)
    direction = [random_like(arguments[k], seed + k) for k in program.wrt]
    tangents = [direction[program.wrt.index(k)] if k in program.wrt else None for k in range(len(arguments))]
    expected = directional(program.function, arguments, program.wrt, direction, program.analytic)

    out, tangent = wengert.jvp(program.function, arguments, tangents)
    tolerance = FORWARD_TOLERANCE if program.analytic else DIFFERENCE_TOLERANCE
    scale = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(flat(tangent), expected, rtol=tolerance, atol=tolerance * scale)

    cotangent = random_like(out, seed + 17)
    _, pullback = wengert.vjp(program.function, *arguments)
    gradients = pullback(cotangent)
    left, right = flat(cotangent) @ flat(tangent), flat([gradients[k] for k in program.wrt]) @ flat(direction)
    scale = np.abs(flat(cotangent)) @ np.abs(flat(tangent)) + 1.0
    assert abs(left - right) <= ADJOINT_TOLERANCE * scale, f"<ct, J v> = {left!r}, <J^T ct, v> = {right!r}"
    for k in program.wrt:
        zeros = [mapped(np.zeros_like, tree) for tree in (gradients[k], untouched[k])]
        assert_same(*zeros, what="the form of the gradient")
    assert_same(arguments, untouched, 0.0, "the arguments after differentiation")


@DIFFERENTIABLE
def test_derivatives(name: str) -> None:
    """`jvp` is the complex step (or differences of order four), and `vjp` is its transpose, for every case."""
    program = BY_NAME[name]
    for case in range(len(program.cases)):
        derivatives(*program.arguments(case), program=program, seed=31 * case)


def second_derivatives(function: Callable[..., Any]) -> Callable[..., Any]:
    """Both modes of both modes, in one compilation."""

    def twice(values: Any, ct: Any, tangent_ct: Any, v: Any, w: Any) -> Any:
        def pushed(*x: Any) -> Any:
            return wengert.jvp(function, x, v)[1]

        def pulled(*x: Any) -> Any:
            return wengert.vjp(function, *x)[1](ct)

        forward_forward = wengert.jvp(pushed, values, w)[1]
        reverse_forward = wengert.vjp(pushed, *values)[1](tangent_ct)
        forward_reverse = wengert.jvp(pulled, values, v)[1]
        reverse_reverse = wengert.vjp(pulled, *values)[1](v)
        return forward_forward, reverse_forward, forward_reverse, reverse_reverse

    return twice


@SECOND_ORDER
def test_second_order(name: str) -> None:
    """With H the second derivative of <ct, f>: H v by three ways, and <w, H v> by a fourth and by plain Python."""
    program = BY_NAME[name]
    arguments = program.arguments(program.second or 0)

    def moving(*values: Any) -> Any:
        filled = list(arguments)
        for k, value in zip(program.wrt, values):
            filled[k] = value
        return program.function(*filled)

    point = tuple(arguments[k] for k in program.wrt)
    out = moving(*copy.deepcopy(point))
    v, w, ct = random_like(point, 1), random_like(point, 2), random_like(out, 3)
    tangent_ct = floats_only(ct)
    forward_forward, *products = wengert.compile(second_derivatives(moving))(point, ct, tangent_ct, v, w)
    expected = flat(ct) @ second_difference(moving, point, v, w, program.analytic)
    scale = np.max(np.abs(flat(products[0])), initial=1.0)
    for product in products:
        np.testing.assert_allclose(flat(product), flat(products[0]), rtol=1e-8, atol=1e-9 * scale)
    tolerance = 1e-6 * max(float(np.abs(flat(w)) @ np.abs(flat(products[0]))), 1.0)
    assert abs(flat(w) @ flat(products[0]) - expected) <= tolerance
    assert abs(flat(ct) @ flat(forward_forward) - expected) <= tolerance


def second_difference(function: Callable[..., Any], point: Any, v: Any, w: Any, analytic: bool) -> np.ndarray:
    """The derivative along v of the derivative along w, by plain Python."""
    everything = tuple(range(len(point)))
    step = 1e-4 if analytic else 1e-3

    def along_w(s: float) -> np.ndarray:
        moved = moved_by(point, everything, v, s * step)
        return directional(function, moved, everything, w, analytic)

    return (8.0 * (along_w(1) - along_w(-1)) - (along_w(2) - along_w(-2))) / (12.0 * step)


@pytest.mark.parametrize("name", ["lu", "swapped_buffers", "two_layers", "lotka_volterra", "jumps", "aliases"])
def test_check_grads(name: str) -> None:
    """The public check, to second order, on a few."""
    program = BY_NAME[name]
    arguments = program.arguments(program.second or 0)
    point, fixed = [arguments[k] for k in program.wrt], arguments[len(program.wrt):]
    wengert.check_grads(lambda *x: program.function(*x, *fixed), point, order=2)


def test_the_gradient_is_the_jacobian() -> None:
    """Each component, not only random combinations, for a program that overwrites what it reads."""
    program = BY_NAME["lu"]
    (A,) = program.arguments(0)
    reverse, forward = wengert.jacrev(program.function)(A), wengert.jacfwd(program.function)(A)
    assert reverse.shape == (5, 5, 5, 5)
    np.testing.assert_allclose(reverse, forward, rtol=1e-11, atol=1e-12)
    for i, j in np.ndindex(5, 5):
        unit = np.zeros((5, 5))
        unit[i, j] = 1.0
        column = directional(program.function, (A,), (0,), (unit,), analytic=True)
        np.testing.assert_allclose(forward[:, :, i, j].ravel(), column, atol=1e-12)


def test_the_corpus_is_large_and_has_no_twins() -> None:
    assert len(BY_NAME) == len(PROGRAMS) >= 75
