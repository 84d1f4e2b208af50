"""Replaces the values of type `!diff.residuals` in one function by the values they stand for.

Assumes that the functions it calls are complete.  Changes calls, returns, and the signature of the function itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, ir, walk
from wengert.dialects.build import create
from wengert.dialects.control import entry, function_types, make_function, refresh_type, symbol
from wengert.passes.purity import CALL, callee
from wengert.passes.residual_groups import Origins, Place


@dataclass(frozen=True)
class Group:
    """What the residuals of a forward function are: primal arguments at `primals`, then tapes; with all their types."""

    primals: tuple[int, ...]
    types: tuple[Any, ...]


class Resolver:
    """Replaces residuals; `group` gives the group of a forward function, `kinds` says how a function is declared."""

    def __init__(self, module: Any, origins: Origins, group: Callable[[str], Group], kinds: dict[str, str]) -> None:
        self._module, self._origins, self._group, self._kinds = module, origins, group, kinds

    def types(self, place: Place, type_: Any) -> tuple[Any, ...]:
        """The types that stand at a place of residual type; other types stand for themselves."""
        if not self._origins.is_residual(type_):
            return (type_,)
        origin = self._origins.of(place)
        return () if origin is None else self._group(origin).types

    def function(self, func: Any) -> None:
        """Replace all residuals in a function; a new operation takes its place if its arguments change."""
        name = symbol(func)
        arguments, results = function_types(func)
        residual_arguments = any(map(self._origins.is_residual, arguments))
        calls = [call for call in walk(func, CALL) if self._concerns(call)]
        if not (calls or residual_arguments or any(map(self._origins.is_residual, results))):
            return
        counts = [[len(self.types((side, name, i), t)) for i, t in enumerate(types)]
                  for side, types in (("argument", arguments), ("result", results))]
        groups: dict[Value, list[Value]] = {}
        new = self._signature(func, groups) if residual_arguments else None
        for call in calls:
            self._call(call, groups)
        end = walk(func, "func.return")[-1]
        create("func.return", [], _flat(end.operands, groups), loc=end.location, ip=ir.InsertionPoint(end))
        end.erase()
        for call in reversed(calls):
            call.erase()
        if new is not None:
            func = _move_body(func, new)
        refresh_type(func)
        for attribute, sizes in zip(("arg_attrs", "res_attrs"), counts, strict=True):
            if attribute in func.attributes:
                func.attributes[attribute] = _spread(func.attributes[attribute], sizes)

    def _concerns(self, call: Any) -> bool:
        return any(self._origins.is_residual(v.type) for v in (*call.operands, *call.results))

    def _signature(self, func: Any, groups: dict[Value, list[Value]]) -> Any:
        """An empty function with the groups as arguments, which `groups` gets; the body of `func` uses the others."""
        name, old = symbol(func), list(entry(func).arguments)
        expanded = [self.types(("argument", name, i), argument.type) for i, argument in enumerate(old)]
        new = make_function(self._module, f"{name}.resolved", [t for types in expanded for t in types], [], after=func,
                            loc=func.location)
        arguments = iter(list(entry(new).arguments))
        for argument, types in zip(old, expanded, strict=True):
            values = [next(arguments) for _ in types]
            if self._origins.is_residual(argument.type):
                groups[argument] = values
            else:
                argument.replace_all_uses_with(values[0])
        return new

    def _call(self, call: Any, groups: dict[Value, list[Value]]) -> None:
        """A call with groups in place of residuals; the old one stays until all are replaced."""
        name, operands = callee(call), list(call.operands)
        kind = self._kinds.get(name)
        if kind in ("diff.lin", "diff.rev"):  # (residuals, t..) -> (x.., t.., tapes..)
            origin = self._origins.of(("argument", name, 0))
            assert origin is not None
            group, primals = groups[operands[0]], len(self._group(origin).primals)
            new_operands = [*group[:primals], *_flat(operands[1:], groups), *group[primals:]]
        else:
            new_operands = _flat(operands, groups)
        places = [self.types(("result", name, i), r.type) for i, r in enumerate(call.results)]
        if kind == "diff.fwd":
            tapes = self._group(name)
            places[-1] = tapes.types[len(tapes.primals):]
        new = create(CALL, [t for types in places for t in types], new_operands,
                     {"callee": call.attributes["callee"]}, loc=call.location, ip=ir.InsertionPoint(call))
        results = iter(list(new.results))
        for old, types in zip(call.results, places, strict=True):
            values = [next(results) for _ in types]
            if self._origins.is_residual(old.type):
                is_fwd = kind == "diff.fwd" and old == list(call.results)[-1]
                groups[old] = [*(new_operands[i] for i in self._group(name).primals), *values] if is_fwd else values
            else:
                old.replace_all_uses_with(values[0])


def _flat(values: Sequence[Value], groups: dict[Value, list[Value]]) -> list[Value]:
    return [w for v in values for w in groups.get(v, [v])]


def _move_body(func: Any, new: Any) -> Any:
    """Move the operations of `func` into `new`, which takes its name and attributes and its place."""
    block = entry(new)
    for view in list(entry(func).operations):
        block.append(view.operation)
    kept = {name: func.attributes[name] for name in func.attributes if name != "function_type"}
    func.erase()
    if "sym_visibility" not in kept:
        del new.attributes["sym_visibility"]
    for name, attribute in kept.items():
        new.attributes[name] = attribute
    return new


def _spread(described: Any, sizes: Sequence[int]) -> Any:
    """Argument or result attributes when each position becomes `sizes` many."""
    nothing = ir.DictAttr.get({})
    return ir.ArrayAttr.get([attribute if size == 1 else nothing
                             for attribute, size in zip(described, sizes, strict=True) for _ in range(size)])
