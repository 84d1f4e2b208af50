"""What the rewriter knows about one `if`, `for`, `while` or `try` in the source, handed to its run-time object."""

from __future__ import annotations

from dataclasses import dataclass

from wengert.dialects.errors import Position


@dataclass(frozen=True, eq=False)
class Site:
    """One construct; compared by identity, so that facts can be remembered for each.

    Attributes:
        position: where the construct begins.
        names: the names it may assign, in order of appearance.
        after: those of them that may be read afterwards.
        head: those of them whose value at the start of a turn matters to the turn (loops only).
        flags: the jump flags that stop the loop.
        written: names whose arrays the body stores to in place.
        suspends: whether there is a `yield` in it, so that it has to run in Python.
    """

    position: Position
    names: tuple[str, ...] = ()
    after: frozenset[str] = frozenset()
    head: frozenset[str] = frozenset()
    flags: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    suspends: bool = False
