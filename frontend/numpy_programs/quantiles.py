"""Order statistics: `median`, `quantile`, `percentile`, and those that leave nan out.

The elements are sorted and two of them, at `v` rounded down and up, are interpolated; v is what a method makes of q and
the number of elements (Hyndman and Fan, Sample quantiles in statistical packages, 1996).  Derivatives go by the
elements that are chosen, and by q where a method interpolates.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program

#: v = n q + alpha + q (1 - alpha - beta) - 1
CONTINUOUS = {
    "interpolated_inverted_cdf": (0.0, 1.0),
    "hazen": (0.5, 0.5),
    "weibull": (0.0, 0.0),
    "median_unbiased": (1.0 / 3.0, 1.0 / 3.0),
    "normal_unbiased": (3.0 / 8.0, 3.0 / 8.0),
}
METHODS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation", *CONTINUOUS, "linear", "lower", "higher",
           "midpoint", "nearest")


# ---------------------------------------------------------------- axes


def axes_of(a: Any, axis: Any) -> Any:
    """The axes that are reduced, from 0 on."""
    if axis is None:
        return tuple(range(a.ndim))
    parts = axis if isinstance(axis, (tuple, list)) else (axis,)
    for d in parts:
        if d < -a.ndim or d >= a.ndim:
            raise np.exceptions.AxisError(d, a.ndim)
    return tuple([d % a.ndim for d in parts])


def rows_of(a: Any, axes: Any) -> Any:
    """The elements along the axes, sorted, as the last dimension."""
    if len(axes) == a.ndim:
        return np.sort(a.ravel())
    if len(axes) == 1:
        return np.sort(np.moveaxis(a, axes[0], -1))
    rest = [d for d in list(range(a.ndim)) if d not in axes]
    length = 1
    for d in axes:
        length *= a.shape[d]
    return np.sort(np.transpose(a, (*rest, *axes)).reshape((*[a.shape[d] for d in rest], length)))


def kept(result: Any, a: Any, axes: Any, keepdims: Any, leading: Any = ()) -> Any:
    if not keepdims:
        return result
    shape = [1 if d in axes else n for d, n in enumerate(a.shape)]
    return np.reshape(result, (*leading, *shape))


def as_array(a: Any) -> Any:
    """Of one dimension at least; bools as integers."""
    a = np.atleast_1d(a)
    return a.astype(int) if a.dtype == np.bool_ else a


def is_exact(a: Any) -> Any:
    """Whether the elements are integers, of which none is nan."""
    return a.dtype.kind in "iu"


# ---------------------------------------------------------------- median


@program(np.median)
def median(a: Any, axis: Any = None, overwrite_input: Any = False, keepdims: Any = False) -> Any:
    whole = as_array(a)
    axes = axes_of(whole, axis)
    rows = rows_of(whole, axes)
    n = rows.shape[-1]
    if n == 0:
        found = np.nan * np.sum(rows, axis=-1)
    else:
        low, high = rows[..., (n - 1) // 2], rows[..., n // 2]
        found = (low + high) / 2
        if not is_exact(rows):
            found = np.where(np.isnan(rows[..., n - 1]), rows[..., n - 1], found)
    return kept(found, whole, axes, keepdims and np.ndim(a) > 0)


@program(np.nanmedian)
def nanmedian(a: Any, axis: Any = None, overwrite_input: Any = False, keepdims: Any = False) -> Any:
    whole = as_array(a)
    if is_exact(whole):
        return np.median(whole, axis, keepdims=keepdims)
    axes = axes_of(whole, axis)
    rows = rows_of(whole, axes)
    if rows.shape[-1] == 0:
        return kept(np.nan * np.sum(rows, axis=-1), whole, axes, keepdims and np.ndim(a) > 0)
    n = np.sum(~np.isnan(rows), axis=-1)
    last = np.maximum(n - 1, 0)
    found = (pick(rows, last // 2) + pick(rows, np.minimum(n // 2, last))) / 2
    return kept(found, whole, axes, keepdims and np.ndim(a) > 0)


def pick(rows: Any, place: Any) -> Any:
    """The element of each row at a place of its own."""
    if rows.ndim == 1:
        return rows[place]
    return np.take_along_axis(rows, np.expand_dims(place, -1), -1)[..., 0]


# ---------------------------------------------------------------- quantiles


def either(condition: Any, x: Any, y: Any) -> Any:
    """np.where; of single numbers, whose types are kept, a choice."""
    if np.ndim(condition) == 0:
        return x if condition else y
    return np.where(condition, x, y)


def whole_number(v: Any) -> Any:
    return int(v) if np.ndim(v) == 0 else v.astype(int)


def place_of(n: Any, q: Any, method: str) -> Any:
    """v, the place among n sorted elements, counted from 0."""
    if method in CONTINUOUS:
        alpha, beta = CONTINUOUS[method]
        return n * q + (alpha + q * (1 - alpha - beta)) - 1
    if method in ("inverted_cdf", "averaged_inverted_cdf"):
        return n * q - 1
    if method == "closest_observation":
        return n * q - 1 - 0.5
    return (n - 1) * q


def chosen_place(v: Any, method: str) -> Any:
    """Where a method takes one element; None where it interpolates."""
    if method == "lower":
        return whole_number(np.floor(v))
    if method == "higher":
        return whole_number(np.ceil(v))
    if method == "nearest":
        return whole_number(np.round(v))
    low = np.floor(v)
    if method == "inverted_cdf":
        return whole_number(either(v == low, low, low + 1))
    if method == "closest_observation":  # of two that are as near, the one whose number from 1 on is even
        return whole_number(either((v == low) & (low % 2 == 1), low, low + 1))
    return None


def quantiles_of(rows: Any, n: Any, q: Any, method: str, take: Any) -> Any:
    """The quantiles of the first n elements of each row; ``take(rows, places)`` reads elements."""
    v = place_of(n, q, method)
    place = chosen_place(v, method)
    if place is not None:
        return take(rows, bounded(place, n))
    low = whole_number(np.floor(v))
    share = v - low
    if method == "averaged_inverted_cdf":
        share = either(share == 0, 0.5, 1.0)
    elif method == "midpoint":
        share = either(share == 0, 0.0, 0.5)
    a, b = take(rows, bounded(low, n)), take(rows, bounded(low + 1, n))
    span = b - a
    return either(share >= 0.5, b - span * (1 - share), a + span * share)


def bounded(place: Any, n: Any) -> Any:
    if np.ndim(place) == 0 and np.ndim(n) == 0:
        return max(min(place, n - 1), 0)
    return np.maximum(np.minimum(place, n - 1), 0)


def at_places(rows: Any, places: Any) -> Any:
    """Elements at the same places in all rows."""
    return rows[..., places] if np.ndim(places) == 0 else np.take(rows, places, axis=-1)


def at_own_places(rows: Any, places: Any) -> Any:
    """Elements at places that each row has for itself."""
    return rows[places] if rows.ndim == 1 else np.take_along_axis(rows, places, -1)


def reduced(a: Any, q: Any, axis: Any, method: str, keepdims: Any, without_nan: bool) -> Any:
    if method not in METHODS:
        raise ValueError(f"{method!r} is not a valid method. Use one of: {METHODS}")
    whole = as_array(a)
    axes = axes_of(whole, axis)
    rows = rows_of(whole, axes)
    n = rows.shape[-1]
    flat = q if np.ndim(q) == 0 else np.asarray(q).ravel()
    if n == 0:
        raise IndexError("index -1 is out of bounds for axis 0 with size 0")
    if without_nan and not is_exact(rows):
        counts = np.expand_dims(np.sum(~np.isnan(rows), axis=-1), -1)
        found = quantiles_of(rows, counts, flat, method, at_own_places)
        if np.ndim(q) == 0:
            found = found[..., 0]
            if isinstance(q, (int, float)) and rows.dtype == np.float32:
                found = found.astype(np.float32)
    else:
        found = quantiles_of(rows, n, flat, method, at_places)
        if not is_exact(rows):
            last = rows[..., n - 1] if np.ndim(q) == 0 else rows[..., n - 1 :]
            found = np.where(np.isnan(last), last, found)
    if np.ndim(q) == 0:
        return kept(found, whole, axes, keepdims and np.ndim(a) > 0)
    shape = np.shape(q)
    found = np.moveaxis(found, -1, 0)
    if len(shape) > 1:
        found = np.reshape(found, (*shape, *rows.shape[:-1]))
    return kept(found, whole, axes, keepdims and np.ndim(a) > 0, shape)


def checked(q: Any, message: str) -> Any:
    q = q if np.ndim(q) == 0 else np.asarray(q)
    inside = (q >= 0) & (q <= 1)
    if not (inside if np.ndim(q) == 0 else np.all(inside)):
        raise ValueError(message)
    return q


def share_of(percentage: Any) -> Any:
    return checked((percentage if np.ndim(percentage) == 0 else np.asarray(percentage)) / 100,
                   "Percentiles must be in the range [0, 100]")


@program(np.quantile)
def quantile(a: Any, q: Any, axis: Any = None, overwrite_input: Any = False, method: Any = "linear",
             keepdims: Any = False) -> Any:
    return reduced(a, checked(q, "Quantiles must be in the range [0, 1]"), axis, method, keepdims, False)


@program(np.percentile)
def percentile(a: Any, q: Any, axis: Any = None, overwrite_input: Any = False, method: Any = "linear",
               keepdims: Any = False) -> Any:
    return reduced(a, share_of(q), axis, method, keepdims, False)


@program(np.nanquantile)
def nanquantile(a: Any, q: Any, axis: Any = None, overwrite_input: Any = False, method: Any = "linear",
                keepdims: Any = False) -> Any:
    return reduced(a, checked(q, "Quantiles must be in the range [0, 1]"), axis, method, keepdims, True)


@program(np.nanpercentile)
def nanpercentile(a: Any, q: Any, axis: Any = None, overwrite_input: Any = False, method: Any = "linear",
                  keepdims: Any = False) -> Any:
    return reduced(a, share_of(q), axis, method, keepdims, True)
