"""A dynamic tape: every operation that touches a differentiated value, in the order in which the program ran it.

The program runs in the NumPy interpreter of the IR; values carry the number of their slot and whether they depend on
a differentiated argument (`Held`), and control flow passes them on as they are.  So loops, branches and calls leave no
trace of their own: the tape is straight-line code, whose reverse sweep (reverse.py) is a second derivation of the
gradient that shares only the rules of single operations with the compiler.

Assumes a module without declared derivatives.  Leaves a `Tape`; it is bounded: the run stops, with a note, after
`most_operations` or when the values that are kept take `most_bytes`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wengert.dialects.bindings import is_float, position_of
from wengert.dialects.control import find_function
from wengert.dialects.errors import Position
from wengert.dialects.interpret import Interpreter, meaning_attributes, typed_arguments
from wengert.dialects.op import Op, zero_tangent
from wengert.passes.calls import CallRecords
from wengert.passes.purity import CALL, callee


class Held:
    """A value of the run: its slot on the tape (None: it depends on no differentiated argument)."""

    __slots__ = ("slot", "value")

    def __init__(self, value: Any, slot: int | None) -> None:
        self.value, self.slot = value, slot

    def __bool__(self) -> bool:
        return bool(self.value)

    def __int__(self) -> int:
        return int(self.value)


@dataclass(eq=False)
class Site:
    """An operation of the program text, and what its executions gave.

    count: executions; first, last, largest: its values then (largest by absolute value; iteration of the largest).
    true: how often a comparison held.
    adjoint, largest_adjoint: of the last execution, and the largest; weight: sum of |value * adjoint| of all.
    """

    op: Any
    record: Op
    position: Position | None
    attributes: dict[str, Any]
    order: int
    count: int = 0
    first: Any = None
    last: Any = None
    largest: Any = None
    largest_at: int = 0
    size: float = -1.0
    true: int = 0
    adjoint: Any = None
    largest_adjoint: float = 0.0
    reached: int = 0
    weight: float = 0.0

    @property
    def symbol(self) -> str:
        return self.record.spelled(self.attributes)

    def ran(self, value: Any) -> None:
        """One more execution, with this value."""
        if not self.count:
            self.first = value
        self.last, size = value, _size(value)
        self.true += np.ndim(value) == 0 and bool(value)
        if not size <= self.size:
            self.largest, self.largest_at, self.size = value, self.count, size
        self.count += 1


@dataclass(slots=True, eq=False)
class Step:
    """One execution: values of operands (stand-ins where the rules only ask for their shape) and results, and slots.

    dead: no derivative goes through (a comparison, a conversion to an integer, stop_gradient, a step function).
    """

    site: Site
    primals: list[Any]
    results: list[Any]
    sources: list[int | None]
    targets: list[int | None]
    iteration: int
    dead: bool


@dataclass(eq=False)
class Tape:
    """What ran.

    sites: in the order in which they first ran.  steps: those that touch a differentiated value.
    culprit: the first step whose result is not finite though its operands are.  stopped: why the run ended early.
    """

    steps: list[Step] = field(default_factory=list)
    sites: dict[Any, Site] = field(default_factory=dict)
    inputs: list[Held] = field(default_factory=list)
    outputs: list[Held] = field(default_factory=list)
    culprit: Step | None = None
    stopped: str = ""
    operations: int = 0


class _Stop(Exception):
    """The run is too long to be kept."""


class Recorder(Interpreter):
    """An interpreter that writes a tape."""

    def __init__(self, module: Any, most_operations: int, most_bytes: int) -> None:
        super().__init__(module, {})
        self.calls: CallRecords | None = None
        self.tape = Tape()
        self.slots = self.bytes = 0
        self.most_operations, self.most_bytes = most_operations, most_bytes

    def record(self, name: str, arguments: Sequence[Any], moving: Sequence[int]) -> Tape:
        """Run function `name`; the arguments at `moving` are the differentiated ones."""
        self.calls = CallRecords(find_function(self.module, name))
        typed = typed_arguments(self.module, name, arguments)
        held = [Held(value, self.slot() if k in moving else None) for k, value in enumerate(typed)]
        self.tape.inputs = [held[k] for k in moving]
        try:
            self.tape.outputs = [v if isinstance(v, Held) else Held(v, None) for v in self.call(name, held)]
        except _Stop as stop:
            self.tape.stopped = str(stop)
        return self.tape

    def slot(self) -> int:
        self.slots += 1
        return self.slots

    def operation(self, op: Any, env: dict[Any, Any]) -> list[Any]:
        """A call of a function with rules is one operation: its derivative is what the rules say."""
        record = self.calls.of(op) if op.name == CALL and self.calls is not None else None
        if record is None:
            return super().operation(op, env)
        operands = [env[v] for v in op.operands]
        values = [v.value if isinstance(v, Held) else v for v in operands]
        sources = [v.slot if isinstance(v, Held) else None for v in operands]
        return self.finished(op, record, values, sources, Interpreter(self.module, {}).call(callee(op), values))

    def apply(self, op: Any, record: Op, operands: list[Any]) -> list[Any]:
        values = [v.value if isinstance(v, Held) else v for v in operands]
        sources = [v.slot if isinstance(v, Held) else None for v in operands]
        results = super().apply(op, record, values)
        return self.finished(op, record, values, sources, results)

    def finished(
        self, op: Any, record: Op, values: list[Any], sources: list[int | None], results: list[Any]
    ) -> list[Any]:
        """Enter an operation that has been executed; its results as held values."""
        tape = self.tape
        site = tape.sites.get(op)
        if site is None:
            site = Site(op, record, position_of(op.location), meaning_attributes(op), len(tape.sites))
            tape.sites[op] = site
        iteration = site.count
        if results:
            site.ran(_shown(record, values, results))
        tape.operations += 1
        active = any(s is not None for s in sources)
        inert = not record.jvp or record.jvp is zero_tangent
        dead = active and (inert or not any(is_float(r.type) for r in op.results))
        targets = [self.slot() if active and not dead and is_float(r.type) else None for r in op.results]
        creates = tape.culprit is None and results and _creates_non_finite(values, results)
        if active or creates:
            primals, kept = _kept(record, values, results)
            step = Step(site, primals, kept, sources, targets, iteration, dead)
            if creates:
                tape.culprit = step
            if active:
                tape.steps.append(step)
                self.bytes += sum(v.nbytes for v in kept)
        if tape.operations > self.most_operations:
            raise _Stop(f"stopped after {self.most_operations:,} operations; limit= allows more")
        if self.bytes > self.most_bytes:
            raise _Stop(f"stopped when the values that were kept took {self.most_bytes >> 20} MiB")
        return [Held(value, target) for value, target in zip(results, targets, strict=True)]


def _kept(record: Op, values: list[Any], results: list[Any]) -> tuple[list[Any], list[Any]]:
    """What the rules may ask for: an op that moves data only needs the shape of the arrays it moves."""
    if record.family != "structural":
        return values, [np.asarray(r) for r in results]
    moved = record.linear if record.destination is None else (record.destination,)  # what a write writes is shown
    primals = [_stand_in(v) if i in moved else v for i, v in enumerate(values)]
    return primals, [_stand_in(r) if record.destination is not None else np.asarray(r) for r in results]


def _stand_in(value: Any) -> Any:
    """An array of this shape and dtype that takes no memory; a number stays."""
    array = np.asarray(value)
    return _Shape(array.shape, array.dtype) if array.ndim else value


class _Shape:
    """The shape and dtype of an array that is not kept."""

    nbytes = 0

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype


def _shown(record: Op, values: list[Any], results: list[Any]) -> Any:
    """The value of an execution for a reader: of a write into an array what is written."""
    return values[0] if record.destination is not None else results[0]


def _size(value: Any) -> float:
    """The largest absolute value; inf where one is nan."""
    array = np.asarray(value)
    if not array.size:
        return 0.0
    size = float(np.max(np.abs(array))) if array.dtype != np.bool_ else float(array.any())
    return np.inf if np.isnan(size) else size


def _finite(value: Any) -> bool:
    array = np.asarray(value)
    return not np.issubdtype(array.dtype, np.floating) or bool(np.isfinite(array).all())


def _creates_non_finite(values: list[Any], results: list[Any]) -> bool:
    return bool(values) and not all(map(_finite, results)) and all(map(_finite, values))


__all__ = ["Held", "Recorder", "Site", "Step", "Tape"]
