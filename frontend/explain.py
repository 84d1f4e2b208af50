"""wengert.explain: where a gradient comes from, line by line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.bindings import walk
from wengert.frontend.arguments import flatten, unflatten
from wengert.frontend.explanation.reverse import Sweep, sweep
from wengert.frontend.explanation.tape import Held, Recorder, Tape
from wengert.frontend.function import Function
from wengert.frontend.plan import Plan
from wengert.frontend.specialize import the_context, trace_function
from wengert.passes.base import run_pipeline
from wengert.passes.expand import DiffExpand

MOST_OPERATIONS, MOST_BYTES = 1_000_000, 1 << 30


@dataclass(frozen=True)
class Explained:
    """A program that was run and differentiated in NumPy: its module, plan, tape and reverse sweep."""

    module: Any
    plan: Plan
    tape: Tape
    sweep: Sweep
    leaves: list[Any]
    structure: Any
    moving: tuple[int, ...]

    def gradients(self, argnums: int | Sequence[int]) -> Any:
        """The gradients as trees, like those of `wengert.grad`."""
        args, _ = unflatten(self.structure, list(range(len(self.leaves))))
        found = dict(zip(self.moving, self.sweep.gradients))

        def of(argument: Any) -> Any:
            numbers, structure = flatten(argument)
            return unflatten(structure, [
                found[i] if found[i] is not None else np.zeros_like(self.leaves[i])[()] for i in numbers
            ])

        chosen = [of(args[k]) for k in ([argnums] if isinstance(argnums, int) else argnums)]
        return chosen[0] if isinstance(argnums, int) else tuple(chosen)


def interpreted_gradient(
    f: Callable[..., Any], args: Sequence[Any], argnums: int | Sequence[int] = 0, cotangent: Any = None
) -> Any:
    """The gradient of `f` by the NumPy interpreter and the rules of single operations: an oracle of `wengert.grad`.

    Args:
        cotangent: a tree like the result of `f`, or None: ones for every float of the result.

    >>> from wengert.frontend.explain import interpreted_gradient
    >>> float(interpreted_gradient(lambda x: x * x, (3.0,)))
    6.0
    """
    return explained(f, args, {}, argnums, cotangent=cotangent).gradients(argnums)


def explained(
    f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any], argnums: int | Sequence[int], *,
    cotangent: Any = None, only_first: bool = False, limit: int = MOST_OPERATIONS,
) -> Explained:
    """Run `f` and the reverse sweep.

    Args:
        cotangent: of the result; None is ones for every float, with `only_first` for the first leaf alone.
    """
    leaves, structure = flatten((tuple(args), dict(kwargs)))
    leaves = [np.array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
    numbered, _ = unflatten(structure, list(range(len(leaves))))
    moving = tuple(i for k in ([argnums] if isinstance(argnums, int) else argnums) for i in flatten(numbered[k])[0])
    with the_context():
        py_func = f.py_func if isinstance(f, Function) else f
        module, plan = trace_function(py_func, leaves, structure, frozenset())
        if any("diff" in str(name) for func in walk(module, "func.func") for name in func.attributes):
            run_pipeline(module, (DiffExpand(),))
        inputs = [leaves[source] if isinstance(source, int) else source for source in plan.inputs]
        positions = [plan.inputs.index(i) for i in moving]
        tape = Recorder(module, limit, MOST_BYTES).record(plan.signature.name, inputs, positions)
        seeds = {} if tape.stopped else _seeds(plan, tape, positions, cotangent, only_first)
        swept = sweep(module, tape, seeds)
    return Explained(module, plan, tape, swept, leaves, structure, moving)


def _seeds(plan: Plan, tape: Tape, positions: Sequence[int], cotangent: Any, only_first: bool) -> dict[int, Any]:
    """Cotangents of the slots that are leaves of the result."""
    given = [None] * len(plan.outputs) if cotangent is None else flatten(cotangent)[0]
    returned = [held for held, into in zip(tape.outputs, plan.signature.into) if into is None]
    written = {into: held for held, into in zip(tape.outputs, plan.signature.into) if into is not None}
    after = dict(zip(positions, tape.inputs)) | written
    seeds: dict[int, Any] = {}
    for number, ((kind, value), ct) in enumerate(zip(plan.outputs, given)):
        if kind == "static" or (only_first and number):
            continue
        if kind == "result":
            held = returned[value]
        else:
            k = next(k for k, source in enumerate(plan.inputs) if _same(source, value))
            held = after.get(k, Held(None, None))
        if held.slot is not None:
            ct = np.ones_like(held.value) if ct is None else np.asarray(ct)
            seeds[held.slot] = seeds.get(held.slot, 0) + ct
    return seeds


def _same(source: Any, value: Any) -> bool:
    return source is value or (isinstance(source, int) and isinstance(value, int) and source == value)
