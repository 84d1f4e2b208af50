"""Recurrences for JAX: translated directly; `_restructured` as an expert would write them, with `scan` over rows."""

import jax.numpy as jnp
from jax import lax


def seidel_2d(steps, **_):
    def program(A):
        n = A.shape[0]

        def bj(j, c):
            i, A = c
            v = (
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
            return i, A.at[i, j].set(v)

        def bi(i, A):
            return lax.fori_loop(1, n - 1, bj, (i, A))[1]

        A = lax.fori_loop(0, steps, lambda t, A: lax.fori_loop(1, n - 1, bi, A), A)
        return jnp.sum(A * A)

    return program


def seidel_2d_restructured(steps, **_):
    """What is known of a row at once, as vectors; then a scan along it."""

    def program(A):
        def row(up, x):
            cur, dn = x
            s = up[:-2] + up[1:-1] + up[2:] + cur[1:-1] + cur[2:] + dn[:-2] + dn[1:-1] + dn[2:]
            _, r = lax.scan(lambda left, v: ((left + v) / 9.0,) * 2, cur[0], s)
            new = jnp.concatenate((cur[:1], r, cur[-1:]))
            return new, new

        def sweep(A, _):
            _, rows = lax.scan(row, A[0], (A[1:-1], A[2:]))
            return jnp.concatenate((A[:1], rows, A[-1:])), None

        A, _ = lax.scan(sweep, A, None, length=steps)
        return jnp.sum(A * A)

    return program


def adi(steps, **_):
    Aa, Ab, Ac, Ad, Ae, Af = -0.45, 1.9, -0.45, -0.35, 1.7, -0.35

    def program(u):
        n = u.shape[0]
        z = jnp.zeros_like(u)

        def step(t, c):
            u, v, p, q = c
            m = slice(1, n - 1)
            v = v.at[0, m].set(1.0)
            p = p.at[m, 0].set(0.0)
            q = q.at[m, 0].set(v[0, m])

            def f1(j, c):
                p, q = c
                d = Aa * p[m, j - 1] + Ab
                qn = (-Ad * u[j, : n - 2] + (1.0 + 2.0 * Ad) * u[j, m] - Af * u[j, 2:] - Aa * q[m, j - 1]) / d
                return p.at[m, j].set(-Ac / d), q.at[m, j].set(qn)

            p, q = lax.fori_loop(1, n - 1, f1, (p, q))
            v = v.at[n - 1, m].set(1.0)

            def b1(i, v):
                j = n - 2 - i
                return v.at[j, m].set(p[m, j] * v[j + 1, m] + q[m, j])

            v = lax.fori_loop(0, n - 2, b1, v)
            u = u.at[m, 0].set(1.0)
            p = p.at[m, 0].set(0.0)
            q = q.at[m, 0].set(u[m, 0])

            def f2(j, c):
                p, q = c
                d = Ad * p[m, j - 1] + Ae
                qn = (-Aa * v[: n - 2, j] + (1.0 + 2.0 * Aa) * v[m, j] - Ac * v[2:, j] - Ad * q[m, j - 1]) / d
                return p.at[m, j].set(-Af / d), q.at[m, j].set(qn)

            p, q = lax.fori_loop(1, n - 1, f2, (p, q))
            u = u.at[m, n - 1].set(1.0)

            def b2(i, u):
                j = n - 2 - i
                return u.at[m, j].set(p[m, j] * u[m, j + 1] + q[m, j])

            u = lax.fori_loop(0, n - 2, b2, u)
            return u, v, p, q

        u, *_ = lax.fori_loop(0, steps, step, (u, z, z, z))
        return jnp.sum(u * u)

    return program


def durbin(**_):
    def program(r):
        n = r.shape[0]
        ar = jnp.arange(n)
        rr = jnp.concatenate((r[::-1], jnp.zeros(n)))

        def body(k, c):
            y, alpha, beta = c
            beta = beta * (1.0 - alpha * alpha)
            m = ar < k
            rk = lax.dynamic_slice(rr, (n - k,), (n,))  # r[k-1-i]
            alpha = -(r[k] + jnp.sum(jnp.where(m, rk * y, 0.0))) / beta
            yy = lax.dynamic_slice(jnp.concatenate((y[::-1], jnp.zeros(n))), (n - k,), (n,))
            y = jnp.where(m, y + alpha * yy, y).at[k].set(alpha)
            return y, alpha, beta

        y, _, _ = lax.fori_loop(1, n, body, (jnp.zeros(n).at[0].set(-r[0]), -r[0], jnp.ones(())))
        return jnp.sum(y * y)

    return program


def floyd_warshall(**_):
    def program(P):
        P = lax.fori_loop(0, P.shape[0], lambda k, P: jnp.minimum(P, P[:, k][:, None] + P[k, :][None, :]), P)
        return jnp.sum(P * P)

    return program


def softdtw(**_):
    def program(x, y):
        n, m = x.shape[0], y.shape[0]
        R = jnp.full((n + 1, m + 1), 1e10).at[0, 0].set(0.0)

        def cell(j, c):
            i, R = c
            d = x[i - 1] - y[j - 1]
            a, b, e = R[i - 1, j - 1], R[i - 1, j], R[i, j - 1]
            mn = jnp.minimum(a, jnp.minimum(b, e))
            return i, R.at[i, j].set(d * d + mn - jnp.log(jnp.exp(mn - a) + jnp.exp(mn - b) + jnp.exp(mn - e)))

        R = lax.fori_loop(1, n + 1, lambda i, R: lax.fori_loop(1, m + 1, cell, (i, R))[1], R)
        return R[n, m]

    return program


def softdtw_restructured(**_):
    """A scan over rows of a scan over cells; one row is carried."""

    def program(x, y):
        def row(prev, xi):
            def cell(left, s):
                a, b, yj = s
                d = xi - yj
                mn = jnp.minimum(a, jnp.minimum(b, left))
                v = d * d + mn - jnp.log(jnp.exp(mn - a) + jnp.exp(mn - b) + jnp.exp(mn - left))
                return v, v

            _, r = lax.scan(cell, jnp.asarray(1e10), (prev[:-1], prev[1:], y))
            return jnp.concatenate((jnp.array([1e10]), r)), None

        r, _ = lax.scan(row, jnp.full(y.shape[0] + 1, 1e10).at[0].set(0.0), x)
        return r[-1]

    return program
