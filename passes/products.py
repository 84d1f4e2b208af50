"""The loops of nd.dot_general.

Large and dynamic products become a `linalg.generic` marked `nd.blas`, whose indexing maps say which loop is which;
`blas_calls` turns it into a call once memory is known, or leaves it as the loops it is.  Until somebody needs it in
memory such a product is pending (`Product`): a transposition of it is computed in the order that is asked for, and a
sum with something in memory is accumulated there.  Small ones and inner products are loops from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import constant, create
from wengert.passes.elements import Array, Dimensions, Mapped, View, filled, generic
from wengert.passes.reductions import add, either, reassociated, reduce

MARK = "nd.blas"
#: Products with fewer multiplications than this are loops: a call costs about as much as 1000 of them.
FEW_MULTIPLICATIONS = 4096

Pairs = tuple[Sequence[int], Sequence[int]]


@dataclass(frozen=True)
class _Loops:
    """Loop numbers of a product: batch first, then free dimensions of lhs, of rhs, then contracted ones."""

    lhs: tuple[int, ...]
    rhs: tuple[int, ...]
    out: tuple[int, ...]
    extents: tuple[Any, ...]

    @property
    def contracted(self) -> list[int]:
        return [d for d in range(len(self.extents)) if d not in self.out]


def product_loops(lhs: Array, rhs: Array, contracting: Pairs, batch: Pairs) -> _Loops:
    left: dict[int, int] = {}
    right: dict[int, int] = {}
    extents: list[Any] = []

    def loop(extent: Any) -> int:
        extents.append(extent)
        return len(extents) - 1

    for a, b in zip(*batch, strict=True):
        left[a] = right[b] = loop(lhs.shape[a])
    for array, loops, paired in ((lhs, left, contracting[0]), (rhs, right, contracting[1])):
        for d, extent in enumerate(array.shape):
            if d not in loops and d not in paired:
                loops[d] = loop(extent)
    out = tuple(range(len(extents)))
    for a, b in zip(*contracting, strict=True):
        left[a] = right[b] = loop(lhs.shape[a])
    lhs_loops, rhs_loops = (tuple(dims[d] for d in sorted(dims)) for dims in (left, right))
    return _Loops(lhs_loops, rhs_loops, out, tuple(extents))


@dataclass(eq=False)
class Product(Array):
    """A product for BLAS that is not computed yet; its operands are in memory, or transpositions of what is."""

    lhs: Any = None
    rhs: Any = None
    loops: Any = None

    @property
    def cheap(self) -> bool:
        return self.value is not None

    def into(self, destination: Any, order: Sequence[int], negative: bool = False) -> Any:
        """The tensor `destination` plus (or minus) the product, dimension i of which is its dimension order[i]."""
        operands = [_in_memory(self.lhs, self.loops.lhs), _in_memory(self.rhs, self.loops.rhs)]
        out = tuple(self.loops.out[d] for d in inverted(order))
        combine = "arith.subf" if negative else "arith.addf"

        def step(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
            term = create("arith.mulf", [self.element], ins).result
            return [create(combine, [self.element], [outs[0], term], {"fastmath": reassociated()}).result]

        mark = {MARK: ir.FloatAttr.get(self.element, -1.0 if negative else 1.0)}
        with self.location:
            sum_ = generic(operands, [(destination, out)], len(self.loops.extents), step, self.loops.contracted, mark)
        return sum_[0]

    def computed(self, order: Sequence[int] | None = None) -> Any:
        """The product in fresh memory."""
        placed = range(len(self.shape)) if order is None else order
        with self.location:
            shape = tuple(self.shape[d] for d in inverted(placed))
            return self.into(filled(constant(0, self.element), shape), placed)


def inverted(order: Sequence[int]) -> list[int]:
    """The inverse of a permutation."""
    return [list(order).index(d) for d in range(len(order))]


def contract(lhs: Array, rhs: Array, contracting: Pairs, batch: Pairs) -> Any:
    """The sum of products; both operands are in memory, or are transpositions of what is."""
    loops = product_loops(lhs, rhs, contracting, batch)
    if loops.out and all(isinstance(loops.extents[d], int) and loops.extents[d] == 1 for d in loops.contracted):
        return _without_sum(lhs, rhs, loops)
    if not _for_blas(lhs, loops):
        zero = constant(0, lhs.element)
        multiply = multiplied(lhs, rhs, loops)
        return reduce(multiply, tuple(loops.contracted), either if is_bool(lhs.element) else add, zero)
    shape = tuple(loops.extents[d] for d in loops.out)
    return Product(lhs.element, shape, reads=lhs.reads | rhs.reads, location=ir.Location.current,
                   lhs=lhs, rhs=rhs, loops=loops)


def _without_sum(lhs: Array, rhs: Array, loops: _Loops) -> Array:
    """The products themselves, where a sum has one term: nobody has to store them."""
    kept = {loop: d for d, loop in enumerate(loops.out)}
    outer = tuple(loops.extents[d] for d in loops.out)
    lhs_at, rhs_at = (tuple(kept.get(loop) for loop in at) for at in (loops.lhs, loops.rhs))
    return _elementwise(lhs, rhs, lhs_at, rhs_at, outer)


def _for_blas(lhs: Array, loops: _Loops) -> bool:
    """Whether it is a sum of matrix products or matrix-vector products that is worth a call."""
    if not isinstance(lhs.element, ir.FloatType):
        return False
    batch = [d for d in loops.out if d in loops.lhs and d in loops.rhs]
    if len(batch) == len(loops.out):
        return False
    count = 1
    for d, extent in enumerate(loops.extents):
        if d in batch:
            continue
        if not isinstance(extent, int):
            return True
        count *= extent
    return count >= FEW_MULTIPLICATIONS


def _in_memory(array: Array, loops: Dimensions) -> tuple[Any, Dimensions]:
    """The tensor an operand lies in, with the loops its dimensions run over: a transposition costs nothing."""
    if array.value is not None:
        return array.value, loops
    assert isinstance(array, View)
    return array.source.value, tuple(None if d is None else loops[d] for d in array.dimensions)


def is_bool(element: Any) -> bool:
    return isinstance(element, ir.IntegerType) and element.width == 1


def multiplied(lhs: Array, rhs: Array, loops: _Loops) -> Array:
    """The array of all products, over all loops; nobody has to store it."""
    return _elementwise(lhs, rhs, loops.lhs, loops.rhs, loops.extents)


def _elementwise(lhs: Array, rhs: Array, lhs_at: Dimensions, rhs_at: Dimensions, shape: tuple[Any, ...]) -> Array:
    views = tuple(View(x.element, shape, reads=x.reads, source=x, dimensions=at)
                  for x, at in ((lhs, lhs_at), (rhs, rhs_at)))
    float_ = isinstance(lhs.element, ir.FloatType)
    operation = "arith.mulf" if float_ else "arith.andi" if is_bool(lhs.element) else "arith.muli"
    return Mapped(lhs.element, shape, reads=lhs.reads | rhs.reads, location=ir.Location.current,
                  operation=operation, inputs=views)
