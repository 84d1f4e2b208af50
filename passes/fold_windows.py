"""Folds of windows: what is read where it was just written, and written where it was just read.

The transpose of ``a[w] += x`` clears the window of a cotangent and adds to it what it had, which is nothing at all:

    s = extract ct[w];  c = insert 0 into ct[w];  t = extract c[w];  insert t + s into c[w]    =>    ct

Offsets that are constants become part of the window, so that equal windows look equal.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import DYNAMIC, defining_op
from wengert.dialects.build import create
from wengert.dialects.op import decode_attributes, encode_attributes, lookup
from wengert.passes.fold import rule, splat
from wengert.passes.purity import constant_integer

_GEOMETRY = ("static_offsets", "static_sizes", "static_strides")


def _window(op: Any, arrays: int) -> tuple[Any, ...]:
    """What two operations on the same window have in common; `arrays` operands are no part of it."""
    segments = str(op.attributes["operandSegmentSizes"]).partition(":")[2].strip(" >").split(",")[arrays:]
    return (*(str(op.attributes[name]) for name in _GEOMETRY), *segments, *list(op.operands)[arrays:])


def _insertion_at(array: Any, window: tuple[Any, ...]) -> Any:
    """The operation that has just written a window of an array."""
    op = defining_op(array)
    return op if op is not None and op.name == "tensor.insert_slice" and _window(op, 2) == window else None


@rule("tensor.extract_slice", "tensor.insert_slice")
def _constant_offsets(op: Any) -> Any:
    attributes, record = decode_attributes(op), lookup(op.name)
    assert record is not None
    arrays = len(record.operands) - 1
    segments = list(attributes["operandSegmentSizes"])
    dynamic = list(op.operands)[arrays:arrays + segments[arrays]]
    known = [constant_integer(offset) for offset in dynamic]
    if all(offset is None for offset in known):
        return None
    given = iter(known)
    offsets = [next(given) if n == DYNAMIC else n for n in attributes["static_offsets"]]
    attributes["static_offsets"] = [DYNAMIC if offset is None else offset for offset in offsets]
    kept = [value for value, offset in zip(dynamic, known, strict=True) if offset is None]
    segments[arrays] = len(kept)
    attributes["operandSegmentSizes"] = segments
    operands = [*list(op.operands)[:arrays], *kept, *list(op.operands)[arrays + len(dynamic):]]
    return create(op.name, [op.results[0].type], operands, encode_attributes(attributes)).result


@rule("tensor.extract_slice")
def _read_what_was_written(op: Any) -> Any:
    insertion = _insertion_at(op.operands[0], _window(op, 1))
    return insertion.operands[0] if insertion is not None else None


@rule("tensor.insert_slice")
def _write_what_was_read(op: Any) -> Any:
    """``insert (extract a[w]) into a[w]``, also where a[w] has been overwritten in between."""
    part, array = list(op.operands)[:2]
    window = _window(op, 2)
    made = defining_op(part)
    if made is None or made.name != "tensor.extract_slice" or _window(made, 1) != window:
        return None
    source = made.operands[0]
    while array != source and (insertion := _insertion_at(array, window)) is not None:
        array = insertion.operands[1]
    return array if array == source else None


@rule("arith.addf")
def _accumulate_on_nothing(op: Any) -> Any:
    """The signs of zeros do not count in sums of cotangents."""
    return op.operands[1] if "nd.accumulate" in op.attributes and splat(op.operands[0]) == 0 else None
