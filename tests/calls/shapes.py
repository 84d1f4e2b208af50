"""Random calls of functions that shape, join and cut arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls.registry import (
    FLOATS,
    INTEGERS,
    REALS,
    Call,
    Strategy,
    an_axis,
    arrays,
    calls,
    one_array,
    rank,
    sometimes,
    two_arrays,
)


@st.composite
def along(draw: Any, none: bool = False, least: int = 1, extra: Strategy | None = None, **kind: Any) -> Call:
    view = draw(arrays(least=least, **kind))
    return Call((view,), {"axis": draw(an_axis(view, none))} | (draw(extra) if extra is not None else {}))


@st.composite
def two_axes(draw: Any, given: bool = False) -> Call:
    view = draw(arrays(least=2))
    n = rank(view)
    first, second = draw(st.permutations(range(n)))[:2]
    return Call((view, draw(st.sampled_from((first, first - n))), second))


@st.composite
def flipped(draw: Any) -> Call:
    view = draw(arrays())
    return Call((view,), {"axis": draw(an_axis(view, several=True))})


@st.composite
def rolled(draw: Any) -> Call:
    view = draw(arrays())
    axis = draw(an_axis(view, several=True))
    shift: Any = draw(st.integers(-5, 5))
    if isinstance(axis, tuple):
        shift = tuple(draw(st.integers(-3, 3)) for _ in axis)
    return Call((view, shift), {"axis": axis})


@st.composite
def transposed(draw: Any) -> Call:
    view = draw(arrays())
    return Call((view, draw(st.one_of(st.none(), st.permutations(range(rank(view))).map(tuple)))))


@st.composite
def reshaped(draw: Any) -> Call:
    view = draw(arrays(smallest=1))
    size = view.of(view.whole).size
    shapes: list[Any] = [size, -1, (size,), (1, -1), (-1, 1), (size, 1)]
    shapes += [(k, -1) for k in (2, 3) if size % k == 0]
    return Call((view, draw(st.sampled_from(shapes))), draw(sometimes("order", st.sampled_from(("C", "F")))))


@st.composite
def repeated(draw: Any) -> Call:
    view = draw(arrays())
    return Call((view, draw(st.integers(0, 3))), {"axis": draw(an_axis(view))})


@st.composite
def tiled(draw: Any) -> Call:
    times = st.one_of(st.integers(0, 3), st.tuples(st.integers(0, 2), st.integers(1, 2)))
    return Call((draw(arrays(most=2)), draw(times)))


@st.composite
def padded(draw: Any) -> Call:
    view = draw(arrays(least=1, most=2, smallest=2))
    width: Any = draw(st.integers(0, 3))
    if draw(st.booleans()):
        width = tuple((draw(st.integers(0, 2)), draw(st.integers(0, 2))) for _ in range(rank(view)))
    mode = draw(st.sampled_from(("constant", "edge", "reflect", "symmetric", "wrap", "maximum", "mean", "linear_ramp")))
    return Call((view, width), {"mode": mode})


@st.composite
def joined(draw: Any, least: int = 1, axis: bool = True) -> Call:
    shape = tuple(draw(st.lists(st.integers(0, 3), min_size=least, max_size=3)))
    dtypes = draw(st.sampled_from((FLOATS, INTEGERS, REALS)))
    parts = [draw(arrays(shape, dtypes)) for _ in range(draw(st.integers(1, 3)))]
    return Call((parts,), {"axis": draw(st.integers(-len(shape), len(shape) - 1))} if axis and shape else {})


@st.composite
def cut(draw: Any, axis: bool = True, least: int = 1) -> Call:
    view = draw(arrays(least=least, smallest=1))
    parts = draw(st.one_of(st.integers(1, 3), st.lists(st.integers(0, 4), max_size=3).map(sorted).map(tuple)))
    return Call((view, parts), {"axis": draw(an_axis(view, none=False))} if axis else {})


@st.composite
def with_diagonal(draw: Any, least: int, most: int = 3) -> Call:
    return Call((draw(arrays(least=least, most=most)), draw(st.integers(-3, 3))))


calls("squeeze", one_array())
calls("expand_dims", along(least=0))
calls("flip", flipped())
calls("fliplr flipud", one_array(least=1))
calls("rot90", with_diagonal(2))
calls("roll", rolled())
calls("swapaxes moveaxis rollaxis", two_axes())
calls("transpose", transposed())
calls("matrix_transpose", one_array(least=2))
calls("atleast_1d atleast_2d atleast_3d", one_array())
calls("reshape", reshaped())
calls("repeat", repeated())
calls("tile", tiled())
calls("pad", padded())
calls("concatenate", joined())
calls("stack", joined(0))
calls("hstack vstack dstack column_stack", joined(1, axis=False))
calls("split array_split", cut())
calls("hsplit vsplit", cut(axis=False, least=2))
calls("diag", with_diagonal(1, 2))
calls("diagflat", with_diagonal(0))
calls("tril triu", with_diagonal(2))
calls("trace diagonal", with_diagonal(2))
calls("diff", along(extra=sometimes("n", st.integers(0, 2)), dtypes=FLOATS + INTEGERS))
calls("ediff1d", one_array(dtypes=FLOATS + INTEGERS))
calls("gradient", along(most=2, smallest=2, dtypes=FLOATS))
calls("trapezoid", along(dtypes=FLOATS, extra=sometimes("dx", st.just(0.5))))
calls("zeros_like ones_like empty_like", one_array())
calls("flatnonzero nonzero argwhere", one_array(least=1))
calls("unwrap", along(dtypes=FLOATS))
calls("sort argsort", along(none=True, extra=st.just({"kind": "stable"})))
calls("meshgrid broadcast_arrays", two_arrays(least=1))


@st.composite
def deleted(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=2))
    return Call((view, draw(st.sampled_from((0, -1, 1, (0, 1))))), {"axis": draw(an_axis(view, none=False))})


@st.composite
def appended(draw: Any) -> Call:
    return Call((draw(arrays()), draw(arrays())))


calls("delete", deleted())
calls("append", appended())


@st.composite
def inserted(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=1))
    axis = draw(an_axis(view))
    seen = view.of(view.whole)
    n = seen.size if axis is None else seen.shape[axis]
    place = draw(st.one_of(st.integers(-n, n), st.lists(st.integers(0, n), min_size=1, max_size=3)))
    return Call((view, place, draw(arrays((), (str(seen.dtype), "float64"), low=0.0))), {"axis": axis})


@st.composite
def resized(draw: Any) -> Call:
    return Call((draw(arrays()), draw(st.one_of(st.integers(0, 7), st.tuples(st.integers(0, 3), st.integers(0, 3))))))


@st.composite
def blocks(draw: Any) -> Call:
    n, m, k = (draw(st.integers(0, 3)) for _ in range(3))
    if draw(st.booleans()):
        return Call(([draw(arrays((n, m))), draw(arrays((n, k)))],))
    return Call(([[draw(arrays((n, m))), draw(arrays((n, k)))], [draw(arrays((2, m))), draw(arrays((2, k)))]],))


@st.composite
def applied(draw: Any, several: bool) -> Call:
    view = draw(arrays(least=1, smallest=1, dtypes=FLOATS))
    axis = draw(an_axis(view, none=False))
    function = draw(st.sampled_from((np.sum, np.max, np.mean) if several else (np.sum, np.cumsum, np.sort, np.ptp)))
    return Call((function, view, (axis,)) if several else (function, axis, view))


calls("insert", inserted())
calls("resize", resized())
calls("block", blocks())
calls("dsplit", st.builds(lambda a, n: Call((a, n)), arrays(least=3, smallest=1), st.integers(1, 3)))
calls("unstack", along())
calls("apply_along_axis", applied(False))
calls("apply_over_axes", applied(True))
