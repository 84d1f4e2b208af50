"""diff-batch: one function, batched: by the rules, or in a loop over the examples; with the results that are declared.

    @f.batched {diff.batched = @f, diff.wrt}  (x.., xs_wrt..) -> (ys..)

The arguments at `diff.wrt` have the examples along axis 0 and are of the type @f has with one dimension more.  So are
the results; a result declared with the type @f gives it has to be the same for all examples.

A function with rules of its own (dialects/diff.py) is batched together with its rules: a derivative of the batched
caller still uses them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.batching import Ragged, batched_like, each_lane, extents, for_all, lane, unfilled, with_lane
from wengert.dialects.bindings import DYNAMIC, ir, is_float, position_of, terminator
from wengert.dialects.control import entry, find_function, function_types, make_function, refresh_type, return_, symbol
from wengert.dialects.diff import RULES
from wengert.dialects.errors import DifferentiationError, UnsupportedError
from wengert.dialects.op import lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.batch import batched_examples, emit_batched, index_size
from wengert.passes.calls import has_rules, rules_of, undifferentiated
from wengert.passes.inline import Inliner
from wengert.passes.promote import promote_function
from wengert.passes.purity import Effects, callee
from wengert.passes.simplify import simplify_function
from wengert.passes.tree import copy_node, function_to_read, read_function, require_new


@register_pass("diff-batch")
@dataclass(frozen=True)
class DiffBatch(Pass):
    """Write @f.batched, which applies @f to `size` examples; the arguments at `batched` have them along axis 0."""

    function: str
    size: int
    batched: tuple[int, ...] = (0,)

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        batch_function(module, func, self.batched, self.size, require_new(module, f"{self.function}.batched"))


def batch_function(module: Any, func: Any, batched: Sequence[int], count: int, name: str,
                   wanted: Sequence[bool | None] = ()) -> Any:
    """Write the function `name`, @func for `count` examples, and return it.

    Args:
        batched: the arguments that have the examples along axis 0.
        wanted: for each result whether it has them too; None or nothing: when it differs between examples.

    Raises:
        DifferentiationError: a result that is to be the same for all examples is not.
        UnsupportedError: the results of the examples have different shapes.
    """
    rules = _Rules(module, count)
    try:
        new = emit_batched(module, func, batched, count, name, rules.call)
    except Ragged:
        new = _example_by_example(module, func, batched, count, name)
    with func.location:
        _declared_results(new, func, batched[0], wanted)
    return new


def _declared_results(new: Any, func: Any, mapped: int, wanted: Sequence[bool | None]) -> None:
    """Give the results of `new`, whose argument `mapped` is batched, the form that is wanted of them."""
    one, end = function_types(func)[1], terminator(entry(new))
    results = list(end.operands)
    for k, want in enumerate(wanted):
        if want and results[k].type == one[k]:
            with ir.InsertionPoint(end):
                results[k] = for_all(results[k], extents(entry(new).arguments[mapped])[0])
        elif want is False and results[k].type != one[k]:
            raise DifferentiationError(f"result {k} of the mapped function is different for each example",
                                       position_of(func.location), why="it depends on a mapped argument",
                                       help="give out_axes= an axis for it, where None asks for one result for all")
    _returning(new, results)


def _returning(func: Any, results: Sequence[Any]) -> None:
    """Let a function return other values."""
    block = entry(func)
    terminator(block).erase()
    return_(results, block)
    refresh_type(func)


def _example_by_example(module: Any, func: Any, batched: Sequence[int], count: int, name: str) -> Any:
    """``for b in range(count): ys[b] = f(xs[b])``: arrays inside may have another shape for each example."""
    tree = read_function(func)
    with func.location:
        types = [batched_examples(a.type, count) if i in batched else a.type
                 for i, a in enumerate(tree.body.arguments)]
    new = make_function(module, name, types, [], after=func, loc=func.location)
    block = entry(new)
    with func.location, ir.InsertionPoint(block):
        arguments = list(block.arguments)
        size = index_size(arguments[batched[0]]) if count == DYNAMIC else count
        try:
            empty = [unfilled(batched_like(end.type, size), size) for end in tree.body.ends]
        except Ragged:
            new.erase()
            raise UnsupportedError(
                "a result of the mapped function has another shape for each example", position_of(func.location),
                why="the results of all examples are one array",
                help="return arrays of one shape: fill up what is missing") from None

        def example(b: Any, carried: list[Any]) -> list[Any]:
            mapping = {old: lane(new, b) if i in batched else new
                       for i, (old, new) in enumerate(zip(tree.body.arguments, arguments, strict=True))}
            for node in tree.body.nodes:
                copy_node(node, mapping, ir.InsertionPoint.current)
            return [with_lane(mapping[end], all_, b) for end, all_ in zip(tree.body.ends, carried, strict=True)]

        return_(each_lane(size, empty, example), block)
        refresh_type(new)
    return new


class _Rules:
    """Functions with rules for all examples, made when they are first called."""

    def __init__(self, module: Any, count: int) -> None:
        self._module, self._count = module, count

    def call(self, call: Any, batched: Sequence[bool]) -> str:
        """The function for all examples of the one that is called; all its results are batched."""
        func = find_function(self._module, callee(call))
        flags = [i for i, flag in enumerate(batched) if flag]
        name = f"{symbol(func)}.batched_" + "_".join(map(str, [*flags, "of", self._count]))
        if self._find(name) is not None:
            return name
        results = len(function_types(func)[1])
        new = self._batch(symbol(func), flags, [True] * results, name)
        jvp, fwd, rev = RULES
        rules = rules_of(func)
        if rules.jvp is not None:
            new.attributes[jvp] = ir.FlatSymbolRefAttr.get(self._jvp(func, rules.jvp, flags, name))
        if rules.reverse is not None:
            names = self._reverse(func, *rules.reverse, flags, name)
            for attribute, rule in zip((fwd, rev), names, strict=True):
                new.attributes[attribute] = ir.FlatSymbolRefAttr.get(rule)
        for attribute in func.attributes:
            if attribute not in new.attributes:
                new.attributes[attribute] = func.attributes[attribute]
        return name

    def _find(self, name: str) -> Any:
        try:
            return find_function(self._module, name)
        except KeyError:
            return None

    def _batch(self, name: str, batched: Sequence[int], wanted: Sequence[bool | None], new: str) -> Any:
        work = find_function(self._module, name).clone(ip=ir.InsertionPoint(self._module.body))
        work.attributes["sym_name"] = ir.StringAttr.get(f"{new}.example")
        Inliner(self._module, has_rules).inline(work)
        effects = Effects(self._module)
        simplify_function(work, effects)
        promote_function(work, effects)
        made = batch_function(self._module, work, batched, self._count, new, wanted)
        work.erase()
        simplify_function(made, effects)
        return made

    def _moving(self, func: Any) -> list[int]:
        """The arguments of a function that its rules have a tangent or cotangent for."""
        without = undifferentiated(func)
        return [i for i, type_ in enumerate(function_types(func)[0]) if is_float(type_) and i not in without]

    def _jvp(self, func: Any, rule: str, batched: Sequence[int], name: str) -> str:
        """rule(x.., dx..): the tangent of a batched argument is batched."""
        arguments = len(function_types(func)[0])
        tangents = [arguments + k for k, i in enumerate(self._moving(func)) if i in batched]
        results = len(function_types(find_function(self._module, rule))[1])
        self._batch(rule, [*batched, *tangents], [True] * results, f"{name}.jvp")
        return f"{name}.jvp"

    def _reverse(self, func: Any, fwd: str, rev: str, batched: Sequence[int], name: str) -> tuple[str, str]:
        """rev(res.., ct..): the cotangent of an argument that is the same for all examples is summed over them."""
        results = function_types(func)[1]
        kinds = function_types(find_function(self._module, fwd))[1][len(results):]
        forward = self._batch(fwd, batched, [True] * len(results) + [None] * len(kinds), f"{name}.fwd")
        made = function_types(forward)[1][len(results):]
        residuals = [k for k, (one, all_) in enumerate(zip(kinds, made, strict=True)) if one != all_]
        cotangents = [len(kinds) + k for k in range(sum(is_float(type_) for type_ in results))]
        moving = self._moving(func)
        if cotangents:
            reverse = self._batch(rev, [*residuals, *cotangents], [True] * len(moving), f"{name}.rev")
            self._sum(reverse, [k for k, i in enumerate(moving) if i not in batched])
        return f"{name}.fwd", f"{name}.rev"

    def _sum(self, func: Any, positions: Sequence[int]) -> None:
        """Sum results over the examples."""
        end = terminator(entry(func))
        results = list(end.operands)
        with end.location:
            with ir.InsertionPoint(end):
                for k in positions:
                    results[k] = lookup_call("nd.reduce", results[k], kind="sum", axes=(0,))
            _returning(func, results)
