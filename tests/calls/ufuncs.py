"""Random calls of elementwise functions."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import BOOLS, FLOATS, INTEGERS, Call, arrays, broadcast_pair, calls, one_array, two_arrays

calls("absolute negative positive sign square conjugate rint floor ceil trunc fix fabs signbit isfinite isinf isnan "
      "logical_not deg2rad rad2deg degrees radians sin cos tanh arctan arcsinh exp exp2 expm1 real ndim shape size "
      "copy ravel isscalar nan_to_num imag isreal iscomplex isposinf isneginf sinc i0 angle", one_array())
calls("cbrt sinh cosh", one_array(low=-2.0))
calls("tan", one_array(low=-1.2, high=1.2))
calls("sqrt log log10 log2 log1p reciprocal", one_array(low=0.25))
calls("arcsin arccos arctanh", one_array(low=-0.9, high=0.9, dtypes=FLOATS))
calls("arccosh", one_array(low=1.1))
calls("invert bitwise_count", one_array(dtypes=INTEGERS + BOOLS))
calls("spacing modf frexp", one_array(dtypes=FLOATS))
calls("add subtract multiply maximum minimum fmax fmin equal not_equal less less_equal greater greater_equal "
      "logical_and logical_or logical_xor hypot copysign arctan2 logaddexp logaddexp2 heaviside nextafter",
      two_arrays())
calls("divide true_divide floor_divide remainder fmod divmod", two_arrays(low=0.5))
calls("power float_power", two_arrays(low=0.5, high=3.0))
calls("bitwise_and bitwise_or bitwise_xor", two_arrays(dtypes=INTEGERS + BOOLS))
calls("left_shift right_shift", two_arrays(dtypes=("int64", "uint8", "int32"), low=0, high=5))
calls("gcd lcm", two_arrays(dtypes=("int64", "int32", "uint8")))
calls("isclose allclose array_equal array_equiv", two_arrays())


@st.composite
def ldexp(draw: Any) -> Call:
    shape = draw(st.lists(st.integers(0, 4), max_size=2).map(tuple))
    return Call((draw(arrays(shape, FLOATS)), draw(arrays(shape, ("int64", "int32")))))


calls("ldexp", ldexp())


@st.composite
def with_bounds(draw: Any) -> Call:
    bounds = draw(st.sampled_from(((-1.0, 1.0), (0, 2), (None, 1.5), (-0.5, None))))
    return Call((draw(arrays()), *bounds))


calls("clip", with_bounds())


@st.composite
def chosen(draw: Any) -> Call:
    a, b = draw(broadcast_pair())
    return Call((draw(arrays(np.shape(a.of(a.whole)), BOOLS)), a, b))


calls("where", chosen())


@st.composite
def rounded(draw: Any) -> Call:
    return Call((draw(arrays(dtypes=FLOATS + INTEGERS)), draw(st.integers(0, 3))))


calls("round around", rounded())
