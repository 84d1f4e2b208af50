"""Values between samples: `interp`.

Derivatives go by x, by the sample points and by the samples.  At a sample point the interval on its right counts, at
the last one that on its left; outside of the samples the value is constant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.registry import program


@program(np.interp)
def interp(x: Any, xp: Any, fp: Any, left: Any = None, right: Any = None, period: Any = None) -> Any:
    x, xp, fp = np.float64(x), np.asarray(xp, dtype=float), np.asarray(fp, dtype=float)
    if xp.ndim != 1 or fp.ndim != 1:
        raise ValueError("Data points must be 1-D sequences")
    if xp.shape[0] != fp.shape[0]:
        raise ValueError("fp and xp are not of the same length.")
    if xp.shape[0] == 0:
        raise ValueError("array of sample points is empty")
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        length = abs(period)
        x, xp = x % length, xp % length
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp = np.concatenate((xp[-1:] - length, xp, xp[:1] + length))
        fp = np.concatenate((fp[-1:], fp, fp[:1]))
        left, right = None, None
    n = xp.shape[0]
    before = fp[0] if left is None else left
    behind = fp[n - 1] if right is None else right
    if n == 1:
        return np.where(x < xp[0], before, np.where(x > xp[0], behind, fp[0]))
    interval = np.clip(np.searchsorted(xp, x, "right") - 1, 0, n - 2)
    start, width = xp[interval], xp[interval + 1] - xp[interval]
    slope = (fp[interval + 1] - fp[interval]) / np.where(width == 0.0, 1.0, width)
    inside = slope * (x - start) + fp[interval]
    return np.where(x < xp[0], before, np.where(x > xp[n - 1], behind, inside))
