"""Which modules are libraries, whose functions are covered or refused, and which are programs to be traced through."""

from __future__ import annotations

import sys

#: Packages whose functions are not traced through: they are covered by the table, or refused.
LIBRARIES = frozenset({"numpy", "scipy", "wengert", "optree", "mlir", "llvmlite"})
#: Parts of wengert written in the Python that wengert compiles.
PROGRAMS = frozenset({
    "wengert.estimators", "wengert.frontend.demo", "wengert.frontend.greedy", "wengert.frontend.integrators",
    "wengert.frontend.library", "wengert.frontend.random_generator", "wengert.frontend.random_rejection",
    "wengert.frontend.random_streams",
    "wengert.frontend.solvers",
})
#: A package of such parts: functions of NumPy and SciPy, written in NumPy.
PROGRAM_PACKAGE = "wengert.frontend.numpy_programs."


def is_library(module: str | None) -> bool:
    """Whether a module is the standard library, NumPy, SciPy or wengert."""
    top = (module or "").partition(".")[0]
    if module is not None and module.startswith(PROGRAM_PACKAGE):
        return False
    return (top in LIBRARIES and module not in PROGRAMS) or (top in sys.stdlib_module_names and top != "__main__")
