"""Checks that may abort the process, run in one process of their own that is replaced when it dies.

MLIR is built with assertions, so a bug in a lowering ends the interpreter.  `outcomes` runs many named checks in one
subprocess (starting one for each would take most of the time) and goes on behind a check that killed it.
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
import traceback
from collections.abc import Callable, Sequence

PASSED = "passed"


def outcomes(function: str, names: Sequence[str]) -> dict[str, str]:
    """Run ``function(name)`` for each name.

    Args:
        function: "package.module:function", which raises if the check fails.

    Returns:
        for each name "passed", or what went wrong.
    """
    found: dict[str, str] = {}
    while waiting := [name for name in names if name not in found]:
        command = [sys.executable, "-c", "from tests.isolated import main; main()", function]
        process = subprocess.run(command, input=json.dumps(waiting), capture_output=True, text=True, check=False)
        reported = [json.loads(line) for line in process.stdout.splitlines() if line.startswith("[")]
        found.update(reported)
        still = [name for name in waiting if name not in found]
        if still:  # it died at the first that did not report
            found[still[0]] = f"the process ended with {process.returncode}: {process.stderr[-2000:]}"
    return found


def main() -> None:
    """The subprocess: reads names, reports each outcome on a line."""
    module, _, attribute = sys.argv[1].partition(":")
    check: Callable[[str], None] = getattr(importlib.import_module(module), attribute)
    for name in json.loads(sys.stdin.read()):
        try:
            check(name)
            outcome = PASSED
        except Exception:
            outcome = traceback.format_exc()
        print(json.dumps([name, outcome]), flush=True)
