"""ADBench's objectives for JAX: the mixture with a scattered factor and batched products, the recurrence as a scan."""

import jax
import jax.numpy as jnp
from jax import lax

from benchmarks.kernels.adbench import mixture_constant, strict_lower


def gmm(points, d, k):
    below = strict_lower(d)
    constant = mixture_constant(points, d, k)

    def program(alphas, means, icf, x):
        q = icf[:, :d]
        eq = jnp.exp(q)
        L = jnp.zeros((k, d, d)).at[:, below[:, 0], below[:, 1]].set(icf[:, d:])
        Q = L + jax.vmap(jnp.diag)(eq)
        xc = x[None] - means[:, None]
        Qx = jnp.einsum("kij,knj->kni", Q, xc)
        t = (alphas + jnp.sum(q, 1))[:, None] - 0.5 * jnp.sum(Qx * Qx, 2)
        s = jnp.sum(jax.scipy.special.logsumexp(t, axis=0)) - points * jax.scipy.special.logsumexp(alphas)
        return constant + s + 0.5 * (jnp.sum(eq * eq) + jnp.sum(icf[:, d:] ** 2))

    return program


def ba(**_):
    def project(cam, X):
        rotation = cam[..., 0:3]
        Y = X - cam[..., 3:6]
        angle = jnp.sqrt(jnp.sum(rotation * rotation, -1)[..., None])
        c = jnp.cos(angle)
        s = jnp.sin(angle)
        axis = rotation / angle
        t = jnp.sum(axis * Y, -1)[..., None] * (1.0 - c)
        Z = Y * c + jnp.cross(axis, Y) * s + axis * t
        u = Z[..., 0:2] / Z[..., 2:3]
        r2 = jnp.sum(u * u, -1)[..., None]
        distortion = 1.0 + cam[..., 9:10] * r2 + cam[..., 10:11] * r2 * r2
        return u * distortion * cam[..., 6:7] + cam[..., 7:9]

    def program(cams, X, w, ci, pi, feats):
        e = w[:, None] * (project(cams[ci], X[pi]) - feats)
        v = 1.0 - w * w
        return 0.5 * (jnp.sum(e * e) + jnp.sum(v * v))

    return program


def lstm(layers, width, steps):
    b = width

    def cell(weights, extra, hs, cs, x):
        x = x * extra[0]
        new_hs, new_cs = [], []
        for k in range(layers):
            W, B, h, c = weights[k, : 4 * b], weights[k, 4 * b :], hs[k], cs[k]
            forget = jax.nn.sigmoid(x * W[:b] + B[:b])
            ingate = jax.nn.sigmoid(h * W[b : 2 * b] + B[b : 2 * b])
            outgate = jax.nn.sigmoid(x * W[2 * b : 3 * b] + B[2 * b : 3 * b])
            c = c * forget + ingate * jnp.tanh(h * W[3 * b :] + B[3 * b :])
            x = outgate * jnp.tanh(c)
            new_hs.append(x)
            new_cs.append(c)
        return new_hs, new_cs, x * extra[1] + extra[2]

    def program(weights, extra, state, seq):
        def step(carry, pair):
            x, wanted = pair
            hs, cs, y = cell(weights, extra, *carry, x)
            return (hs, cs), jnp.sum(wanted * (y - jnp.log(jnp.sum(jnp.exp(y)) + 2.0)))

        start = ([state[k, :b] for k in range(layers)], [state[k, b:] for k in range(layers)])
        _, losses = lax.scan(step, start, (seq[:-1], seq[1:]))
        return -jnp.sum(losses) / (steps - 1)

    return program
