"""Where the tensors of a function lie in a GPU's memory, and how an element is addressed.

Every buffer is one-dimensional; a `Place` is a buffer with an offset and strides, so slices with constant bounds and
reshapes of contiguous memory are new places in an old buffer.  A `Splat` is no memory at all: the kernel that reads an
element gets the scalar.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, position_of
from wengert.dialects.build import create, index
from wengert.dialects.errors import UnsupportedError


@dataclass(frozen=True)
class Constant:
    """A memref.global beside the kernels, which get at it by name."""

    name: str
    type: Any


@dataclass(frozen=True)
class Place:
    """Elements of `buffer`, a memref of the host function or a constant: element i is at offset + sum(i * strides)."""

    buffer: Any
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    @property
    def contiguous(self) -> bool:
        """Whether element i is at the row-major position of i."""
        return self.offset == 0 and all(n == 1 or s == r
                                        for n, s, r in zip(self.shape, self.strides, row_major(self.shape)))

    def address(self, indices: Sequence[Any]) -> Any:
        """The position in the buffer of the element at `indices` (index values), as an index value."""
        terms = [times(i, stride) for i, n, stride in zip(indices, self.shape, self.strides) if n != 1]
        if self.offset or not terms:
            terms.append(index(self.offset))
        total = terms[0]
        for term in terms[1:]:
            total = plus(total, term)
        return total


@dataclass(frozen=True)
class Splat:
    """A tensor whose elements all equal one scalar of the host function."""

    scalar: Any
    shape: tuple[int, ...]


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of a C-contiguous array, in elements."""
    return tuple(math.prod(shape[d + 1:]) for d in range(len(shape)))


def whole(buffer: Any, shape: Sequence[int]) -> Place:
    """A C-contiguous array that fills `buffer`."""
    return Place(buffer, tuple(shape), row_major(shape))


def static_shape(tensor: Any) -> tuple[int, ...]:
    """The shape of a tensor value.

    Raises:
        UnsupportedError: an extent is known only at run time.
    """
    if not tensor.type.has_static_shape:
        owner = tensor.owner
        location = tensor.location if isinstance(owner, ir.Block) else owner.operation.location
        raise UnsupportedError("an array whose shape is known only at run time, on the GPU", position_of(location),
                               why=f"its type is {tensor.type}, and kernels are launched with sizes known beforehand",
                               help="make the shape depend on shapes of arguments only, or use target='cpu'")
    return tuple(tensor.type.shape)


def reshaped(place: Place | Splat, tensor: Any) -> Place | Splat | None:
    """The elements of `place` in row-major order with the shape of `tensor`; None where they are not contiguous."""
    shape = static_shape(tensor)
    if isinstance(place, Splat):
        return Splat(place.scalar, shape)
    return whole(place.buffer, shape) if place.contiguous else None


def sliced(place: Place | Splat, op: Any, shape: Sequence[int]) -> Place | Splat | None:
    """The window of `place` that a slice op reads or writes, as an array of `shape`.

    None if its bounds are not constants.
    """
    if isinstance(place, Splat):
        return Splat(place.scalar, tuple(shape))
    names = ("static_offsets", "static_sizes", "static_strides")
    offsets, sizes, steps = (list(ir.DenseI64ArrayAttr(op.attributes[name])) for name in names)
    if DYNAMIC in (*offsets, *sizes, *steps):
        return None
    offset = place.offset + sum(o * s for o, s in zip(offsets, place.strides))
    # The array may lack dimensions of extent 1.  Their strides do not matter, so it matters not which of them.
    strides = [stride * step for n, stride, step in zip(sizes, place.strides, steps) if n != 1]
    remaining = iter(strides)
    return Place(place.buffer, tuple(shape), tuple(0 if n == 1 else next(remaining) for n in shape), offset)


def plus(a: Any, b: Any) -> Any:
    return create("arith.addi", [a.type], [a, b], _no_overflow()).result


def times(a: Any, factor: int) -> Any:
    return a if factor == 1 else create("arith.muli", [a.type], [a, index(factor)], _no_overflow()).result


def _no_overflow() -> dict[str, Any]:
    """Positions in memory are below 2**63."""
    return {"overflowFlags": ir.Attribute.parse("#arith.overflow<nsw>")}
