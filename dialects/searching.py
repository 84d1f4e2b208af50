"""Where values belong in a sorted array: `nd.searchsorted`, from which bins, histograms and interpolation are made.

The positions are discrete; what is computed with them (which interval a point lies in, and what is interpolated there)
has its own derivative.  A value that equals an element is a kink: it belongs to both of its neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.batching import Batch, one_by_one
from wengert.dialects.bindings import ir, tensor_type
from wengert.dialects.build import create, index
from wengert.dialects.discrete import cmpi
from wengert.dialects.kinks import Kink
from wengert.dialects.lowerings import Tensors
from wengert.dialects.op import DISCRETE, Op, register
from wengert.dialects.sorting_lowering import arith, as_index, below, chosen, compared, loop

OLT, OLE, ORD, UNO, SLE = 4, 5, 7, 14, 3


def _meaning(array: Any, values: Any, right: bool) -> Any:
    return np.searchsorted(array, values, "right" if right else "left")


def _typing(array: Any, values: Any, right: bool) -> Any:
    return tensor_type(values.shape, ir.IntegerType.get_signless(64))


# ---------------------------------------------------------------- lowering


def _lower(tensors: Tensors, op: Any) -> Any:
    """A binary search for each value: as many steps as n has bits, none of them a branch."""
    array, values = (tensors.value(v) for v in op.operands)
    row, wanted = (tensors.array(v) for v in op.operands)
    right = bool(ir.BoolAttr(op.attributes["right"]).value)
    n, *extents = [index(x) if isinstance(x, int) else x for x in (row.shape[0], *wanted.shape)]
    i64 = ir.IntegerType.get_signless(64)
    steps, last = _bits(n), arith("subi", n, index(1))

    def found(x: Any) -> Any:
        def halve(_: Any, inner: list[Any]) -> list[Any]:
            low, count = inner
            half = arith("shrui", count, index(1))
            probe = arith("addi", low, half)
            y = tensors.load(array, [arith("minsi", probe, last)], row.element)
            further = arith("andi", below(index(0), count), _stands_before(y, x, right))
            rest = arith("subi", arith("subi", count, half), index(1))
            return [chosen(further, arith("addi", probe, index(1)), low), chosen(further, rest, half)]

        return loop(index(0), steps, [index(0), n], halve)[0]

    def nest(place: list[Any], carried: list[Any]) -> list[Any]:
        if len(place) < len(extents):
            return loop(index(0), extents[len(place)], carried, lambda i, inner: nest([*place, i], inner))
        position = found(tensors.load(values, place, wanted.element))
        return [tensors.store(create("arith.index_cast", [i64], [position]).result, carried[0], place)]

    result = tensors.empty(i64, wanted.shape)
    return tensors.version(nest([], [result])[0], result)


def _bits(n: Any) -> Any:
    """How many of 1, 2, 4, .. are at most n."""
    def count(k: Any, inner: list[Any]) -> list[Any]:
        beyond = below(n, arith("shli", index(1), k))
        return [arith("addi", inner[0], arith("subi", index(1), as_index(beyond)))]

    return loop(index(0), index(62), [index(0)], count)[0]


def _stands_before(y: Any, x: Any, right: bool) -> Any:
    """Whether x belongs behind an element y: y < x, or y <= x; nan is behind all others."""
    if not isinstance(x.type, ir.FloatType):
        return compared("cmpi", SLE, y, x) if right else below(y, x)
    unknown = compared("cmpf", UNO, x, x)
    if right:
        return arith("ori", compared("cmpf", OLE, y, x), unknown)
    return arith("ori", compared("cmpf", OLT, y, x), arith("andi", unknown, compared("cmpf", ORD, y, y)))


# ---------------------------------------------------------------- record


def _batched(batch: Batch) -> list[Any]:
    """Values in one array may have any shape; arrays that differ are searched one by one."""
    if batch.batched[0]:
        return one_by_one(batch)
    return batch.apply(*batch.operands)


def _found(array: Any, values: Any, right: bool) -> Any:
    """Whether a value equals an element."""
    return cmpi("ne", *(_searchsorted(array, values, right=side) for side in (True, False)))


def _sample(rng: np.random.Generator) -> tuple[Any, ...]:
    array = np.sort(np.round(rng.uniform(-3, 3, 11), 0))
    array[-2:] = np.nan
    return array, np.array([[-9.0, -1.0, 0.0, np.nan], [2.5, 9.0, np.inf, -np.inf]])


_searchsorted = register(Op("nd.searchsorted", ("array", "values"), _meaning, _typing, DISCRETE, expensive=True,
                            family="sorting", batch=_batched, lower=_lower,
                            kinks=(Kink(_found, "that of the interval on the side it is counted to"),),
                            samples=(_sample, lambda rng: (np.sort(rng.uniform(-3, 3, 7)), rng.uniform(-3, 3, 20))),
                            sample_attributes={"right": False}))


def searchsorted(array: Any, values: Any, *, right: bool = False) -> Any:
    """For each value the number of elements of a sorted array of rank 1 that are below it; with `right`, not above."""
    return _searchsorted(array, values, right=right)


__all__ = ["searchsorted"]
