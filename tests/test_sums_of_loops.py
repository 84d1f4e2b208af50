"""Sums of loops: any order of the additions where nobody sees the partial sums, and then vectors."""

import re

import numpy as np
import pytest

import wengert

X = np.random.default_rng(0).random(10_001) - 0.3


def plain(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += np.exp(x[i]) * x[i]
    return s


def compensated(x):
    s = 0.0
    lost = 0.0
    for i in range(x.shape[0]):
        y = x[i] - lost
        t = s + y
        lost = (t - s) - y
        s = t
    return s


def test_a_sum_is_computed_in_vectors():
    assert re.search(r"fadd reassoc", wengert.compile(plain).lower(X).as_text("llvmir"))
    packed = wengert.compile(plain).lower(X).as_text("asm")
    assert re.search(r"v?addpd", packed) or "fadd" in packed
    np.testing.assert_allclose(wengert.compile(plain)(X), np.sum(np.exp(X) * X), rtol=1e-14)
    np.testing.assert_allclose(wengert.grad(plain)(X), np.exp(X) * (X + 1), rtol=1e-14)


def test_precise_keeps_the_order():
    assert "reassoc" not in wengert.compile(plain, precise=True).lower(X).as_text("llvmir")
    total = 0.0
    for x in X:
        total += x
    assert wengert.compile(in_order, precise=True)(X) == total


def in_order(x):
    s = 0.0
    for i in range(x.shape[0]):
        s += x[i]
    return s


@pytest.mark.parametrize("scale", [1.0, 1e10])
def test_a_compensated_sum_stays_compensated(scale):
    from math import fsum

    x = X * scale
    x[::2] *= 1e-9
    assert wengert.compile(compensated)(x) == pytest.approx(fsum(x), rel=3e-16)


def test_a_running_sum_is_the_same_to_the_last_bit():
    def running(x):
        out = np.zeros_like(x)
        s = 0.0
        for i in range(x.shape[0]):
            s += x[i]
            out[i] = s
        return out

    np.testing.assert_array_equal(wengert.compile(running)(X), np.cumsum(X))
