"""Loops that combine elements along axes.

Trailing axes are combined in a scalar that a loop nest carries, so nothing is written to memory until the sum is there;
leading axes are combined in memory, row by row, which vectorises along the row.  A reduction whose elements are stored
too, or that is one of several of the same elements, shares the loop that computes them (`compute_together`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import create, index
from wengert.dialects.control import make_for, yield_
from wengert.passes.elements import (
    Array,
    Body,
    Stored,
    compute,
    empty_tensor,
    filled,
    from_memory,
    generic,
    generic_index,
    identity,
    leaves,
    load,
    to_memory,
)

Combine = Callable[[Any, Any], Any]


@dataclass(eq=False)
class Reduced(Array):
    """The elements of `source` combined along `axes`; a number if no axis is left.

    It is computed in the loops of `source`; whoever reads it waits for the end of them.
    """

    source: Any = None
    axes: tuple[int, ...] = ()
    combine: Combine = max
    neutral: Any = None

    def sources(self) -> Sequence[Array]:
        return (self.source,)

    @property
    def cheap(self) -> bool:
        return False

    @property
    def kept(self) -> tuple[int, ...]:
        return tuple(d for d in range(len(self.source.shape)) if d not in self.axes)


def compute_together(roots: Sequence[Array]) -> list[Any]:
    """Arrays whose elements are computed in the same loops: stored, or combined in the case of a `Reduced`."""
    arrays = [r.source if isinstance(r, Reduced) else r for r in roots]
    reductions = [r for r in roots if isinstance(r, Reduced)]
    shape, at = arrays[0].shape, identity(len(arrays[0].shape))
    if len(reductions) == len(roots) and not any(r.shape for r in reductions):
        return _nest(arrays, range(len(shape)), {}, [r.combine for r in reductions], [r.neutral for r in reductions])
    inputs = leaves([(array, at) for array in arrays])
    covered = {d for _, dims in inputs for d in dims}.union(*[r.kept if isinstance(r, Reduced) else at for r in roots])
    if not covered.issuperset(at):  # no operand would say how far these loops run
        return [reduce(r.source, r.axes, r.combine, r.neutral) for r in reductions]

    def body(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        inside = Body(generic_index, dict(zip(inputs, ins, strict=True)))
        elements = [inside.element(array, at) for array in arrays]
        return [to_memory(r.combine(from_memory(out, r.element), x) if isinstance(r, Reduced) else x)
                for r, x, out in zip(roots, elements, outs, strict=True)]

    outputs = [(filled(r.neutral, r.shape), r.kept) if isinstance(r, Reduced) else (empty_tensor(r.element, shape), at)
               for r in roots]
    tensors = generic(inputs, outputs, len(shape), body, sorted({d for r in reductions for d in r.axes}))
    return [load(t, [], r.element) if isinstance(r, Reduced) and not r.shape else t
            for r, t in zip(roots, tensors, strict=True)]


def reduce(array: Array, axes: tuple[int, ...], combine: Combine, neutral: Any) -> Any:
    """The elements of `array` combined along `axes`, beginning with the scalar `neutral`: a tensor, or a scalar."""
    rank = len(array.shape)
    trailing = [d for d in range(rank) if all(e in axes for e in range(d, rank))]
    leading = [d for d in axes if d not in trailing]
    if len(trailing) == rank:
        return _nest([array], trailing, {}, [combine], [neutral])[0]
    if trailing:
        array = _rows_combined(array, rank - len(trailing), combine, neutral)
    return combined_in_memory(array, leading, combine, neutral) if leading else array.value


def _rows_combined(array: Array, kept: int, combine: Combine, neutral: Any) -> Array:
    """Combined along all dimensions from `kept` on, each row in a scalar."""
    shape = array.shape[:kept]

    def row(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        counters = {d: generic_index(d) for d in range(kept)}
        return [to_memory(x) for x in _nest([array], range(kept, len(array.shape)), counters, [combine], [neutral])]

    [tensor] = generic([], [(empty_tensor(array.element, shape), identity(kept))], kept, row)
    return Stored(array.element, shape, tensor)


def combined_in_memory(array: Array, leading: Sequence[int], combine: Combine, neutral: Any) -> Any:
    """Combined along dimensions that are not the last: the result is added to, row after row."""
    rank = len(array.shape)
    at, kept = identity(rank), tuple(d for d in range(rank) if d not in leading)
    inputs = leaves([(array, at)])
    if not set(leading) <= {d for _, dims in inputs for d in dims}:  # no input says how far these loops run
        array = Stored(array.element, array.shape, compute([array], [None])[0])
        inputs = [(array.value, at)]

    def step(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        element = Body(generic_index, dict(zip(inputs, ins, strict=True))).element(array, at)
        return [to_memory(combine(from_memory(outs[0], array.element), element))]

    out = filled(neutral, tuple(array.shape[d] for d in kept))
    return generic(inputs, [(out, kept)], rank, step, leading)[0]


def _nest(arrays: Sequence[Array], dimensions: Sequence[int], counters: dict[int, Any], combines: Sequence[Combine],
          neutrals: Sequence[Any]) -> list[Any]:
    """``for`` loops over `dimensions`, carrying the combinations so far; `counters` are the indices of the others."""
    shape, at = arrays[0].shape, identity(len(arrays[0].shape))

    def nested(depth: int, so_far: Sequence[Any]) -> list[Any]:
        if depth == len(dimensions):
            body = Body(lambda d: counters[d])
            return [combine(s, body.element(x, at)) for combine, s, x in zip(combines, so_far, arrays, strict=True)]
        extent = shape[dimensions[depth]]
        upper = index(extent) if isinstance(extent, int) else extent
        loop = make_for(index(0), upper, index(1), list(so_far))
        counters[dimensions[depth]] = loop.iv
        with ir.InsertionPoint(loop.block):
            yield_(nested(depth + 1, loop.carries), loop.block)
        return list(loop.results)

    return nested(0, neutrals)


def add(x: Any, y: Any) -> Any:
    """x + y in any order of a sum: floats may be reassociated, because NumPy promises no order either."""
    if not isinstance(x.type, ir.FloatType):
        return create("arith.addi", [x.type], [x, y]).result
    return create("arith.addf", [x.type], [x, y], {"fastmath": reassociated()}).result


def reassociated() -> Any:
    """The attribute that lets LLVM vectorise a reduction."""
    return ir.Attribute.parse("#arith.fastmath<reassoc>")


def either(x: Any, y: Any) -> Any:
    return create("arith.ori", [x.type], [x, y]).result
