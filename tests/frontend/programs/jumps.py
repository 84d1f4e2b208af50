"""`while`, `break`, `continue`, early returns."""
# ruff: noqa

from __future__ import annotations

import math

import numpy as np

from tests.frontend.programs.program import normal, program


@program(lambda: (3.0, 2.0))
def newton(x, a):
    k = 0
    while abs(x * x - a) > 1e-10 and k < 50:
        x = x - (x * x - a) / (2 * x)
        k += 1
    return x, k


@program(
    lambda: (np.array([0.1, -3, 0.2, 0.5, 9, 0.1]), 5.0),
    lambda: (np.array([0.1, 3, 2.5, 0.5, 9, 0.1]), 5.0),
    lambda: (np.array([0.1, 3, 0.5]), 5.0),
)
def all_jumps(x, limit):
    s = 0.0
    for i in range(x.shape[0]):
        if x[i] < 0.0:
            continue
        if x[i] > limit:
            break
        s += x[i]
        if s > 5.0:
            return -s
        s *= 1.01
    return s


@program(lambda: (11.0,), lambda: (3.0,), lambda: (-3.0,))
def early_return(x):
    if x > 10.0:
        return x * 2.0
    if x < 0:
        return 0.0
    y = x + 1.0
    return y * y


@program(lambda: (np.arange(5.0), 3.0), lambda: (np.arange(5.0), 30.0))
def find(a, v):
    for i in range(len(a)):
        if a[i] == v:
            return i
    return -1


@program(lambda: (np.array([100.0, 0.3]), normal(3, 20, 12)))
def barrier_option(p, Z):
    dt = 0.01
    total = 0.0
    mu = (0.02 - 0.5 * p[1] * p[1]) * dt
    sd = p[1] * math.sqrt(dt)
    for i in range(Z.shape[0]):
        S = p[0]
        alive = True
        for t in range(Z.shape[1]):
            S = S * math.exp(mu + sd * Z[i, t])
            if S < 90.0:
                alive = False
                break
        if alive and S > 100.0:
            total += S - 100.0
    return math.exp(-0.02) * total / Z.shape[0]


@program(lambda: (50.0,))
def while_true(x):
    k = 0
    while True:
        x = np.sqrt(x)
        k += 1
        if x < 1.01:
            break
    return x, k


@program(lambda: (np.arange(4.0), 1.5), lambda: (np.arange(4.0), 9.0))
def for_else(a, v):
    for i in range(len(a)):
        if a[i] > v:
            k = i
            break
    else:
        k = -1
    return k * 2


@program(lambda: (normal(0, 4, 5), 0.5))
def nested_break(A, limit):
    count = 0
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] < 0:
                break
            if A[i, j] > limit:
                continue
            count += 1
        else:
            count += 100
    return count


@program(lambda: (normal(0, 4, 5), 0.9), lambda: (normal(0, 4, 5), 9.0))
def return_from_nest(A, v):
    for i in range(A.shape[0]):
        for j in range(A.shape[1]):
            if A[i, j] > v:
                return i, j
    return -1, -1


@program(lambda: ([2.0, 3.0, 4.0], np.ones(2), 10.0), lambda: ([2.0, 3.0, 4.0], np.ones(2), 100.0))
def list_with_traced_break(ws, x, limit):
    for w in ws:
        x = x * w
        if np.sum(x) > limit:
            break
    return x


@program(lambda: (7.7,), lambda: (77.0,))
def while_nest(x):
    n = 0
    while x > 1.0:
        y = x
        while y > 1.0:
            y = y / 2.0
            n += 1
            if n > 40:
                return -1.0
        x = x - 1.3
    return n


@program(lambda: (4.0,))
def bool_flag(x):
    done = False
    n = 0
    while not done:
        x = x * 0.5
        n += 1
        done = x < 0.1
    return n


@program(lambda: (1.5,))
def python_worklist(x):
    todo = [x, x * 2.0]
    s = 0.0
    while todo:
        v = todo.pop()
        s = s + v
        if len(todo) == 1:
            todo.append(v * 3.0)
            todo.pop()
        if len(todo) == 1 and s is None:
            break
    return s
