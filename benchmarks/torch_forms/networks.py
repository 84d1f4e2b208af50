"""Networks for PyTorch: its own layers."""

import torch
from torch.nn import functional

relu = torch.relu


def cross_entropy(z, Y):
    return -(Y * functional.log_softmax(z, 1)).sum() / Y.shape[0]


def mlp(**_):
    def program(x, W1, b1, W2, b2, W3, b3, Y):
        h = relu(x @ W1 + b1)
        h = relu(h @ W2 + b2)
        return cross_entropy(h @ W3 + b3, Y)

    return program


def lenet(**_):
    def program(x, K1, c1, K2, c2, W1, b1, W2, b2, W3, b3, Y):
        h = functional.max_pool2d(relu(functional.conv2d(x, K1, c1)), 2)
        h = functional.max_pool2d(relu(functional.conv2d(h, K2, c2)), 2).flatten(1)
        return cross_entropy(relu(relu(h @ W1 + b1) @ W2 + b2) @ W3 + b3, Y)

    return program


def transformer(heads, **_):
    def normalise(x, g, b):
        m = x.mean(-1)[..., None]
        v = ((x - m) ** 2).mean(-1)[..., None]
        return (x - m) / torch.sqrt(v + 1e-5) * g + b

    def program(x, g1, h1, Wqkv, Wo, g2, h2, Wa, ba, Wb, bb, mask):
        n, t, d = x.shape
        y = normalise(x, g1, h1) @ Wqkv
        each = d // heads
        q, k, v = [y[..., i * d : (i + 1) * d].reshape((n, t, heads, each)).transpose(1, 2) for i in range(3)]
        s = torch.where(mask, (q @ k.transpose(2, 3)) * each**-0.5, -1e9)
        x = x + (torch.softmax(s, -1) @ v).transpose(1, 2).reshape((n, t, d)) @ Wo
        x = x + functional.gelu(normalise(x, g2, h2) @ Wa + ba, approximate="tanh") @ Wb + bb
        return (x * x).mean()

    return program
