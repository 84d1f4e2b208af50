"""The loops of nd.dot_general.

Large and dynamic products become a `linalg.generic` marked `nd.blas`, whose indexing maps say which loop is which;
`blas_calls` turns it into a call once memory is known, or leaves it as the loops it is.  Small ones and inner products
are loops from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import constant, create
from wengert.passes.elements import Array, Dimensions, Mapped, View, filled, generic
from wengert.passes.reductions import add, either, reduce

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


def contract(lhs: Array, rhs: Array, contracting: Pairs, batch: Pairs) -> Any:
    """The sum of products; both operands are in memory, or are transpositions of what is."""
    loops = product_loops(lhs, rhs, contracting, batch)
    multiply = multiplied(lhs, rhs, loops)
    if not loops.contracted:
        return multiply
    zero = constant(0, lhs.element)
    if not _for_blas(lhs, loops):
        return reduce(multiply, tuple(loops.contracted), either if is_bool(lhs.element) else add, zero)
    operands = [_in_memory(lhs, loops.lhs), _in_memory(rhs, loops.rhs)]
    out = filled(zero, tuple(loops.extents[d] for d in loops.out))

    def step(ins: Sequence[Any], outs: Sequence[Any]) -> list[Any]:
        return [add(outs[0], create("arith.mulf", [lhs.element], ins).result)]

    mark = {MARK: ir.UnitAttr.get()}
    return generic(operands, [(out, loops.out)], len(loops.extents), step, loops.contracted, mark)[0]


def _for_blas(lhs: Array, loops: _Loops) -> bool:
    """Whether it is a matrix product or a matrix-vector product that is worth a call."""
    if not isinstance(lhs.element, ir.FloatType) or len(loops.contracted) != 1:
        return False
    batch, rows, columns = matrix_loops(loops.lhs, loops.rhs, loops.out)
    if not (rows or columns):
        return False
    one, *rest = [loops.extents[d] for d in range(len(loops.extents)) if d not in batch]
    for extent in rest:
        if not isinstance(one, int) or not isinstance(extent, int):
            return True
        one *= extent
    return not isinstance(one, int) or one >= FEW_MULTIPLICATIONS


def matrix_loops(lhs: Sequence[int], rhs: Sequence[int], out: Sequence[int]) -> tuple[list[int], list[int], list[int]]:
    """The loops of a product that go around matrix products, and the one over rows and the one over columns, if any.

    Of several free dimensions of an operand, the last is that of its matrices.
    """
    batch = [d for d in out if d in lhs and d in rhs]
    rows = [d for d in out if d in lhs and d not in batch]
    columns = [d for d in out if d in rhs and d not in batch]
    return [*batch, *rows[:-1], *columns[:-1]], rows[-1:], columns[-1:]


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
    views = tuple(View(x.element, loops.extents, reads=x.reads, source=x, dimensions=at)
                  for x, at in ((lhs, loops.lhs), (rhs, loops.rhs)))
    float_ = isinstance(lhs.element, ir.FloatType)
    operation = "arith.mulf" if float_ else "arith.andi" if is_bool(lhs.element) else "arith.muli"
    return Mapped(lhs.element, loops.extents, reads=lhs.reads | rhs.reads, location=ir.Location.current,
                  operation=operation, inputs=views)
