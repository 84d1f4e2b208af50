"""The registry of random calls of NumPy functions, and the arrays that they are called with.

`CALLS` maps the name of a function to a hypothesis strategy of `Call`s; the files beside this one fill it, one family
each.  Functions with the same pattern of arguments stand in one group.  A call may be one that NumPy refuses: then
wengert has to refuse it too.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

FLOATS, INTEGERS, BOOLS = ("float64", "float32"), ("int64", "int32", "uint8", "int8", "uint32"), ("bool",)
REALS = FLOATS + INTEGERS + BOOLS
COMPLEX = ("complex128", "complex64")
NUMBERS = REALS + COMPLEX
#: Many ties and both zeros among them: what goes wrong, goes wrong there.
SPECIAL = (0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 3.0, 1.5, -2.5)


@dataclass(frozen=True)
class View:
    """An array and how the compiled function looks at it, so that strides of all kinds occur."""

    whole: np.ndarray
    index: tuple[Any, ...] = ()
    turned: bool = False

    def of(self, array: Any) -> Any:
        seen = array[self.index] if self.index else array
        return seen.T if self.turned else seen


@dataclass(frozen=True)
class Call:
    """Positional arguments (a `View` is a run-time array, all else is constant) and options."""

    positional: tuple[Any, ...]
    options: dict[str, Any] = field(default_factory=dict)


Strategy = st.SearchStrategy[Any]
CALLS: dict[str, Strategy] = {}
#: What a call does that is no function of NumPy: methods, subscripts, casts.
PROGRAMS: dict[str, Callable[..., Any]] = {}


def calls(names: str, strategy: Strategy) -> None:
    for name in names.split():
        assert name not in CALLS, name
        CALLS[name] = strategy


def function_of(name: str) -> Callable[..., Any]:
    """The function that a name stands for: one of `PROGRAMS`, or of NumPy or a module of it."""
    return PROGRAMS[name] if name in PROGRAMS else operator.attrgetter(name)(np)


# ---------------------------------------------------------------- arrays


@st.composite
def arrays(draw: Any, shape: Any = None, dtypes: tuple[str, ...] = NUMBERS, low: float = -3.0, high: float = 3.0,
           least: int = 0, most: int = 3, smallest: int = 0) -> View:
    """An array of random dtype, shape (sizes 0 to 4) and layout; bounds are of the float values."""
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    if shape is None:
        shape = tuple(draw(st.lists(st.integers(smallest, 4), min_size=least, max_size=most)))
    layout = draw(st.sampled_from(("plain", "plain", "turned", "reversed", "strided")))
    if layout == "turned":
        return View(_values(draw, dtype, shape[::-1], low, high), turned=True)
    if layout == "reversed" and shape:
        return View(_values(draw, dtype, shape, low, high), (..., slice(None, None, -1)))
    if layout == "strided" and shape:
        wide = (*shape[:-1], 2 * shape[-1] + 1)
        return View(_values(draw, dtype, wide, low, high), (..., slice(1, None, 2)))
    return View(_values(draw, dtype, shape, low, high))


def _values(draw: Any, dtype: np.dtype, shape: tuple[int, ...], low: float, high: float) -> np.ndarray:
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    if dtype.kind == "b":
        return rng.random(shape) < 0.5
    if dtype.kind in "iu":
        lowest = max(int(np.ceil(low)), 0 if dtype.kind == "u" else -128)
        return rng.integers(lowest, max(int(high), lowest) + 1, shape).astype(dtype)
    if dtype.kind == "c":
        return (rng.uniform(low, high, shape) + 1j * rng.uniform(low, high, shape)).astype(dtype)
    values = rng.uniform(low, high, shape)
    special = np.array([s for s in SPECIAL if low <= s <= high] or [0.5 * (low + high)])
    return np.where(rng.random(shape) < 0.4, rng.choice(special, shape), values).astype(dtype)


@st.composite
def broadcast_pair(draw: Any, **kind: Any) -> tuple[View, View]:
    """Two arrays whose shapes broadcast, mostly."""
    shape = draw(st.lists(st.integers(0, 4), max_size=3))
    shapes = []
    for _ in range(2):
        kept = shape[draw(st.integers(0, len(shape))):]
        shapes.append(tuple(1 if draw(st.integers(0, 3)) == 0 else n for n in kept))
    return draw(arrays(shapes[0], **kind)), draw(arrays(shapes[1], **kind))


def rank(view: View) -> int:
    return view.of(view.whole).ndim


@st.composite
def an_axis(draw: Any, view: View, none: bool = True, several: bool = False) -> Any:
    """An axis of the array, from either end; sometimes None, sometimes several."""
    n = rank(view)
    if n == 0 or (none and draw(st.integers(0, 3)) == 0):
        return None if none else 0
    if several and draw(st.booleans()):
        return tuple(draw(st.permutations(range(n)))[: draw(st.integers(0, n))])
    return draw(st.integers(-n, n - 1))


def sometimes(name: str, values: Strategy) -> Strategy:
    """An option that is given or not."""
    return st.one_of(st.just({}), values.map(lambda value: {name: value}))


@st.composite
def one_array(draw: Any, options: Strategy | None = None, **kind: Any) -> Call:
    return Call((draw(arrays(**kind)),), draw(options) if options is not None else {})


@st.composite
def two_arrays(draw: Any, **kind: Any) -> Call:
    return Call(draw(broadcast_pair(**kind)))
