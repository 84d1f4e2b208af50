"""`out=`: results that go into an array that exists."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.arithmetic import store_in_place
from wengert.frontend.capture import captured
from wengert.frontend.conversions import can_store
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Traced


def target(out: Any) -> Array | None:
    """An array for results, or None; a tuple of one is that one."""
    if isinstance(out, tuple) and len(out) == 1:
        (out,) = out
    if out is None:
        return None
    if isinstance(out, np.ndarray):
        out = captured(out)
    if not isinstance(out, Array):
        fail("return arrays must be of ArrayType", error=WengertTypeError, help="out= takes an array")
    return out


def stored(result: Any, out: Any) -> Any:
    """The result, or the array `out` with the result in it."""
    place = target(out)
    if place is None:
        return result
    if isinstance(result, Traced) and not can_store(result.element, place.element):
        fail(
            f"Cannot cast output from {result.dtype!r} to {place.dtype!r} with casting rule 'same_kind'",
            error=WengertTypeError,
            help="make the array for the result with a type that holds it",
        )
    return store_in_place("", place, result)
