"""Filters of scipy.signal: convolutions in one to three dimensions, recursive filters, medians.

Convolutions are sums of shifted arrays, as in convolutions.py.  A recursive filter is a loop over the samples in the
direct form I; its reverse sweep reads the samples and the result, and stores nothing else.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal

from wengert.frontend.complex_numbers.registry import composed
from wengert.frontend.numpy_programs.convolutions import whole
from wengert.frontend.numpy_table.edges import places_beyond
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail

MODES = ("full", "same", "valid")
#: From this length of the shorter operand on, transforms are faster than sums.
LONG = 512


# ---------------------------------------------------------------- convolutions


def all_sums(a: Any, v: Any) -> Any:
    """The full convolution; the loops run over the elements of v."""
    if a.ndim == 1:
        exact = a.dtype.kind not in "fc" or v.dtype.kind not in "fc"
        return whole(a, v) if exact or v.shape[0] < LONG else by_fft(a, v)
    kind = (a.ravel()[:1] * v.ravel()[:1]).dtype
    sums = np.zeros([n + m - 1 for n, m in zip(a.shape, v.shape)], dtype=kind)
    if a.ndim == 2:
        for i in range(v.shape[0]):
            for j in range(v.shape[1]):
                sums[i : i + a.shape[0], j : j + a.shape[1]] += v[i, j] * a
        return sums
    if a.ndim > 3:
        fail("a convolution in more than three dimensions is not covered", help="write the loops")
    for i in range(v.shape[0]):
        for j in range(v.shape[1]):
            for k in range(v.shape[2]):
                sums[i : i + a.shape[0], j : j + a.shape[1], k : k + a.shape[2]] += v[i, j, k] * a
    return sums


def by_fft(a: Any, v: Any) -> Any:
    """The product of the Fourier transforms, O(n log n)."""
    length = a.shape[0] + v.shape[0] - 1
    n = 2 ** (length - 1).bit_length()
    if a.dtype.kind == "c" or v.dtype.kind == "c":
        return np.fft.ifft(np.fft.fft(a, n) * np.fft.fft(v, n))[:length]
    return np.fft.irfft(np.fft.rfft(a, n) * np.fft.rfft(v, n), n)[:length]


def cut(sums: Any, starts: Any, shape: Any) -> Any:
    return sums[tuple([slice(s, s + n) for s, n in zip(starts, shape)])]


def checked(a: Any, v: Any, mode: Any) -> None:
    if mode not in MODES:
        raise ValueError("acceptable mode flags are 'valid', 'same', or 'full'")
    if a.ndim != v.ndim:
        raise ValueError("in1 and in2 should have the same dimensionality")


def convolved(a: Any, v: Any, mode: str) -> Any:
    """SciPy's modes: "same" has the shape of the first operand."""
    sums = all_sums(v, a) if v.size > a.size else all_sums(a, v)
    if mode == "full":
        return sums
    if mode == "same":
        return cut(sums, [(m - 1) // 2 for m in v.shape], a.shape)
    larger = all(n >= m for n, m in zip(a.shape, v.shape))
    if not larger and not all(n <= m for n, m in zip(a.shape, v.shape)):
        raise ValueError("For 'valid' mode, one must be at least as large as the other in every dimension")
    return cut(sums, [min(n, m) - 1 for n, m in zip(a.shape, v.shape)],
               [abs(n - m) + 1 for n, m in zip(a.shape, v.shape)])


def turned(v: Any) -> Any:
    return np.conj(np.flip(v))


@program(signal.convolve)
def convolve(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    if method not in ("auto", "direct", "fft"):
        raise ValueError("Acceptable method flags are 'auto', 'direct', or 'fft'.")
    if np.ndim(in1) == 0 and np.ndim(in2) == 0:
        return in1 * in2
    a, v = np.asarray(in1), np.asarray(in2)
    checked(a, v, mode)
    return convolved(a, v, mode)


@program(signal.fftconvolve)
def fftconvolve(in1: Any, in2: Any, mode: Any = "full") -> Any:
    a, v = np.asarray(in1) + 0.0, np.asarray(in2) + 0.0
    checked(a, v, mode)
    return convolved(a, v, mode)


@program(signal.correlate)
def correlate(in1: Any, in2: Any, mode: Any = "full", method: Any = "auto") -> Any:
    a, v = np.asarray(in1), np.asarray(in2)
    checked(a, v, mode)
    if mode == "valid" and v.size > a.size:
        return turned(convolved(v, turned(a), mode))
    return convolved(a, turned(v), mode)


#: Names of what stands beyond the edges, and those of edges.py.
BOUNDARIES = {"wrap": "wrap", "circular": "wrap", "symm": "reflect", "symmetric": "reflect"}


def in_plane(a: Any, v: Any, mode: Any, boundary: Any, fillvalue: Any, starts: Any) -> Any:
    """A convolution of matrices with values beyond the edges; `starts` is where "same" begins in the full one."""
    checked(a, v, mode)
    if a.ndim != 2:
        raise ValueError("convolve2d inputs must both be 2-D arrays")
    rows, columns = v.shape[0] - 1, v.shape[1] - 1
    if boundary in ("fill", "pad"):
        padded = np.pad(a, ((rows, rows), (columns, columns)), constant_values=fillvalue)
    elif boundary in BOUNDARIES:
        padded = np.take(a, places_beyond(a.shape[0], rows, rows, BOUNDARIES[boundary]), axis=0)
        padded = np.take(padded, places_beyond(a.shape[1], columns, columns, BOUNDARIES[boundary]), axis=1)
    else:
        raise ValueError("Acceptable boundary flags are 'fill', 'circular' (or 'wrap'), and 'symmetric' (or 'symm').")
    full = cut(all_sums(padded, v), (rows, columns), (a.shape[0] + rows, a.shape[1] + columns))
    if mode == "full":
        return full
    if mode == "same":
        return cut(full, starts, a.shape)
    return cut(full, (rows, columns), (a.shape[0] - rows, a.shape[1] - columns))


@program(signal.convolve2d)
def convolve2d(in1: Any, in2: Any, mode: Any = "full", boundary: Any = "fill", fillvalue: Any = 0) -> Any:
    a, v = np.asarray(in1), np.asarray(in2)
    if mode == "valid" and v.size > a.size:
        a, v = v, a
    return in_plane(a, v, mode, boundary, fillvalue, [(m - 1) // 2 for m in v.shape])


@program(signal.correlate2d)
def correlate2d(in1: Any, in2: Any, mode: Any = "full", boundary: Any = "fill", fillvalue: Any = 0) -> Any:
    a, v = np.asarray(in1), np.asarray(in2)
    if mode == "valid" and v.size > a.size:
        return turned(in_plane(v, turned(a), mode, boundary, fillvalue, [m // 2 for m in a.shape]))
    return in_plane(a, turned(v), mode, boundary, fillvalue, [m // 2 for m in v.shape])


# ---------------------------------------------------------------- recursive filters


def taps(b: Any, a: Any) -> Any:
    """Numerator and denominator of the same length, with a[0] = 1."""
    b, a = np.atleast_1d(np.asarray(b)) + 0.0, np.atleast_1d(np.asarray(a)) + 0.0
    n = max(a.shape[0], b.shape[0])
    return (np.concatenate((b / a[0], np.zeros(n - b.shape[0]))), np.concatenate((a / a[0], np.zeros(n - a.shape[0]))))


def filtered(b: Any, a: Any, x: Any, start: Any) -> Any:
    """``y[i] = sum(b[k] x[i - k]) - sum(a[k] y[i - k], k > 0)`` along the first axis; `start` is added at the first."""
    n, order = x.shape[0], b.shape[0] - 1
    kind = (b[:1] * a[:1] * x.ravel()[:1]).dtype
    moved = np.zeros((n, *x.shape[1:]), dtype=kind)
    for k in list(range(min(order + 1, n))):
        moved[k:] += b[k] * x[: n - k]
    if start is not None:
        count = min(order, n)
        moved[:count] += start[:count]
    y = np.zeros((n + order, *x.shape[1:]), dtype=kind)  # zeros before the first sample
    for i in range(n):
        value = moved[i]
        for k in list(range(1, order + 1)):
            value = value - a[k] * y[i + order - k]
        y[i + order] = value
    return y[order:]


def last_state(b: Any, a: Any, x: Any, y: Any, start: Any) -> Any:
    """The state of the transposed direct form II after the last sample."""
    n, order = x.shape[0], b.shape[0] - 1
    state = []
    for i in list(range(order)):
        z = start[i + n] if i + n < order else 0.0 * start[i]
        for k in list(range(i + 1, order + 1)):
            if n + i - k >= 0:
                z = z + b[k] * x[n + i - k] - a[k] * y[n + i - k]
        state.append(z)
    return np.stack(state) if state else start


@program(signal.lfilter)
def lfilter(b: Any, a: Any, x: Any, axis: Any = -1, zi: Any = None) -> Any:
    b, a = taps(b, a)
    first = np.moveaxis(np.asarray(x), axis, 0) + 0.0
    if zi is None:
        return np.moveaxis(filtered(b, a, first, None), 0, axis)
    start = np.moveaxis(np.asarray(zi), axis, 0)
    if start.shape[0] != b.shape[0] - 1:
        raise ValueError("Unexpected shape for zi")
    y = filtered(b, a, first, start)
    return np.moveaxis(y, 0, axis), np.moveaxis(last_state(b, a, first, y, start), 0, axis)


@program(signal.lfilter_zi)
def lfilter_zi(b: Any, a: Any) -> Any:
    """The state in which a step of height 1 passes without a transient."""
    b, a = taps(b, a)
    n = b.shape[0]
    zi = np.zeros(n - 1)
    if n > 1:
        zi[0] = np.sum(b[1:] - a[1:] * b[0]) / np.sum(a)
    poles, zeros = a[0], 0.0
    for k in list(range(1, n - 1)):
        poles = poles + a[k]
        zeros = zeros + b[k] - a[k] * b[0]
        zi[k] = poles * zi[0] - zeros
    return zi


@program(signal.filtfilt)
def filtfilt(b: Any, a: Any, x: Any, axis: Any = -1, padtype: Any = "odd", padlen: Any = None) -> Any:
    """Forwards and backwards, so without a shift of phase."""
    if padtype not in ("even", "odd", "constant", None):
        raise ValueError(f"Unknown value '{padtype}' given to padtype. padtype must be 'even', 'odd', 'constant', or "
                         "None.")
    longest = max(np.atleast_1d(np.asarray(a)).shape[0], np.atleast_1d(np.asarray(b)).shape[0])
    first = np.moveaxis(np.asarray(x), axis, 0) + 0.0
    n = first.shape[0]
    edge = 0 if padtype is None else 3 * longest if padlen is None else padlen
    if n <= edge:
        raise ValueError(f"The length of the input vector x must be greater than padlen, which is {edge}.")
    if edge > 0:
        before, behind = first[1 : edge + 1][::-1], first[n - edge - 1 : n - 1][::-1]
        if padtype == "odd":
            before, behind = 2 * first[:1] - before, 2 * first[n - 1 :] - behind
        elif padtype == "constant":
            before, behind = 0 * before + first[:1], 0 * behind + first[n - 1 :]
        first = np.concatenate((before, first, behind))
    state = np.reshape(signal.lfilter_zi(b, a), (longest - 1, *[1] * (first.ndim - 1)))
    forward, _ = signal.lfilter(b, a, first, axis=0, zi=state * first[:1])
    turned_round = forward[::-1]
    backward, _ = signal.lfilter(b, a, turned_round, axis=0, zi=state * turned_round[:1])
    y = backward[::-1]
    return np.moveaxis(y[edge : edge + n], 0, axis)


@program(signal.sosfilt)
def sosfilt(sos: Any, x: Any, axis: Any = -1) -> Any:
    """Sections of second order, one after the other."""
    sections = np.asarray(sos)
    if sections.ndim != 2 or sections.shape[1] != 6:
        raise ValueError("sos array must be shape (n_sections, 6)")
    y = x
    for k in list(range(sections.shape[0])):
        y = signal.lfilter(sections[k, :3], sections[k, 3:], y, axis)
    return y


# ---------------------------------------------------------------- others


@program(signal.detrend)
def detrend(data: Any, axis: Any = -1, type: Any = "linear") -> Any:
    """Without its mean, or its line of least squares."""
    last = np.moveaxis(np.asarray(data), axis, -1) + 0.0
    centered = last - np.mean(last, axis=-1, keepdims=True)
    if type in ("constant", "c"):
        return np.moveaxis(centered, -1, axis)
    if type not in ("linear", "l"):
        raise ValueError("Trend type must be 'linear' or 'constant'.")
    n = last.shape[-1]
    time = np.arange(n) - (n - 1) / 2.0
    slope = np.sum(centered * time, axis=-1, keepdims=True) / max(np.sum(time * time), 1.0)
    return np.moveaxis(centered - slope * time, -1, axis)


@program(signal.medfilt)
def medfilt(volume: Any, kernel_size: Any = 3) -> Any:
    """The median of a window around each sample, with zeros beyond the ends."""
    x = np.atleast_1d(np.asarray(volume))
    if x.ndim != 1:
        fail("scipy.signal.medfilt of more than one dimension is not covered", help="use np.median of stacked windows")
    width = kernel_size[0] if isinstance(kernel_size, (list, tuple)) else kernel_size
    if width % 2 != 1:
        raise ValueError("Each element of kernel_size should be odd.")
    padded = np.pad(x, (width // 2, width // 2))
    windows = np.stack([padded[k : k + x.shape[0]] for k in list(range(width))], axis=-1)
    return np.sort(windows)[:, width // 2]


composed(signal.convolve, signal.fftconvolve, signal.correlate, signal.convolve2d, signal.correlate2d, signal.lfilter,
         signal.lfilter_zi, signal.filtfilt, signal.sosfilt)
