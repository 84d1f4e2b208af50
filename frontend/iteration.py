"""What a `for` can walk as a loop of the IR: ranges, arrays, and `enumerate`, `zip` and `reversed` of these.

Everything else Python iterates over, and the loop unrolls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import as_index
from wengert.frontend.capture import stays_python
from wengert.frontend.complex_numbers.values import ComplexArray
from wengert.frontend.conversions import is_integer, is_whole
from wengert.frontend.reads import note_items
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Scalar

Integer = Any  # an int or a Scalar of element i64


@dataclass(frozen=True, eq=False)
class Range:
    """`range(start, stop, step)` with at least one bound known only at run time; the step is a Python int."""

    start: Integer
    stop: Integer
    step: int = 1

    def python(self, reason: str) -> range:
        """The Python range; asks for the bounds to become Python ints."""
        for bound in (self.start, self.stop):
            if isinstance(bound, Scalar):
                current().need_static(bound, reason)
        return range(self.start, self.stop, self.step)

    def __iter__(self) -> Iterator[int]:
        return iter(self.python("a range is walked by Python"))

    def __len__(self) -> int:
        return len(self.python("the length of a range"))

    def __getitem__(self, index: Any) -> Any:
        return self.python("a range is indexed")[index]

    def __contains__(self, item: Any) -> bool:
        return item in self.python("`in` a range")


@dataclass(frozen=True, eq=False)
class Indexed:
    """A sequence of known length whose items are made on demand: `at(i)` for an int or an i64 Scalar."""

    length: Integer
    at: Callable[[Integer], Any]

    def __iter__(self) -> Iterator[Any]:
        if isinstance(self.length, Scalar):
            current().need_static(self.length, "a sequence is walked by Python")
        return (self.at(i) for i in range(self.length))

    def __len__(self) -> int:
        if isinstance(self.length, Scalar):
            current().need_static(self.length, "the length of a sequence")
        return int(self.length)


@dataclass(frozen=True, eq=False)
class Stepped(Indexed):
    """A range whose step is known only at run time."""

    start: Integer = 0
    step: Integer = 1

    @staticmethod
    def of(start: Integer, stop: Integer, step: Scalar) -> Stepped:
        from wengert.frontend.arithmetic import binary
        from wengert.frontend.broadcasting import larger
        from wengert.frontend.comparison import compare, select

        current().check(compare("NotEq", step, 0), "ValueError", "range() arg 3 must not be zero")
        up = compare("Gt", step, 0)
        distance = select(up, binary("Sub", stop, start), binary("Sub", start, stop))
        size = larger(select(up, step, binary("Sub", 0, step)), 1)
        turns = larger(binary("FloorDiv", binary("Sub", binary("Add", distance, size), 1), size), 0)
        return Stepped(turns, lambda i: binary("Add", start, binary("Mult", i, step)), start, step)


def contains(items: Any, x: Any) -> Any:
    """``x in items`` for a range of any kind."""
    from wengert.frontend.arithmetic import binary
    from wengert.frontend.comparison import both, compare

    start, step = items.start, items.step
    length = items.length if isinstance(items, Stepped) else trip_count(items)
    turn = binary("FloorDiv", binary("Sub", x, start), step)
    inside = both(compare("GtE", turn, 0), compare("Lt", turn, length))
    return both(inside, compare("Eq", binary("Add", start, binary("Mult", turn, step)), x))


def range_(*arguments: Any) -> range | Range | Stepped:
    """`range`, of Python ints or of integers known at run time."""
    for bound in arguments:
        if isinstance(bound, Scalar) and not is_whole(bound.element):
            fail(f"range() takes integers, not {bound.type_name}", error=WengertTypeError)
        if isinstance(bound, Array):
            fail("range() takes integers, not arrays", error=WengertTypeError, help="index the array to get an element")
    if not any(isinstance(bound, Scalar) for bound in arguments):
        return range(*arguments)
    arguments = tuple(as_index(x) if isinstance(x, Scalar) and is_integer(x.element) else x for x in arguments)
    start, stop, step = (0, *arguments, 1) if len(arguments) == 1 else (*arguments, 1)[:3]
    if isinstance(step, Scalar):
        return Stepped.of(start, stop, step)
    if step == 0:
        fail("range() arg 3 must not be zero", error=WengertValueError)
    return Range(start, stop, step)


def indexed(iterable: Any) -> Indexed | None:
    """The iterable as a sequence that a loop of the IR can walk, or None when Python has to."""
    from wengert.frontend.indexing import getitem

    match iterable:
        case Indexed():
            return iterable
        case range():
            return Indexed(len(iterable), lambda i: _nth(iterable.start, iterable.step, i))
        case Range():
            return Indexed(trip_count(iterable), lambda i: _nth(iterable.start, iterable.step, i))
        case Array() | ComplexArray() if iterable.ndim:
            return Indexed(iterable.shape[0], lambda i: getitem(iterable, i))
        case np.ndarray() if iterable.ndim and not stays_python(iterable):
            return Indexed(len(iterable), lambda i: getitem(iterable, i))
    from wengert.frontend.growing import is_growing, walked

    if is_growing(iterable):
        return walked(iterable)
    note_items(iterable)
    return None


def _nth(start: Integer, step: int, i: Integer) -> Integer:
    from wengert.frontend.arithmetic import binary

    scaled = i if step == 1 else binary("Mult", i, step)
    return scaled if isinstance(start, int) and start == 0 else binary("Add", start, scaled)


def trip_count(r: range | Range) -> Integer:
    """The number of turns: max(0, ceil((stop - start) / step))."""
    from wengert.frontend.arithmetic import binary
    from wengert.frontend.broadcasting import larger

    if isinstance(r, range):
        return len(r)
    distance = binary("Sub", r.stop, r.start) if r.step > 0 else binary("Sub", r.start, r.stop)
    size = abs(r.step)
    turns = distance if size == 1 else binary("FloorDiv", binary("Add", distance, size - 1), size)
    return larger(turns, 0)


def enumerate_(iterable: Any, start: Integer = 0) -> Any:
    """`enumerate`: a loop of the IR if the iterable is one."""
    items = indexed(iterable)
    if items is None:
        return enumerate(iterable, start)
    return Indexed(items.length, lambda i: (_nth(start, 1, i), items.at(i)))


def zip_(*iterables: Any, strict: bool = False) -> Any:
    """`zip`: a loop of the IR if all iterables are."""
    from wengert.frontend.broadcasting import same_extent, smaller

    items = [indexed(iterable) for iterable in iterables]
    if not items or any(i is None for i in items):
        return zip(*iterables, strict=strict)
    sequences = [i for i in items if i is not None]
    length = sequences[0].length
    for other in sequences[1:]:
        if strict and not same_extent(length, other.length):
            fail("zip() arguments have different lengths", error=WengertValueError)
        length = length if same_extent(length, other.length) else smaller(length, other.length)
    return Indexed(length, lambda i: tuple(s.at(i) for s in sequences))


def reversed_(iterable: Any) -> Any:
    """`reversed`: a loop of the IR if the iterable is one."""
    from wengert.frontend.arithmetic import binary

    if isinstance(iterable, range):
        return iterable[::-1]
    items = indexed(iterable)
    if items is None:
        return reversed(iterable)
    length = items.length
    return Indexed(length, lambda i: items.at(binary("Sub", binary("Sub", length, 1), i)))
