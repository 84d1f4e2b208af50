"""What runs for one kind of arguments: loaded code and the plan of its calls.

Assumes code that a target, or the disk cache, has loaded. Needs no compiler: what only some results need is imported
when there is one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.frontend.arguments import prepare, refuse_overlap, unflatten
from wengert.frontend.guards import holds
from wengert.frontend.plan import Plan

if TYPE_CHECKING:
    from wengert.frontend.linear_maps import MapProgram


@dataclass(frozen=True)
class Program:
    """Loaded code.

    entry: takes the inputs of the plan and returns the results of its signature: a tuple, or the only one if `single`.
    reads: the inputs the results depend on, in order.
    copies_in_loops, allocations_in_loops: counted in the IR after bufferization.
    """

    entry: Callable[..., Any]
    single: bool
    reads: tuple[int, ...] = ()
    copies_in_loops: int = 0
    allocations_in_loops: int = 0


class Specialization:
    """A compiled function for one kind of arguments."""

    def __init__(self, plan: Plan, program: Program, description: str, maps: Mapping[str, MapProgram]) -> None:
        self.plan, self.program, self.description, self.maps = plan, program, description, maps
        self.static = plan.static
        # A generated entry takes np.float64 for float: the same unless NumPy has to tell them apart.
        numbers = any(slot.shape is None for slot in plan.signature.arguments)
        self.direct = program.entry if plan.direct and not (numbers and plan.weak_matters) else None

    def __call__(self, leaves: Sequence[Any], arguments: Any) -> Any:
        """Run on the leaves of a call; `arguments` is the tree they come from."""
        passed = self.plan.passed(leaves)
        if self.plan.signature.written:
            refuse_overlap(passed, self.plan.signature.written)
        prepared = [prepare(leaf, k in self.plan.signature.written) for k, leaf in enumerate(passed)]
        returned = self.program.entry(*prepared)
        if self.program.single:
            returned = (returned,)
        for k in self.plan.signature.written:
            if prepared[k] is not passed[k] and not np.shares_memory(prepared[k], passed[k]):
                passed[k][...] = prepared[k]
        return finish(self.plan, returned, leaves, arguments, self.maps)

    def guards_hold(self) -> bool:
        """Whether every captured constant still is what it was when the code was traced."""
        return holds(self.plan.guards) and all(np.array_equal(array, copy) for array, copy in self.plan.baked)


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
