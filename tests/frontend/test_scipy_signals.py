"""Filters of scipy.signal against SciPy, by machine code, and their derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import signal

import wengert
from tests.frontend.test_numpy_sorting import A, N, V, check

RNG = np.random.default_rng(17)
X, K, SQUARE = RNG.uniform(-1, 1, (7, 6)), RNG.uniform(-1, 1, (3, 2)), RNG.uniform(-1, 1, (4, 4))
LONG = RNG.uniform(-1, 1, 60)
B1, A1 = signal.butter(3, 0.2)
SECTIONS = signal.butter(4, 0.3, output="sos")


def convolutions(x: Any, k: Any, s: Any, v: Any, n: Any) -> Any:
    found = [
        f
        for m in ("full", "same", "valid")
        for f in (
            signal.convolve(x, k, m), signal.correlate(x, k, m), signal.convolve(v, v[:4], m),
            signal.convolve(v[:4], v, m), signal.correlate(v[:4], v, m), signal.fftconvolve(v, v[:3], m),
            signal.correlate(n, n[:2, :3], m), signal.convolve2d(x, s, m), signal.correlate2d(x, s, m),
        )
    ]  # fmt: skip
    return (*found, signal.convolve2d(x, k, "same", fillvalue=2.0), signal.correlate2d(x, k, "same", fillvalue=2.0))


def filters(b: Any, a: Any, x: Any, m: Any, sections: Any) -> Any:
    return (
        signal.lfilter(b, a, x), signal.lfilter(b, [1.0], m), signal.lfilter(b, a * 2, m, axis=0),
        *signal.lfilter(b, a, x, zi=signal.lfilter_zi(b, a) * x[0]), *signal.lfilter(b, a, x[:2], zi=b[:3]),
        signal.lfilter_zi(b, a), signal.filtfilt(b, a, x), signal.filtfilt(b, a, x, padtype="even"),
        signal.filtfilt(b, a, m[:, :1] + np.outer(m[:, 0], x), padlen=5), signal.sosfilt(sections, x),
        signal.detrend(m), signal.detrend(x, type="constant"), signal.detrend(m, axis=0), signal.medfilt(x),
        signal.medfilt(x, 5), signal.lfilter([1.0, 2], [1.0], [1, 2, 3]),
    )  # fmt: skip


@pytest.mark.parametrize("function, arguments", [(convolutions, (X, K, SQUARE, V, N)),
                                                 (filters, (B1, A1, LONG, X, SECTIONS))])
def test_values(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments, tolerance=1e-10)


def test_long_convolutions_are_transformed() -> None:
    def f(a: Any, v: Any) -> Any:
        return (signal.fftconvolve(a, v), signal.convolve(a, v, "same"), signal.correlate(v, a, "valid"),
                signal.convolve(a, v + 1j).imag, signal.convolve(a - 1j, v).real)

    check(f, RNG.normal(size=1500), RNG.normal(size=600), tolerance=1e-9)


@pytest.mark.parametrize("order", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_derivatives(order: int) -> None:
    wengert.check_grads(lambda b, a, x: signal.lfilter(b, a, x) ** 2, (B1[:3], A1[:3], LONG[:5]), order=order)
    wengert.check_grads(lambda x, k: signal.convolve2d(x, k, "same") ** 2, (X[:4, :4], K), order=order)


@pytest.mark.slow
def test_derivatives_of_filters_in_both_directions() -> None:
    wengert.check_grads(lambda x: signal.filtfilt(B1, A1, x, padlen=3), (LONG[:6],), order=1)


REFUSED: list[tuple[Callable[..., Any], type[Exception], str]] = [
    (lambda x: signal.convolve(x, x[0]), ValueError, "same dimensionality"),
    (lambda x: signal.convolve(x, x, "x"), ValueError, "acceptable mode flags"),
    (lambda x: signal.convolve(x[:, :2], x[:2], "valid"), ValueError, "at least as large as the other"),
    (lambda x: signal.convolve2d(x, x, boundary="x"), ValueError, "Acceptable boundary flags"),
    (lambda x: signal.sosfilt(x[:, 1:], x), ValueError, "sos array must be shape"),
    (lambda x: signal.lfilter([1.0, 1.0], [1.0], x, zi=x), ValueError, "Unexpected shape for zi"),
    (lambda x: signal.filtfilt([1.0, 1.0], [1.0], x), ValueError, "must be greater than padlen"),
    (lambda x: signal.hilbert(x), NotImplementedError, "hilbert is not covered"),
]


@pytest.mark.parametrize("function, error, message", REFUSED)
def test_refusals(function: Callable[..., Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wengert.compile(function)(A)
