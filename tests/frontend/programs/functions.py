"""Functions, closures, scopes, decorators."""
# ruff: noqa

from __future__ import annotations

import functools

import numpy as np

from tests.frontend.programs.program import PROGRAMS, Program, normal, program, uniform


@program(lambda: (uniform(0, 3), 2.0))
def nested_closures(x, k):
    def outer(y):
        z = y * k

        def inner(q):
            return q + z

        return inner

    g = outer(x)
    total = 0.0
    for i in range(4):
        total = total + np.sum(g(x)) * i
    return total


@program(lambda: (np.array([1.0, -2, 3]),))
def local_lambda(x):
    f = lambda v: v * v if v > 0 else -v
    s = 0.0
    for i in range(len(x)):
        s = s + f(x[i])
    return s


@program(lambda: (1.5, 5))
def recursion(x, n):
    if n == 0:
        return 1.0
    return x * recursion(x, n - 1)


@program(lambda: (normal(0, 3),))
def nonlocal_sum(x):
    total = 0.0

    def add(v):
        nonlocal total
        total = total + v

    for i in range(len(x)):
        add(x[i])
    return total


def _keywords(x, *, a=2.0, b=None):
    if b is None:
        b = 1.0
    return x * a + b


@program(lambda: (2.0,))
def keyword_arguments(x):
    return _keywords(x, b=3.0) + _keywords(x, a=1.0)


def doubling(f):
    @functools.wraps(f)
    def wrapper(*a, **k):
        return f(*a, **k) * 2.0

    return wrapper


@doubling
def decorated(x):
    return x if x > 0 else -x


@program(lambda: (-1.0,))
def decorated_helper(x):
    return decorated(x)


@program(lambda: (1.0,))
def closures_in_list(x):
    fs = []
    for k in [1.0, 2.0]:
        fs.append(lambda v, k=k: v * k)
    return sum([f(x) for f in fs])


@program(lambda: (2.0,))
def function_defined_in_loop(x):
    s = 0.0
    for i in range(3):

        def h(v):
            return v * i

        s += h(x)
    return s


TABLE = np.arange(4.0)


@program(lambda: (1.0,))
def captured_array(x):
    return x + np.sum(TABLE)


@program(lambda: (2.0, 3))
def captured_array_by_element(x, n):
    s = 0.0
    for i in range(4):
        s += TABLE[i] * x
    return s


PROGRAMS.append(Program(lambda x, y=3.0: x * 2 if x > 1 else x, lambda: (4.0,), "lambda_with_default"))
PROGRAMS.append(Program(lambda x: x + 1, lambda: (4.0,), "plain_lambda"))
