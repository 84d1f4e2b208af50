"""scipy.special in compiled code: SciPy's values and types, derivatives where a formula is delicate, refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import special

import wengert
from tests.frontend.traced import lines_of, same, traced_run
from wengert.dialects.errors import DifferentiationError, UnsupportedError, WengertTypeError
from wengert.frontend.calls import call
from wengert.frontend.numpy_table import TABLE

U, P = np.linspace(-0.9, 0.9, 7), np.linspace(0.1, 9.0, 7)
W, V = np.linspace(-6.5, 30.25, 7), np.linspace(0.05, 0.95, 7)
N = np.arange(7)

#: Functions of real numbers u in (-1, 1), p > 0, w, v in (0, 1) and counts n.
VALUES: list[Callable[..., Any]] = [
    lambda u, p, w, v, n: (special.erfc(w), special.erfinv(u), special.erfcinv(p / 5), special.erfi(u)),
    lambda u, p, w, v, n: (special.erfcx(w), special.dawsn(w), special.ndtr(w), special.ndtri(v), special.log_ndtr(w)),
    lambda u, p, w, v, n: (special.expit(w), special.log_expit(w), special.logit(v), special.exp10(u), special.exp2(u)),
    lambda u, p, w, v, n: (special.xlogy(n, p), special.xlog1py(n, u), special.entr(n), special.rel_entr(n, p)),
    lambda u, p, w, v, n: (special.kl_div(n, p), special.psi(w), special.gamma(w), special.gammaln(w)),
    lambda u, p, w, v, n: (special.loggamma(p), special.rgamma(w), special.digamma(p), special.beta(p, v)),
    lambda u, p, w, v, n: (special.betaln(p, v), special.binom(p, v), special.poch(p, v), special.gammainc(p, v * 9)),
    lambda u, p, w, v, n: (special.gammaincc(p, v * 9), special.gammaincinv(p, v), special.gammainccinv(p, v)),
    lambda u, p, w, v, n: (special.betainc(p, p + 1, v), special.betaincc(p, 2.0, v), special.betaincinv(p, 2.0, v)),
    lambda u, p, w, v, n: (special.zeta(p + 1, w + 7), special.zeta(2, w), special.polygamma(3, p)),
    lambda u, p, w, v, n: (special.polygamma(0, p), special.polygamma(1, w), special.jv(n, p), special.jn(2, w)),
    lambda u, p, w, v, n: (special.yv(n, p), special.yn(3, p), special.iv(n, p), special.kv(n, p), special.kn(2, p)),
    lambda u, p, w, v, n: (special.j0(w), special.j1(w), special.y0(p), special.y1(p), special.i0(u), special.i1(u)),
    lambda u, p, w, v, n: (special.k0(p), special.k1(p), special.i0e(w), special.i1e(w), special.k0e(p)),
    lambda u, p, w, v, n: (special.ive(n, p), special.kve(n, p), special.k1e(p), special.ellipk(v), special.ellipe(v)),
    lambda u, p, w, v, n: (special.ellipkinc(u, v), special.ellipeinc(u, v), special.hyp2f1(1.5, p, 9.5, u)),
    lambda u, p, w, v, n: (special.hyp1f1(p, 2.5, u), special.expn(n, p), special.exp1(p), special.expi(w)),
    lambda u, p, w, v, n: (special.spence(p), *special.fresnel(u), *special.sici(p), special.wrightomega(w)),
    lambda u, p, w, v, n: (special.eval_legendre(n, u), special.eval_chebyt(n, u), special.eval_chebyu(n, u)),
    lambda u, p, w, v, n: (special.eval_hermite(n, u), special.eval_hermitenorm(n, u), special.eval_laguerre(n, p)),
    lambda u, p, w, v, n: (special.eval_jacobi(n, p, v, u), special.eval_gegenbauer(n, p, u)),
    lambda u, p, w, v, n: (special.eval_genlaguerre(n, v, p), special.sinc(u), special.expm1(u), special.log1p(u)),
    lambda u, p, w, v, n: (special.comb(7, n), special.comb(n, 2), special.comb(n, 3, repetition=True)),
    lambda u, p, w, v, n: (special.perm(7, n), special.factorial(n - 1), special.factorial(p), special.cbrt(w)),
    lambda u, p, w, v, n: (special.logsumexp(w), special.logsumexp(np.outer(u, w), axis=1), np.i0(u), np.sinc(n)),
    lambda u, p, w, v, n: (special.logsumexp(np.outer(u, w), axis=0, b=p, keepdims=True), special.softmax(w)),
    lambda u, p, w, v, n: (special.softmax(np.outer(u, w), axis=0), special.log_softmax(np.outer(u, w), axis=(0, 1))),
    lambda u, p, w, v, n: (math.gamma(p[2]), math.lgamma(p[1]), math.erfc(u[0]), special.softmax(2.0)),
    lambda u, p, w, v, n: (special.logsumexp(u[:0]), special.logsumexp([u[0] - np.inf, -np.inf]), special.j0(u[:0])),
]


def close(got: Any, expected: Any, tolerance: float) -> None:
    for x, y in zip(got, expected, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.shape == y.shape and (x.dtype == y.dtype or type(y) is float)
        np.testing.assert_allclose(x, y, tolerance, 1e-300)


def test_compiled_code_gives_scipy_s_values() -> None:
    """All in one program."""

    def everything(u: Any, p: Any, w: Any, v: Any, n: Any) -> Any:
        return [function(u, p, w, v, n) for function in VALUES]

    with np.errstate(all="ignore"):
        for got, function in zip(wengert.compile(everything)(U, P, W, V, N), VALUES, strict=True):
            close(got, function(U, P, W, V, N), 2e-13)


@pytest.mark.parametrize("function", VALUES, ids=lines_of(VALUES))
def test_the_interpreter_gives_scipy_s_values(function: Callable[..., Any]) -> None:
    with np.errstate(all="ignore"):
        close(traced_run(function, U, P, W, V, N, call=call), function(U, P, W, V, N), 2e-13)


NUMBERS = [0.25, 1, True, np.float32(0.5), np.int64(1), V.astype(np.float32), np.array([0, 1]), np.array([True, False])]


@pytest.mark.parametrize("name", ["erfinv", "gamma", "ndtr", "psi", "expit", "j0"])
@pytest.mark.parametrize("x", NUMBERS, ids=repr)
def test_types_are_those_of_scipy(name: str, x: Any) -> None:
    function = getattr(special, name)
    expected = function(x)
    if np.asarray(expected).dtype not in (np.float64, np.float32):
        with pytest.raises(WengertTypeError, match="convert the argument"):
            traced_run(lambda x: function(x), x, call=call)
    else:
        assert same(traced_run(lambda x: function(x), x, call=call), expected, 3e-7)


def test_types_of_two_operands_are_those_of_scipy() -> None:
    single = V.astype(np.float32)
    for function in (special.jv, special.kn, special.expn, special.eval_legendre, special.xlogy):
        for order in (2, np.int64(2), np.array([1, 2, 3, 4, 5, 6, 7])):
            got = traced_run(lambda n, x, function=function: function(n, x), order, single, call=call)
            assert same(got, function(order, single), 1e-6)


# ---------------------------------------------------------------- derivatives

GRADIENTS: list[tuple[Callable[..., Any], Any]] = [
    (lambda u: special.erfc(u) * special.erfinv(u) + special.erfi(u) * special.dawsn(u) + special.erfcx(u), U),
    (lambda v: special.ndtri(v) * special.erfcinv(v) + special.logit(v) * special.betainc(2.0, 3.0, v), V),
    (lambda w: special.ndtr(w) + special.log_ndtr(w) + special.expit(w) * special.log_expit(w), W / 10),
    (lambda p: special.xlogy(p, p) + special.xlog1py(2.0, p) * special.entr(p) + special.kl_div(p, p * p), P),
    (lambda p: special.rel_entr(p, 2.0) + special.gammaln(p) * special.rgamma(p - 4.03) + special.psi(p), P),
    (lambda p: special.betaln(p, p + 1) * special.binom(5.5, p / 3) + special.poch(p, 0.5) / special.beta(p, 2.0), P),
    (lambda p: special.gammainc(1.5, p) + special.gammaincinv(2.5, p / 10) + special.polygamma(2, p + 1), P),
    (lambda p: special.jv(2, p) * special.j0(p) + special.j1(p) * special.iv(2, p / 4) + special.i1e(p), P),
    (lambda p: special.y0(p) * special.yn(2, p) + special.k0e(p) * special.k1(p) + special.kve(3, p), P + 1),
    (lambda v: special.ellipk(v) * special.ellipe(v) + special.hyp1f1(0.5, 1.5, v) * special.expn(1, v), V),
    (lambda v: special.expi(v) * special.spence(v) + special.fresnel(v)[0] * special.sici(v)[1], V),
    (lambda u: special.eval_legendre(4, u) * special.eval_chebyt(3, u) + special.eval_hermite(np.arange(7), u), U),
    (lambda u: special.eval_jacobi(3, 0.5, 1.5, u) + special.eval_genlaguerre(2, 0.5, u) * special.sinc(u), U),
    (lambda u: special.logsumexp(np.outer(u, u), axis=1, b=u) * special.softmax(u) + special.log_softmax(u), P + 1),
    (lambda p: special.comb(p + 3, 2) * special.factorial(p / 4) + special.ellipkinc(p / 9, 0.5), P),
]  # fmt: skip


@pytest.mark.parametrize(("function", "x"), GRADIENTS, ids=lines_of([f for f, _ in GRADIENTS]))
def test_derivatives(function: Callable[..., Any], x: Any) -> None:
    wengert.check_grads(lambda x: np.sum(function(x)), (x,), order=2)


_OMEGA = special.zeta(3.0, 1.0)
#: f, x, f'(x), f''(x): limits, cancellation, and arguments that overflow.
POINTS: list[tuple[Callable[[Any], Any], float, float, float]] = [
    (lambda x: special.j1(x), 0.0, 0.5, 0.0),
    (lambda x: special.i1(x), 0.0, 0.5, 0.0),
    (lambda x: special.iv(0, x), 0.0, 0.0, 0.5),
    (lambda x: special.i0e(x), 0.0, 0.0, 0.5),
    (lambda x: special.sinc(x), 0.0, 0.0, -(np.pi**2) / 3),
    (lambda x: special.spence(x), 1.0, -1.0, 0.5),
    (lambda x: special.ellipk(x), 0.0, np.pi / 8, 9 * np.pi / 64),
    (lambda x: special.ellipe(x), 0.0, -np.pi / 8, -3 * np.pi / 64),
    (lambda x: special.xlogy(x, 2.0), 0.0, np.log(2.0), 0.0),
    (lambda x: special.xlogy(2.0, x), 2.0, 1.0, -0.5),
    (lambda x: special.gammainc(1.0, x), 0.0, 1.0, -1.0),
    (lambda x: special.rgamma(x), -2.0, 2.0, -4 * special.psi(3.0)),
    (lambda x: special.rgamma(x), 0.0, 1.0, -2 * special.psi(1.0)),
    (lambda x: special.gammaln(x), 1.0, special.psi(1.0), np.pi**2 / 6),
    (lambda x: special.psi(x), 1.0, np.pi**2 / 6, -2 * _OMEGA),
    (lambda x: special.psi(x), -0.5, special.polygamma(1, -0.5), special.polygamma(2, -0.5)),
    (lambda x: special.expit(x), 800.0, 0.0, 0.0),
    (lambda x: special.expit(x), -800.0, 0.0, 0.0),
    (lambda x: special.expit(x), 40.0, np.exp(-40.0), -np.exp(-40.0)),
    (lambda x: special.log_expit(x), 0.0, 0.5, -0.25),
    (lambda x: special.log_expit(x), -900.0, 1.0, 0.0),
    (lambda x: special.log_ndtr(x), 50.0, 0.0, 0.0),
    (lambda x: special.log_ndtr(x), -1e3, 1e3 + 1e-3, -1.0 + 1e-6),
    (lambda x: special.erfcx(x), 1e3, -5.6418873e-7, 1.128375e-9),
    (lambda x: special.dawsn(x), -1e3, -5.0000075e-7, -1.000003e-9),
    (lambda x: special.eval_legendre(3, x), 1.0, 6.0, 15.0),
    (lambda x: special.eval_legendre(0, x), 0.5, 0.0, 0.0),
    (lambda x: special.expn(0, x), 2.0, -0.75 * np.exp(-2.0), 1.25 * np.exp(-2.0)),
    (lambda x: special.logsumexp(np.array([1.0, 2.0]) * x), 1e3, 2.0, 0.0),
    (lambda x: special.log_softmax(np.array([0.0, 1.0]) * x)[0], 0.0, -0.5, -0.25),
]  # fmt: skip


def test_derivatives_at_delicate_points() -> None:
    functions = [f for f, *_ in POINTS]

    def first(xs: Any) -> list[Any]:
        return [wengert.grad(f)(x) for f, x in zip(functions, xs, strict=True)]

    def second(xs: Any) -> list[Any]:
        return [wengert.grad(wengert.grad(f))(x) for f, x in zip(functions, xs, strict=True)]

    xs = [x for _, x, *_ in POINTS]
    slopes, curvatures = wengert.compile(first)(xs), wengert.compile(second)(xs)
    for slope, curvature, (_, x, expected, bent) in zip(slopes, curvatures, POINTS, strict=True):
        np.testing.assert_allclose(slope, expected, 1e-6, 1e-15, err_msg=f"at {x}")
        np.testing.assert_allclose(curvature, bent, 2e-6, 1e-12, err_msg=f"at {x}")


def test_forward_over_reverse_and_float32() -> None:
    x = P.astype(np.float32)
    gradient = wengert.grad(lambda x: np.sum(special.gammaln(x)))
    assert gradient(x).dtype == np.float32
    np.testing.assert_allclose(gradient(x), special.psi(x), 1e-6)
    np.testing.assert_allclose(wengert.hvp(lambda x: np.sum(special.gammaln(x)), (P,), (np.ones(7),)),
                               special.polygamma(1, P), 1e-13)
    np.testing.assert_allclose(wengert.vmap(lambda x: special.jv(2, x))(P), special.jv(2, P), 1e-14)


# ---------------------------------------------------------------- refusals

REFUSED: list[tuple[Callable[..., Any], str]] = [
    (lambda x: special.struve(1, x), "struve is not covered"),
    (lambda x: special.lambertw(x), "lambertw is not covered"),
    (lambda x: special.zeta(x), "zeta with one argument"),
    (lambda x: special.comb(x, 2, exact=True), "comb with exact=True"),
    (lambda x: special.factorial(x, exact=True), "factorial with exact=True"),
    (lambda x: special.factorial(x, extend="complex"), "factorial with extend="),
    (lambda x: special.logsumexp(x, return_sign=True), "logsumexp with return_sign=True"),
    (lambda x: special.eval_legendre(x, 0.5), "eval_legendre with a degree that is no integer"),
    (lambda x: special.logsumexp(np.array([x, x])[np.array([x, x]) > 0]), "logsumexp of a selection by a mask"),
]


@pytest.mark.parametrize(("function", "what"), REFUSED, ids=lines_of([f for f, _ in REFUSED]))
def test_what_is_refused(function: Callable[..., Any], what: str) -> None:
    with pytest.raises(UnsupportedError, match=what) as refused:
        traced_run(function, 2.5, call=call)
    assert refused.value.position is not None
    assert refused.value.position.line == function.__code__.co_firstlineno


@pytest.mark.parametrize("function", [
    lambda a: special.gammainc(a, 2.0), lambda a: special.betainc(a, 2.0, 0.5), lambda a: special.jv(a, 2.0),
    lambda a: special.zeta(a, 2.0), lambda a: special.hyp2f1(a, 1.0, 2.0, 0.5), lambda a: special.ellipkinc(0.5, a / 4),
])  # fmt: skip
def test_a_parameter_without_derivative_rule_is_named_with_the_line(function: Callable[..., Any]) -> None:
    assert np.isfinite(wengert.compile(function)(1.5))
    with pytest.raises(DifferentiationError, match="has no derivative with respect to its argument") as refused:
        wengert.grad(function)(1.5)
    assert refused.value.position is not None
    assert refused.value.position.file == __file__


def test_the_table_knows_what_is_tested() -> None:
    """Every function of scipy.special in the table occurs above."""
    names = {getattr(f, "__name__", "") for f in TABLE
             if any(vars(special).get(name) is f for name in [getattr(f, "__name__", "")])}
    used = {name for function in VALUES for name in function.__code__.co_names}
    assert names - used - {"erf"} == set()
