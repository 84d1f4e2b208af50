"""Random subscripts, read and written: integers, slices of either direction, ellipsis, arrays, masks."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import BOOLS, PROGRAMS, Call, Strategy, View, arrays, calls


def read(array: Any, index: Any) -> Any:
    return array[index]


def write(array: Any, index: Any, value: Any) -> Any:
    array[index] = value
    return array


def add_to(array: Any, index: Any, value: Any) -> Any:
    array[index] += value
    return array


@st.composite
def a_slice(draw: Any) -> slice:
    ends = st.one_of(st.none(), st.integers(-5, 5))
    return slice(draw(ends), draw(ends), draw(st.sampled_from((None, 1, 2, -1, -2, -3))))


@st.composite
def basic(draw: Any, shape: tuple[int, ...]) -> Any:
    """Integers and slices of the leading axes, or of the last ones after an ellipsis; newaxis between them."""
    places: list[Any] = []
    after = draw(st.booleans())
    count = draw(st.integers(0, len(shape)))
    for n in shape[len(shape) - count:] if after else shape[:count]:
        if draw(st.integers(0, 4)) == 0:
            places.append(None)
        places.append(draw(st.integers(-n, n - 1)) if n and draw(st.booleans()) else draw(a_slice()))
    return (..., *places) if after else tuple(places)


@st.composite
def with_array(draw: Any, shape: tuple[int, ...]) -> Any:
    """One or two integer arrays (repeated places among them), slices for the other axes."""
    size = draw(st.integers(0, 3))
    places: list[Any] = [draw(a_slice()) for _ in shape]
    for axis in draw(st.permutations(range(len(shape))))[: draw(st.integers(1, 2))]:
        n = shape[axis]
        where = draw(st.lists(st.integers(-n, n - 1), min_size=size, max_size=size))
        places[axis] = np.array(where, dtype=np.int64)
    return tuple(places)


@st.composite
def with_mask(draw: Any, shape: tuple[int, ...]) -> Any:
    return draw(arrays(shape[: draw(st.integers(1, len(shape)))], BOOLS))


@st.composite
def subscript(draw: Any, writes: bool, run_time: bool) -> Call:
    view = draw(arrays(least=1, smallest=1))
    seen = view.of(view.whole)
    index = draw(with_mask(seen.shape) if run_time else st.one_of(basic(seen.shape), with_array(seen.shape)))
    if not writes:
        return Call((view, index))
    at = index.of(index.whole) if run_time else index
    shape = np.shape(seen[at])
    kept = shape[draw(st.integers(0, len(shape))):]
    return Call((view, index, draw(arrays(kept, (str(seen.dtype), "float64", "int64"), low=0.0))))


def enter(name: str, program: Any, strategy: Strategy) -> None:
    PROGRAMS[name] = program
    calls(name, strategy)


for run_time in (False, True):
    suffix = ".mask" if run_time else ""
    enter(f"read{suffix}", read, subscript(False, run_time))
    enter(f"write{suffix}", write, subscript(True, run_time))
    enter(f"add_to{suffix}", add_to, subscript(True, run_time))


@st.composite
def at_run_time(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1))
    n = view.of(view.whole).shape[0]
    places = draw(st.lists(st.integers(-n, n), max_size=4))
    return Call((view, View(np.array(places, dtype=np.int64))))


enter("read.places", read, at_run_time())
