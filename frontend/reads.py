"""What traced code reads of the program's own objects: attributes, items, whole containers; each is a guard.

What is read while tracing goes into the compiled code, arrays by identity.  `m.w = other`, `weights["w"] = other` or
`layers.append(..)` would make it stale, so the place is noted with what was found there, and looked up again at each
call.  Places that the traced code itself gives another value are left out: what they are to be is the code's business.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from wengert.frontend.guards import WHOLE, Guard, holds
from wengert.frontend.libraries import is_library
from wengert.frontend.trace import current, tracing
from wengert.frontend.values import Traced


def _made(owner: Any) -> bool:
    """Whether the traced code has made an object itself."""
    region: Any = current().region
    while region is not None:
        if id(owner) in region.journal.fresh:
            return True
        region = region.parent or getattr(region, "outer", None)
    return False


def note_attribute(owner: Any, name: str, value: Any) -> None:
    """`owner.name` was read; what the class has is left to the class."""
    fields, home = getattr(owner, "__dict__", None), type(owner).__module__
    if home.startswith("wengert.") and is_library(home):
        return  # a part of the trace
    if isinstance(value, Traced) or not tracing() or _made(owner):
        return
    if isinstance(fields, dict):
        if name in fields:
            current().guard(fields, name, value)
    elif name in getattr(type(owner), "__slots__", ()):
        current().guard(owner, name, value)


def note_item(owner: Any, index: Any, value: Any) -> None:
    """`owner[index]` was read."""
    noted = isinstance(owner, (dict, list, deque)) and not isinstance(value, Traced) and not isinstance(index, slice)
    if noted and not _made(owner):
        current().guard(owner, index, value)


def note_items(owner: Any) -> Any:
    """All of a container was read, by walking it or by handing it on; gives it back."""
    if not tracing():
        return owner
    seen: set[int] = set()

    def visit(x: Any) -> None:
        if not isinstance(x, (dict, list, tuple, set, frozenset, deque)) or id(x) in seen:
            return
        seen.add(id(x))
        if _made(x):
            return
        if isinstance(x, (set, frozenset)):
            current().guard(x, WHOLE, frozenset(x))
            return
        if not isinstance(x, tuple):
            current().guard(x, WHOLE, len(x))
        for key, item in x.items() if isinstance(x, dict) else enumerate(x):
            if not isinstance(x, tuple):
                note_item(x, key, item)
            visit(item)

    visit(owner)
    return owner


def lasting(guards: Sequence[Guard]) -> tuple[Guard, ...]:
    """The guards that hold at the end of the trace, of what was there before it: what holds traced values was not."""
    return tuple(guard for guard in guards if holds([guard]) and not (_of_trace(guard[0]) or _of_trace(guard[2])))


def _of_trace(x: Any) -> bool:
    """Whether a container, or a tuple in one, holds traced values."""
    items = x.values() if isinstance(x, dict) else x if isinstance(x, (list, tuple, deque)) else ()
    return isinstance(x, Traced) or any(isinstance(y, Traced) or (type(y) is tuple and _of_trace(y)) for y in items)
