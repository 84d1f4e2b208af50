"""Schedules: which thread of a kernel computes which elements.

- `map_elements`: one thread an element (elementwise functions, broadcasts, transpositions).
- `reduce_serially`: one thread a result, which walks over what is reduced.  For many results, or few elements each.
- `reduce_in_blocks`: one block a result, or several and a second kernel for their partial results.  Thread t takes
  elements t, t + T, ...; then the block adds up in shared memory, halving the number of active threads each time.

The order in which elements are combined depends on the shapes alone, so results are the same in every run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from wengert.dialects.bindings import Value, ir
from wengert.dialects.build import create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.discrete import cmpi
from wengert.passes.elements import Dimensions, stored_element
from wengert.passes.gpu_kernel import THREADS, Kernel, below, read, unravel, when, write
from wengert.passes.gpu_nests import Combination, Nest, combinations
from wengert.passes.gpu_places import Place, Splat, plus, times

#: A result of at most so many elements is not worth a block; so many results occupy the GPU with a thread each.
FEW_ELEMENTS, MANY_RESULTS = 32, 2 ** 15
#: Elements a thread combines before another block is worth its launch; blocks that share one result, at most.
ELEMENTS_PER_THREAD, MOST_PARTS = 8, 1024


class Host(Protocol):
    """What a schedule asks of the function that launches kernels."""

    def kernel(self) -> Kernel:
        """A new kernel."""

    def launch(self, kernel: Kernel, blocks: int) -> None:
        """Launch a complete kernel after all launches so far."""

    def temporary(self, element: Any, shape: Sequence[int]) -> Place:
        """Memory for an array that only kernels see."""


@dataclass(frozen=True)
class Iteration:
    """One turn of a nest inside a kernel.

    indices: of the loops.
    position: the row-major number of the turn among all, where it is known: arrays read in order need no other address.
    """

    kernel: Kernel
    nest: Nest
    indices: tuple[Value, ...]
    position: Value | None = None

    def inputs(self) -> dict[Value, Value]:
        """Elements of the inputs the body reads, by block argument."""
        return {argument: self._element(tensor, at) for argument, (tensor, at)
                in zip(self.nest.elements, self.nest.inputs) if _is_used(argument)}

    def before(self, accumulators: Iterable[Value]) -> dict[Value, Value]:
        """Elements of the outputs before the op, for some of the block arguments that stand for them."""
        wanted = list(accumulators)
        return {argument: self._element(tensor, at) for argument, (tensor, at)
                in zip(self.nest.accumulators, self.nest.outputs) if argument in wanted}

    def store(self, values: Iterable[Value], outputs: Sequence[Place]) -> None:
        for value, place, (_, at) in zip(values, outputs, self.nest.outputs):
            self.kernel.store(value, place, self._address(place, at))

    def _element(self, tensor: Value, at: Dimensions) -> Value:
        place = self.kernel.place(tensor)
        if isinstance(place, Splat):
            return self.kernel.scalar(place.scalar)
        return self.kernel.load(place, self._address(place, at))

    def _address(self, place: Place, at: Dimensions) -> Value:
        in_order = at == tuple(range(len(self.indices))) and place.contiguous
        if in_order and self.position is not None:
            return self.position
        return place.address([index(0) if d is None else self.indices[d] for d in at])


def _is_used(value: Value) -> bool:
    return next(iter(value.uses), None) is not None


def _merged(nest: Nest, outer: Sequence[Value], inner: Sequence[Value]) -> tuple[Value, ...]:
    """Loop indices in order, from those of the parallel and those of the reduced loops."""
    found = dict(zip((*nest.parallel, *nest.reduced), (*outer, *inner)))
    return tuple(found[d] for d in range(len(found)))


def schedule(host: Host, nest: Nest, outputs: Sequence[Place]) -> None:
    """Emit and launch the kernels for a linalg.generic that writes its results to `outputs`."""
    results, elements = math.prod(nest.shape(nest.parallel)), math.prod(nest.shape(nest.reduced))
    if not results:
        return
    combined = combinations(nest)
    if not nest.reduced:
        map_elements(host, nest, outputs)
    elif combined is None or elements <= FEW_ELEMENTS or results >= MANY_RESULTS:
        reduce_serially(host, nest, outputs)
    else:
        reduce_in_blocks(host, nest, outputs, combined)


def blocks_for(threads: int) -> int:
    return -(-threads // THREADS)


def map_elements(host: Host, nest: Nest, outputs: Sequence[Place]) -> None:
    """``out[i] = f(in[i], ..)`` with a thread for each i."""
    total = math.prod(nest.extents)
    with host.kernel() as kernel:
        position = kernel.global_id()
        with when(below(position, total)):
            turn = Iteration(kernel, nest, tuple(unravel(position, nest.extents)), position)
            copies = {**turn.inputs(), **turn.before(filter(_is_used, nest.accumulators))}
            kernel.body(nest.block, copies, turn.indices)
            turn.store([kernel.value(v, copies) for v in nest.yields], outputs)
    host.launch(kernel, blocks_for(total))


def reduce_serially(host: Host, nest: Nest, outputs: Sequence[Place]) -> None:
    """``for k: out[e] = f(out[e], in[e, k], ..)`` with a thread for each e."""
    kept, reduced = nest.shape(nest.parallel), nest.shape(nest.reduced)
    with host.kernel() as kernel:
        position = kernel.global_id()
        with when(below(position, math.prod(kept))):
            outer = unravel(position, kept)
            start = Iteration(kernel, nest, _merged(nest, outer, [index(0)] * len(reduced)))
            before = start.before(nest.accumulators).values()
            loop = make_for(index(0), index(math.prod(reduced)), index(1), list(before))
            with ir.InsertionPoint(loop.block):
                step = Iteration(kernel, nest, _merged(nest, outer, unravel(loop.iv, reduced)))
                copies = {**step.inputs(), **dict(zip(nest.accumulators, loop.carries))}
                kernel.body(nest.block, copies, step.indices)
                yield_([kernel.value(v, copies) for v in nest.yields], loop.block)
            start.store(loop.results, outputs)
    host.launch(kernel, blocks_for(math.prod(kept)))


def reduce_in_blocks(host: Host, nest: Nest, outputs: Sequence[Place], combined: Sequence[Combination]) -> None:
    """``out[e] = out[e] + sum_k in[e, k]`` with one or several blocks for each e."""
    kept, reduced = nest.shape(nest.parallel), nest.shape(nest.reduced)
    results, elements = math.prod(kept), math.prod(reduced)
    in_order = [*nest.parallel, *nest.reduced] == list(range(len(nest.extents)))
    parts = 1 if results >= MOST_PARTS else min(MOST_PARTS, -(-elements // (THREADS * ELEMENTS_PER_THREAD)))

    def element(kernel: Kernel, e: Value, k: Value) -> list[Value]:
        step = Iteration(kernel, nest, _merged(nest, unravel(e, kept), unravel(k, reduced)),
                         plus(times(e, elements), k) if in_order else None)
        copies = step.inputs()
        kernel.body(nest.block, copies, step.indices, without=[op for c in combined for op in c.steps])
        return [kernel.value(c.contribution, copies) for c in combined]

    def iteration(kernel: Kernel, e: Value) -> Iteration:
        return Iteration(kernel, nest, _merged(nest, unravel(e, kept), [index(0)] * len(reduced)))

    def first(kernel: Kernel, e: Value) -> list[Value]:
        return list(iteration(kernel, e).before(nest.accumulators).values())

    def store(kernel: Kernel, e: Value, values: Sequence[Value]) -> None:
        iteration(kernel, e).store(values, outputs)

    if parts == 1:
        _block_a_result(host, results, elements, combined, outputs, element, first, store)
        return
    partial = [host.temporary(stored_element(c.type), (results, parts)) for c in combined]

    def store_partial(kernel: Kernel, block: Value, values: Sequence[Value]) -> None:
        for value, place in zip(values, partial):
            kernel.store(value, place, block)

    def loaded(kernel: Kernel, e: Value, k: Value) -> list[Value]:
        return [c.load(kernel.load(place, place.address([e, k]))) for c, place in zip(combined, partial)]

    _block_a_result(host, results, elements, combined, partial, element, None, store_partial, parts)
    _block_a_result(host, results, parts, combined, outputs, loaded, first, store)


Elements = Callable[[Kernel, Value, Value], Sequence[Value]]


def _block_a_result(host: Host, results: int, elements: int, combined: Sequence[Combination],
                    outputs: Sequence[Place], element: Elements,
                    first: Callable[[Kernel, Value], Sequence[Value]] | None,
                    store: Callable[[Kernel, Value, Sequence[Value]], None], parts: int = 1) -> None:
    """A kernel whose block e * parts + p combines elements p*T + t, p*T + t + parts*T, .. of result e in thread t.

    Args:
        outputs: what `store` writes to.
        first: what a result begins with, as it is in memory; None: with the neutral element.
        store: called with e (with several parts: the number of the block) and the values as they are in memory.
    """
    with host.kernel() as kernel:
        e, begin = kernel.block_id, kernel.thread
        if parts > 1:
            e, part = unravel(kernel.block_id, (results, parts))
            begin = plus(times(part, THREADS), kernel.thread)
        loop = make_for(begin, index(elements), index(parts * THREADS), [c.start() for c in combined])
        with ir.InsertionPoint(loop.block):
            added = [c.combine(old, x) for c, old, x in zip(combined, loop.carries, element(kernel, e, loop.iv))]
            yield_(added, loop.block)
        start = None if first is None else first(kernel, e)
        for place in outputs:
            kernel.parameter(place.buffer)
        shared = [kernel.shared(stored_element(c.type)) for c in combined]
        for c, memory, value in zip(combined, shared, loop.results):
            write(c.stored(value), memory, kernel.thread)
        _combine_shared(kernel, combined, shared)
        with when(cmpi("eq", kernel.thread, index(0))):
            totals = [read(memory, index(0)) for memory in shared]
            if start is not None:
                totals = [c.stored(c.combine(c.load(s), c.load(t))) for c, s, t in zip(combined, start, totals)]
            store(kernel, e if parts == 1 else kernel.block_id, totals)
    host.launch(kernel, results * parts)


def _combine_shared(kernel: Kernel, combined: Sequence[Combination], shared: Sequence[Value]) -> None:
    """``for stride in T/2, .., 2, 1: if t < stride: shared[t] = shared[t] + shared[t + stride]``, in step."""
    halvings = make_for(index(0), index(THREADS.bit_length() - 1), index(1), [])
    with ir.InsertionPoint(halvings.block):
        stride = create("arith.shrui", [halvings.iv.type], [index(THREADS // 2), halvings.iv]).result
        kernel.barrier()
        with when(cmpi("ult", kernel.thread, stride)):
            for c, memory in zip(combined, shared):
                mine = c.load(read(memory, kernel.thread))
                other = c.load(read(memory, plus(kernel.thread, stride)))
                write(c.stored(c.combine(mine, other)), memory, kernel.thread)
        yield_([], halvings.block)
