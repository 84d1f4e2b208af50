"""Why a gradient is NaN, infinite, zero or huge: the first operation that is to blame, the reason, and what to do.

Forward, the culprit is the first operation whose result is not finite although its operands are; backward, the first
one of the reverse sweep that sends a cotangent that is not finite although it received a finite one.  A gradient that
is zero is followed from the argument to where each of its paths ends.  The reasons are read from fields of the op
records (kinks, families, linearity) and from the numbers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.errors import Position
from wengert.dialects.kinks import Kink
from wengert.frontend.explanation.derive import Run
from wengert.frontend.explanation.reverse import Sweep, partial
from wengert.frontend.explanation.tape import Step, Tape
from wengert.passes.failures import spelled

#: A gradient with a component beyond this is called huge, and one factor beyond this is the reason of it.
HUGE, LARGE_FACTOR = 1e8, 1e3
#: The most ends of paths that are listed, and operations that are looked at to find them.
MOST_ENDS, MOST_STEPS = 3, 100_000


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    what: a sentence with the operation and its operands.  why: the reason.  help: what to do.
    """

    what: str
    why: str
    help: str
    position: Position | None


KEEP_AWAY = "choose another result there with np.where (then this is no path), or add a small number to the operand"


def diagnosis(run: Run) -> list[Finding]:
    """What is wrong with the gradient that a run has given."""
    with np.errstate(all="ignore"):
        return _diagnosis(run)


def _diagnosis(run: Run) -> list[Finding]:
    found: list[Finding] = []
    if run.tape.culprit is not None:
        found.append(_forward(run.tape.culprit))
    if not run.sweeps:
        return found
    sweep = run.sweeps[-1]
    if sweep.culprit is not None:
        found.append(_backward(*sweep.culprit))
    if run.tape.culprit is None and not all(np.all(np.isfinite(g)) for g in sweep.gradients if g is not None):
        found += _from_outside(run.tape)
    found += _zeros(run, sweep)
    largest = max((_largest(g) for g in sweep.gradients if g is not None), default=0.0)
    if HUGE < largest < np.inf and sweep.amplified is not None:
        found.append(_huge(largest, sweep, run.tape))
    known = {finding.position for finding in found}
    return found + [finding for finding in _at_kinks(run.tape, sweep) if finding.position not in known]


def _at_kinks(tape: Tape, sweep: Sweep) -> list[Finding]:
    """The first operation at a kink that a derivative went through."""
    for step in tape.steps[:MOST_STEPS]:
        through = any(sweep.arrived.get(target) for target in step.targets if target is not None)
        for kink in step.site.record.kinks if through else ():
            holds = kink.where(*step.primals, **step.site.attributes)
            if holds is not None and np.any(holds):
                what = f"{_call(step, _first(holds))} is at a kink"
                return [Finding(what, f"the derivative that is used there is {kink.convention}", "see docs/kinks.md",
                                step.site.position)]
    return []


# ---------------------------------------------------------------- NaN and infinity


def _forward(step: Step) -> Finding:
    place = _first(~np.isfinite(np.asarray(step.results[0])))
    operands, result = _elements(step, place), _element(step.results[0], place)
    what = f"forward: {_call(step, place)} is {result}, the first value that is not finite"
    kink = _kink(step, place)
    if np.isnan(result):
        return Finding(what, "the function has no value there", "check the operands before, or choose another formula",
                       step.site.position)
    if kink is not None:
        return Finding(what, "the operand is at the edge of the domain", KEEP_AWAY, step.site.position)
    if step.site.record.bilinear == (0,) and len(operands) == 2 and operands[1] == 0:
        return Finding(what, "division by zero", KEEP_AWAY, step.site.position)
    largest = np.finfo(np.asarray(step.results[0]).dtype).max
    return Finding(what, f"overflow: the result is beyond {largest:.3g}",
                   "scale the operands, subtract a maximum before exp, or compute with logarithms", step.site.position)


def _from_outside(tape: Tape) -> list[Finding]:
    """The first operation with an operand that is not finite, where no operation has made it."""
    for step in tape.steps[:MOST_STEPS]:
        for x in step.primals:
            if isinstance(x, (np.ndarray, np.floating)) and not np.all(np.isfinite(x)):
                alike = bool(step.results) and np.shape(x) == np.shape(step.results[0])
                place = _first(~np.isfinite(x)) if alike else ()
                what = f"forward: {_call(step, place)} has an operand that is not finite from the start"
                return [Finding(what, "it comes from an argument, a captured array or a constant", "check the data",
                                step.site.position)]
    return []


def _backward(step: Step, i: int, ct: Any) -> Finding:
    """Of the contribution ct * dy/dx_i."""
    position = step.site.position
    if step.site.record.family != "elementwise":
        return Finding(f"backward: the derivative of {step.site.symbol} is not finite", "overflow, or its operands are "
                       "not finite", "scale the operands", position)
    slope = partial(step, i)
    place = _first(~np.isfinite(np.asarray(ct * slope)))
    at, factor = _element(ct, place), _element(slope, place)
    what = f"backward: {_call(step, place)} receives the adjoint {at:.6g} and has the derivative {factor:.6g}"
    kink = _kink(step, place)
    if not np.isfinite(_element(step.results[0], place)) and all(map(np.isfinite, _elements(step, place))) and not kink:
        return Finding(what, "its result is not finite already: see forward", "see forward", position)
    if np.isinf(factor):
        why = "0 * inf: nothing depends on the result here, and its derivative is infinite" if at == 0 else \
            "the derivative is infinite"
        return Finding(what, f"{why}, at a kink or at the edge of the domain" if kink else why, KEEP_AWAY, position)
    if np.isnan(factor):
        finite = all(np.isfinite(x) for x in _elements(step, place))
        why = "the derivative has no value there" if finite else "its operand is not finite already: see forward"
        return Finding(what, why, KEEP_AWAY if finite else "find out where the operand comes from", position)
    return Finding(what, "overflow of their product", "scale the function, or its argument", position)


# ---------------------------------------------------------------- zero


Consumers = dict[int, list[tuple[Step, int]]]


def _consumers(tape: Tape) -> Consumers:
    found: Consumers = {}
    for step in tape.steps:
        for i, slot in enumerate(step.sources):
            if slot is not None:
                found.setdefault(slot, []).append((step, i))
    return found


def _zeros(run: Run, sweep: Sweep) -> list[Finding]:
    """Where the paths end from the inputs whose gradient is zero; inputs whose paths end together are told together."""
    consumers = _consumers(run.tape)
    ends: dict[Any, tuple[Step, int, bool, list[str]]] = {}
    unused: list[str] = []
    for name, held, gradient in zip(run.names, run.tape.inputs, sweep.gradients, strict=True):
        if np.any(gradient) or np.size(held.value) == 0:
            continue
        if held.slot not in consumers:
            unused.append(name)
        reasons: dict[Any, tuple[Step, int, bool]] = {}
        for step, i, reached in _ends(held.slot, sweep, consumers):
            reasons.setdefault(step.site, (step, i, reached))
        every = list(reasons.values())
        telling = [end for end in every if not _compares(end[0])] or every
        telling = [end for end in telling if end[0].dead or end[2]] or telling  # others only say that it is not used
        for end in telling[:MOST_ENDS]:
            ends.setdefault(end[0].site, (*end, []))[3].append(name)
    found = [Finding(f"{_gradients(unused)}: nothing is computed from it", "no path from the argument to the result",
                     "check the argument, and argnums", None)] if unused else []
    for step, i, reached, names in ends.values():
        why, help = _end(step, i, reached)
        numbers = step.site.record.family in ("elementwise", "discrete")
        place = _first(np.ones(np.shape(step.results[0]), bool)) if numbers else ()
        what = f"{_gradients(names)}: a path ends in {_call(step, place)}"
        found.append(Finding(what, why, help, step.site.position))
    return found


def _compares(step: Step) -> bool:
    """Whether a path ends in a comparison: where others end, this is what decided on them."""
    return step.dead and bool(step.results) and np.asarray(step.results[0]).dtype == np.bool_


def _gradients(names: list[str]) -> str:
    shown = ", ".join(names[:MOST_ENDS]) + (", ..." if len(names) > MOST_ENDS else "")
    return f"the gradient of {shown} is zero"


def _ends(slot: int | None, sweep: Sweep, consumers: Consumers) -> Iterator[tuple[Step, int, bool]]:
    """Where the paths from a value end, and whether a cotangent arrived there."""
    pending, seen, looked = [slot], {slot}, 0
    while pending and looked < MOST_STEPS:
        for step, i in consumers.get(pending.pop() or 0, ()):
            looked += 1
            arrived = [sweep.arrived.get(target) for target in step.targets if target is not None]
            if step.dead:
                yield step, i, False
            elif any(a is not None and a != 0 for a in arrived):
                yield step, i, True
            else:
                targets = [t for t in step.targets if t is not None]
                if not any(t in consumers for t in targets):
                    yield step, i, False
                pending += [t for t in targets if t not in seen]
                seen.update(targets)


def _end(step: Step, i: int, reached: bool) -> tuple[str, str]:
    """Why a path ends at a step."""
    record = step.site.record
    if step.dead and record.family == "discrete":
        if _compares(step):
            return ("the value is only compared: the branch or the choice that was made does not use it",
                    "a comparison has no derivative; make the result depend on the value on the side that is taken")
        return "it is converted to an integer", "compute with floats, or give the step a derivative with custom_jvp"
    if step.dead and record.kinks:
        return "a step function: its derivative is zero", "use a smooth function, or give it a derivative (custom_jvp)"
    if step.dead:
        return "the derivative is stopped here", "leave stop_gradient out"
    if not reached:
        return "no result depends on this", "return it, or something that is computed from it"
    if record.family == "structural":
        choice = record.destination is None and len(record.linear) > 1
        return ("the other side was chosen" if choice else "it is overwritten, or these elements are not used",
                "check the condition" if choice else "check the indices")
    if record.family == "elementwise":
        if any(_holds(kink, step) for kink in record.kinks):
            return "the derivative at a kink is zero by convention (docs/kinks.md)", "move the point"
        if record.bilinear:
            return "it is multiplied by zero", "check the other factor"
        why = "its derivative is zero: it is flat there, or saturated (in floating point the result does not change)"
        return why, "scale the operand, or begin with another point"
    return "its derivative is zero there", "begin with another point"


# ---------------------------------------------------------------- huge


def _huge(largest: float, sweep: Sweep, tape: Tape) -> Finding:
    assert sweep.amplified is not None
    factor, step = sweep.amplified
    what = f"the gradient is as large as {largest:.3g}"
    if factor >= LARGE_FACTOR:
        place = _first(np.ones(np.shape(step.results[0]), bool))
        kind = "of all" if np.ndim(step.results[0]) else ""
        call = _call(step, place) if not kind else step.site.symbol
        return Finding(f"{what}: {call} makes the adjoint {factor:.3g} times as large", "the largest single factor",
                       "scale its operands; near a pole or an edge this is what the derivative is", step.site.position)
    most = max(tape.sites.values(), key=lambda site: site.reached)
    rate = largest ** (1.0 / max(most.reached, 1))
    return Finding(f"{what}: it grows by about {rate:.3g} in each of {most.reached} iterations",
                   "no operation alone is to blame", "fewer steps, smaller ones, or a stable iteration", most.position)


# ---------------------------------------------------------------- elements


def _largest(x: Any) -> float:
    return float(np.max(np.abs(x))) if np.size(x) else 0.0


def _first(flags: Any) -> tuple[int, ...]:
    """The indices of the first element that is true; () of a number."""
    flags = np.asarray(flags)
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(flags)), flags.shape)) if flags.ndim else ()


def _element(x: Any, place: tuple[int, ...]) -> Any:
    return np.asarray(x)[place] if np.ndim(x) == len(place) else np.asarray(x).reshape(-1)[0]


def _elements(step: Step, place: tuple[int, ...]) -> list[Any]:
    """The operands at this element, where they have one."""
    return [np.asarray(x)[place] for x in step.primals
            if isinstance(x, (np.ndarray, np.generic, float, int)) and np.ndim(x) == len(place)]


def _call(step: Step, place: tuple[int, ...]) -> str:
    """The step as one writes it, at one element."""
    record = step.site.record
    shown = _elements(step, place) if record.family in ("elementwise", "discrete") else []
    text = spelled(step.site.symbol, [f"{x:.6g}" for x in shown])
    return f"{text} at element {', '.join(map(str, place))}" if place else text


def _holds(kink: Kink, step: Step) -> Any:
    found = kink.where(*step.primals, **step.site.attributes)
    return None if found is None else np.any(found)


def _kink(step: Step, place: tuple[int, ...]) -> Kink | None:
    """The kink of an operation at an element, if it is at one."""
    operands = _elements(step, place)
    if len(operands) != len(step.primals):
        return None
    return next((kink for kink in step.site.record.kinks if kink.where(*operands, **step.site.attributes)), None)
