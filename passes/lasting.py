"""Elements of arrays that last: what is read here, or written here, is still there when the loops around it have ended.

    for i:  for j < i:  A[i, j] = (A[i, j] - A[i, :j] @ A[:j, j]) / A[j, j]

Each element of A is written once and only read afterwards, as in factorisations, triangular solves and tables of
dynamic programming.  A reverse sweep need not have stored what the loops read: it reads the array as it is in the end.

An element lasts when every write between here and the end of a loop provably goes to another one: those that follow in
the same iteration, where all counters around both are the same, and those of later iterations, where the counter of
the loop is greater and all that varies inside of the loop may be anything in its range (passes/affine.py).  Whether a
write is executed is not asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, is_tensor
from wengert.dialects.control import FOR, IF
from wengert.dialects.op import decode_attributes
from wengert.passes.affine import Form, form_of, positive
from wengert.passes.tree import Body, Function, Node

#: Writes that are looked at for one value; where there are more, it is stored.
MOST_WRITES = 64


@dataclass(frozen=True)
class Lasting:
    """Where a value is found again: what reads it there.

    Args:
        array: a later version of the array that it was read from, or written to.
        name: of the op that reads it.
        position: its operands after the array.
        attributes: its attributes.
    """

    array: Value
    name: str
    position: list[Value]
    attributes: dict[str, Any]

    @property
    def operands(self) -> list[Value]:
        return [self.array, *self.position]


#: Least and greatest index in each dimension; the latter is None where it is not known.
Window = Sequence[tuple[Form, "Form | None"]]


class LastingElements:
    """Answers for the values of a function whether they can be read again in the end.

    Args:
        tree: the function.
        kept: arrays that nothing overwrites.
        tangents: values that are not known when the others are asked for; an array into which one is written is none.
    """

    def __init__(self, tree: Function, kept: set[Value], tangents: set[Value]) -> None:
        self._tree, self._kept, self._tangents = tree, kept, tangents
        self._home: dict[Node, Body] = {}
        self._takers: dict[Value, list[Node]] = {}  # ops and loops that take over the memory of an array, and branches
        self._writers: dict[Value, list[Node]] = {}  # ops that write a value into an array
        self._windows: dict[Node, Window] = {}
        self._traces: dict[Value, tuple[Value, list[Node]] | None] = {}
        self._enter(tree.body)

    def _enter(self, body: Body) -> None:
        for node in body.nodes:
            self._home[node] = body
            if _writes(node):
                array = _destination(node)
                self._takers.setdefault(array, []).append(node)
                for operand in node.operands:
                    if operand != array:
                        self._writers.setdefault(operand, []).append(node)
            elif node.name == FOR:
                for init in node.inits:
                    if is_tensor(init.type):
                        self._takers.setdefault(init, []).append(node)
            for inner in node.bodies:
                self._enter(inner)

    def find(self, value: Value) -> Lasting | None:
        """How to read `value` when the loops around it have ended; None where that is not known to be the same."""
        node = self._tree.definition.get(value)
        part = None if node is None or node.record is None else node.record.reads_part
        if node is not None and part is not None:
            array = node.operands[part]
            if array in self._kept:
                return None
            position = [v for i, v in enumerate(node.operands) if i != part]
            return self._last(Lasting(array, node.name, position, decode_attributes(node.op)))
        for write in self._writers.get(value, ()):
            reader = _reader(write)
            written_here = self._home[write] is self._tree.home[value] and value not in reader.position
            found = self._last(reader) if written_here else None
            if found is not None:
                return found
        return None

    def _last(self, reader: Lasting) -> Lasting | None:
        """The same of the last version at the least depth; one that nothing overwrites is preferred."""
        home = self._tree.home[reader.array]
        versions = self._versions(reader.array, home, _window(reader))
        if not versions:
            return None
        depth = versions[-1][1].loop_depth
        last = [version for version, body in versions if body.loop_depth == depth]
        kept = next((version for version in last if version in self._kept), None)
        if kept is None and depth == home.loop_depth > 0:  # one array for each iteration, which would be copied
            return None
        return replace(reader, array=last[0] if kept is None else kept)

    # ------------------------------------------------------------ forwards: versions with the same elements

    def _versions(self, array: Value, body: Body, window: Window) -> list[tuple[Value, Body]]:
        """The versions of an array that follow one of `body` and are the same in the window, with their homes."""
        found: list[tuple[Value, Body]] = []
        seen = 0
        while True:
            step = self._next(array, body, window)
            if step is None:
                return found
            array, body, writes = step
            seen += writes
            if seen > MOST_WRITES or array in self._tangents:
                return found
            found.append((array, body))

    def _next(self, array: Value, body: Body, window: Window) -> tuple[Value, Body, int] | None:
        """The next version, its home, and how many writes are between the two."""
        for node in self._takers.get(array, ()):
            if self._home[node] is not body:
                continue
            if _writes(node):
                if self._apart(window, node):
                    return node.results[0], body, 1
                continue
            position = node.inits.index(array)
            writes = self._of_iteration(node, position)
            if writes is not None and all(self._apart(window, write) for write in writes):
                return node.results[position], body, len(writes)
        parent = body.parent
        if parent is None or parent.name not in (FOR, IF) or array not in body.ends:
            return None
        position = body.ends.index(array)
        if parent.name == IF:
            return parent.results[position], self._home[parent], 0
        writes = self._of_iteration(parent, position)
        if writes is None or not all(self._apart(window, write, parent) for write in writes):
            return None
        return parent.results[position], self._home[parent], len(writes)

    # ------------------------------------------------------------ backwards: the writes in between

    def _of_iteration(self, loop: Node, position: int) -> list[Node] | None:
        """All writes of an iteration into a carried array; None if something else happens to it."""
        carry, trace = loop.carries[position], self._trace(loop.yields[position])
        return trace[1] if trace is not None and trace[0] == carry else None

    def _trace(self, end: Value) -> tuple[Value, list[Node]] | None:
        """From a version of an array back to the one that its block began with, and the writes in between."""
        if end not in self._traces:
            self._traces[end] = self._find_trace(end)
        return self._traces[end]

    def _find_trace(self, end: Value) -> tuple[Value, list[Node]] | None:
        body, writes = self._tree.home[end], list[Node]()
        while self._tree.home[end] is body and (node := self._tree.definition.get(end)) is not None:
            if _writes(node):
                writes.append(node)
                end = _destination(node)
            elif node.name == FOR:
                inner = self._of_iteration(node, node.results.index(end))
                if inner is None:
                    return None
                writes += inner
                end = node.inits[node.results.index(end)]
            elif node.name == IF:
                position = node.results.index(end)
                traces = [self._trace_branch(branch, branch.ends[position]) for branch in node.bodies]
                starts = {None if trace is None else trace[0] for trace in traces}
                if len(starts) != 1 or None in starts:
                    return None
                writes += [write for trace in traces if trace is not None for write in trace[1]]
                (start,) = starts
                assert start is not None
                end = start
            else:
                return None
            if len(writes) > MOST_WRITES:
                return None
        return end, writes

    def _trace_branch(self, branch: Body, end: Value) -> tuple[Value, list[Node]] | None:
        return self._trace(end) if self._tree.home[end] is branch else (end, [])

    # ------------------------------------------------------------ two windows

    def _apart(self, window: Window, write: Node, later: Node | None = None) -> bool:
        """Whether a write, in a later iteration of a loop or in this one, provably leaves the window alone."""
        if write not in self._windows:
            self._windows[write] = _window(_reader(write))
        other = self._windows[write]
        if later is not None:
            other = [(low.later(later.op), None if high is None else high.later(later.op)) for low, high in other]
        return any(_before(a, b) or _before(b, a) for a, b in zip(window, other, strict=True))


def _before(a: tuple[Form, Form | None], b: tuple[Form, Form | None]) -> bool:
    return a[1] is not None and positive(b[0].plus(a[1], -1))


def _writes(node: Node) -> bool:
    """Whether a node overwrites a window of an array that is known."""
    return node.record is not None and node.record.overwrites is not None


def _destination(node: Node) -> Value:
    assert node.record is not None and node.record.destination is not None
    return node.operands[node.record.destination]


def _reader(write: Node) -> Lasting:
    """What reads the window that a node writes, from the version it makes."""
    assert write.record is not None and write.record.overwrites is not None
    name, (_, *position), attributes = write.record.overwrites(write.operands, decode_attributes(write.op))
    return Lasting(write.results[0], name, list(position), attributes)


def _window(reader: Lasting) -> Window:
    """The elements that are read: one, or those of a slice."""
    if "static_offsets" not in reader.attributes:
        return [(form, form) for form in map(form_of, reader.position)]
    dynamic = iter(reader.position)
    offsets, sizes, strides = ([form_of(next(dynamic)) if n == DYNAMIC else Form(n) for n in reader.attributes[name]]
                               for name in ("static_offsets", "static_sizes", "static_strides"))
    return [(offset, _greatest(offset, size, stride)) for offset, size, stride in
            zip(offsets, sizes, strides, strict=True)]


def _greatest(offset: Form, size: Form, stride: Form) -> Form | None:
    """offset + (size - 1) * stride."""
    if stride.coefficients or stride.constant < 1:
        return None
    return offset.plus(size, stride.constant).plus(Form(stride.constant), -1)
