"""`print`, `str`, `repr`, `format` and `warnings.warn`: what becomes a text while the program runs."""

from __future__ import annotations

import sys
import warnings
from typing import Any

from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.texts import Text, emit, joined, pieces_of, python_text
from wengert.frontend.trace import fail


@covers(str, python=False)
def str_(object: Any = "", *options: Any) -> Any:
    return str(object, *options) if options else joined(pieces_of(object, "s"))


@covers(repr, python=False)
def repr_(obj: Any, /) -> Any:
    return joined(pieces_of(obj, "r"))


@covers(format, python=False)
def format_(value: Any, format_spec: Any = "", /) -> Any:
    return joined(pieces_of(value, "", python_text(format_spec)))


@covers(print, python=False)
def print_(*values: Any, sep: Any = " ", end: Any = "\n", file: Any = None, flush: Any = False) -> None:
    between, last = (default if text is None else text for text, default in ((sep, " "), (end, "\n")))
    pieces = [piece for k, x in enumerate(values) for piece in (*(pieces_of(between) if k else ()), *pieces_of(x, "s"))]
    emit(joined([*pieces, *pieces_of(last)]), _stream(file))


def write_(text: Any = "", *, file: Any) -> None:
    """`sys.stdout.write(text)`; a flush writes nothing."""
    if isinstance(text, Text) or text:
        emit(joined(pieces_of(text)), _stream(file))


def _stream(file: Any) -> str:
    if file is None or file in (sys.stdout, sys.__stdout__):
        return "stdout"
    if file in (sys.stderr, sys.__stderr__):
        return "stderr"
    return fail(
        "print to a file in compiled code",
        why="compiled code writes to sys.stdout and sys.stderr only",
        help="return the values and write them outside",
    )


@covers(warnings.warn, python=False)
def warn(message: Any, category: Any = None, stacklevel: Any = 1, source: Any = None) -> None:
    if isinstance(message, Warning):
        message, category = joined(pieces_of(message.args[0] if message.args else "")), type(message)
    kind = UserWarning if category is None else category
    if kind.__module__ != "builtins":
        fail(
            f"a warning of category {kind.__name__} in compiled code",
            why="compiled code knows the categories of the standard library only",
            help="use one of them, such as RuntimeWarning",
        )
    emit(joined(pieces_of(message)), f"warning {kind.__name__}")
