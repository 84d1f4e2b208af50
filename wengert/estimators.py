"""Gradient estimators of stochastic programs, in the Python that wengert compiles.

Each is a formula in NumPy and `stop_gradient`; it works in compiled code and outside.  Noise is an argument: draw it
with a NumPy generator and pass it in, so that a program is a function, and its gradient the gradient of that sample.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert import stop_gradient

__all__ = ["gumbel", "gumbel_softmax", "leave_one_out", "normal", "score_function", "straight_through"]


def straight_through(hard: Any, soft: Any) -> Any:
    """The value of `hard` with the derivative of `soft` (Bengio, Leonard, Courville 2013).

    Args:
        hard: what is computed, such as a rounded or a sampled value; its derivative is not used.
        soft: of the shape of `hard`, whose derivative stands in.

    >>> import numpy as np, wengert
    >>> from wengert.estimators import straight_through
    >>> value, slope = wengert.value_and_grad(lambda x: straight_through(np.round(x), x) ** 2)(1.6)
    >>> float(value), float(slope)
    (4.0, 4.0)
    """
    return stop_gradient(hard) + (soft - stop_gradient(soft))


def normal(mean: Any, deviation: Any, noise: Any) -> Any:
    """Samples of a normal distribution as functions of its parameters: mean + deviation * noise.

    Args:
        mean, deviation: numbers, or arrays that broadcast against `noise`.
        noise: standard normal numbers, `rng.standard_normal(shape)`.

    Returns:
        Samples whose derivatives in the parameters are unbiased estimates: E[d f(sample)] = d E[f(sample)] (Kingma,
        Welling 2014).

    >>> import numpy as np, wengert
    >>> from wengert.estimators import normal
    >>> noise = np.random.default_rng(0).standard_normal(100_000)
    >>> slope = wengert.grad(lambda m: np.mean(normal(m, 0.5, noise) ** 2))(3.0)
    >>> round(float(slope), 1)
    6.0
    """
    return mean + deviation * noise


def score_function(reward: Any, log_probability: Any, baseline: Any = 0.0) -> Any:
    """The value of `reward`, with the derivative of its expectation over what was sampled.

    The derivative is ``d reward + (reward - baseline) d log_probability`` (Williams 1992): `reward` may depend on the
    sample in any way, also through integers and comparisons.

    Args:
        reward: of each sample.
        log_probability: of each sample, as a function of the parameters; the shape of `reward`.
        baseline: what does not depend on the sample it is subtracted for (`leave_one_out`): it changes the variance of
            the estimate, not its mean.

    >>> import numpy as np, wengert
    >>> from wengert.estimators import score_function
    >>> def loss(p, heads):  # E = 1 p + 3 (1 - p)
    ...     reward = np.where(heads, 1.0, 3.0)
    ...     return np.mean(score_function(reward, np.where(heads, np.log(p), np.log(1 - p)), 2.0))
    >>> heads = np.random.default_rng(0).random(100_000) < 0.3
    >>> round(float(wengert.grad(loss)(0.3, heads)), 1)
    -2.0
    """
    return reward + stop_gradient(reward - baseline) * (log_probability - stop_gradient(log_probability))


def leave_one_out(rewards: Any) -> Any:
    """For each of several samples the mean reward of the others: a baseline for `score_function`.

    Args:
        rewards: an array of shape (samples,), of at least two.

    >>> import numpy as np
    >>> from wengert.estimators import leave_one_out
    >>> leave_one_out(np.array([1.0, 2.0, 6.0]))
    array([4. , 3.5, 1.5])
    """
    return stop_gradient((np.sum(rewards) - rewards) / (rewards.shape[0] - 1))


def gumbel(uniform: Any) -> Any:
    """Gumbel noise from numbers uniform in (0, 1): -log(-log(u)).

    >>> import numpy as np
    >>> from wengert.estimators import gumbel
    >>> round(float(gumbel(np.exp(-1.0))), 6) == 0.0
    True
    """
    return -np.log(-np.log(uniform))


def gumbel_softmax(logits: Any, noise: Any, temperature: Any = 1.0, hard: bool = False) -> Any:
    """Relaxed samples of a categorical distribution (Jang, Gu, Poole 2017; Maddison, Mnih, Teh 2017).

    Args:
        logits: logarithms of the probabilities, up to a constant, along the last axis.
        noise: Gumbel noise that broadcasts against `logits`: ``gumbel(rng.random(shape))``.
        temperature: towards 0 the samples become one-hot, and their derivatives vary more.
        hard: one-hot samples with the derivative of the relaxed ones; each is an exact sample of the distribution.

    Returns:
        An array of the broadcast shape that sums to 1 along the last axis.

    >>> import numpy as np, wengert
    >>> from wengert.estimators import gumbel, gumbel_softmax
    >>> noise = gumbel(np.random.default_rng(0).random((100_000, 2)))
    >>> sample = lambda a: gumbel_softmax(np.array([0.0, 1.0]) * a, noise, 0.5, hard=True)
    >>> np.round(np.mean(wengert.compile(sample)(1.0), axis=0), 2)  # softmax([0, 1])
    array([0.27, 0.73])
    """
    scaled = (logits + noise) / temperature
    weights = np.exp(scaled - np.max(scaled, axis=-1, keepdims=True))
    soft = weights / np.sum(weights, axis=-1, keepdims=True)
    if not hard:
        return soft
    chosen = np.expand_dims(np.argmax(soft, axis=-1), -1) == np.arange(soft.shape[-1])
    return straight_through(chosen * 1.0, soft)
