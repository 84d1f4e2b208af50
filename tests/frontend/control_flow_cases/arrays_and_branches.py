"""Arrays that branches write, bind and share."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import case, numbers


@case((np.ones(3), np.zeros(3), 1.0), (np.ones(3), np.zeros(3), -1.0))
def either_argument(a, d, c):
    if c > 0:
        b = a
    else:
        b = d
    b += 1.0
    b[0] = 7.0
    return np.sum(b)


@case((np.ones(3), 1.0, 1.0), (np.ones(3), 1.0, -1.0), (np.ones(3), -1.0, 1.0), (np.ones(3), -1.0, -1.0))
def phi_of_phi(a, c, e):
    d = a * 2.0
    if c > 0:
        b = a
    else:
        b = d
    if e > 0:
        f = b
    else:
        f = a
    f[1] = 9.0
    b[2] += 1.0
    return b, d, f


@case((np.ones(3), 1.0), (np.ones(3), -1.0))
def two_names_for_a_new_array(a, c):
    if c > 0:
        b = d = a * 2.0
    else:
        b = d = a * 3.0
    b[0] = 50.0
    return d


@case((np.ones(3), 1.0), (np.ones(3), -1.0))
def new_array_shared_on_one_path(a, c):
    if c > 0:
        b = d = a * 2.0
    else:
        b = a * 3.0
        d = a * 4.0
    b[0] = 50.0
    return b, d


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def view_and_base_from_branch(a, c):
    if c > 0:
        b = a * 2.0
        d = b[1:3]
    else:
        b = a * 3.0
        d = b[3:5]
    return b, d


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def written_in_branch_and_rebound(a, c):
    b = a
    if c > 0:
        b[0] = 3.0
        b = b * 2.0
        b[1] = 4.0
    b[2] = 5.0
    return b


@case((np.arange(6.0), 1.0), (np.arange(6.0), -1.0))
def name_for_written_argument(a, c):
    d = a * 10.0
    b = d
    if c > 0:
        b = a
        b[0] = 9.0
    else:
        d[1] = 8.0
    return b, b[0] + b[1]


@case((numbers(4, 3), 2, 1.0), (numbers(4, 3), 2, -1.0))
def row_by_argument_in_branch(a, k, c):
    if c > 0:
        b = a[k]
    else:
        b = a[0]
    return b * 2.0


@case((numbers(4, 3), 2.0, 1.0), (numbers(4, 3), 2.0, -1.0))
def row_by_inner_number_in_branch(a, x, c):
    b = a[1]
    if c > 0:
        k = 0
        while k < x:
            k += 1
        b = a[k]
    return b * 2.0


@case((np.arange(4.0), 1.0), (np.arange(4.0), -1.0))
def slots_in_branch(a, c):
    d = {"x": a, "n": 1}
    xs = [a, a * 2.0]
    if c > 0:
        d["x"] = a + 1.0
        d["n"] = 2
        xs[1][0] = 5.0
        xs[0] = xs[1]
    xs[0][1] = 100.0
    return d, xs
