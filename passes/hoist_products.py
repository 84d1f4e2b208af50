"""`hoist-products`: products of slices of arrays that do not change are computed once, as one larger product.

    for i:  .. A[i] . B[:, i:] ..        =>    G = A . B;  for i:  .. G[i, i:] ..

Assumes functions before differentiation, with `loop-sums` done.  The rows a loop takes one after another are the rows
of a matrix: vector times matrix in a loop becomes a matrix product, and its transpose will be one too.  Free dimensions
whose place or length depends on the loop are taken whole and the slice is taken of the result; contracted ones must not
depend on it.  Done where the loop takes at least half of what is computed, and where the result is not much larger than
the operands.  What is left is simplified.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, defining_op, ir, is_float, is_tensor, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import FOR, For, functions
from wengert.dialects.multilinear import dot_general
from wengert.dialects.structural import extract_slice
from wengert.passes.base import Pass, register_pass
from wengert.passes.purity import Effects, constant_integer
from wengert.passes.simplify import simplify_function
from wengert.passes.value_numbering import inside
from wengert.passes.windows import Extent, Window, window_of

#: How much more than the loop needs may be computed, and how much larger than its operands a result may be.
MOST_WORK = 2
MOST_MEMORY = 4
ATTRIBUTES = ("lhs_contracting", "rhs_contracting", "lhs_batch")


@register_pass("hoist-products")
@dataclass(frozen=True)
class HoistProducts(Pass):
    """Compute products of slices of invariant arrays before the loop, all at once."""

    def run(self, module: Any) -> None:
        effects = Effects(module)
        for func in functions(module):
            changed = False
            for op in walk(func, "nd.dot_general"):
                hoisted: Any = op
                while hoisted is not None:
                    with hoisted.location:
                        hoisted = _hoist(hoisted)
                    changed |= hoisted is not None
            if changed:
                simplify_function(func, effects)


def _hoist(op: Any) -> Any:
    """Replace a product in a loop by a slice of one before the loop; that one, or None."""
    loop = op.parent
    type_ = op.results[0].type
    if loop is None or loop.name != FOR or (is_tensor(type_) and type_.rank > 1) or not is_float(type_):
        return None
    trips = _trips(For(loop))
    slices = [_slice(operand, loop) for operand in op.operands]
    if trips is None or None in slices:
        return None
    lc, rc, batch = (list(ir.DenseI64ArrayAttr(op.attributes[n])) if n in op.attributes else [] for n in ATTRIBUTES)
    lhs, rhs = (_Whole(window, loop) for window in slices if window is not None)
    if batch or lhs.varies_in(lc) or rhs.varies_in(rc) or not (lhs.varying or rhs.varying):
        return None
    free = [whole.free(contracting) for whole, contracting in ((lhs, lc), (rhs, rc))]
    computed, needed = (prod(n for part in free for n in part[k]) for k in (0, 1))
    operands = sum(prod(window.array.type.shape) for window in slices if window is not None)
    if computed > MOST_WORK * trips * needed or computed > MOST_MEMORY * operands:
        return None
    with ir.InsertionPoint(loop):
        product = dot_general(lhs.operand(), rhs.operand(), (lhs.positions(lc), rhs.positions(rc)))
    with ir.InsertionPoint(op):
        places = [place for whole, contracting in ((lhs, lc), (rhs, rc)) for place in whole.places(contracting)]
        part = _part(product, places)
    if part.type != type_:
        part = create("tensor.cast", [type_], [part], ip=ir.InsertionPoint(op)).result
    op.results[0].replace_all_uses_with(part)
    op.erase()
    return defining_op(product)


def _trips(loop: For) -> int | None:
    lower, upper, step = (constant_integer(bound) for bound in loop.bounds)
    return None if lower is None or upper is None or not step or step < 0 else max(-((lower - upper) // step), 0)


def _slice(operand: Any, loop: Any) -> Window | None:
    """The operand of a product as a window of an array of known shape that does not change in the loop."""
    if not inside(operand, loop):
        shape = tuple(operand.type.shape)
        window: Window | None = Window(operand, (0,) * len(shape), shape, (1,) * len(shape), ())
    else:
        made = defining_op(operand)
        if made is None or made.name != "tensor.extract_slice":
            return None
        window = window_of(made, lambda offset: _changes(offset, loop))
    if window is None or inside(window.array, loop) or DYNAMIC in window.array.type.shape:
        return None
    fixed = all(isinstance(s, int) and (s == 1 or not (_changes(o, loop) or _changes(n, loop)))
                for o, n, s in zip(window.offsets, window.sizes, window.strides))
    return window if fixed else None


def _changes(extent: Extent, loop: Any) -> bool:
    return isinstance(extent, ir.Value) and inside(extent, loop)


class _Whole:
    """An operand of a product, with the dimensions that depend on the loop taken whole."""

    def __init__(self, window: Window, loop: Any) -> None:
        self.window = window
        self.varying = [d for d, (offset, extent) in enumerate(zip(window.offsets, window.sizes))
                        if _changes(offset, loop) or _changes(extent, loop)]
        self._kept = [d for d in range(len(window.sizes)) if d not in window.dropped]  # of the operand as it was
        self._now = [d for d in range(len(window.sizes)) if d in self._kept or d in self.varying]

    def varies_in(self, dimensions: Sequence[int]) -> bool:
        return any(self._kept[d] in self.varying for d in dimensions)

    def operand(self) -> Any:
        window = self.window
        offsets = [0 if d in self.varying else offset for d, offset in enumerate(window.offsets)]
        sizes = [window.array.type.shape[d] if d in self.varying else n for d, n in enumerate(window.sizes)]
        if len(self._now) == len(sizes) and sizes == list(window.array.type.shape) and not any(
                isinstance(o, ir.Value) or o for o in offsets) and all(s == 1 for s in window.strides):
            return window.array
        return extract_slice(window.array, offsets, sizes, window.strides,
                             [d for d in range(len(sizes)) if d not in self._now])

    def positions(self, dimensions: Sequence[int]) -> list[int]:
        """The numbers that dimensions of the operand as it was have now."""
        return [self._now.index(self._kept[d]) for d in dimensions]

    def _free(self, contracting: Sequence[int]) -> list[int]:
        return [d for d in self._now if d not in {self._kept[c] for c in contracting}]

    def free(self, contracting: Sequence[int]) -> tuple[list[int], list[int]]:
        """The extents of the free dimensions: of what is computed, and of what an iteration takes on average, where a
        length that depends on the loop counts as half of the dimension."""
        full = self.window.array.type.shape
        computed, taken = [], []
        for d in self._free(contracting):
            size = self.window.sizes[d]
            known = size if isinstance(size, int) else full[d]
            computed.append(full[d] if d in self.varying else known)
            taken.append(known if isinstance(size, int) or d not in self.varying else (known + 1) // 2)
        return computed, taken

    def places(self, contracting: Sequence[int]) -> list[tuple[Extent, Extent, bool]]:
        """For each free dimension of the product: offset and extent of what an iteration takes, and whether the
        dimension disappears."""
        return [(self.window.offsets[d] if d in self.varying else 0, self.window.sizes[d], d not in self._kept)
                for d in self._free(contracting)]


def _part(product: Any, places: Sequence[tuple[Extent, Extent, bool]]) -> Any:
    if all(dropped for _, _, dropped in places):
        indices = [offset if isinstance(offset, ir.Value) else index(offset) for offset, _, _ in places]
        return create("tensor.extract", [product.type.element_type], [product, *indices]).result
    offsets, sizes = ([place[k] for place in places] for k in (0, 1))
    return extract_slice(product, offsets, sizes, [1] * len(places),
                         [d for d, (_, _, dropped) in enumerate(places) if dropped])
