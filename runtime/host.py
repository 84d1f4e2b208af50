"""The machine we compile for: its CPU, its target machine, and the addresses of the symbols kernels may name.

Kernels name everything they call (`exp`, `_ZGVeN8v_exp`, `malloc`, `wengert_blas_dgemm`), so object code holds no
address and can be kept on disk. BLAS and LAPACK are those of SciPy: Fortran ABI, 32-bit integers, found through
`scipy.linalg.cython_blas.__pyx_capi__`, special functions in the same way; SciPy is imported when a kernel first names
one of them.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import os
import platform
import re
import sys
from typing import Any

from llvmlite import binding as llvm

from wengert.runtime import foreign, fourier
from wengert.runtime.environment import settings

BLAS_PREFIX = "wengert_blas_"
LAPACK_PREFIX = "wengert_lapack_"
SPECIAL_PREFIX = "wengert_special_"
_CAPSULE_MODULES = {BLAS_PREFIX: "scipy.linalg.cython_blas", LAPACK_PREFIX: "scipy.linalg.cython_lapack"}


@functools.cache
def _initialise() -> None:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()


def triple() -> str:
    """The target triple of this machine, as LLVM spells it."""
    return str(llvm.get_process_triple())


@functools.cache
def cpu_name() -> str:
    """LLVM's name of the CPU code is made for, such as `znver4`: this one, unless `WENGERT_CPU` asks for a level."""
    return settings().cpu or str(llvm.get_host_cpu_name())


@functools.cache
def cpu_features() -> str:
    """The features of that CPU as LLVM's `+avx2,-sse4a,...`. It tells apart virtual CPUs of one name."""
    level = settings().cpu
    return _features_of_level(level) if level else str(llvm.get_host_cpu_features().flatten())


def _features_of_level(level: str) -> str:
    """The features of a level of x86-64 (System V ABI, AMD64 supplement, 3.1.1), those of lower ones included."""
    added = {
        "x86-64": "sse2",
        "x86-64-v2": "cx16 popcnt sse3 sse4.1 sse4.2 ssse3",
        "x86-64-v3": "avx avx2 bmi bmi2 f16c fma lzcnt movbe",
        "x86-64-v4": "avx512f avx512bw avx512cd avx512dq avx512vl",
    }
    levels = list(added)
    return ",".join(f"+{name}" for known in levels[: levels.index(level) + 1] for name in added[known].split())


def target_machine(level: int = 3) -> llvm.TargetMachine:
    """A fresh target machine for this CPU at optimisation `level` (0 to 3); position-independent code."""
    _initialise()
    target = llvm.Target.from_triple(triple())
    return target.create_target_machine(
        cpu=cpu_name(), features=cpu_features(), opt=level, reloc="pic", codemodel="small", jit=True
    )


@functools.cache
def _math_libraries() -> tuple[ctypes.CDLL, ...]:
    """libm and libmvec, made visible to the whole process. On macOS libm is part of what every process has."""
    names = ("libm.so.6", "libmvec.so.1") if sys.platform == "linux" else ()
    loaded = []
    for name in names:
        try:
            loaded.append(ctypes.CDLL(name, mode=ctypes.RTLD_GLOBAL))
        except OSError:  # no libmvec before glibc 2.22, nor on musl
            continue
    return tuple(loaded)


def libmvec_available() -> bool:
    """Whether glibc's vector math with the x86-64 names (`_ZGVdN4v_exp`, ...) can be linked here."""
    return platform.machine() == "x86_64" and symbol_address("_ZGVdN4v_tanh") is not None


@functools.cache
def libmvec_isas() -> tuple[str, ...]:
    """The letters of the libmvec variants this CPU can run, widest first: `e` AVX-512, `d` AVX2, `b` SSE.

    Empty without libmvec. A kernel that names a wider variant would stop with an illegal instruction.
    """
    if not libmvec_available():
        return ()
    features = set(cpu_features().split(","))
    needed = {"e": {"+avx512f", "+avx512dq"}, "d": {"+avx2", "+fma"}, "b": {"+sse2"}}
    return tuple(letter for letter, wanted in needed.items() if wanted <= features)


def vector_bits() -> int:
    """The width of vectors LLVM should prefer on this CPU, in bits; 0 leaves it to LLVM.

    LLVM prefers 256 where AVX-512 is present; with the vector math library 512 is faster (1e6 exponentials: 2.1
    against 3.2 ms).
    """
    return 512 if "e" in libmvec_isas() else 0


def symbol_address(name: str) -> int | None:
    """The address of what a kernel calls `name`, or None if nothing here has that name."""
    for prefix, module in _CAPSULE_MODULES.items():
        if name.startswith(prefix):
            return _capsule_address(module, name.removeprefix(prefix))
    if name.startswith(SPECIAL_PREFIX):
        return _special_address(*name.removeprefix(SPECIAL_PREFIX).split("_", 1))
    if name.startswith(fourier.PREFIX):
        return fourier.loop_address(name.removeprefix(fourier.PREFIX))
    if name.startswith(foreign.PREFIX):
        return foreign.symbol_address(name)
    _math_libraries()
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return None
    return ctypes.cast(function, ctypes.c_void_p).value


@functools.cache
def _capsule_address(module: str, routine: str) -> int | None:
    """The pointer inside the Cython capsule `module.routine`, which holds a C function."""
    capsules = importlib.import_module(module).__pyx_capi__
    return _pointer_in(capsules[routine]) if routine in capsules else None


def _type_in(capsule: Any) -> bytes:
    """The name of a capsule: Cython writes the C type of the function there."""
    api = ctypes.pythonapi
    get_name = ctypes.PYFUNCTYPE(ctypes.c_char_p, ctypes.py_object)(("PyCapsule_GetName", api))
    return bytes(get_name(capsule))


def _pointer_in(capsule: Any) -> int:
    api = ctypes.pythonapi
    get_pointer = ctypes.PYFUNCTYPE(ctypes.c_void_p, ctypes.py_object, ctypes.c_char_p)(("PyCapsule_GetPointer", api))
    return int(get_pointer(capsule, _type_in(capsule)))


@functools.cache
def _special_address(parameters: str, function: str) -> int | None:
    """The function of `scipy.special.cython_special` with these parameters: d double, l an integer, p double *.

    Cython numbers the variants of a name (`__pyx_fuse_1erf`), so the type tells which one it is.
    """
    capsules = importlib.import_module("scipy.special.cython_special").__pyx_capi__
    types = {"d": "double", "l": "long", "p": "double *"}
    wanted = [types[letter] for letter in parameters]
    for name, capsule in capsules.items():
        if re.fullmatch(rf"(__pyx_fuse_[0-9_]+)?{re.escape(function)}", name) is None:
            continue
        returned, _, listed = _type_in(capsule).decode().rstrip(")").partition(" (")
        found = [part.replace("Py_ssize_t", "long") for part in listed.split(", ")]
        if "p" in parameters and returned == "void" and found == wanted:
            return _pointer_in(capsule)
        if returned == "double" and found == [*wanted, "int __pyx_skip_dispatch"]:
            return _pointer_in(capsule)
    return None


def blas_symbol(routine: str) -> str:
    """The name under which kernels call the BLAS routine, for example `wengert_blas_dgemm`."""
    return BLAS_PREFIX + routine


def lapack_symbol(routine: str) -> str:
    """The name under which kernels call the LAPACK routine, for example `wengert_lapack_dgetrf`."""
    return LAPACK_PREFIX + routine


def describe() -> str:
    """One line that names this machine for caches and reports: triple, CPU and its features, page size."""
    return f"{triple()} {cpu_name()} {cpu_features()} page={os.sysconf('SC_PAGE_SIZE')}"
