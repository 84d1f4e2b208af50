"""Triangular loops for JAX: slices of varying length become masks; `_restructured` uses rank-1 updates or LAPACK."""

import jax
import jax.numpy as jnp
from jax import lax


def lu(**_):
    def program(A):
        n = A.shape[0]
        ar = jnp.arange(n)

        def row(i, A):
            def lo(j, A):
                v = (A[i, j] - jnp.sum(jnp.where(ar < j, A[i] * A[:, j], 0.0))) / A[j, j]
                return A.at[i, j].set(v)

            A = lax.fori_loop(0, n, lambda j, A: lax.cond(j < i, lambda A: lo(j, A), lambda A: A, A), A)

            def up(j, A):
                return A.at[i, j].add(-jnp.sum(jnp.where(ar < i, A[i] * A[:, j], 0.0)))

            return lax.fori_loop(0, n, lambda j, A: lax.cond(j >= i, lambda A: up(j, A), lambda A: A, A), A)

        A = lax.fori_loop(0, n, row, A)
        return jnp.sum(A * A)

    return program


def lu_restructured(**_):
    """Right-looking, by masked updates of rank 1."""

    def program(A):
        n = A.shape[0]
        ar = jnp.arange(n)

        def step(k, A):
            column = jnp.where(ar > k, A[:, k] / A[k, k], 0.0)
            u = jnp.where(ar > k, A[k], 0.0)
            A = A - jnp.outer(column, u)
            return A.at[:, k].set(jnp.where(ar > k, column, A[:, k]))

        A = lax.fori_loop(0, n, step, A)
        return jnp.sum(A * A)

    return program


def cholesky(**_):
    def program(A):
        n = A.shape[0]
        ar = jnp.arange(n)

        def row(i, A):
            def lo(j, A):
                return A.at[i, j].set((A[i, j] - jnp.sum(jnp.where(ar < j, A[i] * A[j], 0.0))) / A[j, j])

            A = lax.fori_loop(0, n, lambda j, A: lax.cond(j < i, lambda A: lo(j, A), lambda A: A, A), A)
            return A.at[i, i].set(jnp.sqrt(A[i, i] - jnp.sum(jnp.where(ar < i, A[i] * A[i], 0.0))))

        A = lax.fori_loop(0, n, row, A)
        return jnp.sum(jnp.tril(A))

    return program


def cholesky_restructured(**_):
    def program(A):
        return jnp.sum(jnp.linalg.cholesky(A, symmetrize_input=False))

    return program


def trisolv(**_):
    def program(L, b):
        n = L.shape[0]
        ar = jnp.arange(n)
        x = lax.fori_loop(
            0,
            n,
            lambda i, x: x.at[i].set((b[i] - jnp.sum(jnp.where(ar < i, L[i] * x, 0.0))) / L[i, i]),
            jnp.zeros_like(b),
        )
        return jnp.sum(x * x)

    return program


def trisolv_restructured(**_):
    def program(L, b):
        x = jax.scipy.linalg.solve_triangular(L, b, lower=True)
        return jnp.sum(x * x)

    return program


def syrk(**_):
    def program(C, A):
        n, m = A.shape
        ar = jnp.arange(n)

        def row(i, C):
            msk = ar <= i
            c = jnp.where(msk, C[i] * 1.2, C[i])
            c = lax.fori_loop(0, m, lambda k, c: c + jnp.where(msk, 1.5 * A[i, k] * A[:, k], 0.0), c)
            return C.at[i].set(c)

        C = lax.fori_loop(0, n, row, C)
        return jnp.sum(C * C)

    return program


def syrk_restructured(**_):
    def program(C, A):
        C = jnp.tril(1.2 * C + 1.5 * A @ A.T) + jnp.triu(C, 1)
        return jnp.sum(C * C)

    return program
