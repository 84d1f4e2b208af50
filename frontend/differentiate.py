"""What the transforms of transforms.py do while tracing: they ask for derivatives (derivatives.py).

Apart from the functions users hold, because those are made where nothing is traced, and code from the disk cache runs
without the compiler.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.argnums import Argnums, listed, one_or_all
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.complex_numbers.trees import opened
from wengert.frontend.derivatives import Inner, Linearized, push_forward, trace_inner
from wengert.frontend.forms import constant_of
from wengert.frontend.linear_maps import Direction, LinearMap
from wengert.frontend.single_results import complex_output, scalar_output
from wengert.frontend.trace import current
from wengert.frontend.values import Array, Box, Scalar


def value_and_gradients(
    f: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argnums: Argnums,
    has_aux: bool,
    what: str,
    holomorphic: bool = False,
) -> tuple[tuple[Any, Any], Any]:
    """((result, aux), gradients) of a function with one float as its result."""
    inner = trace_inner(f, args, kwargs, listed(argnums), what, has_aux)
    forms = complex_output(inner, f, what) if holomorphic else [scalar_output(inner, f, what)]
    linearized = Linearized(inner)
    seeds = [constant_of(form, 0.0 if k else 1.0) for k, form in enumerate(forms)]
    gradients = inner.arranged(linearized.pull(seeds))
    return (linearized.result, linearized.aux), one_or_all(gradients, argnums)


def pushed_forward(
    f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool
) -> tuple[Any, ...]:
    """(result, tangent), or (result, tangent, aux)."""
    moving = [k for k, tangent in enumerate(tangents) if tangent is not None]
    inner = trace_inner(f, primals, {}, moving, "jvp", has_aux)
    return push_forward(inner, _tangents(inner, tangents))[: 3 if has_aux else 2]


def _tangents(inner: Inner, tangents: Sequence[Any]) -> list[Any]:
    given = [opened(tangent) for tangent in tangents if tangent is not None]
    trees = [inner.trees[pick] for pick in inner.picks]
    leaves = [leaf for tree, tangent in zip(trees, given) for leaf in tree.of_tangent(tangent) or flatten(tangent)[0]]
    if len(leaves) != len(inner.moving):
        raise WengertValueError(f"the tangents have {len(leaves)} leaves, the primals {len(inner.moving)}")
    return [form.value(leaf, "a tangent") for form, leaf in zip(inner.moving, leaves)]


def linearized_at(
    f: Callable[..., Any], primals: Sequence[Any], kind: str, what: str, has_aux: bool, linear: bool
) -> tuple[Any, ...]:
    """(result, map) or (result, map, aux): the derivative of `f` there as a linear map, of `kind` "rev" or "lin"."""
    moves = tuple(has_floats(primal) for primal in primals)
    inner = trace_inner(f, primals, {}, [k for k, moving in enumerate(moves) if moving], what, has_aux)
    linearized = Linearized(inner, linear)
    map_ = LinearMap(linearized, Direction(kind, inner, moves))
    return (linearized.result, map_, linearized.aux)[: 3 if has_aux else 2]


def has_floats(tree: Any) -> bool:
    kinds = [
        getattr(leaf, "dtype", None) if not isinstance(leaf, (float, complex)) else np.dtype(float)
        for leaf in flatten(tree)[0]
    ]
    return any(kind is not None and np.issubdtype(kind, np.inexact) for kind in kinds)


def without_derivative(x: Any) -> Any:
    """`stop_gradient` of a tree of traced values."""
    leaves, structure = flatten(opened(x))
    return unflatten(structure, [_stopped(leaf) for leaf in leaves])


def _stopped(leaf: Any) -> Any:
    if isinstance(leaf, Scalar):
        value = current().emit("diff.stop_gradient", [leaf.value.type], [current().use(leaf)]).result
        return Scalar(value, leaf.element, weak=leaf.weak, low=leaf.low, high=leaf.high, origins=leaf.origins)
    if isinstance(leaf, Array):
        value = leaf.read()
        return Box(current().emit("diff.stop_gradient", [value.type], [value]).result, leaf.shape, leaf.element)
    return leaf
