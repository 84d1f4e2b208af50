"""nd.check: the run-time checks of compiled code.

A check records the first failure and lets execution go on; the caller of the compiled function raises the error with
the user's line.  Whoever emits a check also makes what follows safe (it clamps the index).

A check carries up to three i64 values.  ``{0}`` in its message stands for the first as an integer, ``{0:f64}`` for the
float64 that has these bits, ``{0:3x4}`` for the indices of the element with this number in an array of this shape.
A message may have three lines: what, why, help.

nd.guarded is a value with a check that is made where the value is needed only: an op without effect until
`lower_checks`, so that it vanishes with what nobody uses.  Rules return derivatives in it that do not exist everywhere.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from wengert.dialects.batching import Batch, batch_check
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
from wengert.dialects.op import DISCRETE, Op, lookup_call, register, structural
from wengert.dialects.texts import COMPOSED, LITERAL, take_message
from wengert.dialects.transposes import Ledger

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


#: The most values a check carries.
MOST_VALUES = 3


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


class CheckFailed(Exception):
    """Raised by the interpreter at a failed check; carries what `failed_check` needs."""

    def __init__(self, kind: str, message: str, values: Sequence[int]) -> None:
        super().__init__(message)
        self.kind, self.message, self.values = kind, message, values


def _check(ok: Any, *values: Any, kind: str, message: str) -> list[Any]:
    if not ok:
        raise CheckFailed(kind, message, [int(v) for v in values])
    return []


check = register(
    Op("nd.check", ("ok", "*values"), _check, lambda *_, **__: [], DISCRETE, batch=batch_check, effect=True,
       family="effect")
)


# ---------------------------------------------------------------- values with a check


def _guarded(x: Any, ok: Any, kind: str, message: str) -> Any:
    if not ok:
        raise CheckFailed(kind, message, ())
    return x


def _transpose_guarded(cts: Ledger, ct: Any, op: Any) -> None:
    x, ok = op.operands
    cts.add(x, guarded(ct, cts.known(ok), kind=op.attributes["kind"], message=op.attributes["message"]))


def _batch_guarded(batch: Batch) -> list[Any]:
    """Any example failing fails."""
    ok = batch.operands[1]
    return batch.apply(batch.all_of(0), lookup_call("nd.reduce", ok, kind="all", axes=(0,)) if batch.batched[1] else ok)


def _dependence(primals: Sequence[Any], results: Sequence[Any], masks: Sequence[Any],
                attributes: Mapping[str, Any]) -> list[Any]:
    return [masks[0]]


#: x, a value that is right only where `ok`, one bool, holds.
guarded = structural("nd.guarded", ("x", "ok"), _guarded, lambda x, ok, **_: x, (0,), _transpose_guarded,
                     batch=_batch_guarded, dependence=_dependence)
