"""Element types: conversions between them, and NumPy 2's rule for the type of a result.

Kinds of numbers: `i1` bool, `i64` int, `f32` and `f64`.  A *weak* kind is that of a Python number, which gives way to
the type of any NumPy operand of the same or a higher category (NEP 50).
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from wengert.dialects import discrete, elementwise, structural
from wengert.dialects.bindings import element_type, ir, is_tensor, tensor_type
from wengert.dialects.build import constant_like
from wengert.dialects.errors import WengertTypeError
from wengert.frontend.positions import fail

DTYPES: dict[str, np.dtype[Any]] = {
    "f64": np.dtype(np.float64),
    "f32": np.dtype(np.float32),
    "i64": np.dtype(np.int64),
    "i1": np.dtype(np.bool_),
}
_ELEMENTS = {dtype: element for element, dtype in DTYPES.items()}
_CATEGORY = {"i1": 0, "i64": 1, "f32": 2, "f64": 2}


class Kind(NamedTuple):
    """The element type of an operand and whether it is that of a Python number."""

    element: str
    weak: bool

    @property
    def is_float(self) -> bool:
        return self.element in ("f64", "f32")


def element_of(dtype: Any, what: str = "an array") -> str:
    """The element type of whatever NumPy takes as a dtype; refused when it is not compiled."""
    try:
        known = np.dtype(dtype)
    except TypeError as error:
        fail(f"{dtype!r} is no dtype: {error}", error=WengertTypeError)
    element = _ELEMENTS.get(known)
    if element is None or not known.isnative:
        fail(
            f"{what} of dtype {known} is not covered",
            why="compiled code works on float64, float32, int64 and bool",
            help="convert it first, for example with .astype(np.float64)",
            error=WengertTypeError,
        )
    return element


def promote(a: Kind, b: Kind) -> Kind:
    """The kind in which NumPy 2 computes with two operands."""
    if a.weak and b.weak:
        return a if _CATEGORY[a.element] >= _CATEGORY[b.element] else b
    if a.weak != b.weak:
        weak, strong = (a, b) if a.weak else (b, a)
        if _CATEGORY[weak.element] <= _CATEGORY[strong.element]:
            return strong
        return Kind(weak.element, False)
    return Kind(_ELEMENTS[np.promote_types(DTYPES[a.element], DTYPES[b.element])], False)


def promote_all(*kinds: Kind) -> Kind:
    """`promote` over several operands, the Python numbers last, as NumPy does."""
    ordered = sorted(kinds, key=lambda kind: kind.weak)
    result = ordered[0]
    for kind in ordered[1:]:
        result = promote(result, kind)
    return result


def can_store(source: str, target: str) -> bool:
    """Whether an in-place operation may store `source` elements in a `target` array (casting="same_kind")."""
    return bool(np.can_cast(DTYPES[source], DTYPES[target], "same_kind"))


def convert(value: Any, source: str, target: str) -> Any:
    """An IR value of another element type, by NumPy's astype; emits at the current insertion point."""
    if source == target:
        return value
    if target == "i1":
        zero = constant_like(0, value)
        return discrete.cmpi("ne", value, zero) if source == "i64" else discrete.cmpf("une", value, zero)
    result = [_of_type(value, target)]
    match source, target:
        case "i1", "i64":
            return discrete.extui(value, result_types=result)
        case "i1", _:
            return discrete.uitofp(value, result_types=result)
        case "i64", _:
            return discrete.sitofp(value, result_types=result)
        case "f32", "f64":
            return elementwise.extf(value, result_types=result)
        case "f64", "f32":
            return elementwise.truncf(value, result_types=result)
    return _float_to_integer(value)


def _float_to_integer(value: Any) -> Any:
    """Towards zero; what does not fit (nan included) gives the smallest integer, as on x86."""
    limit = constant_like(2.0**63, value)
    fits = discrete.andi(discrete.cmpf("oge", value, elementwise.negf(limit)), discrete.cmpf("olt", value, limit))
    inside = structural.select(fits, value, constant_like(0.0, value))
    whole = discrete.fptosi(inside, result_types=[_of_type(value, "i64")])
    return structural.select(fits, whole, constant_like(-(2**63), whole))


def _of_type(value: Any, element: str) -> Any:
    scalar = ir.Type.parse(element)
    return tensor_type(value.type.shape, scalar) if is_tensor(value.type) else scalar


def element_name(type_: Any) -> str:
    """The element type of an IR type, as a string."""
    return str(element_type(type_))
