"""Random calls of functions that make arrays, convert them, or make indices; numbers are run-time values."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import NUMBERS, Call, Strategy, View, arrays, calls, one_array, sometimes

small = st.integers(0, 4)
shapes = st.lists(small, max_size=3).map(tuple)
elements = st.sampled_from(NUMBERS)


def number(low: float = -3.0, high: float = 3.0) -> Strategy:
    """A number known at run time only."""
    return st.sampled_from([x for x in (-3.0, -1.5, -1.0, 0.0, 0.5, 1.0, 2.25, 3.0) if low <= x <= high]).map(
        lambda x: View(np.array(x)))


def called(*arguments: Strategy, options: Strategy | None = None) -> Strategy:
    return st.builds(Call, st.tuples(*arguments), st.just({}) if options is None else options)


dtype = sometimes("dtype", elements)
calls("zeros ones empty", called(shapes, options=dtype))
calls("full", called(shapes, number(), options=sometimes("dtype", st.sampled_from(("float32", "complex64")))))
calls("full_like", called(arrays(), number(0.0), options=dtype))
calls("eye", called(small, options=st.one_of(dtype, sometimes("k", st.integers(-3, 3)), sometimes("M", small))))
calls("tri", called(small, st.one_of(st.none(), small), st.integers(-3, 3)))
calls("identity", called(small, options=dtype))
calls("arange", called(st.integers(-3, 3), st.integers(-3, 6), st.sampled_from((1, 2, -1, 0.5)),
                       options=sometimes("dtype", st.sampled_from(("float32", "int8", "float64")))))
calls("linspace", called(number(), number(), small, options=st.one_of(
    sometimes("endpoint", st.booleans()), sometimes("retstep", st.booleans()), sometimes("dtype", st.just("float32")))))
calls("logspace", called(number(), number(), small, options=sometimes("base", st.sampled_from((2.0, 10.0)))))
calls("geomspace", called(number(0.5), number(0.5), small, options=sometimes("endpoint", st.booleans())))
calls("indices", called(shapes, options=sometimes("sparse", st.booleans())))
calls("diag_indices", called(small, options=sometimes("ndim", st.integers(1, 3))))
calls("tril_indices triu_indices", called(small, options=st.one_of(
    sometimes("k", st.integers(-2, 2)), sometimes("m", small))))
calls("diag_indices_from", called(small.flatmap(lambda n: arrays((n, n)))))
calls("tril_indices_from triu_indices_from",
      called(arrays(least=2, most=2), options=sometimes("k", st.integers(-2, 2))))
calls("ix_", called(arrays(least=1, most=1, dtypes=("int64", "bool")), arrays(least=1, most=1, dtypes=("int64",))))
calls("array asarray asanyarray", one_array(dtype))
calls("ascontiguousarray asfortranarray iscomplexobj isrealobj", one_array())
calls("astype", st.builds(lambda a, target: Call((a, target)), arrays(low=0.0), elements))
calls("broadcast_to", st.builds(lambda a, lead: Call((a, (*lead, *np.shape(a.of(a.whole))))), arrays(), shapes))
calls("result_type", called(arrays(), arrays()))
calls("can_cast", called(elements, elements, options=sometimes("casting", st.sampled_from(("same_kind", "unsafe")))))
calls("broadcast_shapes", called(shapes, shapes))
calls("unravel_index", st.builds(
    lambda places, shape: Call((View(np.array(places, dtype=np.int64)), shape)),
    st.lists(st.integers(0, 6), max_size=4), st.sampled_from(((6,), (2, 3), (3, 1, 2)))))
calls("ravel_multi_index", st.builds(
    lambda rows, columns: Call(((View(np.array(rows)), View(np.array(columns))), (3, 4))),
    st.tuples(*[st.integers(0, 3)] * 3), st.tuples(*[st.integers(0, 3)] * 3)))
calls("fromfunction", called(st.sampled_from((np.add, np.hypot)), st.tuples(small, small)))
