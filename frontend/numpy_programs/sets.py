"""Arrays as sets: `unique`, `isin`, unions, intersections and differences.

How many elements are different is known only at run time, and so are the sizes of the results.  The elements that are
returned carry their derivatives; of equal ones the first in the array.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program


def begins(s: Any, equal_nan: Any = True) -> Any:
    """Where an element of a sorted array, or a row, differs from the one before it."""
    differs = s[1:] != s[:-1]
    if equal_nan and s.dtype.kind in "fc":
        differs = differs & ~(np.isnan(s[1:]) & np.isnan(s[:-1]))
    if s.ndim > 1:
        differs = np.any(differs, axis=1)
    return np.concatenate((np.ones_like(s[:1] if s.ndim == 1 else s[:1, 0], dtype=bool), differs))


@program(np.unique)
def unique(ar: Any, return_index: Any = False, return_inverse: Any = False, return_counts: Any = False,
           axis: Any = None, *, equal_nan: Any = True, sorted: Any = True) -> Any:
    """The different elements in order; with `axis`, the different parts along it."""
    ar = np.atleast_1d(np.asarray(ar))
    if axis is None:
        flat = ar.ravel()
        order = np.argsort(flat)
        first = begins(flat[order], equal_nan)
        values = flat[order][first]
    else:
        parts = np.moveaxis(ar, axis, 0)
        flat = np.reshape(parts, (parts.shape[0], -1))
        order = np.lexsort([flat[:, k] for k in reversed(list(range(flat.shape[1])))])
        first = begins(flat[order], equal_nan)
        values = np.moveaxis(parts[order][first], 0, axis)
    if not (return_index or return_inverse or return_counts):
        return values
    number = np.cumsum(first) - 1
    results = [values]
    if return_index:
        results.append(order[first])
    if return_inverse:
        inverse = np.zeros(order.shape, dtype=int)
        inverse[order] = number
        results.append(np.reshape(inverse, ar.shape) if axis is None else inverse)
    if return_counts:
        counts = np.zeros(order.shape, dtype=int)
        np.add.at(counts, number, 1)
        results.append(counts[: np.sum(first)])
    return tuple(results)


@program(np.isin)
def isin(element: Any, test_elements: Any, assume_unique: Any = False, invert: Any = False, *, kind: Any = None) -> Any:
    if kind not in (None, "sort", "table"):
        raise ValueError(f"Invalid kind: '{kind}'. Please use None, 'sort' or 'table'.")
    s = np.sort(np.atleast_1d(np.asarray(test_elements)).ravel())
    n = s.shape[0]
    if n == 0:
        found = np.zeros(np.shape(element), dtype=bool)
    else:
        found = s[np.minimum(np.searchsorted(s, element), n - 1)] == element
    return np.logical_not(found) if invert else found


@program(np.union1d)
def union1d(ar1: Any, ar2: Any) -> Any:
    return np.unique(np.concatenate((np.ravel(ar1), np.ravel(ar2))))


@program(np.intersect1d)
def intersect1d(ar1: Any, ar2: Any, assume_unique: Any = False, return_indices: Any = False) -> Any:
    if assume_unique:
        a, b = np.ravel(ar1), np.ravel(ar2)
        place_a, place_b = np.arange(a.shape[0]), np.arange(b.shape[0])
    else:
        a, place_a = np.unique(ar1, return_index=True)
        b, place_b = np.unique(ar2, return_index=True)
    both = np.concatenate((a, b))
    order = np.argsort(both)
    s = both[order]
    shared = s[1:] == s[:-1]
    values = s[:-1][shared]
    if not return_indices:
        return values
    return values, place_a[order[:-1][shared]], place_b[order[1:][shared] - a.shape[0]]


@program(np.setdiff1d)
def setdiff1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    a = np.ravel(ar1) if assume_unique else np.unique(ar1)
    return a[np.isin(a, ar2, invert=True)]


@program(np.setxor1d)
def setxor1d(ar1: Any, ar2: Any, assume_unique: Any = False) -> Any:
    if not assume_unique:
        ar1, ar2 = np.unique(ar1), np.unique(ar2)
    s = np.sort(np.concatenate((np.ravel(ar1), np.ravel(ar2))))
    first = begins(s)
    alone = first & np.concatenate((first[1:], np.ones_like(s[:1], dtype=bool)))
    return s[alone]
