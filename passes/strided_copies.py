"""Copies between strided memory become loops; copies of memory to itself disappear.

A `memref.copy` of contiguous memory becomes memcpy later; of strided memory, a call into a runtime library that is not
there.  Assumes bufferized functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import defining_op, ir, walk
from wengert.dialects.build import create
from wengert.passes.base import Pass, register_pass
from wengert.passes.destinations import enclosing_loop, is_inside
from wengert.passes.elements import affine_map, identity

COPY = "memref.copy"
#: On loops that copy an array, so that they are counted as copies.
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
                    loops = copy_loops(source, target)
                if _moves_array(op):
                    loops.attributes[MARK] = ir.UnitAttr.get()
                op.erase()


def _is_contiguous(type_: Any) -> bool:
    return bool(type_.layout == ir.AffineMapAttr.get(ir.AffineMap.get_identity(type_.rank)))


def _moves_array(copy: Any) -> bool:
    """Whether a copy moves a whole array, rather than a window or what was computed for a window in this iteration."""
    source, target = copy.operands
    made_by, loop = defining_op(source), enclosing_loop(copy)
    temporary = made_by is not None and made_by.name == "memref.alloc" and (loop is None or is_inside(made_by, loop))
    return _is_contiguous(target.type) or (_is_contiguous(source.type) and not temporary)


def copy_loops(source: Any, target: Any) -> Any:
    """A generic that copies each element."""
    rank = target.type.rank
    map_ = affine_map(rank, identity(rank))
    op = create("linalg.generic", [], [source, target], {
        "indexing_maps": ir.ArrayAttr.get([map_, map_]),
        "iterator_types": ir.ArrayAttr.get([ir.Attribute.parse("#linalg.iterator_type<parallel>")] * rank),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 1]),
    }, regions=1)
    element = target.type.element_type
    block = op.regions[0].blocks.append(element, element)
    create("linalg.yield", [], [block.arguments[0]], ip=ir.InsertionPoint(block))
    return op
