"""Simulations for PyTorch: Python loops over small arrays."""

import torch


def lv_rk4(steps):
    h = 0.002

    def program(p, u, obs):
        def slope(u):
            return torch.stack([p[0] * u[0] - p[1] * u[0] * u[1], p[3] * u[0] * u[1] - p[2] * u[1]])

        s = 0.0
        for i in range(steps):
            k1 = slope(u)
            k2 = slope(u + 0.5 * h * k1)
            k3 = slope(u + 0.5 * h * k2)
            k4 = slope(u + h * k3)
            u = u + h / 6.0 * (k1 + 2 * k2 + 2 * k3 + k4)
            s = s + ((u - obs[i]) ** 2).sum()
        return s / steps

    return program


def nbody(steps, **_):
    dt = 0.01

    def acceleration(pos, m):
        d = pos[None, :, :] - pos[:, None, :]
        r2 = (d * d).sum(-1) + 0.01
        return (d * (r2**-1.5 * m[None, :])[:, :, None]).sum(1)

    def program(pos, vel, m):
        a = acceleration(pos, m)
        for _ in range(steps):
            vel = vel + 0.5 * dt * a
            pos = pos + dt * vel
            a = acceleration(pos, m)
            vel = vel + 0.5 * dt * a
        return (pos * pos).sum() + (vel * vel).sum()

    return program


def cloth(n, steps):
    dt = 0.005
    rest = 1.0 / (n - 1)

    def program(x, v, ks):
        for _ in range(steps):
            f = -ks[1] * v
            f[:, :, 2] -= 0.02
            d = x[1:] - x[:-1]
            length = torch.sqrt((d * d).sum(-1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f[:-1] += s
            f[1:] -= s
            d = x[:, 1:] - x[:, :-1]
            length = torch.sqrt((d * d).sum(-1) + 1e-12)
            s = (ks[0] * (length - rest) / length)[:, :, None] * d
            f[:, :-1] += s
            f[:, 1:] -= s
            f[0] = 0.0
            v = v + dt * f
            x = x + dt * v
        return torch.sum(x[:, :, 2] ** 2) + torch.sum(v * v)

    return program


def kepler_while(**_):
    def program(M, e):
        E = M
        d = None
        while d is None or bool((d.abs() > 1e-12).any()):
            d = (E - e * torch.sin(E) - M) / (1.0 - e * torch.cos(E))
            E = E - d
        return torch.sum(torch.sin(E) * E)

    return program


def small5(**_):
    def program(x, y):
        z = torch.sin(x) * y
        w = torch.exp(-x * x)
        return torch.sum(z + w)

    return program
