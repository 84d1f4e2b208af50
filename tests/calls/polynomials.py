"""Random calls of the polynomials and windows of NumPy."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import FLOATS, INTEGERS, PROGRAMS, Call, View, arrays, calls, one_array, sometimes

SOME = (*FLOATS, "int64", "complex128")
coefficients = arrays(least=1, most=1, smallest=1, dtypes=SOME)


@st.composite
def two_polynomials(draw: Any, **kind: Any) -> Call:
    kind = {"least": 1, "most": 1, "smallest": 1, "dtypes": SOME, **kind}
    return Call((draw(arrays(**kind)), draw(arrays(**kind))))


@st.composite
def evaluated(draw: Any) -> Call:
    return Call((draw(coefficients), draw(arrays(dtypes=SOME))))


@st.composite
def fitted(draw: Any) -> Call:
    degree = draw(st.integers(0, 2))
    n = degree + draw(st.integers(1, 4))
    x = np.linspace(-1.0, 2.0, n)
    weights = sometimes("w", st.just(np.linspace(1.0, 2.0, n)))
    return Call((View(x), draw(arrays((n,), ("float64", "int64"))), degree), draw(weights))


@st.composite
def from_roots(draw: Any) -> Call:
    roots = np.random.default_rng(draw(st.integers(0, 999))).permutation(7)[: draw(st.integers(1, 4))] - 3.0
    return Call((View(np.poly(roots)),))


def sorted_roots(p: Any) -> Any:
    """NumPy gives those at zero last, and real ones as real numbers."""
    return np.sort_complex(np.roots(p))


calls("polyadd polysub", two_polynomials())
calls("polymul", two_polynomials(low=1.0))  # leading zeros stay: docs/python.md
calls("polyval", evaluated())
calls("polyder polyint", st.builds(lambda p, m: Call((p,), m), coefficients, sometimes("m", st.integers(0, 3))))
calls("polyfit", fitted())
calls("poly", one_array(least=1, most=1, dtypes=(*FLOATS, *INTEGERS)))
PROGRAMS["roots"] = sorted_roots
calls("roots", from_roots())
calls("vander", st.builds(lambda x, option: Call((x,), option), coefficients,
                          st.one_of(sometimes("N", st.integers(0, 4)), sometimes("increasing", st.booleans()))))
calls("bartlett blackman hamming hanning", st.integers(0, 6).map(lambda n: Call((n,))))
calls("kaiser", st.builds(lambda n, beta: Call((n, View(np.array(beta)))), st.integers(0, 6), st.floats(0.0, 9.0)))
