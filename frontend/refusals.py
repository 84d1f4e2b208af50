"""Refusing functions that are not covered: by name, with the user's line, and what to write instead."""

from __future__ import annotations

import difflib
import sys
from typing import Any, NoReturn

import numpy as np

from wengert.frontend.numpy_table.registry import METHODS, TABLE
from wengert.frontend.trace import fail
from wengert.frontend.uncovered import NOT_WRITTEN, reason_of

#: What to write instead of functions that people reach for.
INSTEAD = {
    "vectorize": "call the function in a loop, or write it for arrays",
    "einsum_path": "call np.einsum: it takes optimize=, and orders its products by NumPy's greedy path in any case",
    "sqrtm": "of a symmetric matrix: w, v = np.linalg.eigh(a), then (v * np.sqrt(w)) @ v.T",
    "logm": "of a symmetric matrix: w, v = np.linalg.eigh(a), then (v * np.log(w)) @ v.T",
    "solve_sylvester": "for small matrices solve with np.kron(a, eye) + np.kron(eye, b.T)",
    "schur": "use np.linalg.eigh of a symmetric matrix, or compute the decomposition before the compiled function",
    "lambertw": "for real x > 0 write x = np.log(x); w = scipy.special.wrightomega(x)",
}


SPARSE = ("write the product as a loop over data, indices and indptr, and solve with wengert.linear_solve, which takes "
          "that product as a function; for bands use scipy.linalg.solve_banded")


def name_of(function: Any) -> str:
    """``numpy.linalg.norm``: where users find the function, not the private module that defines it."""
    name = getattr(function, "__qualname__", None) or getattr(function, "__name__", None) or repr(function)
    module = getattr(function, "__module__", None)
    if type(function).__name__ == "ufunc":
        module = "numpy" if getattr(np, name, None) is function else "scipy.special"
    if not module or module == "builtins":
        return str(name)
    public = module.partition("._")[0]
    if getattr(sys.modules.get(public), name, None) is function:
        module = public
    return f"{module}.{name}"


def not_covered(function: Any) -> NoReturn:
    """Refuses a function of NumPy, SciPy or `math`."""
    full = name_of(function)
    short = full.rpartition(".")[2]
    if full.startswith("scipy.sparse"):
        fail(f"{full} is not covered", why="compiled code has no sparse matrices", help=SPARSE)
    why, help = _explained(short, [name_of(f) for f in TABLE])
    fail(f"{full} is not covered", why, help)


def method_not_covered(type_name: str, name: str) -> NoReturn:
    """Refuses a method of arrays or numbers."""
    why, help = _explained(name, list(METHODS))
    fail(f"the method or attribute {type_name}.{name} is not covered", why, help)


def option_not_covered(name: str, option: str) -> NoReturn:
    """Refuses an argument of a covered function."""
    fail(f"{name} with the argument {option} is not covered", help="leave it out, or write what it does")


def _explained(name: str, covered: list[str]) -> tuple[str, str]:
    """Why a function is not covered, and what to write instead."""
    reason = reason_of(name)
    if reason is NOT_WRITTEN:
        return "", INSTEAD.get(name) or _similar(name, covered)
    return reason.why, INSTEAD.get(name) or reason.instead


def _similar(name: str, known: list[str]) -> str:
    shorts: dict[str, str] = {}
    for full in sorted(known, key=lambda f: f.startswith("numpy.")):
        shorts[full.rpartition(".")[2]] = full  # NumPy's come last and win
    near = [shorts[n] for n in difflib.get_close_matches(name, shorts, n=3, cutoff=0.6)]
    if near:
        return "functions with a similar name that are covered: " + ", ".join(near)
    return "write it with operations that are covered, or compute it outside and pass the result as an argument"
