"""Operands of library calls: where memory begins, and which loop and stride each of its dimensions has.

Assumes bufferized code; used by `blas_calls` and `lapack_calls`, after which memory is known by its address only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir
from wengert.dialects.build import create, index


@dataclass(frozen=True)
class PlacedOperand:
    """Memory of one operand: address of its first element, and loop, extent and stride of each dimension."""

    memref: Any
    loops: tuple[int, ...]
    static_sizes: tuple[int, ...]
    static_strides: tuple[int, ...]
    metadata: tuple[Any, ...]

    @property
    def rank(self) -> int:
        return len(self.loops)

    def size(self, loop: int) -> Any:
        return self.metadata[2 + self.loops.index(loop)]

    def stride(self, loop: int) -> Any:
        """The stride of a dimension, at least 1 as BLAS wants it of empty arrays too."""
        stride = self.metadata[2 + self.rank + self.loops.index(loop)]
        return create("arith.maxsi", [stride.type], [stride, index(1)]).result

    def leading(self, slow: int, fast: int) -> Any:
        """The leading dimension of a matrix as i64: the distance along `slow`, which is anything where there is one row
        only; BLAS wants it to be as long as a row."""
        extent = create("arith.maxsi", [self.size(fast).type], [self.size(fast), self.stride(slow)]).result
        return as_i64(extent)

    def static_size(self, loop: int) -> int:
        return self.static_sizes[self.loops.index(loop)]

    def static_stride(self, loop: int) -> int:
        return self.static_strides[self.loops.index(loop)]

    def is_one_dimension(self, outer: int, inner: int) -> bool:
        """Whether the elements along two loops are equally spaced, as if there were one loop."""
        known = (self.static_size(outer), self.static_size(inner), self.static_stride(outer), self.static_stride(inner))
        return not any(is_dynamic(n) for n in known) and (known[0] == 1 or known[2] == known[1] * known[3])

    def merged(self, outer: int, inner: int) -> PlacedOperand:
        """The same memory, with two loops for which `is_one_dimension` as one, called `inner`."""
        gone, kept = self.loops.index(outer), self.loops.index(inner)
        extent = self.static_sizes[gone] * self.static_sizes[kept]
        sizes, strides = list(self.metadata[2:2 + self.rank]), list(self.metadata[2 + self.rank:])
        sizes[kept] = index(extent)
        statics = [n if d != kept else extent for d, n in enumerate(self.static_sizes)]
        return PlacedOperand(self.memref, _without(self.loops, gone), _without(statics, gone),
                             _without(self.static_strides, gone),
                             (*self.metadata[:2], *_without(sizes, gone), *_without(strides, gone)))

    def is_row_major(self, rows: int, columns: int) -> bool:
        """Whether elements along `columns` are adjacent."""
        return self.static_strides[self.loops.index(columns)] == 1 and rows in self.loops

    def address(self, batch: dict[int, Any], element_bytes: int) -> Any:
        """Of the element at the batch indices, as i64."""
        base = create("memref.extract_aligned_pointer_as_index", [ir.IndexType.get()], [self.memref]).result
        place = self.metadata[1]
        for d, loop in enumerate(self.loops):
            if loop in batch:
                place = _add(place, _multiply(batch[loop], self.metadata[2 + self.rank + d]))
        return as_i64(_add(base, _multiply(place, index(element_bytes))))


def placed(memref: Any, map_: Any) -> PlacedOperand:
    type_ = memref.type
    strides, _ = type_.get_strides_and_offset()
    index_type = ir.IndexType.get()
    base = ir.MemRefType.get([], type_.element_type)
    results = [base, *[index_type] * (1 + 2 * type_.rank)]
    metadata = create("memref.extract_strided_metadata", results, [memref]).results
    loops = tuple(ir.AffineDimExpr(e).position for e in ir.AffineMapAttr(map_).value.results)
    return PlacedOperand(memref, loops, tuple(type_.shape), tuple(strides), tuple(metadata))


def is_dynamic(extent_or_stride: int) -> bool:
    """Whether a number of a type stands for one that is known at run time only."""
    return extent_or_stride == DYNAMIC


def _without(items: Sequence[Any], position: int) -> tuple[Any, ...]:
    return (*items[:position], *items[position + 1:])


def as_i64(value: Any) -> Any:
    return create("arith.index_cast", [ir.IntegerType.get_signless(64)], [value]).result


def _add(x: Any, y: Any) -> Any:
    return create("arith.addi", [x.type], [x, y]).result


def _multiply(x: Any, y: Any) -> Any:
    return create("arith.muli", [x.type], [x, y]).result
