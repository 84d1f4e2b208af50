"""Programs on grids: stencils in slices and in scalar loops, sweeps up and down, buffers that change places."""

import numpy as np

from tests.programs import TRIPS, program, uniform


@program(*[(uniform(6, 7), sweeps) for sweeps in TRIPS], analytic=True, second=2, float32=True)
def gauss_seidel(A, sweeps):
    m, n = A.shape
    for _ in range(sweeps):
        for i in range(1, m - 1):
            for j in range(1, n - 1):
                A[i, j] = (A[i - 1, j] + A[i, j - 1] + A[i, j] ** 2 + A[i, j + 1] + A[i + 1, j]) / 5.0
    return np.sum(A * A)


@program(*[(uniform(9), uniform(9, seed=1), steps) for steps in TRIPS], (uniform(3), uniform(3, seed=1), 2),
         (uniform(2), uniform(2, seed=1), 2), wrt=(0, 1), analytic=True, second=2, float32=True)
def jacobi_1d(A, B, steps):
    for _ in range(steps):
        B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
        A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
    return np.sum(A * A)


@program(*[(uniform(6, 5), uniform(6, 5, seed=1), steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2)
def jacobi_2d(A, B, steps):
    for _ in range(steps):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
    return np.sum(A**3)


def diffused(A):
    c = A[1:-1, 1:-1, 1:-1]
    return (0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * c + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * c + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * c + A[1:-1, 1:-1, :-2]) + c)


@program(*[(uniform(4, 5, 4), uniform(4, 5, 4, seed=1), steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2)
def heat_3d(A, B, steps):
    for _ in range(steps):
        B[1:-1, 1:-1, 1:-1] = diffused(A)
        A[1:-1, 1:-1, 1:-1] = diffused(B)
    return np.sum(A * A)


@program(*[(uniform(5, 5), 0.2, steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2, float32=True)
def heat_in_place(u, rate, steps):
    for _ in range(steps):
        u[1:-1, 1:-1] += rate * (u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * u[1:-1, 1:-1])
    return u


@program(*[(uniform(5, 6), uniform(5, 6, seed=1), uniform(5, 6, seed=2), uniform(7, seed=3), steps) for steps in TRIPS],
         wrt=(0, 1, 2, 3), analytic=True, second=1)
def fdtd_2d(ex, ey, hz, source, steps):
    for t in range(steps):
        ey[0, :] = source[t]
        ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
        ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
        hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
    return np.sum(hz * hz), ex


@program((uniform(5, 4), 1), (uniform(5, 4), 3), analytic=True)
def adi(u, steps):
    """Alternating directions: a tridiagonal solve for every row, forwards and backwards."""
    m, n = u.shape
    v, p, q = np.zeros_like(u), np.zeros_like(u), np.zeros_like(u)
    for _ in range(steps):
        for i in range(1, m - 1):
            v[i, 0] = 1.0
            p[i, 0] = 0.0
            q[i, 0] = v[i, 0]
            for j in range(1, n - 1):
                pivot = 1.8 - 0.4 * p[i, j - 1]
                p[i, j] = 0.4 / pivot
                q[i, j] = (0.3 * (u[i - 1, j] + u[i + 1, j]) + 0.4 * u[i, j] + 0.4 * q[i, j - 1]) / pivot
            v[i, n - 1] = 1.0
            for j in range(n - 2, 0, -1):
                v[i, j] = p[i, j] * v[i, j + 1] + q[i, j]
        u[1:-1, 1:-1] = v[1:-1, 1:-1] * u[1:-1, 1:-1]
    return np.sum(u * u)


@program(*[(uniform(7), uniform(7, seed=1), steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2)
def swapped_buffers(A, B, steps):
    """`A, B = B, A`: the caller sees both arrays, whichever name they end under."""
    for _ in range(steps):
        B[1:-1] = 0.5 * (A[:-2] * A[2:] + A[1:-1])
        A, B = B, A
    return A


@program((uniform(6), uniform(6, seed=1)), wrt=(0, 1), analytic=True)
def leapfrog_buffers(u0, u1):
    """The wave equation with three buffers that rotate, an odd number of times."""
    u2 = np.zeros_like(u0)
    for _ in range(5):
        u2[1:-1] = 2.0 * u1[1:-1] - u0[1:-1] + 0.1 * (u1[2:] - 2.0 * u1[1:-1] + u1[:-2]) * u1[1:-1]
        u0, u1, u2 = u1, u2, u0
    return u1


@program(*[(uniform(8), 0.3, steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2, float32=True)
def advection_backwards(u, c, steps):
    """Upwind differences in place: the loop has to run down."""
    for _ in range(steps):
        for i in range(len(u) - 1, 0, -1):
            u[i] -= c * u[i] * (u[i] - u[i - 1])
    return u


@program((uniform(9), 2), (uniform(8), 1), analytic=True)
def red_black(u, sweeps):
    for _ in range(sweeps):
        u[1:-1:2] = 0.5 * (u[:-2:2] + u[2::2]) ** 2
        u[2:-1:2] = 0.5 * (u[1:-2:2] + u[3::2])
    return np.sum(u * u)


@program((uniform(12), 1, 12), (uniform(12), 3, 9), (uniform(12), 5, 5), (uniform(12), 6, 2), analytic=True)
def every_third(a, start, stop):
    for i in range(start, stop, 3):
        a[i] = a[i] * a[i - 1] + i
    return a


@program((uniform(12), 11, 0), (uniform(12), 9, 3), (uniform(12), 4, 4), (uniform(12), 2, 6), analytic=True)
def every_second_down(a, start, stop):
    for i in range(start, stop, -2):
        a[i] = a[i] * a[i - 1] + i
    return a


@program((uniform(5, 6),), (uniform(1, 1),), analytic=True)
def summed_area(a):
    """Row and column sums by in-place recurrences on views."""
    for i in range(1, a.shape[0]):
        a[i] += a[i - 1]
    for j in range(1, a.shape[1]):
        a[:, j] += a[:, j - 1]
    return np.sum(a * a)


@program((uniform(6, 6), 2), analytic=True)
def rows_through_views(a, steps):
    """Writes through a row, a column and a reversed view."""
    for _ in range(steps):
        for i in range(1, a.shape[0] - 1):
            row = a[i]
            row[1:-1] = 0.5 * (a[i - 1, 1:-1] + a[i + 1, 1:-1]) * row[1:-1]
        column = a[:, 0]
        column *= 0.9
        last = a[-1][::-1]
        last += 0.1 * a[0]
    return a.sum(axis=0)
