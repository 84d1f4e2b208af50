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

from collections.abc import Mapping, Sequence
from typing import Any

from wengert.dialects.batching import Batch, batch_check
from wengert.dialects.op import DISCRETE, Op, lookup_call, register, structural
from wengert.dialects.transposes import Ledger

#: The most values a check carries.
MOST_VALUES = 3


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
