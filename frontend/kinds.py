"""The kinds of leaves: numbers and arrays, the kind that holds two of them, and their IR values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertOverflowError
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.conversions import DTYPES, Kind, bounds_of, element_of, is_integer, promote, spoken
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar


class Mismatch(Exception):
    """Two values cannot be one run-time value."""


@dataclass(frozen=True, eq=False)
class Signature:
    """The kind of a leaf: a number (shape None) or an array."""

    element: str
    weak: bool
    shape: tuple[Any, ...] | None

    def agrees(self, other: Signature) -> bool:
        return (self.element, self.weak) == (other.element, other.weak) and _same_shape(self.shape, other.shape)

    @property
    def type(self) -> Any:
        trace = current()
        return trace.types[self.element] if self.shape is None else trace.tensor_type(self.shape, self.element)


@dataclass(frozen=True, eq=False)
class Undefined:
    """Stands for a value that nothing may read: zeros of the right kind."""

    signature: Signature


def signature(value: Any) -> Signature | None:
    """The kind of a leaf, or None for what is neither number nor array."""
    match value:
        case Undefined():
            return value.signature
        case Array():
            return Signature(value.element, False, value.shape)
        case Scalar():
            return Signature(value.element, value.weak, None)
        case bool():
            return Signature("i1", True, None)
        case int():
            return Signature("i64", True, None)
        case np.bool_():
            return Signature("i1", False, None)
        case np.integer():
            return Signature(element_of(value.dtype, "a number"), False, None)
        case np.floating():
            return Signature(element_of(value.dtype, "a number"), False, None)
        case float():
            return Signature("f64", True, None)
    return None


def join(a: Signature, b: Signature) -> Signature:
    """The narrowest kind that holds both; raises Mismatch where there is none."""
    if a.agrees(b):
        return a
    arrays = a.shape is not None or b.shape is not None
    if arrays and not (a.element == b.element and _same_shape(a.shape, b.shape)):
        raise Mismatch
    if not arrays and (a.element == "i1") != (b.element == "i1"):
        raise Mismatch
    kind = promote(Kind(a.element, a.weak), Kind(b.element, b.weak))
    return Signature(kind.element, kind.weak, a.shape)


def materialize(value: Any, wanted: Signature) -> Any:
    """The IR value of a leaf, converted to the kind that is carried."""
    trace = current()
    if wanted.shape is None:
        if type(value) is int and is_integer(wanted.element):
            _require_fit(value, wanted.element)
        return trace.cast(0, wanted.element) if isinstance(value, Undefined) else trace.cast(value, wanted.element)
    if isinstance(value, Undefined):
        shape = value.signature.shape or ()
        dynamic = [n for n, known in zip(shape, wanted.shape, strict=True) if not isinstance(known, int)]
        sizes = [trace.constant(n, "index") if isinstance(n, int) else trace.index(n) for n in dynamic]
        return trace.emit("nd.empty", [wanted.type], sizes).result
    return value.read()


def _require_fit(value: int, element: str) -> None:
    low, high = bounds_of(element)
    if not low <= value <= high:
        number = spoken(element)
        fail(
            f"a name is the Python int {value} on one way, and {number} on another, where {value} does not fit",
            why="what loops and branches change is one run-time value, of one type",
            help=f"make it {spoken('i64')} on all ways, with int(x), or {number} from the start",
            error=WengertOverflowError,
        )


def _same_shape(a: tuple[Any, ...] | None, b: tuple[Any, ...] | None) -> bool:
    if a is None or b is None:
        return a is b
    return len(a) == len(b) and all(same_extent(x, y) for x, y in zip(a, b, strict=True))


def kind_text(kind: Signature) -> str:
    """``an array float64(3,)`` or ``a float``."""
    if kind.shape is not None:
        extents = ", ".join(str(n) if isinstance(n, int) else "?" for n in kind.shape)
        return f"an array {DTYPES[kind.element]}({extents}{',' if len(kind.shape) == 1 else ''})"
    return spoken(kind.element)
