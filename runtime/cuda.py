"""What CUDA there is on this machine: the driver and its GPUs, and the assembler of PTX. Nothing here needs either.

Looking for the driver loads it (`libcuda`), which neither starts it nor touches a GPU; `Driver.start` does.
"""

from __future__ import annotations

import ctypes
import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

_DRIVERS = ("libcuda.so.1", "libcuda.so")


@dataclass(frozen=True)
class Gpus:
    """What a started driver says: its CUDA version, and the names of the GPUs it drives."""

    version: str
    names: tuple[str, ...]


class DriverError(RuntimeError):
    """The driver does not start; the text has its error code (a CUresult)."""


class Driver:
    """NVIDIA's driver library."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library

    def start(self) -> Gpus:
        """Start the driver and ask it for its GPUs.

        Raises:
            DriverError: it does not start.
        """
        if status := self._library.cuInit(0):
            raise DriverError(f"CUresult {status}")
        version, count = ctypes.c_int(0), ctypes.c_int(0)
        self._library.cuDriverGetVersion(ctypes.byref(version))
        self._library.cuDeviceGetCount(ctypes.byref(count))
        names = []
        for ordinal in range(count.value):
            name = ctypes.create_string_buffer(256)
            self._library.cuDeviceGetName(name, len(name), ordinal)
            names.append(name.value.decode())
        return Gpus(f"{version.value // 1000}.{version.value % 1000 // 10}", tuple(names))


def find_driver() -> Driver | None:
    """The driver, if it is installed."""
    for name in _DRIVERS:
        try:
            return Driver(ctypes.CDLL(name))
        except OSError:
            continue
    return None


def find_ptxas() -> Path | None:
    """The PTX assembler of a CUDA toolkit or of the package nvidia-cuda-nvcc, if there is one."""
    if found := shutil.which("ptxas"):
        return Path(found)
    homes = [os.environ.get("CUDA_HOME", ""), os.environ.get("CUDA_PATH", ""), "/usr/local/cuda"]
    candidates = [Path(home, "bin", "ptxas") for home in homes if home]
    if (spec := importlib.util.find_spec("nvidia")) and spec.submodule_search_locations:
        for folder in spec.submodule_search_locations:
            candidates += sorted(Path(folder).glob("*/bin/ptxas"))
    return next((path for path in candidates if path.is_file()), None)
