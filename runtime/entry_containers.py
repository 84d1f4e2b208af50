"""The part of an entry that makes the containers of the result: before the kernel runs, from the outside in, so that
one reference owns all there is to release; results are put into their places as they are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.runtime.ir_text import FunctionWriter
from wengert.runtime.python_abi import TABLE
from wengert.runtime.result_tree import Tree, children, keys


@dataclass(frozen=True)
class _Place:
    """An item of a container: `key` is its number, or the key of a dict."""

    kind: type
    container: str
    key: Any


class Containers:
    """Writes the containers of `tree` with `writer`; `owner` is the reference to the outermost, null if there is none.

    `failed` ends the block where memory is exhausted, with nothing but the owner left to release.
    """

    def __init__(self, writer: FunctionWriter, tree: Tree) -> None:
        self.writer = writer
        self.tree = tree
        self.owner = "null"
        self.places: dict[int, list[_Place]] = {}
        self._keys = {key: len(TABLE) + k for k, key in enumerate(keys(tree))}

    def make(self, failed: Callable[[], None]) -> None:
        """Makes them, with everything in them that is no result."""
        if type(self.tree) is int and self.tree >= 0:
            return
        self.owner = self._make(self.tree, None, failed)

    def _make(self, tree: Tree, place: _Place | None, failed: Callable[[], None]) -> str:
        w, kind = self.writer, type(tree)
        if kind in (tuple, list):
            made = w.call("ptr", "PyTuple_New" if kind is tuple else "PyList_New", f"i64 {len(tree)}")
        elif kind is dict:
            made = w.call("ptr", "PyDict_New", "")
        else:
            made = w.fixed("None") if tree is None else w.field("ptr", "%arguments", 8 * (-1 - tree))
            w.call_void("Py_IncRef", f"ptr {made}")
        if kind in (tuple, list, dict):
            self._require(w.value(f"icmp ne ptr {made}, null"), failed)
        if place is None:
            self.owner = made
        else:
            self._enter(place, made, failed)
        for key, child in children(tree):
            inner = _Place(kind, made, key)
            if type(child) is int and child >= 0:
                self.places.setdefault(child, []).append(inner)
                if kind is dict:  # its items keep the order in which they are entered
                    none = w.fixed("None")
                    w.call_void("Py_IncRef", f"ptr {none}")
                    self._enter(inner, none, failed)
            else:
                self._make(child, inner, failed)
        return made

    def _require(self, condition: str, failed: Callable[[], None]) -> None:
        w = self.writer
        good, exhausted = w.fresh("made"), w.fresh("exhausted")
        w.branch(condition, good, exhausted)
        w.label(exhausted)
        failed()
        w.label(good)

    def put(self, position: int, new: str) -> None:
        """Puts a new reference to a result where it belongs."""
        places: Sequence[_Place] = self.places.get(position, ())
        if not places:
            self.owner = new
        for _ in places[1:]:
            self.writer.call_void("Py_IncRef", f"ptr {new}")
        for place in places:
            self._put(place, new)

    def _enter(self, place: _Place, new: str, failed: Callable[[], None]) -> None:
        """Puts something new into a place that was empty, which takes memory in a dict."""
        status = self._put(place, new)
        if place.kind is dict:
            self._require(self.writer.equal("i32", status, 0), failed)

    def _put(self, place: _Place, new: str) -> str:
        """Puts a new reference into a place; the status, which is 0 where something stood there already."""
        w = self.writer
        if place.kind is dict:
            key = w.entry_of_table(self._keys[place.key])
            status = w.call("i32", "PyDict_SetItem", f"ptr {place.container}, ptr {key}, ptr {new}")
            w.call_void("Py_DecRef", f"ptr {new}")
            return status
        function = "PyTuple_SetItem" if place.kind is tuple else "PyList_SetItem"
        return w.call("i32", function, f"ptr {place.container}, i64 {place.key}, ptr {new}")
