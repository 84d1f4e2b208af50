"""Reshapes: as a change of index where only extents of 1 come and go, otherwise as a view of contiguous memory."""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, tensor_type
from wengert.dialects.build import create, index
from wengert.passes.elements import Dimensions, Extents, empty_tensor, extents, filled


def unit_changes(source: Extents, target: Extents) -> Dimensions | None:
    """For each source dimension the target dimension it became (None: its extent is 1), or None if more has changed.

    With two dynamic extents nobody knows whether (a, b) has become (b, a).
    """
    kept = [d for d, n in enumerate(source) if not _is_one(n)]
    places = [d for d, n in enumerate(target) if not _is_one(n)]
    dynamic = sum(not isinstance(source[d], int) for d in kept)
    if len(kept) != len(places) or dynamic > 1:
        return None
    if any(isinstance(source[k], int) != isinstance(target[p], int) for k, p in zip(kept, places, strict=True)):
        return None
    if any(isinstance(source[k], int) and source[k] != target[p] for k, p in zip(kept, places, strict=True)):
        return None
    become = dict(zip(kept, places, strict=True))
    return tuple(become.get(d) for d in range(len(source)))


def _is_one(extent: Any) -> bool:
    return isinstance(extent, int) and extent == 1


def reshape(tensor: Any, shape: Extents) -> Any:
    """The tensor's elements in row-major order with another shape; contiguous memory is not copied."""
    element, rank = tensor.type.element_type, tensor.type.rank
    if rank == 0:
        return filled(create("tensor.extract", [element], [tensor]).result, shape)
    if not shape:
        return _single_element(tensor)
    if rank > 1:
        tensor = _collapsed(tensor)
    if len(shape) == 1:
        return _retyped(tensor, shape)
    if sum(not isinstance(n, int) for n in shape) > 1:
        return _reshaped_at_run_time(tensor, shape)
    return _expanded(_retyped(tensor, _flat_extent(tensor, shape)), shape)


def _single_element(tensor: Any) -> Any:
    element = tensor.type.element_type
    scalar = create("tensor.extract", [element], [tensor, *[index(0)] * tensor.type.rank]).result
    return filled(scalar, ())


def _groups(rank: int) -> Any:
    i64 = ir.IntegerType.get_signless(64)
    return ir.ArrayAttr.get([ir.ArrayAttr.get([ir.IntegerAttr.get(i64, d) for d in range(rank)])])


def _collapsed(tensor: Any) -> Any:
    shape, total = list(tensor.type.shape), 1
    for n in shape:
        total = DYNAMIC if DYNAMIC in (n, total) else total * n
    type_ = tensor_type([total], tensor.type.element_type)
    return create("tensor.collapse_shape", [type_], [tensor], {"reassociation": _groups(len(shape))}).result


def _flat_extent(tensor: Any, shape: Extents) -> Extents:
    """The one extent of the flat tensor, static if the shape is."""
    total = 1
    for n in shape:
        if not isinstance(n, int):
            return (extents(tensor)[0],) if tensor.type.is_dynamic_dim(0) else tuple(tensor.type.shape)
        total *= n
    return (total,)


def _retyped(tensor: Any, shape: Extents) -> Any:
    """tensor.cast where one side knows an extent statically and the other does not."""
    type_ = tensor_type([n if isinstance(n, int) else DYNAMIC for n in shape], tensor.type.element_type)
    return tensor if type_ == tensor.type else create("tensor.cast", [type_], [tensor]).result


def _expanded(tensor: Any, shape: Extents) -> Any:
    static = [n if isinstance(n, int) else DYNAMIC for n in shape]
    if DYNAMIC in static and not tensor.type.is_dynamic_dim(0):
        tensor = _retyped(tensor, (None,))
    attributes = {"reassociation": _groups(len(shape)), "static_output_shape": ir.DenseI64ArrayAttr.get(static)}
    type_ = tensor_type(static, tensor.type.element_type)
    dynamic = [n for n in shape if not isinstance(n, int)]
    return create("tensor.expand_shape", [type_], [tensor, *dynamic], attributes).result


def _reshaped_at_run_time(tensor: Any, shape: Extents) -> Any:
    """tensor.reshape: upstream cannot lower an expansion into several dynamic extents."""
    wanted = empty_tensor(ir.IndexType.get(), (len(shape),))
    for d, n in enumerate(shape):
        extent = index(n) if isinstance(n, int) else n
        wanted = create("tensor.insert", [wanted.type], [extent, wanted, index(d)]).result
    type_ = tensor_type([n if isinstance(n, int) else DYNAMIC for n in shape], tensor.type.element_type)
    return create("tensor.reshape", [type_], [tensor, wanted]).result
