"""Bins: `digitize`, `histogram`, `histogram2d`.

Counts are integers; with weights they are sums, differentiable by the weights.  Edges that come from the smallest and
largest element carry their derivatives.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail


@program(np.digitize)
def digitize(x: Any, bins: Any, right: Any = False) -> Any:
    """The number of the bin of each x: ``bins[i - 1] <= x < bins[i]``, with `right` ``bins[i - 1] < x <= bins[i]``."""
    edges = np.asarray(bins)
    if edges.ndim != 1:
        raise ValueError("object too deep for desired array")
    n = edges.shape[0]
    side: Any = "left" if right else "right"
    if n < 2:
        return np.searchsorted(edges, x, side)
    falls = edges[0] > edges[n - 1]
    rising = np.where(falls, edges[::-1], edges)
    if np.any(rising[1:] < rising[:-1]):
        raise ValueError("bins must be monotonically increasing or decreasing")
    found = np.searchsorted(rising, x, side)
    return np.where(falls, n - found, found)


# ---------------------------------------------------------------- edges


def outer_edges(a: Any, limits: Any) -> Any:
    """The first and the last edge: what is given, or the smallest and the largest element; never equal."""
    if limits is not None:
        first, last = limits
        if first > last:
            raise ValueError("max must be larger than min in range parameter.")
        if not (np.isfinite(first) and np.isfinite(last)):
            raise ValueError("supplied range is not finite")
    elif a.size == 0:
        return 0.0, 1.0
    else:
        first, last = np.min(a), np.max(a)
        if not (np.isfinite(first) and np.isfinite(last)):
            raise ValueError("autodetected range is not finite")
    alike = first == last
    return (first - 0.5, last + 0.5) if alike else (first * 1.0, last * 1.0)


def uniform_edges(a: Any, count: Any, limits: Any) -> Any:
    if count < 1:
        raise ValueError("`bins` must be positive, when an integer")
    first, last = outer_edges(a, limits)
    edges = np.linspace(first, last, count + 1)
    return edges.astype(np.float32) if a.dtype == np.float32 else edges


def given_edges(bins: Any) -> Any:
    edges = np.asarray(bins)
    if edges.ndim != 1:
        raise ValueError("`bins` must be 1d, when an array")
    if np.any(edges[:-1] > edges[1:]):
        raise ValueError("`bins` must increase monotonically, when an array")
    return edges


# ---------------------------------------------------------------- counts


def places_in(a: Any, edges: Any) -> Any:
    """The bin of each element, 0 for those outside of all bins, and whether it is inside; the last edge is included."""
    count = edges.shape[0] - 1
    inside = (a >= edges[0]) & (a <= edges[count])
    place = np.where(a == edges[count], count - 1, np.searchsorted(edges, a, "right") - 1)
    return np.where(inside, place, 0), inside


def places_in_uniform(a: Any, edges: Any) -> Any:
    """The same for edges at equal distances: computed, and put right where rounding has crossed an edge."""
    count = edges.shape[0] - 1
    first, last = edges[0], edges[count]
    inside = (a >= first) & (a <= last)
    held = np.where(inside, a, first)
    place = np.minimum(((held - first) / (last - first) * count).astype(int), count - 1)
    place = np.where(held < edges[place], place - 1, place)
    place = np.where((held >= edges[place + 1]) & (place < count - 1), place + 1, place)
    return place, inside


def sums_of(place: Any, inside: Any, weights: Any, count: Any) -> Any:
    """The number of elements in each bin, or the sum of their weights."""
    if weights is None:
        sums = np.zeros(count, dtype=int)
        np.add.at(sums, place, np.where(inside, 1, 0))
        return sums
    sums = np.zeros(count, dtype=weights.dtype)
    np.add.at(sums, place, np.where(inside, weights, np.zeros_like(weights)))
    return sums


@program(np.histogram)
def histogram(a: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    if isinstance(bins, str):
        fail(f"numpy.histogram with bins={bins!r} is not covered", why="the number of bins would depend on the data",
             help="give the number of bins, or their edges")
    a = np.asarray(a)
    if weights is not None:
        weights = np.asarray(weights)
        if weights.shape != a.shape:
            raise ValueError("weights should have the same shape as a.")
        weights = weights.ravel()
    a = a.ravel()
    if a.dtype == np.bool_:
        a = a.astype(int)
    if np.ndim(bins) == 0:
        edges = uniform_edges(a, bins, range)
        place, inside = places_in_uniform(a, edges)
    else:
        edges = given_edges(bins)
        place, inside = places_in(a, edges)
    sums = sums_of(place, inside, weights, edges.shape[0] - 1)
    if density:
        return sums / np.diff(edges).astype(float) / sums.sum(), edges
    return sums, edges


@program(np.histogram2d)
def histogram2d(x: Any, y: Any, bins: Any = 10, range: Any = None, density: Any = None, weights: Any = None) -> Any:
    x, y = np.asarray(x), np.asarray(y)
    if x.shape != y.shape:
        raise ValueError("x and y must have the same length.")
    common = np.result_type(x, y)
    x, y = x.astype(common), y.astype(common)
    along_x, along_y = bins, bins
    if np.ndim(bins) > 0 and len(bins) == 2:
        along_x, along_y = bins
    limits_x, limits_y = (None, None) if range is None else range
    # the edges have the type of given limits, else that of the elements
    x, y = (x.astype(float), y.astype(float)) if range is not None else (x, y)
    edges_x = uniform_edges(x, along_x, limits_x) if np.ndim(along_x) == 0 else given_edges(along_x)
    edges_y = uniform_edges(y, along_y, limits_y) if np.ndim(along_y) == 0 else given_edges(along_y)
    place_x, inside_x = places_in(x, edges_x)
    place_y, inside_y = places_in(y, edges_y)
    rows, columns = edges_x.shape[0] - 1, edges_y.shape[0] - 1
    inside = inside_x & inside_y
    values = np.ones(x.shape) if weights is None else np.asarray(weights).astype(float)
    sums = sums_of(np.where(inside, place_x * columns + place_y, 0), inside, values, rows * columns)
    sums = sums.reshape(rows, columns)
    if density:
        areas = np.diff(edges_x).reshape(rows, 1) * np.diff(edges_y).reshape(1, columns)
        sums = sums / areas / np.sum(sums)
    return sums, edges_x, edges_y
