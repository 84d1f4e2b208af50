"""The entry in plain Python and ctypes, for interpreters whose objects do not have the layout `python_abi` expects.

It accepts, refuses, returns and raises exactly as the generated entry (the tests run both on the same cases), a
hundred times slower per call. It uses nothing but public Python attributes and the kernel's address.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from types import EllipsisType
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.runtime.python_abi import DTYPES
from wengert.runtime.result_tree import Tree, put_together, require
from wengert.runtime.signature import KernelSignature, Slot

if TYPE_CHECKING:
    from wengert.runtime.builtin import Loaded

_C_TYPES: dict[str, Any] = {
    "f64": ctypes.c_double,
    "f32": ctypes.c_float,
    "i64": ctypes.c_int64,
    "i32": ctypes.c_int32,
    "i16": ctypes.c_int16,
    "i8": ctypes.c_int8,
    "u64": ctypes.c_uint64,
    "u32": ctypes.c_uint32,
    "u16": ctypes.c_uint16,
    "u8": ctypes.c_uint8,
    "i1": ctypes.c_uint8,
}
_SCALARS: dict[str, tuple[type, ...]] = {
    **{name: (dtype.type,) for name, dtype in DTYPES.items()},
    "f64": (float, np.float64),
    "i64": (int, np.int64),
    "i1": (bool, np.bool_),
}
_ERROR_WORDS = 4


def fallback_entry(
    library: Loaded,
    signature: KernelSignature,
    on_mismatch: Callable[..., Any],
    on_error: Callable[..., BaseException],
    *,
    tree: Tree | EllipsisType = ...,
) -> Callable[..., Any]:
    """What `entry.build_entry` returns, without generated code; the parameters are its. Releases the GIL always."""
    arranged = tuple(range(len(signature.returned))) if tree is ... else tree
    require(arranged, len(signature.arguments), len(signature.returned))
    parameters = [ctypes.c_void_p if slot.is_array else _C_TYPES[slot.dtype] for slot in signature.arguments]
    parameters += [ctypes.c_void_p] * len(signature.returned)
    parameters += [ctypes.c_int64 for slot in signature.arguments for _ in slot.unknown]
    parameters += [ctypes.c_void_p]
    kernel = ctypes.CFUNCTYPE(None, *parameters)(library.address(signature.name))
    lease = library.lease

    def entry(*args: Any, **kwargs: Any) -> Any:
        if kwargs or not _accepts(signature, args):
            return on_mismatch(*args, **kwargs)
        results = [_memory(slot) for slot in signature.returned]
        record = (ctypes.c_int64 * _ERROR_WORDS)()
        operands = [_operand(value) for value in args]
        extents = [value.shape[d] for slot, value in zip(signature.arguments, args, strict=True) for d in slot.unknown]
        kernel(*operands, *(result.ctypes.data for result in results), *extents, ctypes.addressof(record))
        results = [_taken_over(slot, words) if slot.unknown else words
                   for slot, words in zip(signature.returned, results, strict=True)]
        if record[0]:
            del results
            raise on_error(*record)
        return put_together(arranged, [result if result.ndim else result[()] for result in results], args)

    entry.__name__ = signature.name
    entry.lease = lease  # type: ignore[attr-defined]  # the code stays mapped as long as the function lives
    return entry


def _memory(slot: Slot) -> np.ndarray[Any, Any]:
    """What the kernel writes a result into; the words it describes it with where the extents are unknown."""
    if slot.unknown:
        return np.zeros(1 + len(slot.dimensions), np.int64)
    return np.empty(slot.dimensions, DTYPES[slot.dtype])


def _taken_over(slot: Slot, words: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A copy of the array that the kernel has allocated, whose memory is freed."""
    address, shape = int(words[0]), tuple(map(int, words[1:]))
    result: np.ndarray[Any, Any] = np.empty(shape, DTYPES[slot.dtype])
    ctypes.memmove(result.ctypes.data, address, result.nbytes)
    free = ctypes.CDLL(None).free
    free.argtypes = [ctypes.c_void_p]
    free(address)
    return result


def _operand(value: Any) -> int | float | bool:
    """An array as the address of its data, a NumPy scalar as the Python scalar ctypes converts."""
    if isinstance(value, np.ndarray):
        return int(value.ctypes.data)
    return value.item() if isinstance(value, np.generic) else value


def _accepts(signature: KernelSignature, args: tuple[Any, ...]) -> bool:
    if len(args) != len(signature.arguments):
        return False
    for k, (slot, value) in enumerate(zip(signature.arguments, args, strict=True)):
        fits = _is_array(slot, value, k in signature.written) if slot.is_array else _is_scalar(slot, value)
        if not fits:
            return False
    return not _overlap(signature, args)


def _is_scalar(slot: Slot, value: Any) -> bool:
    if type(value) not in _SCALARS[slot.dtype]:
        return False
    return slot.dtype != "i64" or -(2**63) <= value < 2**63


def _is_array(slot: Slot, value: Any, written: bool) -> bool:
    if type(value) is not np.ndarray or value.ndim != len(slot.dimensions):
        return False
    if any(size not in (None, found) for size, found in zip(slot.dimensions, value.shape, strict=True)):
        return False
    dtype = DTYPES[slot.dtype]
    flags = value.flags
    return (
        value.dtype.num == dtype.num
        and value.dtype.byteorder == dtype.byteorder
        and bool(flags.c_contiguous and flags.aligned and (flags.writeable or not written))
    )


def _overlap(signature: KernelSignature, args: tuple[Any, ...]) -> bool:
    """Whether memory the kernel writes belongs to another argument too."""
    arrays = {k: value for k, value in enumerate(args) if isinstance(value, np.ndarray) and value.nbytes}
    ranges = {k: (array.ctypes.data, array.ctypes.data + array.nbytes) for k, array in arrays.items()}
    for written in signature.written:
        begin, end = ranges.get(written, (0, 0))
        for k, (other_begin, other_end) in ranges.items():
            if k != written and begin < other_end and other_begin < end:
                return True
    return False
