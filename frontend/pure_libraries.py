"""What a fingerprint takes on trust: libraries whose functions depend on nothing but their arguments, bar exceptions.

A function of such a library is named in the fingerprint; its version is part of the key (runtime/surroundings.py).
"""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

import numpy as np

from wengert.frontend.libraries import is_library

#: Libraries whose functions depend on nothing but their arguments, but for those in `DENIED`.
PURE = frozenset(
    {
        "numpy", "scipy", "math", "cmath", "operator", "builtins", "functools", "itertools", "dataclasses", "typing",
        "collections", "abc", "enum", "copy", "types", "numbers", "warnings", "wengert", "_operator", "_functools",
        "_collections", "_abc",
    }
)
#: Functions and modules of these that read files or settings, and builtins that reach what the walk does not.
DENIED = {
    "builtins": frozenset(
        {
            "eval", "exec", "compile", "globals", "locals", "vars", "dir", "open", "input", "id", "hash", "__import__",
            "breakpoint", "set", "frozenset",
        }
    ),
    "numpy": frozenset(
        {
            "load", "loadtxt", "genfromtxt", "fromfile", "fromregex", "memmap", "DataSource", "geterr", "getbufsize",
            "get_printoptions", "set_printoptions", "seterr", "errstate", "ctypeslib", "f2py", "testing",
            "SeedSequence", "PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64", "RandomState",
        }
    ),
    "scipy": frozenset(
        {
            "io", "datasets", "stats", "cluster", "random", "random_array", "differential_evolution", "basinhopping",
            "dual_annealing", "shgo", "interpolative", "eigs", "eigsh", "svds", "lobpcg",
        }
    ),
    "operator": frozenset(
        {
            "attrgetter", "methodcaller",
        }
    ),
    "warnings": frozenset(
        {
            "simplefilter", "filterwarnings", "resetwarnings", "catch_warnings",
        }
    ),
}
#: Attributes through which code reaches what it does not name.
HIDDEN_WAYS = frozenset(
    {"__globals__", "__builtins__", "__subclasses__", "__closure__", "f_globals", "f_locals", "tb_frame"}
)
#: Plain values that a program may put into the namespace of a library.
_VALUES = frozenset({bool, int, float, complex, str, bytes, type(None), tuple, list, dict, set, frozenset, np.ndarray})
_HEAP_TYPE = 1 << 9  # Py_TPFLAGS_HEAPTYPE


def has_hidden_state(kind: type) -> bool:
    """Whether instances hold more than their attributes: something in C, between them and `object`."""
    slots = sum(type(value).__name__ == "member_descriptor" for c in kind.__mro__ for value in vars(c).values())
    words = slots + 2  # its namespace and its weak references
    python = all(c is object or c.__flags__ & _HEAP_TYPE for c in kind.__mro__)
    return not python or kind.__itemsize__ > 0 or kind.__basicsize__ > object.__basicsize__ + 8 * words


def is_own(value: Any) -> bool:
    """Whether what stands in the namespace of a library is the library's, not put there by the program."""
    if isinstance(value, (FunctionType, type)):
        return is_library(value.__module__)
    return type(value) not in _VALUES and (is_cython(value) or is_library(type(value).__module__))


def is_cython(x: Any) -> bool:
    """Whether it is a function written in Cython, whose type belongs to no library."""
    return type(x).__name__ == "cython_function_or_method"


def leads_to(module: str, name: str, x: Any) -> bool:
    """Whether an object is what a module has under a name."""
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found is x


def is_denied(module: str, name: str) -> bool:
    """Whether what a library has under a name is one of `DENIED`, or inside of one."""
    top, *rest = module.split(".")
    return not DENIED.get(top, frozenset()).isdisjoint([*rest, *name.split(".")])
