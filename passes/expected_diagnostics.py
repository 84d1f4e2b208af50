"""`--verify-diagnostics`: errors a test file announces in comments, against the errors that came.

    %0 = arith.addi %x, %y : f64  // expected-error {{must be signless-integer-like}}
    // expected-error@+1 {{unknown pass}}        @-1, @above, @below, @unknown likewise; also -warning, -remark, -note

The text in braces must be part of the message.  Every error, warning and remark must be announced; notes (and the `why`
and `help` of wengert's errors, which count as notes) may be.  This follows mlir-opt, which insists on notes too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import position_of
from wengert.dialects.errors import WengertError

_COMMENT = re.compile(
    r"expected-(?P<kind>error|warning|remark|note)\s*(?:@(?P<where>[+-]\d+|above|below|unknown))?\s*\{\{(?P<text>.*?)\}\}"
)


@dataclass(frozen=True)
class Diagnostic:
    """Something that was said, or is expected, about a line; line 0: about no line of the file."""

    kind: str
    line: int
    message: str


def expected_diagnostics(source: str) -> list[Diagnostic]:
    """The diagnostics that the comments of a source text announce."""
    lines = source.splitlines()
    designators = {number for number, line in enumerate(lines, 1) if _COMMENT.search(line)}
    found = []
    for number in sorted(designators):
        for match in _COMMENT.finditer(lines[number - 1]):
            line = _line(match["where"], number, designators)
            found.append(Diagnostic(match["kind"], line, match["text"]))
    return found


def diagnostics_of(error: Exception, file: str) -> Iterator[Diagnostic]:
    """What an error raised by parsing or by a pass says about `file`: MLIR's own diagnostics, or the error's text."""
    mlir_error = error.__cause__ if isinstance(error, WengertError) else error
    reported = getattr(mlir_error, "error_diagnostics", None)
    if reported:
        for diagnostic in reported:
            yield from from_mlir(diagnostic, file)
    elif isinstance(error, WengertError):
        line = error.position.line if error.position and error.position.file in (file, "-") else 0
        yield Diagnostic("error", line, error.what)
        if error.why:
            yield Diagnostic("note", line, error.why)
        if error.help:
            yield Diagnostic("note", line, error.help)


def from_mlir(diagnostic: Any, file: str) -> Iterator[Diagnostic]:
    """A diagnostic of MLIR, and its notes."""
    position = position_of(diagnostic.location)
    line = position.line if position and position.file in (file, "-") else 0
    yield Diagnostic(diagnostic.severity.name.lower(), line, diagnostic.message)
    for note in diagnostic.notes:
        yield from from_mlir(note, file)


def mismatches(expected: Iterable[Diagnostic], produced: Iterable[Diagnostic]) -> list[Diagnostic]:
    """An error for each expected diagnostic that did not come, and for each unexpected one other than a note."""
    waiting = list(expected)
    wrong = []
    for diagnostic in produced:
        match = next((e for e in waiting if e.kind == diagnostic.kind and e.line == diagnostic.line
                      and e.message in diagnostic.message), None)
        if match is not None:
            waiting.remove(match)
        elif diagnostic.kind != "note":
            wrong.append(Diagnostic("error", diagnostic.line, f"unexpected {diagnostic.kind}: {diagnostic.message}"))
    wrong += [Diagnostic("error", e.line, f'expected {e.kind} "{e.message}" was not produced') for e in waiting]
    return sorted(wrong, key=lambda diagnostic: diagnostic.line)


def _line(where: str | None, number: int, designators: set[int]) -> int:
    """The line meant by a designator that stands on line `number`."""
    if where is None:
        return number
    if where == "unknown":
        return 0
    if where in ("above", "below"):  # the nearest line that is not itself a list of expectations
        step = -1 if where == "above" else 1
        number += step
        while number in designators:
            number += step
        return number
    return number + int(where)
