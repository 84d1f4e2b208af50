"""Products for JAX: the NumPy programs."""

import jax.numpy as jnp


def gemm(**_):
    def program(C, A, B):
        R = 1.5 * (A @ B) + 1.2 * C
        return jnp.sum(R * R)

    return program


def k2mm(**_):
    def program(A, B, C, D):
        R = 1.5 * (A @ B) @ C + 1.2 * D
        return jnp.sum(R * R)

    return program


def atax(**_):
    def program(A, x):
        y = (A @ x) @ A
        return jnp.sum(y * y)

    return program


def mvt(**_):
    def program(x1, x2, y1, y2, A):
        a = x1 + A @ y1
        b = x2 + y2 @ A
        return jnp.sum(a * a) + jnp.sum(b * b)

    return program


def gesummv(**_):
    def program(A, B, x):
        y = 1.5 * (A @ x) + 1.2 * (B @ x)
        return jnp.sum(y * y)

    return program


def covariance(n, **_):
    def program(D):
        E = D - jnp.mean(D, axis=0)
        C = E.T @ E / (n - 1.0)
        return jnp.sum(C * C)

    return program
