"""What rewritten code calls: the one object behind the name `__rt`.

It has no state and decides nothing: control flow is in branches.py, for_loops.py, while_loops.py and handlers.py,
operators in arithmetic.py and comparison.py, subscripts in indexing.py, calls in calls.py.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable
from types import CellType, ModuleType
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertNameError, WengertValueError
from wengert.frontend.aliases import Shared
from wengert.frontend.arithmetic import binary, inplace, unary
from wengert.frontend.branches import If, and_, and_test, chain, ifexp, none_of, not_, or_, or_test
from wengert.frontend.calls import call
from wengert.frontend.capture import captured
from wengert.frontend.comparison import compare
from wengert.frontend.complex_numbers.values import ComplexArray
from wengert.frontend.comprehensions import listcomp
from wengert.frontend.for_loops import For
from wengert.frontend.growing import settled
from wengert.frontend.handlers import Try, assert_, raise_
from wengert.frontend.indexing import getitem, setitem
from wengert.frontend.journal import CONTAINERS
from wengert.frontend.layout import Maybe, arrays_in
from wengert.frontend.reads import note_attribute, note_items
from wengert.frontend.texts import fstring
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Selected, Traced
from wengert.frontend.while_loops import While


class Hooks:
    """`__rt` in rewritten code."""

    if_, for_, while_, try_ = If, For, While, Try
    ifexp = staticmethod(ifexp)
    listcomp = staticmethod(listcomp)
    and_ = staticmethod(and_)
    or_ = staticmethod(or_)
    and_test = staticmethod(and_test)
    or_test = staticmethod(or_test)
    not_ = staticmethod(not_)
    none_of = staticmethod(none_of)
    chain = staticmethod(chain)
    raise_ = staticmethod(raise_)
    assert_ = staticmethod(assert_)
    binary = staticmethod(binary)
    inplace = staticmethod(inplace)
    unary = staticmethod(unary)
    compare = staticmethod(compare)
    getitem = staticmethod(getitem)
    setitem = staticmethod(setitem)
    call = staticmethod(call)
    fstring = staticmethod(fstring)
    slice = builtins.slice

    # ---- names

    @staticmethod
    def load(name: str, value: Any) -> Any:
        """A name that may be unbound: checked at run time where that depends on run-time values."""
        if not isinstance(value, Maybe):
            return value
        message = f"cannot access local variable '{name}' where it is not associated with a value"
        if value.bound is False:
            fail(message, error=WengertNameError)
        current().check(value.bound, "UnboundLocalError", message)
        return value.value

    @staticmethod
    def returned(value: Any) -> Any:
        """The value of a function with several `return`s, at its end."""
        for array in arrays_in(value):
            if isinstance(array, Shared) and array.asleep:
                array.wake()
        return value

    @staticmethod
    def cells(thunk: Callable[[], Any], own: tuple[str, ...]) -> dict[str, CellType]:
        """The cells of the names a thunk mentions; those of `own` were made by this call of the function."""
        cells = dict(zip(thunk.__code__.co_freevars, thunk.__closure__ or (), strict=True))
        for name in own:
            current().region.journal.mark_fresh(cells[name])
        return cells

    @staticmethod
    def save_cells(cells: dict[str, CellType], names: tuple[str, ...]) -> None:
        """To be called before a variable that functions share gets another value."""
        for name in names:
            current().region.journal.before_cell(cells[name], name)

    # ---- objects

    @staticmethod
    def new(made: Any) -> Any:
        """A list, dict or set that was just made."""
        return current().region.journal.mark_fresh(made)

    @staticmethod
    def getattr(owner: Any, name: str) -> Any:
        """`owner.name`; a property in Python is compiled through."""
        if isinstance(owner, np.ndarray) and owner.dtype.kind == "c":
            owner = captured(owner)
        if isinstance(owner, (Traced, ModuleType, type)):
            return builtins.getattr(owner, name)
        found = _class_attribute(owner, name)
        if isinstance(found, property) and found.fget is not None:
            return call(found.fget, owner)
        value = builtins.getattr(owner, name)
        note_attribute(owner, name, value)
        return value

    @staticmethod
    def walked(items: Any) -> Any:
        """What a comprehension walks, or a call unpacks."""
        return note_items(settled(items, "a list is unpacked"))

    @staticmethod
    def setattr(owner: Any, name: str, value: Any) -> None:
        """`owner.name = value`."""
        if isinstance(owner, np.ndarray) and owner.dtype.kind == "c":
            owner = captured(owner)
        if isinstance(owner, ComplexArray) and name in ("real", "imag"):
            setitem(builtins.getattr(owner, name), Ellipsis, value)
            return
        found = _class_attribute(owner, name)
        if isinstance(found, property) and found.fset is not None:
            call(found.fset, owner, value)
        else:
            current().region.journal.before_attribute(owner, name)
            builtins.setattr(owner, name, value)

    @staticmethod
    def delattr(owner: Any, name: str) -> None:
        """`del owner.name`."""
        current().region.journal.before_attribute(owner, name)
        builtins.delattr(owner, name)

    @staticmethod
    def delitem(owner: Any, index: Any) -> None:
        """`del owner[index]`."""
        if isinstance(owner, CONTAINERS):
            current().region.journal.before_mutation(owner)
        elif hasattr(type(owner), "__delitem__"):
            call(type(owner).__delitem__, owner, index)
            return
        del owner[index]

    @staticmethod
    def put_item(owner: Any, index: Any, old: Any, new: Any) -> None:
        """The store of `owner[index] op= value`; an array that was changed in place is there already."""
        part = new.re if isinstance(new, ComplexArray) else new
        if not (new is old and isinstance(new, Traced)) or isinstance(part, Selected):
            setitem(owner, index, new)

    @classmethod
    def put_attribute(cls, owner: Any, name: str, old: Any, new: Any) -> None:
        """The store of `owner.name op= value`."""
        if not (new is old and isinstance(new, Traced)):
            cls.setattr(owner, name, new)

    @staticmethod
    def unpack(value: Any, count: int) -> Any:
        """The right side of `a, b = value`; an array gives its rows or elements."""
        if not isinstance(value, (Array, ComplexArray)):
            return note_items(settled(value, "a list is unpacked"))
        length = value.shape[0] if value.ndim else None
        if isinstance(length, int) and count >= 0 and length != count:
            what = "too many values" if length > count else "not enough values"
            fail(f"{what} to unpack (expected {count}, got {length})", error=WengertValueError)
        return list(value)


def _class_attribute(owner: Any, name: str) -> Any:
    return next((vars(c)[name] for c in type(owner).__mro__ if name in vars(c)), None)


HOOKS = Hooks()
