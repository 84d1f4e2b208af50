"""What a region of traced code has changed, so that it can be undone, compared and merged.

A region (the body of a loop, a branch of an `if`, the function itself) owns one `Journal`.  Everything that changes
state goes through it *before* the change: `Box.write` calls `box_written`, stores to attributes, containers, closure
cells call `before_attribute`, `before_mutation`, `before_cell`.  The journal keeps the first old value of all that is
older than its region; what was made inside the region needs no undo and is marked with `mark_fresh`.

Names of the user's function are not here: the control-flow objects read them from `locals()`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import CellType
from typing import TYPE_CHECKING, Any

from wengert.dialects.errors import Position

if TYPE_CHECKING:
    from wengert.frontend.trace import Region
    from wengert.frontend.values import Box


class Unbound:
    """The value of a name, attribute or cell that has none."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<unbound>"


UNBOUND = Unbound()

CONTAINERS = (list, dict, set, deque, bytearray)
_MISSING = object()


class Slot:
    """A place in a Python object that holds a value; equal to another when it is the same place."""

    owner: Any
    key: Any = None

    def identity(self) -> tuple[type, int, Any]:
        return type(self), id(self.owner), self.key

    def label(self) -> str:
        raise TypeError(type(self).__name__)

    def get(self) -> Any:
        raise TypeError(type(self).__name__)

    def put(self, value: Any) -> None:
        raise TypeError(type(self).__name__)


@dataclass(eq=False)
class Attribute(Slot):
    """An attribute of an object: in its `__dict__` or in a `__slots__` descriptor."""

    owner: Any
    key: str

    def label(self) -> str:
        return f"{type(self.owner).__name__}.{self.key}"

    def get(self) -> Any:
        fields = getattr(self.owner, "__dict__", None)
        if fields is not None and self.key in fields:
            return fields[self.key]
        descriptor = next((vars(c)[self.key] for c in type(self.owner).__mro__ if self.key in vars(c)), _MISSING)
        if fields is None or hasattr(type(descriptor), "__set__"):
            return getattr(self.owner, self.key, UNBOUND)
        return UNBOUND

    def put(self, value: Any) -> None:
        if value is not UNBOUND:
            object.__setattr__(self.owner, self.key, value)
        elif self.get() is not UNBOUND:
            object.__delattr__(self.owner, self.key)


@dataclass(eq=False)
class Content(Slot):
    """Everything a list, dict, set, deque or bytearray holds; `get` is a shallow copy."""

    owner: Any

    def label(self) -> str:
        return f"a {type(self.owner).__name__}"

    def get(self) -> Any:
        return self.owner.copy()

    def put(self, value: Any) -> None:
        if isinstance(self.owner, (dict, set)):
            self.owner.clear()
            self.owner.update(value)
        elif isinstance(self.owner, deque):
            self.owner.clear()
            self.owner.extend(value)
        else:
            self.owner[:] = value


@dataclass(eq=False)
class Cell(Slot):
    """The variable that an inner function shares with an outer one through `nonlocal`."""

    owner: CellType
    key: str

    def label(self) -> str:
        return self.key

    def get(self) -> Any:
        try:
            return self.owner.cell_contents
        except ValueError:
            return UNBOUND

    def put(self, value: Any) -> None:
        if value is not UNBOUND:
            self.owner.cell_contents = value
        elif self.get() is not UNBOUND:
            del self.owner.cell_contents


@dataclass(eq=False)
class Journal:
    """The first old value of every array and slot changed in one region."""

    boxes: dict[int, tuple[Box, Any]] = field(default_factory=dict)
    slots: dict[tuple[type, int, Any], tuple[Slot, Any]] = field(default_factory=dict)
    fresh: dict[int, Any] = field(default_factory=dict)
    guarded: dict[int, tuple[Any, str]] = field(default_factory=dict)
    places: dict[tuple[type, int, Any], Position | None] = field(default_factory=dict)

    def box_written(self, box: Box) -> None:
        """To be called before the value of `box` changes."""
        if box.region.journal is not self and id(box) not in self.boxes:
            self.boxes[id(box)] = (box, box.value)

    def mark_fresh(self, made: Any) -> Any:
        """Notes that the object was made in this region: the region may change it without undo."""
        self.fresh[id(made)] = made
        return made

    def before_attribute(self, owner: Any, name: str) -> None:
        self.before_store(Attribute(owner, name))

    def before_mutation(self, owner: Any) -> None:
        """To be called before a list, dict, set, deque or bytearray changes."""
        self.before_store(Content(owner))

    def before_cell(self, cell: CellType, name: str) -> None:
        self.before_store(Cell(cell, name))

    def guard(self, made: Any, reason: str) -> Any:
        """Notes that changing this object, here or further inside, has no certain meaning and is to be refused."""
        self.guarded[id(made)] = (made, reason)
        return made

    def before_store(self, slot: Slot) -> None:
        """To be called before any slot gets another value."""
        _refuse_guarded(slot.owner)
        if id(slot.owner) not in self.fresh and slot.identity() not in self.slots:
            self.slots[slot.identity()] = (slot, slot.get())
            from wengert.frontend.positions import user_position  # which needs this module
            self.places[slot.identity()] = user_position()

    def changed_slots(self) -> Iterator[tuple[Slot, Any]]:
        """Every slot that was stored to, with the value it had before."""
        return iter(tuple(self.slots.values()))

    def undo(self) -> None:
        """Gives every array and slot its old value back and forgets them."""
        for box, value in self.boxes.values():
            box.value = value
        for slot, value in reversed(self.slots.values()):
            slot.put(value)
        self.boxes.clear()
        self.slots.clear()


def _refuse_guarded(owner: Any) -> None:
    from wengert.frontend.trace import current, fail

    region: Region | None = current().region
    while region is not None:
        if id(owner) in region.journal.guarded:
            fail(
                f"a {type(owner).__name__} is changed in place that depends on run-time values",
                why=region.journal.guarded[id(owner)][1],
                help="make a new object instead of changing this one",
            )
        region = region.parent
