"""Convolutions: a loop over the elements of the shorter operand, each of which adds a multiple of the longer one.

O(n m), vectorised along the longer operand; linear in each operand, so a reverse sweep stores nothing.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program

MODES = ("valid", "same", "full")


def whole(a: Any, v: Any) -> Any:
    """All n + m - 1 sums of products of a and the reversed v, by which v is moved along a."""
    n, m = a.shape[0], v.shape[0]
    sums = np.zeros(n + m - 1, dtype=(a[:1] * v[:1]).dtype)
    for k in range(m):
        sums[k : k + n] += v[k] * a
    return sums


def part(a: Any, v: Any, mode: str) -> Any:
    """The part of the convolution that a mode means, where v is no longer than a."""
    n, m = a.shape[0], v.shape[0]
    sums = whole(a, v)
    if mode == "full":
        return sums
    if mode == "same":
        return sums[(m - 1) // 2 : (m - 1) // 2 + n]
    return sums[m - 1 : n]


def checked_mode(mode: Any) -> Any:
    if mode not in MODES:
        raise ValueError(f"mode must be one of 'valid', 'same', or 'full' (got {mode!r})")
    return mode


@program(np.convolve)
def convolve(a: Any, v: Any, mode: Any = "full") -> Any:
    a, v = np.atleast_1d(np.asarray(a)), np.atleast_1d(np.asarray(v))
    if a.ndim > 1 or v.ndim > 1:
        raise ValueError("object too deep for desired array")
    if a.shape[0] == 0:
        raise ValueError("a cannot be empty")
    if v.shape[0] == 0:
        raise ValueError("v cannot be empty")
    long, short = (v, a) if v.shape[0] > a.shape[0] else (a, v)
    return part(long, short, checked_mode(mode))


@program(np.correlate)
def correlate(a: Any, v: Any, mode: Any = "valid") -> Any:
    """``sum(a[n + k] * conj(v[n]))`` for each k."""
    if np.ndim(a) == 0 or np.ndim(v) == 0:
        raise ValueError("object of too small depth for desired array")
    a, v = np.asarray(a), np.asarray(v)
    if a.ndim > 1 or v.ndim > 1:
        raise ValueError("object too deep for desired array")
    if a.shape[0] == 0 or v.shape[0] == 0:
        raise ValueError("first array argument cannot be empty")
    v = v if v.dtype == np.bool_ else np.conj(v)  # which would make integers of bools
    if v.shape[0] > a.shape[0]:
        return part(v, a[::-1], checked_mode(mode))[::-1]
    return part(a, v[::-1], checked_mode(mode))
