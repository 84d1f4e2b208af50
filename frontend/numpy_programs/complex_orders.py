"""The order of complex numbers: by their real parts, and where these are equal by their imaginary parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program


def argsort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """np.argsort of complex numbers."""
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.lexsort((np.imag(a), np.real(a)), axis=axis)


def sort(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> Any:
    """np.sort of complex numbers."""
    if axis is None:
        a, axis = np.ravel(a), -1
    return np.take_along_axis(a, argsort(a, axis), axis=axis)


def sort_in_place(a: Any, axis: Any = -1, kind: Any = None, order: Any = None, *, stable: Any = None) -> None:
    a[...] = sort(a, axis)


@program(np.sort_complex)
def sort_complex(a: Any) -> Any:
    """Sorted along the last axis; the result is complex also where the input is not."""
    b = np.sort(np.asarray(a))
    if np.iscomplexobj(b):
        return b
    return b.astype(np.complex64 if b.dtype.kind in "iu" and b.dtype.itemsize <= 2 else np.complex128)
