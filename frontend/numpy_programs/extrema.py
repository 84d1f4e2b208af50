"""Extrema that a loop looks for: items compared by a key or as tuples (`max`, `min`), and places (`argmax`)."""

from __future__ import annotations

from collections.abc import Callable
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


def place_of_largest(row: Any) -> Any:
    best, place = row[0], 0
    for i in range(1, row.shape[0]):
        x = row[i]
        if x > best or (x != x and best == best):  # the first nan wins
            best, place = x, i
    return place


def place_of_smallest(row: Any) -> Any:
    best, place = row[0], 0
    for i in range(1, row.shape[0]):
        x = row[i]
        if x < best or (x != x and best == best):  # the first nan wins
            best, place = x, i
    return place


def places(function: Callable[..., Any], rows: Any, found: Any) -> Any:
    for r in range(rows.shape[0]):
        found[r] = function(rows[r])
    return found
