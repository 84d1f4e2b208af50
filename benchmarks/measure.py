"""Runs workers one after the other, each pinned to its cores, and keeps the best of the rounds."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import peers
from benchmarks.kernel import KERNELS

#: kernel -> contender -> what the worker said.
Results = dict[str, dict[str, dict[str, Any]]]
TIMES = ("first_forward", "forward", "first_gradient", "gradient")
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True)
class Plan:
    """What is measured and how.

    Args:
        contenders: their names.
        kernels: their names.
        rounds: how often; of each time the least is kept.
        threads: of each contender, on as many cores.
        core: the first of those.
        seconds: for the warm calls of one figure.
        timeout: seconds for one process, compilation included.
        peers_python: the interpreter that has the peers.
        sizes: of a kernel, instead of the usual ones.
    """

    contenders: Sequence[str] = peers.USUAL
    kernels: Sequence[str] = field(default_factory=lambda: tuple(KERNELS))
    rounds: int = 1
    threads: int = 1
    core: int = 0
    seconds: float = 2.0
    timeout: float = 75.0
    peers_python: str = sys.executable
    sizes: dict[str, dict[str, int]] = field(default_factory=dict)

    def pairs(self) -> list[tuple[str, str]]:
        """The (kernel, contender) there is something to measure for."""
        return [(k, c) for k in self.kernels for c in self.contenders if peers.has(c, KERNELS[k])]


def run(plan: Plan, folder: Path, before: Callable[[str, str], None]) -> Results:
    """Measure everything of the plan; gradients are left in `folder`. `before` is told what comes next."""
    results: Results = {}
    for _ in range(plan.rounds):
        for kernel, contender in plan.pairs():
            before(kernel, contender)
            rows = results.setdefault(kernel, {})
            rows[contender] = best(rows.get(contender, {}), one(plan, kernel, contender, folder))
    return results


def one(plan: Plan, kernel: str, contender: str, folder: Path) -> dict[str, Any]:
    """What one process measures. Stopped early or failed, it has `stopped` or `error` and what came before."""
    request = {
        "kernel": kernel,
        "peer": contender,
        "sizes": plan.sizes.get(kernel, {}),
        "threads": plan.threads,
        "seconds": plan.seconds,
        "gradients": str(gradient_file(folder, kernel, contender)),
    }
    python = sys.executable if peers.CONTENDERS[contender].ours else plan.peers_python
    # An empty cache: the first call is to compile.
    with tempfile.TemporaryFile("w+") as errors, tempfile.TemporaryDirectory() as cache:
        child = subprocess.Popen(
            [python, "-m", "benchmarks.worker", json.dumps(request)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=environment(plan.threads, cache),
            preexec_fn=pin_to(range(plan.core, plan.core + plan.threads)),
        )
        try:
            said, _ = child.communicate(timeout=plan.timeout)
            stopped = f"exit status {child.returncode}" if child.returncode else None
        except subprocess.TimeoutExpired:
            child.kill()
            said, _ = child.communicate()
            stopped = f"over {plan.timeout:.0f} s"
        errors.seek(0)
        reason = errors.read().strip().rpartition("\n")[2]
    row: dict[str, Any] = {}
    for line in said.splitlines():
        row.update(json.loads(line))
    if stopped and "error" not in row:
        row["stopped"] = stopped if stopped.startswith("over") else f"{stopped}: {reason}"[:200]
    return row


def gradient_file(folder: Path, kernel: str, contender: str) -> Path:
    return folder / f"{kernel}-{contender.replace(':', '-')}.npz"


def environment(threads: int, cache: str) -> dict[str, str]:
    """The environment of a worker: so many threads for every library that asks it; wengert keeps code in `cache`."""
    variables = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    counts = {name: str(threads) for name in variables}
    single = {"XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false"} if threads == 1 else {}
    ours = {"JAX_PLATFORMS": "cpu", "PYTHONPATH": str(ROOT), "WENGERT_CACHE_DIR": cache}
    return {**os.environ, **counts, **single, **ours}


def pin_to(cores: Sequence[int]) -> Callable[[], None] | None:
    """Run in the child before anything else: on these cores only, where the system can do that."""
    if not hasattr(os, "sched_setaffinity"):
        return None
    available = sorted(os.sched_getaffinity(0))
    chosen = {available[core % len(available)] for core in cores}
    return lambda: os.sched_setaffinity(0, chosen)


def best(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Of two rounds, the least of each time; everything else from the newer one that has it."""
    merged = {**old, **new}
    for name in TIMES:
        if name in old and name in new:
            merged[name] = min(old[name], new[name])
    return merged
