"""``np.fft`` and ``scipy.fft`` as machine code against NumPy: all sizes, options, types, derivatives, refusals."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.fft

import wengert
from tests.frontend.test_complex import check
from wengert.runtime import fourier

RNG = np.random.default_rng(2)
X, V, K = RNG.normal(size=(3, 6)), RNG.normal(size=7), np.arange(5)
Z = RNG.normal(size=(3, 5)) + 1j * RNG.normal(size=(3, 5))
NARROW, CUBE = V.astype(np.float32), RNG.normal(size=(2, 3, 4))
F = np.fft


def complex_transforms(x: Any, z: Any, v: Any, k: Any, narrow: Any) -> Any:
    return (
        F.fft(x), F.ifft(z), F.fft(z, axis=0), F.fft(v, n=4), F.fft(v, n=12, norm="ortho"), F.fft(k), F.fft(narrow),
        F.ifft(narrow, norm="forward"), F.fft(z.astype(np.complex64)), F.fft(v[::2]), F.fft([1.0, 2.0, v[0]]),
        F.fft(z.T, axis=0), F.ifft(v > 0),
    )  # fmt: skip


def real_transforms(x: Any, z: Any, v: Any, narrow: Any) -> Any:
    return (
        (F.rfft(x), F.rfft(v), F.rfft(x, axis=0), F.rfft(v, n=10), F.rfft(v, 3, norm="forward"), F.rfft(narrow)),
        (F.irfft(z), F.irfft(z, n=7), F.irfft(z, n=9, norm="ortho"), F.irfft(z, n=12), F.irfft(z, n=3), F.irfft(v)),
        (F.irfft(z, n=1), F.irfft(z, n=2), F.irfft(z, axis=0), F.irfft(z.astype(np.complex64))),
        (F.hfft(z), F.ihfft(x), F.hfft(z, norm="forward"), F.hfft(z, n=7), F.ihfft(v, norm="ortho")),
    )


def several_axes(x: Any, z: Any, cube: Any) -> Any:
    return (
        (F.fft2(x), F.ifft2(z), F.fftn(cube), F.ifftn(cube), F.fftn(cube, s=(2, 5), axes=(0, 2))),
        (F.rfft2(x), F.rfftn(cube), F.irfft2(z), F.irfftn(F.rfftn(cube)), F.irfftn(z, s=(3, 9), axes=(0, 1))),
        (F.rfft2(cube, norm="ortho"), F.fftn(cube, axes=(0, 1)), F.fft2(cube, s=(-1, 3))),
        (F.fftshift(x), F.ifftshift(x), F.fftshift(z, axes=1), F.ifftshift(cube), F.fftshift(cube, axes=(0, 2))),
    )


def frequencies_and_scipy(x: Any, z: Any, v: Any) -> Any:
    return (
        (F.fftfreq(7), F.fftfreq(8, 0.1) * v[0], F.rfftfreq(7, v[0]), F.fftfreq(6, d=v[1])),
        (scipy.fft.fft(x), scipy.fft.rfft(v), scipy.fft.irfft(z, n=6), scipy.fft.fft2(x, workers=1)),
        (scipy.fft.ifftn(z, norm="ortho"), scipy.fft.fftshift(v), scipy.fft.fft(v, overwrite_x=True)),
    )


def all_sizes(*rows: Any) -> Any:
    return tuple(F.fft(row) for row in rows)


SIZES = [RNG.normal(size=n) + 1j * RNG.normal(size=n) for n in (*range(1, 33), 48, 64, 97, 1009)]


@pytest.mark.parametrize(("function", "arguments"), [
    (complex_transforms, (X, Z, V, K, NARROW)),
    (real_transforms, (X, Z, V, NARROW)),
    (several_axes, (X, Z, CUBE)),
    (frequencies_and_scipy, (X, Z, V)),
    (all_sizes, tuple(SIZES)),
], ids=["complex", "real", "axes", "frequencies", "sizes"])
def test_as_numpy(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    check(function, *arguments)


def test_derivatives() -> None:
    def f(x: Any, z: Any) -> Any:
        return F.fft(np.sin(x)), F.irfft(z * z), np.abs(F.rfft2(x)) ** 2, F.hfft(z)

    wengert.check_grads(f, (X, Z))
    np.testing.assert_allclose(wengert.jacrev(F.fft)(V), F.fft(np.eye(7), axis=0), atol=1e-14)
    np.testing.assert_allclose(wengert.vjp(F.ifft, Z)[1](Z)[0], F.ifft(Z), rtol=1e-12)
    np.testing.assert_allclose(wengert.vmap(F.fft, in_axes=1)(Z), F.fft(Z.T), rtol=1e-12)


def test_a_convolution_by_transforms() -> None:
    @wengert.compile
    def convolved(a: Any, b: Any) -> Any:
        n = len(a) + len(b) - 1
        return F.irfft(F.rfft(a, n) * F.rfft(b, n), n)

    np.testing.assert_allclose(convolved(V, X[0]), np.convolve(V, X[0]), rtol=1e-12)
    got = wengert.grad(lambda a: convolved(a, X[0])[3])(V)
    np.testing.assert_allclose(got, [X[0, 3], X[0, 2], X[0, 1], X[0, 0], 0, 0, 0], atol=1e-13)


@pytest.mark.parametrize(("function", "what"), [
    (lambda v: F.fft(v, n=0), "Invalid number of FFT data points (0)"),
    (lambda v: F.fft(v[:0]), "Invalid number of FFT data points (0)"),
    (lambda v: F.irfft(v[:1]), "Invalid number of FFT data points (0)"),
    (lambda v: F.fft(v, axis=3), "out of bounds"),
    (lambda v: F.fft(v, norm="x"), "Invalid norm value x"),
    (lambda v: F.rfft(v * 1j), "its argument is complex"),
    (lambda v: F.fftn(v, s=(3, 3), axes=(0,)), "Shape and axes have different lengths"),
])
def test_what_numpy_refuses(function: Callable[..., Any], what: str) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)):
        function(V)
    with pytest.raises((wengert.WengertValueError, wengert.WengertTypeError, wengert.WengertIndexError)) as refused:
        wengert.compile(function)(V)
    assert what in str(refused.value)


@pytest.mark.parametrize("name", ["dloop", "sloop"])
def test_the_loop_of_numpy_and_what_stands_in_for_it(name: str) -> None:
    found = fourier._of_numpy(name)
    assert found is not None and fourier.is_right(found, name)
    assert fourier.is_right(ctypes.cast(fourier._stand_in(name), ctypes.c_void_p).value, name)
    assert fourier.loop_address("none") is None
