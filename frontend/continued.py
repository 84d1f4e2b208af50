"""Generators go on although transforms evaluate on copies: what a function has drawn, its derivative has drawn too.

A function that is traced to be differentiated works on copies of its arguments, and cannot write what lies outside.
The state of a generator is returned beside its results instead, and written where the function is evaluated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import optree

from wengert.frontend.arguments import NAMESPACE
from wengert.frontend.capture import captured
from wengert.frontend.random_generator import Generator
from wengert.frontend.random_state import is_state, parts_of, stand_in
from wengert.frontend.trace import FunctionRegion, tracing
from wengert.frontend.values import Box


def with_stand_ins(args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[Sequence[Any], Mapping[str, Any]]:
    """The arguments with what stands for NumPy's generators in their places."""
    if not any(isinstance(x, np.random.Generator) for x in _generators((args, kwargs))):
        return args, kwargs
    tree: Any = (tuple(args), dict(kwargs))
    replaced: Any = optree.tree_map(lambda x: stand_in(x) if isinstance(x, np.random.Generator) else x, tree,
                                    is_leaf=_is_generator, namespace=NAMESPACE)
    return replaced


def continue_arguments(region: FunctionRegion, outer: Any, inner: Any) -> None:
    """Notes the generators among the arguments of a function, given and as its copies; it is one that goes on."""
    region.goes_on = True
    for given, copy in zip(_generators(outer), _generators(inner), strict=True):
        region.continued += zip(parts_of(given), parts_of(copy), strict=True)


def own_state(leaf: Any) -> Any:
    """A leaf for one evaluation among several that are to draw the same numbers: the state of a generator is copied."""
    if not is_state(leaf):
        return leaf
    if not tracing():
        return leaf.copy()
    outside = captured(leaf)
    assert isinstance(outside, Box)
    return Box(outside.read(), outside.shape, outside.element)


def changed_states(region: FunctionRegion) -> list[tuple[Box, Box]]:
    """The arrays of generators, outside and in the function, that the function has changed."""
    return [(outer, inner) for outer, inner in region.continued if inner.value is not outer.value]


def _is_generator(x: Any) -> bool:
    return isinstance(x, (Generator, np.random.Generator))


def _generators(tree: Any) -> list[Any]:
    return [x for x in optree.tree_leaves(tree, is_leaf=_is_generator, namespace=NAMESPACE) if _is_generator(x)]
