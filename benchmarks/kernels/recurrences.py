"""Recurrences: each element needs the one before it, along one axis at least."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernel import Kernel, kernel, uniform


@kernel(n=8, steps=2)
def seidel_2d(n: int = 200, steps: int = 20) -> Kernel:
    """Means of nine points in one array: new values on the left and above, old ones elsewhere."""

    def slices(A):
        n = A.shape[0]
        for _ in range(steps):
            for i in range(1, n - 1):
                A[i, 1:-1] += (
                    A[i - 1, :-2]
                    + A[i - 1, 1:-1]
                    + A[i - 1, 2:]
                    + A[i, 2:]
                    + A[i + 1, :-2]
                    + A[i + 1, 1:-1]
                    + A[i + 1, 2:]
                )
                for j in range(1, n - 1):
                    A[i, j] += A[i, j - 1]
                    A[i, j] /= 9.0
        return np.sum(A * A)

    def loops(A):
        n = A.shape[0]
        for _ in range(steps):
            for i in range(1, n - 1):
                for j in range(1, n - 1):
                    A[i, j] = (
                        A[i - 1, j - 1]
                        + A[i - 1, j]
                        + A[i - 1, j + 1]
                        + A[i, j - 1]
                        + A[i, j]
                        + A[i, j + 1]
                        + A[i + 1, j - 1]
                        + A[i + 1, j]
                        + A[i + 1, j + 1]
                    ) / 9.0
        return np.sum(A * A)

    return Kernel({"A": uniform(0, n, n)}, ("A",), slices, loops)


@kernel(n=8, steps=2)
def adi(n: int = 150, steps: int = 10) -> Kernel:
    """Alternating directions: tridiagonal systems along the columns, then along the rows."""
    Aa, Ab, Ac, Ad, Ae, Af = -0.45, 1.9, -0.45, -0.35, 1.7, -0.35

    def slices(u):
        n = u.shape[0]
        v = np.zeros_like(u)
        p = np.zeros_like(u)
        q = np.zeros_like(u)
        for _ in range(steps):
            v[0, 1 : n - 1] = 1.0
            p[1 : n - 1, 0] = 0.0
            q[1 : n - 1, 0] = v[0, 1 : n - 1]
            for j in range(1, n - 1):
                p[1 : n - 1, j] = -Ac / (Aa * p[1 : n - 1, j - 1] + Ab)
                q[1 : n - 1, j] = (
                    -Ad * u[j, : n - 2] + (1.0 + 2.0 * Ad) * u[j, 1 : n - 1] - Af * u[j, 2:] - Aa * q[1 : n - 1, j - 1]
                ) / (Aa * p[1 : n - 1, j - 1] + Ab)
            v[n - 1, 1 : n - 1] = 1.0
            for j in range(n - 2, 0, -1):
                v[j, 1 : n - 1] = p[1 : n - 1, j] * v[j + 1, 1 : n - 1] + q[1 : n - 1, j]
            u[1 : n - 1, 0] = 1.0
            p[1 : n - 1, 0] = 0.0
            q[1 : n - 1, 0] = u[1 : n - 1, 0]
            for j in range(1, n - 1):
                p[1 : n - 1, j] = -Af / (Ad * p[1 : n - 1, j - 1] + Ae)
                q[1 : n - 1, j] = (
                    -Aa * v[: n - 2, j] + (1.0 + 2.0 * Aa) * v[1 : n - 1, j] - Ac * v[2:, j] - Ad * q[1 : n - 1, j - 1]
                ) / (Ad * p[1 : n - 1, j - 1] + Ae)
            u[1 : n - 1, n - 1] = 1.0
            for j in range(n - 2, 0, -1):
                u[1 : n - 1, j] = p[1 : n - 1, j] * u[1 : n - 1, j + 1] + q[1 : n - 1, j]
        return np.sum(u * u)

    def loops(u):
        n = u.shape[0]
        v = np.zeros_like(u)
        p = np.zeros_like(u)
        q = np.zeros_like(u)
        for _ in range(steps):
            for i in range(1, n - 1):
                v[0, i] = 1.0
                p[i, 0] = 0.0
                q[i, 0] = v[0, i]
                for j in range(1, n - 1):
                    p[i, j] = -Ac / (Aa * p[i, j - 1] + Ab)
                    q[i, j] = (-Ad * u[j, i - 1] + (1.0 + 2.0 * Ad) * u[j, i] - Af * u[j, i + 1] - Aa * q[i, j - 1]) / (
                        Aa * p[i, j - 1] + Ab
                    )
                v[n - 1, i] = 1.0
                for j in range(n - 2, 0, -1):
                    v[j, i] = p[i, j] * v[j + 1, i] + q[i, j]
            for i in range(1, n - 1):
                u[i, 0] = 1.0
                p[i, 0] = 0.0
                q[i, 0] = u[i, 0]
                for j in range(1, n - 1):
                    p[i, j] = -Af / (Ad * p[i, j - 1] + Ae)
                    q[i, j] = (-Aa * v[i - 1, j] + (1.0 + 2.0 * Aa) * v[i, j] - Ac * v[i + 1, j] - Ad * q[i, j - 1]) / (
                        Ad * p[i, j - 1] + Ae
                    )
                u[i, n - 1] = 1.0
                for j in range(n - 2, 0, -1):
                    u[i, j] = p[i, j] * u[i, j + 1] + q[i, j]
        return np.sum(u * u)

    constants = {"AA": Aa, "AB": Ab, "AC": Ac, "AD": Ad, "AE": Ae, "AF": Af}
    return Kernel({"u": uniform(0, n, n)}, ("u",), slices, loops, constants)


@kernel(n=12)
def durbin(n: int = 1500) -> Kernel:
    """Levinson-Durbin: a Toeplitz system solved one order after the other."""

    def slices(r):
        n = r.shape[0]
        y = np.zeros_like(r)
        alpha = -r[0]
        beta = 1.0
        y[0] = -r[0]
        for k in range(1, n):
            beta *= 1.0 - alpha * alpha
            alpha = -(r[k] + np.dot(r[:k][::-1], y[:k])) / beta
            y[:k] += alpha * y[:k][::-1]
            y[k] = alpha
        return np.sum(y * y)

    def loops(r):
        n = r.shape[0]
        y = np.zeros_like(r)
        z = np.zeros_like(r)
        alpha = -r[0]
        beta = 1.0
        y[0] = -r[0]
        for k in range(1, n):
            beta *= 1.0 - alpha * alpha
            s = r[k]
            for i in range(k):
                s += r[k - 1 - i] * y[i]
            alpha = -s / beta
            for i in range(k):
                z[i] = y[i] + alpha * y[k - 1 - i]
            for i in range(k):
                y[i] = z[i]
            y[k] = alpha
        return np.sum(y * y)

    order = np.arange(1, n + 1)
    return Kernel({"r": 0.9 * 0.5**order + 1e-3 * uniform(0, n) / order}, ("r",), slices, loops)


@kernel(n=9)
def floyd_warshall(n: int = 200) -> Kernel:
    """Lengths of shortest paths between all pairs of nodes."""

    def slices(P):
        for k in range(P.shape[0]):
            P[:] = np.minimum(P, P[:, k][:, None] + P[k, :][None, :])
        return np.sum(P * P)

    def loops(P):
        n = P.shape[0]
        for k in range(n):
            for i in range(n):
                for j in range(n):
                    t = P[i, k] + P[k, j]
                    if t < P[i, j]:
                        P[i, j] = t
        return np.sum(P * P)

    return Kernel({"P": 10 * uniform(0, n, n) + 0.1}, ("P",), slices, loops)


@kernel(n=9)
def softdtw(n: int = 400) -> Kernel:
    """Soft dynamic time warping of two series: a table, each cell from three neighbours."""

    def loops(x, y):
        n = x.shape[0]
        m = y.shape[0]
        R = np.full((n + 1, m + 1), 1e10)
        R[0, 0] = 0.0
        for i in range(1, n + 1):
            for j in range(1, m + 1):
                d = x[i - 1] - y[j - 1]
                a = R[i - 1, j - 1]
                b = R[i - 1, j]
                c = R[i, j - 1]
                mn = min(a, min(b, c))
                R[i, j] = d * d + mn - math.log(math.exp(mn - a) + math.exp(mn - b) + math.exp(mn - c))
        return R[n, m]

    x = np.sin(np.linspace(0, 9, n)) + 0.1 * uniform(0, n)
    y = np.sin(np.linspace(0.5, 9.5, n)) + 0.1 * uniform(1, n)
    return Kernel({"x": x, "y": y}, ("x", "y"), loops, loops)
