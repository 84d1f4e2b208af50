"""Recurrences that run for a strip of iterations at a time, and sums into elements that stay: the numbers of NumPy."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import wengert

#: None, a strip and one more, a long strip and a part of one.
LENGTHS = (0, 33, 300)


def paths(p, z):
    """A recurrence in time for each column; a sum over the columns."""
    total = 0.0
    for i in range(z.shape[1]):
        s = p[0]
        v = p[1]
        for t in range(z.shape[0]):
            v = max(v + p[2] * z[t, i], 0.0)
            s = s * (1.0 + 0.1 * math.sqrt(v + 0.01))
        total += math.log(s) * p[3]
    return total


def columns(p, z):
    """A recurrence in memory: each row needs the one above."""
    out = z.copy()
    for i in range(z.shape[1]):
        for t in range(1, z.shape[0]):
            out[t, i] = p[0] * out[t, i] / (2.0 + out[t - 1, i] * out[t - 1, i])
    return np.sum(out * out)


def rows(p, z):
    """The recurrence goes along the rows, so elements of a strip are not side by side; backwards."""
    out = np.zeros((z.shape[1], z.shape[0]))
    for i in range(z.shape[1] - 1, -1, -1):
        last = p[1]
        for t in range(z.shape[0]):
            last = math.exp(-last * last) + math.sin(z[t, i] * last)
            out[i, t] = last
    return np.sum(out * out)


def newton(p, z):
    """Every element takes its own number of steps; some take none."""
    total = 0.0
    for i in range(z.shape[1]):
        x = abs(z[0, i]) + p[0]
        a = x
        d = 1.0
        while abs(d) > 1e-10:
            d = (x * x - a) / (2.0 * x)
            x = x - d
        total += x * p[1]
    return total


def stops(p, z):
    """A loop that ends early, with a branch in it."""
    total = 0.0
    for i in range(z.shape[1]):
        s = p[0]
        for t in range(z.shape[0]):
            s = s * math.exp(0.3 * z[t, i])
            if s < 0.8:
                break
            if s > 2.0:
                s = s - 0.5
        total += s
    return total


def pairs(p, z):
    """Reads of all elements for each; a store of what was summed up."""
    n = z.shape[1]
    out = np.zeros(n)
    for i in range(n):
        a = 0.0
        for j in range(n):
            d = z[0, j] - z[0, i]
            a += d / ((d * d + 0.1) * math.sqrt(d * d + 0.1))
        out[i] = a * p[0]
    return np.sum(out * out)


def neighbours(p, z):
    """Iterations that do depend on each other: the element to the left is the result of the iteration before."""
    out = z.copy()
    for i in range(1, z.shape[1]):
        s = p[0]
        for t in range(z.shape[0]):
            s = math.sin(s + out[t, i - 1])
            out[t, i] = s
    return np.sum(out)


def shared(p, z):
    """All iterations add to the same elements."""
    out = np.zeros(4)
    for i in range(z.shape[1]):
        s = p[0]
        for t in range(z.shape[0]):
            s = math.sin(s + z[t, i])
            out[2] += s
        out[i % 4] += s
    return np.sum(out * out)


PROGRAMS = (paths, columns, rows, newton, stops, pairs, neighbours, shared)


def arguments(n: int) -> tuple[np.ndarray, np.ndarray]:
    return np.array([1.1, 0.3, 0.2, 0.7]), np.random.default_rng(n).normal(size=(5, n))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_value(program: Callable) -> None:
    for n in LENGTHS:
        p, z = arguments(n)
        np.testing.assert_allclose(wengert.compile(program)(p, z), program(p, z), rtol=1e-12, err_msg=str(n))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda f: f.__name__)
def test_gradient(program: Callable) -> None:
    """Against differences of the value along a direction."""
    p, z = arguments(33)
    dp, dz = np.random.default_rng(1).normal(size=p.shape), np.random.default_rng(2).normal(size=z.shape)
    gp, gz = wengert.grad(program, argnums=(0, 1))(p, z)
    h = 1e-6
    slope = (program(p + h * dp, z + h * dz) - program(p - h * dp, z - h * dz)) / (2 * h)
    np.testing.assert_allclose(np.sum(gp * dp) + np.sum(gz * dz), slope, rtol=2e-6)
