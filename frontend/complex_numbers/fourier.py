"""``np.fft`` and ``scipy.fft``: everything is the complex transform along one axis, nd.fft.

A real transform is the complex one of numbers without imaginary parts, of which a half is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt
from typing import Any

import numpy as np
import scipy.fft

from wengert.dialects import fourier
from wengert.dialects.errors import WengertIndexError, WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.elementwise import conjugate, numpy_parts
from wengert.frontend.complex_numbers.memory import interleaved, of_memory
from wengert.frontend.complex_numbers.registry import composed
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, paired, parts_of
from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import covers, enter
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box

#: What a transform of n numbers is multiplied with: (forward, backward).
_FACTORS: dict[Any, Callable[[int], tuple[float, float]]] = {
    None: lambda n: (1.0, 1.0 / n),
    "backward": lambda n: (1.0, 1.0 / n),
    "ortho": lambda n: (1.0 / sqrt(n), 1.0 / sqrt(n)),
    "forward": lambda n: (1.0 / n, 1.0),
}
_OTHER_WAY = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


# ---------------------------------------------------------------- the transform along an axis


def _array(a: Any) -> Any:
    """An operand as a real or complex array."""
    found = complex_operand(a)
    if not isinstance(found, (Array, ComplexArray)):
        fail("tuple index out of range: a Fourier transform of a number", error=WengertIndexError)
    return found


def _complex(a: Any) -> Any:
    return paired(*parts_of(_array(a)))


def _axis(a: Any, axis: Any) -> int:
    d = static_int(axis, "it is an axis")
    if not -a.ndim <= d < a.ndim:
        fail(f"axis {d} is out of bounds for array of dimension {a.ndim}", error=WengertIndexError)
    return d % a.ndim


def _length(a: Any, n: Any, d: int) -> int:
    count = static_int(a.shape[d] if n is None else n, "it is the length of a Fourier transform")
    if count < 1:
        fail(f"Invalid number of FFT data points ({count}) specified.", error=WengertValueError)
    return count


def _factor(norm: Any, n: int, backward: bool) -> float:
    if norm not in _FACTORS:
        fail(f'Invalid norm value {norm}; should be "backward", "ortho" or "forward".', error=WengertValueError)
    return _FACTORS[norm](n)[backward]


def _resized(a: Any, n: int, d: int) -> Any:
    """The first n numbers along an axis, zeros where there are fewer."""
    have = static_int(a.shape[d], "it is the length of a Fourier transform")
    if have > n:
        return a[(*[slice(None)] * d, slice(n))]
    return a if have == n else np.pad(a, [(0, n - have) if k == d else (0, 0) for k in range(a.ndim)])


def _scaled(a: Any, factor: float) -> Any:
    return a if factor == 1.0 else binary("Mult", a, factor)


def _transformed(a: Any, d: int, backward: bool) -> Any:
    """The transform along axis d, undivided."""
    z = _complex(a)
    last = np.moveaxis(z, d, -1)
    memory = interleaved(last)
    value = memory.read()
    with current().here():
        result = fourier.fft(value, inverse=backward)
    found: Any = of_memory(Box(result, memory.shape, memory.element))
    return np.moveaxis(found, -1, d)


def _complex_transform(a: Any, n: Any, axis: Any, norm: Any, backward: bool) -> Any:
    z = _array(a)
    d = _axis(z, axis)
    count = _length(z, n, d)
    factor = _factor(norm, count, backward)
    return _scaled(_transformed(_resized(z, count, d), d, backward), factor)


def fft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    return _complex_transform(a, n, axis, norm, False)


def ifft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    return _complex_transform(a, n, axis, norm, True)


# ---------------------------------------------------------------- transforms of real numbers


def rfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    x = _array(a)
    if isinstance(x, Complex):
        fail("a Fourier transform of real numbers is asked for, and its argument is complex", error=WengertTypeError,
             help="use fft, or take the real part")
    d = _axis(x, axis)
    whole = fft(x, n, d, norm)
    return whole[(*[slice(None)] * d, slice(_length(x, n, d) // 2 + 1))]


def irfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    """The other half of the spectrum has conjugate numbers; imaginary parts that have to be zero are not looked at."""
    z = _complex(a)
    d = _axis(z, axis)
    count = _length(z, 2 * (_length(z, None, d) - 1) if n is None else n, d)
    half = _resized(z, count // 2 + 1, d)
    before = [slice(None)] * d
    mirrored = conjugate(half[(*before, slice(1, (count + 1) // 2))])
    whole = np.concatenate([half, np.flip(mirrored, d)], axis=d) if count > 2 else half[(*before, slice(count))]
    return ifft(whole, None, d, norm).re + 0.0


def hfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    _factor(norm, 1, True)
    return irfft(conjugate(_complex(a)), n, axis, _OTHER_WAY[norm])


def ihfft(a: Any, n: Any = None, axis: Any = -1, norm: Any = None) -> Any:
    _factor(norm, 1, True)
    return conjugate(rfft(a, n, axis, _OTHER_WAY[norm]))


# ---------------------------------------------------------------- several axes


def _sizes(a: Any, s: Any, axes: Any, last_is_half: bool = False) -> tuple[list[int], list[int]]:
    """The lengths and the axes; a length of -1 or None is that of the array."""
    if axes is None:
        axes = range(a.ndim) if s is None else range(-len(s), 0)
    listed = [_axis(a, axis) for axis in axes]
    if s is not None and len(s) != len(listed):
        fail("Shape and axes have different lengths.", error=WengertValueError)
    if not listed:
        fail("a Fourier transform along no axis", error=WengertValueError)
    given = [None] * len(listed) if s is None else [None if n is None or n == -1 else n for n in s]
    lengths = [_length(a, n, d) for n, d in zip(given, listed, strict=True)]
    if last_is_half and given[-1] is None:
        lengths[-1] = _length(a, 2 * (lengths[-1] - 1), listed[-1])
    return lengths, listed


def _along(transform: Callable[..., Any], a: Any, lengths: Sequence[int], axes: Sequence[int], norm: Any) -> Any:
    for n, d in reversed(list(zip(lengths, axes, strict=True))):
        a = transform(a, n, d, norm)
    return a


def fftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    z = _array(a)
    return _along(fft, z, *_sizes(z, s, axes), norm)


def ifftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    z = _array(a)
    return _along(ifft, z, *_sizes(z, s, axes), norm)


def rfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    x = _array(a)
    lengths, listed = _sizes(x, s, axes)
    return _along(fft, rfft(x, lengths[-1], listed[-1], norm), lengths[:-1], listed[:-1], norm)


def irfftn(a: Any, s: Any = None, axes: Any = None, norm: Any = None) -> Any:
    z = _array(a)
    lengths, listed = _sizes(z, s, axes, last_is_half=True)
    for n, d in list(zip(lengths, listed, strict=True))[:-1]:
        z = ifft(z, n, d, norm)
    return irfft(z, lengths[-1], listed[-1], norm)


def fft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return fftn(a, s, axes, norm)


def ifft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return ifftn(a, s, axes, norm)


def rfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return rfftn(a, s, axes, norm)


def irfft2(a: Any, s: Any = None, axes: Any = (-2, -1), norm: Any = None) -> Any:
    return irfftn(a, s, axes, norm)


_TRANSFORMS = (fft, ifft, rfft, irfft, hfft, ihfft, fft2, ifft2, fftn, ifftn, rfft2, irfft2, rfftn, irfftn)


def _of_scipy(transform: Callable[..., Any]) -> Callable[..., Any]:
    """With SciPy's parameters, of which those that say how it is computed do not matter."""
    many = "axes" in transform.__code__.co_varnames[: transform.__code__.co_argcount]
    first, second = ("s", "axes") if many else ("n", "axis")
    default = transform.__defaults__[1] if transform.__defaults__ else None

    def of_one(x: Any, n: Any = None, axis: Any = default, norm: Any = None, overwrite_x: Any = False,
               workers: Any = None) -> Any:
        return transform(x, n, axis, norm)

    def of_many(x: Any, s: Any = None, axes: Any = default, norm: Any = None, overwrite_x: Any = False,
                workers: Any = None) -> Any:
        return transform(x, s, axes, norm)

    assert (first, second) in (("s", "axes"), ("n", "axis"))
    return of_many if many else of_one


for _transform in _TRANSFORMS:
    enter(_transform, getattr(np.fft, _transform.__name__))
    enter(_of_scipy(_transform), getattr(scipy.fft, _transform.__name__))
    composed(getattr(np.fft, _transform.__name__), getattr(scipy.fft, _transform.__name__))


# ---------------------------------------------------------------- orders and frequencies


def _rolled(x: Any, axes: Any, part: Callable[[int], int]) -> Any:
    a = _array(x)
    listed = [_axis(a, d) for d in (range(a.ndim) if axes is None else axes if np.iterable(axes) else (axes,))]
    for d in listed:
        a = np.roll(a, part(static_int(a.shape[d], "it decides how far the array is rolled")), d)
    return a


@covers(np.fft.fftshift, scipy.fft.fftshift)
def fftshift(x: Any, axes: Any = None) -> Any:
    return _rolled(x, axes, lambda n: n // 2)


@covers(np.fft.ifftshift, scipy.fft.ifftshift)
def ifftshift(x: Any, axes: Any = None) -> Any:
    return _rolled(x, axes, lambda n: -(n // 2))


composed(np.fft.fftshift, np.fft.ifftshift, scipy.fft.fftshift, scipy.fft.ifftshift)


def _frequencies(n: Any, d: Any, orders: Callable[[int], np.ndarray]) -> Any:
    count = static_int(n, "it is the length of a Fourier transform")
    return binary("Mult", numpy_parts(orders(count))[0], binary("Div", 1.0, binary("Mult", count, d)))


@covers(np.fft.fftfreq, scipy.fft.fftfreq)
def fftfreq(n: Any, d: Any = 1.0) -> Any:
    return _frequencies(n, d, lambda n: np.concatenate([np.arange((n + 1) // 2), np.arange(-(n // 2), 0)]))


@covers(np.fft.rfftfreq, scipy.fft.rfftfreq)
def rfftfreq(n: Any, d: Any = 1.0) -> Any:
    return _frequencies(n, d, lambda n: np.arange(n // 2 + 1))


__all__ = ["fft", "ifft", "irfft", "rfft"]
