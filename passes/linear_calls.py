"""Linear functions: which calls of a jvp are opened before it is split, and functions that are declared as transposes.

    @l {diff.known = k, diff.transposed = @lt}   =>   @l(known.., dx..) -> (dy..), the transpose of @lt(known.., ct..)

Assumes that what is called is complete (passes/expand.py).
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import ir, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import entry, find_function, function_types, refresh_type, return_, symbol
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import encode_attributes
from wengert.passes.calls import has_rules, is_linear, kept, known_operands, transposed_name
from wengert.passes.inline import Inliner, inline_call
from wengert.passes.linearity import require_linear_in
from wengert.passes.linearize import emit_linearized
from wengert.passes.masks import forget_zero_tests
from wengert.passes.promote import promote_function
from wengert.passes.purity import CALL, Effects, callee
from wengert.passes.simplify import simplify_function
from wengert.passes.store import store_residuals
from wengert.passes.taint import flow, reachable
from wengert.passes.transpose import emit_transposed
from wengert.passes.tree import read_function


def open_tangent_calls(module: Any, tangents: Any) -> None:
    """Inline the calls in a jvp, except those of linear functions and those that only take known values.

    A rule may apply any function to tangents; that it is linear shows in its body.  What pullbacks do to keep masked
    cotangents masked is undone where they are applied to tangents.
    """
    if not walk(tangents, CALL):
        return
    primals = int(ir.IntegerAttr(tangents.attributes["diff.primals"]).value)
    inliner = Inliner(module, kept)
    inliner.inline(tangents)
    while True:
        tree = read_function(tangents)
        moving = reachable(tree.body.arguments[primals:], flow(tree.body, through_inert=True).forward)
        nodes = [node for node in tree.body.walk() if node.name == CALL and any(v in moving for v in node.operands)]
        calls = [node.op for node in nodes if node.record is not None and not node.record.linear]
        if not calls:
            forget_zero_tests(tangents, tree.body.arguments[primals:])
            return
        for call in calls:
            func = find_function(module, callee(call))
            inliner.inline(func)
            inline_call(call, func)


def require_linear_rule(module: Any, func: Any, name: str) -> None:
    """Check that the jvp rule @name of a function is linear in the tangents.

    Raises:
        DifferentiationError: it is not; with the line.
    """
    arguments, results = function_types(func)
    work = find_function(module, name).clone(ip=ir.InsertionPoint(module.body))
    work.attributes["sym_name"] = ir.StringAttr.get(f"{name}.linear")
    Inliner(module, is_linear).inline(work)
    end = terminator(entry(work))
    create("func.return", [], list(end.operands)[len(results):], ip=ir.InsertionPoint(end), loc=end.location)
    end.erase()
    refresh_type(work)
    forget_zero_tests(work, list(entry(work).arguments)[len(arguments):])
    simplify_function(work, Effects(module))
    _require_linear(work, len(arguments), f"the rule {name} is not linear in the tangents",
                    "the tangent of a result is a sum of multiples of the tangents")
    work.erase()


def _require_linear(work: Any, known: int, what: str, help: str) -> None:
    try:
        require_linear_in(work, range(known, len(entry(work).arguments)))
    except DifferentiationError as error:
        raise DifferentiationError(what, error.position, error.what.partition(": ")[0], help) from None


def define_transpose(module: Any, func: Any) -> None:
    """Write the body of a linear function that is declared to be the transpose of another.

    Raises:
        DifferentiationError: the other function is not linear in what it has to be linear in; it names the line.
    """
    name, known = symbol(func), known_operands(func)
    source = find_function(module, transposed_name(func))
    effects = Effects(module)
    work = source.clone(ip=ir.InsertionPoint(module.body))
    work.attributes["sym_name"] = ir.StringAttr.get(f"{name}.linear")
    for attribute, value in encode_attributes({"diff.primals": known, "diff.results": 0, "diff.wrt": ()}).items():
        work.attributes[attribute] = value
    Inliner(module, has_rules).inline(work)
    open_tangent_calls(module, work)
    forget_zero_tests(work, list(entry(work).arguments)[known:])
    simplify_function(work, effects)
    promote_function(work, effects)
    _require_linear(work, known, f"the rule {symbol(source)} is not linear in the cotangents",
                    "forward mode transposes it; in reverse mode it serves as it is, or give a jvp rule too")
    forward, linear = emit_linearized(module, work, f"{name}.early", f"{name}.late")
    work.erase()
    turned = emit_transposed(module, linear, f"{name}.turned")
    linear.erase()
    store_residuals(module, forward, [turned])
    forward = find_function(module, f"{name}.early")  # storage has written it anew
    _compose(module, func, known, forward, turned)


def _compose(module: Any, func: Any, known: int, forward: Any, turned: Any) -> None:
    """The body of @l: the residuals of the known part, then the linear part."""
    arguments = function_types(func)[0]
    func.regions[0].blocks.append(*arguments, arg_locs=[func.location] * len(arguments))
    block = entry(func)
    with func.location, ir.InsertionPoint(block):
        values = list(block.arguments)
        tapes = _call(forward, values[:known])
        return_(_call(turned, [*values, *tapes]), block)
    inliner = Inliner(module, has_rules)
    inliner.inline(func)
    forward.erase()
    turned.erase()
    simplify_function(func, Effects(module))


def _call(func: Any, operands: list[Any]) -> list[Any]:
    target = {"callee": ir.FlatSymbolRefAttr.get(symbol(func))}
    return list(create(CALL, function_types(func)[1], operands, target).results)
