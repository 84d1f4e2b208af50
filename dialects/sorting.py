"""The order of elements: `nd.argsort`, from which sorting, ranks, order statistics and unique elements are made.

Sorting is not linear, but what it does to the elements, once their order is known, is: a gather by these positions.  So
the order is discrete, like a comparison, and the derivative of a sorted array is that of the gather, of any order.
Where elements tie, the one that comes first in the array stays first, and the derivative follows it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.batching import batch_elementwise
from wengert.dialects.bindings import DYNAMIC, Value, ir, tensor_type
from wengert.dialects.build import constant_like, index, size
from wengert.dialects.discrete import addi, andi, cmpf, cmpi, index_cast, maxsi, remsi, subi
from wengert.dialects.gather import gather
from wengert.dialects.kinks import Kink
from wengert.dialects.op import DISCRETE, Op, lookup_call, register
from wengert.dialects.reduction import reduce
from wengert.dialects.sorting_lowering import lower_argsort
from wengert.dialects.structural import extract_slice, filled, iota, reshape


def _sample(rng: np.random.Generator) -> tuple[Any, ...]:
    values = np.round(rng.uniform(-3, 3, (2, 3, 9)), 0)
    values[0, 1, ::3], values[1, 2, 4], values[1, 1, :2] = np.nan, -np.inf, [0.0, -0.0]
    return (values,)


def _long_sample(rng: np.random.Generator) -> tuple[Any, ...]:
    return (rng.uniform(-3, 3, 137),)


def _tied(array: Any) -> Any:
    """Whether elements of one row are equal: neighbours, once they are sorted."""
    rows = argsort(array)
    if not isinstance(array, Value):
        values = np.take_along_axis(array, rows, -1)
        return np.any(values[..., 1:] == values[..., :-1])
    *lead, n = (size(array, d) for d in range(array.type.rank))
    total = n
    for extent in lead:
        total = lookup_call("arith.muli", total, extent)
    i64, extents = ir.IntegerType.get_signless(64), [total]
    numbers = iota.emit(extents, {}, [tensor_type([DYNAMIC], i64)]).result
    width = index_cast(n, result_types=[i64])
    column = remsi(numbers, filled(width, extents))
    places = addi(subi(numbers, column), _flat(rows, extents))
    values = gather(_flat(array, extents), places, axis=0)
    pairs = maxsi(subi(total, index(1)), index(0))
    later, earlier, within = (extract_slice(x, [k], [pairs], [1]) for x, k in ((values, 1), (values, 0), (column, 1)))
    zero = constant_like(0, within)
    return reduce(andi(cmpf("oeq", later, earlier), cmpi("ne", within, zero)), "any")


def _flat(x: Any, extents: list[Any]) -> Any:
    return reshape(x, *extents, result_types=[tensor_type([DYNAMIC], x.type.element_type)])


# The positions of the elements along the last dimension, smallest first, nan last (their order is that of NumPy's
# stable sort); integers are compared as signed ones.
argsort = register(Op("nd.argsort", ("array",), lambda array: np.argsort(array, axis=-1, kind="stable"),
                      lambda array: tensor_type(array.shape, ir.IntegerType.get_signless(64)), DISCRETE,
                      expensive=True, family="sorting", symbol="sort", batch=batch_elementwise, lower=lower_argsort,
                      kinks=(Kink(_tied, "that of the elements in the order in which they stand in the array"),),
                      samples=(_sample, _long_sample)))

__all__ = ["argsort"]
