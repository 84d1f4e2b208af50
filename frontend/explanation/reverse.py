"""The reverse sweep over a tape, in NumPy: a second derivation of gradients.

For one step the cotangents of the operands come

- of elementwise operations from their partial derivatives: the record's jvp rule, applied to arrays with one tangent of
  ones at a time;
- of operations that move data from where they move it: the operation, applied to the numbers of the elements, says
  which element each element of the result is;
- of the others (products, reductions, calls with rules) from the compiler's own passes, applied to this one operation
  as a function of its own, executed by the interpreter.

The sweep is a list of steps in reverse; no control flow, no storage and no simplification of the compiler takes part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir, is_float
from wengert.dialects.build import create
from wengert.dialects.control import entry, function_types, make_function, return_, symbol
from wengert.dialects.diff import RESIDUALS
from wengert.dialects.interpret import run
from wengert.frontend.explanation.tape import Site, Step, Tape
from wengert.passes.expand import expand
from wengert.passes.purity import CALL


@dataclass(eq=False)
class Sweep:
    """What the sweep left.

    gradients: of the inputs of the tape, None where none arrived.
    arrived: the largest absolute cotangent of each slot a cotangent arrived at.
    culprit: the first step (in reverse order) that made a cotangent that is not finite from finite ones, the number of
    the operand that got it, and the cotangent it was made from.
    amplified: the largest factor between what a step received and what it sent, and that step.
    """

    gradients: list[Any] = field(default_factory=list)
    arrived: dict[int, float] = field(default_factory=dict)
    culprit: tuple[Step, int, Any] | None = None
    amplified: tuple[float, Step] | None = None


@dataclass(slots=True)
class Cotangent:
    """A cotangent; `chosen` marks the elements that a `select` on every path to it has chosen (None: an ordinary one).

    Where it is not chosen the zero means "no path": no partial derivative is multiplied with it (passes/masks.py).
    """

    value: Any
    chosen: Any = None

    def plus(self, other: Cotangent) -> Cotangent:
        value = self.value + other.value
        masked = self.chosen is not None and other.chosen is not None
        return Cotangent(value, value != 0 if masked else None)

    def masked(self, value: Any) -> Any:
        """`value`, which is linear in this cotangent, element by element; zero where nothing was chosen."""
        return value if self.chosen is None else np.where(self.chosen, value, np.zeros_like(value))


Pullbacks = dict[Any, Callable[..., list[Any]]]


def sweep(module: Any, tape: Tape, seeds: Mapping[int, Any]) -> Sweep:
    """Cotangents of the inputs, from those of some slots (`seeds`: slot -> cotangent)."""
    found = Sweep()
    cotangents = {slot: Cotangent(np.array(ct)) for slot, ct in seeds.items()}
    pullbacks: Pullbacks = {}

    def arrives(slot: int | None) -> Cotangent | None:
        ct = None if slot is None else cotangents.pop(slot, None)  # complete: nothing before this step uses the value
        if ct is not None and slot is not None:
            found.arrived[slot] = _largest(ct.value)
        return ct

    with np.errstate(all="ignore"):
        for step in reversed(tape.steps):
            cts = [arrives(slot) for slot in step.targets]
            if not step.dead and any(ct is not None for ct in cts):
                for slot, contribution in _pull(module, step, cts, pullbacks, found):
                    present = cotangents.get(slot)
                    cotangents[slot] = contribution if present is None else present.plus(contribution)
        found.gradients = [None if (ct := arrives(held.slot)) is None else ct.value for held in tape.inputs]
    return found


def _pull(module: Any, step: Step, cts: list[Cotangent | None], pullbacks: Pullbacks,
          found: Sweep) -> list[tuple[int, Cotangent]]:
    """What each differentiated operand of a step receives: (slot, contribution)."""
    site, record = step.site, step.site.record
    present = [ct for ct in cts if ct is not None]
    if record.family == "structural":
        contributions = _moved(step, present[0])
    elif record.family == "elementwise":
        contributions = _scaled(step, present[0])
    else:
        if site.op not in pullbacks:
            pullbacks[site.op] = _pullback(module, site)
        values = pullbacks[site.op](step, [None if ct is None else ct.value for ct in cts])
        masked = all(ct.chosen is not None for ct in present)
        contributions = [None if v is None else Cotangent(v, v != 0 if masked else None) for v in values]
    _note(step, contributions[0] if record.destination is not None else cts[0])
    finite, incoming = all(np.isfinite(ct.value).all() for ct in present), max(_largest(ct.value) for ct in present)
    sent = []
    for i, (slot, contribution) in enumerate(zip(step.sources, contributions, strict=True)):
        if slot is None or contribution is None:
            continue
        if finite and found.culprit is None and not np.isfinite(contribution.value).all():
            found.culprit = (step, i, present[0].value)
        if incoming and (ratio := _largest(contribution.value) / incoming) > (found.amplified or (0.0,))[0]:
            found.amplified = (ratio, step)
        sent.append((slot, contribution))
    return sent


def _scaled(step: Step, ct: Cotangent) -> list[Cotangent | None]:
    """ct * dy/dx_i of an elementwise operation."""
    return [None if slot is None else Cotangent(ct.masked(ct.value * partial(step, i)), ct.chosen)
            for i, slot in enumerate(step.sources)]


def partial(step: Step, i: int) -> Any:
    """The partial derivative of an elementwise step by operand i, an array like the operand."""
    record = step.site.record
    tangents = [np.ones_like(x) if k == i else None for k, x in enumerate(step.primals)]
    assert callable(record.jvp)
    tangent = record.jvp(step.primals, step.results, tangents, step.site.attributes)[0]
    return np.zeros_like(step.primals[i]) if tangent is None else tangent


def _moved(step: Step, ct: Cotangent) -> list[Cotangent | None]:
    """Every element of ct goes to the element of an operand that stands there."""
    numbers, first = _numbered(step)
    flat, result = numbers.reshape(-1), np.asarray(ct.value).reshape(-1)
    choice = step.site.record.destination is None and len(first) > 1  # elements of several operands compete for a place
    contributions: list[Cotangent | None] = [None] * len(step.sources)
    for i, start in first.items():
        operand = step.primals[i]
        shape, dtype = (operand.shape, operand.dtype) if hasattr(operand, "shape") else ((), np.float64)
        size = int(np.prod(shape))
        here = (flat >= start) & (flat < start + size)
        sums = np.bincount(flat[here] - start, weights=result[here], minlength=size).reshape(shape).astype(dtype)
        taken = np.bincount(flat[here] - start, minlength=size).reshape(shape) > 0 if choice else sums != 0
        contributions[i] = Cotangent(sums, ct.masked(taken) if choice else None if ct.chosen is None else taken)
    return contributions


def _numbered(step: Step) -> tuple[np.ndarray, dict[int, int]]:
    """The operation applied to element numbers, and the number of the first element of each operand it moves."""
    record, values, first, count = step.site.record, list(step.primals), {}, 0
    for i in record.linear:
        shape = np.shape(values[i]) if not hasattr(values[i], "shape") else values[i].shape
        size = int(np.prod(shape))
        values[i] = np.arange(count, count + size).reshape(shape)[()]
        first[i], count = count, count + size
    attributes = dict(step.site.attributes)
    if record.typed:
        attributes["out"] = [(tuple(r.shape), np.int64) for r in step.results]
    return np.asarray(record.meaning(*values, **attributes)), first


def _pullback(module: Any, site: Site) -> Callable[[Step, list[Any]], list[Any]]:
    """The pullback of one operation: the compiler's, of a function that does nothing else."""
    operands, results = list(site.op.operands), list(site.op.results)
    moving = [i for i, v in enumerate(operands) if is_float(v.type)]
    name, residuals = f"explained.{site.order}", ir.Type.parse(RESIDUALS)
    types, out = [v.type for v in operands], [r.type for r in results]
    cotangents, moved = [t for t in out if is_float(t)], [types[i] for i in moving]
    with site.op.location:
        func = make_function(module, name, types, out)
        with ir.InsertionPoint(entry(func)):
            clone = site.op.clone()
            for i, argument in enumerate(entry(func).arguments):
                clone.operands[i] = argument
            return_(list(clone.results), entry(func))
        forward = declare(module, f"{name}.fwd", "diff.fwd", name, types, [*out, residuals], moving)
        reverse = declare(module, f"{name}.rev", "diff.rev", f"{name}.fwd", [residuals, *cotangents], moved)
        pull = make_function(module, f"{name}.pull", [*types, *cotangents], moved)
        arguments = list(entry(pull).arguments)
        with ir.InsertionPoint(entry(pull)):
            *_, saved = call(forward, arguments[: len(types)])
            return_(call(reverse, [saved, *arguments[len(types):]]), entry(pull))
    expand(module)

    def pulled(step: Step, cts: list[Any]) -> list[Any]:
        given = [np.zeros_like(y) if ct is None else ct
                 for y, ct, result in zip(step.results, cts, out) if is_float(result)]
        found = iter(run(module, f"{name}.pull", [*step.primals, *given]))
        return [next(found) if i in moving else None for i in range(len(types))]

    return pulled


def declare(module: Any, name: str, kind: str, of: str, arguments: list[Any], results: list[Any],
            wrt: list[int] | None = None) -> Any:
    """A declared derivative (dialects/diff.py)."""
    attributes = {
        "sym_name": ir.StringAttr.get(name),
        "sym_visibility": ir.StringAttr.get("private"),
        "function_type": ir.TypeAttr.get(ir.FunctionType.get(arguments, results)),
        kind: ir.FlatSymbolRefAttr.get(of),
    }
    if wrt is not None:
        attributes["diff.wrt"] = ir.DenseI64ArrayAttr.get(wrt)
    return create("func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(module.body))


def call(func: Any, operands: list[Any]) -> list[Any]:
    target = {"callee": ir.FlatSymbolRefAttr.get(symbol(func))}
    return list(create(CALL, function_types(func)[1], operands, target).results)


def _note(step: Step, cotangent: Cotangent | None) -> None:
    """What the reader sees of the adjoint: the last one of the run, the largest, and the share."""
    if cotangent is None:
        return
    ct = cotangent.value
    site, largest = step.site, _largest(ct)
    if not site.reached:
        site.adjoint = ct
    site.reached += 1
    site.largest_adjoint = max(site.largest_adjoint, largest)
    value = step.primals[0] if site.record.destination is not None else step.results[0]
    if np.shape(value) == np.shape(ct):
        weight = np.abs(np.asarray(value) * ct)
        site.weight += float(np.sum(weight[np.isfinite(weight)]))


def _largest(ct: Any) -> float:
    array = np.abs(np.asarray(ct))
    return float(array.max()) if array.size else 0.0


__all__ = ["Sweep", "partial", "sweep"]
