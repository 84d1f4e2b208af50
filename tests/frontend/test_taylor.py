"""`taylor` against nested jvp, known series, and its own cost."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import WengertTypeError, WengertValueError

X, V = np.array([0.7, 1.2, 2.0, 0.3]), np.array([1.0, -0.5, 0.2, 2.0])
A = np.arange(16.0).reshape(4, 4) / 10


def by_jvp(f: Callable[..., Any], x: Any, v: Any, order: int) -> list[Any]:
    """The k-th derivative by k nested jvps, divided by k!."""

    def derivative(g: Callable[[Any], Any]) -> Callable[[Any], Any]:
        return lambda t: wengert.jvp(g, (t,), (1.0,))[1]

    g: Callable[[Any], Any] = lambda t: f(x + t * v)  # noqa: E731
    found = []
    for k in range(order + 1):
        found.append(wengert.compile(g)(0.0) / math.factorial(k))
        g = derivative(g)
    return found


def assert_series(found: list[Any], expected: list[Any]) -> None:
    assert len(found) == len(expected)
    for k, (a, b) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12, err_msg=f"coefficient {k}")


# ---------------------------------------------------------------- known series

K = range(7)
KNOWN: dict[str, tuple[Callable[..., Any], float, list[float]]] = {
    "exp": (math.exp, 0.0, [1 / math.factorial(k) for k in K]),
    "sin": (math.sin, 0.0, [[0, 1, 0, -1][k % 4] / math.factorial(k) for k in K]),
    "log1p": (math.log1p, 0.0, [0.0] + [-((-1) ** k) / k for k in K if k]),
    "atan": (math.atan, 0.0, [0 if k % 2 == 0 else (-1) ** (k // 2) / k for k in K]),
    "tanh": (math.tanh, 0.0, [0, 1, 0, -1 / 3, 0, 2 / 15, 0]),
    "geometric": (lambda x: 1 / (1 - x), 0.0, [1.0] * 7),
    "cube": (lambda x: x**3, 2.0, [8, 12, 6, 1, 0, 0, 0]),
    "integer power of zero": (lambda x: np.power(x, 3.0), 0.0, [0, 0, 0, 1, 0, 0, 0]),
    "square root": (math.sqrt, 1.0, [1, 1 / 2, -1 / 8, 1 / 16, -5 / 128, 7 / 256, -21 / 1024]),
    "absolute value": (abs, -2.0, [2.0, -1.0, 0, 0, 0, 0, 0]),
    "step": (lambda x: np.floor(x) * x, 2.5, [5.0, 2.0, 0, 0, 0, 0, 0]),
    "stop_gradient": (lambda x: wengert.stop_gradient(x) * x, 3.0, [9.0, 3.0, 0, 0, 0, 0, 0]),
}


@pytest.mark.parametrize("name", KNOWN)
def test_known_series(name: str) -> None:
    f, x, expected = KNOWN[name]
    assert_series(wengert.taylor(f, x, 1.0, 6), expected)


def test_order_zero_is_the_value() -> None:
    assert wengert.taylor(math.exp, 0.0, 1.0, 0) == [1.0]


# ---------------------------------------------------------------- programs


def recurrence(x: Any) -> Any:
    s, y = 1.0, np.zeros(4)
    for i in range(4):
        s = np.sin(s) * x[i]
        y[i] = s * s
        if y[i] > 0.1:
            y[i] = np.exp(y[i])
    return y


def growing(x: Any) -> Any:
    s = x * 1.0
    while np.sum(s) < 30.0:
        s = s * s + x
    return s


def in_place(x: Any) -> Any:
    y = x.copy()
    for _ in range(2):
        y[1:-1] = y[:-2] * y[2:]
    y *= y
    return y


@wengert.custom_jvp
def squared(x: Any) -> Any:
    return x * x


@squared.defjvp
def squared_jvp(primals: Any, tangents: Any) -> Any:
    (x,), (dx,) = primals, tangents
    return squared(x), 2.0 * x * dx


@wengert.custom_vjp
def cubed(x: Any) -> Any:
    return x**3


cubed.defvjp(lambda x: (x**3, x), lambda x, ct: (3.0 * ct * x * x,))

PROGRAMS: dict[str, Callable[[Any], Any]] = {
    "loop, branch, store": recurrence,
    "while": growing,
    "in place": in_place,
    "products": lambda x: (A @ x) * (x @ A) + np.sum(np.outer(x, A @ x) ** 2),
    "extrema": lambda x: np.max(x) * np.min(x * x) + np.maximum(x - 1, 0.0) ** 2,
    "product of elements": lambda x: np.prod(np.outer(x, x * x)[1:3], axis=0),
    "softmax": lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x))),
    "powers": lambda x: x**2.5 + x**x + np.sqrt(x) / np.log(3 + x),
    "solve": lambda x: np.linalg.solve(A * x[0] + 3 * x[1] * np.eye(4), x),
    "choice": lambda x: np.where(x > 0.5, np.sin(x) * x, np.clip(x, 0.2, 0.4) ** 3),
    "custom jvp": lambda x: np.sin(squared(x)) * x,
    "custom vjp": lambda x: np.exp(cubed(x[0])) * x,
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_programs_agree_with_nested_jvp(name: str) -> None:
    f = PROGRAMS[name]
    assert_series(wengert.taylor(f, X, V, 3), by_jvp(f, X, V, 3))


def test_trees_ints_and_single_precision() -> None:
    def f(p: Any) -> Any:
        return {"y": p["w"] * p["b"] ** 2, "n": p["w"].shape[0], "big": p["w"][0] > 0.5}

    point, direction = {"w": X, "b": 2.0}, {"w": V, "b": 1.0}
    series = wengert.taylor(f, point, direction, 3)
    np.testing.assert_allclose(series[1]["y"], V * 4 + X * 4)
    np.testing.assert_allclose(series[3]["y"], V)
    assert series[0]["n"] == 4 and series[0]["big"]
    assert series[1]["n"] is None and series[1]["big"] is None
    single = wengert.taylor(np.exp, np.float32(0.0), np.float32(1.0), 3)
    assert [type(c) for c in single] == [np.float32] * 4
    np.testing.assert_allclose(single, [1, 1, 1 / 2, 1 / 6], rtol=1e-6)


# ---------------------------------------------------------------- composition


def test_the_gradient_of_a_coefficient() -> None:
    def coefficient(x: Any) -> Any:
        return np.sum(wengert.taylor(recurrence, x, V, 3)[3])

    gradient = wengert.grad(coefficient)(X)
    step = 1e-6
    differences = [(coefficient(X + step * e) - coefficient(X - step * e)) / (2 * step) for e in np.eye(4)]
    np.testing.assert_allclose(gradient, differences, rtol=1e-7)
    direction = wengert.jvp(coefficient, (X,), (V,))[1]
    np.testing.assert_allclose(direction, gradient @ V, rtol=1e-12)
    # d/dt of coefficient 3 along the same line is 4 times coefficient 4
    np.testing.assert_allclose(direction, 4 * np.sum(wengert.taylor(recurrence, X, V, 4)[4]), rtol=1e-12)


def test_the_series_of_derivatives() -> None:
    def value(x: Any) -> Any:
        return np.sum(np.sin(x) * x[0])

    assert_series(wengert.taylor(wengert.grad(value), X, V, 3), by_jvp(wengert.grad(value), X, V, 3))
    inner = lambda t: wengert.taylor(lambda s: np.sin(t * s), 0.5, 1.0, 2)[2]  # noqa: E731
    assert_series(wengert.taylor(inner, 0.3, 1.0, 2), by_jvp(inner, 0.3, 1.0, 2))


def test_inside_of_compiled_code() -> None:
    """Taylor steps of y' = y*y - t: the series of the solution out of the series of the right-hand side."""

    @wengert.compile
    def step(y: Any, t: Any, h: Any) -> Any:
        def rhs(s: Any) -> Any:
            return s[0] * s[0] - s[1], 1.0

        coefficients = [y]
        for k in range(8):  # y_{k+1} = [rhs(y(s))]_k / (k+1), along the curve found so far
            def along(s: Any) -> Any:
                value = coefficients[0]
                power = 1.0
                for c in coefficients[1:]:
                    power = power * s
                    value = value + c * power
                return rhs((value, t + s))[0]

            coefficients.append(wengert.taylor(along, 0.0, 1.0, k)[k] / (k + 1))
        return sum(c * h**k for k, c in enumerate(coefficients))

    def euler(y: float, t: float, h: float, n: int) -> float:
        for _ in range(n):
            k1 = y * y - t
            k2 = (y + h / n * k1 / 2) ** 2 - (t + h / n / 2)
            y, t = y + h / n * k2, t + h / n
        return y

    assert step(0.5, 0.0, 0.2) == pytest.approx(euler(0.5, 0.0, 0.2, 4000), abs=1e-8)


@pytest.mark.parametrize(
    ("f", "growth"),
    [
        (lambda x: np.sin(np.exp(x)), 4.5),  # a K^2 law multiplies by 4 when K doubles, a K^3 law by 8
        (lambda x: np.tanh(x * x) / np.log(3 + x), 4.5),
        (lambda x: np.exp(x) ** 2.5, 8.0),
    ],
    ids=["sin", "quotient", "power"],
)
def test_the_cost_is_at_most_cubic_in_the_order(f: Callable[[Any], Any], growth: float) -> None:
    def operations(order: int) -> int:
        series = wengert.compile(lambda x, v: wengert.taylor(f, x, v, order))
        return series.lower(0.7, 1.0).as_text("transposed").count(" = ")

    counts = [operations(order) for order in (4, 8, 16)]
    for small, large in pairwise(counts):
        assert large <= growth * small, counts


# ---------------------------------------------------------------- refusals


def test_the_order_is_a_number_that_is_known() -> None:
    with pytest.raises(WengertTypeError, match=r"asked for order 2\.0"):
        wengert.taylor(math.sin, 0.0, 1.0, 2.0)  # type: ignore[arg-type]
    with pytest.raises(WengertValueError, match="asked for order -1"):
        wengert.taylor(math.sin, 0.0, 1.0, -1)


def test_an_order_that_is_an_argument_is_part_of_the_compilation() -> None:
    series = wengert.compile(lambda x, n: wengert.taylor(math.exp, x, 1.0, n)[n])
    assert [series(0.0, n) for n in (1, 3)] == pytest.approx([1.0, 1 / 6])


def test_the_direction_is_a_tree_like_the_argument() -> None:
    with pytest.raises(WengertValueError, match="the direction has 1 leaves, the argument 2"):
        wengert.taylor(lambda p: p[0] * p[1], (1.0, 2.0), 1.0, 2)
    with pytest.raises(WengertValueError, match="the direction is"):
        wengert.taylor(np.sin, X, np.ones(3), 2)
    with pytest.raises(WengertTypeError, match="taylor with respect to argument 0, which is an int"):
        wengert.taylor(lambda x: x * x, 3, 1.0, 2)
