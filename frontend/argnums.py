"""`argnums`: what a derivative is taken with respect to, as users write it; selection.py says what it means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Argnum = int | str
Argnums = Argnum | Sequence[Argnum]


def as_key(argnums: Argnums) -> Any:
    """`argnums` as something that can be hashed."""
    return argnums if isinstance(argnums, (int, str)) else tuple(argnums)


def listed(argnums: Argnums) -> tuple[Argnum, ...]:
    """`argnums` as a tuple."""
    return (argnums,) if isinstance(argnums, (int, str)) else tuple(argnums)


def one_or_all(trees: Sequence[Any], argnums: Argnums) -> Any:
    """One tree where `argnums` is one thing, a tuple of them where it is a sequence."""
    return trees[0] if isinstance(argnums, (int, str)) else tuple(trees)
