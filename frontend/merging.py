"""What two paths left behind, made into one: numbers, arrays, names and slots of Python objects.

A number becomes a result of the `scf.if`.  A name that refers to one array or another becomes a `Choice`, exactly;
where both arrays were made on their paths and nobody else refers to them, it is simply a new array.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from wengert.frontend.aliases import Shared, alternatives, choose, exists_in, in_c_order, is_usable, roots
from wengert.frontend.broadcasting import interval_of, origins_of
from wengert.frontend.comparison import both, negated
from wengert.frontend.journal import Slot
from wengert.frontend.jumps import RESULT
from wengert.frontend.kinds import Signature, Undefined, materialize
from wengert.frontend.layout import KEEP, Spec, containers, is_mutable, leaves, name_label, original, rebuild
from wengert.frontend.trace import Region, current
from wengert.frontend.values import Array, Box, Scalar


@dataclass
class Branch:
    """What one branch left behind, recorded before it is undone."""

    region: Region
    names: dict[str, Any]
    boxes: dict[int, tuple[Box, Any]]
    slots: dict[Any, tuple[Slot, Any]]

    @contextmanager
    def state(self) -> Iterator[None]:
        """The contents that arrays had at the end of the branch, for a while."""
        before = [(box, box.value) for box, _ in self.boxes.values()]
        for box, value in self.boxes.values():
            box.value = value
        yield
        for box, value in before:
            box.value = value


@dataclass(frozen=True)
class Side:
    """A value on two paths, and what of it differs."""

    spec: Spec
    a: Any
    b: Any

    def pairs(self) -> Iterator[tuple[Any, Any, Signature]]:
        for (x, kind), (y, _) in zip(leaves(self.spec, self.a), leaves(self.spec, self.b), strict=True):
            yield x, y, kind


@dataclass
class Results:
    """The results of the `scf.if` that are still to be made: for each, what the two branches yield."""

    pairs: list[tuple[Any, Any, Signature]] = field(default_factory=list)
    known: dict[tuple[int, int], int] = field(default_factory=dict)

    def add(self, then: Any, otherwise: Any, kind: Signature) -> int:
        """The number of the result that is `then` or `otherwise`; asked twice, it is one result."""
        key = (id(then), id(otherwise))
        if isinstance(then, Undefined) or isinstance(otherwise, Undefined) or key not in self.known:
            self.pairs.append((then, otherwise, kind))
            self.known[key] = len(self.pairs) - 1
            return len(self.pairs) - 1
        return self.known[key]


Made = Callable[[Sequence[Any]], Any]  # from the results of the scf.if to a value


class Contents:
    """The IR value of an array, to be yielded as it is."""

    def __init__(self, value: Any) -> None:
        self.value = value


def materialize_pair(value: Any, kind: Signature) -> Any:
    return value.value if isinstance(value, Contents) else materialize(value, kind)


class Plan:
    """How values that differ on two paths become one, given all of them (arrays may be shared between them)."""

    def __init__(
        self, condition: Scalar, parent: Region, branches: Sequence[Branch], results: Results, sides: list[Side]
    ) -> None:
        self.condition, self.parent, self.results = condition, parent, results
        self.regions = [branch.region for branch in branches]
        arrays = {(id(x), id(y)): (x, y) for side in sides for x, y, kind in side.pairs() if kind.shape is not None}
        used: Counter[Box] = Counter()
        for x, y in arrays.values():
            used.update(list(roots(x) | roots(y)))
        self.shared = {box for box, count in used.items() if count > 1}
        self.made: dict[tuple[int, int], Any] = {}

    def value(self, side: Side, label: str) -> Made:
        """Makes the merged value from the results of the scf.if."""
        if side.spec is KEEP:
            return lambda values: original(side.a)
        pairs = [self.leaf(x, y, kind, label) for x, y, kind in side.pairs()]
        both = list(zip(containers(side.spec, side.a), containers(side.spec, side.b), strict=True))

        def make(values: Sequence[Any]) -> Any:
            new, around = iter(pairs), iter(both)
            return rebuild(side.spec, side.a, lambda: next(new)(values), lambda m: self.container(m, *next(around)))

        return make

    def container(self, made: Any, a: Any, b: Any) -> Any:
        """A new container; which old one it is must not matter, so changing it is refused unless both were new."""
        if not is_mutable(made):
            return made
        known = self.made.setdefault((id(a), id(b)), made)
        self.parent.journal.mark_fresh(known)
        if not all(id(old) in r.journal.fresh for old, r in zip((a, b), self.regions, strict=True)):
            self.parent.journal.guard(known, "which of two objects it is depends on a run-time condition")
        return known

    def leaf(self, x: Any, y: Any, kind: Signature, label: str) -> Made:
        if kind.shape is not None:
            return self.once(x, y, self.array(x, y, kind, label))
        condition = self.condition
        if isinstance(x, bool) and isinstance(y, bool):  # a flag is the predicate itself
            return lambda values: condition if x else negated(condition)
        number = self.results.add(x, y, kind)
        origins = origins_of(condition, x, y)
        low, high = _bounds(x, y)
        return lambda values: Scalar(values[number], kind.element, kind.weak, low, high, origins=origins)

    def array(self, x: Any, y: Any, kind: Signature, label: str) -> Made:
        usable = [isinstance(z, Array) and is_usable(z, self.parent) for z in (x, y)]
        if isinstance(x, Undefined) and usable[1]:
            return lambda values: y
        if isinstance(y, Undefined) and usable[0]:
            return lambda values: x
        x, y = (self.empty(kind, k) if isinstance(z, Undefined) else z for k, z in enumerate((x, y)))
        whole = self.results.add(x, y, kind)
        if all(self.only_here(z, region) for z, region in zip((x, y), self.regions, strict=True)):
            contiguous, shape = in_c_order(x, y), self.shape_after(x, y)
            return lambda values: Box(values[whole], shape(values), kind.element, contiguous=contiguous)
        chances = [self.chances(z, side) for side, z in enumerate((x, y))]
        if None not in chances:
            found = [chance for side in chances for chance in side or ()]
            return lambda values: choose([(array(values), when(values)) for array, when in found], values[whole])
        partners = [self.partner(box, side) for side, z in enumerate((x, y)) for box in roots(z)]
        like = x if isinstance(x, Array) else y
        return lambda values: Shared(values[whole], like, [p(values) for p in partners if p is not None], *named(label))

    def chances(self, array: Any, side: int) -> list[tuple[Made, Made]] | None:
        """The arrays that `array` may be, as they are after the branch, and when; None if that cannot be said."""
        if isinstance(array, Undefined):
            return []
        found: list[tuple[Made, Made]] = []
        with self.within(side):
            alternatives_here = list(alternatives(array))
        for alternative, chance in alternatives_here:
            usable = is_usable(alternative, self.parent)
            if not usable and (not isinstance(alternative, Box) or isinstance(alternative, Shared)):
                return None
            kind = Signature(alternative.element, False, alternative.shape)
            found.append((self.out_of_branch(alternative, side, kind, usable), self.when(chance, side)))
        return found

    def when(self, chance: bool | Scalar, side: int) -> Made:
        """After the branch: whether it was taken and `chance` held in it."""
        taken = self.condition if side == 0 else negated(self.condition)
        if not isinstance(chance, Scalar):
            return lambda values: both(taken, chance)
        if exists_in(self.parent, chance.region):
            return lambda values: both(taken, chance)
        bit = Signature("i1", True, None)
        number = self.results.add(chance, False, bit) if side == 0 else self.results.add(False, chance, bit)
        return lambda values: Scalar(values[number], "i1", True, origins=origins_of(self.condition, chance))

    @contextmanager
    def within(self, side: int) -> Iterator[None]:
        """Operations go to the end of a branch."""
        trace = current()
        trace.region = self.regions[side]
        yield
        trace.region = self.parent

    def partner(self, box: Box, side: int) -> Made | None:
        """After the branch, an array that may share memory with one that refers to `box` in it."""
        usable = is_usable(box, self.parent)
        if not usable and box not in self.shared:
            return None
        return self.out_of_branch(box, side, Signature(box.element, False, box.shape), usable)

    def once(self, x: Any, y: Any, make: Made) -> Made:
        """Two names for the same two arrays are two names for one result."""

        def value(values: Sequence[Any]) -> Any:
            key = (id(x), id(y))
            if key not in self.made:
                self.made[key] = make(values)
            return self.made[key]

        return value

    def out_of_branch(self, array: Any, side: int, kind: Signature, usable: bool) -> Made:
        """The array itself, or after the branch in which it was made, an array with its contents there."""
        if usable:
            return lambda values: array
        empty = self.empty(kind, 1 - side)
        x, y = (array, empty) if side == 0 else (empty, array)
        number = self.results.add(x, y, kind)
        contiguous, shape = in_c_order(array), self.shape_after(x, y)
        return self.once(
            array, array, lambda values: Box(values[number], shape(values), kind.element, contiguous=contiguous)
        )

    def empty(self, kind: Signature, side: int) -> Undefined:
        """What nothing reads in the other branch; extents that are known in one branch only are 0 there."""
        shape = tuple(
            n if isinstance(n, int) or exists_in(self.regions[side], n.region) else 0 for n in kind.shape or ()
        )
        return Undefined(Signature(kind.element, False, shape))

    def shape_after(self, x: Any, y: Any) -> Made:
        """The shape of an array that one of the branches has made; its extents may be results too."""
        shapes = [z.signature.shape if isinstance(z, Undefined) else z.shape for z in (x, y)]
        extents = [self.extent_after(n, m) for n, m in zip(*shapes, strict=True)]
        return lambda values: tuple(extent(values) for extent in extents)

    def extent_after(self, n: Any, m: Any) -> Made:
        if isinstance(n, int) and isinstance(m, int):
            return lambda values: n
        for extent in (n, m):
            if isinstance(extent, Scalar) and exists_in(self.parent, extent.region):
                return lambda values: extent
        number = self.results.add(n, m, Signature("i64", True, None))
        return lambda values: Scalar(values[number], "i64", True, low=0, origins=origins_of(self.condition, n, m))

    def only_here(self, array: Any, region: Region) -> bool:
        """Whether the array was made in this branch and no other merged value shares its memory."""
        if isinstance(array, Undefined):
            return True
        found = roots(array)
        return all(box.region.inside(region) and box not in self.shared for box in found)


def named(label: str) -> tuple[str, bool]:
    """The name in a label, and whether it is that of the returned value."""
    return label.strip("'"), label == name_label(RESULT)


def _bounds(x: Any, y: Any) -> tuple[int | None, int | None]:
    """An interval that holds both integers."""
    if not all(isinstance(z, int) or (isinstance(z, Scalar) and z.element == "i64") for z in (x, y)):
        return None, None
    return interval_of(x).union(interval_of(y))
