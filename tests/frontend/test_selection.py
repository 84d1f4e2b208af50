"""`argnums`: numbers, names of parameters, and captured variables; with the structures of what is chosen."""

from __future__ import annotations

import functools
from collections import namedtuple
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import WengertNameError, WengertTypeError

X = np.array([1.0, 2.0, 4.0])
WEIGHTS = {"w": np.array([0.5, -1.0, 2.0]), "b": [2.0]}
MATRIX = np.array([[1.0, 2.0], [3.0, 4.0]])
ROWS = MATRIX[1:]
SCALE = 3.0
Pair = namedtuple("Pair", "first second")


@dataclass
class Model:
    weight: np.ndarray
    bias: float


def through_globals(x: Any) -> Any:
    return helper(x) * SCALE


def helper(x: Any) -> Any:
    return np.sum(WEIGHTS["w"] * x * x) + WEIGHTS["b"][0]


def with_keywords(x: Any, y: Any = 3.0, *, power: Any = 2.0) -> Any:
    return np.sum(x**power) * y


# ---------------------------------------------------------------- numbers and parameters


def test_negative_and_several_numbers() -> None:
    def f(x: Any, y: Any, z: Any) -> Any:
        return x * y * y * z

    assert wengert.grad(f, -1)(2.0, 3.0, 5.0) == 18.0
    assert wengert.grad(f, (-1, 0, 2))(2.0, 3.0, 5.0) == (18.0, 45.0, 18.0)
    assert wengert.grad(f, [1])(2.0, 3.0, 5.0) == (60.0,)


@pytest.mark.parametrize("number", [3, -4])
def test_a_number_out_of_range_is_refused(number: int) -> None:
    with pytest.raises(WengertTypeError, match=f"asked for argument {number}, and the call has 1 positional"):
        wengert.grad(with_keywords, number)(X)


def test_parameters_by_name_however_they_are_passed() -> None:
    expected = 3 * 2 * X
    for gradient in (wengert.grad(with_keywords, "x")(X), wengert.grad(with_keywords, "x")(x=X),
                     wengert.grad(with_keywords, ("x",))(X, power=2.0)[0]):
        np.testing.assert_allclose(gradient, expected)
    by_power = np.sum(X**2.5 * np.log(X)) * 3
    np.testing.assert_allclose(wengert.grad(with_keywords, "power")(X, power=2.5), by_power)


def test_a_default_value_is_differentiated() -> None:
    assert wengert.grad(with_keywords, "y")(X) == np.sum(X**2)
    np.testing.assert_allclose(wengert.grad(with_keywords, "power")(X), 3 * np.sum(X**2 * np.log(X)))


def test_a_parameter_without_a_value_is_refused() -> None:
    with pytest.raises(WengertTypeError, match="asked for the parameter x, and the call has no value"):
        wengert.grad(with_keywords, "x")()


def test_names_pass_through_partials_methods_and_transforms() -> None:
    class Loss:
        def __call__(self, x: Any, w: Any) -> Any:
            return x * w * w

        def method(self, x: Any, w: Any) -> Any:
            return x * w * w * w

    assert wengert.grad(functools.partial(with_keywords, y=2.0), "y")(X) == np.sum(X**2)
    assert wengert.grad(Loss(), "w")(2.0, 3.0) == 12.0
    assert wengert.grad(Loss().method, "w")(2.0, 3.0) == 54.0
    assert wengert.grad(wengert.grad(with_keywords, "y"), "power")(np.array([2.0])) == 4 * np.log(2.0)


# ---------------------------------------------------------------- captured variables


def test_a_global_tree_read_by_a_helper() -> None:
    gradient = wengert.grad(through_globals, "WEIGHTS")(X)
    np.testing.assert_allclose(gradient["w"], 3 * X * X)
    assert gradient["b"] == [3.0]


def test_a_global_number_follows_its_value(monkeypatch: pytest.MonkeyPatch) -> None:
    gradient = wengert.grad(lambda x: helper(x) * SCALE**2, "SCALE")
    assert gradient(X) == pytest.approx(6 * helper(X))
    monkeypatch.setitem(globals(), "SCALE", 5.0)
    assert gradient(X) == pytest.approx(10 * helper(X))
    monkeypatch.setitem(WEIGHTS, "b", [7.0])
    assert wengert.grad(lambda x: x * WEIGHTS["b"][0] ** 2, "WEIGHTS")(1.0)["b"] == [14.0]


def test_a_number_inside_of_a_captured_tree_follows_its_value() -> None:
    rates = {"a": 2.0}
    gradient = wengert.grad(lambda x: x * rates["a"] ** 2, "rates")
    assert gradient(1.0) == {"a": 4.0}
    rates["a"] = 3.0
    assert gradient(1.0) == {"a": 6.0}


def test_arrays_of_an_enclosing_function_are_read_anew() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    gradient = wengert.grad(lambda x: np.sum(weights**2 * x), argnums=("weights", 0))
    np.testing.assert_allclose(gradient(X)[0], 2 * weights * X)
    weights[:] = 5.0
    np.testing.assert_allclose(gradient(X)[0], 10 * X)
    np.testing.assert_allclose(gradient(X)[1], 25.0)


def test_the_captured_array_may_be_an_argument_too() -> None:
    weights = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(weights * x * x), "weights")(weights), weights**2)
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(weights * x * x))(weights), 2 * weights**2)


def test_a_captured_array_that_the_function_writes_is_left_alone() -> None:
    buffer = np.array([1.0, 2.0, 3.0])

    def f(x: Any) -> Any:
        buffer[0] = buffer[1] * x
        return np.sum(buffer * buffer)

    np.testing.assert_allclose(wengert.grad(f, "buffer")(2.0), [0.0, 4 + 16.0, 6.0])
    np.testing.assert_allclose(buffer, [1.0, 2.0, 3.0])


def test_values_of_a_traced_function_and_of_its_loops() -> None:
    @wengert.compile
    def train(w: Any, x: Any, steps: Any) -> Any:
        scale = 1.0
        for _ in range(steps):

            def loss() -> Any:
                return np.sum((w * x) ** 2) * scale  # noqa: B023 - it is called in this turn

            slope, factor = wengert.grad(loss, argnums=("w", "scale"))()
            w = w - 0.01 * slope
            scale = scale + 0.001 * factor
        return w, scale

    w, scale = np.ones(3), 1.0
    for _ in range(4):
        w, scale = w - 0.01 * 2 * w * X * X * scale, scale + 0.001 * np.sum((w * X) ** 2)
    found = train(np.ones(3), X, 4)
    np.testing.assert_allclose(found[0], w)
    np.testing.assert_allclose(found[1], scale)


def test_a_view_of_a_traced_array() -> None:
    @wengert.compile
    def slopes(x: Any) -> Any:
        part = x[1:]
        return wengert.grad(lambda: np.sum(part**3), argnums="part")()

    np.testing.assert_allclose(slopes(X), 3 * X[1:] ** 2)


def test_second_derivatives_of_a_captured_variable() -> None:
    w = np.array([1.0, 2.0])

    def f(x: Any) -> Any:
        return x * w[0] ** 2 * w[1]

    np.testing.assert_allclose(wengert.hessian(f, "w")(3.0), 3 * np.array([[4.0, 2.0], [2.0, 0.0]]))
    np.testing.assert_allclose(wengert.grad(lambda x: wengert.grad(f, "w")(x)[0])(3.0), 4.0)


def test_an_unknown_name_proposes_the_nearest() -> None:
    with pytest.raises(WengertNameError, match="asked for 'WEIGHT'") as caught:
        wengert.grad(through_globals, "WEIGHT")(X)
    assert "WEIGHTS" in str(caught.value)
    assert caught.value.position is not None and caught.value.position.file == __file__


def test_a_captured_variable_without_floats_is_refused() -> None:
    count = 3
    with pytest.raises(WengertTypeError, match="the captured variable count, which is an int"):
        wengert.grad(lambda x: x * count, "count")(2.0)


def test_another_view_of_the_memory_is_refused() -> None:
    with pytest.raises(wengert.UnsupportedError, match="another NumPy view of its memory"):
        wengert.grad(lambda x: np.sum(MATRIX) * x + ROWS[0, 0], "MATRIX")(1.0)


def test_everything_is_as_before_after_an_error() -> None:
    def f(x: Any) -> Any:
        return np.packbits(x) * SCALE

    with pytest.raises(wengert.UnsupportedError):
        wengert.grad(f, "SCALE")(X)
    assert type(SCALE) is float


# ---------------------------------------------------------------- trees, aux


def trees() -> list[tuple[Any, Any]]:
    return [
        ({"a": X, "b": 2.0}, lambda t: np.sum(t["a"]) * t["b"]),
        ([X, 2.0], lambda t: np.sum(t[0]) * t[1]),
        ((X, (2.0,)), lambda t: np.sum(t[0]) * t[1][0]),
        (Pair(X, 2.0), lambda t: np.sum(t.first) * t.second),
        (Model(X, 2.0), lambda t: np.sum(t.weight) * t.bias),
    ]


@pytest.mark.parametrize("number", range(5))
def test_trees_in_and_out(number: int) -> None:
    tree, f = trees()[number]

    def parts(t: Any) -> list[Any]:
        flat = vars(t).values() if isinstance(t, Model) else t.values() if isinstance(t, dict) else t
        return [x[0] if isinstance(x, tuple) else x for x in flat]

    gradient = wengert.grad(f)(tree)
    assert type(gradient) is type(tree)
    first, second = parts(gradient)
    np.testing.assert_allclose(first, 2.0)
    assert second == 7.0
    for of in (wengert.jacfwd, wengert.jacrev, wengert.jacobian):
        matrix = of(lambda t, f=f: {"y": f(t), "z": (t, f(t) ** 2)[1]})(tree)
        np.testing.assert_allclose(parts(matrix["z"])[0], 4 * f(tree))
        assert parts(matrix["y"])[1] == 7.0
    hessian = wengert.hessian(f)(tree)
    np.testing.assert_allclose(parts(parts(hessian)[1])[0], 1.0)
    np.testing.assert_allclose(parts(wengert.hvp(f, (tree,), (tree,)))[0], 2.0)


def test_aux_beside_every_derivative() -> None:
    def f(x: Any) -> Any:
        return x * x, {"twice": 2 * x, "name": "f", "count": x.shape[0]}

    def scalar(x: Any) -> Any:
        return np.sum(x**3), (np.sum(x), x)

    for of in (wengert.jacfwd, wengert.jacrev, wengert.jacobian):
        matrix, aux = of(f, has_aux=True)(X)
        np.testing.assert_allclose(matrix, np.diag(2 * X))
        np.testing.assert_allclose(aux["twice"], 2 * X)
        assert aux["name"] == "f" and aux["count"] == 3
    hessian, (total, same) = wengert.hessian(scalar, has_aux=True)(X)
    np.testing.assert_allclose(hessian, np.diag(6 * X))
    assert total == 7.0
    np.testing.assert_allclose(same, X)
    value, tangent, aux = wengert.jvp(f, (X,), (np.ones(3),), has_aux=True)
    np.testing.assert_allclose(tangent, 2 * X)
    np.testing.assert_allclose(aux["twice"], 2 * X)
    np.testing.assert_allclose(value, X * X)


def test_aux_is_not_differentiated() -> None:
    """What is returned beside the value adds nothing to the gradient of the outer function."""

    def f(x: Any) -> Any:
        return x**3, x**2

    slope, aux = wengert.grad(f, has_aux=True)(2.0)
    assert (slope, aux) == (12.0, 4.0)
    assert wengert.grad(lambda x: sum(wengert.grad(f, has_aux=True)(x)))(2.0) == 12.0 + 4.0


def test_aux_needs_a_pair() -> None:
    for of in (wengert.grad, wengert.jacrev, wengert.jacfwd):
        with pytest.raises(WengertTypeError, match="needs a function that returns \\(value, aux\\)"):
            of(lambda x: x * x, has_aux=True)(2.0)


def test_jacobian_takes_the_cheaper_mode() -> None:
    def wide(x: Any) -> Any:
        return np.sum(x * x)

    def tall(t: Any) -> Any:
        return t * np.ones(5)

    assert "diff.rev" in wengert.jacobian(wide).lower(X).as_text("nd")
    assert "diff.lin" in wengert.jacobian(tall).lower(2.0).as_text("nd")
    np.testing.assert_allclose(wengert.jacobian(wide)(X), 2 * X)
    np.testing.assert_allclose(wengert.jacobian(tall)(2.0), np.ones(5))


def test_a_jacobian_of_ints_is_refused() -> None:
    with pytest.raises(WengertTypeError, match="jacobian needs a function whose results are floats"):
        wengert.jacobian(lambda x: x > 0)(X)
