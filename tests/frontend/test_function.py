"""The object users hold: dispatch by kind of arguments, and its shortcut for flat ones."""

from __future__ import annotations

from typing import Any

import numpy as np

import wengert


def test_arguments_that_are_containers_stay_containers() -> None:
    """Tuples of one element have as many leaves as there are arguments: the second call must tell them from leaves."""
    function = wengert.compile(lambda a, b: (a[0] * 2.0, b[0] + a[0]))
    for _ in range(3):
        double, total = function((np.ones(2),), (np.full(2, 3.0),))
        np.testing.assert_array_equal(double, [2.0, 2.0])
        np.testing.assert_array_equal(total, [4.0, 4.0])
    assert function.stats().compilations == 1


def test_one_function_takes_arrays_and_containers_by_turns() -> None:
    function = wengert.compile(lambda a, b: (a[0] + b[0], a[0]))
    flat, nested = (np.ones(2), np.ones(2)), ((np.ones(2),), (np.ones(2),))
    for _ in range(2):
        assert float(function(*flat)[0]) == 2.0
        np.testing.assert_array_equal(function(*nested)[0], [2.0, 2.0])
    assert function.stats().compilations == 2


def test_a_captured_array_in_the_place_of_an_argument_that_is_fixed() -> None:
    """The second argument of the compiled code is the array, where the second argument of the call was."""
    weights = np.array([1.0, 2.0, 3.0])
    function = wengert.compile(lambda x, n: np.zeros((n, 3)) + x * weights)
    for _ in range(2):
        np.testing.assert_array_equal(function(np.ones(3), 2), np.tile(weights, (2, 1)))


def test_a_bool_stays_a_bool_where_the_entry_is_not_called_directly() -> None:
    """It was handed on as an int, for which the function was compiled again."""
    f = wengert.compile(lambda tree: (not tree["flag"], tree["x"]))
    assert f({"flag": True, "x": 1.0}) == (False, 1.0)
    assert f.stats().compilations == 1


class Scaled:
    def __init__(self, factor: float) -> None:
        self.factor = factor

    def method(self, x: Any) -> Any:
        return self.factor * x * x


def test_transforms_of_one_method_of_two_instances() -> None:
    """A method has the attributes of its function: what is kept there is kept for each instance."""
    one, other = Scaled(2.0), Scaled(3.0)
    assert wengert.grad(one.method)(1.0) == 4.0 and wengert.grad(other.method)(1.0) == 6.0
    assert wengert.grad(one.method) is wengert.grad(one.method)


NUMBER = np.array(0.5)


def test_an_array_of_no_dimensions_from_outside_is_a_number_at_each_call() -> None:
    f = wengert.compile(lambda x: x * NUMBER)
    assert f(3.0) == 1.5
    NUMBER[()] = 2.0
    assert f(3.0) == 6.0
