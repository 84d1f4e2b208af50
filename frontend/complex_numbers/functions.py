"""Formulas of complex functions, in NumPy on the parts: (x, y) of z = x + iy to the parts of the result.

They run on traced parts as on arrays.  Branch cuts are NumPy's (and C's); a formula chooses with `np.where`, and what
it does not choose is harmless, in value and in derivative.  Sources: W. Kahan, "Branch cuts for complex elementary
functions" (1987), for the inverse functions; the rest is textbook.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

Parts = tuple[Any, Any]


def is_zero(x: Any, y: Any) -> Any:
    return (x == 0) & (y == 0)


def absolute(x: Any, y: Any) -> Any:
    """``hypot(x, y)``, with derivative 0 at 0, as `np.abs` of a real number has."""
    zero = is_zero(x, y)
    return np.where(zero, 0.0 * np.where(zero, x, 0.0), np.hypot(np.where(zero, 1.0, x), y))


def angle(x: Any, y: Any) -> Any:
    return np.arctan2(y, x)


def sign(x: Any, y: Any) -> Parts:
    """``z / |z|``, and 0 at 0."""
    zero = is_zero(x, y)
    size = np.hypot(np.where(zero, 1.0, x), y)
    return np.where(zero, 0.0, x / size), np.where(zero, 0.0, y / size)


# ---------------------------------------------------------------- exponential and logarithm


def exp(x: Any, y: Any) -> Parts:
    size = np.exp(x)
    return size * np.cos(y), size * np.sin(y)


def exp2(x: Any, y: Any) -> Parts:
    return exp(x * math.log(2.0), y * math.log(2.0))


def expm1(x: Any, y: Any) -> Parts:
    """``(e^x - 1) cos y - 2 sin^2(y/2) + i e^x sin y``"""
    half = np.sin(y * 0.5)
    return np.expm1(x) * np.cos(y) - 2.0 * half * half, np.exp(x) * np.sin(y)


def log(x: Any, y: Any) -> Parts:
    return np.log(np.hypot(x, y)), np.arctan2(y, x)


def log2(x: Any, y: Any) -> Parts:
    return np.log2(np.hypot(x, y)), np.arctan2(y, x) * (1.0 / math.log(2.0))


def log10(x: Any, y: Any) -> Parts:
    return np.log10(np.hypot(x, y)), np.arctan2(y, x) * (1.0 / math.log(10.0))


def log1p(x: Any, y: Any) -> Parts:
    """``log |1 + z| = log1p(2x + |z|^2) / 2`` where that does not overflow"""
    near = np.abs(x) + np.abs(y) < 0.5
    u, v = np.where(near, x, 0.0), np.where(near, y, 0.0)
    far = np.log(np.hypot(np.where(near, 0.0, x) + 1.0, y))
    return np.where(near, 0.5 * np.log1p(u * (2.0 + u) + v * v), far), np.arctan2(y, 1.0 + x)


def sqrt(x: Any, y: Any) -> Parts:
    """With t = sqrt((|x| + |z|) / 2): (t, y/2t) on the right, (|y|/2t, sign(y) t) on the left of the imaginary axis."""
    zero = is_zero(x, y)
    safe = np.where(zero, 1.0, x)
    t = np.sqrt(0.5 * np.abs(safe) + 0.5 * np.hypot(safe, y))
    other = y / (2.0 * t)
    side = np.copysign(1.0, y)
    right = safe >= 0
    re = np.where(right, t, other * side)
    im = np.where(right, other, t * side)
    return np.where(zero, np.sqrt(np.where(zero, x, 1.0)), re), np.where(zero, y, im)


def power(x: Any, y: Any, u: Any, v: Any) -> Parts:
    """``exp((u + iv) log(x + iy))``; of zero 0 where u > 0, 1 for the power 0, else nan."""
    zero = is_zero(x, y)
    size, argument = log(np.where(zero, 1.0, x), y)
    re, im = exp(u * size - v * argument, v * size + u * argument)
    none = np.zeros_like(re)
    undefined = np.where(is_zero(u, v) | (u > 0), none, none + np.nan)
    at_zero = np.where(is_zero(u, v), none + 1.0, undefined)
    return np.where(zero, at_zero, re), np.where(zero, undefined, im)


# ---------------------------------------------------------------- circular and hyperbolic functions


def sin(x: Any, y: Any) -> Parts:
    return np.sin(x) * np.cosh(y), np.cos(x) * np.sinh(y)


def cos(x: Any, y: Any) -> Parts:
    return np.cos(x) * np.cosh(y), -(np.sin(x) * np.sinh(y))


def sinh(x: Any, y: Any) -> Parts:
    return np.sinh(x) * np.cos(y), np.cosh(x) * np.sin(y)


def cosh(x: Any, y: Any) -> Parts:
    return np.cosh(x) * np.cos(y), np.sinh(x) * np.sin(y)


def tanh(x: Any, y: Any) -> Parts:
    """``(t + i c s / cosh^2 x) / (c^2 + s^2 t^2)`` with t = tanh x, c = cos y, s = sin y; no cosine is divided by."""
    t, c, s = np.tanh(x), np.cos(y), np.sin(y)
    small = np.exp(-np.abs(x))
    secant = 2.0 * small / (1.0 + small * small)
    # c^2 + s^2 t^2 = t^2 + c^2 / cosh^2 x
    size = t * t + c * c * secant * secant
    return t / size, c * s * secant * secant / size


def tan(x: Any, y: Any) -> Parts:
    """``tan z = -i tanh(i z)``"""
    re, im = tanh(-y, x)
    return im, -re


# ---------------------------------------------------------------- inverse functions


def arcsin(x: Any, y: Any) -> Parts:
    """``arcsin z = -i arcsinh(i z)``"""
    re, im = arcsinh(-y, x)
    return im, -re


def arccos(x: Any, y: Any) -> Parts:
    (a, b), (c, d) = sqrt(1.0 - x, -y), sqrt(1.0 + x, y)
    return 2.0 * np.arctan2(a, c), np.arcsinh(c * b - d * a)


def arctan(x: Any, y: Any) -> Parts:
    """``arctan z = -i arctanh(i z)``"""
    re, im = arctanh(-y, x)
    return im, -re


def arcsinh(x: Any, y: Any) -> Parts:
    (a, b), (c, d) = sqrt(1.0 + y, -x), sqrt(1.0 - y, x)
    return np.arcsinh(a * d - c * b), np.arctan2(y, a * c - b * d)


def arccosh(x: Any, y: Any) -> Parts:
    (a, b), (c, d) = sqrt(x - 1.0, y), sqrt(x + 1.0, y)
    return np.arcsinh(a * c + b * d), 2.0 * np.arctan2(b, c)


def arctanh(x: Any, y: Any) -> Parts:
    """``log1p(4x / ((1 - x)^2 + y^2)) / 4`` for x >= 0, odd in x."""
    side = np.copysign(1.0, x)
    u = x * side
    below = 1.0 - u
    re = 0.25 * np.log1p(4.0 * u / (below * below + y * y)) * side
    return re, 0.5 * np.arctan2(2.0 * y, below * (1.0 + u) - y * y)
