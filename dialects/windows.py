"""`nd.add_windows`: windows added into an array, one after another, after parts of it were cleared.

    y = x;  y[box_1] = 0;  ..  y[box_c] = 0;  y[box_(c+1)] += e_1;  ..  y[box_(c+m)] += e_m

It stands for a chain of accumulations into one cotangent, which is what the transpose of reads at shifted windows is,
so that they can share one pass over the array (passes/window_rows.py).  The order of the sums is the order of the
chain, and an element outside of a box is not touched: nothing is added to it, not even zero.

Only `raise-windows` makes it, after all differentiation, so it has no derivative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC
from wengert.dialects.lowerings import lower_add_windows
from wengert.dialects.op import NOT_LINEAR, Absent, Op, register

#: What locates a box: its first element, its extents and its steps, each by dimension.
GEOMETRY = ("static_offsets", "static_sizes", "static_strides")
#: One box: offsets, sizes, strides.
Box = tuple[list[Any], list[Any], list[Any]]


def boxes(rank: int, static: Sequence[Sequence[int]], dynamic: Sequence[Any]) -> list[Box]:
    """The boxes of an operation; `static` are the attributes GEOMETRY, `dynamic` what stands for DYNAMIC in them."""
    values = iter(dynamic)
    flat = [[next(values) if n == DYNAMIC else int(n) for n in numbers] for numbers in static]
    return [(offsets, sizes, strides) for offsets, sizes, strides in
            zip(*([numbers[i:i + rank] for i in range(0, len(numbers), rank)] for numbers in flat), strict=True)]


def _add_windows(array: Any, *operands: Any, cleared: int, static_offsets: Sequence[int], static_sizes: Sequence[int],
                 static_strides: Sequence[int], **_: Any) -> Any:
    changed = np.array(array)
    windows = len(static_offsets) // changed.ndim - cleared
    found = boxes(changed.ndim, (static_offsets, static_sizes, static_strides), [int(n) for n in operands[windows:]])
    places = [tuple(slice(o, o + n * s if n else o, s) for o, n, s in zip(*box, strict=True)) for box in found]
    for place in places[:cleared]:
        changed[place] = 0
    for place, window in zip(places[cleared:], operands[:windows], strict=True):
        changed[place] += window
    return changed


add_windows = register(
    Op(
        "nd.add_windows",
        ("array", "*windows", "*geometry"),
        _add_windows,
        lambda array, *_, **__: array,
        Absent("it is made after all differentiation"),
        NOT_LINEAR,
        family="structural",
        destination=0,
        lower=lower_add_windows,
    )
)
