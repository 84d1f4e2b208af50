"""Lists that grow in a loop of run-time length: their items are rows of arrays.

A loop whose body appends to a list from before it is traced with the list holding one `Stretch`: arrays with room for
all items, and the number of items so far.  The room is known before the loop starts, from its number of turns and from
what one turn appended in a trial.  Items are numbers, arrays of one shape and dtype, and tuples of these.

Only `append` makes a stretch longer, and only inside the loop it was made for; `len`, `item` and iteration read it;
NumPy's functions see an array.  Whatever else touches such a list gets the items themselves, for which their number has
to be known while compiling.  An appended array is a copy in the stretch: writing to the original afterwards is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, NoReturn, TypeGuard

from wengert.dialects.errors import WengertIndexError
from wengert.frontend.aliases import roots
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import form_of, larger, smaller
from wengert.frontend.comparison import compare
from wengert.frontend.iteration import Indexed
from wengert.frontend.journal import Content, Slot
from wengert.frontend.kinds import Mismatch, Undefined, signature
from wengert.frontend.layout import Carry, Node, Spec, leaves, rebuild, take_apart, widened
from wengert.frontend.trace import Detour, NeedsStatic, current, fail
from wengert.frontend.values import DATA, Array, Extent, Origins, Scalar

#: Loops with a known number of turns up to this unroll, and their lists stay lists.
FEW = 8


@dataclass(frozen=True, eq=False)
class Layout:
    """What the items of a stretch are: one spec for all, and an item of their structure with None for its leaves."""

    spec: Spec
    example: Any


@dataclass(frozen=True, eq=False)
class Stretch:
    """Some items of a list.

    items: an array for each leaf of an item, of shape (room, *shape of the leaf).
    count: how many there are.
    layout: what an item is.
    loop: the loop in which items may be appended.
    """

    spoken: ClassVar[str] = "items of a number known only at run time"

    items: tuple[Array, ...]
    count: Extent
    layout: Layout
    loop: Any

    @property
    def room(self) -> Extent:
        return self.items[0].shape[0]

    @property
    def is_open(self) -> bool:
        return self.loop.traced and current().region.inside(self.loop.region)

    def row(self, i: Extent) -> Any:
        """Item i, which exists."""
        from wengert.frontend.indexing import element, getitem

        values = []
        kinds = [kind for _, kind in leaves(self.layout.spec, self.layout.example)]
        for array, kind in zip(self.items, kinds, strict=True):
            if kind.shape is None:
                number = element(array, (i,))
                values.append(Scalar(number.value, kind.element, kind.weak, origins=DATA))
            else:
                item = getitem(array, i).__copy__()
                item.appended = True  # writing to it would have to change the list
                values.append(item)
        return rebuild(self.layout.spec, self.layout.example, iter(values).__next__, lambda made: made)


class Grown(Detour):
    """A list is longer at the end of a turn or branch than at its start; the loop around is to make room.

    Args:
        owner: the list.
        layout: what its items are.
        a_turn: how many items were added at most.
        refusal: the error where no loop can.

    What decides whether it happens depends on its `origins`, if a branch does.
    """

    origins: Origins = DATA

    def __init__(self, owner: list[Any], layout: Layout, a_turn: int, refusal: Exception) -> None:
        super().__init__(str(refusal))
        self.owner, self.layout, self.a_turn, self.refusal = owner, layout, a_turn, refusal


def grown(slot: Slot, old: Any, new: Any, refusal: Exception) -> Grown | None:
    """What a change of a slot is if it made a list longer, by items that a stretch can hold."""
    if not isinstance(slot, Content) or not isinstance(slot.owner, list):
        return None
    first, second = take_apart(old), take_apart(new)
    if first is None or second is None or first[0].type is not list or second[0].type is not list:
        return None
    a_turn = form_of(room_of(second[1])).minus(form_of(room_of(first[1])))
    if a_turn is None or a_turn <= 0:
        return None
    try:
        return Grown(slot.owner, _layout([*first[1], *second[1]]), a_turn, refusal)
    except Mismatch:
        return None


# ---------------------------------------------------------------- items


def _layout(items: Iterable[Any]) -> Layout:
    """What all items are; raises Mismatch where they are not of one kind."""
    found: Layout | None = None
    for item in items:
        one = item.layout if isinstance(item, Stretch) else _layout_of(item)
        found = one if found is None else Layout(_joined(found.spec, one.spec), found.example)
    if found is None:
        raise Mismatch
    return found


def _layout_of(item: Any) -> Layout:
    spec = _whole(item)
    return Layout(spec, rebuild(spec, item, lambda: None, lambda made: made))


def _whole(item: Any) -> Spec:
    """The spec of an item all leaves of which are run-time values."""
    kind = signature(item)
    if kind is not None:
        if kind.shape is not None and not all(isinstance(n, int) for n in kind.shape):
            raise Mismatch
        return Carry(kind)
    apart = take_apart(item)
    if apart is None or apart[0].type is not tuple or not apart[1]:
        raise Mismatch
    return Node(apart[0], tuple(_whole(part) for part in apart[1]))


def _joined(a: Spec, b: Spec) -> Spec:
    match a, b:
        case Carry(), Carry():
            return widened(a, None, Undefined(b.signature))
        case Node(), Node() if a.frame == b.frame:
            return Node(a.frame, tuple(_joined(x, y) for x, y in zip(a.parts, b.parts, strict=True)))
    raise Mismatch


# ---------------------------------------------------------------- making room


def room_of(items: Iterable[Any]) -> Extent:
    total: Extent = 0
    for item in items:
        total = binary("Add", total, item.room if isinstance(item, Stretch) else 1)
    return total


def count_of(items: Iterable[Any]) -> Extent:
    """The length of a list."""
    total: Extent = 0
    for item in items:
        total = binary("Add", total, item.count if isinstance(item, Stretch) else 1)
    return total


def make_room(change: Grown, turns: Extent, loop: Any) -> None:
    """Gives the list one stretch with its items and room for those of the loop; `loop.rooms` has what it held."""
    owner = change.owner
    room = binary("Add", count_of(owner), binary("Mult", turns, change.a_turn))
    current().growing = True
    current().region.journal.before_mutation(owner)
    loop.rooms.append((owner, list(owner)))
    owner[:] = [_packed(owner, change.layout, room, loop)]


def _packed(items: list[Any], layout: Layout, room: Extent, loop: Any) -> Stretch:
    """All items in one stretch."""
    from wengert.frontend.indexing import getitem, setitem
    from wengert.frontend.numpy_table.creation import uninitialised

    kinds = [kind for _, kind in leaves(layout.spec, layout.example)]
    arrays = tuple(uninitialised((room, *(kind.shape or ())), kind.element) for kind in kinds)
    at: Extent = 0
    for item in items:
        if isinstance(item, Stretch):
            upto = binary("Add", at, item.count)
            for array, old in zip(arrays, item.items, strict=True):
                setitem(array, slice(at, upto), getitem(old, slice(0, item.count)))
            at = upto
        else:
            _store(arrays, at, item, layout)
            at = binary("Add", at, 1)
    return Stretch(arrays, at, layout, loop)


def _store(arrays: tuple[Array, ...], at: Extent, item: Any, layout: Layout) -> None:
    from wengert.frontend.indexing import setitem

    for array, (leaf, _) in zip(arrays, leaves(layout.spec, item), strict=True):
        setitem(array, at, leaf)
        note_appended(leaf)


# ---------------------------------------------------------------- what is done with the list


def is_growing(x: Any) -> TypeGuard[list[Any]]:
    return isinstance(x, list) and any(isinstance(item, Stretch) for item in x)


def append(owner: list[Any], item: Any) -> None:
    """``owner.append(item)``"""
    last = owner[-1] if owner else None
    current().region.journal.before_mutation(owner)
    if not isinstance(last, Stretch) or not last.is_open:
        owner.append(item)
        return
    try:
        layout = _layout([last, item])
    except Mismatch:
        layout = None
    if layout is None or not _fits(layout.spec, last.layout.spec):
        raise NeedsStatic([last.loop], "items of different kinds are appended to a list in this loop")
    if _is_older(item, last.loop):
        raise NeedsStatic([last.loop], "an array that is older than the turn of this loop is appended to a list")
    current().check(compare("Lt", last.count, last.room), "RuntimeError", "a list has outgrown its room")
    _store(last.items, smaller(last.count, binary("Sub", last.room, 1)), item, last.layout)
    owner[-1] = replace(last, count=binary("Add", last.count, 1))


def note_appended(array: Any) -> Any:
    """A list holds a copy of the array: changing it later is refused."""
    for box in roots(array):
        box.appended = True
    return array


def is_appended(array: Any) -> bool:
    return any(box.appended for box in roots(array))


def refuse_change_of_appended() -> NoReturn:
    fail(
        "an array is changed in place after it was appended to a list",
        why="in a loop of run-time length the list holds copies, which would not change with it",
        help="append a copy: x.copy()",
    )


def _fits(wider: Spec, known: Spec) -> bool:
    """Whether items of the joined kind are those that are known."""
    match wider, known:
        case Carry(), Carry():
            return wider.signature.agrees(known.signature)
        case Node(), Node():
            return all(map(_fits, wider.parts, known.parts))
    return False


def _is_older(item: Any, loop: Any) -> bool:
    """Whether a turn appends an array from before it: if that is changed later, the items change with it."""
    if isinstance(item, tuple):
        return any(_is_older(part, loop) for part in item)
    return isinstance(item, Array) and any(not box.region.inside(loop.region) for box in roots(item))


def settled(owner: list[Any], reason: str) -> list[Any]:
    """Puts the items themselves into the list; their number has to be known."""
    if not is_growing(owner):
        return owner
    items: list[Any] = []
    for item in list(owner):
        if isinstance(item, Stretch):
            count = item.count
            if isinstance(count, Scalar):
                if item.is_open or "data" in count.origins or not count.origins:
                    fail(f"{reason}, of which the length is known only at run time",
                         help="use its length, its items, or np.array of it; or an array made before the loop")
                count = current().need_static(count, reason)
            items += [item.row(i) for i in range(count)]
        else:
            items.append(item)
    current().region.journal.before_mutation(owner)
    owner[:] = items
    return owner


def one_stretch(owner: list[Any]) -> Stretch:
    """The list as one stretch, which it then holds."""
    if len(owner) == 1:
        only: Stretch = owner[0]
        return only
    stretch = _packed(owner, _layout(owner), count_of(owner), CLOSED)
    current().region.journal.before_mutation(owner)
    owner[:] = [stretch]
    return stretch


class _Closed:
    """Stands for the loop of a stretch that was made outside of any."""

    traced = False


CLOSED = _Closed()


def item_at(owner: list[Any], index: Any) -> Any:
    """``owner[index]`` for an integer."""
    from wengert.frontend.subscripts import from_end

    if isinstance(index, int):
        stretches = [k for k, item in enumerate(owner) if isinstance(item, Stretch)]
        if 0 <= index < stretches[0] or stretches[-1] - len(owner) < index < 0:
            return owner[index]
    stretch = one_stretch(owner)
    place = from_end(index, stretch.count)
    inside = compare("Lt", place, stretch.count)
    message = "list index out of range"
    if inside is False:
        fail(message, error=WengertIndexError)
    current().check(inside, "IndexError", message)
    current().check(compare("GtE", place, 0), "IndexError", message)
    return stretch.row(larger(smaller(place, binary("Sub", stretch.room, 1)), 0))


def walked(owner: list[Any]) -> Indexed:
    """The list as a sequence that a loop of the IR can walk."""
    stretch = one_stretch(owner)
    return Indexed(stretch.count, stretch.row)


def as_array(owner: list[Any]) -> Array | None:
    """A copy of the items as one array; None where they are tuples."""
    from wengert.frontend.indexing import getitem

    stretch = one_stretch(owner)
    if not isinstance(stretch.layout.spec, Carry):
        return None
    rows: Array = getitem(stretch.items[0], slice(0, stretch.count)).__copy__()
    return rows


def handed_on(x: Any, reason: str) -> Any:
    """An argument of a function that is not traced: arrays in place of lists of run-time length, as far as can be."""
    if is_growing(x):
        found = as_array(x)
        return settled(x, reason) if found is None else found
    if isinstance(x, (list, tuple)):
        for part in x:
            if is_growing(part):
                settled(part, reason)
    return x
