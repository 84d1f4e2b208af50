"""What a kernel takes and returns, as the driver tells the entry generator.

Assumes the kernel ABI of the lowering: `void @name(args.., results.., extents.., ptr err)`, C-contiguous arrays.  An
extent known only at run time is None in a shape.  Of an array argument it follows among `extents` (i64, in order); a
result with such an extent is a pointer to words that the kernel fills: the address of memory it got from `malloc`,
which is the caller's from then on, and all extents.  Everything else in this layer reads these two records and nothing
of the IR.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

ITEM_BYTES = {"f64": 8, "f32": 4, "i1": 1}
for _bits in (8, 16, 32, 64):
    ITEM_BYTES[f"i{_bits}"] = ITEM_BYTES[f"u{_bits}"] = _bits // 8


@dataclass(frozen=True)
class Slot:
    """One leaf of the arguments or of the results.

    `dtype` is one of `f64 f32 i1`, `i8` .. `i64` and `u8` .. `u64`. `shape` is None for a scalar passed by value and
    a tuple for an array. A 0-d array argument has the shape `()` and is passed as a pointer. As a result both mean a
    NumPy scalar.

    Raises ValueError for another dtype or a negative dimension.

    >>> Slot("f64", (3, 4)).elements
    12
    """

    dtype: str
    shape: tuple[int | None, ...] | None = None

    def __post_init__(self) -> None:
        if self.dtype not in ITEM_BYTES:
            raise ValueError(f"dtype {self.dtype!r} is none of {', '.join(ITEM_BYTES)}")
        if self.shape is not None and any(size is not None and size < 0 for size in self.shape):
            raise ValueError(f"shape {self.shape} has a negative dimension; one known only at run time is None")

    @property
    def is_array(self) -> bool:
        """Whether an argument of this slot is an array (passed as a pointer)."""
        return self.shape is not None

    @property
    def dimensions(self) -> tuple[int | None, ...]:
        """The shape, `()` for a scalar."""
        return self.shape or ()

    @property
    def unknown(self) -> tuple[int, ...]:
        """The dimensions whose extent is known only at run time."""
        return tuple(d for d, size in enumerate(self.dimensions) if size is None)

    @property
    def elements(self) -> int:
        """Number of elements, 1 for a scalar; extents known only at run time count as 1."""
        return math.prod(1 if size is None else size for size in self.dimensions)

    @property
    def nbytes(self) -> int:
        """Bytes of the elements."""
        return self.elements * ITEM_BYTES[self.dtype]


@dataclass(frozen=True)
class KernelSignature:
    """The parameters of the kernel `name`, in order, and where its results go.

    `into[r] = k` says that result r is written into the memory of argument k: it has no parameter and is not returned.
    `into` may be left empty when no result is.

    Raises ValueError when `into` does not fit: wrong length, a scalar target, another dtype or shape, a target twice,
    arguments of unknown extents beside it; and for a name that LLVM cannot write in quotes.

    >>> axpy = KernelSignature("axpy", (Slot("f64"), Slot("f64", (8,)), Slot("f64", (8,))), (Slot("f64", (8,)),), (2,))
    >>> axpy.written, axpy.returned
    ((2,), ())
    """

    name: str
    arguments: tuple[Slot, ...]
    results: tuple[Slot, ...]
    into: tuple[int | None, ...] = ()

    def __post_init__(self) -> None:
        if not self.name or set(self.name) & set('"\\\0'):
            raise ValueError(f"{self.name!r} is no name for a kernel: it is empty or has a quote, a backslash or a NUL")
        if not self.into:
            object.__setattr__(self, "into", (None,) * len(self.results))
        if len(self.into) != len(self.results):
            raise ValueError(f"kernel {self.name}: {len(self.results)} results but {len(self.into)} entries of into")
        for result, target in zip(self.results, self.into, strict=True):
            if target is not None:
                self._check_target(result, target)
        if self.written and any(slot.unknown for slot in self.arguments):
            raise ValueError(f"kernel {self.name}: with arguments of unknown extents none can be written in place")
        if len(set(self.written)) != len(self.written):
            raise ValueError(f"kernel {self.name}: two results are written into one argument: into={self.into}")

    def _check_target(self, result: Slot, target: int) -> None:
        if not 0 <= target < len(self.arguments):
            raise ValueError(f"kernel {self.name}: into names argument {target} of {len(self.arguments)}")
        argument = self.arguments[target]
        if not argument.is_array or argument.dtype != result.dtype or argument.shape != result.dimensions:
            raise ValueError(f"kernel {self.name}: {result} cannot be written into argument {target}, {argument}")

    @property
    def written(self) -> tuple[int, ...]:
        """Indices of the arguments whose memory the kernel writes, in the order of the results."""
        return tuple(target for target in self.into if target is not None)

    @property
    def returned(self) -> tuple[Slot, ...]:
        """The results that have a parameter and are returned to Python."""
        return tuple(result for result, target in zip(self.results, self.into, strict=True) if target is None)

    @property
    def elements(self) -> int:
        """Elements of all arguments and returned results: the measure of work when nothing better is known."""
        return sum(slot.elements for slot in self.arguments + self.returned)
