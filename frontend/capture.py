"""Arrays of the user's program that traced code reaches without being handed them: globals, closures, attributes.

A float array becomes a hidden argument of the compiled function, one for each array object, read anew at every call.
A small integer or bool array stays a NumPy array while only Python code touches it, so that it can serve as a list of
indices; its contents are then part of the compiled code, and `Trace.baked` keeps a copy to compare at each call.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.errors import WengertTypeError
from wengert.frontend.complex_numbers.memory import of_memory, real_memory
from wengert.frontend.complex_numbers.values import ComplexArray, ComplexScalar
from wengert.frontend.conversions import element_of
from wengert.frontend.instances import attributes_of, is_instance
from wengert.frontend.journal import CONTAINERS
from wengert.frontend.trace import Captured, current, fail
from wengert.frontend.values import Box

#: Integer arrays up to this size may become constants of the code.
LARGEST_BAKED = 64


def captured(array: np.ndarray) -> Any:
    """The traced value of an array of the program (an Array or a ComplexArray)."""
    trace = current()
    if id(array) in trace.leaves:
        trace.coincident.add(trace.leaves[id(array)])
    known = trace.boxes.get(id(array))
    if known is not None:
        return known[1]
    if isinstance(array, (np.matrix, np.ma.MaskedArray)):
        fail(
            f"an array of type {type(array).__name__} is not covered",
            help="use a plain ndarray",
            error=WengertTypeError,
        )
    if array.dtype.kind == "c":
        return captured_complex(array)
    element = element_of(array.dtype, "an array")
    region = trace.top
    assert region is not None
    argument = region.block.add_argument(trace.tensor_type(array.shape, element), ir.Location.unknown())
    value = Box(argument, array.shape, element, region)
    trace.captured.append(Captured(array, argument, value))
    trace.boxes[id(array)] = (array, value)
    return value


def captured_complex(array: np.ndarray) -> ComplexArray | ComplexScalar:
    """The traced value of a complex array: its memory, as real numbers, is what is captured."""
    trace, known = current(), current().complexes
    if id(array) in trace.leaves:
        trace.coincident.add(trace.leaves[id(array)])
    if id(array) not in known:
        memory = real_memory(array)
        known[id(array)] = (array, memory, of_memory(captured(memory)))
    found: ComplexArray | ComplexScalar = known[id(array)][2]
    return found


def as_traced(x: Any) -> Any:
    """An array of the program as its traced value, unless Python code may use its elements; all else is itself."""
    plain = isinstance(x, np.ndarray) and not (x.dtype.kind in "iub" and x.size <= LARGEST_BAKED)
    return captured(x) if plain else x


def stays_python(x: Any) -> bool:
    """Whether x is worked on while tracing; notes the integer arrays whose contents the code then depends on."""
    if not isinstance(x, np.ndarray):
        return True
    trace = current()
    if x.dtype.kind in "fc" or x.size > LARGEST_BAKED:
        return False
    if id(x) in trace.boxes and not any(c.array is x and not c.written for c in trace.captured):
        return False  # an argument, or changed by the code
    if id(x) not in trace.made:
        trace.made[id(x)] = x
        trace.baked.append((x, x.copy()))
    return True


def made_new(x: Any, deep: bool = False) -> Any:
    """Notes a list, dict, set or object that was made while tracing; with `deep` the containers in it were made too."""
    current().region.journal.mark_fresh(x)
    if deep:
        parts = list(x.values()) if isinstance(x, dict) else list(x) if isinstance(x, (*CONTAINERS, tuple)) else []
        if is_instance(x):
            parts = list(attributes_of(x).values())
        for part in parts:
            if isinstance(part, (*CONTAINERS, tuple)) or is_instance(part):
                made_new(part, deep)
    return x


def made(x: Any) -> Any:
    """Notes an array that was computed while tracing, from values the code depends on already."""
    if isinstance(x, np.ndarray):
        current().made[id(x)] = x
    return x
