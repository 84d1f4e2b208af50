"""Which arrays share a loop: pending arrays, and when they are put into memory.

Elementwise results stay pending while `lower_tensors` walks over a block.  One that is needed in memory takes along
everything it is computed from, and whatever else is computed from the same pending arrays, as one `linalg.generic`.
Reductions wait too, and join the loop that stores their elements, or what else is computed from them; numbers computed
from waiting reductions wait with them.  At most `MAX_PENDING` arrays wait, so compile time is linear in the length of
the program.

Delaying a computation must not carry it over a write into memory it reads: bufferization would have to copy that
memory.  `Memories` says which tensors are versions or parts of one memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count, groupby
from typing import Any

from wengert.dialects.bindings import defining_op, ir, is_tensor
from wengert.dialects.build import cast_index, create
from wengert.dialects.op import raw_attributes
from wengert.passes.destinations import copied
from wengert.passes.elements import (
    Array,
    Counter,
    Deferred,
    Extents,
    Lookup,
    Mapped,
    Reshape,
    Splat,
    Stored,
    View,
    compute,
    empty_tensor,
    extents,
    filled,
    load,
    to_memory,
)
from wengert.passes.pending_products import accumulated, pending_product
from wengert.passes.products import Product, contract
from wengert.passes.reductions import Reduced, compute_together, reduce
from wengert.passes.reshapes import reshape, unit_changes
from wengert.passes.routines import routine
from wengert.passes.window_sums import add_windows

MAX_PENDING = 120
#: Ops whose result lies in the memory of one of their operands, and which operand.
#: Arrays that are put into memory by loops made for them, and numbers that wait for them.
_OWN_LOOP = (Mapped, Reduced, Deferred, Product)
SAME_MEMORY = {"tensor.extract_slice": 0, "tensor.collapse_shape": 0, "tensor.expand_shape": 0, "tensor.reshape": 0,
               "tensor.cast": 0, "tensor.insert": 1, "tensor.insert_slice": 1}


class Memories:
    """A number for each memory a tensor may lie in; versions and slices of a tensor share it."""

    def __init__(self) -> None:
        self._numbers: dict[Any, int] = {}
        self._next = count()

    def of(self, tensor: Any) -> int:
        if tensor not in self._numbers:
            op = defining_op(tensor)
            if op is not None and op.name in SAME_MEMORY:
                self._numbers[tensor] = self.of(op.operands[SAME_MEMORY[op.name]])
            else:
                self._numbers[tensor] = next(self._next)
        return self._numbers[tensor]

    def share(self, tensor: Any, other: Any) -> None:
        """Note that `tensor` is a version of `other`."""
        self._numbers[tensor] = self.of(other)


class Fusion:
    """The services `dialects.lowerings.Tensors` of a function that is being lowered."""

    def __init__(self) -> None:
        self.env: dict[Any, Any] = {}  # values of the old function -> values or arrays of the new one
        self.pending: list[Array] = []
        self.memories = Memories()
        self._settled: list[Array] = []  # what was put into memory since the current block began

    # ------------------------------------------------------------ services

    def value(self, operand: Any) -> Any:
        new = self.env[operand]
        return self.in_memory(new) if isinstance(new, Array) else new

    def array(self, operand: Any) -> Array:
        new = self.env[operand]
        return new if isinstance(new, Array) else self.stored(new, operand.type.element_type)

    def stored(self, tensor: Any, element: Any = None) -> Array:
        return Stored(element or tensor.type.element_type, extents(tensor), tensor,
                      reads=frozenset({self.memories.of(tensor)}))

    def splat(self, scalar: Any, shape: Extents) -> Array:
        return Splat(scalar.type, shape, scalar_value=scalar)

    def counter(self, dimension: int, shape: Extents, element: Any) -> Array:
        return Counter(element, shape, dimension=dimension)

    def view(self, array: Array, dimensions: Sequence[int | None], shape: Extents) -> Array:
        if len([d for d in dimensions if d is not None]) < len(shape):
            self.in_memory_unless_cheap(array)  # it repeats elements: compute them once
        return self._waiting(View(array.element, shape, reads=array.reads, source=array, dimensions=tuple(dimensions)))

    def lookup(self, array: Array, at: Callable[[Sequence[Any]], Sequence[Any]], shape: Extents,
               also: Array | None = None) -> Array:
        source = self._resident(array)
        reads = source.reads if also is None else source.reads | self._resident(also).reads
        return self._waiting(Lookup(array.element, shape, reads=reads, source=source, positions=at))

    def reshaped(self, array: Array, shape: Extents) -> Array:
        self._computed_product(array)
        dimensions = unit_changes(array.shape, shape)
        if dimensions is None:
            return self.stored(reshape(self.in_memory(array), shape), array.element)
        return self._waiting(Reshape(array.element, shape, reads=array.reads, source=array, dimensions=dimensions))

    def empty(self, element: Any, shape: Extents) -> Any:
        return empty_tensor(element, shape)

    def load(self, tensor: Any, indices: Sequence[Any], element: Any) -> Any:
        return load(tensor, [cast_index(i) for i in indices], element)

    def store(self, scalar: Any, tensor: Any, indices: Sequence[Any]) -> Any:
        self.flush_readers(self.memories.of(tensor))
        return create("tensor.insert", [tensor.type], [to_memory(scalar), tensor, *map(cast_index, indices)]).result

    def overwritten(self, operand: Any) -> Any:
        tensor = self.value(operand)
        self.flush_readers(self.memories.of(tensor))
        return tensor

    def version(self, tensor: Any, of: Any) -> Any:
        self.memories.share(tensor, of)
        return tensor

    def reduced(self, array: Array, axes: Sequence[int], combine: Callable[[Any, Any], Any], neutral: Any) -> Any:
        shape = tuple(n for d, n in enumerate(array.shape) if d not in axes)
        self._computed_product(array)
        self._make_room()
        return self._waiting(Reduced(array.element, shape, reads=array.reads, location=ir.Location.current,
                                     source=array, axes=tuple(axes), combine=combine, neutral=neutral))

    def deferred(self, op: Any) -> Array | None:
        """The number an op on numbers computes, if some of them wait for a reduction."""
        if len(op.results) != 1 or len(op.regions) or not op.name.startswith(("arith.", "math.")):
            return None
        inputs = [new for v in op.operands if isinstance(new := self.env[v], Array) and new.value is None]
        if not inputs or any(is_tensor(v.type) for v in (*op.operands, *op.results)):
            return None
        self._make_room()
        reads: frozenset[int] = frozenset().union(*[x.reads for x in inputs])
        return self._waiting(Deferred(op.results[0].type, (), reads=reads, op=op, inputs=tuple(inputs)))

    def contracted(self, lhs: Array, rhs: Array, contracting: tuple[Sequence[int], Sequence[int]],
                   batch: tuple[Sequence[int], Sequence[int]]) -> Any:
        product = contract(self._matrix(lhs), self._matrix(rhs), contracting, batch)
        return self._waiting(product) if isinstance(product, Array) else product

    def computed(self, array: Array) -> Any:
        if isinstance(array, Splat):
            return self.in_memory(array)
        if isinstance(array, Reduced) or (isinstance(array, Mapped) and array.destination is not None):
            return copied(self.in_memory(array))
        self._computed_product(array)
        self.settle_shared(array)
        array.uses -= 1  # its elements are computed into this memory
        return compute([array], [None])[0]

    def routine(self, name: str, inputs: Sequence[Any], outputs: Sequence[Any]) -> list[Any]:
        return routine(name, inputs, outputs)

    def windows_added(self, operand: Any, windows: Sequence[Array], op: Any) -> Any:
        return add_windows(self, self.overwritten(operand), windows, op)

    def _matrix(self, array: Array) -> Array:
        """An operand of a product: in memory, or the transposition of something in memory."""
        if isinstance(array, View) and array.value is None and None not in array.dimensions:
            return replace(array, source=self._resident(array.source))
        return self._resident(array)

    def _resident(self, array: Array) -> Array:
        """The array as one that is in memory."""
        tensor = self.in_memory(array)
        return array if array.value is not None else self.stored(tensor, array.element)

    # ------------------------------------------------------------ elementwise ops

    def mapped(self, op: Any, attributes: dict[str, Any], in_place: bool) -> Any:
        """The result of an elementwise op on tensors; `in_place` lets it overwrite its first operand.

        A window is overwritten only if the result is put back into it: it belongs to somebody else.  What is not in
        memory yet is not overwritten either, but fused.
        """
        self._make_room()
        in_place = in_place and _is_put_back(op) and _has_memory(self.array(op.operands[0]))
        if (tensor := accumulated(self, op, in_place)) is not None:
            return tensor
        inputs = tuple(self.array(v) if is_tensor(v.type) else self.value(v) for v in op.operands)
        arrays = [x for x in inputs if isinstance(x, Array)]
        for x in arrays:
            self._computed_product(x)
        for x in arrays[1:] if in_place else arrays:
            if isinstance(x, Mapped) and x.destination is not None:
                self.in_memory(x)  # an accumulation is not computed anywhere but in its place
        destination = self._place(arrays[0], arrays[1]) if in_place else None
        reads: frozenset[int] = frozenset().union(*[x.reads for x in arrays])
        return self._waiting(Mapped(op.results[0].type.element_type, arrays[0].shape, reads=reads, location=op.location,
                                    operation=op.name, attributes=attributes, inputs=inputs, destination=destination))

    def _place(self, existing: Array, contribution: Array) -> Any:
        """The tensor into which `existing + contribution` is written: that of `existing`."""
        chained = isinstance(existing, Mapped) and existing.value is None and existing.uses == 1
        destination = existing.destination if chained and isinstance(existing, Mapped) else None
        tensor = self.in_memory(existing) if destination is None else destination
        memory = self.memories.of(tensor)
        if memory in contribution.reads:  # through another window, perhaps: first into a temporary
            self.in_memory(contribution)
        self.flush_readers(memory, keep=(existing, contribution))
        return tensor

    def _make_room(self) -> None:
        if len(self.pending) >= MAX_PENDING:
            self.flush()

    def _waiting(self, array: Array) -> Array:
        for source in array.sources():
            source.consumers.append(array)
        self.pending.append(array)
        return array

    # ------------------------------------------------------------ into memory

    def in_memory(self, array: Array) -> Any:
        """The array as a tensor, computed at the current place if it is pending.

        Equal elements are filled in anew for each use: most of them are about to be overwritten.
        """
        if isinstance(array, Splat):
            return filled(array.scalar_value, array.shape)
        if array.value is None:
            if isinstance(array, (Mapped, Reduced)):
                self._emit(array, self._group(array))
            elif isinstance(array, Deferred):
                operands = [self.value(v) for v in array.op.operands]
                with array.op.location:
                    attributes = raw_attributes(array.op)
                    self._settle(array, create(array.op.name, [array.element], operands, attributes).result)
            elif isinstance(array, Product):
                self._settle(array, array.computed())
            elif (product := pending_product(array)) is not None:
                self._settle(array, product.computed())
            elif isinstance(array, Reshape) and array.source.value is not None:
                self._settle(array, reshape(array.source.value, array.shape))
            else:
                self.settle_shared(array)
                self._settle(array, compute([array], [None])[0])
        return array.value

    def in_memory_unless_cheap(self, array: Array) -> None:
        if isinstance(array, Reshape):
            self.in_memory_unless_cheap(array.source)  # its elements lie in the same order
        elif array.value is None and not array.cheap:
            self.in_memory(array)

    def _computed_product(self, array: Array) -> None:
        """Put a pending product into memory, in the order of `array` if it is a transposition of that product."""
        while array.value is None and isinstance(array, (View, Product)):
            if isinstance(array, Product) or pending_product(array) is not None:
                self.in_memory(array)
                return
            array = array.source

    def settle_shared(self, array: Array) -> None:
        """Put into memory what `array` is computed from and others need too, lest it be computed twice."""
        self._settle_reductions(array)
        inside = {id(a): a for a in _reachable(array)}
        for member in list(inside.values()):
            needed_elsewhere = _uses_outside(member, inside) > (1 if member is array else 0)
            if isinstance(member, Mapped) and member.value is None and needed_elsewhere:
                self._emit(member, self._group(member, without=None if member is array else array))

    def _settle_reductions(self, array: Array) -> None:
        """Compute the reductions whose results `array` is computed from: their loops end before one of its begins."""
        for source in array.sources():
            for member in _reachable(source):
                if isinstance(member, Reduced):
                    self.in_memory(member)

    def flush(self) -> None:
        """Put everything that is still needed into memory: at the end of a block, and before control flow."""
        for array in reversed(list(self.pending)):
            computed = isinstance(array, _OWN_LOOP) or pending_product(array) is not None
            if computed and array.value is None and _uses_outside(array, _waiting_consumers(array)):
                self.in_memory(array)
        self.pending = [a for a in self.pending if a.value is None and not isinstance(a, _OWN_LOOP)]

    def flush_readers(self, memory: int, keep: Sequence[Array] = ()) -> None:
        """Put whatever reads a memory into memory of its own, before that memory is overwritten."""
        for array in reversed(list(self.pending)):
            reads = array.value is None and memory in array.reads and not any(array is k for k in keep)
            if reads and _uses_outside(array, _waiting_consumers(array)):
                self.in_memory(array)
        self.pending = [a for a in self.pending if a.value is None]

    def _group(self, root: Array, without: Array | None = None) -> dict[int, Array]:
        """The pending arrays that are to share a generic with `root`."""
        self._settle_reductions(root)
        members: dict[int, Array] = {}
        waits: dict[int, bool] = {}
        candidates = [] if _destination(root) is not None else [
            r for r in self.pending if isinstance(r, Reduced) and _may_share_loop(r, root) and not _waits(r, waits)]
        work: list[Array] = [root]
        while work:
            array = work.pop()
            if array.value is not None or id(array) in members or array is without:
                continue
            members[id(array)] = array
            work.extend(array.sources())
            if isinstance(array, Mapped) and _destination(root) is None:
                work.extend(c for c in array.consumers if _may_share_loop(c, root) and not _waits(c, waits))
                work.extend(r for r in candidates if r.reads & array.reads)  # what it reads is read here
        return members

    def _emit(self, wanted: Array, members: dict[int, Array]) -> None:
        """One generic for the group of `wanted`, or more if views change the shape; others may need further results."""
        roots = [a for a in self.pending if isinstance(a, (Mapped, Reduced)) and id(a) in members
                 and (a is wanted or _uses_outside(a, members))]
        for _, same_shape in groupby(roots, key=_loops):
            together = list(same_shape)
            for root, tensor in zip(together, _computed(together), strict=True):
                if (destination := _destination(root)) is not None:
                    self.memories.share(tensor, destination)
                self._settle(root, tensor)
        self.pending = [a for a in self.pending if a.value is None]

    def _settle(self, array: Array, tensor: Any) -> None:
        array.value = tensor
        array.reads = frozenset({self.memories.of(tensor)}) if is_tensor(tensor.type) else frozenset()
        self._settled.append(array)

    # ------------------------------------------------------------ blocks

    def enter_block(self) -> tuple[list[Array], list[Array]]:
        outer = self.pending, self._settled
        self.pending, self._settled = [], []
        return outer

    def leave_block(self, outer: tuple[list[Array], list[Array]]) -> None:
        """What an inner block has put into memory does not exist outside of it."""
        for array in self._settled:
            array.value = None
        self.pending, self._settled = outer


def _is_put_back(op: Any) -> bool:
    """Whether what an accumulation adds to is no window, or one that receives the result."""
    existing, result = op.operands[0], op.results[0]
    while (made_by := defining_op(existing)) is not None and "nd.accumulate" in made_by.attributes:
        existing = made_by.operands[0]
    if made_by is None or made_by.name != "tensor.extract_slice":
        return True
    while len(users := [use.owner.operation for use in result.uses]) == 1 and "nd.accumulate" in users[0].attributes:
        result = users[0].results[0]
    return any(user.name == "tensor.insert_slice" and user.operands[0] == result and
               user.operands[1] == made_by.operands[0] for user in users)


def _has_memory(array: Array) -> bool:
    """Whether there is something to overwrite: a tensor in memory, or what is being added to one."""
    return array.value is not None or (isinstance(array, Mapped) and array.destination is not None)


def _destination(array: Array) -> Any:
    return array.destination if isinstance(array, Mapped) else None


def _loops(array: Array) -> Extents:
    """How far the loops run that compute an array."""
    return array.source.shape if isinstance(array, Reduced) else array.shape


def _may_share_loop(array: Array, root: Array) -> bool:
    return isinstance(array, (Mapped, Reduced)) and _destination(array) is None and _loops(array) == _loops(root)


def _waits(array: Array, known: dict[int, bool]) -> bool:
    """Whether an array is computed from a reduction that is still to be computed."""
    if id(array) not in known:
        sources = [source for source in array.sources() if source.value is None]
        known[id(array)] = any(isinstance(source, Reduced) or _waits(source, known) for source in sources)
    return known[id(array)]


def _computed(together: Sequence[Array]) -> list[Any]:
    """The tensors of arrays that are computed in the same loops, or the numbers."""
    reductions = [root for root in together if isinstance(root, Reduced)]
    if not reductions:
        return compute(together, [_destination(root) for root in together])
    if len(together) == 1:
        [one] = reductions
        return [reduce(one.source, one.axes, one.combine, one.neutral)]
    return compute_together(together)


def _reachable(array: Array) -> list[Array]:
    """The pending arrays that `array` is computed from, itself included; not what is reduced in loops of its own."""
    found: dict[int, Array] = {}
    work = [array]
    while work:
        one = work.pop()
        if one.value is None and id(one) not in found:
            found[id(one)] = one
            if one is array or not isinstance(one, Reduced):
                work.extend(one.sources())
    return list(found.values())


def _waiting_consumers(array: Array) -> dict[int, Array]:
    return {id(c): c for c in array.consumers if c.value is None}


def _uses_outside(array: Array, members: dict[int, Array]) -> int:
    """How often an array will be used other than by `members`; a view of it counts by its own users."""
    return array.uses - sum(_is_served(c, members) for c in array.consumers)


def _is_served(consumer: Array, members: dict[int, Array]) -> bool:
    """Whether a consumer is in memory already, or will be computed together with `members`."""
    if consumer.value is not None:
        return True
    return id(consumer) in members and (isinstance(consumer, (Mapped, Reduced)) or not _uses_outside(consumer, members))
