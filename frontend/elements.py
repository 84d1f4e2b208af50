"""The element types of arrays and numbers that are compiled, and NumPy's dtypes for them; needs no compiler."""

from __future__ import annotations

from typing import Any

import numpy as np

#: NumPy's type for each element type.
_TYPES = {
    "f64": np.float64,
    "f32": np.float32,
    "i64": np.int64,
    "i32": np.int32,
    "i16": np.int16,
    "i8": np.int8,
    "u64": np.uint64,
    "u32": np.uint32,
    "u16": np.uint16,
    "u8": np.uint8,
    "i1": np.bool_,
}
DTYPES: dict[str, np.dtype[Any]] = {element: np.dtype(type_) for element, type_ in _TYPES.items()}
_ELEMENTS = {(dtype.kind, dtype.itemsize): element for element, dtype in DTYPES.items()}
COVERED = "float64, float32, bool and the integers from int8 to int64 and from uint8 to uint64"


def known_element(dtype: np.dtype[Any]) -> str | None:
    """The element type of a dtype; None when it is not compiled."""
    return _ELEMENTS.get((dtype.kind, dtype.itemsize)) if dtype.isnative else None


def refusal(dtype: np.dtype[Any]) -> tuple[str, str]:
    """Why arrays of a dtype are not compiled, and what to do."""
    if not dtype.isnative:
        return "its bytes are in the other order", "convert it first: x.astype(x.dtype.newbyteorder('='))"
    if dtype == np.float16:
        return f"compiled code works on {COVERED}", "compute in float32: x.astype(np.float32)"
    if dtype.kind in "fc":
        return f"compiled code works on {COVERED}", "convert it first, for example with .astype(np.float64)"
    return f"compiled code works on numbers: {COVERED}", "convert it to an array of numbers first"
