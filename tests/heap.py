"""What compiled code holds on the heap: its malloc and free go through counters."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from wengert.runtime import host

_LIBC = ctypes.CDLL(None)
_LIBC.malloc.restype, _LIBC.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
_LIBC.aligned_alloc.restype, _LIBC.aligned_alloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t, ctypes.c_size_t]
_LIBC.free.restype, _LIBC.free.argtypes = None, [ctypes.c_void_p]
NAMES = ("malloc", "aligned_alloc", "free")
#: Sizes of aligned blocks are rounded up to whole lines of so many bytes.
LINE = 64


class Heap:
    """The bytes held now, and the most held at one time since `peak` was last set.

    symbols: the counters, by the name of what they take the place of.
    rounding: bytes that may be there only because sizes are rounded up, of the most blocks held at one time.
    """

    def __init__(self) -> None:
        self.held = self.peak = self.rounding = 0
        self._sizes: dict[int, int] = {}
        self.malloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(self._malloc)
        self.aligned_alloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)(self._aligned_alloc)
        self.free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._free)
        self.symbols = {name: ctypes.cast(getattr(self, name), ctypes.c_void_p).value for name in NAMES}

    def _malloc(self, size: int) -> int:
        return self._noted(int(_LIBC.malloc(size)), size)

    def _aligned_alloc(self, alignment: int, size: int) -> int:
        return self._noted(int(_LIBC.aligned_alloc(alignment, size)), size)

    def _noted(self, address: int, size: int) -> int:
        self._sizes[address] = size
        self.held += self._sizes[address]
        self.peak = max(self.peak, self.held)
        self.rounding = max(self.rounding, LINE * len(self._sizes))
        return address

    def _free(self, address: int | None) -> None:
        if address:
            self.held -= self._sizes.pop(address, 0)
            _LIBC.free(address)


@contextmanager
def counted() -> Iterator[Heap]:
    """Code that is loaded inside counts what it allocates; the heap must live as long as the code."""
    heap, find = Heap(), host.symbol_address
    with patch.object(host, "symbol_address", lambda name: heap.symbols.get(name) or find(name)):
        yield heap
