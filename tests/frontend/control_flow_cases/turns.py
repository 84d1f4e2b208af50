"""How often a body runs."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import case, numbers


@case((5, 1), (1, 5), (3, 3), (0, 7))
def range_between_arguments(a, b):
    s = 0
    for i in range(a, b):
        s = s * 3 + i
    for i in range(b, a, -1):
        s = s * 3 + i
    for i in range(a, b, 2):
        s = s * 3 + i
    for i in range(b + 4, a, -3):
        s = s * 3 + i
    return s


@case((numbers(7),))
def literal_ranges(x):
    s = 0.0
    for i in range(0):
        s = s + 1000.0
    for i in range(6, 0, -2):
        s = s * 0.5 + x[i]
    for i in range(1):
        s += i
    for i in range(1, 7, 4):
        s = s * 0.5 + x[i]
    return s


@case((numbers(4),))
def target_changed_in_body(x):
    s = 0.0
    for i in range(4):
        i = i * 2
        s += i
        if s > 100.0:
            break
    return s, i


@case((numbers(4), numbers(6)))
def sequences(x, y):
    s = 0.0
    for i, (u, v) in enumerate(zip(x, y), 3):
        s = s * 1.1 + i * u + v
    for v in reversed(x):
        s = s * 0.9 + v
    for i in reversed(range(4)):
        s = s * 0.9 + x[i] * i
    return s


@case((np.zeros(3),))
def target_is_element(x):
    for x[1] in range(4):
        x[0] += x[1]
    return x


@case((3, 2.0), (0, 2.0), (7, 2.0))
def break_by_run_time_count(n, x):
    s = 0.0
    for i in range(n):
        s += x
        if s > 9.0:
            break
    else:
        s = -s
    return s


@case((6.0,), (0.0,), (2.0,))
def while_else(x):
    while x > 1.0:
        x -= 2.0
        if x == 4.0:
            continue
        if x == 1.5:
            break
    else:
        x = x - 100.0
    return x


@case((10.0,), (0.0,))
def walrus_in_while(x):
    s = 0.0
    while (y := x * 0.5) > 1.0:
        s += y
        x = y
    return s, x, y


@case((3.0,), (30.0,))
def python_then_traced_condition(x):
    k = 0
    todo = [1, 2]
    while todo or x > 5.0:
        if todo:
            k += todo.pop()
        x = x - 1.0
    return k, x


@case((numbers(3), 4), (numbers(3), 1))
def index_into_list_in_while(x, n):
    scales = [1.0, 2.0, 3.0, 4.0]
    k = 0
    while k < 3:
        x = x * scales[k]
        k += 1
    return x


@case((numbers(3),))
def dict_grows(x):
    d = {}
    for i in range(3):
        d[f"x{i}"] = x[i]
    return d


@case((numbers(3, 3), 0.0), (numbers(3, 3), 100.0), (numbers(3, 3), -100.0))
def return_from_while_in_for(A, limit):
    n = 0
    for i in range(3):
        x = A[i, 0]
        while x < 3.0:
            x = x + 0.7
            n += 1
            if x + A[i, 1] < limit - 50.0:
                return "early" == "late", n, x
            if n > 20:
                break
    return True, n, limit


def _first_above(a, limit):
    for i in range(len(a)):
        if a[i] > limit:
            return i
    return -1


@case((numbers(4, 5), 0.5), (numbers(4, 5), 5.0))
def helper_with_return_in_loop(A, limit):
    s = 0
    for i in range(4):
        k = _first_above(A[i], limit)
        if k < 0:
            continue
        s = s * 10 + k
    return s
