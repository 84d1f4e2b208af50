"""Functions of integers, as programs that are traced like the user's: common divisors, roots, counts of choices.

Results that do not fit in int64 raise OverflowError; Python's own integers grow.
"""

from __future__ import annotations

from typing import Any

LARGEST = 2**63 - 1


def common_divisor(x: Any, y: Any) -> Any:
    """By Euclid's algorithm."""
    while y != 0:
        x, y = y, x % y
    return abs(x)


def common_divisors(a: Any, b: Any, out: Any) -> Any:
    for k in range(a.shape[0]):
        out[k] = common_divisor(a[k], b[k])
    return out


def common_multiple(x: Any, y: Any) -> Any:
    return abs(x // max(common_divisor(x, y), 1) * y)


def common_multiples(a: Any, b: Any, out: Any) -> Any:
    for k in range(a.shape[0]):
        out[k] = common_multiple(a[k], b[k])
    return out


def factorial(n: Any) -> Any:
    if n < 0:
        raise ValueError("factorial() not defined for negative values")
    if n > 20:
        raise OverflowError("the factorial of a number above 20 does not fit in int64")
    result = 1
    for k in range(2, n + 1):
        result *= k
    return result


def permutations(n: Any, k: Any) -> Any:
    """``n (n - 1) .. (n - k + 1)``"""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    result = 1
    if k > n:
        result = 0
    else:
        for i in range(k):
            if result > LARGEST // (n - i):
                raise OverflowError("the number of permutations does not fit in int64")
            result *= n - i
    return result


def combinations(n: Any, k: Any) -> Any:
    """``n (n - 1) .. / (1 2 ..)``: after each division a binomial coefficient."""
    if n < 0:
        raise ValueError("n must be a non-negative integer")
    if k < 0:
        raise ValueError("k must be a non-negative integer")
    result = 1
    if k > n:
        result = 0
    else:
        for i in range(min(k, n - k)):
            common = common_divisor(result, i + 1)
            factor = (n - i) // ((i + 1) // common)
            if result // common > LARGEST // factor:
                raise OverflowError("the number of combinations does not fit in int64")
            result = result // common * factor
    return result


def integer_root(n: Any) -> Any:
    """The largest r with r^2 <= n: the rounded root, corrected."""
    if n < 0:
        raise ValueError("isqrt() argument must be nonnegative")
    r = min(int(float(n) ** 0.5), 3037000499)
    if r * r > n:
        r -= 1
    if r < 3037000499 and (r + 1) * (r + 1) <= n:
        r += 1
    return r
