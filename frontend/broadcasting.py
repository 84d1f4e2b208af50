"""NumPy's broadcasting made explicit: the common shape of operands, and an operand as a tensor of that shape.

Extents are ints, or Scalars where a slice has bounds known only at run time.  Two run-time extents that are not
provably equal are checked at run time, and cut to the smaller, so that a failed check does no harm.  A run-time extent
of 1 is not stretched: the check refuses it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects import discrete, structural
from wengert.dialects.build import constant_like
from wengert.dialects.errors import WengertValueError
from wengert.frontend.intervals import Form, Interval
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Extent, Origins, Scalar, shape_text, weak_int

MISMATCH = "operands could not be broadcast together: extents {0} and {1}"


def form_of(x: Extent) -> Form:
    return x.form if isinstance(x, Scalar) else Form(constant=int(x))


def interval_of(x: Extent) -> Interval:
    return x.interval if isinstance(x, Scalar) else Interval.exactly(int(x))


def origins_of(*operands: Any) -> Origins:
    """All that the operands depend on."""
    return frozenset().union(*[x.origins for x in operands if isinstance(x, Scalar)])


def same_extent(a: Extent, b: Extent) -> bool:
    """Whether two extents or offsets are provably equal."""
    if isinstance(a, int) and isinstance(b, int):
        return a == b
    return a is b or form_of(a).minus(form_of(b)) == 0


def is_below(x: Extent, extent: Extent) -> bool:
    """Whether x < extent is proved by intervals or by forms."""
    high, low = interval_of(x).high, interval_of(extent).low
    if high is not None and low is not None and high < low:
        return True
    return form_of(x).plus(form_of(extent), -1).is_negative()


def smaller(a: Extent, b: Extent) -> Extent:
    """min(a, b) of two integers, either of which may be known only at run time."""
    low, high = interval_of(a), interval_of(b)
    if low.high is not None and high.low is not None and low.high <= high.low:
        return a
    if high.high is not None and low.low is not None and high.high <= low.low:
        return b
    return _extremum(discrete.minsi, a, b, low.smaller(high))


def larger(a: Extent, b: Extent) -> Extent:
    """max(a, b) of two integers, either of which may be known only at run time."""
    low, high = interval_of(a), interval_of(b)
    if low.low is not None and high.high is not None and low.low >= high.high:
        return a
    if high.low is not None and low.high is not None and high.low >= low.high:
        return b
    result = _extremum(discrete.maxsi, a, b, low.larger(high))
    if isinstance(b, int) and b == 0:
        result.positive_part_of = form_of(a)
    return result


def limits_below(start: Extent, stop: Extent) -> tuple[Form, ...]:
    """What a counter is below of in a loop from start to stop: from 0 on, where it runs, max(x, 0) is x."""
    low = interval_of(start).low
    if isinstance(stop, Scalar) and stop.positive_part_of is not None and low is not None and low >= 0:
        return form_of(stop), stop.positive_part_of
    return (form_of(stop),)


def as_index(x: Scalar) -> Scalar:
    """An integer of any type as the Python int of an index; what is too large for one stays out of every range."""
    if x.weak:
        return x
    trace = current()
    if x.element == "i64":
        return weak_int(trace.use(x), x.interval, x.origins, x.form)
    value = trace.cast(x, "i64")
    low, high = x.interval
    if high is not None and high >= 2**63:
        high = None
        with trace.here():
            value = discrete.minui(value, constant_like(2**63 - 1, value))
    return weak_int(value, Interval(low, high), x.origins)


def _extremum(op: Any, a: Extent, b: Extent, interval: Interval) -> Scalar:
    trace = current()
    x, y = trace.cast(a, "i64"), trace.cast(b, "i64")
    with trace.here():
        return weak_int(op(x, y), interval, origins_of(a, b))


def check_equal(a: Extent, b: Extent, kind: str = "ValueError", message: str = MISMATCH) -> None:
    """A run-time check that two integers are equal."""
    trace = current()
    x, y = trace.cast(a, "i64"), trace.cast(b, "i64")
    with trace.here():
        ok = discrete.cmpi("eq", x, y)
    trace.check(ok, kind, message, a, b)


def broadcast_shapes(*shapes: Sequence[Extent]) -> tuple[Extent, ...]:
    """The common shape; WengertValueError when there is none."""
    rank = max(map(len, shapes))
    result: list[Extent] = []
    for d in range(rank):
        extents = [shape[d - rank + len(shape)] for shape in shapes if d - rank + len(shape) >= 0]
        extents = [n for n in extents if not (isinstance(n, int) and n == 1)] or [1]
        common = extents[0]
        for extent in extents[1:]:
            if same_extent(common, extent):
                continue
            if isinstance(common, int) and isinstance(extent, int):
                shown = " ".join(shape_text(tuple(shape)) for shape in shapes)
                fail(
                    f"operands could not be broadcast together with shapes {shown}",
                    error=WengertValueError,
                    why="from the last axis on, extents have to be equal, or one of them 1",
                    help="insert axes of extent 1, for example x[:, None], or reshape one of them",
                )
            check_equal(common, extent)
            common = smaller(common, extent)
        result.append(common)
    return tuple(result)


def fitted(value: Any, have: Sequence[Extent], want: Sequence[Extent]) -> Any:
    """An IR tensor cut to extents that were checked to be equal to its own."""
    if all(same_extent(n, m) for n, m in zip(have, want)):
        return value
    trace = current()
    sizes = [trace.index(n) for n in want]
    with trace.here():
        return structural.extract_slice(value, [0] * len(sizes), sizes, [1] * len(sizes))


def is_empty(shape: Sequence[Extent]) -> bool:
    """Whether an array of that shape certainly has no elements."""
    return any(isinstance(n, int) and n == 0 for n in shape)


def unspecified(shape: Sequence[Extent], element: str) -> Any:
    """An IR tensor with any contents; computing an array without elements gives one, and nothing is left to store."""
    trace = current()
    sizes = [trace.index(n) for n in shape if not isinstance(n, int)]
    return trace.emit("nd.empty", [trace.tensor_type(shape, element)], sizes).result


def tensor(x: Any, element: str, shape: tuple[Extent, ...]) -> Any:
    """An operand as an IR tensor of that element type and shape, with which it was found to be compatible."""
    trace = current()
    if is_empty(shape):
        return unspecified(shape, element)
    if not isinstance(x, Array):
        value = trace.cast(x, element)
        sizes = [trace.index(n) for n in shape]
        with trace.here():
            return structural.filled(value, sizes)
    if is_empty(x.shape):  # nothing of the result exists, or a check has failed
        return unspecified(shape, element)
    padded = shape[len(shape) - x.ndim :]
    want = [n if not (isinstance(m, int) and m == 1) else m for n, m in zip(padded, x.shape)]
    value = trace.convert(fitted(x.read(), x.shape, want), x.element, element)
    if len(want) == len(shape) and all(same_extent(n, m) for n, m in zip(want, shape)):
        return value
    sizes = [trace.index(n) for n in shape]
    with trace.here():
        return structural.broadcast(value, sizes)
