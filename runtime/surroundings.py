"""What compiled code depends on beside the program: versions, sources, the CPU, found without importing any of it.

`cache.cache_key` reads sources and asks LLVM for the CPU; that takes longer than loading what the key finds. Here files
count by what the file system says of them (place, size, times of change, inode), so that any installation, copy or edit
is another key, and the CPU is the one the kernel describes, or the level of `WENGERT_CPU`.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import sys
from collections.abc import Iterator

from wengert.runtime.environment import settings

_PACKAGES = ("numpy", "scipy", "llvmlite", "mlir", "llvm", "optree")
_CPU_FIELDS = ("vendor_id", "cpu family", "model", "model name", "stepping", "flags")
_CPU_BYTES = 8192  # of /proc/cpuinfo: the first processor


@functools.cache
def describe() -> str | None:
    """One text for all of it; None where it cannot be told: not Linux on x86-64, or asserts are switched off."""
    cpu = _cpu()
    if cpu is None or sys.flags.optimize:
        return None
    python = f"{sys.version} {sys.implementation.cache_tag} {sys.executable} {sys.flags.utf8_mode}"
    libc = os.confstr("CS_GNU_LIBC_VERSION") if hasattr(os, "confstr") else ""
    return "\n".join([python, str(libc), cpu, *_packages(), *_sources()])


def _cpu() -> str | None:
    if sys.platform != "linux" or os.uname().machine != "x86_64":
        return None
    try:
        with open("/proc/cpuinfo", "rb") as file:
            head = file.read(_CPU_BYTES).decode(errors="replace").partition("\n\n")[0]
    except OSError:
        return None
    fields = dict(line.split(":", 1) for line in head.splitlines() if ":" in line)
    known = {name.strip(): value.strip() for name, value in fields.items()}
    fields_told = (*(known.get(name, "") for name in _CPU_FIELDS), settings().cpu or "")
    return "; ".join(fields_told) if "flags" in known else None


def _packages() -> Iterator[str]:
    for package in _PACKAGES:
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            yield _state(package, os.stat(place))
            if spec and spec.origin:
                yield _state(spec.origin, os.stat(spec.origin))


def _sources() -> Iterator[str]:
    """wengert's own files."""
    package = os.path.dirname(os.path.dirname(__file__))
    yield from _files(package, below=False)
    for layer in ("dialects", "passes", "runtime", "frontend"):
        yield from _files(os.path.join(package, layer))


def _files(directory: str, below: bool = True) -> Iterator[str]:
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            yield _state(entry.path, entry.stat())
        elif below and entry.is_dir(follow_symlinks=False) and entry.name != "__pycache__":
            yield from _files(entry.path)


def _state(name: str, status: os.stat_result) -> str:
    return f"{name} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino} {status.st_dev}"
