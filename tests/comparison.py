"""Comparing results and derivatives: trees of arrays and numbers, the complex step, differences.

Imports nothing of the compiler but `flatten`, so that what it says does not depend on what it judges.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.frontend.arguments import flatten, unflatten

COMPLEX_STEP = 1e-30
STEP = 1e-4


def is_float(leaf: Any) -> bool:
    """Whether a leaf carries a derivative."""
    return isinstance(leaf, (float, np.floating)) or (isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f")


def float_leaves(tree: Any) -> list[Any]:
    return [leaf for leaf in flatten(tree)[0] if is_float(leaf)]


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The tree with `function` applied to its float leaves."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [function(leaf) if is_float(leaf) else leaf for leaf in leaves])


def floats_only(tree: Any) -> Any:
    """The tree with None for leaves that carry no derivative, as tangents have it."""
    leaves, structure = flatten(tree)
    return unflatten(structure, [leaf if is_float(leaf) else None for leaf in leaves])


def flat(tree: Any) -> np.ndarray:
    """All float leaves as one vector."""
    return np.concatenate([np.zeros(0), *[np.ravel(leaf) for leaf in float_leaves(tree)]])


def random_like(tree: Any, seed: int) -> Any:
    """A direction: every float leaf replaced by random numbers of its kind, shape and dtype; others kept."""
    rng = np.random.default_rng(seed)

    def draw(leaf: Any) -> Any:
        value = rng.standard_normal(np.shape(leaf))
        return value.astype(leaf.dtype) if isinstance(leaf, np.ndarray) else type(leaf)(value)

    return mapped(draw, tree)


def assert_same(got: Any, expected: Any, tolerance: float = 1e-11, what: str = "the result") -> None:
    """Equal structures, kinds, dtypes and shapes; values equal up to `tolerance`, relative to the largest of a leaf."""
    got_leaves, got_structure = flatten(got)
    expected_leaves, expected_structure = flatten(expected)
    assert got_structure == expected_structure, f"{what}: {got!r} is not built like {expected!r}"
    for number, (a, b) in enumerate(zip(got_leaves, expected_leaves)):
        where = f"{what}, leaf {number}"
        if not isinstance(b, (np.ndarray, np.generic, float, int)):
            assert a == b or a is b, f"{where}: {a!r} is not {b!r}"
            continue
        x, y = np.asarray(a), np.asarray(b)
        assert isinstance(a, np.ndarray) == isinstance(b, np.ndarray), f"{where}: {type(a)} is not {type(b)}"
        assert (x.dtype, x.shape) == (y.dtype, y.shape), f"{where}: {x.dtype}{x.shape} is not {y.dtype}{y.shape}"
        if y.dtype.kind == "f":
            scale = np.max(np.abs(y), initial=1.0, where=np.isfinite(y))
            np.testing.assert_allclose(x, y, rtol=tolerance, atol=tolerance * scale, err_msg=where)
        else:
            np.testing.assert_array_equal(x, y, err_msg=where)


def directional(function: Callable[..., Any], arguments: Sequence[Any], wrt: Sequence[int], direction: Sequence[Any],
                analytic: bool) -> np.ndarray:
    """The derivative of all float results along a direction, by plain Python: exact where the program is analytic."""
    if analytic:
        return np.imag(_moved_result(function, moved_by(arguments, wrt, direction, 1j * COMPLEX_STEP))) / COMPLEX_STEP
    ahead, behind, far_ahead, far_behind = (
        _moved_result(function, moved_by(arguments, wrt, direction, s * STEP)) for s in (1, -1, 2, -2))
    return (8.0 * (ahead - behind) - (far_ahead - far_behind)) / (12.0 * STEP)


def _moved_result(function: Callable[..., Any], arguments: Sequence[Any]) -> np.ndarray:
    """Float and complex leaves of the result as one vector (a result may not depend on what moves, and stay real)."""
    leaves = [leaf for leaf in flatten(function(*arguments))[0] if is_float(leaf) or np.iscomplexobj(leaf)]
    return np.concatenate([np.zeros(0), *[np.ravel(leaf) for leaf in leaves]])


def moved_by(arguments: Sequence[Any], wrt: Sequence[int], direction: Sequence[Any], step: complex) -> list[Any]:
    """Copies of the arguments, some of them moved along a direction."""
    number = type(step)
    moved = copy.deepcopy(list(arguments))
    for k, v in zip(wrt, direction):
        steps = iter(float_leaves(v))

        def shift(leaf: Any, steps: Any = steps) -> Any:
            return leaf + step * next(steps) if isinstance(leaf, np.ndarray) else number(leaf + step * next(steps))

        moved[k] = mapped(shift, moved[k])
    return moved
