"""A tree that a derivative is taken with respect to: which of its leaves move, and trees made of theirs.

All leaves of tuples, lists and dicts have to be floats.  In an object of a class what is no float (a name, a count)
does not move, and in its place a gradient has None.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import optree

from wengert.frontend.arguments import NAMESPACE, flatten, is_class_of_containers, unflatten


@dataclass(frozen=True)
class MovingTree:
    """The structure of a tree, and for each leaf whether it moves."""

    structure: Any
    moves: tuple[bool, ...]

    @property
    def count(self) -> int:
        """The number of leaves that move."""
        return sum(self.moves)

    def filled(self, moving: Sequence[Any], others: Sequence[Any] | None = None) -> Any:
        """A tree of `moving` leaves; at the others it has the leaves of `others`, or None."""
        source = iter(moving)
        still = others if others is not None else [None] * len(self.moves)
        return unflatten(self.structure, [next(source) if moves else x for moves, x in zip(self.moves, still)])

    def among(self, leaves: Sequence[Any]) -> list[Any]:
        """Those of the leaves of a tree of this structure that move."""
        return [leaf for leaf, moves in zip(leaves, self.moves, strict=True) if moves]

    def of_tangent(self, tangent: Any) -> list[Any] | None:
        """The leaves of a tangent, which need have nothing where nothing moves; None if it has another structure."""
        leaves = flatten(tangent)[0]
        if len(leaves) == self.count:
            return leaves
        try:
            return self.among(self.structure.flatten_up_to(tangent))
        except (ValueError, TypeError):
            return None


def inside_objects(tree: Any) -> list[bool]:
    """For each leaf whether it is part of an object of a class."""
    return [any(is_class_of_containers(entry.type) for entry in accessor)
            for accessor in optree.tree_accessors(tree, namespace=NAMESPACE)]
