"""What is computed from measurements: the best rival, ratios, their means, and how far gradients agree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernel import KERNELS
from benchmarks.measure import Results, gradient_file
from benchmarks.peers import RIVALS

OURS = ("wengert", "wengert:loops")
#: Other functions of the same value: LAPACK's Cholesky has a symmetric gradient, the loops one of the lower triangle.
OTHER_GRADIENT = {("cholesky", "torch"), ("cholesky", "torchc"), ("cholesky", "jaxalt")}


@dataclass(frozen=True)
class Comparison:
    """Of one kernel and one quantity: our least, the least of the rivals and whose it is, and the ratio."""

    ours: float | None
    rival: str | None
    theirs: float | None

    @property
    def ratio(self) -> float | None:
        return None if self.ours is None or self.theirs is None else self.ours / self.theirs


def compare(rows: dict[str, dict[str, Any]], what: str) -> Comparison:
    times = {name: row[what] for name, row in rows.items() if row.get(what)}
    ours = min((times[name] for name in OURS if name in times), default=None)
    rivals = {name: times[name] for name in RIVALS if name in times}
    rival = min(rivals, key=rivals.__getitem__) if rivals else None
    return Comparison(ours, rival, rivals[rival] if rival else None)


def over_forward(rows: dict[str, dict[str, Any]]) -> float | None:
    """Our gradient over our forward, each in its better form."""
    forward, gradient = compare(rows, "forward").ours, compare(rows, "gradient").ours
    return gradient / forward if forward and gradient else None


def form_ratio(rows: dict[str, dict[str, Any]], what: str) -> float | None:
    """The NumPy form over the loop form."""
    first, second = (rows.get(name, {}).get(what) for name in OURS)
    return first / second if first and second else None


def geometric_mean(values: Iterable[float | None]) -> float | None:
    known = [math.log(value) for value in values if value]
    return math.exp(sum(known) / len(known)) if known else None


def median(values: Iterable[float | None]) -> float | None:
    known = sorted(value for value in values if value is not None)
    return known[len(known) // 2] if known else None


def first_call(rows: dict[str, dict[str, Any]], which: str) -> float | None:
    """Seconds our first call takes beyond a warm one: compilation. Of the NumPy form if there is one."""
    row = next((rows[name] for name in OURS if f"first_{which}" in rows.get(name, {})), {})
    return row[f"first_{which}"] - row.get(which, 0.0) if row else None


def note_agreement(results: Results, folder: Path) -> None:
    """Give each row of ours `agreement`: the largest relative distance of a gradient from that of any rival.

    Relative to the largest element of the rival's gradient, input by input, in the rows' own precision.
    """
    for kernel, rows in results.items():
        rivals = [name for name in RIVALS if name in rows and (kernel, name) not in OTHER_GRADIENT]
        files = {name: gradient_file(folder, kernel, name) for name in (*OURS, *rivals)}
        loaded = {name: dict(np.load(file)) for name, file in files.items() if file.exists()}
        for name in OURS:
            distances = [distance(loaded[name], loaded[r]) for r in rivals if r in loaded and name in loaded]
            if distances:
                rows[name]["agreement"] = max(distances)


def distance(ours: dict[str, np.ndarray], theirs: dict[str, np.ndarray]) -> float:
    return max(float(np.max(np.abs(ours[n] - theirs[n])) / (np.max(np.abs(theirs[n])) or 1.0)) for n in theirs)


def agreement(rows: dict[str, dict[str, Any]]) -> float | None:
    """The worse of our two forms."""
    return max((rows[name]["agreement"] for name in OURS if "agreement" in rows.get(name, {})), default=None)


def allowed(kernel: str) -> float:
    """How far gradients may be apart: reductions are summed in other orders, more so in single precision."""
    return 1e-10 if KERNELS[kernel].dtype == "float64" else 1e-3
