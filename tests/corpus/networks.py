"""Small neural networks as people write them by hand: classes of layers, dicts of parameters, optimisers."""

import numpy as np

from tests.programs import normal, program, uniform


class Dense:
    def __init__(self, W, b, activation=None):
        self.W = W
        self.b = b
        self.activation = activation

    def __call__(self, x):
        z = x @ self.W + self.b
        return z if self.activation is None else self.activation(z)


class Sequential:
    def __init__(self, *layers):
        self.layers = list(layers)

    def forward(self, x):
        for layer in self.layers:
            x = layer(x)
        return x


def softplus(z):
    return np.log1p(np.exp(-np.abs(z))) + np.maximum(z, 0.0)


@program((normal(5, 3), normal(3, 4, seed=1), normal(4, seed=2), normal(4, 1, seed=3), normal(1, seed=4)),
         wrt=(0, 1, 2, 3, 4), second=None)
def sequential_model(x, W1, b1, W2, b2):
    model = Sequential(Dense(W1, b1, softplus), Dense(W2, b2))
    return np.mean(model.forward(x) ** 2)


def init_params(W):
    return {"W1": W[:6].reshape(2, 3), "b1": np.zeros(3), "W2": W[6:9].reshape(3, 1), "b2": np.zeros(1)}


@program((normal(9), uniform(6, 2, seed=1)), wrt=(0, 1), analytic=True, heavy=True)
def trained_with_adam(weights, X):
    """Forward and backward pass written out, parameters and moments in dicts."""
    y = X[:, :1] * X[:, 1:]
    params = init_params(weights)
    m = {k: np.zeros_like(v) for k, v in params.items()}
    s = {k: np.zeros_like(v) for k, v in params.items()}
    losses = []
    for epoch in range(1, 4):
        hidden = np.tanh(X @ params["W1"] + params["b1"])
        pred = hidden @ params["W2"] + params["b2"]
        error = pred - y
        losses.append(np.mean(error**2))
        grads = {}
        d_pred = 2.0 * error / len(X)
        grads["W2"] = hidden.T @ d_pred
        grads["b2"] = d_pred.sum(axis=0)
        d_hidden = d_pred @ params["W2"].T * (1.0 - hidden**2)
        grads["W1"] = X.T @ d_hidden
        grads["b1"] = d_hidden.sum(axis=0)
        for key in params:
            m[key] = 0.9 * m[key] + 0.1 * grads[key]
            s[key] = 0.99 * s[key] + 0.01 * grads[key] ** 2
            m_hat = m[key] / (1.0 - 0.9**epoch)
            s_hat = s[key] / (1.0 - 0.99**epoch)
            params[key] = params[key] - 0.05 * m_hat / np.sqrt(s_hat + 1e-6)
    return losses, params


@program((normal(6, 6), normal(2, 3, 3, seed=1), normal(8, 2, seed=2)), wrt=(0, 1, 2), second=None)
def convolutional_net(image, kernels, W):
    """Convolution by windows, relu, 2x2 max pooling, a dense layer, softmax."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (3, 3))
    maps = np.einsum("ijkl,fkl->fij", windows, kernels)
    maps = np.maximum(maps, 0.01 * maps)
    f, h, w = maps.shape
    pooled = maps.reshape(f, h // 2, 2, w // 2, 2).max(axis=(2, 4))
    logits = pooled.reshape(-1) @ W
    logits -= logits.max()
    probs = np.exp(logits) / np.exp(logits).sum()
    return probs


class GRUCell:
    def __init__(self, params):
        self.Wz, self.Wr, self.Wh = params

    @staticmethod
    def sigmoid(x):
        return 1.0 / (1.0 + np.exp(-x))

    def step(self, h, x):
        hx = np.concatenate([h, x])
        z = self.sigmoid(self.Wz @ hx)
        r = self.sigmoid(self.Wr @ hx)
        cand = np.tanh(self.Wh @ np.concatenate([r * h, x]))
        return (1.0 - z) * h + z * cand


@program((normal(3, 3, 5), normal(6, 2, seed=1)), (normal(3, 3, 5), normal(0, 2)), wrt=(0, 1), analytic=True)
def gru(params, xs):
    cell = GRUCell(params)
    h = np.zeros(3)
    history = []
    for x in xs:
        h = cell.step(h, x)
    return h, len(history)


@program((normal(4, 6), {"Wq": normal(6, 6, seed=1), "Wk": normal(6, 6, seed=2), "Wv": normal(6, 6, seed=3),
                         "Wo": normal(6, 6, seed=4), "gamma": uniform(6), "beta": uniform(6, seed=5)}), wrt=(0, 1),
         second=None)
def transformer_block(x, p, heads=2):
    """Causal multi-head attention with a residual connection and layer normalisation."""
    n, d = x.shape
    split = lambda a: a.reshape(n, heads, d // heads).transpose(1, 0, 2)
    q, k, v = (split(x @ p[name]) for name in ("Wq", "Wk", "Wv"))
    scores = q @ k.transpose(0, 2, 1) / np.sqrt(d // heads)
    mask = np.triu(np.ones((n, n), dtype=bool), k=1)
    scores = np.where(mask, -1e9, scores)
    scores = scores - scores.max(axis=-1, keepdims=True)
    weights = np.exp(scores)
    weights /= weights.sum(axis=-1, keepdims=True)
    mixed = (weights @ v).transpose(1, 0, 2).reshape(n, d) @ p["Wo"]
    y = x + mixed
    mu, var = y.mean(axis=-1, keepdims=True), y.var(axis=-1, keepdims=True)
    return p["gamma"] * (y - mu) / np.sqrt(var + 1e-5) + p["beta"]


@program((normal(7, 4), np.array([1, 4, 2, 2, 6]), np.array([0, 3, 1, 2, 1])), wrt=(0,))
def embedding_loss(table, tokens, targets):
    """Rows looked up by token, mean pooled with what came before, scored against the table itself."""
    vectors = table[tokens]
    context = np.cumsum(vectors, axis=0) / np.arange(1, len(tokens) + 1)[:, None]
    logits = context @ table.T
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_z = np.log(np.exp(shifted).sum(axis=1))
    nll = log_z - shifted[np.arange(len(targets)), targets]
    return nll.mean()


@program((normal(8, 3), uniform(3, seed=1), uniform(3, seed=2), np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0])),
         wrt=(0, 1, 2))
def batch_norm_with_dropout(x, gamma, beta, keep):
    running_mean, running_var = np.zeros(3), np.ones(3)
    for momentum in [0.9, 0.5]:
        mean, var = x.mean(0), x.var(0)
        running_mean = momentum * running_mean + (1 - momentum) * mean
        running_var = momentum * running_var + (1 - momentum) * var
        x = gamma * (x - mean) / np.sqrt(var + 1e-3) + beta
        x = x * keep[:, np.newaxis] / keep.mean()
    return x, running_mean, running_var


@program((normal(6, 2), normal(3, 2, seed=1), normal(3, seed=2), 0.7), wrt=(0, 1, 2, 3), analytic=True)
def rbf_network(X, centers, weights, width):
    dist2 = ((X[:, None, :] - centers[None, :, :]) ** 2).sum(-1)
    phi = np.exp(-dist2 / (2.0 * width**2))
    normed = phi / phi.sum(axis=1, keepdims=True)
    return normed @ weights


@program((normal(10, 2, seed=4), 3), wrt=(), second=None)
def k_means(points, k):
    """Lloyd's algorithm: labels by argmin, centres by masks."""
    centers = points[:k].copy()
    labels = np.zeros(len(points), dtype=int)
    for iteration in range(20):
        distances = np.linalg.norm(points[:, None] - centers[None], axis=2)
        new_labels = np.argmin(distances, axis=1)
        for j in range(k):
            members = new_labels == j
            if np.any(members):
                centers[j] = points[members].mean(axis=0)
        if np.array_equal(labels, new_labels):
            break
        labels = new_labels
    inertia = np.sum(np.min(distances, axis=1) ** 2)
    return centers, labels, inertia


@program((np.sign(normal(3, 8, seed=1)), np.sign(normal(8, seed=2))), wrt=())
def hopfield(patterns, start):
    """Asynchronous updates until the state is a fixed point; bools say which neurons changed."""
    n = patterns.shape[1]
    W = patterns.T @ patterns / n
    np.fill_diagonal(W, 0.0)
    state = start.copy()
    for sweep in range(10):
        changed = False
        for i in range(n):
            s = 1.0 if W[i] @ state >= 0 else -1.0
            if s != state[i]:
                state[i] = s
                changed = True
        if not changed:
            break
    else:
        sweep = -1
    energy = -0.5 * state @ W @ state
    return state, sweep, energy


@program((normal(5, 4, seed=9), normal(4, 2, seed=1), normal(2, 4, seed=2), 0.01), wrt=(0, 1, 2, 3), second=None)
def autoencoder_step(X, encoder, decoder, lr):
    """One gradient step by hand, then the loss of the new parameters with an L1 penalty."""
    code = np.where(X @ encoder > 0, X @ encoder, 0.1 * (X @ encoder))
    out = code @ decoder
    d_out = 2.0 * (out - X) / X.size
    d_decoder = code.T @ d_out
    d_code = (d_out @ decoder.T) * np.where(code > 0, 1.0, 0.1)
    d_encoder = X.T @ d_code
    encoder = encoder - lr * d_encoder
    decoder = decoder - lr * d_decoder
    z = X @ encoder
    code = np.where(z > 0, z, 0.1 * z)
    return np.mean((code @ decoder - X) ** 2) + 1e-3 * np.abs(encoder).sum()
