"""Destination-style programs: in whose memory a tensor is computed.

Most ops that make a tensor take over the memory of one operand: inserts, linalg ops (their outs), loops (their inits).
Going back along these operands from a tensor leads to the tensor whose memory it will share, if bufferization keeps
everything in place: an argument, a value carried by a loop, or a fresh `bufferization.alloc_tensor`.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import DYNAMIC, block_of, defining_op, ir, is_tensor, walk
from wengert.dialects.build import create, size
from wengert.dialects.control import FOR, IF, WHILE, entry, yielded
from wengert.dialects.op import lookup

ALLOCATION = "bufferization.alloc_tensor"
#: Results that are a part or another form of the memory of operand 0, without being computed.
VIEWS = frozenset({"tensor.extract_slice", "tensor.collapse_shape", "tensor.expand_shape", "tensor.reshape",
                   "tensor.cast"})


def result_number(value: Any) -> int:
    return int(ir.OpResult(value).result_number)


def destination_operand(op: Any, result: int) -> int | None:
    """The number of the operand whose memory a result takes over, or None."""
    if op.name == "linalg.generic":
        return len(op.operands) - len(op.results) + result
    if op.name in (FOR, WHILE):
        return result + (3 if op.name == FOR else 0)
    record = lookup(op.name)
    return record.destination if record is not None else None


def shares_memory(value: Any, root: Any, depth: int = 200) -> bool:
    """Whether `value` is computed in the memory of `root`, as far as the structure of the program says."""
    if value == root:
        return True
    op = defining_op(value)
    if op is None or not depth:
        return False
    if op.name == IF:
        number = result_number(value)
        return all(shares_memory(yielded(entry(op, region))[number], root, depth - 1) for region in (0, 1))
    operand = destination_operand(op, result_number(value))
    return operand is not None and shares_memory(op.operands[operand], root, depth - 1)


def chain(value: Any) -> list[Any]:
    """The versions of a tensor, from `value` back to the one whose memory it takes over; a loop counts as one step."""
    versions = [value]
    while (op := defining_op(versions[-1])) is not None and op.name != IF:
        operand = destination_operand(op, result_number(versions[-1]))
        if operand is None:
            break
        versions.append(op.operands[operand])
    return versions


def fresh_memory(value: Any, alone: bool = True) -> Any | None:
    """The allocation in whose memory `value` is computed; `alone`: if nobody else uses any version on the way to it."""
    *versions, origin = chain(value)
    op = defining_op(origin)
    if op is None or op.name != ALLOCATION:
        return None
    if list(ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"]))[1]:
        return None  # it begins as a copy
    if alone:
        return op if all(len(list(version.uses)) == 1 for version in (*versions, origin)) else None
    return op if len(uses_beside_windows(origin)) == 1 else None


def uses_beside_windows(value: Any) -> list[Any]:
    """The uses of a tensor, but for windows that are computed in and inserted where they were taken."""
    return [use for use in value.uses if not _is_computed_window(use.owner.operation, value)]


def _is_computed_window(op: Any, source: Any) -> bool:
    if op.name != "tensor.extract_slice":
        return False
    window = list(op.results[0].uses)
    if len(window) != 1:
        return False
    computing = window[0].owner.operation
    number = window[0].operand_number
    results = [r for r in computing.results if destination_operand(computing, result_number(r)) == number]
    uses = [use for result in results for use in result.uses]
    if len(uses) != 1 or uses[0].owner.operation.name != "tensor.insert_slice" or uses[0].operand_number != 0:
        return False
    inserting = uses[0].owner.operation
    return bool(inserting.operands[1] == source) and _same_place(op, inserting)


def _same_place(taken: Any, inserted: Any) -> bool:
    """Whether a slice is inserted where another one was taken."""
    names = ("static_offsets", "static_sizes", "static_strides")
    same = all(taken.attributes[name] == inserted.attributes[name] for name in names)
    return same and list(taken.operands)[1:] == list(inserted.operands)[2:]


def memory(value: Any) -> Any:
    """The tensor in whose memory `value` lies, through versions and views; a value carried by a loop has its own."""
    while (op := defining_op(value)) is not None:
        number = 0 if op.name in VIEWS else None if op.name == IF else destination_operand(op, result_number(value))
        if number is None:
            break
        value = op.operands[number]
    return value


def reads(op: Any, source: Any) -> list[Any]:
    """The operands, of `op` or of ops inside it, that are tensors in the memory of `source`."""
    return [v for inner in walk(op) for v in inner.operands if is_tensor(v.type) and memory(v) == source]


def is_inside(op: Any, ancestor: Any) -> bool:
    """Whether `op` is `ancestor` or stands in it."""
    while op is not None:
        if op == ancestor:
            return True
        op = op.parent
    return False


def enclosing_loop(op: Any) -> Any | None:
    """The innermost loop around `op`."""
    parent = op.parent
    while parent is not None and parent.name not in (FOR, WHILE):
        parent = parent.parent
    return parent


def ancestor_in(block: Any, op: Any) -> Any | None:
    """`op`, or the op around it that stands in `block`; None if there is none."""
    while op.name != "builtin.module":
        if op.block == block:
            return op
        op = op.parent
    return None


def available(value: Any, op: Any) -> bool:
    """Whether `value` is defined before `op`, in its block or around it."""
    definition, around = defining_op(value), ancestor_in(block_of(value), op)
    return around is not None and (definition is None or definition.is_before_in_block(around))


def whole_window(tensor: Any) -> tuple[list[Any], dict[str, Any]]:
    """Operands and attributes of the slice that is all of `tensor`."""
    type_ = tensor.type
    sizes = [size(tensor, d) for d in range(type_.rank) if type_.is_dynamic_dim(d)]
    static = [DYNAMIC if type_.is_dynamic_dim(d) else n for d, n in enumerate(type_.shape)]
    return sizes, {"static_offsets": ir.DenseI64ArrayAttr.get([0] * type_.rank),
                   "static_sizes": ir.DenseI64ArrayAttr.get(static),
                   "static_strides": ir.DenseI64ArrayAttr.get([1] * type_.rank)}


def insert_whole(value: Any, destination: Any) -> Any:
    """`value`, written over all of `destination`; a window of an array without elements would not verify."""
    if 0 in destination.type.shape:
        return destination
    sizes, geometry = whole_window(destination)
    geometry["operandSegmentSizes"] = ir.DenseI32ArrayAttr.get([1, 1, 0, len(sizes), 0])
    return create("tensor.insert_slice", [destination.type], [value, destination, *sizes], geometry).result


def copied(value: Any) -> Any:
    """A copy of a tensor in memory of its own."""
    segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 1, 0])}
    return create(ALLOCATION, [value.type], [value], segments).result


def covers_whole(insert: Any) -> bool:
    """Whether a tensor.insert_slice writes every element of its destination."""
    value, destination = insert.operands[0], insert.operands[1]
    zero_offsets = all(o == 0 for o in ir.DenseI64ArrayAttr(insert.attributes["static_offsets"]))
    unit_strides = all(s == 1 for s in ir.DenseI64ArrayAttr(insert.attributes["static_strides"]))
    if value.type != destination.type or not zero_offsets or not unit_strides:
        return False
    sizes = list(insert.operands)[2:]
    dynamic = [d for d in range(destination.type.rank) if destination.type.is_dynamic_dim(d)]
    return all(_is_extent(n, destination, d) for n, d in zip(sizes, dynamic))


def _is_extent(value: Any, tensor: Any, dimension: int) -> bool:
    """Whether `value` is tensor.dim of any version of `tensor`."""
    op = defining_op(value)
    if op is None or op.name != "tensor.dim":
        return False
    number = defining_op(op.operands[1])
    if number is None or number.name != "arith.constant":
        return False
    same = ir.IntegerAttr(number.attributes["value"]).value == dimension
    return same and bool(memory(op.operands[0]) == memory(tensor))

