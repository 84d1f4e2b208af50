"""A module with returned linear maps as several programs: the function, and one for each map, made in one expansion.

The residuals of a map are known when its derivative is expanded: from then on the function returns them and the map's
program takes them, both with the same types in the same order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.control import find_function, functions, symbol
from wengert.dialects.interpret import run as run_function
from wengert.frontend.arguments import prepare
from wengert.frontend.boundary import returned_value, signature_of, the_context
from wengert.frontend.linear_maps import LinearMap, MapProgram
from wengert.frontend.plan import POSITIONS, MapPlan, Plan
from wengert.frontend.specialization import Program
from wengert.frontend.trace import Trace
from wengert.passes.base import Pass, run_pipeline
from wengert.passes.drop_private import DropPrivate
from wengert.passes.expand import DiffExpand
from wengert.passes.inline import Inline
from wengert.passes.recursion import LoopRecursion
from wengert.passes.simplify import Simplify

#: What defines the residuals of maps and leaves each public function alone; the rest is each program's own.
_SEPARATE: tuple[Pass, ...] = (LoopRecursion(), Simplify(), DiffExpand(), Inline(), DropPrivate(), Simplify())


def with_maps(
    trace: Trace, module: Any, name: str, outputs: list[tuple[str, Any]], maps: dict[int, LinearMap]
) -> list[tuple[str, Any]]:
    """Write a program for each returned map beside the function, and put what it is into the outputs."""
    if not maps:
        return outputs
    programs = {position: _write_map(trace, name, map_) for position, map_ in maps.items()}
    run_pipeline(module, _SEPARATE)
    sizes = {}
    plans = {}
    for position, map_ in maps.items():
        signature = signature_of(find_function(module, programs[position]))
        sizes[position] = len(signature.arguments) - len(map_.direction.takes)
        start = position + sum(sizes[p] - 1 for p in maps if p < position)
        direction = replace(map_.direction, inner=replace(map_.direction.inner, inputs=(), captures=()))
        plans[position] = MapPlan(direction, programs[position], signature, slice(start, start + sizes[position]))
    moved = {p: p + sum(size - 1 for other, size in sizes.items() if other < p) for kind, p in outputs
             if kind in POSITIONS}
    return [(kind, plans[value] if kind == "map" else moved[value] if kind in POSITIONS else value)
            for kind, value in outputs]


def _write_map(trace: Trace, name: str, map_: LinearMap) -> str:
    """``@f.pullback(residuals, ct..) -> (ct..)``"""
    direction = map_.direction
    suffix = "pushforward" if direction.kind == "lin" else "pullback"
    types = [map_.linearized.residuals.type, *[form.type for form in direction.takes]]
    with trace.function(f"{name}.{suffix}", types, private=False) as region:
        residuals, *values = region.arguments
        applied = LinearMap(map_.linearized.at(residuals, region), direction).apply(values)
        trace.emit("func.return", [], [returned_value(trace, leaf) for leaf in applied])
    return region.name


def separate(module: Any, plan: Plan) -> dict[str, Any]:
    """The programs of a module with maps, each in a module of its own, by name."""
    names = [plan.signature.name, *(map_.name for map_ in plan.maps)]
    text = module.operation.get_asm(enable_debug_info=True)
    modules = {}
    for name in names:
        modules[name] = ir.Module.parse(text)
        for func in functions(modules[name]):
            if symbol(func) in names and symbol(func) != name:
                func.erase()
    return modules


def map_program(module: Any, plan: MapPlan, compile_: Callable[..., Program]) -> MapProgram:
    """The program of a map, compiled when it is first called."""
    text = module.operation.get_asm(enable_debug_info=True)

    @functools.cache
    def program() -> Program:
        with the_context():
            return compile_(ir.Module.parse(text), Plan.of_map(plan.signature), _mismatch)

    def run(operands: Sequence[Any]) -> Sequence[Any]:
        results: Sequence[Any] = program().entry(*[prepare(x, written=False) for x in operands])
        return results

    return MapProgram(text, plan.name, run)


def _mismatch(*_: Any) -> Any:
    raise TypeError("a map was called with other arrays than it was compiled for")


def interpreted_map(text: str, name: str) -> MapProgram:
    def run(operands: Sequence[Any]) -> Sequence[Any]:
        with the_context():
            return run_function(ir.Module.parse(text), name, operands)

    return MapProgram(text, name, run)
