"""Where a mask is true: an array whose extent is known only at run time.

``nd.positions(mask, count)``: the positions, in increasing order, at which a mask of rank 1 is true.  `count` is how
many there are; whoever emits the op has counted them, so that the memory is neither too small nor too large.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.batching import Batch, Ragged
from wengert.dialects.bindings import DYNAMIC, ir, tensor_type
from wengert.dialects.build import cast_index, create, index
from wengert.dialects.control import make_for, yield_
from wengert.dialects.lowerings import Tensors
from wengert.dialects.op import discrete


def _lower(tensors: Tensors, op: Any) -> Any:
    """``for i: found[k] = mask[i] ? i : found[k]; k += mask[i]`` without a branch, and k never beyond the end.

    With count 0 there is nothing to find, and no turn.
    """
    mask, count = tensors.value(op.operands[0]), cast_index(tensors.value(op.operands[1]))
    (extent,) = tensors.array(op.operands[0]).shape
    i64, i1 = ir.IntegerType.get_signless(64), ir.IntegerType.get_signless(1)
    one, zero = index(1), index(0)
    last = create("arith.subi", [one.type], [count, one]).result
    some = create("arith.cmpi", [i1], [count, zero], {"predicate": ir.IntegerAttr.get(i64, 1)}).result
    turns = create("arith.select", [one.type], [some, index(extent) if isinstance(extent, int) else extent, zero])
    loop = make_for(zero, turns.result, one, [tensors.empty(i64, (count,)), zero])
    with ir.InsertionPoint(loop.block):
        found, k = loop.carries
        here = tensors.load(mask, [loop.iv], i1)
        place = create("arith.minsi", [one.type], [k, last]).result
        position = create("arith.index_cast", [i64], [loop.iv]).result
        old = tensors.load(found, [place], i64)
        chosen = create("arith.select", [i64], [here, position, old]).result
        step = create("arith.extui", [i64], [here]).result
        after = create("arith.addi", [one.type], [k, cast_index(step)]).result
        yield_([tensors.store(chosen, found, [place]), after], loop.block)
    return loop.results[0]


def _batched(batch: Batch) -> list[Any]:
    """Each example finds another number."""
    raise Ragged


positions = discrete(
    "nd.positions",
    lambda mask, count: np.flatnonzero(mask)[: int(count)],
    ("mask", "count"),
    lambda *_, **__: tensor_type([DYNAMIC], ir.IntegerType.get_signless(64)),
    recompute=False,
    extent=lambda operands, attributes, d: operands[1],
    batch=_batched,
    lower=_lower,
)
