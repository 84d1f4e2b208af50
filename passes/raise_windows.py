"""`raise-windows`: accumulations of shifted windows into one array become one operation.

The transpose of a stencil adds one cotangent, scaled, to another one at several shifted windows, each in a pass of its
own.  A chain of them

    x1 = insert (extract x0[w1] + e1) into x0[w1];  x2 = insert (extract x1[w2] + e2) into x1[w2];  ..

becomes ``nd.add_windows(x0, e1, e2, ..)``, with the windows that were cleared before the first one.  What would tear
such a chain apart is undone first:

- the last sum of a chain is read, and its place cleared at once: the sum is put into its place and read there;
- a loop that clears a window at its end, of an array that begins with zeros there, clears it at its beginning instead
  (and after the loop): there the clearing needs no pass, because what is added first overwrites.

A chain ends where an operation between two links overwrites what a window is computed from: moving the first link down
to the last one must not carry a read over a write.  Assumes the nd level, after all differentiation; runs before
lower-tensors, which computes the windows where they are added.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import (
    DYNAMIC,
    Value,
    block_of,
    defining_op,
    ir,
    is_float,
    is_tensor,
    tensor_type,
    terminator,
    walk,
)
from wengert.dialects.build import create, size
from wengert.dialects.control import FOR, functions
from wengert.dialects.op import lookup, raw_attributes
from wengert.dialects.windows import GEOMETRY
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import VIEWS
from wengert.passes.fold import splat
from wengert.passes.purity import CALL

EXTRACT, INSERT = "tensor.extract_slice", "tensor.insert_slice"
ACCUMULATE = "nd.accumulate"


@register_pass("raise-windows")
@dataclass(frozen=True)
class RaiseWindows(Pass):
    """Turn chains of accumulations of windows into single operations."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            for insert in walk(func, INSERT):
                _put_back(insert)
            for loop in walk(func, FOR):
                _clear_at_the_beginning(loop)
            for chain in _chains(func):
                with chain.links[-1].insert.location:
                    _raise(chain)


# ---------------------------------------------------------------- windows


def window(op: Any) -> tuple[Any, ...]:
    """Where a slice op reads or writes, comparable with that of others."""
    arrays = 2 if op.name == INSERT else 1
    segments = tuple(ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"]))[arrays:]
    return (*(str(op.attributes[name]) for name in GEOMETRY), segments, *list(op.operands)[arrays:])


def is_clear(op: Any) -> bool:
    """Whether an op fills a window with zeros."""
    return op.name == INSERT and splat(op.operands[0]) == 0 and _full_rank(op)


def _full_rank(insert: Any) -> bool:
    return bool(insert.operands[0].type.rank == insert.operands[1].type.rank)


def _users(value: Any) -> list[Any]:
    return [use.owner.operation for use in value.uses]


@dataclass(frozen=True, eq=False)
class _Link:
    """One accumulation: `insert` writes the sum of what it overwrites and `term`."""

    insert: Any
    extract: Any
    sum: Any
    position: int

    @property
    def term(self) -> Value:
        """As it is now: what it is computed from may be the end of another chain, which one op has replaced."""
        return self.sum.operands[self.position]


def _link(insert: Any) -> _Link | None:
    """The accumulation that an insertion ends; nobody else needs its sum."""
    made = defining_op(insert.operands[0])
    if made is None or made.name != "arith.addf" or len(list(made.results[0].uses)) != 1 or not _full_rank(insert):
        return None
    for before, term in ((0, 1), (1, 0)):
        extract = defining_op(made.operands[before])
        if (extract is not None and extract.name == EXTRACT and extract.operands[0] == insert.operands[1]
                and len(list(extract.results[0].uses)) == 1 and window(extract) == window(insert)
                and extract.block == insert.block):
            return _Link(insert, extract, made, term)
    return None


# ---------------------------------------------------------------- what hides a chain


def _put_back(clear: Any) -> None:
    """``t = extract x[w] + e; .. clear x[w]``: the sum is inserted before it is used."""
    array = clear.operands[1]
    users = _users(array)
    if not is_clear(clear) or len(users) != 2 or block_of(array) != clear.block:
        return
    extract = next((user for user in users if user.name == EXTRACT), None)
    if extract is None or window(extract) != window(clear) or extract.block != clear.block:
        return
    sums = _users(extract.results[0])
    before = defining_op(array)
    if len(sums) != 1 or sums[0].name != "arith.addf" or sums[0].block != clear.block:
        return
    if not sums[0].is_before_in_block(clear):
        return
    if before is None or before.name != INSERT or _link(before) is None:
        return  # nothing to be the end of
    total, geometry = sums[0].results[0], list(clear.operands)[2:]
    with ir.InsertionPoint.after(sums[0]), sums[0].location:
        put = create(INSERT, [array.type], [total, array, *geometry], raw_attributes(clear))
        again = create(EXTRACT, [total.type], [put.result, *geometry], raw_attributes(extract))
    total.replace_all_uses_except(again.result, put)
    clear.operands[1] = put.result


def _clear_at_the_beginning(loop: Any) -> None:
    block = loop.regions[0].blocks[0]
    end = terminator(block)
    for number, argument in enumerate(list(block.arguments)[1:]):
        clear = defining_op(end.operands[number])
        if clear is None or clear.block != block or not is_clear(clear) or splat(loop.operands[3 + number]) != 0:
            continue
        users, result = _users(argument), loop.results[number]
        into = [user for user in users if user.name == INSERT and user.operands[1] == argument]
        geometry = list(clear.operands)[2:]
        if len(users) != 2 or len(into) != 1 or _link(into[0]) is None or len(list(clear.results[0].uses)) != 1:
            continue
        if any(block_of(v) == block for v in geometry) or not _filled_outside(clear, block):
            continue
        end.operands[number] = clear.operands[1]
        zeros = clear.operands[0]
        attributes = raw_attributes(clear)
        with clear.location:
            place = ir.InsertionPoint.at_block_begin(block)
            first = create(INSERT, [argument.type], [zeros, argument, *geometry], attributes, ip=place)
            argument.replace_all_uses_except(first.result, first)
            if any(True for _ in result.uses):
                with ir.InsertionPoint.after(loop):
                    last = create(INSERT, [argument.type], [zeros, result, *geometry], attributes)
                result.replace_all_uses_except(last.result, last)
        clear.erase()


def _filled_outside(clear: Any, block: Any) -> bool:
    """Whether the zeros exist before the loop; they are moved there if they are the same in each iteration."""
    zeros = defining_op(clear.operands[0])
    if zeros is None or zeros.block != block:
        return True
    if any(block_of(v) == block for v in zeros.operands):
        return False
    zeros.move_before(block.owner.operation)
    return True


# ---------------------------------------------------------------- chains


@dataclass(eq=False)
class _Chain:
    """Accumulations into versions of one array, each of which only the next one uses."""

    clears: list[Any] = field(default_factory=list)
    links: list[_Link] = field(default_factory=list)


class _Writes:
    """What the operations of a function overwrite, in program order."""

    def __init__(self, func: Any) -> None:
        self._memory: dict[Value, Value] = {}
        self._written: dict[Any, tuple[list[int], list[Value | None]]] = {}
        self._place: dict[Value, int] = {}
        for place, op in enumerate(walk(func)):
            record = lookup(op.name)
            number = 0 if op.name in VIEWS else record.destination if record is not None else None
            if number is not None:
                self._memory[op.results[0]] = self.memory(op.operands[number])
            if len(op.regions) or op.name == CALL or (number is not None and op.name not in VIEWS):
                places, written = self._written.setdefault(op.block, ([], []))
                places.append(place)
                written.append(None if number is None else self.memory(op.operands[number]))
            if op.name == INSERT:
                self._place[op.results[0]] = place

    def memory(self, tensor: Value) -> Value:
        """The tensor in whose memory another one lies."""
        return self._memory.get(tensor, tensor)

    def between(self, first: Any, last: Any, read: set[Value]) -> bool:
        """Whether something that may be one of the memories `read` is overwritten after `first` and before `last`."""
        places, written = self._written[first.block]
        start = bisect_right(places, self._place[first.results[0]])
        end = bisect_left(places, self._place[last.results[0]])
        return any(memory is None or memory in read for memory in written[start:end])


def _chains(func: Any) -> list[_Chain]:
    found: list[_Chain] = []
    taken: set[Value] = set()
    writes = _Writes(func)
    for insert in walk(func, INSERT):
        if insert.results[0] in taken or not is_float(insert.operands[1].type.element_type):
            continue
        chain = _chain_from(insert, writes)
        taken.update(op.results[0] for op in (*chain.clears, *(link.insert for link in chain.links)))
        if len(chain.links) > 1:
            found.append(chain)
    return found


def _chain_from(first: Any, writes: _Writes) -> _Chain:
    """The longest chain that begins with an insertion."""
    chain = _Chain()
    own = writes.memory(first.results[0])
    read: set[Value] = set()
    last, op = None, first
    while op is not None:
        if last is not None and (op.block != last.block or writes.between(last, op, read)):
            break
        link = _link(op)
        if link is not None:
            reads = _memories_of(link.term, writes)
            if own in reads:
                break
            chain.links.append(link)
            read |= reads
        elif is_clear(op) and not chain.links:
            chain.clears.append(op)
        else:
            break
        last, op = op, _next(op.results[0])
    return chain


def _next(version: Value) -> Any | None:
    """The insertion that alone uses a version, on its own or together with the read of the window it replaces."""
    users = _users(version)
    inserts = [user for user in users if user.name == INSERT and user.operands[1] == version]
    if len(inserts) != 1 or len(users) > 2:
        return None
    link = _link(inserts[0])
    others = [user for user in users if user != inserts[0]]
    return inserts[0] if others == ([link.extract] if link is not None else []) else None


def _memories_of(term: Value, writes: _Writes) -> set[Value]:
    """The tensors in memory that a window is computed from."""
    found: set[Value] = set()
    pending, seen = [term], set()
    while pending:
        value = pending.pop()
        op = defining_op(value)
        if value in seen or not is_tensor(value.type):
            continue
        seen.add(value)
        if op is not None and (_is_elementwise(op) or op.name.startswith("nd.")):
            pending += op.operands
        found.add(writes.memory(value))
    return found


def _is_elementwise(op: Any) -> bool:
    return bool(op.name.startswith(("arith.", "math.")))


# ---------------------------------------------------------------- the operation


def _raise(chain: _Chain) -> None:
    """Put one op in the place of the last link."""
    first = chain.clears[0] if chain.clears else chain.links[0].insert
    inserts = [*chain.clears, *(link.insert for link in chain.links)]
    terms = [link.term for link in chain.links]
    array, result = first.operands[1], inserts[-1].results[0]
    attributes: dict[str, Any] = {"cleared": ir.IntegerAttr.get(ir.IntegerType.get_signless(64), len(chain.clears))}
    dynamic: list[Any] = []
    for kind, name in enumerate(GEOMETRY):
        static = [n for insert in inserts for n in ir.DenseI64ArrayAttr(insert.attributes[name])]
        attributes[name] = ir.DenseI64ArrayAttr.get(static)
        dynamic += [v for insert in inserts for v in _dynamic(insert, kind)]
    if all(ACCUMULATE in link.sum.attributes for link in chain.links):
        attributes[ACCUMULATE] = ir.UnitAttr.get()
    attributes["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get([1, len(terms), len(dynamic)])
    for term in terms:
        _compute_anywhere(term)
    with ir.InsertionPoint(inserts[-1]):
        windows = _of_one_type(terms)
        summed = create("nd.add_windows", [array.type], [array, *windows, *dynamic], attributes)
    result.replace_all_uses_with(summed.result)
    for link in reversed(chain.links):
        for op in (link.insert, link.sum, link.extract):
            op.erase()
    for clear in reversed(chain.clears):
        clear.erase()


def _of_one_type(terms: Sequence[Value]) -> Sequence[Value]:
    """IRDL wants the operands that are variadic to have one type: windows of different extents get dynamic ones."""
    if len({str(term.type) for term in terms}) == 1:
        return terms
    extents = [DYNAMIC] * terms[0].type.rank
    return [create("nd.sized", [tensor_type(extents, term.type.element_type)],
                   [term, *(size(term, d) for d in range(len(extents)))]).result for term in terms]


def _dynamic(insert: Any, kind: int) -> Sequence[Any]:
    """The operands that are the offsets, sizes or strides known only at run time."""
    segments = list(ir.DenseI32ArrayAttr(insert.attributes["operandSegmentSizes"]))
    start = sum(segments[:2 + kind])
    return list(insert.operands)[start:start + segments[2 + kind]]


def _compute_anywhere(term: Value) -> None:
    """A sum inside the computation of a window is not kept in a place of its own."""
    pending, seen = [term], set()
    while pending:
        value = pending.pop()
        op = defining_op(value)
        if op is None or value in seen or not _is_elementwise(op):
            continue
        seen.add(value)
        pending += op.operands
        first = defining_op(op.operands[0]) if len(op.operands) else None
        if ACCUMULATE in op.attributes and first is not None and (_is_elementwise(first) or first.name == EXTRACT):
            del op.attributes[ACCUMULATE]
