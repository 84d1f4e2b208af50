"""What compiled code holds on the heap: its malloc and free go through counters."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from wengert.runtime import host

_LIBC = ctypes.CDLL(None)
_LIBC.malloc.restype, _LIBC.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
_LIBC.free.restype, _LIBC.free.argtypes = None, [ctypes.c_void_p]
#: memref.alloc asks for so many bytes more, to align what it gets.
ALIGNMENT = 64


class Heap:
    """The bytes held now, and the most held at one time since `peak` was last set."""

    def __init__(self) -> None:
        self.held = self.peak = 0
        self._sizes: dict[int, int] = {}
        self.malloc = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(self._malloc)
        self.free = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(self._free)

    def _malloc(self, size: int) -> int:
        address = int(_LIBC.malloc(size))
        self._sizes[address] = max(size - ALIGNMENT, 0)
        self.held += self._sizes[address]
        self.peak = max(self.peak, self.held)
        return address

    def _free(self, address: int | None) -> None:
        if address:
            self.held -= self._sizes.pop(address, 0)
            _LIBC.free(address)


@contextmanager
def counted() -> Iterator[Heap]:
    """Code that is loaded inside counts what it allocates; the heap must live as long as the code."""
    heap, find = Heap(), host.symbol_address
    counters = {name: ctypes.cast(getattr(heap, name), ctypes.c_void_p).value for name in ("malloc", "free")}
    with patch.object(host, "symbol_address", lambda name: counters.get(name) or find(name)):
        yield heap
