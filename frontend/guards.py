"""Guards: places in the program's own objects that were read while tracing, and what was found there.

They are noted by reads.py; here they are looked up again, at each call. Needs no compiler.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from types import CellType
from typing import Any

Guard = tuple[Any, Any, Any]  # (object, place in it, what was found there)


class _Whole:
    """The place of what a container has as a whole: the number of its items, or a set itself."""


WHOLE = _Whole()
#: What is found where nothing is.
GONE = object()


def holds(guards: Sequence[Guard]) -> bool:
    """Whether at each place still is what was found there."""
    return all(_same(at(owner, place), place, value) for owner, place, value in guards)


def _same(found: Any, place: Any, value: Any) -> bool:
    return bool(found == value) if place is WHOLE else found is value


def at(owner: Any, place: Any) -> Any:
    """What stands at a place of an object; `GONE` for nothing."""
    if place is WHOLE:
        return owner if isinstance(owner, (set, frozenset)) else len(owner)
    if isinstance(owner, dict):
        return owner.get(place, GONE)
    if isinstance(owner, (list, deque)):
        return owner[place] if -len(owner) <= place < len(owner) else GONE
    try:
        return owner.cell_contents if isinstance(owner, CellType) or hasattr(owner, "cell_contents") else getattr(
            owner, place, GONE)
    except ValueError:  # an empty cell
        return GONE
