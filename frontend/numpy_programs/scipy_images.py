"""Filters of scipy.ndimage: weighted sums, means, medians and extrema of the neighbours of each element.

The array is continued beyond its edges by the elements that the mode names; what is summed are shifted parts of it.
Sums are in double precision, and the result has the type of the input.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage

from wengert.frontend.numpy_table.edges import PERIODS, places_beyond
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail

#: Up to this length sums over a window are one expression.
UNROLLED = 64


# ---------------------------------------------------------------- edges


def extended(x: Any, axis: int, before: Any, behind: Any, mode: Any, cval: Any) -> Any:
    """The array with elements beyond both ends of an axis."""
    if mode in ("constant", "grid-constant"):
        widths = [(before, behind) if d == axis else (0, 0) for d in list(range(x.ndim))]
        return np.pad(x, widths, constant_values=cval)
    if mode not in PERIODS:
        raise RuntimeError("boundary mode not supported")
    return np.take(x, places_beyond(x.shape[axis], before, behind, mode), axis=axis)


def of_each(values: Any, count: int) -> Any:
    """One value for each axis."""
    if isinstance(values, (list, tuple)):
        if len(values) != count:
            raise RuntimeError("sequence argument must have length equal to input rank")
        return list(values)
    return [values] * count


def in_double(x: Any) -> Any:
    x = np.asarray(x)
    if x.dtype.kind == "c":
        fail("scipy.ndimage's filters of complex arrays are not covered", help="filter real and imaginary parts")
    return x.astype(float)


def of_type(sums: Any, like: Any) -> Any:
    """Sums in the type of the input; integers and bools are what is left of the point."""
    dtype = np.asarray(like).dtype
    return sums.astype(int).astype(bool) if dtype == np.bool_ else sums.astype(dtype)


# ---------------------------------------------------------------- sums along one axis


def weighed(x: Any, weights: Any, axis: int, mode: Any, cval: Any, origin: Any) -> Any:
    """``sum(weights[j] * x[i + j - size // 2 - origin])`` along an axis, in double precision."""
    w = np.asarray(weights)
    size = w.shape[0]
    before = size // 2 + origin
    if before < 0 or before >= size:
        raise ValueError("Invalid origin; origin must satisfy -(len(weights) // 2) <= origin <= "
                         "(len(weights)-1) // 2")
    axis = axis % x.ndim
    n = x.shape[axis]
    whole = np.moveaxis(extended(x, axis, before, size - 1 - before, mode, cval), axis, -1)
    sums = whole[..., :n] * w[0]
    for j in list(range(1, size)) if size <= UNROLLED else range(1, size):
        sums = sums + whole[..., j : j + n] * w[j]
    return np.moveaxis(sums, -1, axis)


@program(ndimage.correlate1d)
def correlate1d(input: Any, weights: Any, axis: Any = -1, *, mode: Any = "reflect", cval: Any = 0.0,
                origin: Any = 0) -> Any:
    x = in_double(input)
    return of_type(weighed(x, weights, axis, mode, cval, origin), input)


@program(ndimage.convolve1d)
def convolve1d(input: Any, weights: Any, axis: Any = -1, *, mode: Any = "reflect", cval: Any = 0.0,
               origin: Any = 0) -> Any:
    w = np.asarray(weights)
    shifted = -origin - 1 if w.shape[0] % 2 == 0 else -origin
    return ndimage.correlate1d(input, w[::-1], axis, mode=mode, cval=cval, origin=shifted)


def gaussian_weights(sigma: Any, order: Any, radius: Any) -> Any:
    """A Gaussian of standard deviation sigma, or its derivative: (q(t) exp(-t^2 / (2 sigma^2)))' and so on."""
    t = np.arange(-radius, radius + 1)
    bell = np.exp(-0.5 / (sigma * sigma) * t**2)
    bell = bell / np.sum(bell)
    q = [1.0]
    for _ in [0] * order:  # q' - q t / sigma^2
        slope = [(k + 1) * q[k + 1] for k in range(len(q) - 1)] + [0.0, 0.0]
        moved = [0.0] + [-c / (sigma * sigma) for c in q]
        q = [a + b for a, b in zip(slope, moved)]
    factor = np.zeros(t.shape)
    for c in reversed(q):
        factor = factor * t + c
    return (bell * factor)[::-1]


@program(ndimage.gaussian_filter1d)
def gaussian_filter1d(input: Any, sigma: Any, axis: Any = -1, order: Any = 0, *, mode: Any = "reflect", cval: Any = 0.0,
                      truncate: Any = 4.0, radius: Any = None) -> Any:
    if order < 0:
        raise ValueError("order must be non-negative")
    reach = int(truncate * float(sigma) + 0.5) if radius is None else radius
    weights = gaussian_weights(sigma, order, reach)
    return ndimage.correlate1d(input, weights, axis, mode=mode, cval=cval)


@program(ndimage.gaussian_filter)
def gaussian_filter(input: Any, sigma: Any, order: Any = 0, *, mode: Any = "reflect", cval: Any = 0.0,
                    truncate: Any = 4.0, radius: Any = None) -> Any:
    x = np.asarray(input)
    y = x
    described = [of_each(v, x.ndim) for v in (sigma, order, mode, radius)]
    for d in list(range(x.ndim)):
        s, k, m, r = [v[d] for v in described]
        y = ndimage.gaussian_filter1d(y, s, d, k, mode=m, cval=cval, truncate=truncate, radius=r)
    return y


@program(ndimage.uniform_filter1d)
def uniform_filter1d(input: Any, size: Any, axis: Any = -1, *, mode: Any = "reflect", cval: Any = 0.0,
                     origin: Any = 0) -> Any:
    if size < 1:
        raise RuntimeError("incorrect filter size")
    sums = weighed(in_double(input), np.ones(size), axis, mode, cval, origin)
    return of_type(sums / size, input)


@program(ndimage.uniform_filter)
def uniform_filter(input: Any, size: Any = 3, *, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0) -> Any:
    x = np.asarray(input)
    y = x
    described = [of_each(v, x.ndim) for v in (size, mode, origin)]
    for d in list(range(x.ndim)):
        n, m, o = [v[d] for v in described]
        y = ndimage.uniform_filter1d(y, n, d, mode=m, cval=cval, origin=o)
    return y


# ---------------------------------------------------------------- derivatives


def edge_filter(input: Any, axis: Any, mode: Any, cval: Any, smoothing: Any) -> Any:
    x = np.asarray(input)
    axis = axis % x.ndim
    modes = of_each(mode, x.ndim)
    y = ndimage.correlate1d(x, [-1, 0, 1], axis, mode=modes[axis], cval=cval)
    for d in list(range(x.ndim)):
        if d != axis:
            y = ndimage.correlate1d(y, smoothing, d, mode=modes[d], cval=cval)
    return y


@program(ndimage.sobel)
def sobel(input: Any, axis: Any = -1, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    return edge_filter(input, axis, mode, cval, [1, 2, 1])


@program(ndimage.prewitt)
def prewitt(input: Any, axis: Any = -1, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    return edge_filter(input, axis, mode, cval, [1, 1, 1])


@program(ndimage.laplace)
def laplace(input: Any, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    x = np.asarray(input)
    modes = of_each(mode, x.ndim)
    y = ndimage.correlate1d(x, [1, -2, 1], 0, mode=modes[0], cval=cval)
    for d in list(range(1, x.ndim)):
        y = y + ndimage.correlate1d(x, [1, -2, 1], d, mode=modes[d], cval=cval)
    return y


# ---------------------------------------------------------------- sums over windows of all axes


@program(ndimage.correlate)
def correlate(input: Any, weights: Any, *, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0) -> Any:
    x, w = np.asarray(input), np.asarray(weights)
    if x.ndim != w.ndim:
        raise RuntimeError("filter weights array has incorrect shape.")
    whole = in_double(x)
    for d, o in list(enumerate(of_each(origin, x.ndim))):
        before = w.shape[d] // 2 + o
        if before < 0 or before >= w.shape[d]:
            raise ValueError("invalid origin")
        whole = extended(whole, d, before, w.shape[d] - 1 - before, mode, cval)
    return of_type(window_sums(whole, w, x.shape), x)


def window_sums(whole: Any, w: Any, shape: Any) -> Any:
    sums = np.zeros(shape)
    if len(shape) == 1:
        for i in range(w.shape[0]):
            sums += w[i] * whole[i : i + shape[0]]
    elif len(shape) == 2:
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                sums += w[i, j] * whole[i : i + shape[0], j : j + shape[1]]
    elif len(shape) == 3:
        for i in range(w.shape[0]):
            for j in range(w.shape[1]):
                for k in range(w.shape[2]):
                    sums += w[i, j, k] * whole[i : i + shape[0], j : j + shape[1], k : k + shape[2]]
    else:
        fail("scipy.ndimage's correlate in more than three dimensions is not covered", help="write the loops")
    return sums


@program(ndimage.convolve)
def convolve(input: Any, weights: Any, *, mode: Any = "reflect", cval: Any = 0.0, origin: Any = 0) -> Any:
    w = np.asarray(weights)
    origins = [-o - 1 if n % 2 == 0 else -o for o, n in zip(of_each(origin, w.ndim), w.shape)]
    return ndimage.correlate(input, np.flip(w), mode=mode, cval=cval, origin=origins)


# ---------------------------------------------------------------- order statistics of windows


def neighbours(x: Any, size: Any, mode: Any, cval: Any) -> Any:
    """All shifted copies of x that a window of each size along each axis reads, flattened one after the other."""
    parts = [x]
    for d, n in list(enumerate(of_each(size, x.ndim))):
        wider = [extended(p, d, n // 2, n - 1 - n // 2, mode, cval) for p in parts]
        parts = [np.moveaxis(np.moveaxis(p, d, 0)[k : k + x.shape[d]], 0, d) for p in wider for k in list(range(n))]
    return parts


def extremum(x: Any, size: Any, mode: Any, cval: Any, larger: bool) -> Any:
    for d, n in list(enumerate(of_each(size, x.ndim))):
        whole = np.moveaxis(extended(x, d, n // 2, n - 1 - n // 2, mode, cval), d, 0)
        y = whole[: x.shape[d]]
        for k in list(range(1, n)):
            part = whole[k : k + x.shape[d]]
            y = np.maximum(y, part) if larger else np.minimum(y, part)
        x = np.moveaxis(y, 0, d)
    return x


@program(ndimage.maximum_filter)
def maximum_filter(input: Any, size: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    return extremum(np.asarray(input), size, mode, cval, True)


@program(ndimage.minimum_filter)
def minimum_filter(input: Any, size: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    return extremum(np.asarray(input), size, mode, cval, False)


@program(ndimage.median_filter)
def median_filter(input: Any, size: Any = None, *, mode: Any = "reflect", cval: Any = 0.0) -> Any:
    x = np.asarray(input)
    windows = np.sort(np.stack(neighbours(x, size, mode, cval), axis=-1))
    return windows[..., windows.shape[-1] // 2]
