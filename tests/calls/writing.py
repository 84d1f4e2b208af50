"""Random calls of functions that write into their first argument: the arguments are compared after the call."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import BOOLS, FLOATS, REALS, Call, View, an_axis, arrays, calls, sometimes


@st.composite
def put(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1, dtypes=REALS))
    seen = view.of(view.whole)
    places = draw(st.lists(st.integers(-seen.size, seen.size - 1), max_size=4))
    values = draw(arrays((draw(st.integers(1, 3)),), (str(seen.dtype),)))
    return Call((view, View(np.array(places, dtype=np.int64)), values))


@st.composite
def under_mask(draw: Any, same: bool = False) -> Call:
    view = draw(arrays(least=1, smallest=1, dtypes=REALS))
    seen = view.of(view.whole)
    mask = draw(arrays(seen.shape, BOOLS))
    shape = seen.shape if same else (draw(st.integers(1, 3)),)
    return Call((view, mask, draw(arrays(shape, (str(seen.dtype),)))))


@st.composite
def copied(draw: Any) -> Call:
    view = draw(arrays(least=1))
    seen = view.of(view.whole)
    source = draw(arrays(seen.shape[draw(st.integers(0, seen.ndim)):], (str(seen.dtype), "float32", "int8")))
    return Call((view, source), draw(sometimes("casting", st.just("unsafe"))))


@st.composite
def on_diagonal(draw: Any) -> Call:
    n = draw(st.integers(1, 4))
    return Call((draw(arrays((n, draw(st.integers(1, 4))))), 2), draw(sometimes("wrap", st.booleans())))


@st.composite
def put_along_axis(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1, dtypes=FLOATS))
    seen = view.of(view.whole)
    axis = draw(an_axis(view, none=False))
    shape = list(seen.shape)
    shape[axis] = 1
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return Call((view, View(rng.integers(-seen.shape[axis], seen.shape[axis], shape)),
                 draw(arrays(tuple(shape), FLOATS)), axis))


calls("put", put())
calls("place putmask", under_mask())
calls("copyto", copied())
calls("fill_diagonal", on_diagonal())
calls("put_along_axis", put_along_axis())
