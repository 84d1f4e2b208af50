"""Arrays that a loop carries by value: whether that is exact, and which memory the results refer to.

A name that refers to another array at the end of a turn than at its start is carried as contents.  Inside of the body
it is a `StandIn`: in the first turn the array from before the loop, later the one the turn before left.  That is exact
unless somebody could tell: see `conflict`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.errors import Position
from wengert.frontend.aliases import Shared, StandIn, in_c_order, is_private, is_usable, roots
from wengert.frontend.carried import Carried, Leaf
from wengert.frontend.kinds import Undefined
from wengert.frontend.merging import named
from wengert.frontend.trace import Region
from wengert.frontend.values import Array, Box

Boxes = dict[Box, None]


@dataclass(frozen=True)
class Conflict:
    """An array whose first turn would differ from the others."""

    label: str
    why: str
    position: Position | None = None


class ArrayFlow:
    """The array leaves of one traced turn.

    Args:
        carried: with the values at the end of the turn.
        body: the region of the turn, still open.
        parent: the region around the loop.
        certain: whether there is at least one turn.
    """

    def __init__(self, carried: Carried, body: Region, parent: Region, certain: bool) -> None:
        self.body, self.parent, self.certain = body, parent, certain
        self.leaves = [leaf for leaf in carried.leaves() if leaf.kind.shape is not None]
        self.start = [roots(leaf.start) for leaf in self.leaves]
        self.end = [roots(leaf.end) for leaf in self.leaves]
        inside = [leaf.inside for leaf in self.leaves]
        self.number: dict[Box, int] = {box: i for i, box in enumerate(inside) if isinstance(box, StandIn)}
        self.later = [self.expanded(i, set()) for i in range(len(self.leaves))]
        self.changed = {
            box for key, (box, _) in body.journal.boxes.items() if key not in carried.boxes or carried.written(box)
        }
        self.written = [isinstance(box, StandIn) and box.is_written for box in inside]
        self.lost: Boxes = {box: None for i, w in enumerate(self.written) if w for box in self.start[i] | self.later[i]}
        self.made: dict[int, Array] = {}
        self.results: dict[int, Array] = {}

    def is_outside(self, box: Box) -> bool:
        return not box.region.inside(self.body)

    def conflict(self) -> Conflict | None:
        """Why the turns are not all alike, if they are not."""
        for i, leaf in enumerate(self.leaves):
            if not isinstance(leaf.inside, StandIn):
                continue
            if any(box in self.changed for box in self.start[i] | self.later[i]):
                return Conflict(leaf.entry.label, "memory that it refers to in some turns only is changed in the loop")
            if self.written[i] and not self.may_be_written(i):
                why = "the first turn changes an array from before the loop, the following turns others"
                return Conflict(leaf.entry.label, why, leaf.inside.written_at)
        return None

    def may_be_written(self, i: int) -> bool:
        """Whether nobody can see which turns write the arrays from before the loop.

        Their memory was made here, next to the loop; in the first turn no other carried name refers to it (who else
        does will find it lost), and what the turns leave is memory of their own that no two names share.
        """
        own = all(is_private(box) and box.region is self.parent for box in self.start[i] | self.later[i])
        alone = not any(self.start[i].keys() & self.start[j].keys() for j in self.others(i))
        new = not any(self.is_outside(box) for box in self.end[i])
        apart = not any(self.end[i].keys() & self.end[j].keys() for j in self.others(i))
        return own and alone and new and apart

    def others(self, i: int) -> list[int]:
        return [j for j in range(len(self.leaves)) if j != i]

    def result(self, leaf: Leaf, value: Any) -> Array:
        """The array that the place refers to after the loop; `value` is the result of the loop op."""
        i = next(n for n, known in enumerate(self.leaves) if known.entry is leaf.entry and known.end is leaf.end)
        end = leaf.end
        if self.certain and id(end) in self.made:
            return self.made[id(end)]
        certain = self.certain or isinstance(leaf.start, Undefined)  # nothing reads it without a turn
        if certain and isinstance(end, Array) and is_usable(end, self.parent):
            return end
        possible = self.later[i] if certain else self.later[i] | self.start[i]
        partners = [box for box in possible if box not in self.lost and is_usable(box, self.parent)]
        overlapping = [j for j in self.others(i) if self.end[i].keys() & self.end[j].keys()]
        if self.certain:  # then two names for one array are two names for one result
            overlapping = [j for j in overlapping if self.leaves[j].end is not end]
        made = Box(value, leaf.kind.shape or (), leaf.kind.element, contiguous=in_c_order(leaf.start, end))
        if partners or overlapping:
            made = Shared(value, made, partners, *named(leaf.entry.label))
            for other in (self.results[j] for j in overlapping if j in self.results):
                made.watch(roots(other))
                if isinstance(other, Shared):
                    other.watch([made])
        self.made[id(end)] = self.results[i] = made
        return made

    def expanded(self, i: int, seen: set[int]) -> Boxes:
        """The memory from before the loop that the array may be after any number of turns."""
        if i in seen:
            return {}
        seen.add(i)
        found: Boxes = {}
        for box in self.end[i]:
            if box in self.number:
                found |= self.start[self.number[box]] | self.expanded(self.number[box], seen)
            elif self.is_outside(box):
                found[box] = None
        return found
