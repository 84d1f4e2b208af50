"""custom_jvp and custom_vjp: right rules change nothing, each mode takes its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.rules import X, cube, power, refused, source_line
from wengert.dialects.errors import (
    DifferentiationError,
    UnsupportedError,
    WengertTypeError,
)

# ---------------------------------------------------------------- every transform


@pytest.mark.parametrize("f", [cube, lambda x: power(x, 3), lambda x: power(cube(x), 2) / 1.5 + cube(np.sin(x))])
def test_every_mode_and_order(f: Callable[..., Any]) -> None:
    wengert.check_grads(lambda x: np.sum(f(x) * x), [X], order=2)
    wengert.check_grads(f, [0.4], order=2)


def test_third_derivatives_call_the_rule_again() -> None:
    third = wengert.grad(wengert.grad(wengert.grad(lambda x: power(x, 5))))
    assert third(2.0) == pytest.approx(60 * 4.0)
    assert wengert.grad(wengert.grad(wengert.grad(cube)))(2.0) == pytest.approx(6.0)


def test_vjp_linearize_hessian_outside_and_inside() -> None:
    y, pullback = wengert.vjp(cube, X)
    np.testing.assert_allclose(y, X**3)
    np.testing.assert_allclose(pullback(np.ones(3))[0], 3 * X**2)
    _, push = wengert.linearize(lambda x: power(x, 3), X)
    np.testing.assert_allclose(push(np.ones(3)), 3 * X**2)
    np.testing.assert_allclose(wengert.hessian(lambda x: np.sum(cube(x)))(X), np.diag(6 * X))
    np.testing.assert_allclose(cube(X), X**3)
    assert "math" in cube.lower(X).as_text("nd") or "arith.mulf" in cube.lower(X).as_text("nd")
    assert cube.stats().compilations >= 1
    assert isinstance(power(2.0, 3), float)


def test_loops_branches_while() -> None:
    def program(x, k):
        s, total = x, 0.0
        for i in range(k):
            if s[0] > 0.5:
                s = s - 0.2 * cube(s)
            else:
                s = s + 0.1 * power(s, i)
        while np.sum(s) < 30.0:
            s = s + 0.3 * power(s, 2)
            total = total + cube(s[1])
        return np.sum(s) + 0.1 * total

    def plain(x, k):
        s, total = x, 0.0
        for i in range(k):
            if s[0] > 0.5:
                s = s - 0.2 * s**3
            else:
                s = s + 0.1 * s**i
        while np.sum(s) < 30.0:
            s = s + 0.3 * s**2
            total = total + s[1] ** 3
        return np.sum(s) + 0.1 * total

    for k in (0, 1, 4):
        np.testing.assert_allclose(wengert.grad(program)(X, k), wengert.grad(plain)(X, k), rtol=1e-12)
    hvp = [wengert.hvp(lambda x, g=g: g(x, 2), (X,), (np.ones(3),)) for g in (program, plain)]
    np.testing.assert_allclose(hvp[0], hvp[1], rtol=1e-11)


def test_forward_takes_the_one_and_reverse_the_other() -> None:
    @wengert.custom_vjp
    @wengert.custom_jvp
    def f(x):
        return x

    f.defjvp(lambda primals, tangents: (primals[0], 2.0 * tangents[0]))
    f.defvjp(lambda x: (x, None), lambda _, ct: (3.0 * ct,))
    assert wengert.jvp(f, (1.0,), (1.0,))[1] == 2.0
    assert wengert.grad(f)(1.0) == 3.0
    assert wengert.linearize(lambda x: f(x), 1.0)[1](1.0) == 2.0  # a pushforward is forward mode


def test_single_precision_stays() -> None:
    x = X.astype(np.float32)
    gradient = wengert.grad(lambda x: np.sum(power(x, 2) + cube(x)))(x)
    assert gradient.dtype == np.float32
    np.testing.assert_allclose(gradient, 2 * x + 3 * x**2, rtol=1e-5)


# ---------------------------------------------------------------- arguments and results of every kind


@dataclass
class Layer:
    w: np.ndarray
    b: float
    name: str = "layer"


@wengert.custom_vjp
def dense(layer, x, options, activation):
    return {"y": activation(layer.w * x + layer.b), "n": options["k"], "name": layer.name}


def dense_fwd(layer, x, options, activation):
    z = layer.w * x + layer.b
    result = {"y": activation(z), "n": options["k"], "name": layer.name}
    return result, {"z": z, "saved": [layer.w, x], "k": options["k"]}


def dense_bwd(residuals, ct):
    assert ct["n"] is None
    w, x = residuals["saved"]
    slope = 5.0 * ct["y"] * (1 - np.tanh(residuals["z"]) ** 2)
    return Layer(slope * x, np.sum(slope), None), slope * w, None, None


dense.defvjp(dense_fwd, dense_bwd)


def test_structures_objects_and_callables() -> None:
    layer = Layer(np.array([0.5, -1.0, 2.0]), 0.25)

    def loss(layer, x, k):
        result = dense(layer, x, {"k": k, "unused": [True, "text"]}, np.tanh)
        return np.sum(result["y"]) * result["n"]

    g_layer, gx = wengert.grad(lambda a, x: loss(Layer(a["w"], a["b"]), x, 3), (0, 1))({"w": layer.w, "b": 0.25}, X)
    slope = 15.0 * (1 - np.tanh(layer.w * X + 0.25) ** 2)
    np.testing.assert_allclose(g_layer["w"], slope * X)
    np.testing.assert_allclose(g_layer["b"], slope.sum())
    np.testing.assert_allclose(gx, slope * layer.w)
    result = dense(layer, X, {"k": 7}, np.tanh)
    np.testing.assert_allclose(result["y"], np.tanh(layer.w * X + 0.25))
    assert (result["n"], result["name"]) == (7, "layer")


def test_methods_defaults_and_names() -> None:
    class Model:
        def __init__(self, scale):
            self.scale = scale

        @wengert.custom_jvp
        def apply(self, x, *, exponent=2) -> Any:
            return self.scale * x**exponent

        @wengert.custom_jvp
        def scaled(self, x, factor=2.0):
            return self.scale * factor * x

        @scaled.defjvp
        def scaled_jvp(primals, tangents):  # noqa: N805 - a rule is no method
            self, x, factor = primals
            return self.scaled(x, factor), 10.0 * self.scale * factor * tangents[1]

    model = Model(3.0)
    assert wengert.grad(lambda x: model.scaled(x))(1.0) == 60.0
    assert wengert.grad(lambda x: model.scaled(factor=1.0, x=x))(1.0) == 30.0
    assert model.scaled(2.0) == 12.0
    Model.apply.defjvp(lambda primals, tangents: (primals[1], tangents[1]))
    assert "exponent" in refused(lambda x: model.apply(x), 1.0, WengertTypeError).what


def test_an_int_that_fixes_a_shape_is_static_and_others_are_not() -> None:
    @wengert.custom_vjp
    def repeat(x, n):
        return np.full(n, x)

    repeat.defvjp(lambda x, n: (repeat(x, n), (n, 2)), lambda r, ct: (np.sum(ct * np.ones(r[0])) * r[1], None))
    assert wengert.grad(lambda x: np.sum(repeat(x, 4) ** 2))(3.0) == 2 * 24.0
    assert wengert.grad(lambda x, n: np.sum(repeat(x, n) ** 2))(3.0, 4) == 2 * 24.0
    stats = []

    @wengert.compile
    def slope(x, n):
        return wengert.grad(lambda x: power(x, n))(x)

    for n in (1, 2, 5):
        assert slope(2.0, n) == n * 2.0 ** (n - 1)
        stats.append(slope.stats().compilations)
    assert stats == [1, 1, 1]


def test_integer_and_bool_arrays_go_through() -> None:
    @wengert.custom_vjp
    def chosen(x, where, index):
        return np.where(where, x, 0.0), index

    def fwd(x, where, index):
        return chosen(x, where, index), (where, index)

    def bwd(residuals, ct):
        where, index = residuals
        assert ct[1] is None
        return np.where(where, 2.0 * ct[0], 0.0) * index, None, None

    chosen.defvjp(fwd, bwd)
    where, index = np.array([True, False, True]), np.arange(100, 103)

    def loss(x, where, index):
        y, number = chosen(x, where, index)
        return np.sum(y * number)

    np.testing.assert_allclose(wengert.grad(loss)(X, where, index), 2.0 * index**2 * where)


def test_none_is_zero() -> None:
    @wengert.custom_vjp
    def product(x, y):
        return x * y

    product.defvjp(lambda x, y: (x * y, x), lambda x, ct: (None, x * ct))
    assert wengert.grad(product, (0, 1))(2.0, 3.0) == (0.0, 2.0)
    assert wengert.jvp(product, (2.0, 3.0), (1.0, 1.0))[1] == 2.0

    @wengert.custom_jvp
    def rounded(x):
        return np.round(x), x

    rounded.defjvp(lambda p, t: (rounded(p[0]), (None, t[0])))
    assert wengert.grad(lambda x: rounded(x)[0] + 3 * rounded(x)[1])(2.4) == 3.0


def test_rules_made_by_other_transforms() -> None:
    """A pullback may be the residual; a rule may differentiate."""
    def f(x):
        return np.sin(x) * x

    pulled, pushed, both = wengert.custom_vjp(f), wengert.custom_jvp(f), wengert.custom_vjp(f, check=True)
    pulled.defvjp(lambda x: wengert.vjp(f, x), lambda pullback, ct: pullback(ct))
    pushed.defjvp(lambda primals, tangents: wengert.jvp(f, primals, tangents))
    both.defvjp(lambda x: (f(x), x), lambda x, ct: wengert.vjp(f, x)[1](ct))

    def loop(g):
        def run(x, n):
            for _ in range(n):
                x = x + 0.1 * g(x)
            return np.sum(x)
        return run

    gradient, hessian = wengert.grad(loop(f))(X, 3), wengert.hessian(lambda x: loop(f)(x, 3))(X)
    for g in (pulled, pushed, both):
        np.testing.assert_allclose(wengert.grad(loop(g))(X, 3), gradient, rtol=1e-13)
        np.testing.assert_allclose(wengert.hessian(lambda x, g=g: loop(g)(x, 3))(X), hessian, rtol=1e-11)
        np.testing.assert_allclose(wengert.jvp(g, (X,), (X,))[1], wengert.jvp(f, (X,), (X,))[1], rtol=1e-13)


def test_a_pullback_from_outside_is_refused() -> None:
    def outer(x):
        _, pullback = wengert.vjp(lambda x: x * x, x)

        @wengert.custom_jvp
        def f(y):
            return pullback(y)[0]

        f.defjvp(lambda primals, tangents: (pullback(primals[0])[0], pullback(tangents[0])[0]))
        return f(x)

    error = refused(outer, 2.0, UnsupportedError)
    assert error.what == "f uses a pullback that was made outside of it"


# ---------------------------------------------------------------- with other transforms


@wengert.custom_vjp
def tenfold(x, n):
    """x^n with a derivative that is ten times too large: one sees whether the rule was taken."""
    return x**n


tenfold.defvjp(lambda x, n: (tenfold(x, n), (x, n)), lambda r, ct: (10 * r[1] * tenfold(r[0], r[1] - 1) * ct, None))


def test_every_order_of_vmap_and_derivatives_takes_the_rule() -> None:
    slope = 30 * X**2
    np.testing.assert_allclose(wengert.vmap(wengert.grad(lambda x: tenfold(x, 3)))(X), slope)
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(wengert.vmap(lambda y: tenfold(y, 3))(x)))(X), slope)
    np.testing.assert_allclose(wengert.vmap(lambda x: wengert.jvp(lambda y: tenfold(y, 3), (x,), (1.0,))[1])(X), slope)
    np.testing.assert_allclose(wengert.jacrev(lambda x: wengert.vmap(lambda y: tenfold(y, 3))(x))(X), np.diag(slope))
    second = wengert.vmap(wengert.grad(wengert.grad(lambda x: tenfold(x, 3))))
    np.testing.assert_allclose(second(X), 30 * 20 * X)


@pytest.mark.parametrize("kind", ["jvp", "vjp"])
def test_sparsity_is_that_of_the_rule_too(kind: str) -> None:
    """The function itself is elementwise, its rule couples neighbours."""
    f = wengert.custom_jvp(lambda x: 2.0 * x)

    def coupled(dx):
        dy = 1.0 * dx
        dy[1:] += 3.0 * dx[:-1]
        return dy

    def transposed(_, ct):
        cx = 1.0 * ct
        cx[:-1] += 3.0 * ct[1:]
        return (cx,)

    if kind == "jvp":
        f.defjvp(lambda primals, tangents: (f(primals[0]), coupled(tangents[0])))
    else:
        f.defvjp(lambda x: (f(x), None), transposed)
    x = np.arange(1.0, 6.0)
    for g in (lambda x: f(x * x), lambda x: f(x * x) * 1.0):
        dense = wengert.jacfwd(g)(x)
        np.testing.assert_allclose(wengert.sparse_jacobian(g)(x).toarray(), dense)
    np.testing.assert_allclose(dense, np.diag(2 * x) + 3 * np.diag(2 * x[:-1], -1))


def test_checkpoints_take_the_rule() -> None:
    def loop(x):
        for _ in range(12):
            x = x + 0.01 * tenfold(np.sin(x), 2)
        return np.sum(x)

    expected = wengert.grad(loop)(X)
    np.testing.assert_allclose(wengert.grad(lambda x: wengert.checkpoint(loop)(x))(X), expected, rtol=1e-13)
    np.testing.assert_allclose(wengert.grad(wengert.compile(loop, checkpoint="binomial", slots=3))(X), expected,
                               rtol=1e-13)
    assert np.max(np.abs(expected - wengert.grad(lambda x: np.sum(x))(X))) > 0.1


# ---------------------------------------------------------------- captured values


def test_what_is_captured_may_take_part_while_it_does_not_move() -> None:
    factors = np.array([1.0, 2.0, 3.0])

    def loss(w, x):
        @wengert.custom_vjp
        def f(x):
            return w * x * factors

        f.defvjp(lambda x: (w * x * factors, None), lambda _, ct: (100.0 * w * factors * ct,))
        return np.sum(f(x))

    np.testing.assert_allclose(wengert.grad(loss, 1)(2.0, X), 200.0 * factors)
    error = refused(wengert.grad(loss, (0, 1)), 2.0, X, DifferentiationError, wrap=False)
    assert error.what == "f is differentiated with respect to a value its rules say nothing about"
    assert source_line(error) == "return np.sum(f(x))"


def test_a_captured_value_of_the_rule_only() -> None:
    def loss(w, x):
        @wengert.custom_vjp
        def reverse(x):
            return x

        reverse.defvjp(lambda x: (x, None), lambda _, ct: (-w * ct,))
        return reverse(x) ** 2

    assert wengert.grad(loss, 1)(0.5, 3.0) == -3.0
    assert wengert.jvp(lambda x: loss(0.5, x), (3.0,), (1.0,))[1] == -3.0
