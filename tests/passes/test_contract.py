"""Recurrences whose products are fused with additions compute the same to rounding, and stay scalar."""

from __future__ import annotations

import re

import numpy as np

import wengert


def orbit(p, steps):
    """An explicit midpoint rule: two numbers that wait for each other."""
    x = p[0]
    y = p[1]
    for _ in range(steps):
        u = x + 0.05 * (p[2] * x - p[3] * x * y)
        v = y + 0.05 * (p[3] * u * y - p[2] * y)
        x = x + 0.1 * (p[2] * u - p[3] * u * v)
        y = y + 0.1 * (p[3] * u * v - p[2] * v)
    return x + y


def cancels(p, steps):
    """Products that cancel exactly keep doing so."""
    x = p[0]
    y = p[1]
    total = 0.0
    for _ in range(steps):
        x, y = 0.9 * y, 1.1 * x
        total += x * y - y * x
    return total


P = np.array([1.3, 0.7, 0.8, 0.45])


def test_a_recurrence_is_fused() -> None:
    np.testing.assert_allclose(wengert.compile(orbit)(P, 200), orbit(P, 200), rtol=1e-12)
    assert "fmul contract double" in wengert.compile(orbit).lower(P, 200).as_text("llvmir")


def test_precise_is_not() -> None:
    precise = wengert.compile(orbit, precise=True)
    assert "contract" not in precise.lower(P, 200).as_text("llvmir")
    assert precise(P, 200) == orbit(P, 200)


def test_its_scalars_are_not_packed() -> None:
    text = wengert.compile(orbit).lower(P, 200).as_text("asm")
    assert not re.search(r"\b(v?mulpd|v?addpd|vfn?m\w+pd)\b", text)


def test_exact_cancellation() -> None:
    assert wengert.compile(cancels)(P, 50) == 0.0


def test_gradient() -> None:
    h = 1e-6
    expected = [(orbit(P + h * e, 50) - orbit(P - h * e, 50)) / (2 * h) for e in np.eye(4)]
    np.testing.assert_allclose(wengert.grad(orbit)(P, 50), expected, rtol=1e-7)
