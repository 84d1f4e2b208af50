"""`promote`: array elements that live in scalars.

Inside a loop, an element that is read and written at an invariant index becomes a carried scalar: it is loaded before
the loop and stored after it.  A read of what was written just before becomes the written value, and a write that the
next one overwrites disappears.  Both shorten what a reverse sweep has to store, and leave arrays whose writes can be
undone.

The results are the same to the last bit, also for loops without iterations: the element must be provably inside of the
array, because then it is loaded and stored back although the loop never touched it.  Other accesses of the array in the
loop must provably be to other elements (passes/affine.py); otherwise the loop stays as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_tensor, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import FOR, For, yield_
from wengert.dialects.op import lookup_call, raw_attributes
from wengert.passes.affine import Form, different, equal, form_of, lower_bound, positive
from wengert.passes.base import Pass, register_pass
from wengert.passes.purity import Effects
from wengert.passes.simplify import chosen_functions, simplify_function
from wengert.passes.value_numbering import inside

#: The operand of a `tensor.insert` that is the array.
DESTINATION = 1
#: How many writes a read is followed through.
LONGEST_CHAIN = 32


@register_pass("promote")
@dataclass(frozen=True)
class Promote(Pass):
    """Keep array elements in scalars: across loops that update one element, and from a write to the reads after it.

    Args:
        function: the function to work on; all of them by default.
    """

    function: str = ""

    def run(self, module: ir.Module) -> None:
        effects = Effects(module)
        for func in chosen_functions(module, self.function):
            promote_function(func, effects)


def promote_function(func: Any, effects: Effects) -> None:
    """Forward writes to reads and promote elements, inner loops first; then simplify."""
    changed = forward_writes(func)
    for loop in reversed(walk(func, FOR)):
        while (found := _candidate(loop)) is not None:
            loop = _promote(loop, found)
            changed = True
    if changed:
        forward_writes(func)
        simplify_function(func, effects)


# ---------------------------------------------------------------- a loop that updates one element


@dataclass(frozen=True)
class _Element:
    """An element that a loop reads and writes.

    Args:
        position: which carried value the array is.
        indices: the element, defined outside of the loop.
        writes: the inserts, in program order.
        reads: the extracts of the element, with the version of the array they read.
        elsewhere: the extracts of other elements.
    """

    position: int
    indices: list[Value]
    writes: list[Any]
    reads: list[tuple[Any, Value]]
    elsewhere: list[Any]


def _candidate(op: Any) -> _Element | None:
    """A carried array of which the loop writes one invariant element."""
    loop = For(op)
    for position, (carry, end) in enumerate(zip(loop.carries, loop.yields, strict=True)):
        if is_tensor(carry.type) and end != carry:
            writes = _chain(end, carry, op)
            element = _element(op, position, carry, writes) if writes else None
            if element is not None and exists_before(op, element.indices, loop.inits[position].type):
                return element
    return None


def _chain(end: Value, carry: Value, loop: Any) -> list[Any]:
    """The inserts that make `end` from `carry`, all in the block of the loop at one invariant place; [] if not so."""
    writes: list[Any] = []
    while end != carry:
        op = defining_op(end)
        if op is None or op.name != "tensor.insert" or op.parent.operation != loop:
            return []
        writes.append(op)
        end = op.operands[1]
    indices = _indices(writes[0], 2)
    if any(inside(i, loop) for i in indices):
        return []
    return writes[::-1] if all(_same(indices, _indices(w, 2)) for w in writes) else []


def _element(loop: Any, position: int, carry: Value, writes: list[Any]) -> _Element | None:
    indices = _indices(writes[0], 2)
    element = _Element(position, indices, writes, [], [])
    versions, ends = [carry, *(w.results[0] for w in writes)], [*writes, terminator(For(loop).block)]
    for version, end in zip(versions, ends, strict=True):
        for use in version.uses:
            reader = use.owner.operation
            if reader == end and (use.operand_number == 1 or reader.name == "scf.yield"):
                if reader.name == "scf.yield" and use.operand_number != position:
                    return None
            elif reader.name != "tensor.extract":
                return None
            elif _same(indices, _indices(reader, 1)):
                element.reads.append((reader, version))
            elif _apart(indices, _indices(reader, 1)):
                element.elsewhere.append(reader)
            else:
                return None
    return element


def exists_before(op: Any, indices: Sequence[Value], shape: Any) -> bool:
    """Whether an element may be loaded before a loop: it is inside of the array, or the loop surely runs."""
    lower, upper, _ = map(form_of, For(op).bounds)
    if positive(upper.plus(lower, -1)):
        return True
    for d, value in enumerate(indices):
        form = form_of(value)
        least = lower_bound(form)
        if least is None or least < 0 or shape.is_dynamic_dim(d):
            return False
        room = lower_bound(Form(shape.shape[d]).plus(form, -1))
        if room is None or room < 1:
            return False
    return True


def _promote(op: Any, element: _Element) -> Any:
    """Rebuild the loop with the element in place of the array; the new loop."""
    loop, position = For(op), element.position
    init, carry, result = loop.inits[position], loop.carries[position], loop.results[position]
    others = [i for i in range(len(loop.results)) if i != position]
    with op.location, ir.InsertionPoint(op):
        loaded = lookup_call("tensor.extract", init, *element.indices)
        inits = [*(loop.inits[i] for i in others), loaded]
        new = create(FOR, [v.type for v in inits], [*loop.bounds, *inits], raw_attributes(op), regions=1)
    scalar = {carry: op.regions[0].blocks[0].add_argument(loaded.type, op.location)}
    scalar.update({write.results[0]: write.operands[0] for write in element.writes})
    _read_scalars(element, init, scalar)
    end = terminator(loop.block)
    yields = [scalar.get(v, v) for v in (*(loop.yields[i] for i in others), loop.yields[position])]
    location = end.location
    end.erase()
    with location:
        yield_(yields, loop.block)
    for write in reversed(element.writes):
        write.erase()
    loop.block.append_to(new.regions[0])
    new.regions[0].blocks[0].erase_argument(1 + position)
    with op.location, ir.InsertionPoint(op):
        stored = lookup_call("tensor.insert", list(new.results)[-1], init, *element.indices)
    result.replace_all_uses_with(stored)
    for i, value in zip(others, new.results, strict=False):
        op.results[i].replace_all_uses_with(value)
    op.erase()
    return new


def _read_scalars(element: _Element, init: Value, scalar: dict[Value, Value]) -> None:
    """Reads of the element become the scalar; reads of other elements are of the array before the loop."""
    for read in element.elsewhere:
        read.operands[0] = init
    for read, version in element.reads:
        value = scalar[version]
        for known, replaced in scalar.items():  # what was written may be this very read
            if replaced == read.results[0]:
                scalar[known] = value
        read.results[0].replace_all_uses_with(value)
        read.erase()


# ---------------------------------------------------------------- from a write to the reads after it


def forward_writes(func: Any) -> bool:
    """Replace reads of elements just written by what was written; drop writes that are overwritten or in vain."""
    changed = False
    for op in walk(func):
        if op.name == "tensor.extract":
            value = _written(op)
            if value is not None:
                op.results[0].replace_all_uses_with(value)
                op.erase()
                changed = True
        elif op.name == "tensor.insert":
            changed |= _forward_write(op)
    return changed


def _written(read: Any) -> Value | None:
    """The value that the read element was given, when each write since then is provably to another element."""
    array, indices = read.operands[0], _indices(read, 1)
    for _ in range(LONGEST_CHAIN):
        op = defining_op(array)
        if op is None or op.name != "tensor.insert":
            return None
        if _same(indices, _indices(op, 2)):
            return op.operands[0]
        if not _apart(indices, _indices(op, 2)):
            return None
        array = op.operands[1]
    return None


def _forward_write(write: Any) -> bool:
    value, array, indices = write.operands[0], write.operands[1], _indices(write, 2)
    source = defining_op(value)
    if (source is not None and source.name == "tensor.extract" and source.operands[0] == array
            and _same(indices, _indices(source, 1))):  # back where it came from
        write.results[0].replace_all_uses_with(array)
        write.erase()
        return True
    before = defining_op(array)
    if before is None or before.name != "tensor.insert" or not _same(indices, _indices(before, 2)):
        return False
    reads = [use.owner.operation for use in array.uses if use.owner.operation != write]
    if not all(_reads_elsewhere_before(read, write, indices) for read in reads):
        return False
    for op in (*reads, write):  # nobody sees the earlier write
        op.operands[DESTINATION if op == write else 0] = before.operands[1]
    return True


def _reads_elsewhere_before(read: Any, write: Any, indices: Sequence[Value]) -> bool:
    return (read.name == "tensor.extract" and read.block == write.block and read.is_before_in_block(write)
            and _apart(indices, _indices(read, 1)))


def _indices(op: Any, first: int) -> list[Value]:
    return list(op.operands)[first:]


def _same(a: Sequence[Value], b: Sequence[Value]) -> bool:
    return all(map(equal, a, b))


def _apart(a: Sequence[Value], b: Sequence[Value]) -> bool:
    """Whether two elements of an array are provably different: in one dimension at least."""
    return any(map(different, a, b))
