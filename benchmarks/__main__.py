"""The command line: measure, print tables, record, draw, and write the page."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

import benchmarks.kernels  # noqa: F401  registers them
from benchmarks import figures, machine, measure, performance, plot, tables
from benchmarks.kernel import KERNELS
from benchmarks.peers import CONTENDERS, USUAL

PEERS_PYTHON = measure.ROOT / "build" / "peers" / "bin" / "python"


def chosen(text: str, known: list[str], what: str) -> list[str]:
    """The names in a list with commas; `all` is all of them."""
    names = known if text == "all" else text.split(",")
    if unknown := sorted(set(names) - set(known)):
        sys.exit(f"no {what} {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks", description="Measure wengert and its peers.")
    parser.add_argument("--kernels", default="all", help="names with commas, or all")
    parser.add_argument("--peers", default=",".join(USUAL), help="names with commas, or all (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=1, help="the least of so many rounds is kept")
    parser.add_argument("--threads", type=int, default=1, help="of each contender, on as many cores")
    parser.add_argument("--core", type=int, default=0, help="the first of those cores")
    parser.add_argument("--seconds", type=float, default=2.0, help="for the warm calls of one figure")
    parser.add_argument("--timeout", type=float, default=75.0, help="seconds for one process")
    parser.add_argument("--peers-python", default=str(PEERS_PYTHON if PEERS_PYTHON.exists() else sys.executable),
                        help="the interpreter that has the peers (benchmarks/install_peers.sh makes %(default)s)")
    parser.add_argument("--json", type=Path, help="record the run in this file")
    parser.add_argument("--recorded", type=Path, help="show this recorded run; measure nothing")
    parser.add_argument("--plot", type=Path, help="draw the ratios into this file")
    parser.add_argument("--document", action="store_true", help="write the tables of docs/performance.md")
    return parser.parse_args()


def measured(asked: argparse.Namespace, console: Console) -> dict[str, Any]:
    """A run as it is recorded."""
    plan = measure.Plan(
        contenders=chosen(asked.peers, list(CONTENDERS), "peer"),
        kernels=chosen(asked.kernels, list(KERNELS), "kernel"),
        rounds=asked.rounds,
        threads=asked.threads,
        core=asked.core,
        seconds=asked.seconds,
        timeout=asked.timeout,
        peers_python=asked.peers_python,
    )
    columns = (TextColumn("{task.description:40s}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console) as progress, tempfile.TemporaryDirectory() as folder:
        task = progress.add_task("", total=plan.rounds * len(plan.pairs()))
        started = False

        def before(kernel: str, contender: str) -> None:
            nonlocal started
            progress.update(task, description=f"{kernel}, {CONTENDERS[contender].label}", advance=int(started))
            started = True

        results = measure.run(plan, Path(folder), before)
        progress.update(task, advance=1, description="")
        figures.note_agreement(results, Path(folder))
    return {"machine": machine.describe(), "rates": machine.rates(), "threads": plan.threads, "rounds": plan.rounds,
            "results": results}


def main() -> None:
    asked, console = options(), Console()
    if not console.is_terminal:
        console = Console(width=160)
    recorded = json.loads(asked.recorded.read_text()) if asked.recorded else measured(asked, console)
    results = recorded["results"]
    contenders = [name for name in CONTENDERS if any(name in rows for rows in results.values())]
    tables.show(console, results, contenders)
    if asked.json:
        asked.json.write_text(json.dumps(recorded, indent=1) + "\n")
    if asked.plot:
        plot.draw(results, asked.plot)
    if asked.document:
        performance.write(recorded)
        plot.draw(results, performance.PICTURE)


if __name__ == "__main__":
    main()
