"""Derivatives of programs on complex numbers: JAX's convention, by formulas and by differences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import DifferentiationError, WengertTypeError

RNG = np.random.default_rng(1)


def c(*shape: int) -> Any:
    return RNG.normal(size=shape) + 1j * RNG.normal(size=shape)


Z, CT = c(4), c(4)


def test_the_gradient_is_df_dx_minus_i_df_dy() -> None:
    def f(z: Any) -> Any:
        return np.sum(z.real**2 * z.imag)

    gradient = 2 * Z.real * Z.imag - 1j * Z.real**2
    np.testing.assert_allclose(wengert.grad(f)(Z), gradient, rtol=1e-13)
    value, again = wengert.value_and_grad(f)(Z[::2])
    np.testing.assert_allclose(again, gradient[::2], rtol=1e-13)
    assert value == pytest.approx(f(Z[::2]))
    assert wengert.grad(lambda s: abs(s) ** 2)(2 + 1j) == 4 - 2j
    at_zero = wengert.grad(lambda z: np.sum(np.abs(z)))(np.array([0j, 3 + 4j]))
    np.testing.assert_allclose(at_zero, [0, 0.6 - 0.8j], rtol=1e-15)
    narrow = wengert.grad(lambda z: np.sum(np.abs(z) ** 2))(Z.astype(np.complex64))
    assert narrow.dtype == np.complex64


HOLOMORPHIC = [
    np.exp, np.log, np.sqrt, np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.arcsin, np.arccos, np.arctan,
    np.arcsinh, np.arccosh, np.arctanh, np.log1p, np.expm1, np.log2, np.log10, np.exp2, np.square, np.reciprocal,
]  # fmt: skip


def test_holomorphic_functions_multiply_by_the_complex_derivative() -> None:
    def all_of_them(z: Any) -> Any:
        return np.stack([*[f(z) for f in HOLOMORPHIC], z**3, z**-2, z**0.5, z ** (1 + 2j), 2.0**z, 1 / (1 + z * z)])

    h = 1e-6
    with np.errstate(all="ignore"):
        expected = (all_of_them(Z + h) - all_of_them(Z - h)) / (2 * h)
    out, pushed = wengert.jvp(all_of_them, (Z,), (CT,))
    np.testing.assert_allclose(pushed, expected * CT, rtol=1e-7, atol=1e-7)
    _, pullback = wengert.vjp(all_of_them, Z)
    for row in range(len(expected)):
        seed = np.zeros(out.shape, complex)
        seed[row] = CT
        np.testing.assert_allclose(pullback(seed)[0], CT * expected[row], rtol=1e-7, atol=1e-7)


def test_holomorphic_true() -> None:
    assert wengert.grad(lambda s: s**3, holomorphic=True)(2 + 1j) == pytest.approx(3 * (2 + 1j) ** 2)
    value, slope = wengert.value_and_grad(lambda z: np.sum(np.exp(z)), holomorphic=True)(Z)
    np.testing.assert_allclose(slope, np.exp(Z))
    assert value == pytest.approx(np.sum(np.exp(Z)))
    second = wengert.grad(wengert.grad(lambda s: s**3, holomorphic=True), holomorphic=True)
    assert second(2 + 1j) == pytest.approx(6 * (2 + 1j))
    with pytest.raises(DifferentiationError, match="complex result has two derivatives"):
        wengert.grad(lambda s: s * s)(1j)
    with pytest.raises(WengertTypeError, match="needs complex arguments"):
        wengert.grad(lambda s: s * 1j, holomorphic=True)(1.0)
    with pytest.raises(WengertTypeError, match="needs a complex result"):
        wengert.grad(lambda s: abs(s), holomorphic=True)(1j)


def program(z: Any, x: Any, s: Any) -> Any:
    """A bit of everything: loops, branches, writes to parts and views, real and complex, numbers and arrays."""
    total = 0
    y = z.copy()
    for i in range(len(z)):
        y[i] = y[i - 1] * s + x[i]
        total += y[i] / (2 + abs(z[i]))
    w = np.exp(1j * x) * y if x[0] > 0 else y.conj()
    w.real[1:] *= x[1:]
    w[::2] += np.sqrt(z[::2])
    k = 0
    while k < 3:
        s = s * s + 0.1 * w[k]
        k += 1
    outer = np.outer(w, w.conj()) @ z
    return total, outer, np.angle(w), np.linalg.norm(w - s), np.where(x > 0, w, x)


@pytest.mark.slow
def test_programs_in_both_modes_to_second_order() -> None:
    x = np.array([0.7, -0.4, 1.2, 0.3])
    wengert.check_grads(program, (Z, x, 0.4 - 0.3j), order=2)
    wengert.check_grads(lambda z: np.sum(np.abs(z) ** 3), (Z,), order=2)


def test_maps_in_containers_and_again() -> None:
    def f(d: Any) -> Any:
        return {"w": d["z"] * d["x"], "n": d["z"][0].imag}

    d = {"z": Z, "x": np.ones(4)}
    _, pullback = wengert.vjp(f, d)
    (got,) = pullback({"w": CT, "n": 0.0})
    np.testing.assert_allclose(got["z"], CT)
    np.testing.assert_allclose(got["x"], (CT * Z).real)
    _, push = wengert.linearize(f, d)
    np.testing.assert_allclose(push({"z": CT, "x": np.zeros(4)})["w"], CT)
    (back,) = wengert.linear_transpose(lambda z: z * (2 + 1j), Z)(CT)
    np.testing.assert_allclose(back, CT * (2 + 1j))
    hvp = wengert.hvp(lambda z: np.sum(np.abs(z) ** 2), (Z,), (CT,))
    np.testing.assert_allclose(hvp, 2 * CT.conj())


WEIGHTS = c(4)


def test_captured_arrays_and_compiled_steps() -> None:
    def loss(z: Any) -> Any:
        return np.sum(np.abs(WEIGHTS * z) ** 2)

    got = wengert.grad(loss, argnums="WEIGHTS")(Z)
    np.testing.assert_allclose(got, 2 * WEIGHTS.conj() * np.abs(Z) ** 2)

    @wengert.compile
    def descend(z: Any) -> Any:
        for _ in range(50):
            z = z - 0.1 * np.conj(wengert.grad(lambda z: np.sum(np.abs(z - 1j) ** 2))(z))
        return z

    np.testing.assert_allclose(descend(Z), 1j, atol=1e-4)


def test_vmap() -> None:
    examples = c(3, 4)

    def f(z: Any, s: Any) -> Any:
        return np.sum(z * z.conj()).real, z * s

    norms, scaled = wengert.vmap(f, in_axes=(0, None))(examples, 2j)
    np.testing.assert_allclose(norms, np.sum(np.abs(examples) ** 2, axis=1))
    np.testing.assert_allclose(scaled, examples * 2j)
    slopes = wengert.vmap(wengert.grad(lambda z: np.sum(np.abs(z) ** 2)), in_axes=1)(examples)
    np.testing.assert_allclose(slopes, 2 * examples.conj().T)


MATRICES: list[Callable[..., Any]] = [wengert.jacfwd, wengert.jacrev, wengert.jacobian]


@pytest.mark.parametrize("jacobian", MATRICES, ids=["fwd", "rev", "any"])
def test_jacobians(jacobian: Callable[..., Any]) -> None:
    m = c(3, 4)
    np.testing.assert_allclose(jacobian(lambda x: m @ x)(np.ones(4)), m)
    np.testing.assert_allclose(jacobian(lambda z: m @ (z * z), holomorphic=True)(Z), m * (2 * Z), rtol=1e-12)
    with pytest.raises(DifferentiationError, match="holomorphic=True"):
        jacobian(lambda z: m @ z)(Z)


@wengert.custom_vjp
def squared(z: Any) -> Any:
    return z * z


squared.defvjp(lambda z: (z * z, z), lambda z, ct: (2 * z * ct,))


@wengert.custom_jvp
def cubed(z: Any) -> Any:
    return z**3


cubed.defjvp(lambda primals, tangents: (primals[0] ** 3, 3 * primals[0] ** 2 * tangents[0]))


def test_rules_of_the_user_have_the_same_convention() -> None:
    np.testing.assert_allclose(wengert.vjp(squared, Z)[1](CT)[0], 2 * Z * CT)
    np.testing.assert_allclose(wengert.vjp(cubed, Z)[1](CT)[0], 3 * Z**2 * CT, rtol=1e-12)
    got = wengert.grad(lambda z: np.sum(np.abs(squared(z)) ** 2))(Z)
    np.testing.assert_allclose(got, wengert.grad(lambda z: np.sum(np.abs(z * z) ** 2))(Z), rtol=1e-12)
    rotated = wengert.checkpoint(lambda z: np.exp(1j * z))
    np.testing.assert_allclose(wengert.vjp(rotated, Z)[1](CT)[0], 1j * np.exp(1j * Z) * CT)


def test_a_fixed_point() -> None:
    def solved(a: Any) -> Any:
        return wengert.fixed_point(lambda x, a: 0.5 * np.cos(x) + a, 0j, a)

    def iterated(a: Any) -> Any:
        x = 0j
        for _ in range(100):
            x = 0.5 * np.cos(x) + a
        return x

    a = 0.3 + 0.2j
    got = wengert.grad(lambda a: abs(solved(a)) ** 2)(a)
    assert got == pytest.approx(wengert.grad(lambda a: abs(iterated(a)) ** 2)(a), rel=1e-9)


def test_linear_algebra() -> None:
    s = c(3, 3)

    def f(s: Any, b: Any) -> Any:
        return np.linalg.solve(s, b), np.linalg.det(s), np.linalg.inv(s), np.linalg.slogdet(s)[1]

    wengert.check_grads(f, (s, c(3)), order=1)
    slope = wengert.grad(np.linalg.det, holomorphic=True)(s)
    np.testing.assert_allclose(slope, np.linalg.det(s) * np.linalg.inv(s).T, rtol=1e-10)


def test_explanations() -> None:
    found = wengert.explain(wengert.grad(lambda z: np.sum(np.abs(z) ** 2)), Z)
    np.testing.assert_allclose(found.result, 2 * Z.conj())
