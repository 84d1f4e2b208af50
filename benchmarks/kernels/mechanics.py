"""Simulations: a small system of equations, bodies, cloth, orbits; and a program that is over in nanoseconds."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernel import Kernel, kernel, normal, uniform


@kernel(steps=12)
def lv_rk4(steps: int = 10_000) -> Kernel:
    """Predators and prey by Runge-Kutta: the misfit of four parameters to observations, all scalars."""
    dt = 0.002

    def loops(p, y0, obs):
        x = y0[0]
        y = y0[1]
        a = p[0]
        b = p[1]
        c = p[2]
        d = p[3]
        s = 0.0
        h = dt
        for i in range(obs.shape[0]):
            k1x = a * x - b * x * y
            k1y = d * x * y - c * y
            x1 = x + 0.5 * h * k1x
            y1 = y + 0.5 * h * k1y
            k2x = a * x1 - b * x1 * y1
            k2y = d * x1 * y1 - c * y1
            x2 = x + 0.5 * h * k2x
            y2 = y + 0.5 * h * k2y
            k3x = a * x2 - b * x2 * y2
            k3y = d * x2 * y2 - c * y2
            x3 = x + h * k3x
            y3 = y + h * k3y
            k4x = a * x3 - b * x3 * y3
            k4y = d * x3 * y3 - c * y3
            x = x + h / 6.0 * (k1x + 2.0 * k2x + 2.0 * k3x + k4x)
            y = y + h / 6.0 * (k1y + 2.0 * k2y + 2.0 * k3y + k4y)
            ex = x - obs[i, 0]
            ey = y - obs[i, 1]
            s = s + ex * ex + ey * ey
        return s / obs.shape[0]

    t = np.arange(steps) * dt
    observed = np.stack([2.0 + np.sin(t), 2.0 + np.cos(t)], 1)
    inputs = {"p": np.array([1.1, 0.4, 0.9, 0.35]), "y0": np.array([2.0, 1.0]), "obs": observed}
    return Kernel(inputs, ("p", "y0"), loops, loops, {"DT": dt})


@kernel(n=5, steps=3)
def nbody(n: int = 128, steps: int = 50) -> Kernel:
    """Bodies that attract one another, softened, by leapfrog."""
    dt = 0.01

    def acceleration(pos, m):
        d = pos[None, :, :] - pos[:, None, :]
        r2 = (d * d).sum(-1) + 0.01
        return (d * (r2**-1.5 * m[None, :])[:, :, None]).sum(1)

    def arrays(pos, vel, m):
        a = acceleration(pos, m)
        for _ in range(steps):
            vel = vel + 0.5 * dt * a
            pos = pos + dt * vel
            a = acceleration(pos, m)
            vel = vel + 0.5 * dt * a
        return (pos * pos).sum() + (vel * vel).sum()

    def loops(pos, vel, m):
        n = pos.shape[0]
        a = np.zeros((n, 3))
        for t in range(steps + 1):
            if t > 0:
                for i in range(n):
                    for c in range(3):
                        vel[i, c] += 0.5 * dt * a[i, c]
                        pos[i, c] += dt * vel[i, c]
            for i in range(n):
                ax = 0.0
                ay = 0.0
                az = 0.0
                for j in range(n):
                    dx = pos[j, 0] - pos[i, 0]
                    dy = pos[j, 1] - pos[i, 1]
                    dz = pos[j, 2] - pos[i, 2]
                    r2 = dx * dx + dy * dy + dz * dz + 0.01
                    w = m[j] / (r2 * math.sqrt(r2))
                    ax += dx * w
                    ay += dy * w
                    az += dz * w
                a[i, 0] = ax
                a[i, 1] = ay
                a[i, 2] = az
            if t > 0:
                for i in range(n):
                    for c in range(3):
                        vel[i, c] += 0.5 * dt * a[i, c]
        return np.sum(pos * pos) + np.sum(vel * vel)

    inputs = {"pos": normal(0, n, 3), "vel": normal(1, n, 3) * 0.1, "m": uniform(2, n) / n}
    return Kernel(inputs, ("pos", "vel", "m"), arrays, loops, {"DT": dt})


@kernel(n=5, steps=3)
def cloth(n: int = 48, steps: int = 150) -> Kernel:
    """A cloth of springs that hangs by one edge; forces are accumulated in place."""
    dt = 0.005
    rest = 1.0 / (n - 1)

    def arrays(x, v, ks):
        for _ in range(steps):
            f = -ks[1] * v
            f[:, :, 2] -= 0.02
            d = x[1:] - x[:-1]
            length = np.sqrt(np.sum(d * d, -1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f[:-1] += s
            f[1:] -= s
            d = x[:, 1:] - x[:, :-1]
            length = np.sqrt(np.sum(d * d, -1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f[:, :-1] += s
            f[:, 1:] -= s
            f[0] = 0.0
            v += dt * f
            x += dt * v
        return np.sum(x[:, :, 2] ** 2) + np.sum(v * v)

    def loops(x, v, ks):
        n = x.shape[0]
        f = np.zeros_like(x)
        k = ks[0]
        for _ in range(steps):
            for i in range(n):
                for j in range(n):
                    for c in range(3):
                        f[i, j, c] = -ks[1] * v[i, j, c]
                    f[i, j, 2] -= 0.02
            for i in range(n):
                for j in range(n):
                    for o in range(2):
                        a = i + 1 - o
                        b = j + o
                        if a < n and b < n:
                            d0 = x[a, b, 0] - x[i, j, 0]
                            d1 = x[a, b, 1] - x[i, j, 1]
                            d2 = x[a, b, 2] - x[i, j, 2]
                            length = math.sqrt(d0 * d0 + d1 * d1 + d2 * d2 + 1e-12)
                            w = k * (length - rest) / length
                            f[i, j, 0] += w * d0
                            f[i, j, 1] += w * d1
                            f[i, j, 2] += w * d2
                            f[a, b, 0] -= w * d0
                            f[a, b, 1] -= w * d1
                            f[a, b, 2] -= w * d2
            for i in range(n):
                for j in range(n):
                    for c in range(3):
                        if i > 0:
                            v[i, j, c] += dt * f[i, j, c]
                        x[i, j, c] += dt * v[i, j, c]
        return np.sum(x[:, :, 2] ** 2) + np.sum(v * v)

    g = np.linspace(0, 1, n)
    x = np.stack([*np.meshgrid(g, g, indexing="ij"), 0.02 * uniform(0, n, n)], -1)
    inputs = {"x": x, "v": np.zeros((n, n, 3)), "ks": np.array([40.0, 0.1])}
    return Kernel(inputs, ("x", "v", "ks"), arrays, loops, {"DT": dt, "REST": rest})


@kernel(n=8)
def kepler_while(n: int = 100_000) -> Kernel:
    """Kepler's equation by Newton's method until it has converged."""

    def arrays(M, e):
        E = M.copy()
        d = np.ones_like(E)
        while np.max(np.abs(d)) > 1e-12:
            d = (E - e * np.sin(E) - M) / (1.0 - e * np.cos(E))
            E = E - d
        return np.sum(np.sin(E) * E)

    def loops(M, e):
        s = 0.0
        for i in range(M.shape[0]):
            E = M[i]
            d = 1.0
            while abs(d) > 1e-12:
                d = (E - e[i] * math.sin(E) - M[i]) / (1.0 - e[i] * math.cos(E))
                E -= d
            s += math.sin(E) * E
        return s

    return Kernel({"M": uniform(0, n) * 6.0, "e": 0.05 + 0.5 * uniform(1, n)}, ("M", "e"), arrays, loops)


@kernel(n=10)
def small5(n: int = 10) -> Kernel:
    """Five operations on ten numbers: what a call costs."""

    def arrays(x, y):
        z = np.sin(x) * y
        w = np.exp(-x * x)
        return np.sum(z + w)

    def loops(x, y):
        s = 0.0
        for i in range(x.shape[0]):
            s += math.sin(x[i]) * y[i] + math.exp(-x[i] * x[i])
        return s

    return Kernel({"x": uniform(0, n), "y": uniform(1, n)}, ("x", "y"), arrays, loops)
