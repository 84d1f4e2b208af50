"""Linear algebra in loops and slices: factorisations, solves, iterations."""

import numpy as np

from tests.programs import TRIPS, dominant, normal, positive_definite, program, uniform


@program((dominant(5),), (dominant(1),), (dominant(2),), analytic=True, second=2, float32=True)
def lu(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            for k in range(j):
                A[i, j] -= A[i, k] * A[k, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            for k in range(i):
                A[i, j] -= A[i, k] * A[k, j]
    return A


@program((dominant(5),), (dominant(3),), analytic=True, second=1)
def lu_with_dots(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return np.sum(A * A)


@program((uniform(5, 5, seed=4), uniform(5, seed=5)), wrt=(0, 1))
def solve_with_pivoting(A, b):
    """Gauss elimination; the rows that change places are found in the data."""
    n = len(b)
    for k in range(n):
        p = k
        for i in range(k + 1, n):
            if abs(A[i, k]) > abs(A[p, k]):
                p = i
        if p != k:
            row = A[k].copy()
            A[k] = A[p]
            A[p] = row
            value = b[k]
            b[k] = b[p]
            b[p] = value
        for i in range(k + 1, n):
            factor = A[i, k] / A[k, k]
            A[i, k:] -= factor * A[k, k:]
            b[i] -= factor * b[k]
    x = np.zeros(n)
    for i in range(n - 1, -1, -1):
        x[i] = (b[i] - A[i, i + 1 :] @ x[i + 1 :]) / A[i, i]
    return x


@program((positive_definite(5),), (positive_definite(1),), (positive_definite(2),), analytic=True, second=2,
         float32=True)
def cholesky(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            t = A[i, j]
            for k in range(j):
                t -= A[i, k] * A[j, k]
            A[i, j] = t / A[j, j]
        A[i, i] = np.sqrt(A[i, i] - A[i, :i] @ A[i, :i])
    total = 0.0
    for i in range(n):
        total += np.sum(A[i, : i + 1])
    return total


@program((np.tril(dominant(6)), uniform(6)), wrt=(0, 1), analytic=True)
def triangular_solve(L, b):
    x = np.zeros_like(b)
    for i in range(len(b)):
        x[i] = (b[i] - L[i, :i] @ x[:i]) / L[i, i]
    return x


def autocorrelation(n):
    return 0.9 * 0.5 ** np.arange(1, n + 1) + 1e-2 * uniform(n)


@program((autocorrelation(6),), (autocorrelation(1),), (autocorrelation(2),), analytic=True, second=2)
def durbin(r):
    n = len(r)
    y = np.zeros_like(r)
    alpha, beta = -r[0], 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[:k][::-1], y[:k])) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return y


@program((10.0 * uniform(5, 5) + 0.1,), (10.0 * uniform(1, 1) + 0.1,), float32=True)
def floyd_warshall(paths):
    for k in range(paths.shape[0]):
        paths[:] = np.minimum(paths, paths[:, k][:, None] + paths[k, :][None, :])
    return np.sum(paths * paths)


@program((10.0 * uniform(4, 4) + 0.1,))
def floyd_warshall_loops(paths):
    n = paths.shape[0]
    for k in range(n):
        for i in range(n):
            for j in range(n):
                through = paths[i, k] + paths[k, j]
                if through < paths[i, j]:
                    paths[i, j] = through
    return paths


@program((uniform(4, 4), uniform(4, 3, seed=1)), wrt=(0, 1), analytic=True)
def syrk(C, A):
    for i in range(A.shape[0]):
        C[i, : i + 1] *= 1.2
        for k in range(A.shape[1]):
            C[i, : i + 1] += 1.5 * A[i, k] * A[: i + 1, k]
    return C


@program((normal(5, 3),), (normal(1, 1),), analytic=True)
def gram_schmidt(A):
    m, n = A.shape
    Q, R = np.zeros((m, n), A.dtype), np.zeros((n, n), A.dtype)
    for k in range(n):
        R[k, k] = np.sqrt(np.sum(A[:, k] * A[:, k]))
        Q[:, k] = A[:, k] / R[k, k]
        for j in range(k + 1, n):
            R[k, j] = Q[:, k] @ A[:, j]
            A[:, j] -= Q[:, k] * R[k, j]
    return Q, R


@program((uniform(4, 3), uniform(3, 5, seed=1), uniform(4, 5, seed=2)), wrt=(0, 1, 2), analytic=True, float32=True)
def products(A, B, C):
    R = 1.5 * (A @ B) + 1.2 * C
    return R.T @ R, np.outer(R[:, 0], R[0]), np.dot(R[1], C[2])


@program((normal(4, 6), normal(6, 6, seed=1), normal(4, 6, seed=2)), wrt=(0, 1, 2), analytic=True)
def sums_of_products(x, W, v):
    """LLVM 22.1 compiles this wrongly for AVX-512 unless accesses of stride six stay element by element."""
    a = x @ W
    b = v @ W + a
    return a @ b.T + b @ a.T


@program((normal(6, 3),), (normal(2, 1),), analytic=True)
def covariance(data):
    n, m = data.shape
    centred = data - np.mean(data, axis=0)
    cov = np.zeros((m, m), data.dtype)
    for i in range(m):
        for j in range(i, m):
            cov[i, j] = np.sum(centred[:, i] * centred[:, j]) / (n - 1.0)
            cov[j, i] = cov[i, j]
    return cov


@program(*[(positive_definite(4), uniform(4, seed=1), steps) for steps in TRIPS], wrt=(0, 1), analytic=True, second=2)
def power_iteration(A, v, steps):
    for _ in range(steps):
        w = A @ v
        v = w / np.sqrt(np.sum(w * w))
    return v @ A @ v


@program((positive_definite(4), uniform(4, seed=1), 3), (positive_definite(4), uniform(4, seed=1), 0), wrt=(0, 1),
         analytic=True)
def conjugate_gradients(A, b, iterations):
    x = np.zeros_like(b)
    r = b.copy()
    p = r.copy()
    rr = r @ r
    for _ in range(iterations):
        Ap = A @ p
        alpha = rr / (p @ Ap)
        x += alpha * p
        r -= alpha * Ap
        new = r @ r
        p = r + (new / rr) * p
        rr = new
    return x


@program((uniform(3, 3), 1.0), (uniform(3, 3), 0.4), wrt=(0, 1), analytic=True)
def exponential_series(A, t):
    """exp(tA) by its series, as far as the terms matter."""
    total = np.eye(3)
    term = np.eye(3)
    k = 1
    while k < 12:
        term = term @ A * (t / k)
        total = total + term
        k += 1
    return total
