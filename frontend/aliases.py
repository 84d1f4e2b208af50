"""Which memory a name refers to, where control flow leaves that open.

A loop that binds a name to a new array in every turn hands the *contents* on.  That is exact as long as nobody writes
to memory that two names may or may not share.  Three kinds of Box keep watch over it:

* `StandIn`: what a carried array is inside of a body; remembers where it was written first.
* `Shared`: an array that may be the same memory as others; reading it after one of them changed is refused, and so is
  writing it, unless the others are private: then they are lost, that is, cannot be read any more.
* `Choice`: a Phi that knows the contents of the right one as of the end of the `if`, so that reading needs no select.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator
from typing import Any

from wengert.dialects.errors import Position
from wengert.frontend.comparison import both, negated
from wengert.frontend.trace import Region, current, fail, user_position
from wengert.frontend.values import Array, Box, Phi, Scalar, View, c_layout


class StandIn(Box):
    """A carried array inside of a loop body.

    Attributes:
        argument: the block argument that is its value at the start of the turn.
        written_at: where it was written first.
    """

    written_at: Position | None = None

    def __init__(self, argument: Any, like: Any, kind: Any) -> None:
        super().__init__(argument, kind.shape, kind.element, contiguous=in_c_order(like))
        self.argument = argument

    @property
    def is_written(self) -> bool:
        return self.value is not self.argument

    def write(self, value: Any) -> None:
        if self.written_at is None:
            self.written_at = user_position() or Position("<unknown>", 0)
        super().write(value)


class Shared(Box):
    """A copy that is as good as the original until one of those who may share its memory is written.

    Args:
        others: the arrays that may be the same memory.
        name: what the user calls this array, for messages.
        asleep: nothing is watched before `wake`; for the value of a function that has returned already on this path, so
            that what is written behind the `return` does not run there.
    """

    def __init__(self, value: Any, like: Array, others: Iterable[Box], name: str, asleep: bool = False) -> None:
        super().__init__(value, like.shape, like.element, contiguous=in_c_order(like))
        self.others: list[tuple[Box, Any]] = []
        self.name, self.asleep, self.contents = name, asleep, value
        self.watch(others)

    def watch(self, others: Iterable[Box]) -> None:
        """More arrays that may share the memory, as they are now."""
        self.others += [(box, box.value) for box in others]

    def read(self) -> Any:
        self.refuse_if_stale()
        return super().read()

    def refuse_if_stale(self) -> None:
        """Another array may have changed; those that a write to this one lost do not count."""
        written = self.value is not self.contents
        changed = [box for box, seen in self.others if box.value is not seen]
        if not self.asleep and not all(written and box.value is None for box in changed):
            self.refuse("another array was written that may share its memory")

    def write(self, value: Any) -> None:
        self.refuse_if_stale()
        shared = [box for box, _ in self.others if box.value is not None]
        if not all(is_private(box) for box in shared):
            self.refuse("it may share its memory with an array that the caller sees")
        for box in shared:
            lose(box)
        super().write(value)

    def wake(self) -> None:
        """From now on the others are watched."""
        self.others, self.asleep = [(box, box.value) for box, _ in self.others], False

    def refuse(self, reason: str) -> None:
        fail(
            f"an array that '{self.name}' refers to depends on run-time values, and is changed in place",
            why=f"{reason}; which memory that is, is not known while compiling",
            help=f"write `{self.name} = {self.name}.copy()` before changing it",
        )


class Choice(Phi):
    """A Phi with the contents of the chosen array at the time of its making."""

    def __init__(self, condition: Scalar, a: Array, b: Array, contents: Any) -> None:
        super().__init__(condition, a, b)
        self.contents = contents
        self.seen = [(box, box.value) for box in (*roots(a), *roots(b))]

    def read(self) -> Any:
        if all(box.value is seen for box, seen in self.seen):
            return self.contents
        return super().read()


def choose(chances: Iterable[tuple[Array, Any]], contents: Any) -> Array:
    """The one of several arrays whose condition holds; `contents` is what it holds now."""
    merged: dict[int, tuple[Array, Any]] = {}
    for array, chance in chances:
        before = merged[id(array)][1] if id(array) in merged else False
        merged[id(array)] = array, either(before, chance)
    *others, (result, _) = merged.values()
    for array, chance in others[1:]:
        result = Phi(chance, array, result)
    return Choice(others[0][1], others[0][0], result, contents) if others else result


def alternatives(array: Array) -> Iterator[tuple[Array, Any]]:
    """The arrays that are no Phi, each with the condition under which it is the one."""
    if not isinstance(array, Phi):
        yield array, True
        return
    for side, condition in ((array.a, array.condition), (array.b, negated(array.condition))):
        for alternative, chance in alternatives(side):
            yield alternative, both(condition, chance)


def either(a: Any, b: Any) -> Any:
    """``a or b`` of two truths, each a bool or a Scalar of element i1."""
    return negated(both(negated(a), negated(b)))


def roots(array: Any) -> dict[Box, None]:
    """All Boxes whose memory the array may refer to, in a fixed order."""
    found: dict[Box, None] = {}
    pending = [array]
    while pending:
        match pending.pop(0):
            case Box() as box if box not in found:
                found[box] = None
                pending += [other for other, _ in box.others] if isinstance(box, Shared) else []
            case View() as view:
                pending.append(view.base)
            case Phi() as phi:
                pending += [phi.a, phi.b]
    return found


def in_c_order(*arrays: Any) -> bool:
    """Whether NumPy would have all of these arrays in C order (what is no array does not count)."""
    return all(a.layout is not None and a.layout == c_layout(a.shape) for a in arrays if isinstance(a, Array))


def is_private(box: Box) -> bool:
    """Whether the memory was made while tracing: the caller has no other way to it."""
    return all(known is not box for _, known in current().boxes.values())


def lose(box: Box) -> None:
    """From here on the contents of the array are not known, and reading it is refused."""
    if box.value is not None:
        set_contents(box, None)


def set_contents(box: Box, value: Any) -> None:
    """What control flow made of the array; unlike `write` this is nothing the user's code does."""
    current().region.journal.box_written(box)
    box.value = value


def exists_in(region: Region, made_in: Region) -> bool:
    """Whether code of `region` can use what was made in `made_in`, which must be around it."""
    around: Region | None = region
    while around is not None and around is not made_in:
        around = around.parent if around.parent is not None else getattr(around, "outer", None)
    return around is not None and made_in.alive


def is_usable(array: Array, region: Region) -> bool:
    """Whether code of `region` can read the array: its memory and the numbers that place it there exist."""
    match array:
        case Box():
            return exists_in(region, array.region)
        case Phi():
            sides = is_usable(array.a, region) and is_usable(array.b, region)
            return sides and exists_in(region, array.condition.region)
        case View():
            geometry = [part for name, part in vars(array).items() if name != "base"]
            return _all_exist(geometry, region) and is_usable(array.base, region)
    return False


def _all_exist(part: Any, region: Region) -> bool:
    if isinstance(part, Scalar):
        return exists_in(region, part.region)
    if isinstance(part, (tuple, list)):
        return all(_all_exist(p, region) for p in part)
    if dataclasses.is_dataclass(part) and not isinstance(part, type):
        return all(_all_exist(getattr(part, f.name), region) for f in dataclasses.fields(part))
    return True
