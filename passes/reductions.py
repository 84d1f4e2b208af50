"""Loops that combine elements along axes.

Trailing axes are combined in a scalar that a loop nest carries, so nothing is written to memory until the sum is there;
leading axes are combined in memory, row by row, which vectorises along the row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    to_memory,
)

Combine = Callable[[Any, Any], Any]


def reduce(array: Array, axes: tuple[int, ...], combine: Combine, neutral: Any) -> Any:
    """The elements of `array` combined along `axes`, beginning with the scalar `neutral`: a tensor, or a scalar."""
    rank = len(array.shape)
    trailing = [d for d in range(rank) if all(e in axes for e in range(d, rank))]
    leading = [d for d in axes if d not in trailing]
    if len(trailing) == rank:
        return _nest(array, trailing, {}, combine, neutral)
    if trailing:
        array = _rows_combined(array, rank - len(trailing), combine, neutral)
    return combined_in_memory(array, leading, combine, neutral) if leading else array.value


def _rows_combined(array: Array, kept: int, combine: Combine, neutral: Any) -> Array:
    """Combined along all dimensions from `kept` on, each row in a scalar."""
    shape = array.shape[:kept]

    def row(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        counters = {d: generic_index(d) for d in range(kept)}
        return [to_memory(_nest(array, range(kept, len(array.shape)), counters, combine, neutral))]

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


def _nest(array: Array, dimensions: Sequence[int], counters: dict[int, Any], combine: Combine, neutral: Any) -> Any:
    """``for`` loops over `dimensions`, carrying the combination so far; `counters` are the indices of the others."""
    def nested(depth: int, so_far: Any) -> Any:
        if depth == len(dimensions):
            element = Body(lambda d: counters[d]).element(array, identity(len(array.shape)))
            return combine(so_far, element)
        extent = array.shape[dimensions[depth]]
        upper = index(extent) if isinstance(extent, int) else extent
        loop = make_for(index(0), upper, index(1), [so_far])
        counters[dimensions[depth]] = loop.iv
        with ir.InsertionPoint(loop.block):
            yield_([nested(depth + 1, loop.carries[0])], loop.block)
        return loop.results[0]

    return nested(0, neutral)


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
