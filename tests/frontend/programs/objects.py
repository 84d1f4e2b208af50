"""Dataclasses, classes, dictionaries, lists."""
# ruff: noqa

from __future__ import annotations

import dataclasses

import numpy as np

from tests.frontend.programs.program import program, uniform


@dataclasses.dataclass
class State:
    u: np.ndarray
    v: np.ndarray
    t: float = 0.0


def step_in_place(s, dt):
    s.u = s.u + dt * s.v
    s.v[:] = s.v - dt * s.u
    s.t += dt


@program(lambda: (uniform(0, 4), uniform(1, 4), 5))
def dataclass_in_place(u, v, n):
    s = State(u, v.copy())
    log = {"e": 0.0, "n": 0}
    for _ in range(n):
        step_in_place(s, 0.1)
        log["e"] += np.sum(s.u * s.u)
        log["n"] += 1
    return s.u, s.t, log


def step_functional(s, dt):
    return State(s.u + dt * s.v, s.v - dt * s.u, s.t + dt)


@program(lambda: (uniform(0, 4), uniform(1, 4)))
def dataclass_functional(u, v):
    s = State(u, v)
    for _ in range(10):
        s = step_functional(s, 0.1)
    return np.sum(s.u) + s.t


def _layers() -> tuple[list[tuple[np.ndarray, np.ndarray]], np.ndarray]:
    return [(uniform(i, 4, 4), uniform(i + 9, 4)) for i in range(3)], uniform(5, 2, 4)


@program(_layers)
def mlp(params, x):
    h = x
    for w, b in params[:-1]:
        h = np.tanh(h @ w + b)
    w, b = params[-1]
    return np.sum(h @ w + b)


@program(_layers)
def mlp_over_range(params, x):
    h = x
    for l in range(len(params)):
        w, b = params[l]
        h = h @ w + b
        if l < len(params) - 1:
            h = np.tanh(h)
    return np.sum(h)


class Model:
    def __init__(self, w):
        self.w = w
        self.calls = 0

    def forward(self, x):
        self.calls += 1
        return np.sin(self.w * x)

    def __call__(self, x):
        return self.forward(x) if self.calls < 2 else x


@program(lambda: (uniform(0, 3), uniform(1, 3)))
def object_with_state(w, x):
    m = Model(w)
    for i in range(3):
        x = m(x)
    return np.sum(x), m.calls


@program(lambda: (2.0, 1.0), lambda: (2.0, -1.0))
def dict_in_branch(x, c):
    d = {"a": 1.0, "b": x}
    if c > 0:
        d["a"] = 2.0
        d["b"] = d["b"] * 3.0
    return d


@program(lambda: (2.0, 1.0), lambda: (2.0, -1.0))
def attributes_in_branch(x, c):
    class S:
        pass

    s = S()
    s.v = x
    s.n = 0
    if c > 0:
        s.v = s.v + 1.0
        s.n += 5
    return s.v, s.n


@program(lambda: ({"a": 2.0, "b": 3.0}, 1.5))
def loop_over_dict(p, x):
    for k, v in p.items():
        x = x * v
    return x


class Operators:
    def __init__(self, k):
        self.k = k

    @property
    def twice(self):
        return self.k * 2

    @property
    def positive(self):
        return self.k if self.k > 0 else -self.k

    def __matmul__(self, other):
        return Operators(self.k + other.k)


@program(lambda: (1.0,), lambda: (-5.0,))
def operator_overloading(x):
    product = Operators(x) @ Operators(2.0)
    return product.twice + product.positive


class Base:
    def f(self, x):
        return x * 2.0


class Derived(Base):
    def __init__(self):
        self.__secret = 3.0

    def f(self, x):
        return super().f(x) + 1.0

    def g(self, x):
        return x * self.__secret

    @staticmethod
    def absolute(x):
        return x if x > 0 else -x

    @property
    def four(self):
        return 4.0


@program(lambda: (1.0,))
def super_call(x):
    return Derived().f(x)


@program(lambda: (1.0,))
def private_name(x):
    return Derived().g(x)


@program(lambda: (-1.0,))
def static_method(x):
    return Derived.absolute(x) + Derived().four
