"""Which dynamic dimensions have the same extent.

Equalities come from what operations demand of their operands: a loop of a generic runs over one extent of each, a
version of an array is as large as the one before it, and so is what a loop carries (assumed here; `loop_dps` refuses a
loop of which it cannot be shown).  Assumes the linalg level, before bufferization.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import defining_op, ir, is_tensor, walk
from wengert.dialects.control import FOR, WHILE, entry
from wengert.passes.destinations import ALLOCATION, destination_operand

#: An extent: an int, an index value, or dimension d of a tensor as (tensor, d).
Extent = Any


class SameExtents:
    """The classes of equal extents in a function."""

    def __init__(self, func: Any) -> None:
        self._leader: dict[Extent, Extent] = {}
        for op in walk(func):
            self._learn(op)

    def same(self, x: Any, y: Any) -> bool:
        """Whether two tensors of one rank have the same extents."""
        return all(self._find(self._extent(x, d)) == self._find(self._extent(y, d)) for d in range(x.type.rank))

    def unite(self, x: Any, y: Any) -> None:
        """Note that two tensors have the same extents."""
        for d in range(x.type.rank):
            self._join(self._extent(x, d), self._extent(y, d))

    def _find(self, extent: Extent) -> Extent:
        while extent in self._leader:
            extent = self._leader[extent]
        return extent

    def _join(self, x: Extent, y: Extent) -> None:
        x, y = self._find(x), self._find(y)
        if x != y:
            if isinstance(x, int):
                x, y = y, x  # a number leads
            self._leader[x] = y

    def _extent(self, tensor: Any, d: int) -> Extent:
        return (tensor, d) if tensor.type.is_dynamic_dim(d) else int(tensor.type.shape[d])

    def _learn(self, op: Any) -> None:
        if op.name == "linalg.generic":
            self._learn_generic(op)
        elif op.name in (FOR, WHILE):
            self._learn_loop(op)
        elif op.name == ALLOCATION:
            segments = list(ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"]))
            self._learn_sizes(op.results[0], list(op.operands)[:segments[0]])
            if segments[1]:
                self.unite(op.results[0], op.operands[segments[0]])
        elif op.name == "tensor.extract_slice":
            _, offsets, sizes, _ = ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"])
            self._learn_sizes(op.results[0], list(op.operands)[1 + offsets:1 + offsets + sizes])
        elif op.name == "tensor.expand_shape":
            self._learn_sizes(op.results[0], list(op.operands)[1:])
        elif op.name == "tensor.cast":
            self.unite(op.results[0], op.operands[0])
        for number, result in enumerate(op.results):
            operand = destination_operand(op, number)
            if operand is not None and is_tensor(result.type):
                self.unite(result, op.operands[operand])

    def _learn_generic(self, op: Any) -> None:
        loops: dict[int, Extent] = {}
        for operand, map_ in zip(op.operands, ir.ArrayAttr(op.attributes["indexing_maps"])):
            for d, expression in enumerate(ir.AffineMapAttr(map_).value.results):
                if isinstance(expression, ir.AffineDimExpr):
                    extent = self._extent(operand, d)
                    self._join(extent, loops.setdefault(expression.position, extent))

    def _learn_loop(self, op: Any) -> None:
        first = 3 if op.name == FOR else 0
        for number, init in enumerate(list(op.operands)[first:]):
            if is_tensor(init.type):
                for region in range(len(op.regions)):
                    self.unite(init, entry(op, region).arguments[number + (1 if op.name == FOR else 0)])

    def _learn_sizes(self, tensor: Any, sizes: list[Any]) -> None:
        """The dynamic dimensions of a tensor, in order, are these index values (unless a dimension was dropped)."""
        dynamic = [d for d in range(tensor.type.rank) if tensor.type.is_dynamic_dim(d)]
        if len(dynamic) == len(sizes):
            for d, size in zip(dynamic, sizes):
                self._join((tensor, d), self._value(size))

    def _value(self, size: Any) -> Extent:
        """An index value: the number or the dimension it is, if it is one."""
        op = defining_op(size)
        if op is not None and op.name == "arith.constant":
            return int(ir.IntegerAttr(op.attributes["value"]).value)
        if op is not None and op.name == "tensor.dim":
            number = self._value(op.operands[1])
            if isinstance(number, int):
                return self._extent(op.operands[0], number)
        return size
