"""A traced program, run in NumPy, whose derivatives come from a tape.

The program that is traced for ``grad(f)`` calls ``@f.fwd`` and ``@f.rev``, which are only declared (dialects/diff.py).
Here a call of ``@f.fwd`` runs @f and keeps the tape as residuals, and a call of ``@f.rev`` is the reverse sweep over
that tape.  So every transform that is built on reverse mode is followed as it is: `grad`, `vjp`, `jacrev`, gradients in
the middle of a program.

Derivatives that @f itself asks for are defined by diff-expand before @f runs: they are part of the program then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir, walk
from wengert.dialects.control import entry, find_function, functions, symbol
from wengert.dialects.interpret import Interpreter, typed_arguments
from wengert.frontend.explanation.reverse import Sweep, sweep
from wengert.frontend.explanation.tape import Recorder, Tape
from wengert.frontend.plan import Plan
from wengert.frontend.specialize import finish
from wengert.passes.base import run_pipeline
from wengert.passes.expand import DiffExpand
from wengert.passes.purity import CALL, callee
from wengert.passes.recursion import LoopRecursion
from wengert.passes.residual_groups import declaration

FORWARD, REVERSE = "diff.fwd", "diff.rev"


@dataclass(eq=False)
class Run:
    """One evaluation of a differentiated function: its tape, and the reverse sweeps over it.

    names: what the inputs of the tape are called in the call that is explained.
    """

    names: tuple[str, ...]
    tape: Tape
    sweeps: list[Sweep] = field(default_factory=list)

    @property
    def troubled(self) -> bool:
        """Whether something was not finite."""
        return self.tape.culprit is not None or any(s.culprit is not None for s in self.sweeps)


class Stopped(Exception):
    """A tape became too long."""


def follows(module: Any, name: str) -> bool:
    """Whether the function takes derivatives, and all of them in reverse mode."""
    found = [kind for kind, _ in _declared(module, name).values()]
    return FORWARD in found and REVERSE in found and set(found) <= {FORWARD, REVERSE}


def _declared(module: Any, name: str) -> dict[str, tuple[str, str]]:
    """The declared derivatives that a function calls: name -> (kind, of what)."""
    called = {callee(call) for call in walk(find_function(module, name), CALL)}
    declarations = {symbol(func): declaration(func) for func in functions(module) if symbol(func) in called}
    return {name: found for name, found in declarations.items() if found is not None}


class Derivator(Interpreter):
    """Runs the function `name` of a module (traced, in no other way changed) with derivatives by tape.

    Attributes:
        runs: the evaluations of differentiated functions; of many, the first in which something was not finite, and
            the last one.
        count: how many there were.
    """

    def __init__(self, module: Any, name: str, names: Sequence[str], most_operations: int, most_bytes: int) -> None:
        super().__init__(module, {})
        self.name, self.bounds = name, (most_operations, most_bytes)
        self.names = dict(zip(entry(find_function(module, name)).arguments, names, strict=True))
        self.declared = _declared(module, name)
        self.inner = _without(module, [name, *self.declared])
        self.runs: list[Run] = []
        self.count = 0

    def results(self, inputs: Sequence[Any]) -> list[Any]:
        """Run it.

        Raises:
            Stopped: a tape became too long; it is the last of `runs`.
        """
        return self.call(self.name, typed_arguments(self.module, self.name, inputs))

    def operation(self, op: Any, env: dict[Any, Any]) -> list[Any]:
        found = self.declared.get(callee(op)) if op.name == CALL else None
        if found is None:
            return super().operation(op, env)
        operands = [env[v] for v in op.operands]
        return self.forward(op, found[1], operands) if found[0] == FORWARD else self.reverse(operands)

    def forward(self, op: Any, target: str, operands: list[Any]) -> list[Any]:
        wrt = list(ir.DenseI64ArrayAttr(find_function(self.module, callee(op)).attributes["diff.wrt"]))
        names = tuple(self.names.get(op.operands[i], f"input {i}") for i in wrt)
        run = Run(names, Recorder(self.inner, *self.bounds).record(target, operands, wrt))
        self.count += 1
        self.runs = [*[other for other in self.runs if other.troubled][:1], run]
        if run.tape.stopped:
            raise Stopped
        return [*(held.value for held in run.tape.outputs), run]

    def reverse(self, operands: list[Any]) -> list[Any]:
        run, *cotangents = operands
        floats = [held for held in run.tape.outputs if np.issubdtype(np.asarray(held.value).dtype, np.floating)]
        seeds: dict[int, Any] = {}
        for held, ct in zip(floats, cotangents, strict=True):
            if held.slot is not None:
                seeds[held.slot] = seeds.get(held.slot, 0) + ct
        swept = sweep(self.inner, run.tape, seeds)
        run.sweeps.append(swept)
        return [np.zeros_like(held.value)[()] if ct is None else ct
                for held, ct in zip(run.tape.inputs, swept.gradients, strict=True)]


def _without(module: Any, names: Sequence[str]) -> Any:
    """A copy of the module without these functions, in which everything that is left is defined."""
    copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True))
    for name in names:
        find_function(copy, name).erase()
    run_pipeline(copy, (LoopRecursion(), DiffExpand()))
    return copy


def derived(module: Any, plan: Plan, leaves: Sequence[Any], names: Sequence[str], arguments: Any,
            bounds: tuple[int, int]) -> tuple[Any, Derivator]:
    """The result of the traced program on the leaves of its arguments (None if it was stopped), and what ran.

    Args:
        names: of the leaves.
        bounds: the most operations and bytes of a tape.
    """
    inputs = plan.passed(leaves)
    called = [names[source] if isinstance(source, int) else "a captured array" for source in plan.inputs]
    derivator = Derivator(module, plan.signature.name, called, *bounds)
    try:
        values = derivator.results(inputs)
    except Stopped:
        return None, derivator
    returned = [value for value, into in zip(values, plan.signature.into) if into is None]
    return finish(plan, returned, leaves, arguments), derivator



__all__ = ["Derivator", "Run", "derived", "follows"]
