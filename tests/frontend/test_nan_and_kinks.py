"""nan="trap" and kinks="error": the first place, in the function and in its derivatives, with operator and operands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import flat, random_like
from tests.programs import PROGRAMS
from wengert.frontend.specialize import interpret

TRAP, INFINITIES = {"nan": "trap"}, {"nan": "trap-inf"}


def relative(x, y):
    return x / y - 1.0


def roots(a):
    b = a + 1.0
    return np.sum(np.sqrt(b))


def steps(x, n):
    k = 0
    while k < n:
        x = np.log(x)
        k += 1
    return x


def in_place(a):
    for i in range(a.shape[0]):
        a[i] = a[i] * a[i] - 1e308 * a[i]
    return a


def norm(x):
    return np.sqrt(np.sum(x * x))


def product(a):
    return np.sum(a @ a)


TRAPPED: dict[str, tuple[Callable[..., Any], dict[str, str], tuple[Any, ...], str, int]] = {
    "a number": (relative, TRAP, (0.0, 0.0), "0.0 / 0.0 gives nan", 1),
    "an infinity": (relative, INFINITIES, (1.0, 0.0), "1.0 / 0.0 gives a value that is not finite", 1),
    "an element": (roots, TRAP, (np.array([[0.0, 1.0], [2.0, -3.0]]),), "sqrt(-2.0) at element 1, 1 gives nan", 2),
    "a loop": (steps, TRAP, (2.0, 10), "log(-0.36651292058166435) gives nan", 3),
    "an array that is overwritten": (in_place, TRAP, (np.array([1.0, 1e200]),), "inf - inf gives nan", 2),
    "an overflow": (in_place, INFINITIES, (np.array([1.0, 1e200]),), "1e+200 * 1e+200 gives a value that is not finite",
                    2),
    "a derivative": (wengert.grad(norm), TRAP, (np.zeros(3),),
                     "in the derivative of this line: inf * 0.0 at element 0 gives nan", 1),
    "a product": (product, TRAP, (np.array([[np.inf, 0.0], [0.0, 0.0]]),), "@ at element 0, 1 gives nan", 1),
    "float32": (relative, TRAP, (np.float32(0.0), np.float32(0.0)), "0.0 / 0.0 gives nan", 1),
}


@pytest.mark.parametrize("name", TRAPPED)
def test_trap(name: str) -> None:
    function, options, args, what, line = TRAPPED[name]
    trapping = wengert.compile(function, **options)
    for run in (trapping, lambda *args: interpret(trapping.py_func, args, {}, trapping.options)):
        with pytest.raises(wengert.WengertFloatingPointError) as caught:
            run(*[np.array(a) if isinstance(a, np.ndarray) else a for a in args])
        assert caught.value.what == what
        assert isinstance(caught.value, FloatingPointError)
        assert caught.value.position is not None
        code = getattr(function, "__wrapped__", function).__code__
        assert caught.value.position.line == code.co_firstlineno + line


def test_nothing_is_trapped_that_came_in() -> None:
    """NaN and infinity in arguments are not made, and a choice that is not taken is computed all the same."""
    assert np.isnan(wengert.compile(relative, nan="trap-inf")(np.nan, 1.0))
    assert np.isinf(wengert.compile(relative, nan="trap")(1.0, 0.0))
    safe = wengert.compile(lambda x: np.where(x > 0.0, np.log(x), 0.0), nan="trap")
    with pytest.raises(wengert.WengertFloatingPointError):
        safe(-1.0)


def test_the_options_of_a_function_go_into_its_derivatives() -> None:
    trapping = wengert.compile(norm, nan="trap")
    assert trapping(np.zeros(3)) == 0.0
    for derivative in (wengert.grad, wengert.value_and_grad, wengert.jacrev):
        with pytest.raises(wengert.WengertFloatingPointError):
            derivative(trapping)(np.zeros(3))


def test_results_are_the_same() -> None:
    a = np.random.default_rng(0).random((4, 4))

    def program(a, n):
        s = 0.0
        for i in range(n):
            a[i] = np.tanh(a @ a[i]) / (1.0 + s)
            s += np.max(a[i]) * np.sum(np.abs(a))
        return s

    expected = wengert.value_and_grad(program)(a, 4)
    for options in (TRAP, INFINITIES, {"kinks": "error"}, {**TRAP, "kinks": "error"}):
        value, gradient = wengert.value_and_grad(wengert.compile(program, **options))(a, 4)
        np.testing.assert_allclose(value, expected[0], rtol=1e-14)
        np.testing.assert_allclose(gradient, expected[1], rtol=1e-13)


@pytest.mark.slow
@pytest.mark.parametrize("name", [program.name for program in PROGRAMS if program.wrt])
def test_the_corpus_with_traps(name: str) -> None:
    """With traps the gradients are the same, or an error names a line."""
    program = next(program for program in PROGRAMS if program.name == name)
    cotangent = random_like(program.function(*program.arguments(0)), 5)

    def pulled(arguments, cotangent):
        return wengert.vjp(program.function, *arguments)[1](cotangent)

    expected = flat(list(wengert.compile(pulled)(program.arguments(0), cotangent)))
    for options in ({**TRAP, "kinks": "error"}, INFINITIES):
        try:
            found = flat(list(wengert.compile(pulled, **options)(program.arguments(0), cotangent)))
        except (wengert.WengertFloatingPointError, wengert.KinkError) as error:
            assert error.position is not None
        else:
            np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12 * np.max(np.abs(expected), initial=1.0))


# ---------------------------------------------------------------- kinks


def absolute(x, y):
    return np.abs(x) * np.abs(y)


def test_only_what_is_differentiated() -> None:
    told = wengert.compile(absolute, kinks="error")
    assert told(0.0, 0.0) == 0.0
    assert wengert.grad(told, argnums=1)(0.0, 2.0) == 0.0
    with pytest.raises(wengert.KinkError, match=r"abs\(0.0\)") as caught:
        wengert.grad(told)(0.0, 2.0)
    assert isinstance(caught.value, ArithmeticError)
    assert "0, the mean of both sides" in caught.value.why
    assert wengert.grad(lambda x: told(wengert.stop_gradient(x), 1.0) + x)(0.0) == 1.0


def test_the_function_that_is_differentiated_decides() -> None:
    def through(x):
        return wengert.grad(wengert.compile(absolute, kinks="error"))(x, 1.0)

    with pytest.raises(wengert.KinkError):
        wengert.compile(through)(0.0)
    around = wengert.compile(lambda x: wengert.grad(absolute)(x, 1.0), kinks="error")
    with pytest.raises(wengert.KinkError):
        around(0.0)
    assert wengert.compile(lambda x: wengert.grad(absolute)(x, 1.0))(0.0) == 0.0


def test_in_loops_and_branches() -> None:
    """A kink on a branch that is not taken, or in an iteration that does not run, is none."""

    def walk(x, n):
        for _ in range(n):
            if x != 0.5:
                x = np.abs(x) - 1.0
        return x

    g = wengert.grad(wengert.compile(walk, kinks="error"))
    assert g(0.5, 3) == 1.0
    assert g(1.0, 1) == 1.0
    with pytest.raises(wengert.KinkError, match=r"abs\(0.0\)"):
        g(1.0, 2)


def test_second_derivatives_and_checkpoints() -> None:
    def hops(x, n):
        for _ in range(n):
            x = np.abs(x) * x - 0.25
        return x

    for options in ({}, {"checkpoint": "binomial", "slots": 2}):
        told = wengert.compile(hops, kinks="error", **options)
        for derivative in (wengert.grad(told), wengert.grad(wengert.grad(told))):
            derivative(0.3, 5)
            with pytest.raises(wengert.KinkError):
                derivative(0.5, 5)


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("options, what", [
    ({"nan": "raise"}, "nan='raise' means nothing"),
    ({"nan": True}, "nan=True means nothing"),
    ({"kinks": "warn"}, "kinks='warn' means nothing"),
])
def test_options_that_mean_nothing(options: dict[str, Any], what: str) -> None:
    with pytest.raises(wengert.WengertError) as caught:
        wengert.compile(norm, **options)
    assert caught.value.what == what
    assert caught.value.help.startswith("write ")


@pytest.mark.parametrize("option", ["nan", "kinks"])
def test_not_on_a_gpu(option: str) -> None:
    with pytest.raises(wengert.WengertError, match=f"{option}= and target='cuda'") as caught:
        wengert.compile(norm, target="cuda", **{option: {"nan": "trap", "kinks": "error"}[option]})
    assert caught.value.why
    assert caught.value.help


def test_checks_of_factorisations_come_first() -> None:
    """A singular matrix is reported as such, although the logarithm of its determinant is infinite."""
    solving = wengert.compile(lambda a, b: np.linalg.solve(a, b), nan="trap-inf")
    with pytest.raises(wengert.WengertError, match="Singular matrix"):
        solving(np.ones((2, 2)), np.ones(2))
    np.testing.assert_allclose(solving(2.0 * np.eye(2), np.ones(2)), [0.5, 0.5])
