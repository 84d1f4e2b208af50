"""Images: code as bytes that run wherever they are mapped, so that loading it needs no linker.

An image is the sections of an object file laid out in pages, with everything resolved but the addresses that only a
process knows: those are listed, as places in a table of addresses. It is made from object code once (image_linker.py),
kept on disk, and mapped in a fraction of a millisecond, where LLVM's linker would first have to be imported.
"""

from __future__ import annotations

import ctypes
import functools
import mmap
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

PAGE = mmap.PAGESIZE
_PROT_READ, _PROT_WRITE, _PROT_EXEC = 1, 2, 4
_MAP_PRIVATE, _MAP_ANONYMOUS = 2, 0x20


class Loaded(Protocol):
    """Code in memory: the addresses of its symbols, and the object whose life decides how long it stays there."""

    lease: np.ndarray[Any, Any]

    def address(self, symbol: str) -> int:
        """The address of `symbol`. Raises KeyError if the code does not define it."""


@dataclass(frozen=True)
class Image:
    """Linked code.

    content: all bytes, from the start of a page.
    executable: how many of them, whole pages, are code and constants; what follows is written by the code.
    relative: (place, target): at the place goes the address of the target, both counted from the start.
    external: (place, symbol, addend): at the place goes the address of a symbol of the process.
    exports: the place of each global symbol.
    """

    content: bytes
    executable: int
    relative: tuple[tuple[int, int], ...]
    external: tuple[tuple[int, str, int], ...]
    exports: dict[str, int]

    @property
    def symbols(self) -> frozenset[str]:
        """What the process has to provide."""
        return frozenset(symbol for _, symbol, _ in self.external)


class Mapped:
    """An image in memory; `lease` is the object whose life decides how long it stays there (see jit.Library)."""

    def __init__(self, start: int, image: Image) -> None:
        self._start, self._exports = start, image.exports
        self.lease = np.zeros(1)
        weakref.finalize(self.lease, _unmap, start, len(image.content)).atexit = False

    def address(self, symbol: str) -> int:
        """The address of `symbol`. Raises KeyError if the image does not define it."""
        return self._start + self._exports[symbol]


def load(image: Image, symbol_address: Callable[[str], int | None]) -> Mapped | None:
    """The image as code of this process; None if a symbol has no address, or the system maps no code."""
    if sys.platform != "linux":
        return None
    addresses = {symbol: symbol_address(symbol) for symbol in image.symbols}
    if None in addresses.values():
        return None
    c = _libc()
    start = c.mmap(None, len(image.content), _PROT_READ | _PROT_WRITE, _MAP_PRIVATE | _MAP_ANONYMOUS, -1, 0)
    if start is None or start == ctypes.c_void_p(-1).value:
        return None
    ctypes.memmove(start, image.content, len(image.content))
    for place, target in image.relative:
        ctypes.c_uint64.from_address(start + place).value = start + target
    for place, symbol, addend in image.external:
        ctypes.c_uint64.from_address(start + place).value = (addresses[symbol] or 0) + addend
    if c.mprotect(start, image.executable, _PROT_READ | _PROT_EXEC) != 0:
        _unmap(start, len(image.content))
        return None
    return Mapped(start, image)


def _unmap(start: int, size: int) -> None:
    _libc().munmap(start, size)


@functools.cache
def _libc() -> ctypes.CDLL:
    c = ctypes.CDLL(None, use_errno=True)
    c.mmap.restype = ctypes.c_void_p
    c.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_long]
    c.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    c.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
    return c
