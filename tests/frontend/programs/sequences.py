"""Ranges, sequences, comprehensions."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.programs.program import normal, program, uniform


@program(lambda: (uniform(0, 5),))
def negative_ranges(a):
    n = len(a)
    s = 0.0
    for i in range(n - 1, -1, -1):
        s = s * 0.5 + a[i]
    for i in range(10, 0, -3):
        s += i
    return s


@program(lambda: (normal(0, 4), 1))
def values_enumerate_zip(x, n):
    total = 0.0
    for i, v in enumerate(x):
        total += v * i
    for u, w in zip(x, x):
        total += u * w
    for v in x:
        total -= v
    return total


@program(lambda: (2.0, 4), lambda: (2.0, 0))
def size_from_argument(x, n):
    a = np.zeros((n, 2))
    for i in range(n):
        a[i, 0] = x * i
        a[i, 1] = i
    return a


@program(lambda: (uniform(0, 3),))
def list_grows(x):
    xs = []
    for i in range(4):
        xs.append(x * i)
    return sum(xs)


@program(lambda: (uniform(0, 3),))
def comprehension(x):
    return sum([x[i] ** 2 for i in range(3)]) + max(x[0], x[1])


@program(lambda: (np.arange(3.0),))
def generator_expression(x):
    return sum(x[i] * i for i in range(3))


@program(lambda: (normal(0, 3),))
def conditional_comprehension(x):
    return [v if v > 0 else -v for v in (x[0], x[1])]


@program(lambda: (20,))
def fibonacci(n):
    a, b = 0, 1
    for _ in range(n):
        a, b = b, a + b
    return a


@program(lambda: (uniform(0, 3),))
def last_value_of_target(x):
    for i in range(len(x)):
        t = x[i] * 2.0
    return t


@program(lambda: (normal(0, 6),))
def integer_accumulators(x):
    s = 0
    c = 0
    for i in range(len(x)):
        s += x[i]
        c += 1
    return s / c


@program(lambda: (normal(0, 6).astype(np.float32),))
def float32_accumulator(x):
    s = 0.0
    for i in range(len(x)):
        s = s + x[i] * 2.0
    return s


@program(lambda: (np.array([-1, 0.5, 1.0, 1.2, 1.7]),))
def chained_comparison(a):
    c = 0
    for i in range(len(a)):
        if 0.0 < a[i] <= 1.0 or a[i] > 1.5:
            c += 1
    return c
