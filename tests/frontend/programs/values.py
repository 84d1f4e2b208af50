"""Values of every kind, `try`, `with`, assignments."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.programs.program import program

TABLE = np.arange(4.0)


@program(lambda: (0.5,), lambda: (-0.5,))
def bool_result(x):
    return x > 0 and x < 1


@program(lambda: (1.0,))
def bound_on_one_path(x):
    if x > 0:
        y = 1.0
    return y


@program(lambda: (2.0,), lambda: (0.2,))
def int_or_float(x):
    k = 0
    if x > 1:
        k = 0.5
    return k


@program(lambda: (2.0,), lambda: (0.2,))
def walrus(x):
    if (y := x * 2.0) > 1.0:
        return y
    return x


@program(lambda: (1.0,))
def try_finally(x):
    try:
        y = x + TABLE[0]
    finally:
        z = 1.0
    return y * z


@program(lambda: (1.0,), lambda: (-1.0,))
def try_except(x):
    try:
        if x > 0:
            y = x * 2.0
        else:
            y = x
    except ValueError:
        y = 0.0
    return y


@program(lambda: (-1.0,))
def errstate(x):
    with np.errstate(all="ignore"):
        if x > 0:
            return x
    return -x


@program(lambda: (1.0,))
def format_string_not_taken(x):
    s = f"x={x:.3f}" if False else "k"
    return x, len(s)


@program(lambda: (1.0,))
def star_assignment(x):
    a, *b = [x, x * 2.0, x * 3.0]
    return a + sum(b)


@program(lambda: (1.0,))
def multiple_assignment(x):
    a = b = x * 2.0
    a = a + 1.0
    return a, b


@program(lambda: (4.0,))
def raises_in_dead_branch(x):
    if x < 0:
        raise ValueError("negative")
    return np.sqrt(x)
