"""Examples for batched programs: trees with one axis more, and a Python loop over them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from tests.comparison import flat, is_float
from wengert.frontend.arguments import flatten, unflatten

EXAMPLES = 3


def examples(tree: Any, seed: int, spread: float = 0.4, signs: bool = False) -> tuple[Any, Any]:
    """(the tree with its floats for several examples, the axes): the first example is the tree itself.

    With `signs` all elements of arrays keep their signs.
    """
    rng = np.random.default_rng(seed)
    leaves, structure = flatten(tree)
    stacked, axes = [], []
    for leaf in leaves:
        axes.append(0 if is_float(leaf) else None)
        every = [varied(leaf, rng, spread * k, signs) for k in range(EXAMPLES)] if is_float(leaf) else []
        stacked.append(np.stack(every) if every else leaf)
    return unflatten(structure, stacked), unflatten(structure, axes)


def varied(leaf: Any, rng: np.random.Generator, spread: float, signs: bool) -> Any:
    """Another leaf of about its size; a number keeps its sign, which programs rely on."""
    x = np.asarray(leaf)
    factors = spread * rng.standard_normal(x.shape)
    return x * np.asarray(1.0 + factors if x.ndim and not signs else np.exp(factors)).astype(x.dtype)


def example(tree: Any, b: int, batched: Callable[[Any], bool] = is_float) -> Any:
    """Example b; numbers are Python floats."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [_part(leaf[b]) if batched(leaf) else copy.deepcopy(leaf) for leaf in leaves])


def _part(x: Any) -> Any:
    return x.copy() if isinstance(x, np.ndarray) else float(x)


def assert_loop(batched: Any, one_by_one: Sequence[Any], tolerance: float = 1e-9) -> None:
    """Each example of `batched` against what it is on its own, relative to the largest component."""
    for b, expected in enumerate(one_by_one):
        wanted = flat(expected)
        found = np.concatenate([np.zeros(0), *[np.ravel(np.asarray(leaf)[b]) for leaf in flatten(batched)[0]
                                               if is_float(leaf) or (isinstance(leaf, np.ndarray)
                                               and leaf.dtype.kind == "f")]])
        scale = np.max(np.abs(wanted), initial=1.0, where=np.isfinite(wanted))
        np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance * scale, err_msg=f"example {b}")
