"""Errors at run time."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import case, numbers


@case((2.0,), (-2.0,))
def raise_in_branch(x):
    if x < 0:
        raise ValueError("x is negative")
    return x * 2.0


@case((np.array([1.0, 2.0]),), (np.array([1.0, -2.0]),))
def raise_in_loop(x):
    s = 0.0
    for v in x:
        if v < 0:
            raise ValueError("negative")
        s += v
    return s


@case((2.0,), (-2.0,))
def assert_under_branch(x):
    if x < 5.0:
        assert x > 0, "not positive"
    return x


@case((numbers(4), 2), (numbers(4), 4), (numbers(4), -5), (numbers(4), -4))
def index_from_argument(x, k):
    return x[k]


@case((numbers(4), 3), (numbers(4), 5))
def index_out_of_range_in_loop(x, n):
    s = 0.0
    for i in range(n):
        s += x[i]
    return s


@case((numbers(4), 2), (numbers(4), 9))
def guarded_index(x, k):
    if k < 4 and x[k] < 100.0:
        return x[k]
    return -1.0
