"""Stencils: every element from its neighbours, many times, in place. After PolyBench."""

from __future__ import annotations

import numpy as np

from benchmarks.kernel import Kernel, kernel, uniform


@kernel(n=30, steps=4)
def jacobi_1d(n: int = 20_000, steps: int = 1000) -> Kernel:
    """Means of three points on a line, two fields in turn."""

    def slices(A, B):
        for _ in range(1, steps):
            B[1:-1] = 0.33333 * (A[:-2] + A[1:-1] + A[2:])
            A[1:-1] = 0.33333 * (B[:-2] + B[1:-1] + B[2:])
        return np.sum(A * A)

    def loops(A, B):
        n = A.shape[0]
        for _ in range(1, steps):
            for i in range(1, n - 1):
                B[i] = 0.33333 * (A[i - 1] + A[i] + A[i + 1])
            for i in range(1, n - 1):
                A[i] = 0.33333 * (B[i - 1] + B[i] + B[i + 1])
        s = 0.0
        for i in range(n):
            s += A[i] * A[i]
        return s

    return Kernel({"A": uniform(0, n), "B": uniform(1, n)}, ("A", "B"), slices, loops)


@kernel(n=9, steps=4)
def jacobi_2d(n: int = 250, steps: int = 100) -> Kernel:
    """Means of five points in the plane, two fields in turn."""

    def slices(A, B):
        for _ in range(1, steps):
            B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
            A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
        return np.sum(A * A)

    def loops(A, B):
        n = A.shape[0]
        for _ in range(1, steps):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    B[i, j] = 0.2 * (A[i, j] + A[i, j - 1] + A[i, j + 1] + A[i + 1, j] + A[i - 1, j])
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    A[i, j] = 0.2 * (B[i, j] + B[i, j - 1] + B[i, j + 1] + B[i + 1, j] + B[i - 1, j])
        s = 0.0
        for i in range(n):
            for j in range(n):
                s += A[i, j] * A[i, j]
        return s

    return Kernel({"A": uniform(0, n, n), "B": uniform(1, n, n)}, ("A", "B"), slices, loops)


@kernel(n=6, steps=3)
def heat_3d(n: int = 64, steps: int = 30) -> Kernel:
    """The heat equation in a cube, two fields in turn."""

    def stencil(A):
        c = A[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * c + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * c + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * c + A[1:-1, 1:-1, :-2])
            + c
        )

    def slices(A, B):
        for _ in range(1, steps):
            B[1:-1, 1:-1, 1:-1] = stencil(A)
            A[1:-1, 1:-1, 1:-1] = stencil(B)
        return np.sum(A * A)

    def loops(A, B):
        n = A.shape[0]
        for _ in range(1, steps):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    for k in range(1, n - 1):
                        B[i, j, k] = (
                            0.125 * (A[i + 1, j, k] - 2.0 * A[i, j, k] + A[i - 1, j, k])
                            + 0.125 * (A[i, j + 1, k] - 2.0 * A[i, j, k] + A[i, j - 1, k])
                            + 0.125 * (A[i, j, k + 1] - 2.0 * A[i, j, k] + A[i, j, k - 1])
                            + A[i, j, k]
                        )
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    for k in range(1, n - 1):
                        A[i, j, k] = (
                            0.125 * (B[i + 1, j, k] - 2.0 * B[i, j, k] + B[i - 1, j, k])
                            + 0.125 * (B[i, j + 1, k] - 2.0 * B[i, j, k] + B[i, j - 1, k])
                            + 0.125 * (B[i, j, k + 1] - 2.0 * B[i, j, k] + B[i, j, k - 1])
                            + B[i, j, k]
                        )
        return np.sum(A * A)

    return Kernel({"A": uniform(0, n, n, n), "B": uniform(1, n, n, n)}, ("A", "B"), slices, loops)


@kernel(nx=7, ny=8, steps=3)
def fdtd_2d(nx: int = 300, ny: int = 320, steps: int = 60) -> Kernel:
    """Maxwell's equations in the plane by finite differences: three fields, staggered."""

    def slices(ex, ey, hz, fict):
        for t in range(steps):
            ey[0, :] = fict[t]
            ey[1:, :] -= 0.5 * (hz[1:, :] - hz[:-1, :])
            ex[:, 1:] -= 0.5 * (hz[:, 1:] - hz[:, :-1])
            hz[:-1, :-1] -= 0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1])
        return np.sum(hz * hz)

    def loops(ex, ey, hz, fict):
        nx, ny = ex.shape
        for t in range(steps):
            for j in range(ny):
                ey[0, j] = fict[t]
            for i in range(1, nx):
                for j in range(ny):
                    ey[i, j] -= 0.5 * (hz[i, j] - hz[i - 1, j])
            for i in range(nx):
                for j in range(1, ny):
                    ex[i, j] -= 0.5 * (hz[i, j] - hz[i, j - 1])
            for i in range(nx - 1):
                for j in range(ny - 1):
                    hz[i, j] -= 0.7 * (ex[i, j + 1] - ex[i, j] + ey[i + 1, j] - ey[i, j])
        return np.sum(hz * hz)

    fields = {name: uniform(seed, nx, ny) for seed, name in enumerate(("ex", "ey", "hz"))}
    return Kernel({**fields, "fict": uniform(3, steps)}, ("ex", "ey", "hz", "fict"), slices, loops)
