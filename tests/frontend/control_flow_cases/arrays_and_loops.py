"""Arrays that loops write, swap and share."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.control_flow_cases.case import Pair, case, numbers


@case((numbers(4), 3), (numbers(4), 0))
def swap_in_inner_loop(x, n):
    a, b = x.copy(), x * 2.0
    for i in range(3):
        for j in range(3):
            b[:] = a + b * 0.5
            a, b = b, a
        a[0] += 1.0
    return a, b


@case((numbers(4), numbers(4) * 2, 5), (numbers(4), numbers(4) * 2, 0))
def swap_arguments_by_run_time_count(A, B, n):
    for t in range(n):
        B[1:] = 0.5 * A[:-1]
        A, B = B, A
    return A


@case((numbers(4), numbers(4) * 2),)
def swap_only_names(A, B):
    for t in range(3):
        A, B = B, A
    A[0] = 100.0
    return B


@case((numbers(4),))
def swap_in_list(x):
    xs = [x, x * 2.0]
    for t in range(3):
        xs[1][:] = xs[0] + 1.0
        xs[0], xs[1] = xs[1], xs[0]
    return xs


@case((numbers(4), numbers(4) + 1.0))
def swap_attributes(x, y):
    p = Pair(x, y)
    for t in range(5):
        p.b[1:] = p.a[:-1] * 2.0
        p.a, p.b = p.b, p.a
    return p.a


@case((numbers(4), 3), (numbers(4), 0), (numbers(4), 1))
def rebound_by_run_time_count(u, n):
    v = u
    for t in range(n):
        v = v * 2.0
    return v + u


@case((numbers(4), 3.0), (numbers(4), 0.5))
def local_rebound_in_while_then_written(u, x):
    v = u.copy()
    while x > 1.0:
        v = v * 2.0
        x = x - 1.0
    v[0] = 9.0
    return v


@case((numbers(4), 3.0), (numbers(4), 0.5))
def local_written_and_rebound_in_while(u, x):
    v = u.copy()
    while x > 1.0:
        v[0] = 1.0
        v = v * 2.0
        x = x - 1.0
    return v


@case((numbers(3, 4),))
def best_so_far(rows):
    best = rows[0].copy()
    for i in range(1, 3):
        candidate = rows[i] * 2.0
        if np.sum(candidate) > np.sum(best):
            best = candidate
    return best


@case((numbers(3, 4), numbers(4)))
def best_so_far_from_argument(rows, first):
    best = first
    for i in range(3):
        candidate = rows[i] * 2.0
        if np.sum(candidate) > np.sum(best):
            best = candidate
    return best


@case((numbers(4),))
def previous_array(x):
    old = x
    for _ in range(3):
        old = x
        x = x * 2.0
    return old, x


@case((numbers(4),))
def three_generations(x):
    a = b = c = x
    for _ in range(4):
        a, b, c = b, c, a + b * 2.0 + c
    return a, b, c


@case((numbers(4),))
def two_names_left_for_one_array(x):
    a, b = x, x * 2.0
    for _ in range(3):
        a = a + b
        b = a
    a[0] = 77.0
    return b


@case((numbers(3, 4),))
def rows_in_place(A):
    for row in A:
        row *= 2.0
        row[0] = 1.0
    return A


@case((numbers(6), 2), (numbers(6), 0))
def alias_before_loop(x, n):
    y = x
    z = x[1:]
    for i in range(n):
        y[i] = z[i] + 1.0
    return x, z


@case((numbers(4),))
def alias_moves_to_another_array(x):
    a, b = x * 1.0, x * 2.0
    p = a
    for _ in range(3):
        p = b
        p[0] += 1.0
    p[1] = 50.0
    return a, b


@case((numbers(4),))
def first_turn_writes_then_new(u):
    v = u
    for t in range(4):
        v[0] = 0.5
        v = np.sin(v) + 1.0
    return v


@case((numbers(5, 3), 0.1), (numbers(5, 3), 100.0))
def array_carried_past_break(rows, limit):
    total = np.zeros(3)
    for i in range(5):
        total = total + rows[i] * rows[i]
        if np.sum(total) > limit:
            break
        total[0] += 1.0
    return total, i
