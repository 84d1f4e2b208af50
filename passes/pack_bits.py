"""Masks that one place of the program saves share a byte: each is a bit of it.

    diff.save (extui %p), %k;  diff.save (extui %q), %k    =>    diff.save (extui %p | extui %q << 1), %k

Part of diff-store, before storage is planned.  `np.minimum` asks three questions about two numbers, and each answer
would have a byte on a tape of its own.  Masks are packed that are saved in the same block at the same iterations and
have the same static shape; each user takes its bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import Value, defining_op, element_type, ir, is_tensor, walk
from wengert.dialects.build import constant, create
from wengert.dialects.op import encode_attributes, lookup_call
from wengert.passes.replay import SAVED, residual_id
from wengert.passes.storage_plan import SAVE

BITS = 8


def pack_masks(forward: Any, users: Sequence[Any]) -> None:
    """Pack the masks that `forward` saves; `users`, its linear and reverse functions, unpack them."""
    places: dict[int, tuple[int, int]] = {}  # of each packed residual: the one it is now a bit of, and which bit
    readers = [op for func in users for op in walk(func, SAVED)]
    wanted = {residual_id(op) for op in readers}
    for group in _groups(forward, wanted):
        first = residual_id(group[0])
        places.update((residual_id(save), (first, bit)) for bit, save in enumerate(group))
        _save_together(group)
    for op in readers:
        if (place := places.get(residual_id(op))) is not None:
            _read_bit(op, *place)


def _groups(forward: Any, wanted: set[int]) -> list[list[Any]]:
    """The saves that can share a byte, at least two of them, in program order."""
    groups: dict[tuple[Any, ...], list[list[Any]]] = {}
    for save in walk(forward, SAVE):
        value, *counters = save.operands
        if residual_id(save) in wanted and _is_mask(value):
            found = groups.setdefault((save.block, value.type, *counters), [[]])
            if len(found[-1]) == BITS:
                found.append([])
            found[-1].append(save)
    return [group for found in groups.values() for group in found if len(group) > 1]


def _is_mask(value: Value) -> bool:
    """Whether a value is a byte, or an array of bytes of static shape, that was made from bools."""
    made = defining_op(value)
    if made is None or made.name != "arith.extui" or (is_tensor(value.type) and not value.type.has_static_shape):
        return False
    widths = [ir.IntegerType(element_type(v.type)).width for v in (made.operands[0], value)]
    return widths == [1, 8]


def _save_together(group: Sequence[Any]) -> None:
    last = group[-1]
    with last.location, ir.InsertionPoint(last):
        packed = group[0].operands[0]
        for bit, save in enumerate(group[1:], 1):
            byte = save.operands[0]
            packed = lookup_call("arith.ori", packed, lookup_call("arith.shli", byte, _number(bit, byte.type)))
        create(SAVE, [], [packed, *list(last.operands)[1:]], encode_attributes({"id": residual_id(group[0])}))
    for save in group:
        save.erase()


def _read_bit(op: Any, first: int, bit: int) -> None:
    type_ = op.results[0].type
    with op.location, ir.InsertionPoint(op):
        byte = create(SAVED, [type_], list(op.operands), encode_attributes({"id": first})).result
        if bit:
            byte = lookup_call("arith.shrui", byte, _number(bit, type_))
        byte = lookup_call("arith.andi", byte, _number(1, type_))
    op.results[0].replace_all_uses_with(byte)
    op.erase()


def _number(value: int, type_: Any) -> Value:
    number = constant(value, element_type(type_))
    return create("nd.full", [type_], [number]).result if is_tensor(type_) else number
