"""check=True: right rules pass in every setting; a wrong one is refused with the numbers, at its line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import DifferentiationError, GradientError

X = np.array([0.3, -0.7, 1.2])


@wengert.custom_vjp
@wengert.custom_jvp
def mixed(x, a, k):
    return {"s": np.sin(x) * a * k, "t": np.sum(x * x), "n": k}


@mixed.defjvp
def mixed_jvp(primals, tangents):
    x, a, k = primals
    dx, da, _ = tangents
    s = np.cos(x) * a * k * dx + np.sin(x) * k * da
    return mixed(x, a, k), {"s": s, "t": 2 * np.sum(x * dx), "n": None}


def mixed_bwd(residuals, ct):
    x, a, k = residuals
    return np.cos(x) * a * k * ct["s"] + 2 * x * ct["t"], np.sum(ct["s"] * np.sin(x) * k), None


mixed.defvjp(lambda x, a, k: (mixed(x, a, k), (x, a, k)), mixed_bwd)


def program(x, a):
    total = 0.0
    for k in range(3):
        y = mixed(x, a, k)
        total = total + np.sum(y["s"] ** 2) + y["t"] * y["n"]
    return total


@pytest.mark.parametrize("transform", [lambda f: f, wengert.grad, wengert.hessian, lambda f: wengert.grad(
    lambda x, a: wengert.jvp(f, (x, a), (x, a))[1])])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_right_rules_pass(transform: Callable[..., Any], dtype: Any) -> None:
    x, a = X.astype(dtype), dtype(2.0)
    checked = transform(wengert.compile(program, check=True))(x, a)
    np.testing.assert_allclose(checked, transform(program)(x, a), rtol=1e-4 if dtype == np.float32 else 1e-12)


def product(rule: Any, **options: Any) -> Any:
    f = wengert.custom_vjp(lambda x, y: x * y, **options)
    if isinstance(rule, tuple):
        f.defvjp(*rule)
    else:
        f.defjvp(rule)
    return f


def save(x, y):
    return x * y, (x, y)


def save_another(x, y):
    return x + y, (x, y)


def right(residuals, ct):
    return ct * residuals[1], ct * residuals[0]


def swapped(residuals, ct):
    return ct * residuals[1], ct * residuals[1]


def forward(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return x * y, dx * y - x * dy


def affine(primals, tangents):
    (x, y), (dx, dy) = primals, tangents
    return x * y, dx * y + x * dy + 1.0


@pytest.mark.parametrize(("rule", "wrong", "text"), [
    ((save, swapped), swapped, "as the derivative in argument 1"),
    ((save_another, right), save_another, "as the value"),
    (forward, forward, "as the derivative in argument 1"),
    (affine, affine, "as the derivative in argument 0"),
])
def test_a_wrong_rule_is_refused_at_its_line(rule: Any, wrong: Any, text: str) -> None:
    f = product(rule)
    assert f(2.0, 3.0) == 6.0
    for checked in (product(rule, check=True), wengert.compile(lambda x, y: f(x, y), check=True)):
        with pytest.raises(GradientError) as caught:
            checked(2.0, 3.0)
        error: Any = caught.value
        assert f"the rule {wrong.__name__} of <lambda> gives" in error.what and text in error.what
        assert (error.position.file, error.position.line) == (__file__, wrong.__code__.co_firstlineno)
        assert f"{__file__}:" in error.why
    with pytest.raises(DifferentiationError if rule is affine else GradientError):
        wengert.grad(wengert.compile(lambda x: np.sum(f(x, x + 1)), check=True))(X)


def test_a_wrong_rule_inside_a_loop_that_is_differentiated() -> None:
    f = product((save, swapped))

    @wengert.compile(check=True)
    def loop(x, n):
        for i in range(n):
            x = f(x, x + i)
        return x

    assert loop(0.5, 0) == 0.5
    assert wengert.grad(loop)(0.5, 0) == 1.0
    with pytest.raises(GradientError):
        wengert.grad(loop)(0.5, 2)


def test_a_difference_that_is_meant() -> None:
    clipped = wengert.custom_vjp(lambda x: x, check=False)
    clipped.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1.0, 1.0),))
    assert wengert.grad(wengert.compile(lambda x: clipped(x) ** 2, check=True))(5.0) == 1.0


def test_where_the_body_has_no_finite_derivative_nothing_is_compared() -> None:
    @wengert.custom_jvp
    def softplus(x):
        return np.log(1 + np.exp(x))

    softplus.defjvp(lambda p, t: (softplus(p[0]), t[0] / (1 + np.exp(-p[0]))))
    f = wengert.compile(lambda x: softplus(x), check=True)
    assert wengert.grad(f)(0.5) == pytest.approx(1 / (1 + np.exp(-0.5)))
    assert wengert.grad(f)(1000.0) == 1.0
