"""Calls as operations: the record of a `func.call`, made from the attributes of the function it calls.

Two kinds of functions are not inlined while a caller is differentiated (dialects/diff.py): functions with rules, and
linear functions.  Their calls get a record like any other operation, so that activity, splitting and transposition read
its fields and know nothing of calls.  A call of any other function has no record: it is inlined before.

A linear function may have rules as well, which say how it depends on its known arguments: differentiated it is a
function with rules, split and transposed it is a linear one.

Which rule a call is differentiated with depends on the function that is being differentiated: one with the attribute
`diff.reverse` prefers fwd and rev, any other prefers jvp.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from wengert.dialects.bindings import Value, ir, is_float, position_of
from wengert.dialects.build import create, zeros_like
from wengert.dialects.control import find_function, function_types, functions, symbol
from wengert.dialects.diff import KNOWN, REVERSE, RULES, TRANSPOSED, UNDIFFERENTIATED
from wengert.dialects.errors import DifferentiationError, WengertValueError
from wengert.dialects.foreign import foreign_name, is_foreign, is_pure
from wengert.dialects.op import DISCRETE, Absent, Op, encode_attributes
from wengert.dialects.texts import is_print
from wengert.passes.purity import CALL, callee

NO_RULE = Absent("a foreign function has no derivative but the one its rules give")
LINEAR_CALL = "a call of a linear function is opened before it is differentiated again"


def has_rules(func: Any) -> bool:
    """Whether a function brings its own derivative."""
    return any(name in func.attributes for name in RULES)


def is_linear(func: Any) -> bool:
    """Whether a function is declared linear in its arguments after the first few."""
    return KNOWN in func.attributes


def kept(func: Any) -> bool:
    """Whether calls of a function stay while the caller is differentiated."""
    return has_rules(func) or is_linear(func)


class CallRecords:
    """The records of the calls in one function; the module is looked through once, at the first call."""

    def __init__(self, caller: Any) -> None:
        self._caller = caller
        self._functions: dict[str, Any] | None = None
        self._records: dict[str, Op | None] = {}

    def of(self, call: Any) -> Op | None:
        """The record of a func.call; None when it is to be inlined."""
        name = callee(call)
        if name not in self._records:
            module = self._caller.parent.opview
            if self._functions is None:
                self._functions = {symbol(f): f for f in functions(module)}
            func = self._functions.get(name)
            self._records[name] = None if func is None else self._make(module, func)
        return self._records[name]

    def _make(self, module: Any, func: Any) -> Op | None:
        if is_print(func):
            return Op("print", ("*operands",), _no_meaning, _no_meaning, DISCRETE, effect=True, output=True,
                      family="effect")
        if is_foreign(func):
            return Op(f"the call of {foreign_name(func)}", ("*operands",), _no_meaning, _no_meaning, NO_RULE,
                      effect=not is_pure(func), family="call")
        ruled = _record_with_rules(module, func, REVERSE in self._caller.attributes) if has_rules(func) else None
        if not is_linear(func):
            return ruled
        linear = _linear_record(func)
        return linear if ruled is None else replace(linear, paired=ruled.paired)


def _no_meaning(*_: Any, **__: Any) -> Any:
    raise TypeError("a call is interpreted through the body of its function")


# ---------------------------------------------------------------- linear functions


def known_operands(func: Any) -> int:
    """How many of a linear function's arguments come before those it is linear in."""
    return int(ir.IntegerAttr(func.attributes[KNOWN]).value)


def transposed_name(func: Any) -> str:
    """The function that is the transpose of a linear one.

    Raises:
        WengertValueError: it names none.
    """
    if TRANSPOSED not in func.attributes:
        raise WengertValueError(f"@{symbol(func)} has no transpose", position_of(func.location),
                                why=f"the function has '{KNOWN}' and no '{TRANSPOSED}'")
    return str(ir.FlatSymbolRefAttr(func.attributes[TRANSPOSED]).value)


def _linear_record(func: Any) -> Op:
    known, count = known_operands(func), len(function_types(func)[0])

    def transpose(cts: Any, ct: Any, op: Any) -> None:
        received = ct if isinstance(ct, list) else [ct]
        operands, results = list(op.operands), list(op.results)
        cotangents = [cts.current(result) if c is None else c for c, result in zip(received, results, strict=True)]
        contributions = _call(transposed_name(func), [*map(cts.known, operands[:known]), *cotangents],
                              [v.type for v in operands[known:]])
        for operand, contribution in zip(operands[known:], contributions, strict=True):
            cts.add(operand, contribution)

    return Op(f"the call of @{symbol(func)}", ("*operands",), _no_meaning, _no_meaning,
              _no_derivative, transpose, tuple(range(known, count)), family="call")


def _no_derivative(*_: Any) -> Any:
    raise TypeError(LINEAR_CALL)


def _call(name: str, operands: Sequence[Value], types: Sequence[Any]) -> list[Value]:
    return list(create(CALL, types, operands, {"callee": ir.FlatSymbolRefAttr.get(name)}).results)


# ---------------------------------------------------------------- functions with rules


@dataclass(frozen=True)
class Rules:
    """The rules of a function: names of its jvp rule, or of its fwd and rev."""

    jvp: str | None
    reverse: tuple[str, str] | None

    def chosen(self, reverse: bool) -> tuple[str, ...]:
        """The functions that differentiate a call, in a caller that is differentiated in reverse or forward mode."""
        pair = self.reverse if self.reverse is not None and (reverse or self.jvp is None) else None
        return pair if pair is not None else (self.jvp or "",)


def rules_of(func: Any) -> Rules:
    """The rules a function names.

    Raises:
        WengertValueError: only one of fwd and rev is there.
    """
    names = [str(ir.FlatSymbolRefAttr(func.attributes[a]).value) if a in func.attributes else None for a in RULES]
    jvp, fwd, rev = names
    if (fwd is None) != (rev is None):
        raise WengertValueError(f"@{symbol(func)} has one of '{RULES[1]}' and '{RULES[2]}'",
                                position_of(func.location), why="the second takes the residuals that the first makes")
    return Rules(jvp, None if fwd is None or rev is None else (fwd, rev))


def _record_with_rules(module: Any, func: Any, reverse: bool) -> Op:
    """The record of a call of @f: its derivative is a call of the rule that is chosen."""
    chosen = rules_of(func).chosen(reverse)
    arguments, results = function_types(func)
    without = undifferentiated(func)
    moving = [i for i, type_ in enumerate(arguments) if is_float(type_) and i not in without]
    tangent_types = [arguments[i] for i in moving]
    float_results = [type_ for type_ in results if is_float(type_)]

    def paired(primals: Sequence[Any], tangents: Sequence[Any], attributes: Mapping[str, Any]
               ) -> tuple[list[Any], list[Any]]:
        _refuse_undifferentiated(func, [i for i in without if tangents[i] is not None])
        moved = [zeros_like(primals[i]) if tangents[i] is None else tangents[i] for i in moving]
        if len(chosen) == 1:
            _require_type(module, chosen[0], func, [*arguments, *tangent_types], [*results, *float_results])
            values = _call(chosen[0], [*primals, *moved], [*results, *float_results])
            outs, moved_outs = values[:len(results)], values[len(results):]
        else:
            fwd, rev = chosen
            residuals = _residual_types(module, fwd, func)
            _require_type(module, fwd, func, arguments, [*results, *residuals])
            _require_type(module, rev, func, [*residuals, *float_results], tangent_types)
            values = _call(fwd, primals, [*results, *residuals])
            outs = values[:len(results)]
            push = pushforward(module, rev, len(residuals))
            moved_outs = _call(push, [*values[len(results):], *moved], float_results)
        it = iter(moved_outs)
        return outs, [next(it) if is_float(type_) else None for type_ in results]

    return Op(f"the call of @{symbol(func)}", ("*operands",), _no_meaning, _no_meaning, _no_derivative,
              family="call", paired=paired)


def pushforward(module: Any, rev: str, known: int) -> str:
    """The transpose of the pullback @rev, a linear function that is declared at its first use."""
    name = f"{rev}.transposed"
    if not any(symbol(f) == name for f in functions(module)):
        pullback = find_function(module, rev)
        arguments, results = function_types(pullback)
        attributes = {"sym_name": ir.StringAttr.get(name), "sym_visibility": ir.StringAttr.get("private"),
                      "function_type": ir.TypeAttr.get(ir.FunctionType.get([*arguments[:known], *results],
                                                                           arguments[known:])),
                      TRANSPOSED: ir.FlatSymbolRefAttr.get(rev), **encode_attributes({KNOWN: known})}
        create("func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(module.body), loc=pullback.location)
    return name


def undifferentiated(func: Any) -> frozenset[int]:
    """The arguments that the rules of a function give no derivative for."""
    named = UNDIFFERENTIATED in func.attributes
    return frozenset(ir.DenseI64ArrayAttr(func.attributes[UNDIFFERENTIATED]) if named else ())


def _refuse_undifferentiated(func: Any, active: Sequence[int]) -> None:
    if not active:
        return
    type_ = function_types(func)[0][active[0]]
    raise DifferentiationError(
        f"{symbol(func).partition('.')[0]} is differentiated with respect to a value its rules say nothing about",
        position_of(ir.Location.current),
        why=f"it takes a value of type {type_} from outside of its arguments, which depends on what the derivative is "
            "taken for; the rules give derivatives for the arguments only",
        help="make the value an argument, or use stop_gradient where it comes from")


def _residual_types(module: Any, fwd: str, func: Any) -> list[Any]:
    return function_types(_rule(module, fwd, func))[1][len(function_types(func)[1]):]


def _rule(module: Any, name: str, func: Any) -> Any:
    try:
        return find_function(module, name)
    except KeyError:
        raise WengertValueError(f"there is no function @{name}", position_of(func.location),
                                why=f"@{symbol(func)} names it as its rule") from None


def _require_type(module: Any, name: str, func: Any, arguments: Sequence[Any], results: Sequence[Any]) -> None:
    rule = _rule(module, name, func)
    found = function_types(rule)
    if found != (list(arguments), list(results)):
        wanted = ir.FunctionType.get(list(arguments), list(results))
        raise WengertValueError(f"@{name} has the type {ir.FunctionType.get(*found)}", position_of(rule.location),
                                why=f"as a rule of @{symbol(func)} it has to have the type {wanted}")
