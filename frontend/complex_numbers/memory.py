"""Complex arrays at the boundary of compiled code: their memory is an array of real numbers with a last axis (re, im).

An argument comes in as that array, in one Box; its parts are views of it, so that writes, views and aliases of the
complex array are those of its memory.  A complex number travels as an array of two.  A complex result is put together
in such an array before it leaves.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.complex_numbers.values import ELEMENTS, ComplexArray, ComplexScalar
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Box

REAL_TYPES: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.complex128): np.dtype(np.float64),
    np.dtype(np.complex64): np.dtype(np.float32),
}
COMPLEX_TYPES = {real: whole for whole, real in REAL_TYPES.items()}


# ---------------------------------------------------------------- outside of the trace


def real_memory(x: Any) -> np.ndarray:
    """The memory of a complex array, as real numbers with one axis more; of a complex number, an array of two.

    Raises:
        WengertTypeError: a complex type that is not compiled.
    """
    if not isinstance(x, np.ndarray):
        return np.array([x.real, x.imag], np.float32 if isinstance(x, np.complex64) else np.float64)
    if x.dtype not in ELEMENTS or not x.dtype.isnative:
        fail(f"an array of dtype {x.dtype} is not covered", help="use complex128 or complex64", error=WengertTypeError)
    real = REAL_TYPES[x.dtype]
    if x.flags.c_contiguous:
        return x.reshape(-1).view(real).reshape((*x.shape, 2))
    return np.lib.stride_tricks.as_strided(
        x.real, (*x.shape, 2), (*x.strides, real.itemsize), writeable=x.flags.writeable
    )


def complex_view(memory: np.ndarray) -> np.ndarray:
    """The complex array of a C-contiguous memory."""
    return memory.reshape(-1).view(COMPLEX_TYPES[memory.dtype]).reshape(memory.shape[:-1])


def complex_number(re: Any, im: Any) -> Any:
    """A NumPy complex number from the numbers that compiled code gives."""
    return (np.complex64 if isinstance(re, np.float32) else np.complex128)(complex(re, im))


# ---------------------------------------------------------------- in the trace


def of_memory(memory: Array, weak: bool = False) -> ComplexArray | ComplexScalar:
    """The complex value of an array with a last axis (re, im)."""
    from wengert.frontend.indexing import getitem
    from wengert.frontend.numpy_table.python import item

    if memory.ndim > 1:
        return ComplexArray(getitem(memory, (..., 0)), getitem(memory, (..., 1)))
    re, im = (item(memory, k) if weak else getitem(memory, k) for k in (0, 1))
    return ComplexScalar(re, im)


def memory_of(x: Any) -> Box | None:
    """The Box whose elements, all of them and in their order, are those of a complex array; None for any other."""
    from wengert.frontend.views import Window

    if not isinstance(x, ComplexArray) or not isinstance(x.re, Window) or not isinstance(x.im, Window):
        return None
    base = x.re.base
    if not isinstance(base, Box) or x.im.base is not base or base.shape[-1] != 2:
        return None
    return base if _shows(x.re, base, 0) and _shows(x.im, base, 1) else None


def _shows(part: Any, base: Box, position: int) -> bool:
    """Whether a window is ``base[..., position]``."""
    *axes, last = part.axes
    return (
        not last.kept
        and last.offset == position
        and all(a.kept and a.step == 1 and a.offset == 0 and a.size == n for a, n in zip(axes, base.shape))
    )


def interleaved(x: ComplexArray) -> Array:
    """A new array with a last axis (re, im), or the memory the parts are views of."""
    from wengert.frontend.indexing import setitem
    from wengert.frontend.numpy_table.creation import uninitialised

    known = memory_of(x)
    if known is not None:
        return known
    whole = uninitialised((*x.shape, 2), x.element)
    setitem(whole, (..., 0), x.re)
    setitem(whole, (..., 1), x.im)
    return whole

