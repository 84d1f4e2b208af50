"""One contender on one kernel, in a process of its own: `python -m benchmarks.worker '{"kernel": ..., "peer": ...}'`.

Prints a line of JSON after each step, the last one complete, so that whoever stops it early keeps what was measured.
Needs NumPy and the contender, nothing else: it also runs in the environment of the peers.

    first_forward, first_gradient   seconds of the first call: compilation and one run
    forward, gradient               seconds of a warm call, the median of as many as fit into the time allowed
    memory                          bytes a gradient takes at its peak beyond what the process held before
"""

from __future__ import annotations

import ctypes
import gc
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import benchmarks.kernels  # registers them
from benchmarks import peers

MOST_CALLS, LONGEST = 2000, 12.0


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = call()
    return time.perf_counter() - start, result


def median(call: Callable[[], Any], seconds: float) -> float:
    """The median of at least three calls, of as many as take `seconds` together; fewer if one takes very long."""
    times: list[float] = []
    start = time.perf_counter()
    while len(times) < 3 or (time.perf_counter() - start < seconds and len(times) < MOST_CALLS):
        times.append(timed(call)[0])
        if time.perf_counter() - start > LONGEST:
            break
    return statistics.median(times)


def status(field: str) -> int:
    """A field of /proc/self/status in bytes, VmRSS or VmHWM."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def peak_of(call: Callable[[], Any]) -> int | None:
    """The most memory `call` takes at once beyond what is resident before; None where the kernel does not tell."""
    gc.collect()
    try:
        ctypes.CDLL(None).malloc_trim(0)  # what was freed must not hide what is allocated again
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts from here
    except (AttributeError, OSError):
        return None
    before = status("VmRSS")
    call()
    return max(0, status("VmHWM") - before)


def save(file: str, gradients: dict[str, np.ndarray]) -> None:
    arrays: dict[str, Any] = gradients
    np.savez(file, **arrays)


def measure(kernel: str, peer: str, sizes: dict[str, int], threads: int, seconds: float, gradients: str | None,
            say: Callable[[dict[str, Any]], None]) -> None:
    """Measure, and say what is known after each step. The gradients go to the file `gradients`."""
    row: dict[str, Any] = {}
    measured = peers.prepare(peer, kernel, sizes, threads)
    row["first_forward"], result = timed(measured.forward)
    row["value"] = measured.value(result)
    row["forward"] = median(measured.forward, seconds)
    say(row)
    if not measured.differentiates:
        return
    row["first_gradient"], result = timed(measured.gradient)
    if gradients:
        save(gradients, measured.gradients(result))
    del result
    say(row)
    peak = peak_of(measured.gradient)
    row["memory"] = None if peak is None else peak + measured.kept
    row["gradient"] = median(measured.gradient, seconds)
    say(row)


def main() -> None:
    assert benchmarks.kernels
    try:
        measure(**json.loads(sys.argv[1]), say=lambda row: print(json.dumps(row), flush=True))
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"[:400]}), flush=True)
        raise


if __name__ == "__main__":
    main()
