"""Products that are not computed yet, and what takes them over.

A product for BLAS (`products.Product`) stays pending like an elementwise result.  Whoever needs it in memory decides
where: a transposition of it is computed in the order in which it is read, and ``x + product`` becomes an accumulation
into the memory of x where x is in memory and nobody else uses it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wengert.dialects.bindings import is_tensor
from wengert.passes.elements import Array, Splat, View
from wengert.passes.products import Product

if TYPE_CHECKING:
    from wengert.passes.fusion import Fusion

#: Ops that add a product to what is there, and whether they subtract it.
SUMS = {"arith.addf": False, "arith.subf": True}


@dataclass(frozen=True)
class Ordered:
    """A pending product, dimension i of which is dimension order[i] of the array that is asked for."""

    product: Product
    order: tuple[int, ...]

    def computed(self) -> Any:
        return self.product.computed(self.order)

    def into(self, destination: Any, negative: bool) -> Any:
        return self.product.into(destination, self.order, negative)


def pending_product(array: Array) -> Ordered | None:
    """The pending product an array is, perhaps transposed, if nobody else uses that product."""
    order = tuple(range(len(array.shape)))
    while type(array) is View and array.value is None:
        dimensions = [d for d in array.dimensions if d is not None]
        if len(dimensions) != len(array.dimensions) or len(dimensions) != len(array.shape) or array.source.uses != 1:
            return None
        order, array = tuple(order[d] for d in dimensions), array.source
    return Ordered(array, order) if isinstance(array, Product) and array.value is None else None


def accumulated(fusion: Fusion, op: Any, in_place: bool) -> Any:
    """The tensor ``x + product`` in the memory of x; None if that is not what `op` computes, or x is not to be had.

    `in_place` says that `op` may overwrite its first operand.
    """
    if op.name not in SUMS or not all(is_tensor(v.type) for v in op.operands):
        return None
    negative = SUMS[op.name]
    for existing, contribution in ((0, 1), (1, 0))[:1 if in_place or negative else 2]:
        array = fusion.array(op.operands[contribution])
        ordered = pending_product(array) if array.uses == 1 else None
        if ordered is None or not (in_place or _is_at_hand(fusion, op.operands[existing])):
            continue
        tensor = fusion.value(op.operands[existing])
        memory = fusion.memories.of(tensor)
        if memory in ordered.product.reads or ordered.product.value is not None:
            continue
        fusion.flush_readers(memory, keep=(array, ordered.product))
        return fusion.version(ordered.into(tensor, negative), tensor)
    return None


def _is_at_hand(fusion: Fusion, operand: Any) -> bool:
    """Whether an operand is in memory, or will be because it is a product, and used only once."""
    array = fusion.array(operand)
    in_memory = array.value is not None or pending_product(array) is not None
    return in_memory and not isinstance(array, Splat) and len(list(operand.uses)) == 1
