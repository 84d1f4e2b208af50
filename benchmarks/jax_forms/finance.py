"""Prices for JAX: time as a scan; the barrier as a mask, for a scan cannot leave early."""

import math

import jax.numpy as jnp
from jax import lax
from jax.scipy.special import erf


def blackscholes(**_):
    def program(S, K, T, r, v):
        root = jnp.sqrt(T)
        d1 = (jnp.log(S / K) + (r + 0.5 * v * v) * T) / (v * root)
        d2 = d1 - v * root
        c = 0.7071067811865476
        return jnp.sum(S * 0.5 * (1.0 + erf(d1 * c)) - K * jnp.exp(-r * T) * 0.5 * (1.0 + erf(d2 * c)))

    return program


def heston(paths, steps):
    def program(p, Z1, Z2):
        S0, v0, ka, th, xi, rho = p
        dt = 1.0 / steps
        sd = math.sqrt(dt)
        rc = jnp.sqrt(1.0 - rho * rho)

        def st(c, z):
            ls, v = c
            vp = jnp.maximum(v, 0.0)
            sv = jnp.sqrt(vp + 1e-12)
            return (
                ls + (0.02 - 0.5 * vp) * dt + sv * sd * z[0],
                v + ka * (th - vp) * dt + xi * sv * sd * (rho * z[0] + rc * z[1]),
            ), None

        (ls, _), _ = lax.scan(st, (jnp.full(paths, jnp.log(S0)), jnp.full(paths, v0)), (Z1, Z2))
        return math.exp(-0.02) * jnp.sum(jnp.maximum(jnp.exp(ls) - 100.0, 0.0)) / paths

    return program


def barrier(paths, steps):
    def program(p, Z):
        dt = 1.0 / steps
        mu = (0.02 - 0.5 * p[1] * p[1]) * dt
        sd = p[1] * math.sqrt(dt)

        def st(c, z):
            S = c[0] * jnp.exp(mu + sd * z)
            return (S, c[1] & (S >= 90.0)), None

        (S, al), _ = lax.scan(st, (jnp.full(paths, p[0]), jnp.ones(paths, bool)), Z.T)
        return math.exp(-0.02) * jnp.sum(jnp.where(al & (S > 100.0), S - 100.0, 0.0)) / paths

    return program
