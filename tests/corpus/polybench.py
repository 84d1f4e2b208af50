"""Kernels in the manner of PolyBench: dense linear algebra and data mining, as loop nests and as array code."""

import numpy as np

from tests.programs import TRIPS, dominant, normal, program, uniform


@program((1.5, 1.2, uniform(4, 4), uniform(4), uniform(4, seed=1), uniform(4, seed=2), uniform(4, seed=3),
          uniform(4, seed=4), uniform(4, seed=5)), wrt=(0, 1, 2, 3, 4, 5, 6, 7, 8), analytic=True)
def gemver(alpha, beta, A, u1, v1, u2, v2, y, z):
    A += np.outer(u1, v1) + np.outer(u2, v2)
    x = beta * y @ A + z
    w = alpha * A @ x
    return w, x


@program((1.5, 1.2, uniform(5, 5), uniform(5, 5, seed=1), uniform(5, seed=2)), wrt=(0, 1, 2, 3, 4))
def gesummv(alpha, beta, A, B, x):
    n = A.shape[0]
    y = np.zeros(n)
    for i in range(n):
        tmp = 0.0
        s = 0.0
        for j in range(n):
            tmp += A[i, j] * x[j]
            s += B[i, j] * x[j]
        y[i] = alpha * tmp + beta * s
    return y


@program((uniform(4), uniform(4, seed=1), uniform(4, seed=2), uniform(4, seed=3), uniform(4, 4, seed=4)),
         wrt=(0, 1, 2, 3, 4), analytic=True)
def mvt(x1, x2, y_1, y_2, A):
    x1 += A @ y_1
    x2 += y_2 @ A


@program((uniform(4, 6), uniform(6, seed=1), uniform(4, seed=2)), wrt=(0, 1, 2))
def bicg(A, p, r):
    n, m = A.shape
    s = np.zeros(m)
    q = np.zeros(n)
    for i in range(n):
        for j in range(m):
            s[j] += r[i] * A[i, j]
            q[i] += A[i, j] * p[j]
    return s, q


@program((uniform(4, 6), uniform(6, seed=1)), wrt=(0, 1), analytic=True, float32=True)
def atax(A, x):
    return (A @ x) @ A


@program((uniform(2, 3, 4), uniform(4, 4, seed=1)), wrt=(0, 1))
def doitgen(A, C4):
    nr, nq, npp = A.shape
    total = np.zeros(npp)
    for r in range(nr):
        for q in range(nq):
            for p in range(npp):
                total[p] = 0.0
                for s in range(npp):
                    total[p] += A[r, q, s] * C4[s, p]
            A[r, q, :] = total


@program((1.5, 1.2, uniform(4, 3), uniform(4, 4, seed=1), uniform(4, 3, seed=2)), wrt=(0, 1, 2, 3, 4), analytic=True)
def symm(alpha, beta, C, A, B):
    m, n = C.shape
    for i in range(m):
        for j in range(n):
            temp2 = 0.0
            for k in range(i):
                C[k, j] += alpha * B[i, j] * A[i, k]
                temp2 += B[k, j] * A[i, k]
            C[i, j] = beta * C[i, j] + alpha * B[i, j] * A[i, i] + alpha * temp2


@program((1.5, uniform(4, 4), uniform(4, 3, seed=1)), wrt=(0, 1, 2), analytic=True)
def trmm(alpha, A, B):
    for i in range(B.shape[0]):
        for j in range(B.shape[1]):
            B[i, j] += np.dot(A[i + 1:, i], B[i + 1:, j])
    B *= alpha


@program((uniform(8, 4),), second=None)
def correlation(data):
    """Columns with hardly any deviation count as constant."""
    M, N = data.shape
    mean = np.mean(data, axis=0)
    stddev = np.std(data, axis=0)
    stddev[stddev <= 0.1] = 1.0
    data -= mean
    data /= np.sqrt(M) * stddev
    corr = np.eye(N, dtype=data.dtype)
    for i in range(N - 1):
        corr[i + 1:N, i] = corr[i, i + 1:N] = data[:, i] @ data[:, i + 1:N]
    return corr


@program((0.25, uniform(5, 6)), wrt=(0, 1), analytic=True, heavy=True)
def deriche(alpha, img_in):
    """A recursive edge detector, forwards and backwards along both axes."""
    k = (1.0 - np.exp(-alpha)) ** 2 / (1.0 + 2.0 * alpha * np.exp(-alpha) - np.exp(2.0 * alpha))
    a1 = a5 = k
    a2 = a6 = k * np.exp(-alpha) * (alpha - 1.0)
    a3 = a7 = k * np.exp(-alpha) * (alpha + 1.0)
    a4 = a8 = -k * np.exp(-2.0 * alpha)
    b1 = 2.0 ** (-alpha)
    b2 = -np.exp(-2.0 * alpha)
    c1 = c2 = 1
    y1 = np.empty_like(img_in)
    y1[:, 0] = a1 * img_in[:, 0]
    y1[:, 1] = a1 * img_in[:, 1] + a2 * img_in[:, 0] + b1 * y1[:, 0]
    for j in range(2, img_in.shape[1]):
        y1[:, j] = a1 * img_in[:, j] + a2 * img_in[:, j - 1] + b1 * y1[:, j - 1] + b2 * y1[:, j - 2]
    y2 = np.empty_like(img_in)
    y2[:, -1] = 0.0
    y2[:, -2] = a3 * img_in[:, -1]
    for j in range(img_in.shape[1] - 3, -1, -1):
        y2[:, j] = a3 * img_in[:, j + 1] + a4 * img_in[:, j + 2] + b1 * y2[:, j + 1] + b2 * y2[:, j + 2]
    img_out = c1 * (y1 + y2)
    y1[0, :] = a5 * img_out[0, :]
    y1[1, :] = a5 * img_out[1, :] + a6 * img_out[0, :] + b1 * y1[0, :]
    for i in range(2, img_in.shape[0]):
        y1[i, :] = a5 * img_out[i, :] + a6 * img_out[i - 1, :] + b1 * y1[i - 1, :] + b2 * y1[i - 2, :]
    y2[-1, :] = 0.0
    y2[-2, :] = a7 * img_out[-1, :]
    for i in range(img_in.shape[0] - 3, -1, -1):
        y2[i, :] = a7 * img_out[i + 1, :] + a8 * img_out[i + 2, :] + b1 * y2[i + 1, :] + b2 * y2[i + 2, :]
    img_out[:] = c2 * (y1 + y2)
    return img_out


@program((np.array([0, 3, 1, 2, 2, 0, 3, 1, 0]),), (np.array([1, 2]),), wrt=())
def nussinov(seq):
    """Folding of RNA: the largest number of paired bases."""
    n = len(seq)
    table = np.zeros((n, n), dtype=np.int64)
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            if j - 1 >= 0:
                table[i, j] = max(table[i, j], table[i, j - 1])
            if i + 1 < n:
                table[i, j] = max(table[i, j], table[i + 1, j])
            if j - 1 >= 0 and i + 1 < n:
                if i < j - 1:
                    match = 1 if seq[i] + seq[j] == 3 else 0
                    table[i, j] = max(table[i, j], table[i + 1, j - 1] + match)
                else:
                    table[i, j] = max(table[i, j], table[i + 1, j - 1])
            for k in range(i + 1, j):
                table[i, j] = max(table[i, j], table[i, k] + table[k + 1, j])
    return table


@program((dominant(5), uniform(5, seed=1)), wrt=(0, 1), analytic=True)
def ludcmp(A, b):
    n = A.shape[0]
    for i in range(n):
        for j in range(i):
            A[i, j] -= A[i, :j] @ A[:j, j]
            A[i, j] /= A[j, j]
        for j in range(i, n):
            A[i, j] -= A[i, :i] @ A[:i, j]
    x = np.zeros_like(b)
    y = np.zeros_like(b)
    for i in range(n):
        y[i] = b[i] - A[i, :i] @ y[:i]
    for i in range(n - 1, -1, -1):
        x[i] = (y[i] - A[i, i + 1:] @ x[i + 1:]) / A[i, i]
    return x, y


@program(*[(steps, uniform(4, 4, 3), uniform(4, 4, 3, seed=1)) for steps in TRIPS], wrt=(1, 2), analytic=True, second=2,
         interpreted=(0, 1))
def heat_with_edges(TSTEPS, A, B):
    """Two buffers, the sides kept at their values, the top insulated."""
    for t in range(1, TSTEPS + 1):
        B[1:-1, 1:-1, :] = A[1:-1, 1:-1, :] + 0.1 * (
            A[2:, 1:-1, :] + A[:-2, 1:-1, :] + A[1:-1, 2:, :] + A[1:-1, :-2, :] - 4.0 * A[1:-1, 1:-1, :])
        B[:, :, -1] = B[:, :, -2]
        A[1:-1, 1:-1, :], B[1:-1, 1:-1, :] = B[1:-1, 1:-1, :].copy(), A[1:-1, 1:-1, :].copy()


@program((normal(3, 4), normal(4, 5, seed=1), normal(5, 3, seed=2), normal(3, 2, seed=3)), wrt=(0, 1, 2, 3),
         analytic=True)
def three_products(A, B, C, D):
    E = A @ B
    F = C @ D
    return E @ F
