"""Functions of NumPy and SciPy written in NumPy: they are traced like the user's own code, and so are differentiable.

A module of this package holds plain Python and NumPy that also runs on its own; `program` enters its functions in the
table.  What they call may be any covered function, or another function of this package.  Its modules are imported here,
but for those that import parts of SciPy which take long: these are entered when one of their functions is met.
"""

import importlib
import pkgutil
from typing import Any

#: Part of SciPy -> the module of this package that enters its functions.
LATE = {
    "scipy.integrate": "scipy_integrals",
    "scipy.ndimage": "scipy_images",
    "scipy.signal": "scipy_signals",
    "scipy.stats": "scipy_distributions",
}
#: Modules that others import when they need them.
ON_DEMAND = frozenset({"matrix_rules"})
_entered: set[str] = set()


def enter_part_of(function: Any) -> bool:
    """Enters the functions of the part of SciPy that a function belongs to, unless they are."""
    part = ".".join(str(getattr(function, "__module__", None)).split(".")[:2])
    if part not in LATE or part in _entered:
        return False
    _entered.add(part)
    importlib.import_module(f"{__name__}.{LATE[part]}")
    return True


for _module in pkgutil.iter_modules(__path__):
    if _module.name not in LATE.values() and _module.name not in ON_DEMAND:
        importlib.import_module(f"{__name__}.{_module.name}")

__all__ = ["LATE", "enter_part_of"]
