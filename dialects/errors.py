"""Errors with a position: what went wrong, where, why, and what to do.

Every refusal in wengert is one of these.  Each class also derives from the Python exception a NumPy user would expect,
so ``except IndexError`` keeps working on compiled code.
"""

from __future__ import annotations

import linecache
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Position:
    """A place in the user's source; lines and columns count from 1 (column 0: unknown)."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.column else f"{self.file}:{self.line}"

    def excerpt(self) -> str:
        """The source line with a caret under the column, or nothing when the file cannot be read."""
        text = linecache.getline(self.file, self.line).rstrip("\n")
        if not text.strip():
            return ""
        lead = len(text) - len(text.lstrip())
        caret = " " * (max(self.column - 1, lead) - lead) + "^"
        return f"    {text.strip()}\n    {caret}"


class WengertError(Exception):
    """Base of all errors wengert raises on purpose.

    Args:
        what: one sentence, no full stop, saying what is wrong.
        position: where in the user's source, when it is known.
        why: the reason behind the rule.
        help: what to write instead.
    """

    def __init__(self, what: str, position: Position | None = None, why: str = "", help: str = "") -> None:
        super().__init__(what)
        self.what, self.position, self.why, self.help = what, position, why, help

    def __str__(self) -> str:
        parts = [f"{self.position}: {self.what}" if self.position else self.what]
        if self.position and (excerpt := self.position.excerpt()):
            parts.append(excerpt)
        if self.why:
            parts.append(f"why: {self.why}")
        if self.help:
            parts.append(f"help: {self.help}")
        return "\n".join(parts)


class WengertTypeError(WengertError, TypeError):
    """A value of a kind the operation does not take."""


class WengertValueError(WengertError, ValueError):
    """A value of the right kind that does not fit: shapes that do not broadcast, a bad axis."""


class WengertIndexError(WengertError, IndexError):
    """An index outside of its dimension, seen while compiling or while running."""


class WengertOverflowError(WengertError, OverflowError):
    """A Python integer that does not fit into the type NumPy gives it."""


class WengertNameError(WengertError, UnboundLocalError):
    """A local name that is read where it may not have been assigned."""


class WengertRuntimeError(WengertError, RuntimeError):
    """A check that failed while compiled code was running."""


class WengertFloatingPointError(WengertError, FloatingPointError):
    """A NaN or infinity that was made while compiled code was running, under ``nan="trap"``."""


class KinkError(WengertError, ArithmeticError):
    """A derivative was taken at a point where there is none, under ``kinks="error"``."""


class WengertLinAlgError(WengertValueError, np.linalg.LinAlgError):
    """A matrix that cannot be factored or solved with, seen while running."""


class UnsupportedError(WengertError, NotImplementedError):
    """Python or NumPy that wengert does not compile; the help says what to write instead."""


class DifferentiationError(WengertError, TypeError):
    """A derivative that does not exist or has no rule."""


class WengertRecursionError(WengertError, RecursionError):
    """A function calls itself too many times at run time."""


class GradientError(WengertError, AssertionError):
    """A derivative that disagrees with differences, or two derivatives that disagree with each other."""
