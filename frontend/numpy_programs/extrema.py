"""`max` and `min` of Python, of items that are compared by a key or are tuples."""

from __future__ import annotations

from typing import Any


def largest(items: Any, key: Any) -> Any:
    """The first of the items with the largest key."""
    best = items[0]
    best_key = best if key is None else key(best)
    for x in items[1:]:
        x_key = x if key is None else key(x)
        if x_key > best_key:
            best = x
            best_key = x_key
    return best


def smallest(items: Any, key: Any) -> Any:
    best = items[0]
    best_key = best if key is None else key(best)
    for x in items[1:]:
        x_key = x if key is None else key(x)
        if x_key < best_key:
            best = x
            best_key = x_key
    return best
