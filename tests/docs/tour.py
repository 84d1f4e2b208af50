"""Writes the listings of docs/tour.md anew: `python -m tests.docs.tour`.

A listing stands below a comment such as ``<!-- stage memref -->``, or ``<!-- stage llvm, from "x" to "y" -->`` for the
lines from the first with x in it to the next with y; locations are left out.  Other listings depend on the machine and
stay as they are.
"""

from __future__ import annotations

import contextlib
import io
import linecache
import re
from pathlib import Path
from typing import Any

import numpy as np

import wengert

TOUR = Path(__file__).parent.parent.parent / "docs" / "tour.md"
LISTING = re.compile(
    r'(<!-- stage (\w+)(?:, from "([^"]*)" to "([^"]*)")? -->\n+```\w*\n)(.*?)(^```)', re.DOTALL | re.MULTILINE)


def without_locations(text: str) -> str:
    """The text of a stage as one would write it."""
    kept = [line for line in text.splitlines() if not line.startswith("#loc")]
    lines = [re.sub(r" loc\((#loc\d*|unknown)\)", "", line) for line in kept]
    return "\n".join(lines).strip() + "\n"


def regenerated(text: str) -> str:
    """The document with every listing as the compiler prints it now."""
    stages = stages_of(text)

    def listing(match: re.Match[str]) -> str:
        lines = without_locations(stages.as_text(match[2])).splitlines()
        if match[3]:
            begin = next(k for k, line in enumerate(lines) if match[3] in line)
            end = next(k for k, line in enumerate(lines[begin:], begin) if match[4] in line)
            lines = lines[begin:end + 1]
        return match[1] + "\n".join(lines) + "\n" + match[6]

    return LISTING.sub(listing, text)


def stages_of(text: str) -> Any:
    """The stages of the gradient of the function that the first block of Python defines."""
    source = text.split("```python\n")[1].split("```")[0]
    path = TOUR.parent / "tour.py"  # a name for positions; there is no such file
    namespace: dict[str, Any] = {}
    _remember(str(path), source)
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(source, str(path), "exec"), namespace)
    return wengert.grad(namespace["misfit"]).lower(np.linspace(0.0, 1.0, 5), np.zeros(5))


def _remember(name: str, source: str) -> None:
    """Let `inspect` find the source of a file that is not there."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)


if __name__ == "__main__":
    TOUR.write_text(regenerated(TOUR.read_text(encoding="utf-8")), encoding="utf-8")
