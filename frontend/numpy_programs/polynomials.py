"""Polynomials by their coefficients: evaluation, arithmetic, fits; the highest power first, as in `np.polyval`.

`numpy.polynomial`'s functions have the lowest power first.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, legendre, polynomial

from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.registry import program
from wengert.frontend.trace import fail

#: Up to this length the evaluation is one expression, which makes one pass over the points.
UNROLLED = 32


def turns(count: Any) -> Any:
    """0, 1, .. count - 1: a list where a loop is short, over which it is unrolled."""
    return list(range(count)) if count <= UNROLLED else range(count)


def coefficients(p: Any) -> Any:
    return np.atleast_1d(np.asarray(p))


# ---------------------------------------------------------------- the highest power first


@program(np.polyval)
def polyval(p: Any, x: Any) -> Any:
    """Horner's scheme."""
    if isinstance(p, np.poly1d) or isinstance(x, np.poly1d):
        fail("numpy.poly1d is not covered", help="use its coefficients, p.c")
    p = coefficients(p)
    y = x * p.dtype.type(0)
    for k in turns(p.shape[0]):
        y = y * x + p[k]
    return y


@program(np.polyadd)
def polyadd(a1: Any, a2: Any) -> Any:
    a, b = coefficients(a1), coefficients(a2)
    n, m = a.shape[0], b.shape[0]
    if n == m:
        return a + b
    if n < m:
        a, b, n, m = b, a, m, n
    return np.concatenate((a[: n - m] + b[:1] * 0, a[n - m :] + b))


@program(np.polysub)
def polysub(a1: Any, a2: Any) -> Any:
    return np.polyadd(a1, -coefficients(a2))


@program(np.polymul)
def polymul(a1: Any, a2: Any) -> Any:
    return np.convolve(coefficients(a1), coefficients(a2))


@program(np.polyder)
def polyder(p: Any, m: Any = 1) -> Any:
    order = static_int(m, "it is the order of a derivative")
    if order < 0:
        raise ValueError("Order of derivative must be positive (see polyint)")
    p = coefficients(p)
    for _ in [0] * order:
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1) if p.shape[0] else p
    return p


@program(np.polyint)
def polyint(p: Any, m: Any = 1, k: Any = None) -> Any:
    order = static_int(m, "it is the order of an integral")
    if order < 0:
        raise ValueError("Order of integral must be positive (see polyder)")
    p = coefficients(p)
    constants = np.zeros(order) if k is None else coefficients(k)
    if constants.shape[0] == 1 and order > 1:
        constants = constants[0] * np.ones(order)
    if constants.shape[0] < order:
        raise ValueError("k must be a scalar or a rank-1 array of length 1 or >m.")
    for d in list(range(order)):
        p = np.concatenate((p / np.arange(p.shape[0], 0, -1), constants[d : d + 1]))
    return p


@program(np.poly)
def poly(seq_of_zeros: Any) -> Any:
    """The polynomial with these zeros."""
    zeros = coefficients(seq_of_zeros)
    if zeros.ndim > 1:
        fail("numpy.poly of a matrix is not covered", help="give its eigenvalues")
    n = zeros.shape[0]
    if n == 0:
        return 1.0
    p = np.zeros(n + 1, dtype=(zeros[:1] * 1.0).dtype)
    p[0] = 1.0
    for k in range(n):
        p[1:] -= zeros[k] * p[:-1]
    return p


@program(np.polyfit)
def polyfit(x: Any, y: Any, deg: Any, rcond: Any = None, full: Any = False, w: Any = None, cov: Any = False) -> Any:
    """Least squares in the powers of x, whose columns are scaled to length 1."""
    if full or cov:
        fail("numpy.polyfit with full= or cov= is not covered", help="compute them from the residuals")
    order = static_int(deg, "it is the degree of a polynomial") + 1
    x, y = np.asarray(x) + 0.0, np.asarray(y) + 0.0
    if order < 1:
        raise ValueError("expected deg >= 0")
    if x.ndim != 1:
        raise TypeError("expected 1D vector for x")
    if x.shape[0] == 0:
        raise TypeError("expected non-empty vector for x")
    if y.ndim < 1 or y.ndim > 2:
        raise TypeError("expected 1D or 2D array for y")
    if x.shape[0] != y.shape[0]:
        raise TypeError("expected x and y to have same length")
    columns = [np.ones_like(x)]
    for _ in [0] * (order - 1):
        columns.insert(0, columns[0] * x)
    powers = np.stack(columns, axis=1)
    if w is not None:
        weights = np.asarray(w) + 0.0
        if weights.ndim != 1:
            raise TypeError("expected a 1-d array for weights")
        if weights.shape[0] != y.shape[0]:
            raise TypeError("expected w and y to have the same length")
        powers = powers * weights[:, np.newaxis]
        y = y * weights if y.ndim == 1 else y * weights[:, np.newaxis]
    scale = np.sqrt(np.sum(powers * powers, axis=0))
    cutoff = x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    found = np.linalg.lstsq(powers / scale, y, cutoff)[0]
    return found / scale if y.ndim == 1 else found / scale[:, np.newaxis]


@program(np.roots)
def roots(p: Any) -> Any:
    """The eigenvalues of the companion matrix; the leading coefficient may not be zero."""
    p = coefficients(p)
    if p.ndim != 1:
        raise ValueError("Input must be a rank-1 array.")
    n = p.shape[0] - 1
    if n < 1:
        return np.zeros(0)
    if p[0] == 0:
        raise ValueError("the leading coefficient of a polynomial is zero: how many roots it has is not known")
    companion = np.zeros((n, n), dtype=(p[:1] * 1.0).dtype)
    for k in list(range(1, n)):
        companion[k, k - 1] = 1.0
    companion[0] = -p[1:] / p[0]
    return np.linalg.eigvals(companion)


# ---------------------------------------------------------------- the lowest power first


def series(c: Any, tensor: Any) -> Any:
    c = coefficients(c)
    if c.ndim > 1:
        fail("the value of several series at once is not covered", help="evaluate them one by one")
    return c if c.dtype.kind in "fc" else c + 0.0


@program(polynomial.polyval)
def lowest_first(x: Any, c: Any, tensor: Any = True) -> Any:
    c = series(c, tensor)
    n = c.shape[0]
    y = c[n - 1] + x * 0
    for k in turns(n - 1):
        y = c[n - 2 - k] + y * x
    return y


@program(chebyshev.chebval)
def chebval(x: Any, c: Any, tensor: Any = True) -> Any:
    """Clenshaw's recurrence, b[k] = c[k] + 2 x b[k + 1] - b[k + 2]."""
    c = series(c, tensor)
    later, b = x * 0.0, x * 0.0
    for k in turns(c.shape[0]):
        later, b = b, c[c.shape[0] - 1 - k] + 2.0 * x * b - later
    return b - x * later


@program(legendre.legval)
def legval(x: Any, c: Any, tensor: Any = True) -> Any:
    """Clenshaw's recurrence for (k + 1) P[k + 1] = (2 k + 1) x P[k] - k P[k - 1]."""
    c = series(c, tensor)
    later, b = x * 0.0, x * 0.0
    for i in turns(c.shape[0]):
        k = c.shape[0] - 1 - i
        later, b = b, c[k] + (2.0 * k + 1.0) / (k + 1.0) * x * b - (k + 1.0) / (k + 2.0) * later
    return b


@program(hermite.hermval)
def hermval(x: Any, c: Any, tensor: Any = True) -> Any:
    """Clenshaw's recurrence for H[k + 1] = 2 x H[k] - 2 k H[k - 1]."""
    c = series(c, tensor)
    later, b = x * 0.0, x * 0.0
    for i in turns(c.shape[0]):
        k = c.shape[0] - 1 - i
        later, b = b, c[k] + 2.0 * x * b - 2.0 * (k + 1.0) * later
    return b
