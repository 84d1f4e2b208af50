"""The command `wengert`: `wengert demo` and `wengert doctor`.  The compiler itself is loaded only when it is needed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script; returns the exit code."""
    from wengert import __version__

    parser = argparse.ArgumentParser(prog="wengert", description="A differentiable compiler for Python and NumPy.")
    parser.add_argument("--version", action="version", version=f"wengert {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="{demo,doctor}")
    demo = commands.add_parser("demo", help="recover a hidden temperature field through 200 steps of the heat equation")
    demo.add_argument("--output", type=Path, default=Path("wengert-demo.png"), metavar="FILE",
                      help="where the picture goes (default: %(default)s)")
    commands.add_parser("doctor", help="say what is installed, what this machine is, and what is missing")
    flags = parser.parse_args(arguments)

    if flags.command == "doctor":
        from wengert.frontend import doctor

        return doctor.main()
    from wengert.frontend.demo import main as run_demo

    return run_demo(flags.output)


if __name__ == "__main__":
    sys.exit(main())
