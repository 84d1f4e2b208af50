"""docs/coverage.md: what of NumPy and SciPy is covered, out of the table of functions; `main` prints it."""

from __future__ import annotations

import importlib
import inspect
import math
from collections import defaultdict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import numpy as np
import scipy.fft
import scipy.linalg
import scipy.special

from wengert.frontend.calls import METHODS, TABLE  # all families have entered their functions
from wengert.frontend.complex_numbers.registry import COMPLEX
from wengert.frontend.numpy_programs import LATE
from wengert.frontend.numpy_table.registry import Entry
from wengert.frontend.uncovered import NOT_WRITTEN, reason_of

MODULES: dict[str, ModuleType] = {
    "numpy": np,
    "numpy.linalg": np.linalg,
    "numpy.fft": np.fft,
    "scipy.special": scipy.special,
    "scipy.linalg": scipy.linalg,
    "scipy.fft": scipy.fft,
    "math": math,
}
#: Modules of which a few functions are covered; only these are listed.
PARTLY = ("cmath", "statistics", "numpy.polynomial.polynomial", "numpy.lib.stride_tricks", "scipy.integrate",
          "scipy.ndimage", "scipy.signal")
#: Options that have no meaning in compiled code, or the only one they can have.
WITHOUT_MEANING = frozenset({"subok", "overwrite_a", "overwrite_b", "overwrite_ab", "overwrite_x", "check_finite",
                             "like", "workers", "plan", "device", "optimize"})
#: Scalar types that nothing is an instance of but of their subclasses.
ABSTRACT = frozenset(
    {"generic", "number", "integer", "inexact", "floating", "complexfloating", "signedinteger", "unsignedinteger",
     "flexible", "character"}
)
HEAD = """# What of NumPy and SciPy is covered

This page is generated from the table of covered functions (`python -m wengert.frontend.coverage > docs/coverage.md`);
a test compares them.  A covered function gives NumPy's value, dtype and shape, and where it has derivatives they are
exact in every order.  In brackets: the arguments that are not covered.  A function or an argument that is not covered
is refused with the line where it stands and with what to write instead.  The language is in [python.md](python.md).
"""


def public(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """The functions of a module, each object under every public name; classes that are no scalar types are left out."""
    for name in sorted(getattr(module, "__all__", dir(module))):
        value = getattr(module, name)
        if name.startswith("_") or isinstance(value, ModuleType) or not callable(value) or name == "test":
            continue
        if isinstance(value, type) and (not issubclass(value, np.generic) or name in ABSTRACT):
            continue
        yield name, value


def entry_of(function: Any) -> Entry | None:
    try:
        return TABLE.get(function)
    except TypeError:
        return None


def missing_options(function: Any, entry: Entry) -> list[str]:
    """The arguments of a function that its handler does not take."""
    if entry.names is None or isinstance(function, (np.ufunc, type)):
        return []
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):  # written in C, without a signature
        return []
    fixed = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    known = entry.names | WITHOUT_MEANING | {"out"}
    return [name for name, parameter in parameters.items() if name not in known and parameter.kind not in fixed]


def document() -> str:
    """The page."""
    for name in LATE.values():
        importlib.import_module(f"wengert.frontend.numpy_programs.{name}")
    parts = [HEAD]
    for title, module in MODULES.items():
        covered, refused = [], defaultdict(list)
        for name, function in public(module):
            entry = entry_of(function)
            if entry is None or reason_of(name) is not NOT_WRITTEN:  # some have an entry that refuses them
                refused[reason_of(name).why].append(name)
            else:
                covered.append(_with_options(name, missing_options(function, entry)))
        parts.append(_section(title, covered, refused))
    parts += [_methods(), _complex(), _partly()]
    return "\n".join(parts)


def _with_options(name: str, options: list[str]) -> str:
    return f"`{name}`" + (f" ({', '.join(f'{option}=' for option in options)})" if options else "")


def _section(title: str, covered: list[str], refused: dict[str, list[str]]) -> str:
    lines = [f"## {title}: {len(covered)} covered\n", *_wrapped(covered)]
    if refused:
        lines += ["\nNot covered:\n", "| why | functions |", "|---|---|"]
        for why in sorted(refused, key=lambda why: why == NOT_WRITTEN.why):
            lines.append(f"| {why} | {', '.join(f'`{name}`' for name in refused[why])} |")
    return "\n".join(lines) + "\n"


def _methods() -> str:
    names = [n for n in dir(np.ndarray) if not n.startswith("_")]
    covered = [f"`{n}`" for n in names if n in METHODS or n in ATTRIBUTES]
    refused: dict[str, list[str]] = defaultdict(list)
    for n in names:
        if n not in METHODS and n not in ATTRIBUTES:
            refused[reason_of(n).why].append(n)
    return _section("Methods and attributes of arrays", covered, refused)


def _complex() -> str:
    modules = (np, np.linalg, np.fft)
    names = {name for module in modules for name, function in public(module) if _takes_complex(function)}
    return "\n".join(["## With complex arguments\n", *_wrapped([f"`{name}`" for name in sorted(names)])]) + "\n"


def _partly() -> str:
    lines = ["## Of other modules\n"]
    for title in PARTLY:
        module = importlib.import_module(title)
        covered = [f"`{name}`" for name, function in public(module) if entry_of(function) is not None]
        lines += _wrapped([f"- `{title}`:", *covered])
    return "\n".join(lines) + "\n"


def _takes_complex(function: Any) -> bool:
    try:
        return function in COMPLEX
    except TypeError:
        return False


#: What traced arrays have as attributes of their class.
ATTRIBUTES = frozenset(n for n in dir(np.ndarray) if not n.startswith("_")) & frozenset(
    {"T", "mT", "dtype", "flat", "imag", "itemsize", "nbytes", "ndim", "real", "shape", "size"}
)


def _wrapped(items: list[str], width: int = 118) -> list[str]:
    lines, line = [], ""
    for item in items:
        if line and len(line) + 1 + len(item) > width:
            lines.append(line)
            line = item
        else:
            line = f"{line} {item}".strip()
    return [*lines, line] if line else lines


if __name__ == "__main__":
    print(document(), end="")
