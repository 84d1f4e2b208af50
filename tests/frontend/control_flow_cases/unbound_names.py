"""Names that may be unbound."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import case, numbers


@case((1.0,), (-1.0,))
def bound_and_read_under_one_condition(x):
    if x > 0:
        y = 2.0
    z = 1.0
    if x > 0:
        z = y
    return z


@case((1.0,), (-1.0,))
def bound_on_one_path(x):
    if x > 0:
        y = x
    return y


@case((1.0,), (-1.0,))
def structure_bound_on_one_path(x):
    if x > 0:
        y = (x, [x, 2.0])
    return y[1]


@case((np.ones(2), 1.0), (np.ones(2), -1.0))
def array_bound_on_one_path(a, x):
    if x > 0:
        b = a
    b[0] = 5.0
    return b


@case((1.0,), (-1.0,), (-10.0,))
def bound_in_two_steps(x):
    if x > 0:
        y = 1.0
    elif x < -5:
        y = 2.0
    if x < 0 and x > -5:
        y = 3.0
    return y


@case((3, 2.0), (1, 2.0), (0, 2.0))
def bound_by_loop(n, x):
    for i in range(n):
        t = x * i
    return t


@case((3, 2.0), (0, 2.0))
def target_after_loop(n, x):
    for i in range(n):
        x = x + i
    return i, x


@case((5.0,), (0.5,))
def bound_by_while(x):
    while x > 1.0:
        y = x
        x = x / 2.0
    return y


@case((numbers(5),))
def previous_turn(x):
    s = 0.0
    for i in range(5):
        if i > 0:
            s += before * x[i]
        before = x[i]
    return s


@case((1.0,), (-1.0,))
def deleted_on_one_path(x):
    y = x
    if x > 0:
        del y
    return y


@case((1.0,), (-1.0,))
def unbound_in_closure(x):
    def read():
        return y

    if x > 0:
        y = x
    return read()


@case((4, 2.0), (0, 2.0))
def bound_late_in_loop(n, x):
    for i in range(n):
        if i == 2:
            found = x * i
    return found
