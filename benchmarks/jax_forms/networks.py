"""Networks for JAX: library convolutions, pools and activations."""

import jax
import jax.numpy as jnp
from jax import lax

relu = jax.nn.relu


def cross_entropy(z, Y):
    z = z - jnp.max(z, axis=1, keepdims=True)
    return -jnp.sum(Y * (z - jnp.log(jnp.sum(jnp.exp(z), axis=1, keepdims=True)))) / Y.shape[0]


def mlp(**_):
    def program(x, W1, b1, W2, b2, W3, b3, Y):
        h = relu(x @ W1 + b1)
        h = relu(h @ W2 + b2)
        return cross_entropy(h @ W3 + b3, Y)

    return program


def lenet(**_):
    def convolve(x, K, b):
        return lax.conv_general_dilated(x, K, (1, 1), "VALID") + b[None, :, None, None]

    def pool(x):
        return lax.reduce_window(x, -jnp.inf, lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")

    def program(x, K1, c1, K2, c2, W1, b1, W2, b2, W3, b3, Y):
        h = pool(relu(convolve(x, K1, c1)))
        h = pool(relu(convolve(h, K2, c2)))
        h = h.reshape(h.shape[0], -1)
        return cross_entropy(relu(relu(h @ W1 + b1) @ W2 + b2) @ W3 + b3, Y)

    return program


def transformer(heads, **_):
    def normalise(x, g, b):
        m = x.mean(-1)[..., None]
        v = ((x - m) ** 2).mean(-1)[..., None]
        return (x - m) / jnp.sqrt(v + 1e-5) * g + b

    def gelu(x):
        return 0.5 * x * (1.0 + jnp.tanh(0.7978845608 * (x + 0.044715 * x * x * x)))

    def program(x, g1, h1, Wqkv, Wo, g2, h2, Wa, ba, Wb, bb, mask):
        n, t, d = x.shape
        y = normalise(x, g1, h1) @ Wqkv
        each = d // heads
        q, k, v = [jnp.swapaxes(y[..., i * d : (i + 1) * d].reshape((n, t, heads, each)), 1, 2) for i in range(3)]
        s = jnp.where(mask, (q @ jnp.swapaxes(k, 2, 3)) * each**-0.5, -1e9)
        x = x + jnp.swapaxes(jax.nn.softmax(s) @ v, 1, 2).reshape((n, t, d)) @ Wo
        x = x + gelu(normalise(x, g2, h2) @ Wa + ba) @ Wb + bb
        return (x * x).mean()

    return program
