"""What the tests of sparse derivatives compare with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import wengert
from wengert.frontend.sparse import SparseDerivative


def x_of(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).uniform(0.5, 1.5, shape)


def dense_jacobian(f: Callable[..., Any], *args: Any) -> np.ndarray:
    dense = np.asarray(wengert.jacfwd(f)(*args))
    return dense.reshape(-1, np.size(args[0]))


def check(derivative: SparseDerivative, dense: np.ndarray, *args: Any, sweeps: int, exact: bool = True) -> None:
    """The values, the pattern and the number of sweeps."""
    found = derivative(*args)
    assert found.shape == dense.shape and found.has_sorted_indices
    np.testing.assert_allclose(found.toarray(), dense, rtol=1e-12, atol=1e-12)
    pattern = derivative.pattern(*args).toarray()
    assert not ((dense != 0) & ~pattern).any()
    assert not exact or np.array_equal(pattern, dense != 0)
    assert derivative.sweeps(*args) == sweeps


def three_slices(x):
    return x[:-2] - 2.0 * x[1:-1] + np.exp(x[2:])


def bent(x):
    return np.where(x > 1.0, x * x[0], x[::-1])


def one_for_all(x):
    return x[1:] * x[0]
