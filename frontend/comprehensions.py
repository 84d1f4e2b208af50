"""List comprehensions, and generators that a function is called with: over what a loop of the IR can walk, a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.dialects.errors import Position
from wengert.frontend import growing
from wengert.frontend.branches import EXPRESSION, If
from wengert.frontend.comparison import truth
from wengert.frontend.for_loops import For
from wengert.frontend.iteration import indexed
from wengert.frontend.reads import note_items
from wengert.frontend.site import Site
from wengert.frontend.trace import current, user_position
from wengert.frontend.values import Scalar

Function = Callable[[Any], Any]


def listcomp(iterable: Any, element: Function, test: Function | None = None) -> list[Any]:
    """``[element(item) for item in iterable if test(item)]``"""
    items = indexed(iterable)
    made: list[Any] = current().region.journal.mark_fresh([])
    if items is None:
        walked = note_items(growing.settled(iterable, "a list is walked"))
        made += [element(item) for item in walked if test is None or truth(test(item))]
        return made
    if isinstance(items.length, int) and items.length <= growing.FEW:
        chosen = [True if test is None else truth(test(items.at(i))) for i in range(items.length)]
        if not any(isinstance(c, Scalar) for c in chosen):
            made += [element(items.at(i)) for i, c in enumerate(chosen) if c]
            return made
    loop = For(items, Site(user_position() or Position("<unknown>", 0)))
    while loop.next({}):
        with loop:
            _append(made, loop.item, element, test)
    return made


def _append(made: list[Any], item: Any, element: Function, test: Function | None) -> None:
    chosen = True if test is None else truth(test(item))
    if isinstance(chosen, Scalar):
        branches = If(chosen, EXPRESSION)
        while branches.next({}):
            with branches:
                if branches.then:
                    growing.append(made, element(item))
    elif chosen:
        growing.append(made, element(item))
