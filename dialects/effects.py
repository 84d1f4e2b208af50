"""nd.check: the run-time checks of compiled code.

A check records the first failure and lets execution go on; the caller of the compiled function raises the error with
the user's line.  Whoever emits a check also makes what follows safe (it clamps the index).
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.errors import (
    Position,
    WengertIndexError,
    WengertNameError,
    WengertRuntimeError,
    WengertTypeError,
    WengertValueError,
)
from wengert.dialects.op import DISCRETE, Op, register

#: What a failed check may raise, by the `kind` attribute.
ERRORS: dict[str, type[Exception]] = {
    "IndexError": WengertIndexError,
    "UnboundLocalError": WengertNameError,
    "ValueError": WengertValueError,
    "TypeError": WengertTypeError,
    "RuntimeError": WengertRuntimeError,
    "AssertionError": AssertionError,
    "ZeroDivisionError": ZeroDivisionError,
}


UNBOUND_HELP = "assign the name before the branch or loop, on every path"
INDEX_HELP = "an axis of extent n has the indices 0 to n - 1, and -1 to -n from its end"


def _help(kind: str, message: str) -> str:
    """What to do about a failed check of ours; the user's own `raise` has said it already."""
    if "is out of bounds for axis" in message:
        return INDEX_HELP
    return UNBOUND_HELP if kind == "UnboundLocalError" else ""


def failed_check(kind: str, message: str, a: int, b: int, position: Position | None) -> Exception:
    """The exception for a failed check; ``{0}`` and ``{1}`` in the message stand for the two values."""
    text = message.replace("{0}", str(a)).replace("{1}", str(b))
    error = ERRORS.get(kind, WengertRuntimeError)
    if issubclass(
        error, (WengertIndexError, WengertNameError, WengertValueError, WengertTypeError, WengertRuntimeError)
    ):
        return error(text, position, help=_help(kind, message))
    located = WengertRuntimeError(text, position)
    return error(str(located))


class CheckFailed(Exception):
    """Raised by the interpreter at a failed check; carries what `failed_check` needs."""

    def __init__(self, kind: str, message: str, a: int, b: int) -> None:
        super().__init__(message)
        self.kind, self.message, self.a, self.b = kind, message, a, b


def _check(ok: Any, a: Any, b: Any, kind: str, message: str) -> list[Any]:
    if not ok:
        raise CheckFailed(kind, message, int(a), int(b))
    return []


check = register(Op("nd.check", ("ok", "a", "b"), _check, lambda *_, **__: [], DISCRETE, effect=True, family="effect"))
