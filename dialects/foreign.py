"""Foreign functions: what compiled code calls by address, written in C or in Python.

    func.func private @sym(f64, tensor<3xf64>) -> (tensor<3xf64>, i64) attributes {nd.foreign = "c", nd.pure}

is declared, never defined; it is used by ordinary ``func.call``.  Its last result is a status: 0, or the number of the
exception that the function has raised, which an nd.check turns into that exception.  ``nd.foreign`` says how it is
called:

    "python"   i64 sym(operands.., memory of the results..), which returns the status
    "c"        void sym(operands.., memory of the results..)
    "value"    y sym(operands..), with one number as its result

Arrays are pointers to contiguous elements, numbers are passed by value, bools are bytes.  With ``nd.pure`` the function
does nothing but compute its results: a call may be dropped, merged or left out of a derivative.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.bindings import ir

FOREIGN, PURE = "nd.foreign", "nd.pure"

#: By symbol, what a foreign function computes: a list of arrays and numbers (without the status) from its operands.
MEANINGS: dict[str, Callable[[Sequence[Any]], list[Any]]] = {}


def is_foreign(func: Any) -> bool:
    return FOREIGN in func.attributes


def is_pure(func: Any) -> bool:
    return PURE in func.attributes


def kind_of_foreign(func: Any) -> str:
    return str(ir.StringAttr(func.attributes[FOREIGN]).value)


def foreign_name(func: Any) -> str:
    """The name the user knows it by."""
    return str(ir.StringAttr(func.attributes["nd.name"]).value) if "nd.name" in func.attributes else "a function"
