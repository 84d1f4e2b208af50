"""Iterations on vectors, in the Python that wengert compiles: they run through the front end like a user's program.

None of them is ever differentiated: implicit.py gives their derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

Map = Callable[[Any], Any]


def largest(x: Any) -> Any:
    return np.max(np.abs(x))


# ---------------------------------------------------------------- nonlinear


def iterate(step: Map, x: Any, tol: float, most: int) -> Any:
    """``x = step(x)`` until it changes by at most `tol` of (1 + its largest element): (x, change, iterations)."""
    change = np.inf
    iterations = 0
    while iterations < most and change > tol:
        new = step(x)
        change = largest(new - x) / (1.0 + largest(new))
        x = new
        iterations += 1
    return x, change, iterations


def bisect(f: Map, low: Any, high: Any) -> Any:
    """Where f changes its sign between `low` and `high`, to the last bit."""
    below = f(low) < 0.0
    middle = 0.5 * (low + high)
    while low < middle and middle < high:
        if (f(middle) < 0.0) == below:
            low = middle
        else:
            high = middle
        middle = 0.5 * (low + high)
    return high


def newton(residual: Map, correction: Callable[[Any, Any], Any], x: Any, tol: float, most: int) -> Any:
    """Newton's method, ``x -= correction(x, residual(x))``: (x, relative size of the last correction, iterations)."""
    change = np.inf
    iterations = 0
    while iterations < most and change > tol:
        dx = correction(x, residual(x))
        x = x - dx
        change = largest(dx) / (1.0 + largest(x))
        iterations += 1
    return x, change, iterations


# ---------------------------------------------------------------- linear


def matrix_of(push: Map, like: Any) -> Any:
    """The matrix of a linear map, column by column."""
    n = like.size
    rows = np.zeros((n, n), dtype=like.dtype)
    for k in range(n):
        basis = np.zeros(n, dtype=like.dtype)
        basis[k] = 1.0
        rows[k] = push(basis)
    return np.transpose(rows)


def conjugate_gradients(push: Map, b: Any, tol: float, most: int) -> Any:
    """x with push(x) = b for a symmetric positive definite map: (x, norm of the residual, norm of b, iterations)."""
    x = np.zeros_like(b)
    r = b.copy()
    p = b.copy()
    square = r @ r
    norm = np.sqrt(square)
    iterations = 0
    while iterations < most and np.sqrt(square) > tol * norm:
        q = push(p)
        step = square / (p @ q)
        x = x + step * p
        r = r - step * q
        after = r @ r
        p = r + (after / square) * p
        square = after
        iterations += 1
    r = b - push(x)
    return x, np.sqrt(r @ r), norm, iterations


def gmres(push: Map, b: Any, tol: float, most: int, restart: int) -> Any:
    """x with push(x) = b, by GMRES with restarts (Saad and Schultz 1986): as `conjugate_gradients`."""
    n = b.size
    x = np.zeros_like(b)
    r = b.copy()
    norm = np.sqrt(b @ b)
    size = norm
    iterations = 0
    while iterations < most and size > tol * norm:
        basis = np.zeros((restart + 1, n), dtype=b.dtype)
        upper = np.zeros((restart + 1, restart), dtype=b.dtype)
        cosines, sines = np.zeros(restart, dtype=b.dtype), np.zeros(restart, dtype=b.dtype)
        right = np.zeros(restart + 1, dtype=b.dtype)
        basis[0] = r / size
        right[0] = size
        k = 0
        while k < restart and iterations < most and size > tol * norm:
            w = push(basis[k])
            for _ in range(2):  # twice is enough (Kahan, Parlett)
                for i in range(k + 1):
                    overlap = basis[i] @ w
                    w = w - overlap * basis[i]
                    upper[i, k] += overlap
            length = np.sqrt(w @ w)
            if length > 0.0:
                basis[k + 1] = w / length
            for i in range(k):  # the rotations so far
                above, below = upper[i, k], upper[i + 1, k]
                upper[i, k] = cosines[i] * above + sines[i] * below
                upper[i + 1, k] = cosines[i] * below - sines[i] * above
            diagonal = np.sqrt(upper[k, k] ** 2 + length**2)
            cosines[k] = upper[k, k] / diagonal
            sines[k] = length / diagonal
            upper[k, k] = diagonal
            right[k + 1] = -sines[k] * right[k]
            right[k] = cosines[k] * right[k]
            size = abs(right[k + 1])
            k += 1
            iterations += 1
        weights = np.zeros(restart, dtype=b.dtype)
        for back in range(k):
            i = k - 1 - back
            total = right[i]
            for j in range(i + 1, k):
                total -= upper[i, j] * weights[j]
            weights[i] = total / upper[i, i]
            x = x + weights[i] * basis[i]
        r = b - push(x)
        size = np.sqrt(r @ r)
    return x, size, norm, iterations
