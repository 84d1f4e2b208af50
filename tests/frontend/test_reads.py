"""What the code read while it was traced is looked up again at each call: stale numbers never come out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert

X = np.array([1.0, 2.0])
WEIGHTS: dict[str, Any] = {"w": np.ones(2)}


class Layer:
    def __init__(self, weight: Any) -> None:
        self.weight = weight
        self.rate = 1.0

    def __call__(self, x: Any) -> Any:
        return np.sum(self.weight * x) * self.rate


class Slotted:
    __slots__ = ("weight",)

    def __init__(self, weight: Any) -> None:
        self.weight = weight


def from_global(x: Any) -> Any:
    return np.sum(WEIGHTS["w"] * x)


def test_a_dict_of_the_module_that_is_bound_anew_or_gets_another_item(monkeypatch: pytest.MonkeyPatch) -> None:
    compiled, gradient = wengert.compile(from_global), wengert.grad(from_global, "WEIGHTS")
    assert compiled(X) == 3.0
    np.testing.assert_allclose(gradient(X)["w"], X)
    monkeypatch.setitem(globals(), "WEIGHTS", {"w": 10 * np.ones(2)})
    assert compiled(X) == 30.0
    WEIGHTS["w"] = 100 * np.ones(2)
    assert compiled(X) == 300.0
    WEIGHTS["w"][:] = 7.0
    assert compiled(X) == 21.0


def test_training_by_rebinding() -> None:
    weights = {"w": np.array([3.0, -1.0])}
    gradient = wengert.grad(lambda x: np.sum((weights["w"] * x) ** 2), "weights")
    expected = weights["w"]
    for _ in range(3):
        weights = {"w": weights["w"] - 0.1 * gradient(X)["w"]}
        expected = expected - 0.2 * expected * X * X
        np.testing.assert_allclose(weights["w"], expected)


@pytest.mark.parametrize("cls", [Layer, Slotted])
def test_attributes(cls: Any) -> None:
    layer = cls(np.ones(2))
    compiled = wengert.compile(lambda x: np.sum(layer.weight * x))
    assert compiled(X) == 3.0
    layer.weight = 5 * np.ones(2)
    assert compiled(X) == 15.0


def test_methods_and_numbers_of_objects() -> None:
    layer = Layer(np.ones(2))
    compiled = wengert.compile(lambda x: layer(x))
    gradient = wengert.grad(layer)
    assert compiled(X) == 3.0
    np.testing.assert_allclose(gradient(X), 1.0)
    layer.rate = 4.0
    assert compiled(X) == 12.0
    np.testing.assert_allclose(gradient(X), 4.0)


WALKS: dict[str, Any] = {
    "for": lambda items: lambda x: walk(items, x),
    "comprehension": lambda items: lambda x: sum([np.sum(w * x) for w in items]),
    "generator": lambda items: lambda x: sum(np.sum(w * x) for w in items),
    "zip": lambda items: lambda x: sum([np.sum(w * x) * k for w, k in zip(items, range(9, 0, -1))]),
    "stack": lambda items: lambda x: np.sum(np.stack(items) * x),
    "star": lambda items: lambda x: star(x, *items),
    "unpack": lambda items: lambda x: unpack(x, items),
    "reversed": lambda items: lambda x: np.sum(next(reversed(items)) * x),
    "nested": lambda items: lambda x: np.sum(np.concatenate((items[0], items[1])))
    + np.sum(np.stack([[w, w] for w in items])) * x[0],
}


def walk(items: Any, x: Any) -> Any:
    total = 0.0
    for w in items:
        total = total + np.sum(w * x)
    return total


def star(x: Any, *weights: Any) -> Any:
    return np.sum(weights[0] * x) - np.sum(weights[-1] * x) * 3


def unpack(x: Any, items: Any) -> Any:
    first, second, *_ = items
    return np.sum(first * x) + 2 * np.sum(second * x)


@pytest.mark.parametrize("name", WALKS)
def test_lists_that_get_other_items(name: str) -> None:
    items = [np.ones(2), 2 * np.ones(2)]
    f = WALKS[name](items)
    compiled = wengert.compile(f)
    assert compiled(X) == f(X)
    items[1] = 5 * np.ones(2)
    assert compiled(X) == f(X)
    items.append(7 * np.ones(2))
    assert compiled(X) == f(X)


def test_dicts_that_are_walked() -> None:
    items = {"a": 1.0, "b": 2.0}
    compiled = wengert.compile(lambda x: sum(v * x for v in items.values()))
    assert compiled(2.0) == 6.0
    items["c"] = 10.0
    assert compiled(2.0) == 26.0
    del items["a"]
    assert compiled(2.0) == 24.0


def test_what_the_code_makes_itself_is_no_guard() -> None:
    def f(x: Any) -> Any:
        parts = [x, 2 * x]
        parts.append(parts[0] + parts[1])
        table = {"n": 1}
        table["n"] = table["n"] + 1
        return sum(parts) * table["n"]

    compiled = wengert.compile(f)
    for value in (1.0, 2.0, 3.0):
        assert compiled(value) == 12 * value
    assert compiled.stats().compilations == 1


def test_what_stays_the_same_is_compiled_once() -> None:
    layer, config = Layer(np.ones(2)), {"rate": 2.0, "names": ["a", "b"]}
    compiled = wengert.compile(lambda x: layer(x) * config["rate"] * len(config["names"]))
    for _ in range(3):
        assert compiled(X) == 12.0
        layer.weight[:] = 1.0
    assert compiled.stats().compilations == 1
