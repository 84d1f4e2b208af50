"""Elements chosen by an array of positions: read, stored, accumulated.

Positions are one i64 array of rank 1 and lie inside of the array's dimension `axis` (whoever emits the op has checked
and clamped them); they may repeat.  ``shape = (.., n, ..)`` of the array and ``(.., p, ..)`` of what is gathered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import Any

import numpy as np

from wengert.dialects.batching import Batch, one_by_one
from wengert.dialects.bindings import ir, tensor_type
from wengert.dialects.build import constant, size, zeros_like
from wengert.dialects.discrete import cmpi
from wengert.dialects.gather_lowering import lower_gather, lower_scatter, lower_scatter_add
from wengert.dialects.op import structural
from wengert.dialects.structural import broadcast, filled, iota, select
from wengert.dialects.transposes import Ledger

POSITIONS = np.array([2, 0, 2, 3])


def axis_of(op: Any) -> int:
    return int(ir.IntegerAttr(op.attributes["axis"]).value)


def _places(array: Any, positions: Any, axis: int) -> tuple[Any, ...]:
    return (*[slice(None)] * axis, np.asarray(positions))


def _scatter(values: Any, array: Any, positions: Any, axis: int) -> Any:
    changed = np.array(array)
    for k, position in enumerate(positions):  # the last one that is stored stays
        changed[_places(array, position, axis)] = np.take(values, k, axis)
    return changed


def _scatter_add(values: Any, array: Any, positions: Any, axis: int) -> Any:
    changed = np.array(array)
    np.add.at(changed, _places(array, positions, axis), values)
    return changed


def _gathered_type(array: Any, positions: Any, *, axis: int) -> Any:
    shape = list(array.shape)
    shape[axis] = positions.shape[0]
    return tensor_type(shape, array.element_type)


def _gathered_extent(operands: Sequence[Any], attributes: Mapping[str, Any], d: int) -> Any:
    array, positions = operands
    return (positions, 0) if d == attributes["axis"] else (array, d)


# ---------------------------------------------------------------- transposes


def _transpose_gather(cts: Ledger, ct: Any, op: Any) -> None:
    array, positions = op.operands
    cts.replace(array, scatter_add(ct, cts.current(array), cts.known(positions), axis=axis_of(op)))


def _transpose_scatter_add(cts: Ledger, ct: Any, op: Any) -> None:
    values, array, positions = op.operands
    if cts.linear(values):
        cts.add(values, gather(ct, cts.known(positions), axis=axis_of(op)))
    cts.add(array, ct)


def _transpose_scatter(cts: Ledger, ct: Any, op: Any) -> None:
    """Where positions repeat, only the last value that was stored gets a cotangent."""
    values, array, positions = op.operands
    axis, where = axis_of(op), cts.known(positions)
    if cts.linear(values):
        cts.add(values, _where_last(gather(ct, where, axis=axis), ct, where, axis))
    if cts.linear(array):
        cts.clear_later(array, ct, lambda: scatter(zeros_like(gather(ct, where, axis=axis)), ct, where, axis=axis))


def _where_last(values: Any, array: Any, positions: Any, axis: int) -> Any:
    """The values, with 0 where a later one has the same position."""
    i64 = ir.IntegerType.get_signless(64)
    dynamic = [size(positions, 0)] if positions.type.is_dynamic_dim(0) else []
    numbers = iota.emit(dynamic, {}, [positions.type]).result
    unset = filled(constant(-1, i64), [_extent(array, axis)])
    last = gather(scatter(numbers, unset, positions, axis=0), positions, axis=0)
    shape = [_extent(values, d) for d in range(values.type.rank)]
    return select(broadcast(cmpi("eq", last, numbers), shape, (axis,)), values, zeros_like(values))


def _extent(x: Any, d: int) -> Any:
    return size(x, d) if x.type.is_dynamic_dim(d) else x.type.shape[d]


# ---------------------------------------------------------------- batching


def _batched(batch: Batch) -> list[Any]:
    """With the same positions for all examples, the axis is one further right; else example by example."""
    *arrays, positions = range(len(batch.operands))
    if batch.batched[positions]:
        return one_by_one(batch)
    axis = batch.attributes["axis"] + 1
    return batch.apply(*(batch.all_of(i) for i in arrays), batch.operands[positions], axis=axis)


# ---------------------------------------------------------------- records


def _sample(*shapes: tuple[int, ...]) -> Any:
    return lambda rng: (*(rng.standard_normal(shape) for shape in shapes), POSITIONS)


gather = structural(
    "nd.gather",
    ("array", "positions"),
    lambda array, positions, axis: np.take(array, positions, axis),
    _gathered_type,
    (0,),
    _transpose_gather,
    lower=lower_gather,
    extent=_gathered_extent,
    batch=_batched,
    samples=(_sample((5, 2)),),
    sample_attributes={"axis": 0},
)
scatter = structural(
    "nd.scatter",
    ("values", "array", "positions"),
    _scatter,
    lambda values, array, positions, **_: array,
    (0, 1),
    _transpose_scatter,
    destination=1,
    lower=lower_scatter,
    batch=_batched,
    samples=(_sample((4, 2), (5, 2)),),
    sample_attributes={"axis": 0},
)
scatter_add = structural(
    "nd.scatter_add",
    ("values", "array", "positions"),
    _scatter_add,
    lambda values, array, positions, **_: array,
    (0, 1),
    _transpose_scatter_add,
    destination=1,
    flops=lambda operands, results, attributes: prod(operands[0]),
    lower=lower_scatter_add,
    batch=_batched,
    samples=(_sample((4, 2), (5, 2)),),
    sample_attributes={"axis": 0},
)
