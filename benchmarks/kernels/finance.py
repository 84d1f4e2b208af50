"""Prices of options: a formula, and paths by Monte Carlo."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernel import Kernel, kernel, normal, uniform


@kernel(n=20)
def blackscholes(n: int = 1_000_000) -> Kernel:
    """European options by the formula of Black and Scholes; the gradient holds the Greeks."""

    def arrays(S, K, T, r, v):
        from scipy.special import erf

        root = np.sqrt(T)
        d1 = (np.log(S / K) + (r + 0.5 * v * v) * T) / (v * root)
        d2 = d1 - v * root
        c = 0.7071067811865476
        return np.sum(S * 0.5 * (1.0 + erf(d1 * c)) - K * np.exp(-r * T) * 0.5 * (1.0 + erf(d2 * c)))

    def loops(S, K, T, r, v):
        s = 0.0
        c = 0.7071067811865476
        for i in range(S.shape[0]):
            root = math.sqrt(T[i])
            d1 = (math.log(S[i] / K[i]) + (r[i] + 0.5 * v[i] * v[i]) * T[i]) / (v[i] * root)
            d2 = d1 - v[i] * root
            s += S[i] * 0.5 * (1.0 + math.erf(d1 * c)) - K[i] * math.exp(-r[i] * T[i]) * 0.5 * (1.0 + math.erf(d2 * c))
        return s

    inputs = {
        "S": 80 + 40 * uniform(0, n),
        "K": 80 + 40 * uniform(1, n),
        "T": 0.2 + uniform(2, n),
        "r": 0.01 + 0.05 * uniform(3, n),
        "v": 0.1 + 0.4 * uniform(4, n),
    }
    return Kernel(inputs, tuple(inputs), arrays, loops)


@kernel(paths=15, steps=6)
def heston(paths: int = 10_000, steps: int = 100) -> Kernel:
    """A call under Heston's stochastic volatility: Euler steps, the variance cut off at zero."""

    def arrays(p, Z1, Z2):
        S0, v0, kappa, theta, xi, rho = p[0], p[1], p[2], p[3], p[4], p[5]
        dt = 1.0 / steps
        sd = math.sqrt(dt)
        one = Z1[0] * 0.0 + 1.0
        log_s = np.log(S0) * one
        v = v0 * one
        rho_c = np.sqrt(1.0 - rho * rho)
        for t in range(steps):
            vp = np.maximum(v, 0.0)
            sv = np.sqrt(vp + 1e-12)
            log_s = log_s + (0.02 - 0.5 * vp) * dt + sv * sd * Z1[t]
            v = v + kappa * (theta - vp) * dt + xi * sv * sd * (rho * Z1[t] + rho_c * Z2[t])
        pay = np.maximum(np.exp(log_s) - 100.0, 0.0)
        return math.exp(-0.02) * np.sum(pay) / paths

    def loops(p, Z1, Z2):
        dt = 1.0 / steps
        sd = math.sqrt(dt)
        rho_c = math.sqrt(1.0 - p[5] * p[5])
        total = 0.0
        for i in range(Z1.shape[1]):
            log_s = math.log(p[0])
            v = p[1]
            for t in range(Z1.shape[0]):
                vp = max(v, 0.0)
                sv = math.sqrt(vp + 1e-12)
                log_s += (0.02 - 0.5 * vp) * dt + sv * sd * Z1[t, i]
                v += p[2] * (p[3] - vp) * dt + p[4] * sv * sd * (p[5] * Z1[t, i] + rho_c * Z2[t, i])
            total += max(math.exp(log_s) - 100.0, 0.0)
        return math.exp(-0.02) * total / Z1.shape[1]

    p = np.array([100.0, 0.04, 1.5, 0.05, 0.4, -0.6])
    return Kernel({"p": p, "Z1": normal(0, steps, paths), "Z2": normal(1, steps, paths)}, ("p",), arrays, loops)


@kernel(paths=15, steps=6)
def barrier(paths: int = 10_000, steps: int = 100) -> Kernel:
    """A call that is void once its path has been below a barrier: loops leave early, arrays mask."""
    one = np.ones(paths)

    def arrays(p, Z):
        dt = 1.0 / steps
        mu = (0.02 - 0.5 * p[1] * p[1]) * dt
        sd = p[1] * math.sqrt(dt)
        S = p[0] * one
        alive = one > 0
        for t in range(steps):
            S = S * np.exp(mu + sd * Z[:, t])
            alive = alive & (S >= 90.0)
        return math.exp(-0.02) * np.sum(np.where(alive & (S > 100.0), S - 100.0, 0.0 * one)) / paths

    def loops(p, Z):
        dt = 1.0 / steps
        total = 0.0
        mu = (0.02 - 0.5 * p[1] * p[1]) * dt
        sd = p[1] * math.sqrt(dt)
        for i in range(Z.shape[0]):
            S = p[0]
            alive = True
            for t in range(Z.shape[1]):
                S = S * math.exp(mu + sd * Z[i, t])
                if S < 90.0:
                    alive = False
                    break
            if alive and S > 100.0:
                total += S - 100.0
        return math.exp(-0.02) * total / Z.shape[0]

    return Kernel({"p": np.array([100.0, 0.3]), "Z": normal(3, paths, steps)}, ("p",), arrays, loops)
