"""Derivatives inside of derivatives: each sees its own perturbation, whatever the modes, loops and branches between."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert

Transform = Callable[[Callable[[Any], Any]], Callable[[Any], Any]]


def forward(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: wengert.jvp(f, (x,), (1.0,))[1]


def reverse(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return wengert.grad(f)


def pulled(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: wengert.vjp(f, x)[1](1.0)[0]


def pushed(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: wengert.linearize(f, x)[1](1.0)


def series(f: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda x: wengert.taylor(f, x, 1.0, 1)[1]


MODES: dict[str, Transform] = {"jvp": forward, "grad": reverse, "vjp": pulled, "linearize": pushed, "taylor": series}
PAIRS = list(itertools.product(MODES, repeat=2))


# ---------------------------------------------------------------- the classic cases


@pytest.mark.parametrize(("outer", "inner"), PAIRS)
def test_an_inner_derivative_of_a_closure_over_the_outer_variable(outer: str, inner: str) -> None:
    """d/dx (x * d/dy (x + y) at y=1) at x=1 is 1; confusing the perturbations gives 2."""
    d, e = MODES[outer], MODES[inner]
    assert d(lambda x: x * e(lambda y: x + y)(1.0))(1.0) == 1.0
    # d/dx (x * d/dy (x * y * y) at y = x)  =  d/dx (2 x^3)
    assert d(lambda x: x * e(lambda y: x * y * y)(x))(3.0) == 54.0
    # the same with a name for the outer value inside
    assert d(lambda x: e(lambda x_: x_ * x)(2.0) * x)(3.0) == 6.0


@pytest.mark.parametrize("modes", list(itertools.product(("jvp", "grad"), repeat=3)), ids="-".join)
def test_three_levels(modes: tuple[str, str, str]) -> None:
    """d/dx x d/dy y d/dz (x y z): the innermost is x y, so the middle is 2 x y at y = x + 1, times x."""
    a, b, c = (MODES[mode] for mode in modes)

    def f(x: Any) -> Any:
        return x * b(lambda y: y * c(lambda z: x * y * z)(x * y))(x + 1.0)

    x = 1.5
    assert a(f)(x) == pytest.approx(6 * x**2 + 4 * x)  # f = x * 2 x (x + 1)


def test_jvp_of_grad_of_jvp() -> None:
    f = lambda x: np.sin(x) * x**3  # noqa: E731
    x = 0.8
    exact = (6 - 9 * x**2) * np.sin(x) + (18 * x - x**3) * np.cos(x)
    for modes in list(itertools.permutations(MODES, 3))[::6]:
        g = f
        for mode in modes:
            g = MODES[mode](g)
        assert g(x) == pytest.approx(exact, rel=1e-12)


ORDERS: dict[str, tuple[Callable[..., Any], float, Callable[[int], float]]] = {
    "sin": (math.sin, 0.4, lambda k: math.sin(0.4 + k * math.pi / 2)),
    "exp": (lambda x: math.exp(2 * x), 0.3, lambda k: 2**k * math.exp(0.6)),
    "inverse": (lambda x: 1 / x, 2.0, lambda k: (-1) ** k * math.factorial(k) / 2 ** (k + 1)),
    "log": (math.log, 1.5, lambda k: (-1) ** (k - 1) * math.factorial(k - 1) / 1.5**k),
    "power": (lambda x: x**5, 1.2, lambda k: math.perm(5, k) * 1.2 ** (5 - k)),
}


@pytest.mark.parametrize("name", ORDERS)
@pytest.mark.parametrize("modes", ["forward", "reverse", "alternating"])
def test_orders_up_to_five(name: str, modes: str) -> None:
    f, x, exact = ORDERS[name]
    chosen = {"forward": [forward], "reverse": [reverse], "alternating": [reverse, forward]}[modes]
    g = f
    for k in range(1, 6):
        g = chosen[k % len(chosen)](g)
        if k in (3, 5):
            assert g(x) == pytest.approx(exact(k), rel=1e-10)


# ---------------------------------------------------------------- loops and branches between


@pytest.mark.parametrize(("outer", "inner"), [("grad", "grad"), ("grad", "jvp"), ("jvp", "grad"), ("vjp", "taylor")])
def test_in_loops_and_branches(outer: str, inner: str) -> None:
    d, e = MODES[outer], MODES[inner]

    def f(x: Any) -> Any:
        total = 0.0
        for i in range(3):
            y = x + i
            if y > 1.5:
                total += e(lambda z: z * z * x * y)(y)  # noqa: B023 - 2 y * x * y
            else:
                total += e(lambda z: z * x)(total)  # x
        return total

    def exact(x: float) -> float:
        return sum(2 * x * (x + i) ** 2 if x + i > 1.5 else x for i in range(3))

    x, step = 0.7, 1e-6
    assert f(x) == pytest.approx(exact(x))
    assert d(f)(x) == pytest.approx((exact(x + step) - exact(x - step)) / (2 * step), rel=1e-8)


@pytest.mark.parametrize(("outer", "inner"), [("grad", "grad"), ("jvp", "grad"), ("grad", "vjp"), ("taylor", "jvp")])
def test_in_a_while_of_the_outer_function(outer: str, inner: str) -> None:
    """Newton's method finds the cube root of a: its derivative is a^(-2/3) / 3."""
    d, e = MODES[outer], MODES[inner]

    def root(a: Any) -> Any:
        x = a
        while abs(x * x * x - a) > 1e-13:
            x = x - (x * x * x - a) / e(lambda y: y * y * y - a)(x)
        return x

    assert root(8.0) == pytest.approx(2.0)
    assert d(root)(8.0) == pytest.approx(1 / 12, rel=1e-9)
    assert d(d(root))(8.0) == pytest.approx(-2 / 9 * 8 ** (-5 / 3), rel=1e-6)


def test_two_nested_gradient_descents() -> None:
    """The saddle point of x^2 + x*y - y^2 + p*x - y by descent in x around ascent in y, differentiated in p."""

    def saddle(p: Any) -> Any:
        def value(x: Any, y: Any) -> Any:
            return x * x + x * y - y * y + p * x - y

        def best(x: Any) -> Any:
            y = 0.0 * x
            step = 1.0
            while abs(step) > 1e-10:
                step = 0.3 * wengert.grad(value, 1)(x, y)
                y = y + step
            return value(x, y)

        x = 0.0 * p
        step = 1.0
        while abs(step) > 1e-9:
            step = 0.2 * wengert.grad(best)(x)
            x = x - step
        return x

    # y = (x - 1)/2; d/dx of x^2 + p x + (x-1)^2/4 is zero at x = (1 - 2p)/5
    assert saddle(0.3) == pytest.approx(0.08, abs=1e-7)
    assert wengert.grad(saddle)(0.3) == pytest.approx(-0.4, abs=1e-6)


# ---------------------------------------------------------------- pullbacks used again


def test_a_pullback_called_several_times() -> None:
    def f(x: Any) -> Any:
        y, pull = wengert.vjp(lambda z: np.sin(z) * z, x)
        total = 0.0 * x
        for k in range(3):
            total = total + pull(y * (k + 1))[0]
        return np.sum(total * pull(total)[0])

    def exact(x: np.ndarray) -> float:
        y, slope = np.sin(x) * x, np.cos(x) * x + np.sin(x)
        total = 6 * y * slope
        return float(np.sum(total * total * slope))

    x, step = np.array([0.3, 1.1]), 1e-6
    assert f(x) == pytest.approx(exact(x))
    expected = [(exact(x + step * e) - exact(x - step * e)) / (2 * step) for e in np.eye(2)]
    np.testing.assert_allclose(wengert.grad(f)(x), expected, rtol=1e-8)
    np.testing.assert_allclose(wengert.jvp(f, (x,), (np.ones(2),))[1], sum(expected), rtol=1e-8)


def test_maps_of_different_levels_do_not_meet() -> None:
    def f(x: Any) -> Any:
        _, outer = wengert.vjp(lambda z: z * x, x)
        _, inner = wengert.vjp(lambda z: z * x * outer(z)[0], x)  # d/dz (x^2 z^2 ...) with outer(z) = z * x
        return inner(1.0)[0] + outer(2.0)[0]

    # outer(c) = c x; inner(1) = d/dz (z x * z x) at x = 2 x^3; f = 2 x^3 + 2 x
    for mode in MODES.values():
        assert mode(f)(1.5) == pytest.approx(6 * 1.5**2 + 2)


# ---------------------------------------------------------------- mixed partials


def potential(x: Any) -> Any:
    total = np.prod(x) ** 2
    for i in range(3):
        total += np.sin(x[i] * x[(i + 1) % 3]) * x[i] ** 2
        if x[i] > 0.5:
            total += np.exp(x[i] * x[0])
    return total


def test_mixed_partials_agree_in_all_orders_and_modes() -> None:
    x = np.array([0.4, 0.9, 1.3])
    axes = list(np.eye(3))

    def along(f: Callable[[Any], Any], axis: np.ndarray, mode: str) -> Callable[[Any], Any]:
        if mode == "forward":
            return lambda x: wengert.jvp(f, (x,), (axis,))[1]
        return lambda x: np.sum(wengert.grad(f)(x) * axis)

    reference = along(along(along(potential, axes[0], "forward"), axes[1], "forward"), axes[2], "forward")(x)
    assert reference == pytest.approx(8 * np.prod(x))  # of prod(x)^2; the other terms have two variables each
    for order in itertools.permutations(range(3)):
        for modes in (("reverse", "forward", "forward"), ("forward", "reverse", "reverse")):
            f: Callable[[Any], Any] = potential
            for k, mode in zip(order, modes, strict=True):
                f = along(f, axes[k], mode)
            assert wengert.compile(f)(x) == pytest.approx(reference, rel=1e-10)


def test_hessians_by_all_compositions() -> None:
    x = np.array([0.4, 0.9, 1.3])
    jacobians = (wengert.jacfwd, wengert.jacrev, wengert.jacobian)
    expected = wengert.hessian(potential)(x)
    np.testing.assert_allclose(expected, expected.T, rtol=1e-12)
    for first, second in [*zip(jacobians, reversed(jacobians), strict=True), (wengert.grad, wengert.jacfwd)]:
        np.testing.assert_allclose(second(first(potential))(x), expected, rtol=1e-11)
    for v in np.eye(3):
        np.testing.assert_allclose(wengert.hvp(potential, (x,), (v,)), expected @ v, rtol=1e-11)
        quadratic = wengert.taylor(potential, x, v, 2)[2]
        assert 2 * quadratic == pytest.approx(v @ expected @ v, rel=1e-11)


def test_a_function_as_a_result_is_refused() -> None:
    """Where perturbations would have to escape from a derivative."""
    shifted = lambda u: (lambda g: lambda x: g(x + u))  # noqa: E731
    with pytest.raises(wengert.WengertError):
        wengert.jvp(shifted, (0.0,), (1.0,))[1](math.sin)(0.0)
