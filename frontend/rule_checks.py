"""check=True: the rules of a function compared with its derivative, in the compiled code, at every call.

For tangents v of one argument and cotangents ct of the results, three numbers are the same:

    <ct, J v> from the function's own body,   <ct, dy> from the jvp rule,   <bwd(ct), v> from fwd and bwd

and so are <ct, y> of the body and of a rule's results.  The body is differentiated in forward mode; if it holds an
operation that has no derivative, differences of it take the place: (f(x + h v) - f(x - h v)) / 2h.  v and ct are fixed
numbers without a pattern, cos(1.7 k + 0.4 j + 0.3) at element k of leaf j.

Assumes a function and its rules that are traced (rule_traces.py).  Leaves an nd.check at the line of each rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from wengert.dialects.bindings import ir, is_float, location_of, walk
from wengert.dialects.build import create
from wengert.dialects.control import CONTROL, find_function, function_types
from wengert.dialects.diff import RULES, UNDIFFERENTIATED
from wengert.dialects.foreign import is_foreign
from wengert.dialects.op import Absent, lookup
from wengert.frontend.forms import Form
from wengert.frontend.positions import definition_of, user_position
from wengert.frontend.rule_results import name_of_rule
from wengert.frontend.trace import current
from wengert.frontend.values import Box
from wengert.passes.purity import CALL, callee

if TYPE_CHECKING:
    from wengert.frontend.rule_forms import Arguments, Made, Rules

#: Relative tolerance against the derivative of the body, and against differences of it with this step.
TOLERANCE = {"f64": 1e-6, "f32": 1e-2}
DIFFERENCES = {"f64": (1e-4, 1e-5), "f32": (5e-2, 3e-3)}



def call_symbol(name: str, operands: Sequence[Any], types: Sequence[Any]) -> list[Any]:
    """The results of a func.call at the user's position."""
    return list(current().emit(CALL, types, operands, {"callee": ir.FlatSymbolRefAttr.get(name)}).results)


def check_rules(made: Made, rules: Rules, arguments: Arguments, operands: Sequence[Any]) -> None:
    """Emit the comparisons for a call with these operands."""
    _Comparison(made, rules, arguments, list(operands)).emit()


class _Comparison:
    def __init__(self, made: Made, rules: Rules, arguments: Arguments, operands: list[Any]) -> None:
        self.made, self.rules, self.arguments, self.operands = made, rules, arguments, operands
        self.types = [form.type for form in made.returned]
        self.float_types = [form.type for form in made.floats]
        self.moving = [i for i, form in enumerate(arguments.forms) if form.floats]
        self.directions = [_direction(form, j) for j, form in enumerate(arguments.floats)]
        self.cotangents = [_direction(form, j + len(self.moving)) for j, form in enumerate(made.floats)]
        self.element = "f32" if any(form.element == "f32" for form in (*arguments.floats, *made.floats)) else "f64"
        self.body = _without_rules(made.func)
        self.differentiable = not _has_no_derivative(made.func)

    def emit(self) -> None:
        values = call_symbol(self.body, self.operands, self.types)
        expected = self.inner(self._floats(values))
        pulled = self._pulled(expected) if self.rules.vjp is not None else None
        start = 0
        for number, (leaves, _) in enumerate(self.arguments.trees):
            count = sum(leaf.form is not None and leaf.form.floats for leaf in leaves)
            if count:
                self._argument(number, range(start, start + count), expected, pulled)
            start += count

    def _argument(self, number: int, moved: range, expected: Any, pulled: list[Any] | None) -> None:
        tangents = [v if j in moved else v * 0.0 for j, v in enumerate(self.directions)]
        derivative = self._derivative(tangents)
        reference, scale = self.inner(derivative), self.inner(derivative, size=True)
        where = f"as the derivative in argument {number}"
        if self.rules.jvp is not None:
            types = [*self.types, *self.float_types]
            raw = [form.value(v, "a tangent") for form, v in zip(self.arguments.floats, tangents)]
            results = call_symbol(self.made.rules[RULES[0]], [*self.operands, *raw], types)
            outs = self._floats(results[: len(self.types)])
            self._compare(self.rules.jvp, self.inner(outs), expected, self.inner(outs, size=True), "as the value")
            found = self.inner([form.wrap(v) for form, v in zip(self.made.floats, results[len(self.types) :])])
            self._compare(self.rules.jvp, found, reference, scale, where)
        if pulled is not None and self.rules.vjp is not None:
            found = sum((_dot(pulled[j], self.directions[j]) for j in moved), 0.0)
            self._compare(self.rules.vjp[1], found, reference, scale, where)

    def _pulled(self, expected: Any) -> list[Any]:
        """The cotangents that bwd gives; the value that fwd gives is compared."""
        assert self.rules.vjp is not None
        fwd, bwd = (self.made.rules[name] for name in RULES[1:])
        module = current().module
        kept = function_types(find_function(module, fwd))[1][len(self.types) :]
        results = call_symbol(fwd, self.operands, [*self.types, *kept])
        outs = self._floats(results[: len(self.types)])
        self._compare(self.rules.vjp[0], self.inner(outs), expected, self.inner(outs, size=True), "as the value")
        raw = [form.value(ct, "a cotangent") for form, ct in zip(self.made.floats, self.cotangents)]
        floats = self.arguments.floats
        values = call_symbol(bwd, [*results[len(self.types) :], *raw], [form.type for form in floats])
        return [form.wrap(value) for form, value in zip(floats, values)]

    def _derivative(self, tangents: Sequence[Any]) -> list[Any]:
        """J v of the function itself."""
        if not self.differentiable:
            step = DIFFERENCES[self.element][1]
            ahead, behind = (self._floats(self._shifted(tangents, h)) for h in (step, -step))
            return [(a - b) / (2 * step) for a, b in zip(ahead, behind)]
        raw = [form.value(v, "a tangent") for form, v in zip(self.arguments.floats, tangents)]
        types = [*self.types, *self.float_types]
        name = _declared_jvp(self.body, [v.type for v in (*self.operands, *raw)], types, self.moving)
        values = call_symbol(name, [*self.operands, *raw], types)
        return [form.wrap(v) for form, v in zip(self.made.floats, values[len(self.types) :])]

    def _shifted(self, tangents: Sequence[Any], step: float) -> list[Any]:
        operands = list(self.operands)
        for i, form, v in zip(self.moving, self.arguments.floats, tangents):
            operands[i] = form.value(form.wrap(operands[i]) + v * step, "an argument")
        return call_symbol(self.body, operands, self.types)

    def _floats(self, values: Sequence[Any]) -> list[Any]:
        return [form.wrap(v) for form, v in zip(self.made.returned, values) if form.floats]

    def inner(self, values: Sequence[Any], size: bool = False) -> Any:
        """<ct, values>, or the sum of the magnitudes of its terms."""
        return sum((_dot(ct, v, size) for ct, v in zip(self.cotangents, values)), 0.0)

    def _compare(self, rule: Any, found: Any, reference: Any, scale: Any, where: str) -> None:
        """An nd.check that two numbers agree; it passes where the reference is no finite number."""
        trace = current()
        tolerance = TOLERANCE[self.element] if self.differentiable else DIFFERENCES[self.element][0]
        size = scale + abs(found) + (1e-6 if self.differentiable else 1e-2)
        fits = (abs(found - reference) <= tolerance * size) | np.logical_not(np.isfinite(reference))
        f, of = name_of_rule(self.rules.function), name_of_rule(rule)
        source = "its body has" if self.differentiable else "differences of it have"
        texts = (f"the rule {of} of {f} gives {{0:f64}} {where}, and {source} {{1:f64}}",
                 f"the two are <ct, dy> or <bwd(ct), v>, with fixed ct and v, at the call {user_position()}",
                 "correct the rule; check=False on the function if the difference is meant")
        bits = [trace.emit("arith.bitcast", [trace.types["i64"]], [trace.cast(x, "f64")]).result
                for x in (found, reference)]
        create("nd.check", [], [trace.cast(fits, "i1"), *bits],
               {"kind": ir.StringAttr.get("GradientError"), "message": ir.StringAttr.get("\n".join(texts))},
               loc=location_of(definition_of(rule)), ip=ir.InsertionPoint(trace.region.block))


def _dot(a: Any, b: Any, size: bool = False) -> Any:
    product = a * b
    return np.sum(np.abs(product) if size else product)


def _direction(form: Form, number: int) -> Any:
    """Numbers without a pattern, in the form of a value."""
    phase = 0.4 * number + 0.3
    if not form.shape:
        return form.wrap(current().constant(float(np.cos(phase)), form.element))
    size = int(np.prod(form.shape))
    counted = current().emit("nd.iota", [current().tensor_type((size,), "f64")], [], {"dimension": 0}).result
    numbers = np.cos(Box(counted, (size,), "f64") * 1.7 + phase)
    return numbers.reshape(form.shape).astype(np.float32 if form.element == "f32" else np.float64)


def _without_rules(func: Any) -> str:
    """A copy of a function without its rules: what is differentiated is its body."""
    trace = current()
    copy = func.clone(ip=ir.InsertionPoint(trace.module.body))
    name = trace.unique_name(f"{ir.StringAttr(func.attributes['sym_name']).value}.body")
    copy.attributes["sym_name"] = ir.StringAttr.get(name)
    for attribute in (*RULES, UNDIFFERENTIATED):
        if attribute in copy.attributes:
            del copy.attributes[attribute]
    return name


def _declared_jvp(of: str, arguments: Sequence[Any], results: Sequence[Any], wrt: Sequence[int]) -> str:
    trace = current()
    name = trace.unique_name(f"{of}.jvp")
    attributes = {"sym_name": ir.StringAttr.get(name), "sym_visibility": ir.StringAttr.get("private"),
                  "function_type": ir.TypeAttr.get(ir.FunctionType.get(list(arguments), list(results))),
                  "diff.jvp": ir.FlatSymbolRefAttr.get(of), "diff.wrt": ir.DenseI64ArrayAttr.get(list(wrt))}
    create("func.func", [], [], attributes, regions=1, ip=ir.InsertionPoint(trace.module.body), loc=trace.location())
    return name


def _has_no_derivative(func: Any) -> bool:
    """Whether a function holds an operation from floats to floats that has no derivative rule."""
    module = current().module
    for op in walk(func)[1:]:
        if op.name == CALL and is_foreign(find_function(module, callee(op))):
            return True
        if op.name in CONTROL or op.name == CALL or not any(is_float(r.type) for r in op.results):
            continue
        record = lookup(op.name)
        if any(is_float(v.type) for v in op.operands) and (record is None or isinstance(record.jvp, Absent)):
            return True
    return False
