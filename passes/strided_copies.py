"""Copies between strided memory become loops; copies of memory to itself disappear.

A `memref.copy` of contiguous memory becomes memcpy later; of strided memory, a call into a runtime library that is not
there.  Assumes bufferized functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import create
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import affine_map, identity

COPY = "memref.copy"
#: On the loops that copy, so that they are counted as copies.
MARK = "nd.copy"


@register_pass("strided-copies")
@dataclass(frozen=True)
class StridedCopies(Pass):
    """Write copies of strided memory out as loops."""

    def run(self, module: Any) -> None:
        for op in walk(module, COPY):
            source, target = op.operands
            if source == target:
                op.erase()
            elif not (_is_contiguous(source.type) and _is_contiguous(target.type)):
                with ir.InsertionPoint(op), op.location:
                    copy_loops(source, target)
                op.erase()


def _is_contiguous(type_: Any) -> bool:
    return bool(type_.layout == ir.AffineMapAttr.get(ir.AffineMap.get_identity(type_.rank)))


def copy_loops(source: Any, target: Any) -> None:
    """A generic that copies each element."""
    rank = target.type.rank
    map_ = affine_map(rank, identity(rank))
    op = create("linalg.generic", [], [source, target], {
        "indexing_maps": ir.ArrayAttr.get([map_, map_]),
        "iterator_types": ir.ArrayAttr.get([ir.Attribute.parse("#linalg.iterator_type<parallel>")] * rank),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1]), MARK: ir.UnitAttr.get(),
    }, regions=1)
    element = target.type.element_type
    block = op.regions[0].blocks.append(element, element)
    create("linalg.yield", [], [block.arguments[0]], ip=ir.InsertionPoint(block))
