"""Textbook numerics: quadrature, roots, interpolation, differential equations, eigenvalues, fitting."""

import math

import numpy as np

from tests.programs import normal, positive_definite, program, uniform


@program((np.array([0.7, 1.3]), 0.0, 1.5), wrt=(0, 1, 2))
def romberg(c, a, b, tol=1e-10, max_k=12):
    """Romberg integration of exp(-c0 x) sin(c1 x)."""
    def f(x):
        return math.exp(-c[0] * x) * math.sin(c[1] * x)

    R = np.zeros((max_k, max_k))
    h = b - a
    R[0, 0] = 0.5 * h * (f(a) + f(b))
    for k in range(1, max_k):
        h = 0.5 * h
        s = 0.0
        for i in range(1, 2**k, 2):
            s += f(a + i * h)
        R[k, 0] = 0.5 * R[k - 1, 0] + h * s
        for m in range(1, k + 1):
            R[k, m] = R[k, m - 1] + (R[k, m - 1] - R[k - 1, m - 1]) / (4.0**m - 1.0)
        if abs(R[k, k] - R[k - 1, k - 1]) < tol:
            return R[k, k]
    return R[max_k - 1, max_k - 1]


def simpson(f, a, b):
    c = 0.5 * (a + b)
    return (b - a) / 6.0 * (f(a) + 4.0 * f(c) + f(b))


def adaptive(f, a, b, eps, whole):
    c = 0.5 * (a + b)
    left = simpson(f, a, c)
    right = simpson(f, c, b)
    if abs(left + right - whole) <= 15.0 * eps:
        return left + right + (left + right - whole) / 15.0
    return adaptive(f, a, c, 0.5 * eps, left) + adaptive(f, c, b, 0.5 * eps, right)


@program((0.8, 2.0), wrt=(0, 1), second=None)
def adaptive_simpson(w, b):
    """Recursion that the integrand ends."""
    def f(x):
        return math.cos(w * x * x)

    return adaptive(f, 0.0, b, 1e-6, simpson(f, 0.0, b))


@program((3.0, 0.5), wrt=(0, 1))
def brent(p, q):
    """A root of x^3 - p x - q on [0, 3], by Brent's method; one Newton step polishes it."""
    def f(x):
        return x**3 - p * x - q

    a, b = 0.0, 3.0
    fa, fb = f(a), f(b)
    assert fa * fb < 0, "root must be bracketed"
    c, fc = b, fb
    d = e = b - a
    for it in range(100):
        if (fb > 0.0 and fc > 0.0) or (fb < 0.0 and fc < 0.0):
            c, fc = a, fa
            d = b - a
            e = d
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        tol1 = 2.0 * 1e-15 * abs(b) + 0.5e-12
        xm = 0.5 * (c - b)
        if abs(xm) <= tol1 or fb == 0.0:
            break
        if abs(e) >= tol1 and abs(fa) > abs(fb):
            s = fb / fa
            if a == c:
                P = 2.0 * xm * s
                Q = 1.0 - s
            else:
                Q = fa / fc
                r = fb / fc
                P = s * (2.0 * xm * Q * (Q - r) - (b - a) * (r - 1.0))
                Q = (Q - 1.0) * (r - 1.0) * (s - 1.0)
            if P > 0.0:
                Q = -Q
            P = abs(P)
            if 2.0 * P < min(3.0 * xm * Q - abs(tol1 * Q), abs(e * Q)):
                e = d
                d = P / Q
            else:
                d = xm
                e = d
        else:
            d = xm
            e = d
        a, fa = b, fb
        if abs(d) > tol1:
            b += d
        else:
            b += math.copysign(tol1, xm)
        fb = f(b)
    return b - f(b) / (3.0 * b * b - p)


def spline_coefficients(x, y):
    """Second derivatives of the natural cubic spline, by the tridiagonal algorithm."""
    n = len(x)
    y2 = np.zeros(n)
    u = np.zeros(n)
    for i in range(1, n - 1):
        sig = (x[i] - x[i - 1]) / (x[i + 1] - x[i - 1])
        p = sig * y2[i - 1] + 2.0
        y2[i] = (sig - 1.0) / p
        u[i] = (y[i + 1] - y[i]) / (x[i + 1] - x[i]) - (y[i] - y[i - 1]) / (x[i] - x[i - 1])
        u[i] = (6.0 * u[i] / (x[i + 1] - x[i - 1]) - sig * u[i - 1]) / p
    for k in range(n - 2, -1, -1):
        y2[k] = y2[k] * y2[k + 1] + u[k]
    return y2


@program((np.linspace(0.0, 3.0, 7), normal(7), np.array([0.1, 1.21, 2.93, 0.77])), wrt=(0, 1, 2), second=None)
def cubic_spline(x, y, at):
    y2 = spline_coefficients(x, y)
    out = np.empty_like(at)
    for j, t in enumerate(at):
        lo, hi = 0, len(x) - 1
        while hi - lo > 1:
            k = (hi + lo) >> 1
            if x[k] > t:
                hi = k
            else:
                lo = k
        h = x[hi] - x[lo]
        a = (x[hi] - t) / h
        b = (t - x[lo]) / h
        out[j] = a * y[lo] + b * y[hi] + ((a**3 - a) * y2[lo] + (b**3 - b) * y2[hi]) * h * h / 6.0
    return out


@program((np.array([0.0, 0.6, 1.1, 1.9, 2.5]), normal(5, seed=3), 1.3), wrt=(0, 1, 2), analytic=True)
def neville(xa, ya, x):
    """Polynomial interpolation by Neville's scheme."""
    n = len(xa)
    p = ya.copy()
    for m in range(1, n):
        for i in range(n - m):
            p[i] = ((x - xa[i + m]) * p[i] + (xa[i] - x) * p[i + 1]) / (xa[i] - xa[i + m])
    return p[0]


@program((np.array([1.0, 0.3]), 12), (np.array([1.5, -0.4]), 5), analytic=True)
def chebyshev_fit(p, n):
    """Fits exp(-p0 x) + p1 x^2 on [-1, 1], and sums the series by Clenshaw's recurrence."""
    theta = np.pi * (np.arange(n) + 0.5) / n
    nodes = np.cos(theta)
    f = np.exp(-p[0] * nodes) + p[1] * nodes**2
    c = np.array([2.0 / n * np.sum(f * np.cos(j * theta)) for j in range(n)])
    total = 0.0
    for y in (-0.9, 0.2, 0.65):
        d, dd = 0.0, 0.0
        for j in range(n - 1, 0, -1):
            d, dd = 2.0 * y * d - dd + c[j], d
        total = total + (y * d - dd + 0.5 * c[0]) * y
    return total


@program((np.array([1.2, 0.1]), 3.0), wrt=(0, 1), second=None)
def runge_kutta_fehlberg(y0, t_end):
    """The van der Pol oscillator with an adaptive step."""
    def rhs(t, y):
        return np.array([y[1], 1.5 * (1.0 - y[0] ** 2) * y[1] - y[0] + 0.2 * math.cos(t)])

    y = y0.copy()
    t, h = 0.0, 0.05
    accepted, rejected = 0, 0
    while t < t_end and accepted + rejected < 500:
        if t + h > t_end:
            h = t_end - t
        k1 = rhs(t, y)
        k2 = rhs(t + h / 4, y + h * k1 / 4)
        k3 = rhs(t + 3 * h / 8, y + h * (3 * k1 + 9 * k2) / 32)
        k4 = rhs(t + 12 * h / 13, y + h * (1932 * k1 - 7200 * k2 + 7296 * k3) / 2197)
        k5 = rhs(t + h, y + h * (439 * k1 / 216 - 8 * k2 + 3680 * k3 / 513 - 845 * k4 / 4104))
        k6 = rhs(t + h / 2, y + h * (-8 * k1 / 27 + 2 * k2 - 3544 * k3 / 2565 + 1859 * k4 / 4104 - 11 * k5 / 40))
        err = np.max(np.abs(h * (k1 / 360 - 128 * k3 / 4275 - 2197 * k4 / 75240 + k5 / 50 + 2 * k6 / 55)))
        if err < 1e-5:
            t += h
            y = y + h * (25 * k1 / 216 + 1408 * k3 / 2565 + 2197 * k4 / 4104 - k5 / 5)
            accepted += 1
        else:
            rejected += 1
        h = h * min(2.0, max(0.3, 0.84 * (1e-5 / err) ** 0.25))
    return y, accepted, rejected


@program((positive_definite(4),), second=None)
def jacobi_eigenvalues(A):
    """Cyclic Jacobi rotations until the matrix is diagonal; eigenvalues in ascending order."""
    A = 0.5 * (A + A.T)
    n = A.shape[0]
    for sweep in range(30):
        off = 0.0
        for p in range(n - 1):
            for q in range(p + 1, n):
                off += A[p, q] ** 2
        if off < 1e-24:
            break
        for p in range(n - 1):
            for q in range(p + 1, n):
                if abs(A[p, q]) < 1e-300:
                    continue
                theta = (A[q, q] - A[p, p]) / (2.0 * A[p, q])
                t = np.sign(theta) / (abs(theta) + np.sqrt(theta**2 + 1.0)) if theta != 0.0 else 1.0
                c = 1.0 / np.sqrt(t * t + 1.0)
                s = t * c
                Ap, Aq = A[:, p].copy(), A[:, q].copy()
                A[:, p] = c * Ap - s * Aq
                A[:, q] = s * Ap + c * Aq
                Ap, Aq = A[p, :].copy(), A[q, :].copy()
                A[p, :] = c * Ap - s * Aq
                A[q, :] = s * Ap + c * Aq
    d = np.diag(A).copy()
    for i in range(n):  # selection sort
        k = i
        for j in range(i + 1, n):
            if d[j] < d[k]:
                k = j
        if k != i:
            d[i], d[k] = d[k], d[i]
    return d


@program((normal(7, 3, seed=2), normal(7, seed=4)), wrt=(0, 1), heavy=True)
def householder_least_squares(A, b):
    m, n = A.shape
    R = A.copy()
    y = b.copy()
    for k in range(n):
        x = R[k:, k]
        norm = np.sqrt(np.sum(x * x))
        alpha = -norm if x[0] >= 0 else norm
        v = x.copy()
        v[0] -= alpha
        vv = v @ v
        R[k:, k:] -= np.outer(v, 2.0 / vv * (v @ R[k:, k:]))
        y[k:] -= v * (2.0 / vv * (v @ y[k:]))
    sol = np.zeros(n)
    for i in reversed(range(n)):
        sol[i] = (y[i] - R[i, i + 1:] @ sol[i + 1:]) / R[i, i]
    residual = y[n:]
    return sol, float(residual @ residual)


@program((np.array([1.0, 1.0]), np.linspace(0.0, 2.0, 9)), wrt=(0, 1), second=None)
def levenberg_marquardt(start, t):
    """Fits a exp(-b t) to noisy data; the damping follows the success of each step."""
    data = 2.5 * np.exp(-1.3 * t) + 0.01 * np.sin(7.0 * t)
    params = start.copy()
    lam = 1e-3

    def residuals(p):
        return p[0] * np.exp(-p[1] * t) - data

    cost = np.sum(residuals(params) ** 2)
    for iteration in range(30):
        e = np.exp(-params[1] * t)
        J = np.column_stack([e, -params[0] * t * e])
        r = residuals(params)
        H = J.T @ J
        g = J.T @ r
        step = np.linalg.solve(H + lam * np.diag(np.diag(H)), -g)
        trial = params + step
        new_cost = np.sum(residuals(trial) ** 2)
        if new_cost < cost:
            params, lam = trial, lam / 10.0
            if cost - new_cost < 1e-14:
                cost = new_cost
                break
            cost = new_cost
        else:
            lam *= 10.0
    return params, cost


@program((np.array([0.3, 0.8]),), (np.array([-1.2, 1.0]),), wrt=())
def nelder_mead(start):
    """Minimises Rosenbrock's banana with a simplex that is a list of vertices."""
    def f(p):
        return (1.0 - p[0]) ** 2 + 100.0 * (p[1] - p[0] ** 2) ** 2

    simplex = np.vstack([start, start + np.array([0.5, 0.0]), start + np.array([0.0, 0.5])])
    values = np.array([f(v) for v in simplex])
    count = 0
    while np.max(values) - np.min(values) > 1e-10 and count < 200:
        order = np.argsort(values)
        simplex, values = simplex[order], values[order]
        centroid = simplex[:-1].mean(axis=0)
        xr = centroid + (centroid - simplex[-1])
        fr = f(xr)
        if fr < values[0]:
            xe = centroid + 2.0 * (centroid - simplex[-1])
            fe = f(xe)
            if fe < fr:
                simplex[-1], values[-1] = xe, fe
            else:
                simplex[-1], values[-1] = xr, fr
        elif fr < values[-2]:
            simplex[-1], values[-1] = xr, fr
        else:
            xc = centroid - 0.5 * (centroid - simplex[-1])
            fc = f(xc)
            if fc < values[-1]:
                simplex[-1], values[-1] = xc, fc
            else:
                for i in range(1, 3):
                    simplex[i] = simplex[0] + 0.5 * (simplex[i] - simplex[0])
                    values[i] = f(simplex[i])
        count += 1
    return simplex[np.argmin(values)], values.min(), count


@program((2.5, 1.2), (0.7, 3.0), wrt=(1,))
def incomplete_gamma(a, x):
    """P(a, x): a series for small x, a continued fraction (Lentz) for large x, and Lanczos' log gamma."""
    cof = [76.18009172947146, -86.50532032941677, 24.01409824083091, -1.231739572450155, 0.1208650973866179e-2,
           -0.5395239384953e-5]
    tmp = a + 5.5 - (a + 0.5) * math.log(a + 5.5)
    ser = 1.000000000190015
    for j, c in enumerate(cof):
        ser += c / (a + j + 1)
    gln = -tmp + math.log(2.5066282746310005 * ser / a)
    if x < a + 1.0:
        ap = a
        total = delta = 1.0 / a
        for n in range(200):
            ap += 1.0
            delta *= x / ap
            total += delta
            if abs(delta) < abs(total) * 1e-15:
                break
        return total * math.exp(-x + a * math.log(x) - gln)
    tiny = 1e-300
    b = x + 1.0 - a
    c = 1.0 / tiny
    d = 1.0 / b
    h = d
    for i in range(1, 200):
        an = -i * (i - a)
        b += 2.0
        d = an * d + b
        if abs(d) < tiny:
            d = tiny
        c = b + an / c
        if abs(c) < tiny:
            c = tiny
        d = 1.0 / d
        factor = d * c
        h *= factor
        if abs(factor - 1.0) < 1e-15:
            break
    return 1.0 - math.exp(-x + a * math.log(x) - gln) * h


@program((np.array([0.9, 0.2]), 1.0), wrt=(0, 1), analytic=True, heavy=True)
def bulirsch_stoer(y0, H):
    """One big step: modified midpoint at several subdivisions, extrapolated to zero step."""
    def deriv(y):
        return np.array([y[1], -np.sin(y[0])])

    def midpoint(y, H, n):
        h = H / n
        z0 = y
        z1 = y + h * deriv(y)
        for _ in range(1, n):
            z0, z1 = z1, z0 + 2.0 * h * deriv(z1)
        return 0.5 * (z0 + z1 + h * deriv(z1))

    n_seq = [2, 4, 6, 8]
    T = {}
    for k, n in enumerate(n_seq):
        T[k, 0] = midpoint(y0, H, n)
        for j in range(1, k + 1):
            ratio = (n_seq[k] / n_seq[k - j]) ** 2
            T[k, j] = T[k, j - 1] + (T[k, j - 1] - T[k - 1, j - 1]) / (ratio - 1.0)
    return T[3, 3]


@program((uniform(6, seed=5) + 2.0, uniform(6, seed=6), uniform(6, seed=7), normal(6, seed=8)), wrt=(0, 1, 2, 3),
         analytic=True)
def thomas(diag, lower, upper, rhs):
    n = len(diag)
    cp = np.zeros_like(upper)
    dp = np.zeros_like(rhs)
    cp[0] = upper[0] / diag[0]
    dp[0] = rhs[0] / diag[0]
    for i in range(1, n):
        m = diag[i] - lower[i] * cp[i - 1]
        cp[i] = upper[i] / m
        dp[i] = (rhs[i] - lower[i] * dp[i - 1]) / m
    x = np.zeros_like(rhs)
    x[-1] = dp[-1]
    for i in range(n - 2, -1, -1):
        x[i] = dp[i] - cp[i] * x[i + 1]
    return x
