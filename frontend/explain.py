"""wengert.explain: where a gradient comes from, line by line."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects.errors import DifferentiationError
from wengert.frontend.arguments import flatten
from wengert.frontend.derivatives import Linearized, constant_of, trace_inner
from wengert.frontend.explanation.derive import Derivator, derived, follows
from wengert.frontend.function import Function, in_trace
from wengert.frontend.positions import definition_of
from wengert.frontend.specialize import the_context, trace_function
from wengert.frontend.transforms import has_floats

MOST_OPERATIONS, MOST_BYTES = 1_000_000, 1 << 30


def interpreted(g: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What `g` returns, by the NumPy interpreter, with the derivatives it asks for by the rules of single operations.

    No pass that differentiates a program takes part: an oracle of the gradients of whole programs.

    >>> import wengert
    >>> from wengert.frontend.explain import interpreted
    >>> float(interpreted(wengert.grad(lambda x: x * x), 3.0))
    6.0
    """
    return _evaluated(g, args, kwargs, MOST_OPERATIONS)[0]


def _evaluated(g: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], limit: int
               ) -> tuple[Any, Derivator]:
    arguments = args, kwargs
    leaves, structure = flatten(arguments)
    leaves = [np.array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
    with the_context():
        module, plan = trace_function(_python_of(g), leaves, structure, frozenset())
        if not follows(module, plan.signature.name):
            module, plan = trace_function(_pulled(g), leaves, structure, frozenset())
        return derived(module, plan, leaves, arguments, (limit, MOST_BYTES))


def _pulled(g: Callable[..., Any]) -> Callable[..., Any]:
    """The gradient of the sum of all floats that `g` returns."""

    def gradient(*args: Any, **kwargs: Any) -> Any:
        moving = [k for k, argument in enumerate(args) if has_floats(argument)]
        inner = trace_inner(g, args, kwargs, moving, "explain")
        if not inner.floats or not moving:
            side = "result" if moving else "argument"
            raise DifferentiationError(f"explain needs a function with a float as {side}", definition_of(g),
                                       why="it explains a gradient", help="pass grad(f) to choose what is explained")
        return inner.arranged(Linearized(inner).pull([constant_of(form, 1.0) for form in inner.floats]))

    return in_trace(gradient)


def _python_of(g: Callable[..., Any]) -> Callable[..., Any]:
    return g.py_func if isinstance(g, Function) else g
