"""The machine a run was made on: what it is called, and how fast it is where kernels meet its limits."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np


def describe() -> dict[str, Any]:
    """Names and versions."""
    packages = ("wengert", "numpy", "scipy", "llvmlite", "xtc-mlir-python-bindings")
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version for name in packages if (version := version_of(name))},
    }


def cpu_model() -> str:
    """The name of the CPU as the system gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")


def version_of(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def least(call: Callable[[], Any], seconds: float = 0.3) -> float:
    """The shortest of the calls that fit into so many seconds, after one that may have to compile."""
    call()
    shortest, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        call()
        shortest = min(shortest, time.perf_counter() - begin)
    return shortest


def rates() -> dict[str, float]:
    """What one core can do, by the names `limits` uses: units of work a second.

    Products by NumPy's BLAS; bandwidth by adding two arrays into a third (24 bytes an element), near in 0.75 MB and far
    in 150 MB; elementary functions by the compiler's own vectorised exp; the chain is a multiplication and an
    addition that wait for one another.
    """
    import wengert

    def add_rate(n: int) -> float:
        a, b, c = np.ones(n), np.ones(n), np.ones(n)
        return 24 * n / least(lambda: np.add(a, b, out=c))

    def product_rate(dtype: type) -> float:
        n = 600
        A: np.ndarray = np.ones((n, n)).astype(dtype)
        C = np.empty_like(A)
        return 2 * n**3 / least(lambda: np.matmul(A, A, out=C))

    def exponentials(x: np.ndarray) -> Any:
        return np.sum(np.exp(x))

    def chain(x: np.ndarray) -> Any:
        s = x[0]
        for _ in range(100_000):
            s = s * x[1] + x[2]
        return s

    x = np.linspace(0.0, 1.0, 10_000)
    sums, links = wengert.compile(exponentials), wengert.compile(chain)
    return {
        "flops": product_rate(np.float64),
        "flops32": product_rate(np.float32),
        "near": add_rate(32_768),
        "far": add_rate(6_250_000),
        "functions": len(x) / least(lambda: sums(x)),
        "links": 100_000 / least(lambda: links(x)),
    }
