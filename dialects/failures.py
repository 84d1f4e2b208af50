"""The exceptions that failed checks (effects.py) become; needs no compiler, as code from the disk cache fails too."""

from __future__ import annotations

import re
import struct
from collections.abc import Sequence

import numpy as np

from wengert.dialects.errors import (
    GradientError,
    KinkError,
    Position,
    WengertError,
    WengertFloatingPointError,
    WengertIndexError,
    WengertLinAlgError,
    WengertNameError,
    WengertOverflowError,
    WengertRecursionError,
    WengertRuntimeError,
    WengertTypeError,
    WengertValueError,
)
from wengert.dialects.texts import COMPOSED, LITERAL, take_message

#: What a failed check may raise, by the `kind` attribute.
ERRORS: dict[str, type[Exception]] = {
    "IndexError": WengertIndexError,
    "UnboundLocalError": WengertNameError,
    "ValueError": WengertValueError,
    "OverflowError": WengertOverflowError,
    "TypeError": WengertTypeError,
    "RuntimeError": WengertRuntimeError,
    "FloatingPointError": WengertFloatingPointError,
    "KinkError": KinkError,
    "LinAlgError": WengertLinAlgError,
    "GradientError": GradientError,
    "AssertionError": AssertionError,
    "ZeroDivisionError": ZeroDivisionError,
    "RecursionError": WengertRecursionError,
}


#: The kind of the check whose value is the number of an exception that a foreign function has raised.
RAISED = "raised"
#: Other classes of exceptions that compiled code raises, by the `kind` that stands for them.
CLASSES: dict[str, type[BaseException]] = {}


def kind_of_exception(cls: type[BaseException]) -> str:
    """The `kind` of a check that raises this exception: one of `ERRORS`, or one for the class itself."""
    name = cls.__name__
    if name in ERRORS and cls.__module__ == "builtins":
        return name
    kind = f"class {cls.__module__}.{cls.__qualname__}"
    CLASSES[kind] = cls
    return kind


UNBOUND_HELP = "assign the name before the branch or loop, on every path"
INDEX_HELP = "an axis of extent n has the indices 0 to n - 1, and -1 to -n from its end"


SINGULAR_HELP = "add a multiple of the identity, or remove what makes rows of the matrix depend on each other"


def _help(kind: str, message: str) -> str:
    """What to do about a failed check of ours; the user's own `raise` has said it already."""
    if kind == "LinAlgError":
        return SINGULAR_HELP
    if "is out of bounds for axis" in message:
        return INDEX_HELP
    return UNBOUND_HELP if kind == "UnboundLocalError" else ""


def filled(message: str, values: Sequence[int]) -> str:
    """The message with the values of the check in their places."""

    def shown(place: re.Match[str]) -> str:
        value, form = int(values[int(place[1])]), place[2]
        if form is None:
            return str(value)
        if form == "f64":
            return repr(struct.unpack("<d", struct.pack("<q", value))[0])
        if "?" in form:
            return f"number {value}"
        return ", ".join(str(int(i)) for i in np.unravel_index(value, [int(n) for n in form.split("x")]))

    return re.sub(r"\{(\d)(?::([\dx?]+|f64))?\}", shown, message)


def failed_check(kind: str, message: str, values: Sequence[int], position: Position | None) -> BaseException:
    """The exception for a failed check."""
    if message.startswith((LITERAL, COMPOSED)):
        composed = take_message() if message.startswith(COMPOSED) else ""
        what, why, help = message.removeprefix(LITERAL).removeprefix(COMPOSED) + composed, "", ""
    else:
        what, why, help = [*filled(message, values).split("\n"), "", ""][:3]
    if kind in CLASSES:
        raised = CLASSES[kind].__new__(CLASSES[kind])
        raised.args = (what,)
        raised.add_note(str(WengertRuntimeError("raised by compiled code", position)))
        return raised
    error = ERRORS.get(kind, WengertRuntimeError)
    if issubclass(error, WengertError):
        return error(what, position, why, help or _help(kind, message))
    return error(str(WengertRuntimeError(what, position, why, help)))
