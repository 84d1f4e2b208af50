"""Powers with half-integer exponents: within 3.5 ulp, and the same for zeros, infinities and negative numbers."""

from __future__ import annotations

import numpy as np

import wengert

EXPONENTS = (-2.5, -1.5, -0.5, 0.5, 1.5, 2.5)


@wengert.compile
def powers(x):
    return np.stack([x**-2.5, x**-1.5, x**-0.5, x**0.5, x**1.5, x**2.5])


def test_accuracy() -> None:
    x = np.exp(np.random.default_rng(0).uniform(-90.0, 90.0, 20_000))
    exact = np.stack([x.astype(np.longdouble) ** np.longdouble(e) for e in EXPONENTS])
    error = np.abs(powers(x) - exact) / np.spacing(np.abs(exact).astype(np.float64))
    assert error.max() < 3.5


def test_special_values() -> None:
    x = np.array([0.0, -0.0, np.inf, -np.inf, np.nan, -1.0, 1.0, 4.0])
    with np.errstate(all="ignore"):
        expected = np.stack([x**e for e in EXPONENTS])
    np.testing.assert_array_equal(powers(x), expected)


def test_single_precision() -> None:
    x = np.array([0.5, 2.0, 3.0], np.float32)
    result = powers(x)
    assert result.dtype == np.float32
    np.testing.assert_allclose(result, np.stack([x.astype(np.float64) ** e for e in EXPONENTS]), rtol=4e-7)


def test_gradient() -> None:
    x = np.array([0.7, 1.9])
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(x**-1.5))(x), -1.5 * x**-2.5, rtol=1e-15)
