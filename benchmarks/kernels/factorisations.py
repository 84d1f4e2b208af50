"""Dense linear algebra written out: triangular loops, in place. After PolyBench."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernel import Kernel, kernel, uniform


def positive_definite(n: int) -> np.ndarray:
    M = uniform(0, n, n)
    return M @ M.T / n + 2 * np.eye(n)


@kernel(n=8)
def lu(n: int = 220) -> Kernel:
    """LU factorisation without pivoting, in place."""

    def dots(A):
        n = A.shape[0]
        for i in range(n):
            for j in range(i):
                A[i, j] -= A[i, :j] @ A[:j, j]
                A[i, j] /= A[j, j]
            for j in range(i, n):
                A[i, j] -= A[i, :i] @ A[:i, j]
        return np.sum(A * A)

    def loops(A):
        n = A.shape[0]
        for i in range(n):
            for j in range(i):
                for k in range(j):
                    A[i, j] -= A[i, k] * A[k, j]
                A[i, j] /= A[j, j]
            for j in range(i, n):
                for k in range(i):
                    A[i, j] -= A[i, k] * A[k, j]
        return np.sum(A * A)

    return Kernel({"A": positive_definite(n)}, ("A",), dots, loops)


@kernel(n=8)
def cholesky(n: int = 300) -> Kernel:
    """Cholesky factorisation of the lower triangle, in place."""

    def dots(A):
        n = A.shape[0]
        for i in range(n):
            for j in range(i):
                A[i, j] -= A[i, :j] @ A[j, :j]
                A[i, j] /= A[j, j]
            A[i, i] -= A[i, :i] @ A[i, :i]
            A[i, i] = np.sqrt(A[i, i])
        s = 0.0
        for i in range(n):
            s += np.sum(A[i, : i + 1])
        return s

    def loops(A):
        n = A.shape[0]
        for i in range(n):
            for j in range(i):
                t = A[i, j]
                for k in range(j):
                    t -= A[i, k] * A[j, k]
                A[i, j] = t / A[j, j]
            t = A[i, i]
            for k in range(i):
                t -= A[i, k] * A[i, k]
            A[i, i] = math.sqrt(t)
        s = 0.0
        for i in range(n):
            for j in range(i + 1):
                s += A[i, j]
        return s

    return Kernel({"A": positive_definite(n)}, ("A",), dots, loops)


@kernel(n=9)
def trisolv(n: int = 2000) -> Kernel:
    """A triangular system by forward substitution."""

    def dots(L, b):
        n = L.shape[0]
        x = np.zeros_like(b)
        for i in range(n):
            x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
        return np.sum(x * x)

    def loops(L, b):
        n = L.shape[0]
        x = np.zeros_like(b)
        for i in range(n):
            t = b[i]
            for j in range(i):
                t -= L[i, j] * x[j]
            x[i] = t / L[i, i]
        return np.sum(x * x)

    L = np.tril(uniform(0, n, n)) / n + np.eye(n)
    return Kernel({"L": L, "b": uniform(1, n)}, ("L", "b"), dots, loops)


@kernel(n=7, m=5)
def syrk(n: int = 300, m: int = 250) -> Kernel:
    """A symmetric update of rank m, of the lower triangle."""

    def rows(C, A):
        for i in range(A.shape[0]):
            C[i, : i + 1] *= 1.2
            for k in range(A.shape[1]):
                C[i, : i + 1] += 1.5 * A[i, k] * A[: i + 1, k]
        return np.sum(C * C)

    def loops(C, A):
        for i in range(A.shape[0]):
            for j in range(i + 1):
                C[i, j] *= 1.2
            for k in range(A.shape[1]):
                for j in range(i + 1):
                    C[i, j] += 1.5 * A[i, k] * A[j, k]
        return np.sum(C * C)

    return Kernel({"C": uniform(0, n, n), "A": uniform(1, n, m)}, ("C", "A"), rows, loops)
