"""What runs for one kind of arguments: loaded code and the plan of its calls.

Assumes code that a target, or the disk cache, has loaded. Needs no compiler: what only some results need is imported
when there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import EllipsisType, MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.frontend.arguments import alias_pattern, prepare, refuse_overlap, unflatten
from wengert.frontend.guards import holds
from wengert.frontend.plan import Plan
from wengert.runtime.result_tree import Tree, taken_apart

if TYPE_CHECKING:
    from wengert.frontend.linear_maps import MapProgram


@dataclass(frozen=True)
class Program:
    """Loaded code.

    entry: takes the inputs of the plan and returns its tree (see Plan).
    reads: the inputs the results depend on, in order.
    copies_in_loops, allocations_in_loops: counted in the IR after bufferization.
    checks, prints: what the code may raise, and what it writes (outcomes.py).
    code: the object code, for the disk; empty when it came from there.
    """

    entry: Callable[..., Any]
    tree: Tree | EllipsisType
    reads: tuple[int, ...] = ()
    copies_in_loops: int = 0
    allocations_in_loops: int = 0
    checks: Sequence[Any] = ()
    prints: Sequence[Any] = ()
    code: bytes = b""


class Specialization:
    """A compiled function for one kind of arguments.

    direct: whether a call of the flat leaves is a call of the entry (see Plan.direct).
    """

    def __init__(
        self,
        plan: Plan,
        program: Program,
        description: str,
        maps: Mapping[str, MapProgram],
        direct: bool,
        leaves: Sequence[Any],
    ) -> None:
        self.plan, self.program, self.description, self.maps = plan, program, description, maps
        self.static = plan.static
        self.direct = direct
        self._given = _Given.of(plan, leaves)
        self._as_they_are = plan.as_they_are

    def __call__(self, leaves: Sequence[Any], arguments: Any) -> Any:
        """Run on the leaves of a call; `arguments` is the tree they come from."""
        passed = self.plan.passed(leaves)
        if self.plan.signature.written:
            refuse_overlap(passed, self.plan.signature.written)
        prepared = [prepare(leaf, k in self.plan.signature.written) for k, leaf in enumerate(passed)]
        returned = self.program.entry(*prepared)
        if self.program.tree is not ...:
            returned = taken_apart(self.program.tree, returned, len(self.plan.signature.returned))
        for k in self.plan.signature.written:
            if prepared[k] is not passed[k] and not np.shares_memory(prepared[k], passed[k]):
                passed[k][...] = prepared[k]
        return finish(self.plan, returned, leaves, arguments, self.maps)

    def attempt(self, leaves: Sequence[Any], arguments: Any) -> Any:
        """The result if the leaves are just what the entry takes, as they are; otherwise NotImplemented."""
        if not self._given.fits(leaves) or not self.holds(leaves):
            return NotImplemented
        result = self.program.entry(*(leaves if self._as_they_are else self.plan.passed(leaves)))
        if result is NotImplemented or self.program.tree is not ...:
            return result
        return finish(self.plan, result, leaves, arguments, self.maps)

    def holds(self, leaves: Sequence[Any]) -> bool:
        """Whether every captured constant still is what it was when the code was traced, and every argument that was a
        captured array."""
        for i, array in self.plan.coincident:
            if leaves[i] is not array:
                return False
        return holds(self.plan.guards) and all(np.array_equal(array, copy) for array, copy in self.plan.baked)


@dataclass(frozen=True)
class _Given:
    """What an entry does not look at among the leaves of a call.

    known: (leaf, its value) of those that went into the code.
    same: (leaf, the earlier one that is the same array).
    types: (leaf, its type), where NumPy tells Python's numbers from its own.
    """

    known: tuple[tuple[int, Any], ...]
    same: tuple[tuple[int, int], ...]
    types: tuple[tuple[int, type], ...]

    @staticmethod
    def of(plan: Plan, leaves: Sequence[Any]) -> _Given:
        same = tuple((i, first) for i, first in enumerate(alias_pattern(leaves)) if first != i)
        passed = {source for source in plan.inputs if isinstance(source, int)} | {i for i, _ in same}
        known = tuple((i, leaf) for i, leaf in enumerate(leaves) if i not in passed) + plan.coincident
        numbers = [(i, type(leaf)) for i, leaf in enumerate(leaves) if not isinstance(leaf, np.ndarray)]
        return _Given(known, same, tuple(numbers) if plan.weak_matters else ())

    def fits(self, leaves: Sequence[Any]) -> bool:
        for i, value in self.known:
            if leaves[i] is not value and not _equal(leaves[i], value):
                return False
        for i, first in self.same:
            if leaves[i] is not leaves[first]:
                return False
        return not self.types or all(type(leaves[i]) is kind for i, kind in self.types)


def _equal(x: Any, y: Any) -> bool:
    """Whether two static leaves are the same constant; those of other types are not compared here."""
    return type(x) is type(y) and type(x) in (int, str, bool) and bool(x == y)


def does_not_fit(*_: Any, **__: Any) -> Any:
    """What an entry answers that is only attempted."""
    return NotImplemented


def answering(plan: Plan, mismatch: Callable[..., Any] | None) -> Callable[..., Any]:
    """What an entry is given to answer calls that do not fit: `mismatch` where it is called directly."""
    # A generated entry takes np.float64 for float: the same unless NumPy has to tell them apart.
    numbers = any(slot.shape is None for slot in plan.signature.arguments)
    direct = plan.direct and not (numbers and plan.weak_matters)
    return mismatch if mismatch is not None and direct else does_not_fit


def finish(
    plan: Plan,
    returned: Sequence[Any],
    leaves: Sequence[Any],
    arguments: Any,
    maps: Mapping[str, MapProgram] = MappingProxyType({}),
) -> Any:
    """The result of a call from the returned values; containers of the arguments get what the function left in them."""
    outputs = [_finished(kind, value, returned, leaves, maps) for kind, value in plan.outputs]
    result = unflatten(plan.structure, outputs)
    if plan.restores:
        from wengert.frontend.containers import restore

        result, after = result
        restore(arguments, after)
    return result


def _finished(
    kind: str, value: Any, returned: Sequence[Any], leaves: Sequence[Any], maps: Mapping[str, MapProgram]
) -> Any:
    if kind == "result":
        return returned[value]
    if kind == "memory":
        from wengert.frontend.complex_numbers.memory import complex_view

        return complex_view(returned[value])
    if kind == "complex":
        from wengert.frontend.complex_numbers.memory import complex_number

        return complex_number(returned[value], returned[value + 1])
    if kind == "number":
        return returned[value].item()
    if kind == "map":
        from wengert.frontend.linear_maps import CompiledMap

        return CompiledMap(maps[value.name], value.direction, returned[value.residuals])
    return leaves[value] if kind == "leaf" else value
