"""Windows that are added into an array, as one operation that bufferization understands.

``nd.add_windows`` becomes a `linalg.generic` that stands for the loops `window-rows` will write: its destination is the
array, its inputs are what the windows are computed from, and its body is the chain of sums for one element,

    out + e_1 + e_2 + ..      each addition marked `TERM`

Each operand has loop dimensions of its own: bufferization then sees a destination that is overwritten, and inputs that
are read at other places than those being written.  Where the boxes are stands in attributes, and in inputs that are
indices.

Windows are computed where they are added, once for each place, if that is cheap; others are put into memory first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import create
from wengert.dialects.op import lookup
from wengert.dialects.windows import GEOMETRY
from wengert.passes.elements import Array, Body, Mapped, Splat, View, generic, identity, leaves

if TYPE_CHECKING:
    from wengert.passes.fusion import Fusion

#: On a generic that stands for loops over windows; `CLEARED` counts the boxes that are cleared first, `READS` has the
#: dimensions of a window that the dimensions of each input are (-1: element 0).
WINDOWS, CLEARED, READS = "nd.windows", "nd.cleared", "nd.reads"
#: On the additions of its body.
TERM = "nd.term"
#: How many operations are rather executed again than stored.
CHEAP = 12
#: Elementwise operations that are not, besides transcendental functions.
EXPENSIVE = frozenset({"arith.divf"})


def add_windows(fusion: Fusion, tensor: Any, windows: Sequence[Array], op: Any) -> Any:
    """The generic that stands for an nd.add_windows on `tensor`, whose pending readers are in memory."""
    own = fusion.memories.of(tensor)
    for window in windows:
        if own in window.reads or not _is_computed_again(window):
            fusion.in_memory(window)
        window.uses -= 1
    rank = tensor.type.rank
    read = leaves([(window, identity(rank)) for window in windows])
    attributes = {name: op.attributes[name] for name in (*GEOMETRY, *_kept(op))}
    attributes[WINDOWS], attributes[CLEARED] = ir.UnitAttr.get(), op.attributes["cleared"]
    attributes[READS] = ir.ArrayAttr.get([ir.DenseI64ArrayAttr.get([-1 if d is None else d for d in at])
                                          for _, at in read])
    geometry = [fusion.value(v) for v in list(op.operands)[1 + len(windows):]]
    inputs, dimension = [], rank
    for leaf, at in read:
        inputs.append((leaf, tuple(range(dimension, dimension + len(at)))))
        dimension += len(at)
    inputs += [(v, ()) for v in geometry]

    def chain(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        elements = Body(_no_index, dict(zip(read, ins)))
        total = outs[0]
        for window in windows:
            term = elements.element(window, identity(rank))
            total = create("arith.addf", [total.type], [total, term], {TERM: ir.UnitAttr.get()}).result
        return [total]

    result = generic(inputs, [(tensor, identity(rank))], dimension, chain, range(rank, dimension), attributes)[0]
    return fusion.version(result, tensor)


def _kept(op: Any) -> list[str]:
    return [name for name in ("nd.accumulate",) if name in op.attributes]


def _no_index(dimension: int) -> Any:
    raise TypeError("the elements of a window do not depend on where it is")


def _is_computed_again(window: Array) -> bool:
    """Whether each element of a window can be computed at each place it is added to, rather than once."""
    count, pending, seen = 0, [window], set()
    while pending:
        array = pending.pop()
        if array.value is not None or id(array) in seen:
            continue
        seen.add(id(array))
        if isinstance(array, Mapped):
            record = lookup(array.operation)
            count += 1
            if array.destination is not None or record is None or record.expensive or array.operation in EXPENSIVE:
                return False
        elif not isinstance(array, (Splat, View)) or type(array) not in (Splat, View):
            return False
        pending += array.sources()
    return count <= CHEAP
