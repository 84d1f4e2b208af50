"""What a compiled function does to the caller's lists, dicts and objects: arguments it changed are changed again.

While tracing, the function holds containers of its own.  If it stored into one, the trees of the arguments as they are
at its end become results too, and `restore` puts their parts into the caller's containers.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from wengert.dialects.errors import UnsupportedError, WengertValueError
from wengert.frontend.arguments import is_taken_apart
from wengert.frontend.instances import attributes_of
from wengert.frontend.journal import Slot
from wengert.frontend.trace import Region


def mutable_parts(tree: Any) -> Iterator[Any]:
    """The lists, dicts and instances of an argument tree."""
    if isinstance(tree, dict):
        parts: list[Any] = list(tree.values())
    elif isinstance(tree, (list, tuple)):
        parts = list(tree)
    elif is_taken_apart(tree):
        parts = list(attributes_of(tree).values())
    else:
        return
    if not isinstance(tree, tuple):
        yield tree
    for part in parts:
        yield from mutable_parts(part)


def stored_into(region: Region, arguments: Any) -> bool:
    """Whether the traced function has changed containers of its arguments.

    Raises:
        UnsupportedError: it has changed an object that exists outside of it; the object is as it was before.
    """
    owned = {id(part) for part in mutable_parts(arguments)}
    changed = [slot for slot, _ in region.journal.changed_slots()]
    outside = next((slot for slot in changed if id(slot.owner) not in owned), None)
    if outside is not None:
        _refuse(region, outside)
    return bool(changed)


def _refuse(region: Region, slot: Slot) -> None:
    position = region.journal.places.get(slot.identity())
    region.journal.undo()
    raise UnsupportedError(
        f"{slot.label()} is changed, and the object exists outside of the compiled function",
        position,
        why="the change would happen once, while compiling, and not at every call",
        help="pass the object's values as arguments and return the new ones, or change it outside",
    )


def restore(original: Any, after: Any) -> None:
    """Make the caller's containers hold what the function has left in its own.

    Raises:
        WengertValueError: a container occurs twice among the arguments, so that it is not certain what it is to hold.
    """
    parts = [id(part) for part in mutable_parts(original)]
    if len(set(parts)) < len(parts):
        raise WengertValueError(
            "a list, dict or object that the function changes is passed twice",
            why="compiled code keeps the containers of its arguments apart",
            help="pass a copy of one of them",
        )
    _restore(original, after)


def _restore(original: Any, after: Any) -> Any:
    """`original` with the parts of `after`, if they are containers of one kind; else `after`."""
    if type(original) is not type(after):
        return after
    if isinstance(original, dict):
        merged = {key: _restore(original[key], part) if key in original else part for key, part in after.items()}
        if list(merged) != list(original) or any(merged[key] is not original[key] for key in merged):
            original.clear()
            original.update(merged)
        return original
    if isinstance(original, list):
        original[:] = [_restore(old, new) for old, new in zip(original, after)] + after[len(original):]
        return original
    if isinstance(original, tuple) and len(original) == len(after):
        parts = [_restore(old, new) for old, new in zip(original, after)]
        return original if all(old is new for old, new in zip(original, parts)) else after
    if is_taken_apart(original):
        before, left = attributes_of(original), attributes_of(after)
        for name, new in left.items():
            if name not in before or (kept := _restore(before[name], new)) is not before[name]:
                object.__setattr__(original, name, new if name not in before else kept)
        for name in before.keys() - left.keys():
            object.__delattr__(original, name)
        return original
    return after
