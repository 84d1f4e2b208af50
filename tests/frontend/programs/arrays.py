"""Views, aliases, masks, swaps."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.programs.program import normal, program, uniform


@program(lambda: (np.arange(6.0),))
def views(a):
    left = a[:-1]
    left[:] = a[1:] * 2.0
    b = a
    b[0] = 7.0
    row = left[1:3]
    row += 100.0
    c = a[::2]
    c[0] = -1.0
    return left[0] + b[1], a[-1]


@program(lambda: (uniform(0, 6), uniform(1, 6)))
def swap_arguments(A, B):
    for t in range(5):
        B[1:-1] = 0.5 * (A[:-2] + A[2:])
        A, B = B, A
    return np.sum(A), A


@program(lambda: (uniform(0, 6), uniform(1, 6), uniform(2, 6)))
def rotate_arguments(A, B, C):
    for t in range(6):
        C[1:-1] = A[1:-1] + 0.1 * (B[:-2] + B[2:])
        A, B, C = B, C, A
    return A


@program(lambda: (normal(0, 6), 7))
def rotate_buffers(u, n):
    u0 = u.copy()
    u1 = u * 2.0
    u2 = u * 0.0
    for t in range(7):
        u2[1:-1] = 2.0 * u1[1:-1] - u0[1:-1] + 0.1 * (u1[2:] + u1[:-2])
        u0, u1, u2 = u1, u2, u0
    return u1


@program(lambda: (normal(0, 3),))
def swap_buffers(x):
    a = x.copy()
    b = x * 0.0
    for _ in range(4):
        b[:] = a * 1.5
        a, b = b, a
    return a


@program(lambda: (normal(0, 3), 7))
def swap_buffers_in_while(x, n):
    a = x.copy()
    b = x * 0.0
    k = 0
    while k < n:
        b[:] = 0.5 * (a + 1.0)
        a, b = b, a
        k += 1
    return a, b


@program(lambda: (uniform(0, 3),))
def rebind(u):
    for t in range(4):
        u = np.sin(u) + u
    return np.sum(u)


@program(lambda: (uniform(0, 3),))
def first_turn_writes_argument(u):
    for t in range(4):
        u[0] = 0.5
        u = np.sin(u) + 1.0
    return np.sum(u)


@program(lambda: (normal(0, 3),))
def previous_array(x):
    old = x
    for _ in range(3):
        old = x
        x = x * 2.0
    return old


@program(lambda: (uniform(0, 3), 1.0), lambda: (uniform(0, 3), -1.0))
def conditional_alias(a, c):
    if c > 0:
        b = a
    else:
        b = a.copy()
    b[0] = 99.0
    return np.sum(a)


@program(lambda: (2 * normal(0, 3, 3),))
def conditional_row_update(a):
    for i in range(3):
        row = a[i]
        if row[0] > 1.0:
            row *= 0.5
        row[1] += i
    return np.sum(a)


def _one_array_twice() -> tuple[np.ndarray, np.ndarray]:
    z = np.ones(3)
    return z, z


@program(_one_array_twice)
def same_array_twice(a, b):
    a[0] = 5.0
    return b[0] + 1.0


@program(lambda: (normal(0, 9), 0.5))
def masks(a, limit):
    a[a > limit] = limit
    a[a < 0.0] += 10.0
    return np.sum(np.where(a > 1.0, a, -a))


@program(lambda: (np.arange(3.0),))
def views_without_dimensions(a):
    first, last = a[..., 0], a[-1, ...]
    first += 1.0
    for i in range(3):
        last[...] = last * 0.5 + a[i]
    return a, first * 2 + np.sin(last), first + last


@program(lambda: (np.arange(5.0),))
def moving_view(a):
    for i in range(3):
        v = a[i : i + 2]
        v[0] = v[1] + 1.0
    return np.sum(a)


@program(lambda: (normal(0, 6), 2), lambda: (normal(0, 6), 9), lambda: (normal(0, 6), -2))
def slice_from_argument(x, k):
    return np.sum(x[k:])


@program(lambda: (np.arange(5.0),))
def slice_object(x):
    s = slice(1, -1)
    return np.sum(x[s])


@program(lambda: (5, normal(0, 9)))
def integer_division_index(n, x):
    return x[n // 2], x[-1 - n % 2]


@program(lambda: (1.0,))
def array_of_list(x):
    return np.sum(np.array([x, x * 2.0]))


@program(lambda: (np.ones(2),))
def returns_its_argument(a):
    a += 1.0
    return a
