"""wengert.explain: where a gradient comes from, line by line, and why it is NaN, zero or huge."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.bindings import position_of, walk
from wengert.dialects.errors import DifferentiationError, Position
from wengert.frontend.arguments import flatten, leaf_paths
from wengert.frontend.derivatives import Linearized, trace_inner
from wengert.frontend.differentiate import has_floats
from wengert.frontend.explanation.derive import Derivator, Run, derived, follows
from wengert.frontend.explanation.diagnose import Finding, diagnosis
from wengert.frontend.explanation.lines import Block, blocks
from wengert.frontend.explanation.render import Report, as_html, as_table, as_text
from wengert.frontend.forms import constant_of
from wengert.frontend.function import Function, in_trace
from wengert.frontend.options import DEFAULT
from wengert.frontend.positions import definition_of
from wengert.frontend.specialize import the_context, trace_function

MOST_OPERATIONS, MOST_BYTES = 1_000_000, 1 << 30


@dataclass(frozen=True, repr=False)
class Explanation:
    """A gradient, explained.

    Print it, or let a notebook show it.

    Attributes:
        result: what the explained function returns, computed by NumPy; None if the run was stopped.
        findings: what is wrong: NaN, infinity, zero, huge, kinks, each with the line, the reason and what to do.
        notes: what a reader should know about the numbers.
        inputs: (name, value, gradient) of what is differentiated.
        blocks: the functions that ran, line by line.
        shares: for each operation of `blocks` its part of the sum of |value * adjoint|.
        storage: for (file, line) what is stored for the reverse sweep.
    """

    result: Any
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]
    inputs: tuple[tuple[str, Any, Any], ...]
    blocks: tuple[Block, ...]
    shares: dict[Any, float]
    storage: dict[tuple[str, int], str]
    title: str

    def _report(self) -> Report:
        return Report(self.title, self.findings, self.notes, self.inputs, self.blocks, self.shares, self.storage)

    def __str__(self) -> str:
        return as_text(self._report())

    __repr__ = __str__

    def __rich__(self) -> Any:
        return as_table(self._report())

    def _repr_html_(self) -> str:
        return as_html(self._report())


def explain(g: Callable[..., Any], *args: Any, limit: int = MOST_OPERATIONS, **kwargs: Any) -> Explanation:
    """Where the gradient `g` computes at these arguments comes from.

    The program runs in NumPy, operation by operation; so does the reverse sweep.  For each line of the function, and of
    those it calls, the explanation has the value, its adjoint (the derivative of the result by that value), and its
    share: the sum of |value * adjoint| over all elements and iterations, as a part of the same sum over all lines (what
    the result changes by, to first order, when the values of that line change by a relative amount).

    Args:
        g: ``grad(f)``, ``value_and_grad(f)``, ``jacrev(f)``, or any function that takes derivatives in reverse mode; of
            another one the gradient of the sum of the floats it returns is explained.
        limit: the most operations that are executed.

    Raises:
        DifferentiationError: the function has no float as argument or as result.
        WengertError: as when `g` is called.

    >>> import numpy as np, wengert
    >>> explanation = wengert.explain(wengert.grad(lambda x: np.sum(np.sqrt(x))), np.array([4.0, 0.0]))
    >>> explanation.findings[0].what
    'backward: sqrt(0) at element 1 receives the adjoint 1 and has the derivative inf'
    """
    result, derivator, compiled, derivative = _evaluated(g, args, kwargs, limit)
    run = derivator.runs[-1] if not derivator.runs[0].troubled else derivator.runs[0]
    sites = list(run.tape.sites.values())
    shown = tuple(blocks(sites, compiled))
    named = [line.site for block in shown for line in block.lines if line.site is not None]
    total = sum(site.weight for site in named)
    shares = {site: site.weight / total for site in named if site.reached and total > 0}
    findings = tuple(diagnosis(run))
    gradients = run.sweeps[-1].gradients if run.sweeps else [None] * len(run.names)
    inputs = tuple((name, held.value, gradient if gradient is not None or not run.sweeps else np.zeros_like(held.value))
                   for name, held, gradient in zip(run.names, run.tape.inputs, gradients, strict=True))
    return Explanation(result, findings, tuple(_notes(run, derivator)), inputs, shown, shares,
                       _storage(derivative, args, kwargs), _title(g, findings))


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
               ) -> tuple[Any, Derivator, list[Position], Function]:
    """The result, what ran, the positions of all operations of the program, and the function it is."""
    arguments = args, kwargs
    leaves, structure = flatten(arguments)
    leaves = [np.array(leaf) if isinstance(leaf, np.ndarray) else leaf for leaf in leaves]
    derivative = g if isinstance(g, Function) else Function(g, DEFAULT)
    with the_context():
        module, plan = trace_function(derivative.py_func, leaves, structure, frozenset())
        if not follows(module, plan.signature.name):
            derivative = Function(_pulled(g), derivative.options, look=g)
            module, plan = trace_function(derivative.py_func, leaves, structure, frozenset())
        positions = [found for op in walk(module) if (found := position_of(op.location)) is not None]
        result, derivator = derived(module, plan, leaves, _names(g, *arguments), arguments, (limit, MOST_BYTES))
    return result, derivator, positions, derivative


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


# ---------------------------------------------------------------- words


def _names(g: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> list[str]:
    """The leaves of the arguments, by the parameters of `g`."""
    try:
        parameters = list(inspect.signature(g).parameters)
    except (TypeError, ValueError):  # written in C
        parameters = []
    parameters += [f"argument {k}" for k in range(len(parameters), len(args))]
    trees = [*zip(parameters, args), *sorted(kwargs.items())]
    return [name + path for name, tree in trees for path in leaf_paths(tree)]


def _title(g: Callable[..., Any], findings: Sequence[Finding]) -> str:
    many = "" if len(findings) == 1 else "s"
    return f"{getattr(g, '__name__', 'the function')}: {len(findings) or 'no'} finding{many}"


def _notes(run: Run, derivator: Derivator) -> list[str]:
    notes = []
    if run.tape.stopped:
        notes.append(f"The run was {run.tape.stopped}: values are those until then, and there are no adjoints.")
    if derivator.count > 1:
        which = "the first in which something was not finite" if run.troubled else "the last"
        notes.append(f"The function was differentiated {derivator.count} times; this is {which}.")
    if len(run.sweeps) > 1:
        notes.append(f"{len(run.sweeps)} reverse sweeps: shares are of all of them, adjoints of the first.")
    return notes


def _storage(g: Function, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[tuple[str, int], str]:
    """What the compiled gradient does with the values of each line, in bytes where it stores them."""
    found: dict[tuple[str, int], dict[str, int]] = {}
    for row in g.memory_report(*args, **kwargs).rows:
        if row.position is not None:
            kinds = found.setdefault((row.position.file, row.position.line), {})
            kinds[row.kind] = kinds.get(row.kind, 0) + row.bytes
    return {place: "; ".join(f"{kind}, {size:,} B" if size else kind for kind, size in kinds.items())
            for place, kinds in found.items()}


__all__ = ["Explanation", "explain", "interpreted"]
