"""Running a program through the trace and the NumPy interpreter of the IR, and comparing with Python."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import optree

from wengert.dialects.interpret import run
from wengert.frontend.arguments import NAMESPACE, flatten, unflatten
from wengert.frontend.specialize import the_context, trace_function


def traced(function: Callable[..., Any], *arguments: Any) -> tuple[Any, Any, list[Any]]:
    """The module, the plan of the call, and the leaves of the arguments."""
    leaves, structure = flatten((arguments, {}))
    module, plan = trace_function(function, leaves, structure, frozenset())
    assert module.operation.verify()
    return module, plan, leaves


def evaluate(function: Callable[..., Any], *arguments: Any) -> Any:
    """What the compiled function does, without compiling it: arrays that it writes are changed."""
    with the_context():
        module, plan, leaves = traced(function, *arguments)
        inputs = [leaves[source] if isinstance(source, int) else source for source in plan.inputs]
        results = [np.copy(r)[()] for r in run(module, plan.signature.name, inputs)]
    for value, into in zip(results, plan.signature.into, strict=True):
        if into is not None:
            inputs[into][...] = value
    returned = [r for r, into in zip(results, plan.signature.into, strict=True) if into is None]
    outputs = [
        returned[value] if kind == "result" else leaves[value] if kind == "leaf" else value
        for kind, value in plan.outputs
    ]
    return unflatten(plan.structure, outputs)


def assert_same(actual: Any, expected: Any) -> None:
    """Equal structure and equal numbers, up to rounding; a NumPy number may be a Python one."""
    a, expected_structure = optree.tree_flatten(actual, none_is_leaf=True, namespace=NAMESPACE)
    b, actual_structure = optree.tree_flatten(expected, none_is_leaf=True, namespace=NAMESPACE)
    assert expected_structure == actual_structure
    for x, y in zip(a, b, strict=True):
        if x is None or y is None:
            assert x is y
            continue
        assert np.shape(x) == np.shape(y)
        np.testing.assert_allclose(np.asarray(x), np.asarray(y), rtol=1e-12, atol=1e-13)


def assert_compiles_exactly(function: Callable[..., Any], make_arguments: Callable[[], tuple[Any, ...]]) -> None:
    """The result, and what happened to the arguments, are as in Python."""
    plain, compiled = make_arguments(), make_arguments()
    expected = function(*plain)
    actual = evaluate(function, *compiled)
    assert_same(actual, expected)
    assert_same(compiled, plain)


def fresh(arguments: tuple[Any, ...]) -> Callable[[], tuple[Any, ...]]:
    """A maker of copies."""
    return lambda: copy.deepcopy(arguments)
