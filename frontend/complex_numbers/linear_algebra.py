"""Linear algebra of complex matrices.

Systems are solved in their real form, ``[[A, -B], [B, A]] [x; y] = [c; d]`` for ``(A + iB)(x + iy) = c + id``, by one
real factorisation.  The determinant is that of the elimination with pivots, written as a loop; the real form knows only
its size.
"""

from __future__ import annotations

from types import FunctionType
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertLinAlgError
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.creation import full
from wengert.frontend.complex_numbers.registry import of_complex
from wengert.frontend.complex_numbers.values import Complex, paired, parts_of
from wengert.frontend.trace import fail


def real_form(z: Any) -> Any:
    """``[[A, -B], [B, A]]`` of the matrices A + iB."""
    re, im = parts_of(z)
    return np.concatenate([np.concatenate([re, -im], axis=-1), np.concatenate([im, re], axis=-1)], axis=-2)


def _square(a: Any) -> Any:
    z = complex_operand(a)
    if not hasattr(z, "ndim") or z.ndim < 2:
        fail(f"{getattr(z, 'ndim', 0)}-dimensional array given. Array must be at least two-dimensional",
             error=WengertLinAlgError)
    if isinstance(z.shape[-1], int) and isinstance(z.shape[-2], int) and z.shape[-1] != z.shape[-2]:
        fail("Last 2 dimensions of the array must be square", error=WengertLinAlgError)
    return z if isinstance(z, Complex) else paired(*parts_of(z))


@of_complex(np.linalg.solve)
def solve(a: Any, b: Any) -> Any:
    z, right = _square(a), complex_operand(b)
    is_vector = right.ndim == 1
    re, im = parts_of(right)
    if is_vector:
        re, im = re[:, None], im[:, None]
    n = z.shape[-1]
    both = np.linalg.solve(real_form(z), np.concatenate([re, im], axis=-2))
    x = paired(both[..., :n, :] + 0.0, both[..., n:, :] + 0.0)
    return x[..., 0] if is_vector else x


@of_complex(np.linalg.inv)
def inv(a: Any) -> Any:
    z = _square(a)
    n = z.shape[-1]
    whole = np.linalg.inv(real_form(z))
    return paired(whole[..., :n, :n] + 0.0, whole[..., n:, :n] + 0.0)


@of_complex(np.linalg.det)
def det(a: Any) -> Any:
    from wengert.frontend.running import run

    z = _square(a)
    assert isinstance(_determinants, FunctionType)
    n = z.shape[-1]
    stack = np.reshape(z, (-1, n, n)).__copy__()
    found = run(_determinants, (stack, full(stack.shape[0], 1.0, z.dtype)), {})
    return found[0] if z.ndim == 2 else np.reshape(found, z.shape[:-2])


@of_complex(np.linalg.slogdet)
def slogdet(a: Any) -> Any:
    from numpy.linalg._linalg import SlogdetResult

    whole = det(a)
    return SlogdetResult(np.sign(whole), np.log(np.abs(whole)))


def _determinants(stack: Any, found: Any) -> Any:
    """Gaussian elimination with row interchanges; runs through the rewriter like the user's code."""
    n = stack.shape[1]
    for m in range(stack.shape[0]):
        a = stack[m]
        for k in range(n):
            pivot = k
            largest = abs(a[k, k])
            for i in range(k + 1, n):
                size = abs(a[i, k])
                if size > largest:
                    largest = size
                    pivot = i
            if pivot != k:
                row = a[k].copy()
                a[k] = a[pivot]
                a[pivot] = row
                found[m] = -found[m]
            found[m] = found[m] * a[k, k]
            if largest > 0:
                for i in range(k + 1, n):
                    factor = a[i, k] / a[k, k]
                    a[i, k:] -= factor * a[k, k:]
    return found
