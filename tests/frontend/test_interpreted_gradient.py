"""The reverse sweep of `explain` over a tape of NumPy operations agrees with the gradient of the compiler."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import flat, random_like
from tests.programs import PROGRAMS, Program
from tests.random_python import source_of
from tests.test_random_programs import arguments_for, load
from wengert.frontend.explain import interpreted

DIFFERENTIABLE = {program.name: program for program in PROGRAMS if program.wrt and program.interpreted}


def compare(program: Program, case: int) -> None:
    cotangent = random_like(program.function(*program.arguments(case)), 5)

    def pulled(arguments: Any, cotangent: Any) -> Any:
        return wengert.vjp(program.function, *arguments)[1](cotangent)

    expected, found = (
        flat([gradients[k] for k in program.wrt])
        for gradients in (wengert.compile(pulled)(program.arguments(case), cotangent),
                          interpreted(pulled, program.arguments(case), cotangent))
    )
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-11 * np.max(np.abs(expected), initial=1.0))


@pytest.mark.parametrize("name", sorted(DIFFERENTIABLE)[::3])
def test_gradient(name: str) -> None:
    compare(DIFFERENTIABLE[name], DIFFERENTIABLE[name].interpreted[0])


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_of_every_case(name: str) -> None:
    for case in DIFFERENTIABLE[name].interpreted:
        compare(DIFFERENTIABLE[name], case)


@pytest.mark.slow
@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_explanations_of_the_corpus(name: str) -> None:
    """Every program can be explained and shown; what is found wrong has a line and a reason."""
    program = DIFFERENTIABLE[name]
    cotangent = random_like(program.function(*program.arguments(0)), 5)

    def pulled(arguments: Any, cotangent: Any) -> Any:
        return wengert.vjp(program.function, *arguments)[1](cotangent)

    explanation = wengert.explain(pulled, program.arguments(program.interpreted[0]), cotangent)
    assert explanation.blocks
    assert not explanation.notes
    assert all(finding.why and finding.help for finding in explanation.findings)
    assert str(explanation)
    assert explanation._repr_html_()


def random_gradients(seed: int, folder: Path) -> None:
    program, arguments = load(seed, folder).program, arguments_for(seed)
    cotangent = random_like(program(*copy.deepcopy(arguments)), seed + 9)

    def pulled(arguments: Any, cotangent: Any) -> Any:
        return wengert.vjp(program, *arguments)[1](cotangent)

    expected = flat([g for g in wengert.compile(pulled)(arguments, cotangent) if g is not None])
    found = flat([g for g in interpreted(pulled, arguments, cotangent) if g is not None])
    scale = np.max(np.abs(expected), initial=1.0)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9 * scale, err_msg=source_of(seed))


def test_random_programs(tmp_path: Path) -> None:
    for seed in range(5):
        random_gradients(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(20))
def test_more_random_programs(batch: int, tmp_path: Path) -> None:
    for seed in range(10 * batch, 10 * batch + 10):
        random_gradients(seed, tmp_path)


def test_of_a_derivative() -> None:
    """A derivative is a program like any other: its gradient is the second derivative."""
    second = interpreted(wengert.grad(wengert.grad(lambda x: np.sin(x) * x)), 0.7)
    np.testing.assert_allclose(second, 2 * np.cos(0.7) - 0.7 * np.sin(0.7), rtol=1e-14)


WEIGHTS = {"a": np.array([1.0, 2.0]), "b": 3.0}


def weighted(x: Any, *, scale: float) -> Any:
    return np.sum(WEIGHTS["a"] * x) * WEIGHTS["b"] * scale, x


@pytest.mark.parametrize("argnums", [0, "scale", "WEIGHTS", (0, "WEIGHTS")])
def test_whatever_is_differentiated(argnums: Any) -> None:
    g = wengert.value_and_grad(weighted, argnums, has_aux=True)
    x = np.array([0.5, 0.25])
    np.testing.assert_allclose(flat(interpreted(g, x, scale=2.0)), flat(g(x, scale=2.0)))


@pytest.mark.parametrize("f", [
    lambda x: np.sum(np.where(x > 0.0, np.sqrt(x), 0.0)),
    lambda x: np.sum(np.where(x > 0.0, np.log(x * x), x)),
    lambda x: np.sum(np.where(x > 0.0, np.sqrt(x[::-1]), 0.0)[1:]),
    lambda x: np.sqrt(np.sum(x * x)) + np.sum(np.where(x > 0.0, np.sqrt(x), np.sqrt(x) + x)),
], ids=["not chosen", "twice", "moved", "another path"])
def test_what_where_has_not_chosen(f: Any) -> None:
    """No path, not zero times infinity: where the compiler gives 0, and where NaN, so does the sweep."""
    x = np.array([0.0, -1.0, 0.0, 4.0])
    np.testing.assert_allclose(interpreted(wengert.grad(f), x), wengert.grad(f)(x), rtol=1e-14)


def test_many_sweeps_over_one_tape() -> None:
    x = np.array([0.5, 0.25])
    np.testing.assert_allclose(interpreted(wengert.jacrev(lambda x: np.sin(x) * x[0]), x),
                               wengert.jacrev(lambda x: np.sin(x) * x[0])(x))


def test_a_gradient_in_a_loop() -> None:
    def descent(x: float, steps: int) -> float:
        for _ in range(steps):
            x -= 0.1 * wengert.grad(np.cos)(x)
        return x

    assert interpreted(descent, 1.0, 5) == pytest.approx(wengert.compile(descent)(1.0, 5), rel=1e-14)


@pytest.mark.parametrize("f", [
    lambda a: np.sum(np.linalg.solve(a, a[0]) ** 2),
    lambda a: np.sum(np.log(np.diag(np.linalg.cholesky(a @ a.T)))),
    lambda a: np.linalg.slogdet(a)[1] * np.linalg.det(a),
    lambda a: np.prod(a[0]) * np.max(a) + np.min(a @ a),
], ids=["solve", "cholesky", "determinants", "reductions"])
def test_operations_on_matrices(f: Any) -> None:
    a = np.array([[2.0, 1.0, 0.5], [0.3, 3.0, 1.0], [0.2, 0.1, 1.5]])
    np.testing.assert_allclose(interpreted(wengert.grad(f), a), wengert.grad(f)(a), rtol=1e-11, atol=1e-12)


def test_a_function_with_rules() -> None:
    """A call of it is one operation of the tape, with the derivative the rule gives."""

    @wengert.custom_jvp
    def clipped(x: Any) -> Any:
        return np.minimum(x, 1.0)

    @clipped.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        return np.minimum(primals[0], 1.0), 5.0 * tangents[0]

    g = wengert.grad(lambda x: np.sum(clipped(x) * x))
    x = np.array([0.5, 2.0])
    np.testing.assert_allclose(interpreted(g, x), g(x))
    np.testing.assert_allclose(g(x), np.minimum(x, 1.0) + 5.0 * x)
