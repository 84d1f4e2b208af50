"""np.random in compiled code: NumPy's numbers bit by bit, the state of the caller's generators, gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import lines_of
from wengert.dialects.errors import DifferentiationError, UnsupportedError, WengertError, WengertValueError
from wengert.frontend import random_streams
from wengert.frontend.random_state import generator_with, memory_of
from wengert.frontend.specialize import interpret

X = np.arange(12.0).reshape(4, 3)


def both(function: Callable[..., Any], make: Callable[[], np.random.Generator], tolerance: float = 0.0) -> None:
    """Compiled and plain Python draw the same from generators in the same state, and leave them in the same state."""
    ours, theirs = make(), make()
    got, expected = wengert.compile(function)(ours), function(theirs)
    for x, y in zip(got, expected, strict=True):
        x, y = np.asarray(x), np.asarray(y)
        assert x.dtype == y.dtype and x.shape == y.shape
        np.testing.assert_allclose(x, y, rtol=tolerance, atol=0)
    assert_same_state(ours, theirs)


def assert_same_state(a: np.random.Generator, b: np.random.Generator) -> None:
    for x, y in zip(memory_of(a), memory_of(b), strict=True):
        np.testing.assert_array_equal(x, y)


def pcg64() -> np.random.Generator:
    return np.random.default_rng(2024)


def philox() -> np.random.Generator:
    key, counter = np.array([5, 2**63], dtype=np.uint64), np.array([2**64 - 2, 2**64 - 1, 0, 1], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


# ---------------------------------------------------------------- the numbers


def uniforms(rng):
    return (rng.random(), rng.random(5), rng.random((2, 3)), rng.random(3, dtype=np.float32),
            rng.random(dtype=np.float32), rng.uniform(2, 5), rng.uniform(np.array([0.0, 1.0]), [2.0, 5.0]),
            rng.random(dtype="f4", size=2), rng.random(0))


def whole_numbers(rng):
    return (rng.integers(5, size=(2, 2)), rng.integers(3, 9), rng.integers(0, [3, 100, 2**40]), rng.integers(7, 8, 3),
            rng.integers(-5, 5, endpoint=True, size=4), rng.integers(0, 2**32, size=3), rng.integers(0, 2**50, size=3),
            rng.integers(3000000000, size=9), rng.integers(0, 7, 3, dtype=np.int32), rng.integers(2**62 + 1, size=9),
            rng.integers(-(2**63), 2**63 - 1, size=2, endpoint=True))


def normals(rng):
    return (rng.standard_normal(), rng.normal(size=300), rng.normal(np.array([1.0, 2.0]), 3.0),
            rng.normal([0.0, 1.0], [1.0, 2.0]), rng.standard_normal((2, 2)), rng.normal(2.0), rng.normal(loc=1))


def exponentials(rng):
    return rng.standard_exponential(300), rng.exponential(2.0, 3), rng.exponential([1.0, 2.0]), rng.exponential()


def functions_of_these(rng):
    return (rng.lognormal(0.1, 0.2, (2, 2)), rng.laplace(1, 2, 3), rng.gumbel(0, 2, 3), rng.logistic(1, 3, 3),
            rng.rayleigh(2, 3), rng.weibull(1.5, 3), rng.pareto(2.5, 3), rng.power(1.5, 3), rng.standard_cauchy(3),
            rng.multivariate_normal([1.0, 2.0], [[2.0, 0.5], [0.5, 1.0]], size=3, method="cholesky"))


def by_rejection(rng):
    return (rng.standard_gamma(2.5, 50), rng.gamma([0.5, 1.0, 3.0], 2.0), rng.beta(0.5, 0.7, 9), rng.beta(2.0, 3.0, 4),
            rng.poisson([0.0, 5.0, 50.0]), rng.poisson(200, 30), rng.binomial(10, 0.3, 30),
            rng.binomial([5, 20], [0.9, 0.5]))


def orders(rng):
    rows, vector = X.copy(), np.arange(7)
    rng.shuffle(rows)
    rng.shuffle(vector)
    return (rows, vector, rng.permutation(5), rng.permutation(X), rng.permutation(X, axis=1), rng.permutation(vector))


def choices(rng):
    return (rng.choice(5, 3), rng.choice(5), rng.choice(np.array([1.0, 3.0, 5.0]), (2, 2)), rng.choice(X, 2),
            rng.choice([1.0, 2.0, 3.0], 2, p=[0.2, 0.3, 0.5]), rng.choice(10, 4, False), rng.choice(X, 2, axis=1),
            rng.choice(6, 3, replace=False, p=[0.1, 0.2, 0.3, 0.1, 0.2, 0.1]), rng.choice(20000, 500, replace=False),
            rng.choice(8, 3, replace=False, shuffle=False))


@pytest.mark.parametrize("function", [uniforms, whole_numbers, normals, exponentials, orders, choices])
def test_the_numbers_are_numpy_s(function: Callable[..., Any]) -> None:
    both(function, pcg64)


def test_numbers_that_are_accepted_or_rejected() -> None:
    both(by_rejection, pcg64, 1e-15)


def test_functions_of_the_numbers_are_numpy_s_but_for_rounding() -> None:
    both(functions_of_these, pcg64, 1e-14)


def test_philox_and_its_counter() -> None:
    both(lambda rng: (rng.random(9), rng.integers(10, size=5), rng.normal(size=30), rng.random()), philox)


def test_the_interpreter_draws_the_same() -> None:
    ours, theirs = pcg64(), pcg64()
    for x, y in zip(interpret(lambda rng: (rng.random(3), rng.normal(size=3)), (ours,), {}),
                    (theirs.random(3), theirs.normal(size=3)), strict=True):
        np.testing.assert_array_equal(x, y)
    assert_same_state(ours, theirs)


def test_many_numbers() -> None:
    """A million of each: the tables of the ziggurats are NumPy's to the last bit."""
    ours, theirs = pcg64(), pcg64()
    draw = wengert.compile(lambda rng: (rng.standard_normal(10**6), rng.standard_exponential(10**6)))
    for x, y in zip(draw(ours), (theirs.standard_normal(10**6), theirs.standard_exponential(10**6)), strict=True):
        assert np.array_equal(x, y)
    assert_same_state(ours, theirs)


# ---------------------------------------------------------------- where generators come from


def test_a_generator_of_the_program_goes_on_from_call_to_call() -> None:
    rng, twin = pcg64(), pcg64()

    def walk(n: int) -> float:
        place = 0.0
        for _ in range(n):
            if rng.random() < 0.5:
                place += rng.normal()
            else:
                place -= rng.exponential(2.0)
        return place

    compiled = wengert.compile(walk)
    got = [compiled(10), rng.random(), compiled(0), compiled(25)]
    rng, between = twin, None
    expected = [walk(10), rng.random(), walk(0), walk(25)]
    assert got == expected and between is None


SEEDED: list[Callable[[int], Any]] = [
    lambda seed: np.random.default_rng(seed).random(3),
    lambda seed: np.random.Generator(np.random.PCG64(seed)).integers(100, size=3),
    lambda seed: np.random.Generator(np.random.Philox(seed)).random(3),
    lambda seed: np.random.Generator(np.random.Philox(key=seed, counter=7)).random(3),
    lambda seed: np.random.default_rng(np.random.default_rng(seed)).random(3),
    lambda seed: np.random.default_rng([1, 2, 3]).random(3) + seed,
    lambda seed: np.random.Generator(np.random.Philox(key=11)).random(3) + seed,
    lambda seed: np.random.default_rng(np.random.SeedSequence(5)).random(3) + seed,
]


@pytest.mark.parametrize("function", SEEDED, ids=lines_of(SEEDED))
def test_seeds(function: Callable[[int], Any]) -> None:
    """Constants and run-time values; one compilation, and the same numbers at each call."""
    compiled = wengert.compile(function)
    for seed in (0, 3, 2**31, 2**40 + 5, 3):
        assert np.array_equal(compiled(seed), function(seed))
    assert compiled.stats().compilations == 1


def test_a_generator_in_a_container_and_as_a_result() -> None:
    def step(state: dict[str, Any]) -> Any:
        state["x"] = state["x"] + state["rng"].normal()
        return state["rng"]

    ours, theirs = {"rng": pcg64(), "x": 1.0}, {"rng": pcg64(), "x": 1.0}
    kept = ours["rng"]
    result, _ = wengert.compile(step)(ours), step(theirs)
    assert result is kept and ours["rng"] is kept and ours["x"] == theirs["x"]
    assert_same_state(kept, theirs["rng"])
    made = wengert.compile(lambda seed: np.random.default_rng(seed))(3)
    assert isinstance(made, np.random.Generator) and made.random() == np.random.default_rng(3).random()


def test_the_same_generator_twice_is_one() -> None:
    rng, twin = pcg64(), pcg64()
    assert wengert.compile(lambda a, b: a.random() - b.random())(rng, rng) == twin.random() - twin.random()


def test_memory_and_state() -> None:
    """What compiled code reads is what NumPy says the state is; 128 bits and their halves."""
    rng = pcg64()
    rng.random(3, dtype=np.float32)
    copy = generator_with([view.copy() for view in memory_of(rng)])
    assert copy is not rng and copy.bit_generator.state == rng.bit_generator.state
    assert generator_with(memory_of(rng)) is rng
    a, b = np.uint64(0xFEDCBA9876543210), np.uint64(0x0123456789ABCDEF)
    assert int(random_streams.high_product(a, b)) == (int(a) * int(b)) >> 64


def test_an_explicit_byte_order_is_the_same_type() -> None:
    x = np.arange(3.0)
    assert wengert.compile(lambda x: np.sum(x))(x.view(np.dtype("f8").newbyteorder("<"))) == 3.0


# ---------------------------------------------------------------- derivatives


def test_reparameterised_gradients() -> None:
    def value(loc: float, scale: float) -> float:
        rng = np.random.default_rng(3)
        x, y = rng.normal(loc, scale, size=20), rng.uniform(loc, scale, size=20)
        return np.sum(np.sin(x) + y * y)

    wengert.check_grads(value, (0.3, 0.7), order=2)
    z = np.random.default_rng(3).standard_normal(20)
    gradient = wengert.grad(lambda s: np.sum(np.random.default_rng(3).normal(1.0, s, 20)))(0.7)
    assert gradient == pytest.approx(np.sum(z), rel=1e-14)


def test_what_is_rejected_has_no_derivative_in_its_parameters() -> None:
    def scaled(scale: float) -> float:
        return np.random.default_rng(1).gamma(2.5, scale)

    assert wengert.grad(scaled)(3.0) == np.random.default_rng(1).standard_gamma(2.5)
    with pytest.raises(DifferentiationError, match="jumps as a function of this parameter") as refused:
        wengert.grad(lambda shape: np.random.default_rng(1).gamma(shape, 2.0))(2.5)
    assert refused.value.position is not None and refused.value.position.file == __file__
    with pytest.raises(ValueError, match="cannot be drawn in compiled code"):
        wengert.compile(lambda rng, n: rng.binomial(n, 0.5))(pcg64(), 1000)


def test_a_loop_that_draws_is_differentiated_with_the_same_numbers() -> None:
    """Checkpointed sweeps draw again, from the state as it was."""

    def walk(sigma: float, n: int) -> float:
        rng, x = np.random.default_rng(5), 0.5
        for _ in range(n):
            x = x + 0.1 * np.sin(x) + rng.normal(0.0, sigma) * x
        return x

    plain = wengert.grad(walk)(0.3, 30)
    step = 1e-6
    assert plain == pytest.approx((walk(0.3 + step, 30) - walk(0.3 - step, 30)) / (2 * step), rel=1e-7)
    again = wengert.grad(wengert.compile(walk, checkpoint="binomial", slots=4))(0.3, 30)
    assert again == pytest.approx(plain, rel=1e-13)


def noisy(w: Any, rng: Any) -> Any:
    return w * rng.normal() + w * w * rng.random()


def test_a_derivative_has_drawn_what_the_function_draws() -> None:
    """A generator goes on under transforms, so that steps of stochastic descent see new numbers."""
    rng, twin = pcg64(), pcg64()
    gradient = wengert.grad(noisy)
    for _ in range(3):
        assert gradient(2.0, rng) == pytest.approx(twin.normal() + 4.0 * twin.random(), rel=1e-15)
    captured = wengert.value_and_grad(lambda w: noisy(w, rng))
    assert captured(2.0)[0] == pytest.approx(noisy(2.0, twin), rel=1e-15)
    assert wengert.hessian(noisy)(1.0, rng) == (twin.normal(), 2.0 * twin.random())[1]
    value, tangent = wengert.jvp(lambda w: noisy(w, rng), (0.5,), (1.0,))
    assert value == pytest.approx(noisy(0.5, twin), rel=1e-15) and np.isfinite(tangent)
    assert_same_state(rng, twin)


def test_check_grads_evaluates_with_the_same_numbers() -> None:
    rng = pcg64()
    wengert.check_grads(lambda w, rng: w * w * rng.random(), (2.0, rng), order=2)
    assert_same_state(rng, pcg64())


def test_descent_in_compiled_code() -> None:
    def descent(w: float, rng: Any, steps: int, slope: Any) -> float:
        for _ in range(steps):
            w = w - 0.1 * slope(w, rng)
        return w

    rng, twin = pcg64(), pcg64()
    compiled = wengert.compile(lambda w, rng, steps: descent(w, rng, steps, wengert.grad(noisy)))
    expected = descent(1.0, twin, 5, lambda w, rng: rng.normal() + 2.0 * w * rng.random())
    assert compiled(1.0, rng, 5) == pytest.approx(expected, rel=1e-14)
    assert_same_state(rng, twin)
    slope = wengert.grad(lambda w: compiled(w, rng, 3))(1.0)
    factors = [(twin.normal(), twin.random())[1] for _ in range(3)]
    assert slope == pytest.approx(np.prod([1.0 - 0.2 * u for u in factors]), rel=1e-13)
    assert_same_state(rng, twin)


def test_examples_draw_the_same_numbers_unless_their_seeds_differ() -> None:
    scaled = wengert.vmap(lambda s: s * np.random.default_rng(3).normal(size=2))(np.array([1.0, 2.0]))
    z = np.random.default_rng(3).normal(size=2)
    np.testing.assert_array_equal(scaled, [z, 2.0 * z])
    seeded = wengert.vmap(lambda seed: np.random.default_rng(seed).random(2))(np.array([3, 4]))
    np.testing.assert_array_equal(seeded, [np.random.default_rng(seed).random(2) for seed in (3, 4)])


# ---------------------------------------------------------------- refusals

REFUSED: list[tuple[Callable[[Any], Any], str]] = [
    (lambda rng: np.random.rand() + rng.random(), "rand: a random number is drawn while compiling"),
    (lambda rng: np.random.default_rng().random(), "without a seed"),
    (lambda rng: rng.hypergeometric(3, 4, 5), "hypergeometric is not covered"),
    (lambda rng: GLOBAL.multinomial(3, [0.5, 0.5]), "multinomial is not covered"),
    (lambda rng: rng.multivariate_normal(np.zeros(2), np.eye(2)), "method='cholesky'"),
    (lambda rng: rng.integers(5, dtype=np.uint8), "integers with dtype=uint8 is not covered"),
    (lambda rng: MERSENNE.random(), "a generator of type MT19937 is not covered"),
    (lambda rng: wengert.vmap(lambda x: x + GLOBAL.random())(np.ones(3)), "differentiated or mapped"),
]
GLOBAL, MERSENNE = np.random.default_rng(1), np.random.Generator(np.random.MT19937(1))


@pytest.mark.parametrize(("function", "what"), REFUSED, ids=lines_of([f for f, _ in REFUSED]))
def test_what_is_refused(function: Callable[..., Any], what: str) -> None:
    with pytest.raises(UnsupportedError) as refused:
        wengert.compile(function)(pcg64())
    assert what in str(refused.value)
    assert refused.value.position is not None and refused.value.position.file == __file__


def test_bad_parameters_are_errors_as_in_numpy() -> None:
    for function in (lambda rng: rng.normal(0.0, -1.0), lambda rng: rng.integers(3, 3),
                     lambda rng: rng.choice(3, p=[0.5, 0.4, 0.3]), lambda rng: rng.choice(3, 4, replace=False)):
        with pytest.raises(ValueError) as expected:
            function(pcg64())
        with pytest.raises((WengertValueError, ValueError, WengertError)) as refused:
            wengert.compile(function)(pcg64())
        assert str(expected.value).partition(".")[0] in str(refused.value)
