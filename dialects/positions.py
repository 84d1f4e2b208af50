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
from wengert.dialects.control import condition_, make_while, yield_
from wengert.dialects.discrete import cmpi
from wengert.dialects.lowerings import Tensors
from wengert.dialects.op import discrete, lookup_call


def _lower(tensors: Tensors, op: Any) -> Any:
    """``while k < count: found[k] = i; k += mask[i]; i += 1``: without a branch, and no further than it has to.

    Of what is stored at k only the last stays, which is the position that was looked for.  A loop of a number of turns
    that LLVM knows would be unrolled, which takes it seconds.
    """
    mask, count = tensors.value(op.operands[0]), cast_index(tensors.value(op.operands[1]))
    (extent,) = tensors.array(op.operands[0]).shape
    i64, i1 = ir.IntegerType.get_signless(64), ir.IntegerType.get_signless(1)
    one, zero = index(1), index(0)
    loop = make_while([tensors.empty(i64, (count,)), zero, zero])
    with ir.InsertionPoint(loop.before):
        _, k, i = loop.tests
        missing = cmpi("ult", k, count)
        inside = cmpi("ult", i, index(extent) if isinstance(extent, int) else extent)
        condition_(lookup_call("arith.andi", missing, inside), loop.tests, loop.before)
    with ir.InsertionPoint(loop.block):
        found, k, i = loop.carries
        here = tensors.load(mask, [i], i1)
        position = create("arith.index_cast", [i64], [i]).result
        step = cast_index(create("arith.extui", [i64], [here]).result)
        after = [lookup_call("arith.addi", k, step), lookup_call("arith.addi", i, one)]
        yield_([tensors.store(position, found, [k]), *after], loop.block)
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
