"""Objects of classes written in Python: arguments, results, state of loops and branches, closures, gradients."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

import wengert

A = np.array([1.0, 2.5, 3.0, -4.0])


class Net:
    def __init__(self, w: Any, b: Any, name: str = "net", repeats: int = 2) -> None:
        self.w, self.b, self.name, self.repeats = w, b, name, repeats
        self.layers = [w * 2, {"q": b}]

    def __call__(self, x: Any) -> Any:
        for _ in range(self.repeats):
            x = np.tanh(self.w * x + self.b)
        return x

    @classmethod
    def scaled(cls, w: Any) -> Net:
        return cls(w, 2.0 * w)

    @staticmethod
    def square(x: Any) -> Any:
        return x * x

    @property
    def total(self) -> Any:
        return np.sum(self.w)

    @total.setter
    def total(self, value: Any) -> None:
        self.w = self.w * value


class Deep(Net):
    def __call__(self, x: Any) -> Any:
        return super().__call__(x) + self.layers[1]["q"] * np.sum(self.layers[0])


class Pair:
    __slots__ = ("x", "__y")

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.__y = x, y

    @property
    def y(self) -> Any:
        return self.__y

    def __add__(self, other: Pair) -> Pair:
        return Pair(self.x + other.x, self.y + other.y)

    def __mul__(self, k: Any) -> Pair:
        return Pair(self.x * k, self.y * k)

    __rmul__ = __mul__

    def __matmul__(self, other: Pair) -> Any:
        return self.x * other.x + self.y * other.y

    def __iadd__(self, other: Pair) -> Pair:
        self.x += other.x
        return self

    def __getitem__(self, i: int) -> Any:
        return (self.x, self.y)[i]

    def __len__(self) -> int:
        return 2

    def __iter__(self) -> Any:
        return iter((self.x, self.y))

    def __lt__(self, other: Pair) -> Any:
        return self @ self < other @ other


@dataclasses.dataclass
class Particle:
    x: Any
    v: Any
    label: str = "p"
    history: list[Any] = dataclasses.field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.x * 1.0

    def step(self, dt: float) -> None:
        self.x = self.x + dt * self.v
        self.v = self.v * 0.9
        self.history.append(np.sum(self.x))


@dataclasses.dataclass(frozen=True)
class Frozen:
    w: Any
    k: float


class Line(NamedTuple):
    w: Any
    b: float

    def at(self, x: Any) -> Any:
        return self.w * x + self.b


class Adam:
    def __init__(self, n: int) -> None:
        self.m, self.v, self.t, self.rate = np.zeros(n), np.zeros(n), 0, 0.1

    def update(self, p: Any, g: Any) -> Any:
        self.t += 1
        self.m = 0.9 * self.m + 0.1 * g
        self.v = 0.99 * self.v + 0.01 * g * g
        return p - self.rate * self.m / (1 - 0.9**self.t) / (np.sqrt(self.v / (1 - 0.99**self.t)) + 1e-8)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []


def case(*arguments: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def entered(function: Callable[..., Any]) -> Callable[..., Any]:
        CASES.append((function, arguments))
        return function

    return entered


@case(A)
def made_inside(a):
    net, other = Net(a, a * 2), Net.scaled(a)
    net.total = 2.0
    return net(a) + other(a) * Net.square(a) + net.total + Deep(a, a[0])(a)


@case(Net(A, 0.5), A)
def argument_that_is_changed(net, x):
    for i in range(3):
        net.w = net.w + x * i
        if net.w[0] > 2.2:
            net.b = net.b * 2
    net.seen = True
    return net(x)


@case(A)
def result(a):
    return Net(a * 2, a[0]), [Pair(a[0], a), Frozen(a, a[1]), Line(a * 3, 1.0)]


@case(A)
def slots(a):
    u, v = Pair(a[0], a[1]), Pair(a[2], a[3])
    w = 2 * (u + v * 3.0)
    x, y = w
    w += u
    if u < v:
        w = w * 0.5
    return w @ u + w[0] * len(w) + sum(w) + x * y


@case(A)
def loop_of_objects(a):
    u, net, k = Pair(0.0, 1.0), Net(a, a * 2), 0
    for i in range(4):
        u = u + Pair(a[i], a[i] * a[i])
        if a[i] > 2:
            u = Pair(u.x * 2, u.y)
    while np.sum(net.w * net.w) < 1000:
        net = Net(net.w * 2, net.b + 1)
        k += 1
    return u, net, k


@case(A)
def branch_of_objects(a):
    net = Net(a, a * 2) if a[0] > 0 else Net(a * 3, a)
    if a[1] > 0:
        net.w = a * 5
    return net(a)


@case(Particle(A, A * 2), 0.1)
def dataclass_that_steps(p, dt):
    for _ in range(3):
        p.step(dt)
    return p.x * p.start, Particle(p.v, p.x)


@case(Frozen(A, 2.0))
def frozen_that_is_replaced(p):
    for _ in range(3):
        p = dataclasses.replace(p, k=p.k * 2, w=p.w + p.k)
    return p


@case(Line(A, 2.0), 3.0)
def named_tuple(line, x):
    line = line._replace(b=line.b * 2)
    for _ in range(2):
        line = Line(line.w * 2, line.b + 1)
    w, b = line
    return line.at(x) + w * b, line


@case(A, Adam(4))
def optimizer(p, adam):
    for _ in range(5):
        p = adam.update(p, 2 * p)
    return p


SHARED = Net(A, A * 2)


@case(A)
def from_outside(a):
    return np.sum(SHARED(a)) * SHARED.layers[0]


def assert_same(actual: Any, expected: Any) -> None:
    """The same classes, attributes, and numbers up to rounding."""
    if type(expected).__module__ == __name__ and not isinstance(expected, tuple):
        assert type(actual) is type(expected)
        names = vars(expected) if hasattr(expected, "__dict__") else ("x", "y")
        assert not hasattr(expected, "__dict__") or list(vars(actual)) == list(vars(expected))
        for name in names:
            assert_same(getattr(actual, name), getattr(expected, name))
    elif isinstance(expected, (list, tuple)):
        assert type(actual) is type(expected) and len(actual) == len(expected)
        for x, y in zip(actual, expected, strict=True):
            assert_same(x, y)
    elif isinstance(expected, dict):
        assert list(actual) == list(expected)
        for key in expected:
            assert_same(actual[key], expected[key])
    elif isinstance(expected, (str, type(None))):
        assert actual == expected
    else:
        np.testing.assert_allclose(actual, expected, rtol=1e-12)


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_objects_are_pythons(function: Any, arguments: Any) -> None:
    """Results, changed arguments, and derivatives in both modes."""
    plain, compiled = copy.deepcopy(arguments), copy.deepcopy(arguments)
    expected = function(*plain)
    assert_same(wengert.compile(function)(*compiled), expected)
    assert_same(compiled, plain)
    wengert.check_grads(function, arguments, order=1)
    np.testing.assert_array_equal(arguments[0] if len(arguments) == 1 and function is from_outside else A, A)


def test_gradients_have_the_structure_of_the_object() -> None:
    def loss(net, x):
        return np.sum(net(x)) + np.sum(net.layers[0]) * net.layers[1]["q"]

    net = Net(A, 0.5)
    gradient = wengert.grad(loss)(net, A)
    assert type(gradient) is Net and gradient.name is None and gradient.repeats is None
    np.testing.assert_allclose(gradient.layers[0], np.full(4, 0.5))
    np.testing.assert_allclose(gradient.layers[1]["q"], np.sum(2 * A))
    _, pullback = wengert.vjp(loss, net, A)
    assert_same(pullback(1.0)[0], gradient)
    direction = copy.deepcopy(net)
    _, slope = wengert.jvp(lambda n: loss(n, A), (net,), (direction,))
    inner = np.sum(gradient.w * net.w) + gradient.b * net.b
    inner += np.sum(gradient.layers[0] * net.layers[0]) + gradient.layers[1]["q"] * 0.5
    np.testing.assert_allclose(slope, inner)
    _, push = wengert.linearize(lambda n: loss(n, A), net)
    np.testing.assert_allclose(push(gradient), wengert.jvp(lambda n: loss(n, A), (net,), (gradient,))[1])

    pair = wengert.grad(lambda p: np.sum(p.x**2) * p.y)(Pair(A, 0.5))
    assert type(pair) is Pair
    assert_same((pair.x, pair.y), (A, np.sum(A**2)))
    for cls in (Frozen, Line):
        found = wengert.grad(lambda p: np.sum(p[0]) * p[1] ** 2 if isinstance(p, tuple) else np.sum(p.w) * p.k**2)(
            cls(A, 0.5))
        assert_same(found, cls(np.full(4, 0.25), np.float64(np.sum(A))))
    mapped = wengert.vmap(lambda p: Pair(np.sum(p.x), p.y))(Pair(np.stack([A, 2 * A]), np.array([1.0, 2.0])))
    assert_same((mapped.x, mapped.y), (np.array([2.5, 5.0]), np.array([1.0, 2.0])))


def test_methods_compile() -> None:
    class Counter:
        def __init__(self) -> None:
            self.w, self.count = A.copy(), 0

        @wengert.compile
        def step(self, x: Any) -> Any:
            self.count += 1
            self.w -= 0.1 * x
            return np.sum(self.w)

    counter = Counter()
    for k in range(3):
        np.testing.assert_allclose(counter.step(A), np.sum(A) * (1 - 0.1 * (k + 1)))
    assert counter.count == 3
    assert Counter.step.stats().compilations == 1


def test_flags_that_decide_the_structure_are_constants() -> None:
    class Options:
        def __init__(self, doubled: bool, n: int) -> None:
            self.doubled, self.n = doubled, n

    @wengert.compile
    def f(options, x):
        if options.doubled:
            x = np.concatenate([x, x])
        for _ in range(options.n):
            x = x * 2.0
        return x + np.zeros(options.n)[0]

    np.testing.assert_allclose(f(Options(True, 2), A), np.concatenate([A, A]) * 4)
    np.testing.assert_allclose(f(Options(False, 3), A), A * 8)
    np.testing.assert_allclose(f(Options(False, 3), A + 1), A * 8 + 8)
    assert f.stats().compilations == 2


def test_objects_that_hold_themselves_are_constants() -> None:
    class Node:
        def __init__(self, value: float, parent: Any = None) -> None:
            self.value, self.parent, self.children = value, parent, []

    root = Node(1.0)
    root.children.append(Node(2.0, root))
    assert wengert.compile(lambda n, x: n.value + x * n.children[0].parent.value)(root, 3.0) == 4.0


def test_identity_of_objects_without_numbers() -> None:
    class Nothing:
        pass

    nothing = Nothing()
    assert wengert.compile(lambda x, y: x if y is nothing else 2 * x)(1.0, nothing) == 1.0
