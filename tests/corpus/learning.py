"""Learning: cells, layers, losses, training loops; parameters in tuples, dictionaries and lists."""

from itertools import pairwise

import numpy as np

from tests.programs import TRIPS, normal, program

ONE_HOT = np.eye(3)[[0, 2, 1, 1, 0]]


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cross_entropy(scores, target):
    scores = scores - np.max(scores, axis=1, keepdims=True)
    return -np.sum(target * (scores - np.log(np.sum(np.exp(scores), axis=1, keepdims=True)))) / target.shape[0]


def perceptron(sizes, seed=0):
    return [(normal(m, n, seed=seed + k, scale=0.5), normal(n, seed=seed + 9 + k, scale=0.1))
            for k, (m, n) in enumerate(pairwise(sizes))]


@program((normal(3, 16, scale=0.4), normal(4, 16, seed=1, scale=0.4), normal(16, seed=2, scale=0.1),
          normal(50, 3, seed=3)),
         (normal(3, 8, scale=0.4), normal(2, 8, seed=1, scale=0.4), normal(8, seed=2, scale=0.1), normal(2, 3, seed=3)),
         wrt=(0, 1, 2, 3), analytic=True, second=1)
def lstm(Wx, Wh, b, xs):
    """A cell over as many steps as there are inputs."""
    n = Wh.shape[0]
    h, c = np.zeros(n), np.zeros(n)
    for t in range(xs.shape[0]):
        gates = xs[t] @ Wx + h @ Wh + b
        i, f = sigmoid(gates[:n]), sigmoid(gates[n : 2 * n] + 1.0)
        g, o = np.tanh(gates[2 * n : 3 * n]), sigmoid(gates[3 * n :])
        c = f * c + i * g
        h = o * np.tanh(c)
    return np.sum(h * h) + np.sum(c)


@program(({"W1": normal(4, 6, scale=0.5), "b1": normal(6, seed=1),
           "W2": normal(6, 3, seed=2, scale=0.5), "b2": normal(3, seed=3)},
          normal(5, 4, seed=4), ONE_HOT), wrt=(0, 1), float32=True)
def two_layers(params, x, target):
    """A perceptron with softmax and cross-entropy; the parameters are a dictionary."""
    hidden = np.maximum(x @ params["W1"] + params["b1"], 0.0)
    return cross_entropy(hidden @ params["W2"] + params["b2"], target)


@program((perceptron((3, 4, 4, 2)), normal(2, 3)), (perceptron((3, 2)), normal(2, 3)), wrt=(0, 1), analytic=True)
def list_of_layers(layers, x):
    for W, b in layers[:-1]:
        x = np.tanh(x @ W + b)
    W, b = layers[-1]
    return x @ W + b


@program((perceptron((3, 4, 2)), normal(2, 3)), wrt=(0, 1), analytic=True)
def indexed_layers(layers, x):
    """A range loop whose body needs a Python integer unrolls by itself."""
    for k in range(len(layers)):
        W, b = layers[k]
        x = x @ W + b
        if k < len(layers) - 1:
            x = np.tanh(x)
    return np.sum(x * x)


@program(*[({"w": normal(3, seed=1), "b": 0.1}, normal(6, 3), np.array([0.0, 1.0, 1.0, 0.0, 1.0, 0.0]), steps)
           for steps in TRIPS], wrt=(0, 1), analytic=True, second=1)
def logistic_training(params, X, y, steps):
    """Gradient descent written by hand: differentiating through the training."""
    for _ in range(steps):
        residual = sigmoid(X @ params["w"] + params["b"]) - y
        params["w"] = params["w"] - 0.5 * (residual @ X) / len(y)
        params["b"] = params["b"] - 0.5 * np.mean(residual)
    return params


@program((normal(4, 6), normal(6, 6, seed=1, scale=0.4), normal(6, 6, seed=2, scale=0.4),
          normal(6, 6, seed=3, scale=0.4)), wrt=(0, 1, 2, 3))
def attention(x, Wq, Wk, Wv):
    """One causal head: a mask, a softmax over the last axis, a product."""
    n, d = x.shape
    scores = (x @ Wq) @ (x @ Wk).T * d**-0.5
    scores = np.where(np.arange(n)[:, None] >= np.arange(n)[None, :], scores, -1e9)
    weights = np.exp(scores - np.max(scores, axis=-1, keepdims=True))
    weights = weights / np.sum(weights, axis=-1, keepdims=True)
    return weights @ (x @ Wv)


@program((normal(4, 2), normal(3, 2, seed=1), np.log(np.array([0.2, 0.5, 0.3])), 0.1 * normal(3, seed=2)),
         wrt=(0, 1, 2, 3))
def mixture(x, means, logits, log_scales):
    """The log-likelihood of a mixture of round Gaussians."""
    d = x[:, None, :] - means[None, :, :]
    exponents = logits - x.shape[1] * log_scales - 0.5 * np.sum(d * d, axis=-1) * np.exp(-2.0 * log_scales)
    top = np.max(exponents, axis=1)
    return np.sum(top + np.log(np.sum(np.exp(exponents - top[:, None]), axis=1)))


@program((normal(5), normal(4, seed=1)), (normal(1), normal(1, seed=1)), wrt=(0, 1))
def soft_dtw(x, y):
    """Dynamic programming with a soft minimum, in scalar loops."""
    m, n = len(x), len(y)
    D = np.full((m + 1, n + 1), 1e6)
    D[0, 0] = 0.0
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            a, b, c = D[i - 1, j], D[i, j - 1], D[i - 1, j - 1]
            low = min(a, b, c)
            soft = low - np.log(np.exp(low - a) + np.exp(low - b) + np.exp(low - c))
            D[i, j] = (x[i - 1] - y[j - 1]) ** 2 + soft
    return D[m, n]


@program((normal(2, 6, 6), normal(3, 2, 3, 3, seed=1, scale=0.3)), wrt=(0, 1))
def convolution(image, kernel):
    """A convolution as shifted products, then a maximum over blocks."""
    channels, height, width = kernel.shape[0], image.shape[1] - 2, image.shape[2] - 2
    out = np.zeros((channels, height, width))
    for i in range(3):
        for j in range(3):
            patch = image[:, i : i + height, j : j + width].reshape(2, height * width)
            out += (kernel[:, :, i, j] @ patch).reshape(channels, height, width)
    pooled = np.max(out.reshape(channels, height // 2, 2, width // 2, 2), axis=(2, 4))
    return np.sum(np.tanh(pooled))


@program((normal(4, 5), normal(5, seed=1), normal(5, seed=2)), wrt=(0, 1, 2), analytic=True)
def layer_norm(x, gain, shift):
    mean = x.mean(axis=-1)[..., None]
    variance = ((x - mean) ** 2).mean(axis=-1)[..., None]
    return (x - mean) / np.sqrt(variance + 1e-5) * gain + shift
