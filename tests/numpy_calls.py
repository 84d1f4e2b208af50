"""Random calls of covered NumPy functions: what each is called with, as hypothesis strategies.

`CALLS` maps a function to a strategy of `Call`s.  Functions with the same pattern of arguments stand in one group.  A
call may be one that NumPy refuses: then wengert has to refuse it too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from hypothesis import strategies as st

FLOATS, INTEGERS, BOOLS = ("float64", "float32"), ("int64", "int32", "uint8", "int8", "uint32"), ("bool",)
REALS = FLOATS + INTEGERS + BOOLS
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


def calls(names: str, strategy: Strategy) -> None:
    for name in names.split():
        assert name not in CALLS, name
        CALLS[name] = strategy


# ---------------------------------------------------------------- arrays


@st.composite
def arrays(draw: Any, shape: Any = None, dtypes: tuple[str, ...] = REALS, low: float = -3.0, high: float = 3.0,
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


# ---------------------------------------------------------------- ufuncs


@st.composite
def one_array(draw: Any, options: Strategy | None = None, **kind: Any) -> Call:
    return Call((draw(arrays(**kind)),), draw(options) if options is not None else {})


@st.composite
def two_arrays(draw: Any, **kind: Any) -> Call:
    return Call(draw(broadcast_pair(**kind)))


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

# ---------------------------------------------------------------- reductions


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
calls("median nanmedian", reduced(smallest=1, dtypes=FLOATS + INTEGERS))
calls("average", reduced(smallest=1, dtypes=FLOATS + INTEGERS))


@st.composite
def quantile(draw: Any, scale: float) -> Call:
    call = draw(reduced(smallest=1, dtypes=FLOATS))
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

# ---------------------------------------------------------------- shapes


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
def inserted(draw: Any) -> Call:
    return Call((*draw(one_array(least=1)).positional, draw(st.integers(0, 1)), 7), {"axis": 0})


@st.composite
def deleted(draw: Any) -> Call:
    view = draw(arrays(least=1, smallest=2))
    return Call((view, draw(st.sampled_from((0, -1, 1, (0, 1))))), {"axis": draw(an_axis(view, none=False))})


@st.composite
def appended(draw: Any) -> Call:
    return Call((draw(arrays()), draw(arrays())))


calls("delete", deleted())
calls("append", appended())

# ---------------------------------------------------------------- selecting


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

# ---------------------------------------------------------------- products


@st.composite
def multiplied(draw: Any) -> Call:
    n, m, k = (draw(st.integers(0, 3)) for _ in range(3))
    batch = draw(st.sampled_from(((), (2,), (1, 2))))
    first, second = draw(st.sampled_from((((n, m), (m, k)), ((m,), (m, k)), ((n, m), (m,)), ((m,), (m,)),
                                          ((*batch, n, m), (m, k)), ((*batch, n, m), (2, m, k)), ((n, m), (k, m)))))
    dtypes = draw(st.sampled_from((FLOATS, ("int64", "int32"), REALS)))
    return Call((draw(arrays(first, dtypes)), draw(arrays(second, dtypes))))


@st.composite
def vectors(draw: Any, n: int | None = None, dtypes: tuple[str, ...] = FLOATS + INTEGERS) -> Call:
    size = draw(st.integers(0, 4)) if n is None else n
    return Call((draw(arrays((size,), dtypes)), draw(arrays((size,), dtypes))))


calls("dot matmul", multiplied())
calls("inner vdot vecdot", vectors())
calls("outer kron", two_arrays(dtypes=FLOATS + INTEGERS, most=2))
calls("cross", vectors(3, (*FLOATS, "int64")))
