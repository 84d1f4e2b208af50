"""The estimators: what they promise of every sample, and their means against formulas, within five standard errors."""

from __future__ import annotations

import doctest
from typing import Any

import numpy as np
import pytest

import wengert
from wengert import estimators
from wengert.estimators import gumbel, gumbel_softmax, leave_one_out, normal, score_function, straight_through

SAMPLES = 20_000


def agrees(samples: Any, expected: Any) -> None:
    """The mean over axis 0 is the expectation, as far as the spread of the samples lets one tell."""
    samples = np.asarray(samples)
    error = np.std(samples, axis=0, ddof=1) / np.sqrt(len(samples))
    assert np.all(np.abs(np.mean(samples, axis=0) - expected) <= 5 * error + 1e-12)
    assert np.all(error < 0.2 * (np.abs(expected) + 1))


def per_sample(f: Any, parameter: Any, *noise: Any) -> Any:
    """The gradient of f(parameter, noise..)[k] for each k: the diagonal blocks, by shifting one copy a sample."""
    copies = np.broadcast_to(parameter, (len(noise[0]), *np.shape(parameter))).copy()
    return wengert.grad(lambda copies: np.sum(f(copies, *noise)))(copies)


def softmax(logits: Any) -> Any:
    weights = np.exp(logits - np.max(logits))
    return weights / np.sum(weights)


def test_straight_through() -> None:
    """hard = (u < p) has the mean p; with the derivative of p, c hard + d has the derivative c."""
    u = np.random.default_rng(1).random(SAMPLES)
    value, slope = wengert.value_and_grad(lambda p: np.mean(straight_through((u < p) * 1.0, p)))(0.3)
    assert slope == pytest.approx(1.0, rel=1e-12)
    agrees(u < 0.3, value)
    assert float(value) == np.mean(u < 0.3)
    agrees(per_sample(lambda p, u: straight_through((u < p) * 1.0, p) ** 2, 0.3, u), 2 * 0.3)  # 2 hard, in the mean


def test_straight_through_has_exactly_the_hard_value() -> None:
    x = np.array([0.1, 1e9, -2.7])
    np.testing.assert_array_equal(wengert.compile(lambda x: straight_through(np.round(x), np.sin(x)))(x), np.round(x))
    np.testing.assert_array_equal(straight_through(np.round(x), x), np.round(x))


def test_the_reparameterised_normal() -> None:
    """E z^4 = m^4 + 6 m^2 s^2 + 3 s^4."""
    noise = np.random.default_rng(2).standard_normal(SAMPLES)
    m, s = 0.7, 0.4
    agrees(per_sample(lambda m, e: normal(m, s, e) ** 4, m, noise), 4 * m**3 + 12 * m * s**2)
    agrees(per_sample(lambda s, e: normal(m, s, e) ** 4, s, noise), 12 * m**2 * s + 12 * s**3)


def test_the_score_function_and_its_baseline() -> None:
    """d E r(k) / d a_i = p_i (r_i - E r) for logits a, by samples of k alone."""
    rng = np.random.default_rng(3)
    logits, rewards = np.array([0.2, -0.5, 1.0]), np.array([10.0, 11.0, 12.5])
    p = softmax(logits)
    k = rng.choice(3, size=SAMPLES, p=p)
    expected = p * (rewards - p @ rewards)

    gained = rewards[k]

    def surrogate(a, k, gained, baseline):
        totals = np.log(np.sum(np.exp(a), axis=-1))
        chosen = np.sum(np.where(np.expand_dims(k, -1) == np.arange(3), a, 0.0), axis=-1)
        return score_function(gained, chosen - totals, baseline)

    plain = per_sample(lambda a, k, r: surrogate(a, k, r, 0.0), logits, k, gained)
    baselined = per_sample(lambda a, k, r: surrogate(a, k, r, leave_one_out(r)), logits, k, gained)
    agrees(plain, expected)
    agrees(baselined, expected)
    assert np.all(np.var(baselined, axis=0) < 0.1 * np.var(plain, axis=0))
    copies = np.broadcast_to(logits, (SAMPLES, 3)).copy()
    np.testing.assert_array_equal(wengert.compile(surrogate)(copies, k, gained, 11.0), gained)


def test_the_score_function_keeps_what_the_reward_itself_contributes() -> None:
    u = np.random.default_rng(4).random(SAMPLES)

    def f(p, u):  # E = p^3 + 2 (1 - p): the reward of heads is p^2
        heads = u < 0.6
        return score_function(np.where(heads, p * p, 2.0), np.where(heads, np.log(p), np.log(1 - p)))

    agrees(per_sample(f, 0.6, u), 3 * 0.36 - 2)


def test_gumbel_softmax_hard_samples_have_the_distribution() -> None:
    logits = np.array([0.5, -1.0, 0.0, 1.5])
    noise = gumbel(np.random.default_rng(5).random((SAMPLES, 4)))
    hard = wengert.compile(lambda a: gumbel_softmax(a, noise, 0.7, hard=True))(logits)
    np.testing.assert_array_equal(np.sort(hard, axis=-1), np.broadcast_to([0.0, 0.0, 0.0, 1.0], hard.shape))
    agrees(hard, softmax(logits))


def test_gumbel_softmax_derivatives_are_those_of_the_relaxed_mean() -> None:
    """The mean of derivatives at one set of samples against a difference of means at two others."""
    logits, weights, h = np.array([0.3, -0.4, 0.1]), np.array([1.0, -2.0, 3.0]), 0.3
    noise = gumbel(np.random.default_rng(6).random((3, SAMPLES, 3)))

    def f(a, e):
        return np.sum(gumbel_softmax(a, e, 0.8) * weights, axis=-1) ** 2

    slopes = per_sample(f, logits, noise[0])
    shift = np.array([h, 0.0, 0.0])
    ahead, behind = f(logits + shift, noise[1]), f(logits - shift, noise[1])
    difference = (ahead - behind) / (2 * h)
    error = np.sqrt((np.var(slopes[:, 0]) + np.var(difference)) / SAMPLES)
    curvature = 0.02 * np.max(np.abs(difference))  # of the mean over 2 h
    assert abs(np.mean(slopes[:, 0]) - np.mean(difference)) <= 5 * error + 0.1 * curvature
    hard = per_sample(lambda a, e: np.sum(gumbel_softmax(a, e, 0.8, hard=True) * weights, axis=-1), logits, noise[2])
    soft = per_sample(lambda a, e: np.sum(gumbel_softmax(a, e, 0.8) * weights, axis=-1), logits, noise[2])
    np.testing.assert_allclose(hard, soft, rtol=1e-12, atol=1e-14)


def test_the_examples() -> None:
    results = doctest.testmod(estimators)
    assert results.failed == 0 and results.attempted > 10
