"""Objectives of ADBench (Srajer, Kukelova, Fitzgibbon 2018): a mixture, bundle adjustment, a recurrent network."""

from __future__ import annotations

import math

import numpy as np

from benchmarks.kernel import Kernel, kernel, normal, uniform


def strict_lower(d: int) -> np.ndarray:
    """Positions (row, column) below the diagonal, column by column: the order in which ADBench packs a factor."""
    return np.array([(i, j) for j in range(d) for i in range(j + 1, d)])


def mixture_constant(points: int, d: int, k: int) -> float:
    """The terms of the objective that no parameter enters: norms of the Gaussians and of the Wishart prior."""
    log_gamma = 0.25 * d * (d - 1) * math.log(math.pi) + sum(math.lgamma(0.5 * (d + 1 - j)) for j in range(d))
    wishart = -(d + 1) * d * 0.5 * math.log(2) - log_gamma
    return -points * d * 0.5 * math.log(2 * math.pi) - k * wishart


@kernel(points=7, d=4, k=3)
def gmm(points: int = 2000, d: int = 20, k: int = 25) -> Kernel:
    """The likelihood of a mixture of Gaussians, with a Wishart prior."""
    below = strict_lower(d)
    place = np.zeros((len(below), d * d))  # one for each packed element, where it stands in the factor
    place[np.arange(len(below)), below[:, 0] * d + below[:, 1]] = 1.0
    constant = mixture_constant(points, d, k)

    def log_sum_exp(a, axis):
        m = np.max(a, axis=axis)
        return m + np.log(np.sum(np.exp(a - np.expand_dims(m, axis)), axis=axis))

    def arrays(alphas, means, icf, x):
        q = icf[:, :d]
        eq = np.exp(q)
        L = np.reshape(icf[:, d:] @ place, (k, d, d))
        xc = x[:, None, :] - means[None, :, :]
        Qx = eq[None] * xc + np.einsum("kij,nkj->nki", L, xc)
        t = alphas[None] + np.sum(q, axis=1)[None] - 0.5 * np.sum(Qx * Qx, axis=2)
        s = np.sum(log_sum_exp(t, 1)) - points * log_sum_exp(alphas, 0)
        return constant + s + 0.5 * (np.sum(eq * eq) + np.sum(icf[:, d:] ** 2))

    def loops(alphas, means, icf, x):
        n, d = x.shape
        K = alphas.shape[0]
        term = np.empty(K)
        xc = np.empty(d)
        Qx = np.empty(d)
        s = 0.0
        sq = np.zeros(K)
        eq = np.empty((K, d))
        for k in range(K):
            for i in range(d):
                sq[k] += icf[k, i]
                eq[k, i] = math.exp(icf[k, i])
        for m in range(n):
            for k in range(K):
                for i in range(d):
                    xc[i] = x[m, i] - means[k, i]
                    Qx[i] = eq[k, i] * xc[i]
                p = d
                for j in range(d):
                    for i in range(j + 1, d):
                        Qx[i] += icf[k, p] * xc[j]
                        p += 1
                t = 0.0
                for i in range(d):
                    t += Qx[i] * Qx[i]
                term[k] = alphas[k] + sq[k] - 0.5 * t
            mx = term[0]
            for k in range(K):
                mx = max(mx, term[k])
            e = 0.0
            for k in range(K):
                e += math.exp(term[k] - mx)
            s += mx + math.log(e)
        mx = alphas[0]
        for k in range(K):
            mx = max(mx, alphas[k])
        e = 0.0
        for k in range(K):
            e += math.exp(alphas[k] - mx)
        s -= n * (mx + math.log(e))
        w = 0.0
        for k in range(K):
            for i in range(d):
                w += eq[k, i] * eq[k, i]
            for i in range(d, icf.shape[1]):
                w += icf[k, i] * icf[k, i]
        return constant + s + 0.5 * w

    inputs = {
        "alphas": normal(0, k),
        "means": uniform(1, k, d),
        "icf": 0.3 * normal(2, k, d + len(below)),
        "x": uniform(3, points, d),
    }
    return Kernel(inputs, ("alphas", "means", "icf"), arrays, loops, {"CONSTANT": constant})


@kernel(cameras=3, points=8, observations=20)
def ba(cameras: int = 49, points: int = 7776, observations: int = 31_843) -> Kernel:
    """Bundle adjustment: squared errors of points projected into cameras, through two tables of indices."""

    def project(cam, X):
        rotation = cam[..., 0:3]
        Y = X - cam[..., 3:6]
        angle = np.sqrt(np.sum(rotation * rotation, -1)[..., None])
        c = np.cos(angle)
        s = np.sin(angle)
        axis = rotation / angle
        t = np.sum(axis * Y, -1)[..., None] * (1.0 - c)
        Z = Y * c + np.cross(axis, Y) * s + axis * t
        u = Z[..., 0:2] / Z[..., 2:3]
        r2 = np.sum(u * u, -1)[..., None]
        distortion = 1.0 + cam[..., 9:10] * r2 + cam[..., 10:11] * r2 * r2
        return u * distortion * cam[..., 6:7] + cam[..., 7:9]

    def arrays(cams, X, w, ci, pi, feats):
        e = w[:, None] * (project(cams[ci], X[pi]) - feats)
        v = 1.0 - w * w
        return 0.5 * (np.sum(e * e) + np.sum(v * v))

    def loops(cams, X, w, ci, pi, feats):
        s = 0.0
        for o in range(w.shape[0]):
            a = ci[o]
            p = pi[o]
            r_0 = cams[a, 0]
            r_1 = cams[a, 1]
            r_2 = cams[a, 2]
            y0 = X[p, 0] - cams[a, 3]
            y1 = X[p, 1] - cams[a, 4]
            y2 = X[p, 2] - cams[a, 5]
            th = math.sqrt(r_0 * r_0 + r_1 * r_1 + r_2 * r_2)
            c = math.cos(th)
            sn = math.sin(th)
            w0 = r_0 / th
            w1 = r_1 / th
            w2 = r_2 / th
            t = (w0 * y0 + w1 * y1 + w2 * y2) * (1.0 - c)
            z0 = y0 * c + (w1 * y2 - w2 * y1) * sn + w0 * t
            z1 = y1 * c + (w2 * y0 - w0 * y2) * sn + w1 * t
            z2 = y2 * c + (w0 * y1 - w1 * y0) * sn + w2 * t
            u0 = z0 / z2
            u1 = z1 / z2
            r2 = u0 * u0 + u1 * u1
            L = 1.0 + cams[a, 9] * r2 + cams[a, 10] * r2 * r2
            e0 = w[o] * (u0 * L * cams[a, 6] + cams[a, 7] - feats[o, 0])
            e1 = w[o] * (u1 * L * cams[a, 6] + cams[a, 8] - feats[o, 1])
            v = 1.0 - w[o] * w[o]
            s += 0.5 * (e0 * e0 + e1 * e1 + v * v)
        return s

    r = np.random.default_rng(4)
    cams = [
        r.standard_normal((cameras, 3)) * 0.3,  # rotation
        r.standard_normal((cameras, 3)) * 0.1 + np.array([0, 0, -5.0]),  # centre
        500 + r.random((cameras, 1)) * 10,  # focal length
        r.standard_normal((cameras, 2)),  # principal point
        r.standard_normal((cameras, 2)) * 1e-3,  # radial distortion
    ]
    inputs = {
        "cams": np.concatenate(cams, 1),
        "X": r.standard_normal((points, 3)) * 0.3,
        "w": r.random(observations) + 0.5,
        "ci": r.integers(0, cameras, observations),
        "pi": r.integers(0, points, observations),
        "feats": r.standard_normal((observations, 2)) * 100,
    }
    return Kernel(inputs, ("cams", "X", "w"), arrays, loops)


@kernel(layers=2, width=3, steps=6)
def lstm(layers: int = 2, width: int = 14, steps: int = 4096) -> Kernel:
    """A long short-term memory with diagonal weights, over a long sequence."""

    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def step(weights, extra, hs, cs, x):
        b = width
        x = x * extra[0]
        new_hs, new_cs = [], []
        for k in range(layers):
            W = weights[k, : 4 * b]
            B = weights[k, 4 * b :]
            h, c = hs[k], cs[k]
            forget = sigmoid(x * W[:b] + B[:b])
            ingate = sigmoid(h * W[b : 2 * b] + B[b : 2 * b])
            outgate = sigmoid(x * W[2 * b : 3 * b] + B[2 * b : 3 * b])
            change = np.tanh(h * W[3 * b :] + B[3 * b :])
            c = c * forget + ingate * change
            h = outgate * np.tanh(c)
            new_hs.append(h)
            new_cs.append(c)
            x = h
        return new_hs, new_cs, x * extra[1] + extra[2]

    def arrays(weights, extra, state, seq):
        hs = [state[k, :width] for k in range(layers)]
        cs = [state[k, width:] for k in range(layers)]
        total = 0.0
        for t in range(steps - 1):
            hs, cs, y = step(weights, extra, hs, cs, seq[t])
            total = total + np.sum(seq[t + 1] * (y - np.log(np.sum(np.exp(y)) + 2.0)))
        return -total / (steps - 1)

    def loops(weights, extra, state, seq):
        b = extra.shape[1]
        st = state.copy()
        x = np.empty(b)
        tot = 0.0
        for t in range(seq.shape[0] - 1):
            for i in range(b):
                x[i] = seq[t, i] * extra[0, i]
            for k in range(weights.shape[0]):
                for i in range(b):
                    h = st[k, i]
                    fg = 1.0 / (1.0 + math.exp(-(x[i] * weights[k, i] + weights[k, 4 * b + i])))
                    ig = 1.0 / (1.0 + math.exp(-(h * weights[k, b + i] + weights[k, 5 * b + i])))
                    og = 1.0 / (1.0 + math.exp(-(x[i] * weights[k, 2 * b + i] + weights[k, 6 * b + i])))
                    ch = math.tanh(h * weights[k, 3 * b + i] + weights[k, 7 * b + i])
                    c = st[k, b + i] * fg + ig * ch
                    st[k, b + i] = c
                    h = og * math.tanh(c)
                    st[k, i] = h
                    x[i] = h
            e = 0.0
            for i in range(b):
                x[i] = x[i] * extra[1, i] + extra[2, i]
                e += math.exp(x[i])
            le = math.log(e + 2.0)
            for i in range(b):
                tot += seq[t + 1, i] * (x[i] - le)
        return -tot / (seq.shape[0] - 1)

    r = np.random.default_rng(5)
    inputs = {
        "weights": r.standard_normal((layers, 8 * width)) * 0.5,
        "extra": r.standard_normal((3, width)) * 0.5,
        "state": r.standard_normal((layers, 2 * width)) * 0.1,
        "seq": (r.random((steps, width)) < 0.3).astype(float),
    }
    return Kernel(inputs, ("weights", "extra"), arrays, loops, overwritten=("state",))
