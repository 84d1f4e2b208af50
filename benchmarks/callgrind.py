"""Valgrind's callgrind from inside the process that it runs: counts of single calls, a file each.

A client request is an instruction sequence that does nothing on a CPU and that valgrind looks for (valgrind.h, amd64):
the address of six words in rax, a default answer in rdx, four rotations of rdi by 128 bits in all, `xchg rbx, rbx`.
"""

from __future__ import annotations

import contextlib
import ctypes
import mmap
import re
from collections.abc import Iterator
from pathlib import Path

_REQUEST = bytes.fromhex("4889f8 31d2 48c1c703 48c1c70d 48c1c73d 48c1c733 4887db 4889d0 c3")
_BASE = (ord("C") << 24) + (ord("T") << 16)
_ZERO_STATS, _DUMP_STATS_AT, _START, _STOP = _BASE + 1, _BASE + 3, _BASE + 4, _BASE + 5
_memory = mmap.mmap(-1, mmap.PAGESIZE, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
_memory.write(_REQUEST)
_function = ctypes.CFUNCTYPE(ctypes.c_uint64, ctypes.c_void_p)(ctypes.addressof(ctypes.c_char.from_buffer(_memory)))


def command(folder: Path) -> list[str]:
    """What comes before the command to be counted; files of counts go to `folder`."""
    return ["valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={folder}/counts"]


@contextlib.contextmanager
def counting(label: str) -> Iterator[None]:
    """Count what runs inside, under this label. Does nothing outside of valgrind."""
    _ask(_START)
    _ask(_ZERO_STATS)
    try:
        yield
    finally:
        _ask(_DUMP_STATS_AT, label)
        _ask(_STOP)


def _ask(request: int, text: str = "") -> None:
    buffer = ctypes.create_string_buffer(text.encode())
    words = (ctypes.c_uint64 * 6)(request, ctypes.addressof(buffer) if text else 0)
    _function(ctypes.addressof(words))


def read(folder: Path) -> dict[str, int]:
    """Instructions of code that belongs to no file, by label."""
    counts = {}
    for file in folder.iterdir():
        text = file.read_text()
        if label := re.search(r"^desc: Trigger: Client Request: (.+)$", text, re.MULTILINE):
            counts[label[1]] = outside_of_files(text)
    return counts


def outside_of_files(text: str) -> int:
    """The sum of costs of functions whose object file is unknown, in callgrind's format (its manual, section 3).

    Code in anonymous memory is booked under the file of its caller, here libffi, which has a few hundred of its own.
    `ob=(3) name` names the object of what follows and `ob=(3)` refers to it; the line after `calls=` is the cost of the
    callee, which has its own.
    """
    names: dict[str, str] = {}
    unknown = callee = False
    total = 0
    for line in text.splitlines():
        if line.startswith("ob="):
            number, _, name = line[3:].partition(" ")
            names[number] = name or names.get(number, "")
            unknown = names[number] == "???" or "libffi" in names[number]
        elif line.startswith(("cob=", "cfi=", "cfn=", "cfl=")):
            number, _, name = line.partition("=")[2].partition(" ")
            if line.startswith("cob=") and name:
                names[number] = name
        elif line.startswith("calls="):
            callee = True
        elif line[:1] in "0123456789+-*" and line:
            if unknown and not callee:
                total += int(line.split()[1])
            callee = False
    return total
