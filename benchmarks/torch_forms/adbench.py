"""ADBench's objectives for PyTorch: as its users write them."""

import torch

from benchmarks.kernels.adbench import mixture_constant, strict_lower


def gmm(points, d, k):
    below = strict_lower(d)
    constant = mixture_constant(points, d, k)

    def program(alphas, means, icf, x):
        q = icf[:, :d]
        eq = torch.exp(q)
        L = torch.zeros(k, d, d, dtype=x.dtype)
        L[:, below[:, 0], below[:, 1]] = icf[:, d:]
        Q = L + torch.diag_embed(eq)
        xc = x[None] - means[:, None]
        Qx = torch.bmm(xc, Q.transpose(1, 2))
        t = (alphas + q.sum(1))[:, None] - 0.5 * (Qx * Qx).sum(2)
        s = torch.logsumexp(t, 0).sum() - points * torch.logsumexp(alphas, 0)
        return constant + s + 0.5 * ((eq * eq).sum() + (icf[:, d:] ** 2).sum())

    return program


def ba(**_):
    def project(cam, X):
        rotation = cam[..., 0:3]
        Y = X - cam[..., 3:6]
        angle = torch.sqrt(torch.sum(rotation * rotation, -1)[..., None])
        c = torch.cos(angle)
        s = torch.sin(angle)
        axis = rotation / angle
        t = torch.sum(axis * Y, -1)[..., None] * (1.0 - c)
        Z = Y * c + torch.cross(axis, Y, dim=-1) * s + axis * t
        u = Z[..., 0:2] / Z[..., 2:3]
        r2 = torch.sum(u * u, -1)[..., None]
        distortion = 1.0 + cam[..., 9:10] * r2 + cam[..., 10:11] * r2 * r2
        return u * distortion * cam[..., 6:7] + cam[..., 7:9]

    def program(cams, X, w, ci, pi, feats):
        e = w[:, None] * (project(cams[ci], X[pi]) - feats)
        v = 1.0 - w * w
        return 0.5 * (torch.sum(e * e) + torch.sum(v * v))

    return program


def lstm(layers, width, steps):
    b = width

    def cell(weights, extra, hs, cs, x):
        x = x * extra[0]
        new_hs, new_cs = [], []
        for k in range(layers):
            W, B, h, c = weights[k, : 4 * b], weights[k, 4 * b :], hs[k], cs[k]
            forget = torch.sigmoid(x * W[:b] + B[:b])
            ingate = torch.sigmoid(h * W[b : 2 * b] + B[b : 2 * b])
            outgate = torch.sigmoid(x * W[2 * b : 3 * b] + B[2 * b : 3 * b])
            c = c * forget + ingate * torch.tanh(h * W[3 * b :] + B[3 * b :])
            x = outgate * torch.tanh(c)
            new_hs.append(x)
            new_cs.append(c)
        return new_hs, new_cs, x * extra[1] + extra[2]

    def program(weights, extra, state, seq):
        hs = [state[k, :b] for k in range(layers)]
        cs = [state[k, b:] for k in range(layers)]
        total = 0.0
        for t in range(steps - 1):
            hs, cs, y = cell(weights, extra, hs, cs, seq[t])
            total = total + torch.sum(seq[t + 1] * (y - torch.log(torch.sum(torch.exp(y)) + 2.0)))
        return -total / (steps - 1)

    return program
