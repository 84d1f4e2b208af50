"""Recurrences for PyTorch: rows are collected and joined. No form of the two tables of scalars (seidel_2d, softdtw)."""

import torch
from torch.nn import functional


def adi(steps, **_):
    Aa, Ab, Ac, Ad, Ae, Af = -0.45, 1.9, -0.45, -0.35, 1.7, -0.35

    def program(u):
        n = u.shape[0]
        u = u.clone()
        for _ in range(steps):
            one = torch.ones(n - 2, dtype=u.dtype)
            p = [torch.zeros_like(one)]
            q = [one]
            for j in range(1, n - 1):
                d = Aa * p[-1] + Ab
                q.append((-Ad * u[j, : n - 2] + (1.0 + 2.0 * Ad) * u[j, 1 : n - 1] - Af * u[j, 2:] - Aa * q[-1]) / d)
                p.append(-Ac / d)
            v = [one]
            for j in range(n - 2, 0, -1):
                v.append(p[j] * v[-1] + q[j])
            v.append(one)
            v.reverse()
            V = torch.stack(v)
            V = functional.pad(V, (1, 1))
            p = [torch.zeros_like(one)]
            q = [one]
            for j in range(1, n - 1):
                d = Ad * p[-1] + Ae
                q.append((-Aa * V[: n - 2, j] + (1.0 + 2.0 * Aa) * V[1 : n - 1, j] - Ac * V[2:, j] - Ad * q[-1]) / d)
                p.append(-Af / d)
            c = [one]
            for j in range(n - 2, 0, -1):
                c.append(p[j] * c[-1] + q[j])
            c.append(one)
            c.reverse()
            u = torch.cat((u[:1], torch.stack(c, 1), u[-1:]))
        return torch.sum(u * u)

    return program


def durbin(**_):
    def program(r):
        n = r.shape[0]
        y = -r[:1]
        alpha = -r[0]
        beta = 1.0
        for k in range(1, n):
            beta = beta * (1.0 - alpha * alpha)
            alpha = -(r[k] + torch.dot(r[:k].flip(0), y)) / beta
            y = torch.cat((y + alpha * y.flip(0), alpha[None]))
        return torch.sum(y * y)

    return program


def floyd_warshall(**_):
    def program(P):
        for k in range(P.shape[0]):
            P = torch.minimum(P, P[:, k][:, None] + P[k, :][None, :])
        return torch.sum(P * P)

    return program
