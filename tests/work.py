"""Counting the floating-point operations a function executes, in the IR that is lowered (stage transposed).

What an operation counts is said by its record (`Op.flops`): one for each element of an arithmetic result, 2mnk for a
product, one for each element that is reduced; nothing for moving, choosing and comparing.  A transcendental function
counts one, in the primal as in the gradient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import wengert
from tests.programs import Program
from wengert.dialects.interpret import Interpreter, meaning_attributes, typed_arguments
from wengert.dialects.op import Op
from wengert.frontend.arguments import flatten
from wengert.frontend.specialize import the_context, trace_function
from wengert.passes.base import run_pipeline
from wengert.passes.pipeline import DIFFERENTIATION, ND


class Counting(Interpreter):
    """Executes, and counts by operation."""

    def __init__(self, module: Any) -> None:
        super().__init__(module, {})
        self.flops: Counter[str] = Counter()

    def apply(self, op: Any, record: Op, operands: list[Any]) -> list[Any]:
        results = super().apply(op, record, operands)
        if any(np.issubdtype(np.asarray(r).dtype, np.floating) for r in results):
            shapes = ([np.shape(v) for v in values] for values in (operands, results))
            self.flops[op.name] += record.flops(*shapes, meaning_attributes(op))
        return results


def executed(py_func: Callable[..., Any], arguments: Sequence[Any]) -> Counter[str]:
    """The floating-point operations of a call, by operation."""
    leaves, structure = flatten((tuple(arguments), {}))
    with the_context():
        module, plan = trace_function(py_func, leaves, structure, frozenset())
        run_pipeline(module, (*ND, *DIFFERENTIATION))
        inputs = [leaves[source] if isinstance(source, int) else source for source in plan.inputs]
        counting = Counting(module)
        counting.call(plan.signature.name, typed_arguments(module, plan.signature.name, inputs))
    return counting.flops


def value_and_pullback(program: Program) -> Callable[..., Any]:
    """The program's result, and what its pullback makes of a cotangent for the arguments that carry derivatives."""

    def both(arguments: Any, cotangent: Any) -> Any:
        def moved(*moving: Any) -> Any:
            passed = list(arguments)
            for k, x in zip(program.wrt, moving):
                passed[k] = x
            return program.function(*passed)

        value, pullback = wengert.vjp(moved, *[arguments[k] for k in program.wrt])
        return value, pullback(cotangent)

    return both
