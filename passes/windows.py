"""Windows of arrays: what tensor.extract_slice and tensor.insert_slice say, dimension by dimension."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir

Extent = Any  # an int, or an index value
GEOMETRY = ("static_offsets", "static_sizes", "static_strides")


@dataclass(frozen=True)
class Window:
    """``array[o:o+n*s:s, ...]``, ints or index values; dimensions in `dropped`, of size 1, disappear."""

    array: Any
    offsets: tuple[Extent, ...]
    sizes: tuple[Extent, ...]
    strides: tuple[Extent, ...]
    dropped: tuple[int, ...]


def window_of(extraction: Any, droppable: Callable[[Extent], bool]) -> Window | None:
    """The window a tensor.extract_slice reads, or None if no such dimensions can be the ones that are dropped.

    Its type may leave open which of several dimensions of size 1 are dropped, and the values are the same in any case:
    those whose offset is `droppable` are, where there is a choice.
    """
    values = iter(list(extraction.operands)[1:])
    offsets, sizes, strides = (_merged(extraction.attributes[name], values) for name in GEOMETRY)
    shape = [None if n == DYNAMIC else n for n in extraction.results[0].type.shape]
    ones = [d for d, n in enumerate(sizes) if isinstance(n, int) and n == 1]
    ones.sort(key=lambda d: not droppable(offsets[d]))
    for dropped in combinations(ones, len(sizes) - len(shape)):
        kept = [n if isinstance(n, int) else None for d, n in enumerate(sizes) if d not in dropped]
        if kept == shape:
            return Window(extraction.operands[0], offsets, sizes, strides, tuple(sorted(dropped)))
    return None


def _merged(static: Any, values: Iterator[Any]) -> tuple[Extent, ...]:
    return tuple(next(values) if n == DYNAMIC else int(n) for n in ir.DenseI64ArrayAttr(static))


def same_window(extraction: Any, insertion: Any) -> bool:
    """Whether a tensor.insert_slice writes what a tensor.extract_slice reads, of whichever versions of an array."""
    same = all(extraction.attributes[name] == insertion.attributes[name] for name in GEOMETRY)
    return same and list(extraction.operands)[1:] == list(insertion.operands)[2:] and _parts(extraction)[1:] == _parts(
        insertion)[2:]


def _parts(op: Any) -> Sequence[int]:
    return list(ir.DenseI32ArrayAttr(op.attributes["operandSegmentSizes"]))
