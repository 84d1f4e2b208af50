"""Where a mask is true: positions and their number, found once for each mask.

The elements that a mask selects are an array whose first extent, the count, is known at run time.  Two masks are one
when the same operations give them: `a[x > 0]` and `b[x > 0]` have extents that are known to be equal.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects import discrete
from wengert.dialects.bindings import defining_op
from wengert.dialects.op import lookup, raw_attributes
from wengert.dialects.positions import positions
from wengert.dialects.reduction import reduce
from wengert.dialects.structural import filled
from wengert.frontend.arithmetic import binary
from wengert.frontend.broadcasting import form_of, interval_of
from wengert.frontend.intervals import Form, Interval, Unknown
from wengert.frontend.trace import Region, current
from wengert.frontend.values import DATA, Array, Extent, Scalar, weak_int
from wengert.frontend.views import reshape_value

#: How far back two values are compared operation by operation.
LARGEST_COMPARISON = 64


@dataclass(frozen=True)
class Packing:
    """The elements that a mask selects.

    flags: the mask as it was, an IR value.
    positions: IR value, i64 of rank 1: the flat positions of the true elements, in increasing order.
    count: how many there are.
    """

    flags: Any
    positions: Any
    count: Scalar


def packing(mask: Array | Scalar) -> Packing:
    """Where a mask, or a single bool, is true."""
    trace = current()
    flags = trace.use(mask) if isinstance(mask, Scalar) else mask.read()
    region: Region | None = trace.region
    while region is not None:
        for known in region.packings:
            if same_value(known.flags, flags):
                return known
        region = region.parent
    made = _packed(mask, flags)
    trace.region.packings.append(made)
    return made


def _packed(mask: Array | Scalar, flags: Any) -> Packing:
    trace, size = current(), product(mask.shape)
    if isinstance(mask, Scalar):
        with trace.here():
            flat = filled(flags, [1])
    else:
        flat = reshape_value(flags, (size,), "i1")
    with trace.here():
        ones = discrete.extui(flat, result_types=[trace.tensor_type((size,), "i64")])
        total = reduce(ones, "sum", (0,))
    unknown = Unknown(0, interval_of(size).high, (form_of(size).plus(Form(constant=1)),))
    count = weak_int(total, Interval(0, unknown.high), DATA, Form.of(unknown))
    where = trace.index(count)
    with trace.here():
        return Packing(flags, positions(flat, where), count)


def product(extents: Any) -> Extent:
    """The number of elements of a shape."""
    result: Extent = 1
    for extent in extents:
        result = binary("Mult", result, extent)
    return result


def same_value(a: Any, b: Any) -> bool:
    """Whether two IR values are certainly equal: computed by the same operations from the same values."""
    seen: set[tuple[Any, Any]] = set()

    def same(x: Any, y: Any) -> bool:
        if x == y or (x, y) in seen:
            return True
        seen.add((x, y))
        first, second = defining_op(x), defining_op(y)
        if first is None or second is None or len(seen) > LARGEST_COMPARISON or first.name != second.name:
            return False
        record = lookup(first.name)
        if first.name != "arith.constant" and (record is None or record.effect):
            return False
        if len(first.results) > 1 or first.regions or x.type != y.type:
            return False
        if raw_attributes(first) != raw_attributes(second):
            return False
        return len(first.operands) == len(second.operands) and all(map(same, first.operands, second.operands))

    return same(a, b)
