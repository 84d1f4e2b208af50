"""Which element stands beyond the edges of an array: positions computed while tracing."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.frontend.numpy_table.arguments import static_int

#: Modes of scipy.ndimage by what follows `a b c d`; "reflect" there is NumPy's "symmetric".
PERIODS = {"reflect": "d c b a", "grid-mirror": "d c b a", "mirror": "c b a", "nearest": "d d d", "wrap": "a b c",
           "grid-wrap": "a b c"}


def places_beyond(extent: Any, before: Any, behind: Any, mode: str) -> Any:
    """The positions that are read from `before` elements before an axis to `behind` elements behind it."""
    n = static_int(extent, "it is the extent of an axis that is continued beyond its ends")
    first = -static_int(before, "it is a number of elements beyond the edge")
    places = np.arange(first, n + static_int(behind, "it is a number of elements beyond the edge"))
    if mode == "nearest":
        return np.clip(places, 0, n - 1)
    if mode in ("wrap", "grid-wrap"):
        return places % n
    if mode == "mirror":
        period = max(2 * n - 2, 1)
        return np.minimum(places % period, period - places % period) % n
    return np.minimum(places % (2 * n), 2 * n - 1 - places % (2 * n))
