"""Filters of scipy.ndimage against SciPy, by machine code, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import ndimage, signal

import wengert
from tests.frontend.test_numpy_sorting import A, V, check

RNG = np.random.default_rng(19)
X, K, VOLUME = RNG.uniform(-1, 1, (7, 6)), RNG.uniform(-1, 1, (3, 2)), RNG.uniform(-1, 1, (4, 5, 3))
BYTES = RNG.integers(0, 255, (6, 7))


def of_modes(x: Any, k: Any, n: Any, v: Any) -> Any:
    return [
        f
        for m in ("reflect", "constant", "nearest", "wrap", "mirror")
        for f in (
            ndimage.correlate1d(x, [1, 2.0, -1], mode=m, cval=2.0), ndimage.convolve1d(x, [1, 2, -1, 3.0], 0, mode=m),
            ndimage.correlate(x, k, mode=m, cval=1.5), ndimage.uniform_filter(n, 3, mode=m),
            ndimage.gaussian_filter1d(v, 0.7, order=1, mode=m),
        )
    ]  # fmt: skip


def filters(x: Any, k: Any, n: Any, t: Any, v: Any) -> Any:
    return (
        ndimage.gaussian_filter(x, 1.2), ndimage.gaussian_filter(x, [1.0, 0.5], order=[1, 2]), ndimage.convolve(x, k),
        ndimage.gaussian_filter1d(v, 2.0, order=3, radius=3), ndimage.convolve(t, t[:2, :3, :2]),
        ndimage.convolve1d(v, [1, 2, 3.0], origin=1), ndimage.correlate(x, k, origin=(1, 0)), ndimage.sobel(x, 0),
        ndimage.correlate(v, v[:3]), ndimage.prewitt(n), ndimage.laplace(x), ndimage.uniform_filter1d(v, 4),
        ndimage.uniform_filter(x, (2, 3), origin=-1), ndimage.maximum_filter(x, 3, mode="wrap"),
        ndimage.minimum_filter(t, (1, 2, 3)), ndimage.median_filter(x, 3),
        ndimage.median_filter(n, (2, 3), mode="nearest"), signal.convolve2d(x, k, "same", boundary="wrap"),
        signal.convolve2d(x, k, boundary="symm"), signal.convolve2d(x, k, "valid", boundary="circular"),
    )  # fmt: skip


def test_modes() -> None:
    check(of_modes, X, K, BYTES, V, tolerance=1e-12)


def test_filters() -> None:
    check(filters, X, K, BYTES, VOLUME, V, tolerance=1e-12)


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(order: int) -> None:
    wengert.check_grads(lambda x, k: ndimage.convolve(x, k, mode="mirror") ** 2, (X[:4, :4], K), order=order)
    wengert.check_grads(lambda x, s: ndimage.gaussian_filter1d(x, s, radius=2) ** 2, (V, 0.8), order=order)
    wengert.check_grads(lambda x: ndimage.median_filter(x, 3), (V,), order=1)


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: ndimage.correlate1d(x, [1, 2.0], mode="x"), RuntimeError, "boundary mode not supported"),
    (lambda x: ndimage.correlate1d(x, [1, 2.0], origin=2), ValueError, "Invalid origin"),
    (lambda x: ndimage.correlate(x, x[0]), RuntimeError, "weights array has incorrect shape"),
    (lambda x: ndimage.gaussian_filter(x, [1.0, 2.0, 3.0]), RuntimeError, "length equal to input rank"),
    (lambda x: ndimage.gaussian_filter(x, 1.0, output=x), NotImplementedError, "output="),
    (lambda x: ndimage.zoom(x, 2), NotImplementedError, "zoom is not covered"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
