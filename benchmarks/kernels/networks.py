"""Neural networks in single precision: as NumPy programs only, for nobody writes them as scalar loops."""

from __future__ import annotations

import numpy as np

from benchmarks.kernel import Kernel, kernel, normal


def weights(seed: int, *shape: int, scale: float = 1.0) -> np.ndarray:
    return (normal(seed, *shape) * scale).astype(np.float32)


def labels(count: int, classes: int) -> np.ndarray:
    return np.eye(classes, dtype=np.float32)[np.random.default_rng(9).integers(0, classes, count)]


def relu(x):
    return np.maximum(x, 0)


def cross_entropy(z, Y):
    z = z - np.max(z, axis=1, keepdims=True)
    return -np.sum(Y * (z - np.log(np.sum(np.exp(z), axis=1, keepdims=True)))) / Y.shape[0]


@kernel(dtype="float32", batch=4, inputs=6, first=5, second=4, classes=3)
def mlp(batch: int = 256, inputs: int = 784, first: int = 512, second: int = 256, classes: int = 10) -> Kernel:
    """A perceptron with two hidden layers."""

    def arrays(x, W1, b1, W2, b2, W3, b3, Y):
        h = relu(x @ W1 + b1)
        h = relu(h @ W2 + b2)
        return cross_entropy(h @ W3 + b3, Y)

    values = {
        "x": weights(0, batch, inputs),
        "W1": weights(1, inputs, first, scale=0.05),
        "b1": weights(2, first, scale=0.1),
        "W2": weights(3, first, second, scale=0.06),
        "b2": weights(4, second, scale=0.1),
        "W3": weights(5, second, classes, scale=0.1),
        "b3": weights(6, classes, scale=0.1),
        "Y": labels(batch, classes),
    }
    return Kernel(values, ("W1", "b1", "W2", "b2", "W3", "b3"), arrays)


@kernel(dtype="float32", batch=2)
def lenet(batch: int = 64) -> Kernel:
    """LeNet-5 on images of 28 by 28: convolutions, pools, dense layers."""

    def convolve(x, W, b):
        n, _, h, w = x.shape
        out, _, k, _ = W.shape
        y = np.zeros((n, out, h - k + 1, w - k + 1), x.dtype)
        for i in range(k):
            for j in range(k):
                window = x[:, :, i : i + h - k + 1, j : j + w - k + 1]
                y += np.einsum("nchw,oc->nohw", window, W[:, :, i, j], optimize=True)
        return y + b[None, :, None, None]

    def pool(x):
        n, c, h, w = x.shape
        return x.reshape(n, c, h // 2, 2, w // 2, 2).max(axis=(3, 5))

    def arrays(x, K1, c1, K2, c2, W1, b1, W2, b2, W3, b3, Y):
        h = pool(relu(convolve(x, K1, c1)))
        h = pool(relu(convolve(h, K2, c2)))
        h = h.reshape(h.shape[0], -1)
        return cross_entropy(relu(relu(h @ W1 + b1) @ W2 + b2) @ W3 + b3, Y)

    values = {
        "x": weights(0, batch, 1, 28, 28),
        "K1": weights(1, 6, 1, 5, 5, scale=0.2),
        "c1": weights(2, 6, scale=0.1),
        "K2": weights(3, 16, 6, 5, 5, scale=0.1),
        "c2": weights(4, 16, scale=0.1),
        "W1": weights(5, 256, 120, scale=0.08),
        "b1": weights(6, 120, scale=0.1),
        "W2": weights(7, 120, 84, scale=0.1),
        "b2": weights(8, 84, scale=0.1),
        "W3": weights(10, 84, 10, scale=0.1),
        "b3": weights(11, 10, scale=0.1),
        "Y": labels(batch, 10),
    }
    return Kernel(values, tuple(name for name in values if name not in "xY"), arrays)


@kernel(dtype="float32", batch=2, length=5, width=8, heads=2, hidden=12)
def transformer(batch: int = 4, length: int = 128, width: int = 256, heads: int = 8, hidden: int = 1024) -> Kernel:
    """A block of a transformer: layer norms first, causal attention, tanh-GELU."""

    def normalise(x, g, b):
        m = x.mean(-1)[..., None]
        v = ((x - m) ** 2).mean(-1)[..., None]
        return (x - m) / np.sqrt(v + 1e-5) * g + b

    def softmax(s):
        e = np.exp(s - s.max(-1, keepdims=True))
        return e / e.sum(-1, keepdims=True)

    def gelu(x):
        return 0.5 * x * (1.0 + np.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))

    def arrays(x, g1, h1, Wqkv, Wo, g2, h2, Wa, ba, Wb, bb, mask):
        n, t, d = x.shape
        y = normalise(x, g1, h1) @ Wqkv
        each = d // heads
        q, k, v = [np.swapaxes(y[..., i * d : (i + 1) * d].reshape((n, t, heads, each)), 1, 2) for i in range(3)]
        s = np.where(mask, (q @ np.swapaxes(k, 2, 3)) * each**-0.5, -1e9)
        x = x + np.swapaxes(softmax(s) @ v, 1, 2).reshape((n, t, d)) @ Wo
        x = x + gelu(normalise(x, g2, h2) @ Wa + ba) @ Wb + bb
        return (x * x).mean()

    values = {
        "x": weights(0, batch, length, width),
        "g1": np.ones(width, np.float32),
        "h1": weights(1, width, scale=0.1),
        "Wqkv": weights(2, width, 3 * width, scale=0.06),
        "Wo": weights(3, width, width, scale=0.06),
        "g2": np.ones(width, np.float32),
        "h2": weights(4, width, scale=0.1),
        "Wa": weights(5, width, hidden, scale=0.06),
        "ba": weights(6, hidden, scale=0.1),
        "Wb": weights(7, hidden, width, scale=0.03),
        "bb": weights(8, width, scale=0.1),
        "mask": np.tril(np.ones((length, length), bool)),
    }
    return Kernel(values, tuple(name for name in values if name not in ("x", "mask")), arrays)
