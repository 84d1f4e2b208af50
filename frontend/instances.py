"""Instances of the user's classes as containers: dataclasses, and ordinary classes with `__dict__` or slots.

What such an object holds are its attributes; no `__init__` runs when one is made anew.  Objects of libraries, those
with a `__new__`, or a base class, that may keep state elsewhere, and exceptions are no containers.
"""

from __future__ import annotations

import dataclasses
import functools
from abc import ABCMeta
from collections.abc import Iterable
from typing import Any, Generic, Protocol

import numpy as np

from wengert.frontend.active import tracing
from wengert.frontend.libraries import is_library

#: Classes whose `__new__` makes plain objects.
_PLAIN_BASES = (object, Generic, Protocol)


@functools.cache
def is_container_class(kind: Any) -> bool:
    """Whether the state of an instance is what its attributes hold."""
    if type(kind) not in (type, ABCMeta, type(Protocol)) or is_library(kind.__module__) or kind.__basicsize__ == 0:
        return False
    if issubclass(kind, BaseException) or kind.__itemsize__:
        return False
    own = [c for c in kind.__mro__ if c not in _PLAIN_BASES]
    if any("__new__" in vars(c) or (c.__module__ == "builtins") for c in own):
        return False
    return all("__getstate__" not in vars(c) and "__reduce__" not in vars(c) for c in own)


def is_instance(value: Any) -> bool:
    """Whether a value is an object that is taken apart into its attributes."""
    kind: Any = type(value)
    return is_container_class(kind) or (dataclasses.is_dataclass(value) and not isinstance(value, type))


def attributes_of(value: Any) -> dict[str, Any]:
    """The attributes of an instance: fields of a dataclass first, then slots, then what its `__dict__` has besides."""
    names: dict[str, None] = {}
    if dataclasses.is_dataclass(value):
        names.update(dict.fromkeys(field.name for field in dataclasses.fields(value)))
    for c in reversed(type(value).__mro__):
        slots = vars(c).get("__slots__", ())
        names.update(dict.fromkeys(_mangled(s, c) for s in ((slots,) if isinstance(slots, str) else slots)))
    names.update(dict.fromkeys(getattr(value, "__dict__", ())))
    return {name: getattr(value, name) for name in names
            if name not in ("__dict__", "__weakref__") and _has(value, name)}


def _mangled(name: str, owner: type) -> str:
    private = name.startswith("__") and not name.endswith("__")
    return f"_{owner.__name__.lstrip('_')}{name}" if private else name


def _has(value: Any, name: str) -> bool:
    """Whether the object itself has the attribute: what its class has is left to the class."""
    fields = getattr(value, "__dict__", None)
    if fields is not None and name in fields:
        return True
    descriptor = next((vars(c)[name] for c in type(value).__mro__ if name in vars(c)), None)
    return type(descriptor).__name__ == "member_descriptor" and hasattr(value, name)


def made(kind: type, attributes: Iterable[tuple[str, Any]]) -> Any:
    """An instance with these attributes."""
    instance: Any = object.__new__(kind)
    for name, value in attributes:
        object.__setattr__(instance, name, value)
    return instance


def has_numbers(value: Any, around: tuple[Any, ...] = ()) -> bool:
    """Whether an object is worth taking apart: it holds arrays or numbers, and does not hold itself."""
    if isinstance(value, (np.ndarray, np.generic, int, float)) or (tracing() and _is_traced(value)):
        return True
    if any(value is outer for outer in around):
        raise RecursionError("an object that holds itself")
    around = (*around, value)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, (list, tuple)) else ()
    if is_instance(value):
        parts = attributes_of(value).values()
    found = [has_numbers(part, around) for part in parts]  # all of them: one may hold the object itself
    return any(found)


def _is_traced(value: Any) -> bool:
    from wengert.frontend.values import Traced

    return isinstance(value, Traced)
