"""What a loop hands from turn to turn: names, slots of Python objects and arrays, laid out in one order.

`Carried` is that order.  Initial operands, block arguments, yields and results all go through `leaves` and `rebuild` of
the same specs, entry by entry, then the arrays; nothing else decides a position.

While a body is traced, every carried number is a Scalar and every carried array leaf a `StandIn`; a carried Box keeps
its identity and gets new contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.frontend.aliases import StandIn, set_contents
from wengert.frontend.complex_numbers.values import Complex
from wengert.frontend.journal import UNBOUND, Content, Slot
from wengert.frontend.kinds import Signature, materialize, signature
from wengert.frontend.layout import (
    KEEP,
    Carry,
    Keep,
    Maybe,
    Node,
    Spec,
    Wording,
    both_bound,
    containers,
    leaves,
    name_label,
    rebuild,
    take_apart,
    unchanged,
    widen,
)
from wengert.frontend.trace import current
from wengert.frontend.values import Box, Scalar

TURNS = Wording("before the loop", "after its body")
Place = str | Slot
Key = Any


@dataclass
class Entry:
    """One place whose value changes: a name or a slot.

    Attributes:
        start: the value before the loop, with the structure that is carried.
        head: whether the body may read the value that the turn before left.
        inside: the value at the start of the turn that is traced.
        end: the value after it.
    """

    place: Place
    start: Any
    spec: Spec
    head: bool = True
    inside: Any = UNBOUND
    end: Any = UNBOUND

    @property
    def label(self) -> str:
        return name_label(self.place) if isinstance(self.place, str) else self.place.label()


@dataclass
class Leaf:
    """One carried leaf: what it is before the loop, at the start of a turn, and after it."""

    entry: Entry
    kind: Signature
    start: Any
    inside: Any
    end: Any


@dataclass
class Carried:
    """All that a loop carries; `origin` is the loop, from which its numbers are said to come."""

    origin: Any
    entries: dict[Key, Entry] = field(default_factory=dict)
    boxes: dict[int, Box] = field(default_factory=dict)
    arguments: dict[int, Any] = field(default_factory=dict)

    # ---- the one order

    def kinds(self) -> list[Signature]:
        found = [kind for entry in self.entries.values() for _, kind in leaves(entry.spec, entry.start)]
        return found + [Signature(box.element, False, box.shape) for box in self.boxes.values()]

    def initial(self) -> list[Any]:
        """The operands of the loop, emitted where we are."""
        values = [materialize(x, k) for entry in self.entries.values() for x, k in leaves(entry.spec, entry.start)]
        return values + [box.read() for box in self.boxes.values()]

    def bind(self, arguments: Sequence[Any]) -> None:
        """Gives slots, arrays and `inside` the values of a turn; to be called in the region of the body."""
        source = iter(arguments)
        journal = current().region.journal
        for entry in self.entries.values():
            old = leaves(entry.spec, entry.start)
            values = [self.argument(next(source), start, kind) for start, kind in old]
            new = rebuild(entry.spec, entry.start, iter(values).__next__, _as_it_is)
            for made in containers(entry.spec, new):
                journal.guard(made, "in the first turn it is another object than in the following ones")
            entry.inside = new if entry.head else UNBOUND
            if isinstance(entry.place, Slot):
                journal.before_store(entry.place)
                entry.place.put(new)
        for key, box in self.boxes.items():
            self.arguments[key] = next(source)
            set_contents(box, self.arguments[key])

    def argument(self, value: Any, start: Any, kind: Signature) -> Any:
        if kind.shape is not None:
            return StandIn(value, start, kind)
        return Scalar(value, kind.element, kind.weak, origins=frozenset([self.origin]))

    def final(self) -> list[Any]:
        """What the body hands on, emitted in the region of the body."""
        values = [materialize(x, k) for entry in self.entries.values() for x, k in leaves(entry.spec, entry.end)]
        return values + [box.read() for box in self.boxes.values()]

    def leaves(self) -> list[Leaf]:
        """All leaves of names and slots, in order."""
        found = []
        for entry in self.entries.values():
            inside = entry.start if entry.inside is UNBOUND else entry.inside
            if isinstance(entry.start, Complex) and not isinstance(inside, Complex):  # it was real in this turn
                inside = entry.start
            triple = zip(
                leaves(entry.spec, entry.start), leaves(entry.spec, inside), leaves(entry.spec, entry.end), strict=True
            )
            for (start, kind), (at_head, _), (end, _) in triple:
                found.append(Leaf(entry, kind, start, at_head if entry.inside is not UNBOUND else None, end))
        return found

    # ---- finding out what changes

    def include(self, key: Key, place: Place, start: Any, end: Any, head: bool) -> bool:
        """Takes account of the value a turn ended with; whether more has to be carried than so far."""
        entry = self.entries.get(key)
        known = entry.start if entry is not None else start
        first, last = both_bound(known, end, place if isinstance(place, str) else place.label())
        if first is UNBOUND:
            return False
        spec: Spec = entry.spec if entry is not None else KEEP
        if entry is not None and isinstance(first, Maybe) and not isinstance(entry.start, Maybe):
            apart = take_apart(first)
            assert apart is not None
            spec = Node(apart[0], (spec, KEEP))
        if isinstance(first, Complex) and isinstance(spec, Carry):  # a real number so far
            spec = Node(take_apart(first)[0], (spec, KEEP))  # type: ignore[index]
        label = name_label(place) if isinstance(place, str) else place.label()
        wider = widen(spec, first, last, label, TURNS)
        if entry is None:
            if isinstance(wider, Keep):
                return False
            self.entries[key] = Entry(place, first, wider, head, end=last)
            return True
        entry.start, entry.spec, entry.end = first, wider, last
        return not unchanged(spec, wider)

    def include_box(self, box: Box) -> bool:
        if id(box) in self.boxes:
            return False
        self.boxes[id(box)] = box
        return True

    def predict(self, key: Key, place: Place, start: Any, spec: Spec | None = None) -> None:
        """Carries a number from the first trial on."""
        kind = signature(start)
        if kind is not None and kind.shape is None:
            self.entries[key] = Entry(place, start, spec or Carry(kind))

    def written(self, box: Box) -> bool:
        """Whether the traced turn changed a carried array."""
        return self.arguments.get(id(box)) is not box.value


def grows(slot: Slot, old: Any, new: Any) -> bool:
    """Whether a list, dict or set changed the number or the keys of its items."""
    if not isinstance(slot, Content):
        return False
    first, second = take_apart(old), take_apart(new)
    return first is None or second is None or first[0] != second[0]


def _as_it_is(made: Any) -> Any:
    return made
