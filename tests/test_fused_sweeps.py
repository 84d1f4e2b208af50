"""Gradients of loops whose iterations are independent: one loop, no tape, and the numbers of NumPy's form."""

import numpy as np
import pytest

import wengert

RNG = np.random.default_rng(3)
X, Y = RNG.random(37) + 0.5, RNG.random(37)
TABLE, WHERE = RNG.random((5, 2)), RNG.integers(0, 5, 37)


def independent(x, y):
    s = 0.0
    for i in range(x.shape[0]):
        s += np.exp(x[i] * y[i]) / x[i]
    return s


def from_one_on(x, y):
    s = 0.0
    for i in range(1, x.shape[0]):
        s += np.sin(x[i]) * np.exp(y[i - 1])
    return s


def branches(x, y):
    s = 0.0
    for i in range(x.shape[0]):
        if x[i] > 1.0:
            s += np.log(x[i]) * y[i]
        else:
            s -= np.sqrt(x[i]) * np.exp(y[i])
    return s


def neighbours(x, y):
    s = 0.0
    for i in range(x.shape[0] - 1):
        s += np.exp(x[i + 1] * x[i]) * y[i]
    return s


def gathered(table, y):
    s = 0.0
    for i in range(y.shape[0]):
        k = WHERE[i]
        s += np.exp(table[k, 0] * y[i]) * np.sin(table[k, 1])
    return s


def summed_and_used(x, y):
    s = 0.0
    for i in range(x.shape[0]):
        s += np.exp(x[i] * y[i])
    return np.log(s)


def recurrence(x, y):
    s = 1.0
    for i in range(x.shape[0]):
        s = np.sin(s * x[i]) + y[i]
    return s


def two_sums(x, y):
    s = 0.0
    t = 0.0
    for i in range(x.shape[0]):
        e = np.exp(-x[i])
        s += e * y[i]
        t += s * e
    return s + t


TAPELESS = [independent, from_one_on, neighbours, gathered]
WITH_TAPES = [branches, summed_and_used, recurrence, two_sums]


@pytest.mark.parametrize("program", [*TAPELESS, *WITH_TAPES], ids=lambda f: f.__name__)
def test_the_gradient_is_right(program):
    first = TABLE if program is gathered else X
    wengert.check_grads(program, (first, Y), order=2)


@pytest.mark.parametrize("program", TAPELESS, ids=lambda f: f.__name__)
def test_nothing_is_taped(program):
    first = TABLE if program is gathered else X
    text = wengert.grad(program, argnums=(0, 1)).lower(first, Y).as_text("transposed")
    assert "diff.tape" not in text
    assert text.count("scf.for") == 1


@pytest.mark.parametrize("program", WITH_TAPES, ids=lambda f: f.__name__)
def test_the_reverse_sweep_waits_for_the_primal(program):
    assert wengert.grad(program, argnums=(0, 1)).lower(X, Y).as_text("transposed").count("scf.for") == 2
