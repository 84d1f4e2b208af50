"""Stencils and factorisations."""
# ruff: noqa

from __future__ import annotations

import numpy as np

from tests.frontend.programs.program import program, uniform


@program(lambda: (uniform(0, 7, 7),))
def seidel(A):
    n = A.shape[0]
    for t in range(3):
        for i in range(1, n - 1):
            for j in range(1, n - 1):
                A[i, j] = (A[i - 1, j] + A[i, j - 1] + A[i, j] + A[i, j + 1] + A[i + 1, j]) / 5.0
    return np.sum(A * A)


@program(lambda: (uniform(0, 7, 7), uniform(1, 7, 7)))
def jacobi_2d(A, B):
    for t in range(1, 6):
        B[1:-1, 1:-1] = 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])
        A[1:-1, 1:-1] = 0.2 * (B[1:-1, 1:-1] + B[1:-1, :-2] + B[1:-1, 2:] + B[2:, 1:-1] + B[:-2, 1:-1])
    return np.sum(A * A)


@program(lambda: (uniform(0, 6, 6) + 6 * np.eye(6),))
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
    s = 0
    for i in range(n):
        for j in range(n):
            s += A[i, j] * A[i, j]
    return s


@program(lambda: (uniform(0, 6, 6) + 6 * np.eye(6),))
def lu_slices(A):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    return np.sum(A * A)


@program(lambda: (uniform(0, 5) * 0.1,))
def durbin(r):
    n = r.shape[0]
    y = np.zeros_like(r)
    alpha = -r[0]
    beta = 1.0
    y[0] = -r[0]
    for k in range(1, n):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[:k], y[:k])) / beta
        y[:k] += alpha * y[:k]
        y[k] = alpha
    return np.sum(y * y)


@program(lambda: (uniform(0, 5) * 0.1,))
def durbin_reversed(r):
    y = np.zeros_like(r)
    alpha, beta, y[0] = -r[0], 1.0, -r[0]
    for k in range(1, r.shape[0]):
        beta *= 1.0 - alpha * alpha
        alpha = -(r[k] + np.dot(r[:k][::-1], y[:k])) / beta
        y[:k] += alpha * y[:k][::-1]
        y[k] = alpha
    return y


@program(lambda: (uniform(0, 10), 4))
def triangular_counter(icf, n):
    p = 0
    s = 0.0
    for j in range(n):
        for i in range(j + 1, n):
            s += icf[p] * j
            p += 1
    return s
