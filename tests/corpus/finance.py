"""Options, rates and portfolios."""

import math
from typing import NamedTuple

import numpy as np

from tests.programs import normal, program, uniform


@program((100.0, 95.0, 0.05, 0.3, 1.0, 12), (80.0, 95.0, 0.05, 0.3, 1.0, 3), wrt=(0, 1, 2, 3, 4), second=None)
def american_put_binomial(S0, K, r, sigma, T, N):
    """Cox, Ross and Rubinstein's tree, worked back in place."""
    dt = T / N
    u = math.exp(sigma * math.sqrt(dt))
    d = 1.0 / u
    p = (math.exp(r * dt) - d) / (u - d)
    disc = math.exp(-r * dt)
    S = np.zeros(N + 1)
    for j in range(N + 1):
        S[j] = S0 * u**j * d ** (N - j)
    V = np.maximum(K - S, 0.0)
    for i in range(N - 1, -1, -1):
        for j in range(i + 1):
            hold = disc * (p * V[j + 1] + (1.0 - p) * V[j])
            exercise = K - S0 * u**j * d ** (i - j)
            V[j] = max(hold, exercise)
    return V[0]


class Market(NamedTuple):
    spot: float
    rate: float
    vol: float


@program((1.05, 0.03, 0.4), wrt=(0, 1, 2), second=None)
def american_put_psor(moneyness, r, sigma):
    """Crank and Nicolson's scheme for an American put; the obstacle by projected over-relaxation."""
    market = Market(spot=moneyness, rate=r, vol=sigma)
    M, N = 9, 4
    smax, T, K = 2.0, 0.5, 1.0
    ds, dt = smax / (M + 1), T / N
    s = ds * np.arange(0, M + 2)
    payoff = np.maximum(K - s, 0.0)
    v = payoff.copy()
    i = np.arange(1, M + 1)
    a = 0.25 * dt * (market.vol**2 * i**2 - market.rate * i)
    b = -0.5 * dt * (market.vol**2 * i**2 + market.rate)
    c = 0.25 * dt * (market.vol**2 * i**2 + market.rate * i)
    for n in range(N):
        rhs = a * v[:-2] + (1 + b) * v[1:-1] + c * v[2:]
        for sweep in range(40):
            biggest = 0.0
            for k in range(M):
                left = v[k]
                right = v[k + 2]
                y = (rhs[k] + a[k] * left + c[k] * right) / (1 - b[k])
                new = max(payoff[k + 1], v[k + 1] + 1.2 * (y - v[k + 1]))
                biggest = max(biggest, abs(new - v[k + 1]))
                v[k + 1] = new
            if biggest < 1e-13:
                break
    k = int(market.spot / ds)
    w = market.spot / ds - k
    return (1 - w) * v[k] + w * v[k + 1]


@program((36.0, 40.0, 0.06, 0.2, normal(8, 4)), wrt=(0, 2, 3), second=None)
def longstaff_schwartz(S0, K, r, sigma, Z):
    """Least-squares Monte Carlo with antithetic paths and a quadratic regression."""
    T, n_steps = 1.0, Z.shape[1]
    dt = T / n_steps
    Z = np.concatenate([Z, -Z], axis=0)
    drift = (r - 0.5 * sigma**2) * dt
    paths = S0 * np.exp(np.cumsum(drift + sigma * np.sqrt(dt) * Z, axis=1))
    cash = np.maximum(K - paths[:, -1], 0.0)
    for t in range(n_steps - 2, -1, -1):
        cash = cash * np.exp(-r * dt)
        x = paths[:, t] / K
        itm = x < 1.0
        A = np.stack([np.ones_like(x), x, x**2], axis=1) * itm[:, None]
        coef = np.linalg.solve(A.T @ A + 1e-6 * np.eye(3), A.T @ (cash * itm))
        continuation = A @ coef
        exercise = np.maximum(K - paths[:, t], 0.0)
        cash = np.where(itm & (exercise > continuation), exercise, cash)
    return np.mean(cash) * np.exp(-r * dt)


@program((0.03, 0.035, 1.5, 0.2, 0.7, -0.3, 0.4), (0.03, 0.03, 1.5, 0.2, 0.7, -0.3, 0.4), wrt=(2, 3, 5, 6),
         second=None)
def sabr_volatility(F, K, T, alpha, beta, rho, nu):
    """Hagan's formula, with its limit at the money."""
    if abs(F - K) < 1e-9:
        fb = F ** (1.0 - beta)
        return alpha / fb * (1.0 + T * ((1 - beta) ** 2 / 24 * alpha**2 / fb**2 + rho * beta * nu * alpha / (4 * fb)
                                        + (2 - 3 * rho**2) / 24 * nu**2))
    log_fk = math.log(F / K)
    fkb = (F * K) ** ((1.0 - beta) / 2.0)
    z = nu / alpha * fkb * log_fk
    x = math.log((math.sqrt(1.0 - 2.0 * rho * z + z * z) + z - rho) / (1.0 - rho))
    a = alpha / (fkb * (1.0 + (1 - beta) ** 2 / 24.0 * log_fk**2 + (1 - beta) ** 4 / 1920.0 * log_fk**4))
    b = 1.0 + T * ((1 - beta) ** 2 / 24.0 * alpha**2 / fkb**2 + 0.25 * rho * beta * nu * alpha / fkb
                   + (2 - 3 * rho**2) / 24.0 * nu**2)
    return a * z / x * b


def norm_cdf(x):
    return 0.5 * (1.0 + math.erf(x / math.sqrt(2.0)))


def bs_call(S, K, r, sigma, T):
    d1 = (math.log(S / K) + (r + 0.5 * sigma**2) * T) / (sigma * math.sqrt(T))
    d2 = d1 - sigma * math.sqrt(T)
    return S * norm_cdf(d1) - K * math.exp(-r * T) * norm_cdf(d2)


@program((100.0, np.array([95.0, 100.0, 105.0]), 0.02, np.array([14.2, 11.4, 9.1])), wrt=(0, 1, 2, 3), heavy=True)
def implied_volatilities(S, strikes, r, prices):
    """Newton's method with vega for every strike."""
    vols = np.empty(len(strikes))
    for k, (K, price) in enumerate(zip(strikes, prices)):
        sigma = 0.25
        for _ in range(50):
            d1 = (math.log(S / K) + (r + 0.5 * sigma**2) * 1.0) / sigma
            vega = S * math.exp(-0.5 * d1 * d1) / math.sqrt(2 * math.pi)
            diff = bs_call(S, K, r, sigma, 1.0) - price
            sigma -= diff / vega
            if abs(diff) < 1e-13:
                break
        vols[k] = sigma
    return vols


@program((np.array([0.021, 0.024, 0.027, 0.030]),), analytic=True, heavy=True)
def bootstrapped_curve(swap_rates):
    """Discount factors from par swap rates, then forwards."""
    discounts = []
    annuity = 0.0
    for rate in swap_rates:
        df = (1.0 - rate * annuity) / (1.0 + rate)
        discounts.append(df)
        annuity += df
    df = np.array(discounts)
    forwards = np.append(1.0 / df[0] - 1.0, df[:-1] / df[1:] - 1.0)
    return df, forwards


@program((0.05, 0.3, 0.04, 0.02, normal(12)), wrt=(0, 1, 2, 3, 4))
def cox_ingersoll_ross(r0, kappa, theta, sigma, dW):
    """Full truncation: rates below zero count as zero."""
    r = r0
    integral = 0.0
    dt = 1.0 / 12
    for w in dW:
        rp = max(r, 0.0)
        r = r + kappa * (theta - rp) * dt + sigma * math.sqrt(rp) * math.sqrt(dt) * w
        integral += rp * dt
    return math.exp(-integral), r


@program((0.05, 0.1, 0.85, 0.5 * normal(15)), wrt=(0, 1, 2, 3))
def garch_likelihood(omega, alpha, beta, returns):
    n = returns.shape[0]
    sigma2 = np.zeros(n)
    sigma2[0] = np.var(returns)
    for t in range(1, n):
        sigma2[t] = omega + alpha * returns[t - 1] ** 2 + beta * sigma2[t - 1]
    return 0.5 * np.sum(np.log(2 * np.pi * sigma2) + returns**2 / sigma2)


@program((uniform(10, 4) * 0.1, 0.03), wrt=(0, 1), heavy=True)
def efficient_portfolio(returns, target):
    """Markowitz: the least variance for a mean, from the first-order conditions."""
    mu = returns.mean(axis=0)
    cov = np.cov(returns, rowvar=False)
    n = len(mu)
    ones = np.ones(n)
    KKT = np.block([[2 * cov, mu[:, None], ones[:, None]],
                    [mu[None, :], np.zeros((1, 2))],
                    [ones[None, :], np.zeros((1, 2))]])
    rhs = np.concatenate([np.zeros(n), [target, 1.0]])
    weights = np.linalg.solve(KKT, rhs)[:n]
    return weights, weights @ cov @ weights


@program((100.0, 0.2, 0.05, normal(6, 5)), wrt=(0, 1, 2, 3), second=None)
def asian_option(S0, sigma, r, Z):
    """Arithmetic average, with the geometric one as control variate."""
    n_paths, n_steps = Z.shape
    dt = 1.0 / n_steps
    arithmetic = np.zeros(n_paths)
    geometric = np.zeros(n_paths)
    for p in range(n_paths):
        s = S0
        total, log_total = 0.0, 0.0
        for t in range(n_steps):
            s *= math.exp((r - 0.5 * sigma**2) * dt + sigma * math.sqrt(dt) * Z[p, t])
            total += s
            log_total += math.log(s)
        arithmetic[p] = max(total / n_steps - 100.0, 0)
        geometric[p] = max(math.exp(log_total / n_steps) - 100.0, 0)
    c = np.sum((arithmetic - arithmetic.mean()) * (geometric - geometric.mean())) / np.sum(
        (geometric - geometric.mean()) ** 2)
    return np.exp(-r) * (arithmetic.mean() - c * (geometric.mean() - 3.0))
