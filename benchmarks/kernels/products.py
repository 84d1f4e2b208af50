"""Products of matrices and vectors. The loop form keeps the product, as users of Numba do."""

from __future__ import annotations

import numpy as np

from benchmarks.kernel import Kernel, kernel, uniform


@kernel(n=7)
def gemm(n: int = 600) -> Kernel:
    """C := 1.5 A B + 1.2 C."""

    def program(C, A, B):
        R = 1.5 * (A @ B) + 1.2 * C
        return np.sum(R * R)

    return Kernel({name: uniform(seed, n, n) for seed, name in enumerate("CAB")}, ("C", "A", "B"), program, program)


@kernel(n=7)
def k2mm(n: int = 450) -> Kernel:
    """D := 1.5 A B C + 1.2 D."""

    def program(A, B, C, D):
        R = 1.5 * (A @ B) @ C + 1.2 * D
        return np.sum(R * R)

    return Kernel({name: uniform(seed, n, n) for seed, name in enumerate("ABCD")}, tuple("ABCD"), program, program)


@kernel(n=9)
def atax(n: int = 2500) -> Kernel:
    """A^T A x."""

    def program(A, x):
        y = (A @ x) @ A
        return np.sum(y * y)

    return Kernel({"A": uniform(0, n, n) / n, "x": uniform(1, n)}, ("A", "x"), program, program)


@kernel(n=9)
def mvt(n: int = 2500) -> Kernel:
    """Products of one matrix and of its transpose with two vectors."""

    def program(x1, x2, y1, y2, A):
        a = x1 + A @ y1
        b = x2 + y2 @ A
        return np.sum(a * a) + np.sum(b * b)

    vectors = {name: uniform(seed, n) for seed, name in enumerate(("x1", "x2", "y1", "y2"), 1)}
    return Kernel({**vectors, "A": uniform(0, n, n) / n}, (*vectors, "A"), program, program)


@kernel(n=9)
def gesummv(n: int = 2500) -> Kernel:
    """1.5 A x + 1.2 B x."""

    def program(A, B, x):
        y = 1.5 * (A @ x) + 1.2 * (B @ x)
        return np.sum(y * y)

    matrices = {"A": uniform(0, n, n) / n, "B": uniform(5, n, n) / n}
    return Kernel({**matrices, "x": uniform(1, n)}, ("A", "B", "x"), program, program)


@kernel(n=9, m=5)
def covariance(n: int = 700, m: int = 300) -> Kernel:
    """Covariances of m variables, a row and a column of the symmetric matrix at a time."""

    def rows(D):
        n, m = D.shape
        D = D - np.mean(D, axis=0)
        cov = np.zeros((m, m))
        for i in range(m):
            cov[i:, i] = D[:, i] @ D[:, i:] / (n - 1.0)
            cov[i, i:] = cov[i:, i]
        return np.sum(cov * cov)

    def loops(D):
        n, m = D.shape
        E = np.empty_like(D)
        mean = np.zeros(m)
        cov = np.zeros((m, m))
        for i in range(n):
            for j in range(m):
                mean[j] += D[i, j]
        for i in range(n):
            for j in range(m):
                E[i, j] = D[i, j] - mean[j] / n
        for i in range(n):
            for j in range(m):
                for k in range(j, m):
                    cov[j, k] += E[i, j] * E[i, k]
        for j in range(m):
            for k in range(j, m):
                c = cov[j, k] / (n - 1.0)
                cov[j, k] = c
                cov[k, j] = c
        return np.sum(cov * cov)

    return Kernel({"D": uniform(0, n, m)}, ("D",), rows, loops)
