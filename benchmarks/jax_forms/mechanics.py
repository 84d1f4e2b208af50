"""Simulations for JAX: scans over time; a `while_loop` where the program has one, which JAX cannot reverse."""

import jax.numpy as jnp
from jax import lax


def lv_rk4(steps):
    dt = 0.002

    def program(p, y0, obs):
        def f(u):
            return jnp.stack([p[0] * u[0] - p[1] * u[0] * u[1], p[3] * u[0] * u[1] - p[2] * u[1]])

        def step(u, o):
            k1 = f(u)
            k2 = f(u + 0.5 * dt * k1)
            k3 = f(u + 0.5 * dt * k2)
            k4 = f(u + dt * k3)
            u = u + dt / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
            return u, jnp.sum((u - o) ** 2)

        _, losses = lax.scan(step, y0, obs)
        return jnp.sum(losses) / steps

    return program


def lv_rk4_restructured(steps):
    """Scalars are carried, not a vector of two."""
    dt = 0.002

    def program(p, y0, obs):
        a, b, c, d = p
        h = dt

        def f(x, y):
            return a * x - b * x * y, d * x * y - c * y

        def step(u, o):
            x, y = u
            k1 = f(x, y)
            k2 = f(x + 0.5 * h * k1[0], y + 0.5 * h * k1[1])
            k3 = f(x + 0.5 * h * k2[0], y + 0.5 * h * k2[1])
            k4 = f(x + h * k3[0], y + h * k3[1])
            x = x + h / 6.0 * (k1[0] + 2 * k2[0] + 2 * k3[0] + k4[0])
            y = y + h / 6.0 * (k1[1] + 2 * k2[1] + 2 * k3[1] + k4[1])
            return (x, y), (x - o[0]) ** 2 + (y - o[1]) ** 2

        _, losses = lax.scan(step, (y0[0], y0[1]), obs)
        return jnp.sum(losses) / steps

    return program


def nbody(steps, **_):
    dt = 0.01

    def program(pos, vel, m):
        def acc(pos):
            d = pos[None] - pos[:, None]
            r2 = (d * d).sum(-1) + 0.01
            return (d * (r2**-1.5 * m[None])[:, :, None]).sum(1)

        def st(c, _):
            pos, vel, a = c
            vel = vel + 0.5 * dt * a
            pos = pos + dt * vel
            a = acc(pos)
            return (pos, vel + 0.5 * dt * a, a), None

        (pos, vel, _), _ = lax.scan(st, (pos, vel, acc(pos)), None, length=steps)
        return (pos * pos).sum() + (vel * vel).sum()

    return program


def cloth(n, steps):
    dt = 0.005
    rest = 1.0 / (n - 1)

    def program(x, v, ks):
        def st(c, _):
            x, v = c
            f = -ks[1] * v
            f = f.at[:, :, 2].add(-0.02)
            d = x[1:] - x[:-1]
            length = jnp.sqrt(jnp.sum(d * d, -1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f = f.at[:-1].add(s).at[1:].add(-s)
            d = x[:, 1:] - x[:, :-1]
            length = jnp.sqrt(jnp.sum(d * d, -1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f = f.at[:, :-1].add(s).at[:, 1:].add(-s)
            f = f.at[0].set(0.0)
            v = v + dt * f
            return (x + dt * v, v), None

        (x, v), _ = lax.scan(st, (x, v), None, length=steps)
        return jnp.sum(x[:, :, 2] ** 2) + jnp.sum(v * v)

    return program


def kepler_while(**_):
    def program(M, e):
        def body(c):
            E, d = c
            d = (E - e * jnp.sin(E) - M) / (1.0 - e * jnp.cos(E))
            return E - d, d

        E, _ = lax.while_loop(lambda c: jnp.max(jnp.abs(c[1])) > 1e-12, body, (M, jnp.ones_like(M)))
        return jnp.sum(jnp.sin(E) * E)

    return program


def kepler_while_restructured(**_):
    """With a fixed number of steps, which has a gradient."""

    def program(M, e):
        def body(i, E):
            return E - (E - e * jnp.sin(E) - M) / (1.0 - e * jnp.cos(E))

        E = lax.fori_loop(0, 8, body, M)
        return jnp.sum(jnp.sin(E) * E)

    return program


def small5(**_):
    def program(x, y):
        z = jnp.sin(x) * y
        w = jnp.exp(-x * x)
        return jnp.sum(z + w)

    return program
