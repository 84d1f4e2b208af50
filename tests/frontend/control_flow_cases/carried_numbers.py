"""Numbers that loops carry."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import case, numbers


@case((1.0, 2.0, 3.0, 4.0),)
def same_kinds_do_not_mix(d, b, c, a):
    e = a + 0.5
    for i in range(5):
        a, b, c, d = b, c, d, e
        e = e * 2.0 + a
        if e > 20.0:
            c, a = a, c
    return a, b, c, d, e


@case((3,), (0,))
def kinds_widen(n):
    s = 0
    t = 1
    for i in range(n):
        s += 0.5
        t = t * 2
    return s * 1.0, t


@case((numbers(3).astype(np.float32),))
def weak_float_in_loop(x):
    s = 0.0
    for i in range(3):
        s = s * 0.5 + x[i]
    return s


@case((2.0,), (-2.0,))
def flags_of_python(x):
    found = False
    count = 0
    for limit in [1.0, 2.0, -3.0]:
        if x > limit:
            found = True
            count += 1
    return found, count


@case((2.0, 3.0), (0.0, 3.0), (2.0, 0.0))
def values_of_and_or(x, y):
    return x and y, x or y, not x, (x or y) and 5.0


@case((2.0,), (-2.0,))
def lazy_operands(x):
    return 1.0 if x < 0 else np.sqrt(x), x > 0 and 1.0 / x > 0.1
