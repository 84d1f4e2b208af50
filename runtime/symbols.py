"""The addresses of the symbols that kernels name (`exp`, `_ZGVeN8v_exp`, `malloc`, `wengert_blas_dgemm`).

Object code holds no address and can be kept on disk. BLAS and LAPACK are those of SciPy: Fortran ABI, 32-bit integers,
found through `scipy.linalg.cython_blas.__pyx_capi__`, special functions in the same way; what is needed of SciPy is
imported when a kernel first names one of them. Needs nothing of LLVM.
"""

from __future__ import annotations

import ctypes
import functools
import importlib
import importlib.machinery
import importlib.util
import re
import sys
from pathlib import Path
from typing import Any

from wengert.runtime import foreign, fourier, threads
from wengert.runtime.allocator import ALLOCATION, allocator

BLAS_PREFIX = "wengert_blas_"
LAPACK_PREFIX = "wengert_lapack_"
SPECIAL_PREFIX = "wengert_special_"
_CAPSULE_MODULES = {BLAS_PREFIX: "scipy.linalg.cython_blas", LAPACK_PREFIX: "scipy.linalg.cython_lapack"}


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
    if name == threads.FORK:
        return threads.fork_address()
    own = allocator() if name in ALLOCATION else None
    if own is not None:
        return own.symbols[name]
    _math_libraries()
    return process_address(name)


def process_address(name: str) -> int | None:
    """The address of a function that the process has loaded."""
    try:
        function = getattr(ctypes.CDLL(None), name)
    except AttributeError:
        return None
    return ctypes.cast(function, ctypes.c_void_p).value


@functools.cache
def _capsule_address(module: str, routine: str) -> int | None:
    """The pointer inside the Cython capsule `module.routine`, which holds a C function."""
    capsules = _extension(module).__pyx_capi__
    return _pointer_in(capsules[routine]) if routine in capsules else None


@functools.cache
def _extension(name: str) -> Any:
    """An extension module of SciPy, without the package around it: `scipy.linalg` takes a quarter of a second.

    It does not stay in `sys.modules`, where it would stand without its package: whoever imports it gets the same
    module, with the package.
    """
    package, _, _ = name.rpartition(".")
    scipy = importlib.util.find_spec("scipy") if package not in sys.modules else None
    if scipy is None or not scipy.submodule_search_locations:
        return importlib.import_module(name)
    place = Path(scipy.submodule_search_locations[0], *package.split(".")[1:])
    found = importlib.machinery.PathFinder.find_spec(name, [str(place)])
    if found is None or found.loader is None:
        return importlib.import_module(name)
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    sys.modules.pop(name, None)
    return module


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
