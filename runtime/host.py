"""The machine we compile for: its CPU and its target machine; what kernels may name is in symbols.py."""

from __future__ import annotations

import functools
import os
import platform

from llvmlite import binding as llvm

from wengert.runtime.environment import settings
from wengert.runtime.symbols import BLAS_PREFIX as BLAS_PREFIX
from wengert.runtime.symbols import LAPACK_PREFIX as LAPACK_PREFIX
from wengert.runtime.symbols import SPECIAL_PREFIX as SPECIAL_PREFIX
from wengert.runtime.symbols import blas_symbol as blas_symbol
from wengert.runtime.symbols import lapack_symbol as lapack_symbol
from wengert.runtime.symbols import symbol_address as symbol_address


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


def describe() -> str:
    """One line that names this machine for caches and reports: triple, CPU and its features, page size."""
    return f"{triple()} {cpu_name()} {cpu_features()} page={os.sysconf('SC_PAGE_SIZE')}"
