"""How much memory the C heap has handed out: what a leaking kernel or entry increases."""

from __future__ import annotations

import ctypes
import functools
import sys
from typing import Any

_MALLINFO2_FIELDS = (
    *("arena", "ordblks", "smblks", "hblks", "hblkhd"),
    *("usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"),
)


class _Mallinfo2(ctypes.Structure):
    """`struct mallinfo2` of glibc 2.33 and later (`man 3 mallinfo`)."""

    _fields_ = [(name, ctypes.c_size_t) for name in _MALLINFO2_FIELDS]


@functools.cache
def _mallinfo2() -> Any:
    if sys.platform != "linux":
        return None
    try:
        function = ctypes.CDLL(None).mallinfo2
    except AttributeError:
        return None
    function.restype, function.argtypes = _Mallinfo2, []
    return function


def used_bytes() -> int | None:
    """Bytes in use in all arenas of malloc and in its memory-mapped blocks; None where there is no `mallinfo2`.

    Compare two readings with many calls between them: CPython's and NumPy's own small caches move it by a few hundred
    bytes. Memory that Python's small-object allocator holds is in it only as whole arenas.
    """
    function = _mallinfo2()
    if function is None:
        return None
    information = function()
    return int(information.uordblks + information.hblkhd)
