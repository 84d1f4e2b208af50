"""Random calls of reductions and cumulative functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import FLOATS, INTEGERS, Call, Strategy, an_axis, arrays, calls, rank, sometimes


@st.composite
def reduced(draw: Any, several: bool = True, extra: Strategy | None = None, keepdims: bool = True, **kind: Any) -> Call:
    view = draw(arrays(**kind))
    options = {"axis": draw(an_axis(view, several=several))}
    if keepdims:
        options |= draw(sometimes("keepdims", st.booleans()))
    return Call((view,), options | (draw(extra) if extra is not None else {}))


@st.composite
def under_mask(draw: Any, several: bool = True, **kind: Any) -> Call:
    """A reduction of the elements under a mask of the same shape."""
    call = draw(reduced(several, **kind))
    if draw(st.booleans()):
        return call
    (view,) = call.positional
    mask = np.random.default_rng(draw(st.integers(0, 99))).random(view.of(view.whole).shape) < 0.6
    return Call(call.positional, {**call.options, "where": mask, **({"initial": 1} if draw(st.booleans()) else {})})


calls("sum prod nansum nanprod", under_mask())
calls("max min amax amin nanmax nanmin", reduced(smallest=1))
calls("any all count_nonzero", reduced())
calls("mean nanmean", reduced(smallest=1))
calls("std var nanstd nanvar", reduced(smallest=2, extra=sometimes("ddof", st.integers(0, 1))))
calls("ptp", reduced(smallest=1, dtypes=FLOATS + INTEGERS))
calls("argmax argmin nanargmax nanargmin", reduced(several=False, smallest=1))
calls("cumsum cumprod nancumsum nancumprod", reduced(several=False, keepdims=False))
calls("median nanmedian", reduced(least=1, smallest=1, dtypes=FLOATS + INTEGERS))
calls("average", reduced(smallest=1, dtypes=FLOATS + INTEGERS))


@st.composite
def quantile(draw: Any, scale: float) -> Call:
    call = draw(reduced(least=1, smallest=1, dtypes=FLOATS))
    q = draw(st.sampled_from((0.0, 0.25, 0.5, 0.9, 1.0)))
    method = draw(sometimes("method", st.sampled_from(("linear", "lower", "higher", "nearest", "midpoint"))))
    return Call((*call.positional, scale * q), {**call.options, **method})


calls("quantile nanquantile", quantile(1.0))
calls("percentile nanpercentile", quantile(100.0))


@st.composite
def cumulative(draw: Any) -> Call:
    view = draw(arrays(least=1, most=2))
    axis = {"axis": draw(an_axis(view, none=rank(view) == 1))}
    return Call((view,), axis | draw(sometimes("include_initial", st.booleans())))


calls("cumulative_sum cumulative_prod", cumulative())
