"""Prices for PyTorch: time as a Python loop over vectors of paths."""

import math

import torch


def blackscholes(**_):
    def program(S, K, T, r, v):
        root = torch.sqrt(T)
        d1 = (torch.log(S / K) + (r + 0.5 * v * v) * T) / (v * root)
        d2 = d1 - v * root
        c = 0.7071067811865476
        value = S * 0.5 * (1.0 + torch.erf(d1 * c)) - K * torch.exp(-r * T) * 0.5 * (1.0 + torch.erf(d2 * c))
        return torch.sum(value)

    return program


def heston(paths, steps):
    def program(p, Z1, Z2):
        S0, v0, kappa, theta, xi, rho = p[0], p[1], p[2], p[3], p[4], p[5]
        dt = 1.0 / steps
        sd = math.sqrt(dt)
        one = Z1[0] * 0.0 + 1.0
        log_s = torch.log(S0) * one
        v = v0 * one
        rho_c = torch.sqrt(1.0 - rho * rho)
        for t in range(steps):
            vp = torch.relu(v)
            sv = torch.sqrt(vp + 1e-12)
            log_s = log_s + (0.02 - 0.5 * vp) * dt + sv * sd * Z1[t]
            v = v + kappa * (theta - vp) * dt + xi * sv * sd * (rho * Z1[t] + rho_c * Z2[t])
        return math.exp(-0.02) * torch.sum(torch.relu(torch.exp(log_s) - 100.0)) / paths

    return program


def barrier(paths, steps):
    one = torch.ones(paths, dtype=torch.float64)

    def program(p, Z):
        dt = 1.0 / steps
        mu = (0.02 - 0.5 * p[1] * p[1]) * dt
        sd = p[1] * math.sqrt(dt)
        S = p[0] * one
        alive = one > 0
        for t in range(steps):
            S = S * torch.exp(mu + sd * Z[:, t])
            alive = alive & (S >= 90.0)
        return math.exp(-0.02) * torch.sum(torch.where(alive & (S > 100.0), S - 100.0, 0.0 * one)) / paths

    return program
