"""Tracing a function with rules: the function, its rules, and a call, in the IR.

    @f(x.., c..) -> (y..)     x.. the traced leaves of the arguments, c.. what f and its rules take from outside
    @jvp(x.., c.., dx..)      -> (y.., dy..)
    @fwd(x.., c..)            -> (y.., res.., c_bwd..)
    @bwd(res.., c_bwd.., ct..) -> ct_x..

Assumes a trace in progress.  Python numbers of type int are run-time values inside the function, until tracing asks for
one; other Python objects are what they are.  The captured values c.. are marked `diff.undifferentiated`: the rules say
nothing about them.  A rule may call its own function: the call is one of the function that is being made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir, is_float
from wengert.dialects.build import create
from wengert.dialects.control import entry, refresh_type, yielded
from wengert.dialects.diff import KNOWN, RESIDUALS, RULES, TRANSPOSED, UNDIFFERENTIATED
from wengert.dialects.errors import UnsupportedError, WengertTypeError
from wengert.dialects.op import encode_attributes
from wengert.frontend.arguments import flatten, leaf_paths, unflatten
from wengert.frontend.calls import call
from wengert.frontend.capture import stays_python
from wengert.frontend.complex_numbers.trees import conjugated
from wengert.frontend.forms import Form, form_of
from wengert.frontend.operands import is_number, operand
from wengert.frontend.positions import definition_of, fail
from wengert.frontend.rule_checks import call_symbol, check_rules
from wengert.frontend.rule_forms import Arguments, Leaf, Made, Nest, Residuals, Rules
from wengert.frontend.rule_results import kind_text, name_of_rule, pair, result_values, up_to, value_of, wrong
from wengert.frontend.trace import FunctionRegion, NeedsStatic, current
from wengert.frontend.values import DATA, Array, Scalar

#: How deep the rules of a function may call the function itself with ever new Python values.
LIMIT = 8


# ---------------------------------------------------------------- a call


def call_with_rules(owner: Any, rules: Rules, args: Sequence[Any]) -> Any:
    """Call a function with rules: by a func.call that passes can differentiate.

    Args:
        owner: the object the user holds; one function, whatever its rules call.
        args: all arguments, by position.
    """
    trace = current()
    values = [[_traced(leaf) for leaf in flatten(tree)[0]] for tree in args]
    static: set[int] = set()
    while True:
        tokens = [[object() for _ in leaves] for leaves in values]
        arguments = _arguments(args, values, tokens, static)
        nest = trace.rules.setdefault(id(owner), Nest())
        try:
            made = _made(nest, rules, arguments)
            break
        except NeedsStatic as request:
            numbers = [token for leaves in tokens for token in leaves]
            wanted = {i for i, token in enumerate(numbers) if ("rule", token) in request.origins}
            if not wanted - static:
                raise
            static |= wanted
        finally:
            if not nest.depth:
                trace.rules.pop(id(owner), None)
    leaves = [x for leaves in values for x in leaves]
    operands = [leaf.form.value(x, "an argument") for leaf, x in zip(arguments.leaves, leaves) if leaf.form is not None]
    operands[made.before : made.before] = made.captures
    if rules.check and made.closed:
        check_rules(made, rules, arguments, operands)
    results = call_symbol(made.name, operands, [form.type for form in made.returned])
    return made.result(results, lambda form, it: form.wrap(next(it)))


def _traced(leaf: Any) -> Any:
    """A leaf as it is known in the trace; an array without dimensions is a number."""
    if isinstance(leaf, np.ndarray):
        return leaf if stays_python(leaf) else operand(leaf)
    return operand(leaf) if isinstance(leaf, Array) and not leaf.ndim else leaf


def _arguments(
    args: Sequence[Any], values: list[list[Any]], tokens: list[list[Any]], static: set[int]
) -> Arguments:
    """The forms of the arguments; Python ints become run-time values, except those at `static`."""
    trees, number = [], 0
    for tree, leaves, marks in zip(args, values, tokens):
        described = []
        for x, token in zip(leaves, marks):
            if isinstance(x, (Array, Scalar)):
                described.append(Leaf(form_of(x), origins=getattr(x, "origins", DATA)))
            elif type(x) is int and number not in static and -(2**63) <= x < 2**63:
                described.append(Leaf(form_of(x), origins=frozenset({("rule", token)})))
            else:
                described.append(Leaf(None, x))
            number += 1
        trees.append((tuple(described), flatten(tree)[1]))
    return Arguments(tuple(trees))


def _made(nest: Nest, rules: Rules, arguments: Arguments) -> Made:
    key = tuple((structure, tuple(leaf.key() for leaf in leaves)) for leaves, structure in arguments.trees)
    known = nest.made.get(key)
    if known is not None:
        known.called_by_its_rules |= not known.closed
        return known
    if nest.depth >= LIMIT:
        fail(f"the rules of {name_of_rule(rules.function)} call it with ever new Python values",
             why=f"each is a function of its own; {LIMIT} of them are open",
             help="pass what changes as an array, a float or an int that fixes no shape")
    nest.depth += 1
    made: Made | None = None
    try:
        made = _trace_function(rules, arguments)
        nest.made[key] = made
        _trace_rules(made, rules, arguments)
        made.closed = True
    finally:
        nest.depth -= 1
        if made is None or not made.closed or made.captures:
            nest.made.pop(key, None)  # what it captures is there for this call only
    return made


def _symbol(function: Any, suffix: str = "") -> str:
    name = name_of_rule(function)
    return (name if name.isidentifier() else "f") + suffix


# ---------------------------------------------------------------- the function


def _trace_function(rules: Rules, arguments: Arguments) -> Made:
    trace, function = current(), rules.function
    with trace.function(_symbol(function), [form.type for form in arguments.forms]) as region:
        fresh = arguments.build(region.arguments)
        leaves, structure = flatten(call(function, *fresh))
        outputs = tuple(
            form if isinstance(leaf, (Array, Scalar, np.ndarray, float, np.floating)) else leaf
            for leaf, form in zip(leaves, map(_result_form, leaves))
        )
        returned = [form.value(leaf, "a result") for form, leaf in zip(outputs, leaves) if isinstance(form, Form)]
        _refuse_changes(function, region, fresh)
        trace.emit("func.return", [], returned)
    paths = leaf_paths(unflatten(structure, list(range(len(leaves)))))
    before = len(arguments.forms) - (0 if rules.transposed is None else len(arguments.last))
    return Made(region.name, list(region.captures), outputs, structure, paths, region.func, before)


def _result_form(leaf: Any) -> Form | None:
    x = operand(leaf) if isinstance(leaf, np.ndarray) or (isinstance(leaf, Array) and not leaf.ndim) else leaf
    return form_of(x) if isinstance(x, (Array, Scalar)) or is_number(x) else None


def _refuse_changes(function: Callable[..., Any], region: FunctionRegion, arguments: Any) -> None:
    """What changes arguments or Python objects cannot be replaced by a rule, which does not."""
    given = set(region.arguments)
    for leaf in flatten(arguments)[0]:
        if isinstance(leaf, Array) and hasattr(leaf, "value") and leaf.value not in given:
            raise WengertTypeError(
                f"{name_of_rule(function)} writes to its argument", definition_of(function),
                why="a function with rules is differentiated by them, and they cannot say what the write means",
                help="write to a copy and return it: x = x.copy()")
    for slot, _ in region.journal.changed_slots():
        label, position = slot.label(), region.journal.places.get(slot.identity())
        region.journal.undo()
        raise WengertTypeError(
            f"{name_of_rule(function)} changes {label}", position or definition_of(function),
            why="a function with rules, and a rule, is a function of its arguments: what it changes elsewhere is lost",
            help="return the new value")


# ---------------------------------------------------------------- the rules


def _trace_rules(made: Made, rules: Rules, arguments: Arguments) -> None:
    traced: dict[str, FunctionRegion] = {}
    passed: list[Any] = []
    if rules.jvp is not None:
        traced["jvp"] = _trace_jvp(rules.jvp, made, arguments)
    if rules.vjp is not None:
        traced["fwd"], residuals = _trace_fwd(rules.vjp[0], made, arguments)
        traced["bwd"] = _trace_bwd(rules.vjp[1], made, arguments, residuals)
        passed = list(traced["bwd"].captures)
    if rules.transposed is not None:
        traced["transposed"] = _trace_transposed(rules.transposed, made, arguments)
    own = list(made.captures)
    captures = list(dict.fromkeys([*own, *(v for name, r in traced.items() for v in r.captures)]))
    if ir.Type.parse(RESIDUALS) in [v.type for v in captures]:
        raise UnsupportedError(f"{name_of_rule(rules.function)} uses a pullback that was made outside of it",
                               definition_of(rules.function), why="the rules of a function are about its arguments",
                               help="make the pullback inside, or return it from fwd as a residual")
    if len(captures) > len(own) and made.called_by_its_rules:
        raise UnsupportedError(
            f"a rule of {name_of_rule(rules.function)} calls it, and takes a value from outside that it does not",
            definition_of(rules.jvp or (rules.vjp or (None,))[0]),
            why="the function would have one argument more in its own rules", help="pass the value as an argument")
    made.captures = captures
    count = made.before
    _arrange(made.func, count, own, captures)
    if "jvp" in traced:
        _arrange(traced["jvp"].func, count, traced["jvp"].captures, captures)
    if "fwd" in traced:
        _arrange(traced["fwd"].func, count, traced["fwd"].captures, captures)
        _return_captures(traced["fwd"].func, count, captures, passed)
        kept = len(entry(traced["bwd"].func).arguments) - len(passed) - len(made.floats)
        _arrange(traced["bwd"].func, kept, passed, passed)
    if "transposed" in traced:
        _arrange(traced["transposed"].func, count, traced["transposed"].captures, captures)
        made.func.attributes[TRANSPOSED] = ir.FlatSymbolRefAttr.get(traced["transposed"].name)
        made.func.attributes[KNOWN] = encode_attributes({KNOWN: count + len(captures)})[KNOWN]
    kinds = zip(RULES, ("jvp", "fwd", "bwd"))
    made.rules = {attribute: traced[kind].name for attribute, kind in kinds if kind in traced}
    for attribute, name in made.rules.items():
        made.func.attributes[attribute] = ir.FlatSymbolRefAttr.get(name)
    outside = [count + i for i, value in enumerate(captures) if is_float(value.type)]
    if outside:
        made.func.attributes[UNDIFFERENTIATED] = ir.DenseI64ArrayAttr.get(outside)


def _arrange(func: Any, first: int, present: Sequence[Any], captures: Sequence[Any]) -> None:
    """(a.., b.., present..) -> (a.., captures.., b..), with `first` arguments a."""
    block = entry(func)
    old = list(block.arguments)
    middle = old[first : len(old) - len(present)]
    place = dict(zip(present, old[len(old) - len(present) :]))
    for value in captures:
        new = block.add_argument(value.type, func.location)
        if value in place:
            place[value].replace_all_uses_with(new)
    for argument in middle:
        argument.replace_all_uses_with(block.add_argument(argument.type, func.location))
    for i in reversed(range(first, len(old))):
        block.erase_argument(i)
    refresh_type(func)


def _return_captures(func: Any, first: int, captures: Sequence[Any], passed: Sequence[Any]) -> None:
    """Give a forward rule the captured values of bwd as results too."""
    block = entry(func)
    arguments = dict(zip(captures, list(block.arguments)[first:]))
    end = block.operations[len(block.operations) - 1].operation
    values = [*yielded(block), *(arguments[v] for v in passed)]
    create("func.return", [], values, loc=end.location, ip=ir.InsertionPoint(end))
    end.erase()
    refresh_type(func)


def _trace_jvp(rule: Callable[..., Any], made: Made, arguments: Arguments) -> FunctionRegion:
    trace = current()
    types = [form.type for form in (*arguments.forms, *arguments.floats)]
    with trace.function(_symbol(rule), types) as region:
        count = len(arguments.forms)
        values = region.arguments
        primals = arguments.build(values[:count])
        result = call(rule, primals, arguments.tangents(values[count:]))
        out, tangent = pair(rule, result, "(out, tangent)")
        outs = result_values(rule, out, made.outputs, made.structure, made.paths, tangent=False)
        tangents = result_values(rule, tangent, made.outputs, made.structure, made.paths, tangent=True)
        _refuse_changes(rule, region, primals)
        trace.emit("func.return", [], [*outs, *tangents])
    return region


def _trace_transposed(transposed: Callable[..., Any], made: Made, arguments: Arguments) -> FunctionRegion:
    """(known.., ct..) -> cotangents of the last argument."""
    trace, last = current(), arguments.trees[-1]
    types = [form.type for form in (*arguments.forms[: made.before], *made.floats)]
    with trace.function(_symbol(transposed), types) as region:
        known = Arguments(arguments.trees[:-1]).build(region.arguments[: made.before])
        cotangent = unflatten(made.structure, _cotangent_leaves(made, region.arguments[made.before :]))
        result = call(transposed, *known, cotangent)
        trace.emit("func.return", [], _cotangents(transposed, result, *last, "the transpose"))
    return region


def _trace_fwd(rule: Callable[..., Any], made: Made, arguments: Arguments) -> tuple[FunctionRegion, Residuals]:
    trace = current()
    with trace.function(_symbol(rule), [form.type for form in arguments.forms]) as region:
        fresh = arguments.build(region.arguments)
        out, kept = pair(rule, call(rule, *fresh), "(out, residuals)")
        outs = result_values(rule, out, made.outputs, made.structure, made.paths, tangent=False)
        leaves, structure = flatten(kept)
        values = [_traced(leaf) for leaf in leaves]
        residuals = Residuals(
            tuple(Leaf(form_of(x), origins=getattr(x, "origins", DATA)) if isinstance(x, (Array, Scalar))
                  else Leaf(None, x) for x in values), structure)
        saved = residuals.values(values)
        _refuse_changes(rule, region, fresh)
        trace.emit("func.return", [], [*outs, *saved])
    return region, residuals


def _trace_bwd(rule: Callable[..., Any], made: Made, arguments: Arguments, residuals: Residuals) -> FunctionRegion:
    trace = current()
    count = len(residuals.types)
    with trace.function(_symbol(rule), [*residuals.types, *(form.type for form in made.floats)]) as region:
        values = region.arguments
        cotangent = unflatten(made.structure, _cotangent_leaves(made, values[count:]))
        result = call(rule, residuals.build(values[:count]), cotangent)
        number = len(arguments.trees)
        if not isinstance(result, (tuple, list)) or len(result) != number:
            found = f"{len(result)} of them" if isinstance(result, (tuple, list)) else kind_text(result)
            wrong(rule, f"{name_of_rule(rule)} returns {found}, and {number} cotangents are needed",
                   "a backward rule returns a tuple of one cotangent an argument",
                   "return (ct_x,) for one argument; None for an argument without a derivative")
        contributions: list[Any] = []
        for i, (tree, (leaves, structure)) in enumerate(zip(result, arguments.trees)):
            contributions += _cotangents(rule, tree, leaves, structure, f"cotangent {i}")
        _refuse_changes(rule, region, ())
        trace.emit("func.return", [], contributions)
    return region


def _cotangent_leaves(made: Made, values: Sequence[Any]) -> list[Any]:
    floats = [i for i, o in enumerate(made.outputs) if isinstance(o, Form) and o.floats]
    it = iter(conjugated(values, made.structure, floats))
    return [o.wrap(next(it)) if isinstance(o, Form) and o.floats else None for o in made.outputs]


def _cotangents(rule: Callable[..., Any], tree: Any, leaves: Sequence[Leaf], structure: Any, what: str) -> list[Any]:
    """IR values of the cotangents of the float leaves of one argument."""
    given = [None] * len(leaves) if tree is None else up_to(rule, structure, tree, what)
    floats = [i for i, leaf in enumerate(leaves) if leaf.form and leaf.form.floats]
    values = [value_of(rule, leaf.form, x, what) for leaf, x in zip(leaves, given) if leaf.form and leaf.form.floats]
    return conjugated(values, structure, floats)
