"""What was decided about each known value that a derivative uses: `diff.decided`, an operation that only says so.

    "diff.decided"() {kind = "stored", reason = "..", type = f64, id = 0 : i64, tape = "f.fwd:0"} : () -> ()
    "diff.decided"(%n) {kind = "by reference", reason = "..", type = tensor<?xf64>, id = 1 : i64} : (index) -> ()

The operands are the dynamic extents of what is handed over as it is.
diff-linearize writes one for each value into the forward function, with the location of the value; diff-store names the
tapes and drops what nobody asks for.  Inlining and further differentiation take them along, so that after the last of
them the program's function tells all of it.  The `nd.empty` that makes a tape has the name in `diff.tape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import create
from wengert.dialects.control import functions
from wengert.dialects.op import encode_attributes
from wengert.passes.base import Pass, register_pass

DECIDED, TAPE = "diff.decided", "diff.tape"
STORED, HOISTED, BY_REFERENCE = "stored", "stored once per outer iteration", "by reference"
RECOMPUTED, READ_AGAIN = "recomputed", "read again"


@dataclass(frozen=True)
class Fact:
    """The decision about one value.

    Args:
        kind: one of the five constants above.
        type: of the value itself, in one iteration.
        location: where the program computes it.
        reason: why this was decided, in words.
        id: of the residual; None for what is not one, and where the storage is settled.
        tape: the name of its tape; empty when it has none.
    """

    kind: str
    type: Any
    location: Any
    reason: str
    id: int | None = None
    tape: str = ""

    def emit(self, extents: Sequence[Any] = ()) -> None:
        """Write it down at the current insertion point, with the dynamic extents of the value where they are known."""
        texts = {"kind": self.kind, "reason": self.reason, "tape": self.tape or None, "id": self.id}
        attributes = {**encode_attributes(texts), "type": ir.TypeAttr.get(self.type)}
        create(DECIDED, [], extents, attributes, loc=self.location)


def fact_of(op: Any) -> Fact:
    """What a `diff.decided` says."""
    attributes = op.attributes

    def text(name: str) -> str:
        return str(ir.StringAttr(attributes[name]).value) if name in attributes else ""

    number = int(ir.IntegerAttr(attributes["id"]).value) if "id" in attributes else None
    type_ = ir.TypeAttr(attributes["type"]).value
    return Fact(text("kind"), type_, op.location, text("reason"), number, text("tape"))


def facts_of(func: Any) -> list[Fact]:
    """All decisions a function tells."""
    return [fact_of(op) for op in walk(func, DECIDED)]


@register_pass("drop-decisions")
@dataclass(frozen=True)
class DropDecisions(Pass):
    """Erase every `diff.decided`."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            for op in walk(func, DECIDED):
                op.erase()
