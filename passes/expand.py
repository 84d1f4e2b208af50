"""diff-expand: derivatives that are declared become defined, and residuals become the values they stand for.

    @f.jvp {diff.jvp = @f, diff.wrt}  (x.., dx..)            -> (y.., dy..)
    @f.fwd {diff.fwd = @f, diff.wrt}  (x..)                  -> (y.., tapes..)
    @f.lin {diff.lin = @f.fwd}        (x.., dx.., tapes..)   -> (dy..)
    @f.rev {diff.rev = @f.fwd}        (x.., ct.., tapes..)   -> (ct..)
    @f.dep {diff.dependencies = @f, diff.wrt}  (x.., masks..) -> (masks..)
    @f.all {diff.batched = @f, diff.wrt}  (xs..)             -> (ys..)
    @f.taylor {diff.taylor = @f, diff.wrt, diff.order}  (x.., v..) -> (y.., y_1.., .., y_K..)

A function is differentiated after everything it calls is defined and inlined, so derivatives of derivatives of any
order come out innermost first.  Calls of functions with rules (dialects/diff.py) are not inlined: whoever
differentiates the caller again meets them.  `x..` of lin and rev are the primal arguments that one of them uses; with
the tapes they are what a `!diff.residuals` value stands for, in calls, arguments and results of all functions.
Afterwards no declaration and no value of that type is left.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, position_of, walk
from wengert.dialects.build import create
from wengert.dialects.control import (
    body_operations,
    entry,
    find_function,
    function_types,
    functions,
    make_function,
    refresh_type,
    return_,
    symbol,
)
from wengert.dialects.diff import LINEAR, REVERSE, TRANSPOSED
from wengert.dialects.errors import WengertValueError
from wengert.dialects.op import encode_attributes
from wengert.passes.base import Pass, register_pass
from wengert.passes.batch_function import batch_function
from wengert.passes.calls import has_rules, rules_of, transposed_name
from wengert.passes.checkpoint import checkpoint_loops, is_checkpointed
from wengert.passes.dependencies import emit_dependencies
from wengert.passes.inline import SILENT, Inliner, recursion_error, silence
from wengert.passes.jvp import emit_jvp, float_arguments
from wengert.passes.kinks import check_kinks, wants_kinks
from wengert.passes.linear_calls import define_transpose, open_tangent_calls, require_linear_rule
from wengert.passes.linearity import require_linear_in
from wengert.passes.linearize import emit_linearized
from wengert.passes.masks import forget_zero_tests
from wengert.passes.promote import promote_function
from wengert.passes.purity import CALL, Effects, callee
from wengert.passes.recompute import give_rules
from wengert.passes.residual_groups import Origins, declaration
from wengert.passes.resolve import Group, Resolver
from wengert.passes.simplify import simplify_function
from wengert.passes.store import store_residuals
from wengert.passes.taylor import emit_taylor
from wengert.passes.transpose import emit_transposed

Observe = Callable[[str, Sequence[Any]], None]
USERS = ("diff.lin", "diff.rev")


@register_pass("diff-expand")
@dataclass(frozen=True)
class DiffExpand(Pass):
    """Define the derivatives that are declared in a module, of any order."""

    def run(self, module: Any) -> None:
        expand(module)


def expand(module: Any, observe: Observe | None = None) -> None:
    """Define the derivatives that are declared in a module.

    Args:
        observe: called with "jvp" or "linear" and the functions each of these steps has just written.
    """
    give_rules(module)
    expander = _Expander(module, observe or (lambda step, written: None))
    for name in [symbol(func) for func in functions(module)]:
        expander.complete(name)


class _Expander:
    def __init__(self, module: Any, observe: Observe) -> None:
        self._module, self._observe = module, observe
        self._origins = Origins(module)
        self._signatures = {symbol(f): function_types(f) for f in functions(module)}  # as they were declared
        declared = {symbol(f): found for f in functions(module) if (found := declaration(f)) is not None}
        self._users: dict[str, dict[str, str]] = {}  # forward function -> {"diff.lin": name, "diff.rev": name}
        for name, (kind, target) in declared.items():
            if kind in USERS:
                self._users.setdefault(target, {})[kind] = name
        self._groups: dict[str, Group] = {}
        kinds = {name: kind for name, (kind, _) in declared.items()}
        self._resolver = Resolver(module, self._origins, self._group, kinds)
        self._done: set[str] = set()
        self._linear: set[str] = set()  # jvp rules that were found to be linear
        self._stack: list[str] = []

    def complete(self, name: str, asked_by: Any = None) -> None:
        """Define the function if it is declared, and everything it calls; replace the residuals in it.

        Raises:
            UnsupportedError: functions call each other in a cycle.
            DifferentiationError: a derivative does not exist, or residuals go where they cannot.
            WengertValueError: there is no such function.
        """
        if name in self._done:
            return
        func = self._find(name, asked_by)
        if name in self._stack:
            raise recursion_error([*self._stack[self._stack.index(name):], name], asked_by or func)
        self._stack.append(name)
        found = declaration(func)
        if found is not None:
            self.complete(found[1], func)
            if found[0] == "diff.dependencies":
                self._define_dependencies(func, found[1])
            elif found[0] == "diff.taylor":
                self._define_taylor(func, found[1])
            elif found[0] == "diff.batched":
                self._define_batched(func, found[1])
            elif found[0] not in USERS:
                self._define(func, *found)
        elif TRANSPOSED in func.attributes and not len(func.regions[0].blocks):
            self.complete(transposed_name(func), func)
            define_transpose(self._module, func)
        elif len(func.regions[0].blocks):
            for call in walk(func, CALL):
                self.complete(callee(call), call)
            self._resolver.function(func)
        self._stack.pop()
        self._done.add(name)

    def _find(self, name: str, asked_by: Any) -> Any:
        try:
            return find_function(self._module, name)
        except KeyError as error:
            position = None if asked_by is None else position_of(asked_by.location)
            raise WengertValueError(str(error.args[0]), position) from None

    def _group(self, forward: str) -> Group:
        self.complete(forward)
        if forward not in self._groups:
            func = find_function(self._module, forward)
            raise WengertValueError(f"@{forward} is not declared to be a forward function", position_of(func.location),
                                    why="the residuals of a pushforward or pullback come from one")
        return self._groups[forward]

    def _define(self, func: Any, kind: str, target: str) -> None:
        """Write the body of a declared jvp, or of a forward function and its users."""
        effects = Effects(self._module)
        work = self._work(func, target)
        reverse = "diff.rev" in self._users.get(symbol(func), {})  # a pushforward alone is forward mode
        if reverse:
            work.attributes[REVERSE] = ir.UnitAttr.get()
        Inliner(self._module, has_rules).inline(work)
        if SILENT in func.attributes:
            silence(body_operations(entry(work)))
        self._complete_rules(work, reverse)
        simplify_function(work, effects)
        promote_function(work, effects)
        wrt = self._wrt(func, target, work)
        if LINEAR in func.attributes:
            forget_zero_tests(work, [entry(work).arguments[i] for i in wrt])
            simplify_function(work, effects)
            require_linear_in(work, wrt)
        if wants_kinks(work):
            check_kinks(work, wrt)
        if set(self._users.get(symbol(func), {})) == {"diff.rev"} and is_checkpointed(work):
            for name in checkpoint_loops(self._module, work, wrt, target):
                _Expander(self._module, self._observe).complete(name)
        tangents = emit_jvp(self._module, work, wrt, f"{symbol(func)}.tangents")
        work.erase()
        if kind == "diff.jvp":
            self._open(tangents)
        else:
            open_tangent_calls(self._module, tangents)
        simplify_function(tangents, Effects(self._module))
        self._observe("jvp", [tangents])
        if kind == "diff.jvp":
            _replace(func, tangents)
        else:
            self._split(func, tangents)

    def _define_taylor(self, func: Any, target: str) -> None:
        """Write the body of a declared function of power series coefficients."""
        work, effects = self._work(func, target), Effects(self._module)
        Inliner(self._module, has_rules).inline(work)
        self._complete_rules(work, reverse=False)
        simplify_function(work, effects)
        promote_function(work, effects)
        wrt = self._wrt(func, target, work)
        if wants_kinks(work):
            check_kinks(work, wrt)
        order = int(ir.IntegerAttr(func.attributes["diff.order"]).value)
        series = emit_taylor(self._module, work, wrt, order, f"{symbol(func)}.series", self._open)
        work.erase()
        simplify_function(series, Effects(self._module))
        _replace(func, series)

    def _work(self, func: Any, target: str) -> Any:
        """A copy to change of the function that a declared one is made from."""
        primal = find_function(self._module, target)
        if not len(primal.regions[0].blocks):
            raise WengertValueError(f"@{target} has no body to differentiate", position_of(func.location),
                                    why=f"@{symbol(func)} is declared to be a derivative of it")
        work = _calling(self._module, primal) if has_rules(primal) else _copy(self._module, primal)
        work.attributes["sym_name"] = ir.StringAttr.get(f"{symbol(func)}.primal")
        work.attributes["sym_visibility"] = ir.StringAttr.get("private")
        return work

    def _define_batched(self, func: Any, target: str) -> None:
        """Write the body of a declared function of many examples."""
        work, effects = self._work(func, target), Effects(self._module)
        self._open(work)
        for reverse in (True, False):
            self._complete_rules(work, reverse)
        simplify_function(work, effects)
        promote_function(work, effects)
        arguments, results = function_types(func)
        count = arguments[ir.DenseI64ArrayAttr(func.attributes["diff.wrt"])[0]].shape[0]
        wanted = [type_ != one for type_, one in zip(results, function_types(work)[1], strict=True)]
        batched = batch_function(self._module, work, self._wrt(func, target, work), count, f"{symbol(func)}.written",
                                 wanted)
        work.erase()
        simplify_function(batched, Effects(self._module))
        _replace(func, batched)

    def _define_dependencies(self, func: Any, target: str) -> None:
        """Write the body of a declared function of masks; no derivative is taken: rules do not matter."""
        effects = Effects(self._module)
        work = _copy(self._module, find_function(self._module, target))
        work.attributes["sym_name"] = ir.StringAttr.get(f"{symbol(func)}.primal")
        for call in walk(work, CALL):
            self.complete(callee(call), call)
        Inliner(self._module).inline(work)
        simplify_function(work, effects)
        promote_function(work, effects)
        masks = emit_dependencies(self._module, work, self._wrt(func, target, work), f"{symbol(func)}.masks")
        work.erase()
        simplify_function(masks, effects)
        _replace(func, masks)

    def _complete_rules(self, work: Any, reverse: bool) -> None:
        """Complete the rules that calls in `work` will be differentiated with."""
        for call in walk(work, CALL):
            func = self._find(callee(call), call)
            if has_rules(func):
                chosen = rules_of(func).chosen(reverse)
                for name in chosen:
                    self.complete(name, call)
                if len(chosen) == 1 and chosen[0] not in self._linear:
                    self._linear.add(chosen[0])
                    require_linear_rule(self._module, func, chosen[0])

    def _open(self, func: Any) -> None:
        """Inline the calls of linear functions, of which those that are only declared get written."""
        for call in walk(func, CALL):
            self.complete(callee(call), call)
        Inliner(self._module, has_rules).inline(func)

    def _wrt(self, func: Any, target: str, work: Any) -> tuple[int, ...]:
        """The differentiated arguments, counted as they are after residuals were replaced."""
        if "diff.wrt" not in func.attributes:
            return float_arguments(work)
        arguments = self._signatures[target][0]
        sizes = [len(self._resolver.types(("argument", target, i), type_)) for i, type_ in enumerate(arguments)]
        return tuple(sum(sizes[:i]) for i in ir.DenseI64ArrayAttr(func.attributes["diff.wrt"]))

    def _split(self, func: Any, tangents: Any) -> None:
        """The forward function, and those of its linear and reverse functions that are declared."""
        name = symbol(func)
        users = self._users.get(name, {})
        forward, linear = emit_linearized(self._module, tangents, f"{name}.forward", f"{name}.linear")
        self._observe("linear", [forward, linear])
        tangents.erase()
        written: dict[str, Any] = {}
        if "diff.rev" in users:
            written["diff.rev"] = emit_transposed(self._module, linear, f"{name}.reverse")
        if "diff.lin" in users:
            written["diff.lin"] = linear
        else:
            linear.erase()
        for opened in (forward, *written.values()):
            self._open(opened)
        store_residuals(self._module, forward, list(written.values()))
        forward = find_function(self._module, f"{name}.forward")  # storage has written it anew
        arguments, results = function_types(forward)
        tapes = results[len(results) - int(ir.IntegerAttr(forward.attributes["diff.tapes"]).value):]
        primals = _keep_used_primals(list(written.values()), len(arguments))
        self._groups[name] = Group(primals, (*(arguments[i] for i in primals), *tapes))
        _replace(func, forward)
        for kind, user in written.items():
            _replace(find_function(self._module, users[kind]), user)
            self._done.add(users[kind])


def _copy(module: Any, primal: Any) -> Any:
    return primal.clone(ip=ir.InsertionPoint(module.body))


def _calling(module: Any, primal: Any) -> Any:
    """A function that does nothing but call `primal`, whose rules are then asked."""
    arguments, results = function_types(primal)
    work = make_function(module, f"{symbol(primal)}.called", arguments, results, loc=primal.location)
    with primal.location, ir.InsertionPoint(entry(work)):
        target = {"callee": ir.FlatSymbolRefAttr.get(symbol(primal))}
        return_(list(create(CALL, results, list(entry(work).arguments), target).results), entry(work))
    return work


def _keep_used_primals(users: Sequence[Any], count: int) -> tuple[int, ...]:
    """Drop the primal arguments that no user reads; the positions of the others."""
    used = tuple(i for i in range(count) if any(any(True for _ in entry(user).arguments[i].uses) for user in users))
    for user in users:
        for i in reversed(range(count)):
            if i not in used:
                entry(user).erase_argument(i)
        refresh_type(user)
        user.attributes["diff.primals"] = encode_attributes({"n": len(used)})["n"]
    return used


def _replace(declared: Any, defined: Any) -> None:
    """Put a definition where the declaration is."""
    name = declared.attributes["sym_name"]
    defined.move_after(declared)
    declared.erase()
    defined.attributes["sym_name"] = name
