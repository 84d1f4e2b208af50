"""diff-recompute: functions whose reverse sweep keeps their arguments and evaluates them again.

    @f {diff.recomputed}  =>  @f {diff.custom_jvp = @f.body.jvp, diff.custom_fwd = @f.kept, diff.custom_rev = @f.again}

    @f.kept(x..) -> (y.., x..)                 evaluates, and hands the arguments on as residuals
    @f.again(x.., ct_y..) -> (ct_x..)          evaluates once more, now with residuals, and reverses at once

`diff.barrier` on the arguments keeps the two evaluations apart: merged, they would keep the residuals in between.
Assumes functions as the front end writes them; run by diff-expand before anything else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, is_float
from wengert.dialects.build import create
from wengert.dialects.control import entry, function_types, functions, make_function, return_, symbol
from wengert.dialects.diff import RECOMPUTED, RESIDUALS, barrier
from wengert.passes.base import Pass, register_pass
from wengert.passes.checkpoint_outline import call
from wengert.passes.inline import SILENT


@register_pass("diff-recompute")
@dataclass(frozen=True)
class DiffRecompute(Pass):
    """Give the functions that are to be evaluated again in the reverse sweep the rules that do so."""

    def run(self, module: Any) -> None:
        give_rules(module)


def give_rules(module: Any) -> None:
    """Rules for all functions with the attribute `diff.recomputed`, in place of the attribute."""
    for func in functions(module):
        if RECOMPUTED in func.attributes:
            del func.attributes[RECOMPUTED]
            arguments, results = function_types(func)
            if any(map(is_float, arguments)) and any(map(is_float, results)):
                with func.location:
                    _write(module, func, arguments, results)


def _write(module: Any, func: Any, arguments: Sequence[Any], results: Sequence[Any]) -> None:
    name, residuals = symbol(func), ir.Type.parse(RESIDUALS)
    wrt = [i for i, type_ in enumerate(arguments) if is_float(type_)]
    moved, cotangents = [arguments[i] for i in wrt], [type_ for type_ in results if is_float(type_)]
    body = func.clone(ip=ir.InsertionPoint(module.body))
    body.attributes["sym_name"] = ir.StringAttr.get(f"{name}.body")
    chosen = {"diff.wrt": ir.DenseI64ArrayAttr.get(wrt)}
    declare(module, f"{name}.body.jvp", [*arguments, *moved], [*results, *cotangents],
            {"diff.jvp": ir.FlatSymbolRefAttr.get(f"{name}.body"), **chosen})
    declare(module, f"{name}.body.fwd", arguments, [*results, residuals],
            {"diff.fwd": ir.FlatSymbolRefAttr.get(f"{name}.body"), SILENT: ir.UnitAttr.get(), **chosen})
    declare(module, f"{name}.body.rev", [residuals, *cotangents], moved,
            {"diff.rev": ir.FlatSymbolRefAttr.get(f"{name}.body.fwd")})

    kept = make_function(module, f"{name}.kept", arguments, [*results, *arguments], loc=func.location)
    given = list(entry(kept).arguments)
    with ir.InsertionPoint(entry(kept)):
        return_([*call(f"{name}.body", given, results), *given], entry(kept))

    again = make_function(module, f"{name}.again", [*arguments, *cotangents], moved, loc=func.location)
    given = list(entry(again).arguments)
    with ir.InsertionPoint(entry(again)):
        fresh = [barrier(x) if is_float(x.type) else x for x in given[:len(arguments)]]
        ran = call(f"{name}.body.fwd", fresh, [*results, residuals])
        return_(call(f"{name}.body.rev", [ran[-1], *given[len(arguments):]], moved), entry(again))

    for rule, suffix in (("jvp", "body.jvp"), ("fwd", "kept"), ("rev", "again")):
        func.attributes[f"diff.custom_{rule}"] = ir.FlatSymbolRefAttr.get(f"{name}.{suffix}")


def declare(module: Any, name: str, arguments: Sequence[Any], results: Sequence[Any],
            attributes: dict[str, Any]) -> None:
    """A private function without a body, which diff-expand will write."""
    create("func.func", [], [], {
        "sym_name": ir.StringAttr.get(name), "sym_visibility": ir.StringAttr.get("private"),
        "function_type": ir.TypeAttr.get(ir.FunctionType.get(list(arguments), list(results))), **attributes,
    }, regions=1, ip=ir.InsertionPoint(module.body))
