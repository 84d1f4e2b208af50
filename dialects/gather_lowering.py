"""Loops of nd.gather, nd.scatter and nd.scatter_add over elements.

A gather is computed where it is read.  Scatters run over the values in the order of memory, so over the positions in
theirs: of equal positions the last one is stored.  They write in place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import cast_index, create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.lowerings import Tensors

Combine = Callable[[Any, Any], Any]


def _axis(op: Any) -> int:
    return int(ir.IntegerAttr(op.attributes["axis"]).value)


def lower_gather(tensors: Tensors, op: Any) -> Any:
    array, axis = tensors.array(op.operands[0]), _axis(op)
    positions = tensors.value(op.operands[1])
    along = tensors.array(op.operands[1])

    def at(indices: Sequence[Any]) -> list[Any]:
        found = cast_index(tensors.load(positions, [indices[axis]], along.element))
        return [found if d == axis else i for d, i in enumerate(indices)]

    shape = tuple(along.shape[0] if d == axis else n for d, n in enumerate(array.shape))
    return tensors.lookup(array, at, shape, also=along)


def lower_scatter(tensors: Tensors, op: Any) -> Any:
    return _scattered(tensors, op, lambda old, new: new)


def lower_scatter_add(tensors: Tensors, op: Any) -> Any:
    element = op.results[0].type.element_type
    name = "arith.addf" if isinstance(element, ir.FloatType) else "arith.addi"
    return _scattered(tensors, op, lambda old, new: create(name, [element], [old, new]).result)


def _scattered(tensors: Tensors, op: Any, combine: Combine) -> Any:
    """``for k in range(p): array[.., positions[k], ..] = combine(array[.., positions[k], ..], values[.., k, ..])``."""
    values, positions = tensors.value(op.operands[0]), tensors.value(op.operands[2])
    array, axis, element = tensors.overwritten(op.operands[1]), _axis(op), op.results[0].type.element_type
    shape, integer = tensors.array(op.operands[0]).shape, op.operands[2].type.element_type

    def nest(target: Any, source: list[Any]) -> Any:
        """Loops over the remaining dimensions of `values`, in the order of memory."""
        if len(source) < len(shape):
            return loop(target, len(source), lambda inner, i: nest(inner, [*source, i]))
        position = cast_index(tensors.load(positions, [source[axis]], integer))
        place = [position if d == axis else i for d, i in enumerate(source)]
        old = tensors.load(target, place, element)
        return tensors.store(combine(old, tensors.load(values, source, element)), target, place)

    def loop(target: Any, dimension: int, body: Callable[[Any, Any], Any]) -> Any:
        upper = shape[dimension]
        made = make_for(index(0), index(upper) if isinstance(upper, int) else upper, index(1), [target])
        with ir.InsertionPoint(made.block):
            yield_([body(made.carries[0], made.iv)], made.block)
        return made.results[0]

    return tensors.version(nest(array, []), array)
