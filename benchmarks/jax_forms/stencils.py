"""Stencils for JAX: `.at[].set` inside `fori_loop`, which XLA updates in place."""

import jax.numpy as jnp
from jax import lax


def jacobi_1d(steps, **_):
    def program(A, B):
        def body(t, c):
            A, B = c
            B = B.at[1:-1].set(0.33333 * (A[:-2] + A[1:-1] + A[2:]))
            A = A.at[1:-1].set(0.33333 * (B[:-2] + B[1:-1] + B[2:]))
            return A, B

        A, B = lax.fori_loop(1, steps, body, (A, B))
        return jnp.sum(A * A)

    return program


def jacobi_2d(steps, **_):
    def stencil(A):
        return 0.2 * (A[1:-1, 1:-1] + A[1:-1, :-2] + A[1:-1, 2:] + A[2:, 1:-1] + A[:-2, 1:-1])

    def program(A, B):
        def body(t, c):
            A, B = c
            B = B.at[1:-1, 1:-1].set(stencil(A))
            A = A.at[1:-1, 1:-1].set(stencil(B))
            return A, B

        A, B = lax.fori_loop(1, steps, body, (A, B))
        return jnp.sum(A * A)

    return program


def heat_3d(steps, **_):
    def stencil(A):
        c = A[1:-1, 1:-1, 1:-1]
        return (
            0.125 * (A[2:, 1:-1, 1:-1] - 2.0 * c + A[:-2, 1:-1, 1:-1])
            + 0.125 * (A[1:-1, 2:, 1:-1] - 2.0 * c + A[1:-1, :-2, 1:-1])
            + 0.125 * (A[1:-1, 1:-1, 2:] - 2.0 * c + A[1:-1, 1:-1, :-2])
            + c
        )

    def program(A, B):
        def body(t, c):
            A, B = c
            B = B.at[1:-1, 1:-1, 1:-1].set(stencil(A))
            A = A.at[1:-1, 1:-1, 1:-1].set(stencil(B))
            return A, B

        A, B = lax.fori_loop(1, steps, body, (A, B))
        return jnp.sum(A * A)

    return program


def fdtd_2d(steps, **_):
    def program(ex, ey, hz, fict):
        def body(t, c):
            ex, ey, hz = c
            ey = ey.at[0, :].set(fict[t])
            ey = ey.at[1:, :].add(-0.5 * (hz[1:, :] - hz[:-1, :]))
            ex = ex.at[:, 1:].add(-0.5 * (hz[:, 1:] - hz[:, :-1]))
            hz = hz.at[:-1, :-1].add(-0.7 * (ex[:-1, 1:] - ex[:-1, :-1] + ey[1:, :-1] - ey[:-1, :-1]))
            return ex, ey, hz

        ex, ey, hz = lax.fori_loop(0, steps, body, (ex, ey, hz))
        return jnp.sum(hz * hz)

    return program
