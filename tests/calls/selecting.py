"""Random calls of functions that select, search and sort."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import (
    BOOLS,
    FLOATS,
    PROGRAMS,
    REALS,
    Call,
    View,
    an_axis,
    arrays,
    calls,
    one_array,
    sometimes,
    two_arrays,
)


@st.composite
def taken(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1))
    axis = draw(an_axis(view))
    seen = view.of(view.whole)
    n = seen.size if axis is None else seen.shape[axis]
    places = draw(st.lists(st.integers(-n, n - 1), max_size=4))
    return Call((view, View(np.array(places, dtype=np.int64))), {"axis": axis})


@st.composite
def taken_along(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1))
    axis = draw(an_axis(view, none=False))
    seen = view.of(view.whole)
    shape = list(seen.shape)
    shape[axis] = draw(st.integers(0, 3))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    return Call((view, View(rng.integers(-seen.shape[axis], seen.shape[axis], shape))), {"axis": axis})


@st.composite
def under_condition(draw: Any) -> Call:
    view = draw(arrays(least=1, most=1))
    return Call((draw(arrays(view.of(view.whole).shape, BOOLS)), view))


@st.composite
def searched(draw: Any) -> Call:
    line = draw(arrays(least=1, most=1, dtypes=(*FLOATS, "int64")))
    sorted_line = View(np.sort(line.of(line.whole)))
    return Call((sorted_line, draw(arrays())), draw(sometimes("side", st.sampled_from(("left", "right")))))


@st.composite
def digitized(draw: Any) -> Call:
    return Call((draw(arrays(dtypes=FLOATS)), np.array([-1.0, 0.0, 0.5, 2.0])), draw(sometimes("right", st.booleans())))


@st.composite
def counted(draw: Any) -> Call:
    view = draw(arrays(least=1, most=1, dtypes=("int64", "uint8"), low=0))
    return Call((view,), draw(sometimes("minlength", st.integers(0, 6))))


@st.composite
def interpolated(draw: Any) -> Call:
    n = draw(st.integers(1, 5))
    xp = np.sort(np.random.default_rng(draw(st.integers(0, 99))).uniform(-2, 2, n))
    return Call((draw(arrays(dtypes=FLOATS)), View(xp), draw(arrays((n,), FLOATS))))


calls("take", taken())
calls("take_along_axis", taken_along())
calls("compress extract", under_condition())
calls("searchsorted", searched())
calls("digitize", digitized())
calls("bincount", counted())
calls("interp", interpolated())
calls("unique", one_array())
calls("isin union1d intersect1d setdiff1d", two_arrays(least=1, most=1, dtypes=("int64", "float64")))
calls("convolve correlate", two_arrays(least=1, most=1, smallest=1))


@st.composite
def chosen_among(draw: Any) -> Call:
    shape = tuple(draw(st.lists(st.integers(0, 3), max_size=2)))
    options = [draw(arrays(shape, REALS)) for _ in range(draw(st.integers(1, 3)))]
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    which = View(rng.integers(0, len(options), shape))
    return Call((which, options), draw(sometimes("mode", st.sampled_from(("clip", "wrap")))))


@st.composite
def selected(draw: Any) -> Call:
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=1, max_size=2)))
    n = draw(st.integers(1, 3))
    conditions, values = ([draw(arrays(shape, kind)) for _ in range(n)] for kind in (BOOLS, REALS))
    return Call((conditions, values), draw(sometimes("default", st.sampled_from((0, 1.5)))))


@st.composite
def piecewise(draw: Any) -> Call:
    view = draw(arrays(least=1, dtypes=FLOATS))
    shape = view.of(view.whole).shape
    values = draw(st.sampled_from(([np.sin, np.cos], [1.5, np.square, 2.0], [np.negative, 0.0])))
    return Call((view, [draw(arrays(shape, BOOLS)), draw(arrays(shape, BOOLS))], values))


@st.composite
def ordered(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1))
    axis = draw(an_axis(view))
    seen = view.of(view.whole)
    n = seen.size if axis is None else seen.shape[axis]
    return Call((view, draw(st.integers(-n, n - 1)), axis))


@st.composite
def keys(draw: Any) -> Call:
    shape = tuple(draw(st.lists(st.integers(0, 4), min_size=1, max_size=2)))
    return Call(([draw(arrays(shape, REALS)) for _ in range(draw(st.integers(1, 3)))],))


@st.composite
def in_bins(draw: Any) -> Call:
    bins = draw(st.sampled_from((1, 3, np.array([-3.0, -1.0, 0.0, 0.5, 3.0]))))
    limits = {"range": (-3.0, 3.0)} if isinstance(bins, int) else {}
    return Call((draw(arrays(dtypes=(*FLOATS, "int64"))), bins), limits | draw(sometimes("density", st.booleans())))


@st.composite
def in_two_bins(draw: Any) -> Call:
    n = draw(st.integers(1, 5))
    options = draw(sometimes("density", st.booleans()))
    return Call((draw(arrays((n,), FLOATS)), draw(arrays((n,), FLOATS))),
                {"bins": draw(st.integers(1, 3)), "range": ((-3.0, 3.0), (-4.0, 3.5)), **options})


calls("choose", chosen_among())
calls("select", selected())
calls("piecewise", piecewise())
def partition(a: Any, kth: int, axis: Any) -> Any:
    """The order within the two parts is nowhere defined."""
    whole = np.partition(a, kth, axis=axis)
    low, high = np.split(whole, [kth], axis=-1 if axis is None else axis)
    return np.sort(low, axis), np.sort(high, axis)


def argpartition(a: Any, kth: int, axis: Any) -> Any:
    places = np.argpartition(a, kth, axis=axis)
    whole = np.take_along_axis(a, places, axis=axis)
    low, high = np.split(whole, [kth], axis=-1 if axis is None else axis)
    return np.sort(low, axis), np.sort(high, axis), np.sort(places, axis)


PROGRAMS.update(partition=partition, argpartition=argpartition)
calls("partition argpartition", ordered())
calls("lexsort", keys())
calls("sort_complex", one_array(least=1))
calls("histogram", in_bins())
calls("histogram2d", in_two_bins())
calls("setxor1d", two_arrays(least=1, most=1, dtypes=("int64", "float64")))
calls("trim_zeros", one_array(sometimes("trim", st.sampled_from(("f", "b"))), least=1, most=1))
