"""diff-taylor: the power series of a function along a line, coefficient by coefficient.

    @f(x.., n) -> (y..)     =>     @f.taylor(x.., n, v..) -> (y.., y_1.., y_2.., .., y_K..)

f(x + t v) = y + y_1 t + y_2 t^2 + ..., with one `v` for each differentiated argument and one y_k for each result of
floating type.  As in diff-jvp, coefficients that are identically zero are absent, and control flow carries those of
what is active; series.py has the arithmetic.

No op has a rule of its own for series.  An op that is linear acts on each coefficient, a bilinear one convolves, and
any other, y = g(x), follows from its jvp rule y' = R(x, y, x'): the rule, written once into a function, is evaluated in
the arithmetic of series, and k y_k is coefficient k-1 of what it gives.  Coefficients are made when they are asked for
and kept, and an operation on the same series is done once (sin and cos need each other), so the cost is polynomial: K^2
for most ops, K^3 where a rule leads to another op at each order (powers).  An op may bring a recurrence (`series`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, element_type, ir, is_float, is_tensor, position_of
from wengert.dialects.build import add, create, zeros_like
from wengert.dialects.build import constant as constant_of_type
from wengert.dialects.control import make_function, refresh_type, return_
from wengert.dialects.errors import DifferentiationError
from wengert.dialects.op import Absent, decode_attributes, raw_attributes, zero_tangent
from wengert.passes.base import Pass, register_pass
from wengert.passes.jvp import JvpWriter, check_wrt, float_arguments, no_rule
from wengert.passes.purity import Effects
from wengert.passes.series import Derivative, Series, constant, divided, given
from wengert.passes.simplify import simplify_function
from wengert.passes.tree import Function, Node, function_to_read, read_function, require_new

#: Completes and inlines the calls in the function of a rule.
Open = Callable[[Any], None]


@register_pass("diff-taylor")
@dataclass(frozen=True)
class DiffTaylor(Pass):
    """Write @f.taylor: the coefficients of @f along a line in the arguments `wrt` (default: all floats)."""

    function: str
    order: int = 2
    wrt: tuple[int, ...] = ()

    def run(self, module: Any) -> None:
        func = function_to_read(module, self.function)
        name = require_new(module, f"{self.function}.taylor")
        emit_taylor(module, func, self.wrt or float_arguments(func), self.order, name, lambda rule: None)


def emit_taylor(module: Any, func: Any, wrt: Sequence[int], order: int, name: str, open_: Open) -> Any:
    """Write the function `name`, the coefficients of `func` up to `order`, and return it.

    Raises:
        WengertValueError: `wrt` names an argument that does not exist, or one twice.
        DifferentiationError: an argument of `wrt` is not of floating type, or an op on the way has no derivative rule.
    """
    tree = read_function(func)
    check_wrt(tree, wrt)
    arguments, results = tree.body.arguments, tree.body.ends
    floats = [r for r in results if is_float(r.type)]
    new = make_function(module, name, [*(a.type for a in arguments), *(arguments[i].type for i in wrt)],
                        [*(r.type for r in results), *([r.type for r in floats] * order)], after=func,
                        loc=func.location)
    block = new.regions[0].blocks[0]
    rules = Rules(module, open_)
    writer = TaylorWriter(tree, [arguments[i] for i in wrt], floats, order, rules)
    values = list(block.arguments)
    writer.primal.update(zip(arguments, values))
    for i, direction in zip(wrt, values[len(arguments):], strict=True):
        writer.series[arguments[i]] = given([writer.primal[arguments[i]], direction], order)
    writer.body(tree.body, block)
    with func.location, ir.InsertionPoint(block):
        return_([*writer.primals(results),
                 *(writer.coefficient(y, k) for k in range(1, order + 1) for y in floats)], block)
    rules.erase()
    return new


class TaylorWriter(JvpWriter):
    """Writes the new function; `series` has the coefficients of the values that move."""

    def __init__(self, tree: Function, inputs: Sequence[Value], outputs: Sequence[Value], order: int,
                 rules: Rules) -> None:
        super().__init__(tree, inputs, outputs)
        self.order, self.rules = order, rules
        self.series: dict[Value, Series] = {}
        self.arithmetic = Arithmetic(rules)

    def coefficient(self, value: Value, k: int) -> Value:
        """Coefficient k; a zero is written at the current insertion point."""
        found = self.series[value].at(k) if value in self.series else None
        return zeros_like(self.primal[value]) if found is None else found

    # -------- what control flow carries: iter_args(p..) -> iter_args(p.., p_1 .. p_K of the active ones..)

    def bind(self, values: Sequence[Value], active: Sequence[int], new: Sequence[Value]) -> None:
        self.primal.update(zip(values, new[:len(values)], strict=True))
        moved = iter(new[len(values):])
        for i in active:
            self.series[values[i]] = given([self.primal[values[i]], *(next(moved) for _ in range(self.order))],
                                           self.order)

    def joined(self, values: Sequence[Value], active: Sequence[int]) -> list[Value]:
        return [*self.primals(values),
                *(self.coefficient(values[i], k) for i in active for k in range(1, self.order + 1))]

    def tangent_types(self, type_: Any) -> list[Any]:
        return [type_] * self.order

    def body(self, body: Any, block: Any) -> None:
        """What is made in a block is used in that block only, except for the values of the program."""
        outside, self.arithmetic = self.arithmetic, Arithmetic(self.rules)
        super().body(body, block)
        self.arithmetic = outside

    def operation(self, node: Node) -> None:
        operands = [self.series[v] if v in self.series else self.arithmetic.known(self.primal[v])
                    for v in node.operands]
        for value, series in zip(node.results, self.arithmetic.apply(node, operands), strict=True):
            first = series.at(0)
            assert first is not None
            self.primal[value] = first
            if value in self.active:
                series.complete(self.order)
                self.series[value] = series


class Arithmetic:
    """Operations on series, in one block; each is done once."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._done: dict[Any, list[Series]] = {}
        self._known: dict[Value, Series] = {}
        self._derivatives: dict[Series, Series] = {}

    def known(self, value: Value) -> Series:
        """The series of a value that does not move."""
        if value not in self._known:
            self._known[value] = constant(lambda: value)
        return self._known[value]

    def derivative(self, series: Series) -> Series:
        """The series of the derivative with respect to t."""
        if series not in self._derivatives:
            self._derivatives[series] = Derivative(series)
        return self._derivatives[series]

    def apply(self, node: Node, operands: Sequence[Series]) -> list[Series]:
        """The series of the results of an operation on series."""
        key = (node.name, _text(node), tuple(str(r.type) for r in node.results), *operands)
        if key not in self._done:
            self._done[key] = _Operation(self, node, operands).results()
        return self._done[key]

    def rule(self, node: Node, arguments: Sequence[Series], moving: Sequence[int]) -> list[Series | None]:
        """The series the rule of an operation gives, None where it gives nothing."""
        rule = self._rules.of(node, moving)
        return rule.results(self.evaluate(rule.tree, arguments))

    def evaluate(self, tree: Function, arguments: Sequence[Series]) -> list[Series]:
        """The results of a function of series: without control flow as they are asked for, otherwise all at once."""
        if any(node.bodies for node in tree.body.nodes):
            return self._at_once(tree, arguments)
        values = dict(zip(tree.body.arguments, arguments, strict=True))
        for node in tree.body.nodes:
            values.update(zip(node.results, self.apply(node, [values[v] for v in node.operands]), strict=True))
        return [values[v] for v in tree.body.ends]

    def _at_once(self, tree: Function, arguments: Sequence[Series]) -> list[Series]:
        used = {v for node in tree.body.walk() for v in node.operands}
        moving = [(a, s) for a, s in zip(tree.body.arguments, arguments, strict=True) if s.moves and a in used]
        order = int(min((s.order for _, s in moving), default=0))
        writer = TaylorWriter(tree, [a for a, _ in moving], tree.body.ends, order, self._rules)
        for argument, series in moving:
            series.complete(order)
            writer.series[argument] = Series(series.at, order)  # no more is asked of a rule that calls its function
        for argument, series in zip(tree.body.arguments, arguments, strict=True):
            if argument in used:
                writer.primal[argument] = series.at(0)
        writer.body(tree.body, ir.InsertionPoint.current.block)
        return [writer.series.get(v) or self.known(writer.primal[v]) for v in tree.body.ends]


class _Operation:
    """One operation on series; its coefficients are emitted where the insertion point is when they are asked for."""

    def __init__(self, arithmetic: Arithmetic, node: Node, operands: Sequence[Series]) -> None:
        self.arithmetic, self.node, self.operands = arithmetic, node, operands
        self.attributes = decode_attributes(node.op)
        self.moving = [i for i, s in enumerate(operands) if s.moves]
        self.order = min((operands[i].order for i in self.moving), default=0)
        self._first: list[Value] = []
        self._tangents: list[Series | None] | None = None
        self._made: list[Series] = []

    def results(self) -> list[Series]:
        make = self._maker()
        self._made = [self._result(r, make if is_float(result.type) else None)
                      for r, result in enumerate(self.node.results)]
        return self._made

    def _result(self, r: int, make: Callable[[int, int], Value | None] | None) -> Series:
        if make is None:
            return constant(lambda: self.first()[r])
        return Series(lambda k: self.first()[r] if k == 0 else make(r, k), self.order)

    def _maker(self) -> Callable[[int, int], Value | None] | None:
        """What gives coefficient k > 0 of a result; None where the results do not move."""
        record, moving = self.node.record, self.moving
        if not moving or (record is not None and record.jvp is zero_tangent):
            return None
        if not any(is_float(r.type) for r in self.node.results):
            return None
        if record is None or (record.paired is None and isinstance(record.jvp, Absent)):
            raise no_rule(self.node)
        if record.paired is None:
            if set(moving) <= set(record.linear_in(self.attributes)):
                return self.linear
            if set(moving) <= set(record.bilinear):
                return self.linear if len(moving) == 1 else self.product
            if record.series is not None:
                return self.recurrence
        return self.integral

    def first(self) -> list[Value]:
        """The results at t = 0."""
        if not self._first:
            self._first = self.emit([s.at(0) for s in self.operands])
        return self._first

    def emit(self, operands: Sequence[Value | None]) -> list[Value]:
        """The operation itself, on other operands."""
        values = [self.zero(i) if operand is None else operand for i, operand in enumerate(operands)]
        new = self.node.op.clone(ip=ir.InsertionPoint.current)
        for i, value in enumerate(values):
            new.operands[i] = value
        return list(new.results)

    def zero(self, i: int) -> Value:
        """What an operand is whose coefficient is identically zero."""
        type_ = self.node.operands[i].type
        if is_tensor(type_) and not type_.has_static_shape:
            raise DifferentiationError(f"{self.node.name} has no power series for an array of run-time size",
                                       position_of(self.node.location),
                                       why="one of its operands begins as zero, and nothing says how large it is",
                                       help="nest jvp for the first few orders")
        zero = constant_of_type(0.0, element_type(type_))
        return create("nd.full", [type_], [zero]).result if is_tensor(type_) else zero

    # -------- coefficient k of result r

    def linear(self, r: int, k: int) -> Value | None:
        """y_k = A x_k: the jvp rule of a linear op, which knows absent operands."""
        tangents = [s.at(k) if s.moves else None for s in self.operands]
        if all(tangent is None for tangent in tangents):
            return None
        record = self.node.record
        assert record is not None and not isinstance(record.jvp, Absent)
        primals = [s.at(0) for s in self.operands]
        return record.jvp(primals, self.first(), tangents, self.attributes)[r]

    def product(self, r: int, k: int) -> Value | None:
        """y_k = sum_j B(a_j, b_{k-j})"""
        (i, a), (j, b) = [(i, self.operands[i]) for i in self.moving]
        total: Value | None = None
        for left in range(k + 1):
            x, y = a.at(left), b.at(k - left)
            if x is not None and y is not None:
                operands = [s.at(0) if n not in (i, j) else x if n == i else y for n, s in enumerate(self.operands)]
                term = self.emit(operands)[r]
                total = term if total is None else add(total, term)
        return total

    def recurrence(self, r: int, k: int) -> Value | None:
        """The op's own recurrence, from the coefficients of its operands and its own up to k - 1."""
        record = self.node.record
        assert record is not None and record.series is not None
        return record.series(k, [s.at if s.moves else _only_first(s) for s in self.operands], self._made[r].at)

    def integral(self, r: int, k: int) -> Value | None:
        """k y_k = [t^(k-1)] R(x(t), y(t), x'(t))"""
        if self._tangents is None:
            self._tangents = self._by_rule()
        tangent = self._tangents[r]
        coefficient = None if tangent is None else tangent.at(k - 1)
        return None if coefficient is None else divided(coefficient, k)

    def _by_rule(self) -> list[Series | None]:
        """y', by the op's jvp rule, or by the second half of one that gives the results too."""
        record = self.node.record
        assert record is not None
        moved = [self.arithmetic.derivative(self.operands[i]) for i in self.moving]
        if record.paired is None:
            return self.arithmetic.rule(self.node, [*self.operands, *self._made, *moved], self.moving)
        return self.arithmetic.rule(self.node, [*self.operands, *moved], self.moving)[len(self._made):]


def _text(node: Node) -> str:
    """The attributes, as a key."""
    return ", ".join(sorted(f"{name} = {attribute}" for name, attribute in raw_attributes(node.op).items()))


def _only_first(series: Series) -> Callable[[int], Value | None]:
    return lambda k: series.at(0) if k == 0 else None


# ---------------------------------------------------------------- rules as functions


@dataclass(frozen=True)
class Rule:
    """A jvp rule as a function of the operands, the results and the tangents that are there.

    present: for each of its results whether it gives one.
    """

    tree: Function
    present: tuple[bool, ...]

    def results(self, series: Sequence[Series]) -> list[Series | None]:
        it = iter(series)
        return [next(it) if there else None for there in self.present]


class Rules:
    """The rules that were asked for, each written once into a function beside the program."""

    def __init__(self, module: Any, open_: Open) -> None:
        self._module, self._open = module, open_
        self._found: dict[Any, Rule] = {}

    def of(self, node: Node, moving: Sequence[int]) -> Rule:
        """The rule of an operation of which these operands move."""
        types = (*(v.type for v in node.operands), *(v.type for v in node.results))
        key = (node.name, _text(node), tuple(map(str, types)), tuple(moving))
        if key not in self._found:
            self._found[key] = self._write(node, moving)
        return self._found[key]

    def _write(self, node: Node, moving: Sequence[int]) -> Rule:
        record = node.record
        assert record is not None
        paired = record.paired is not None
        results = [] if paired else [r.type for r in node.results]
        operands = [v.type for v in node.operands]
        func = make_function(self._module, f"rule.{len(self._found)}.{id(self)}",
                             [*operands, *results, *(operands[i] for i in moving)], [], loc=node.location)
        block = func.regions[0].blocks[0]
        values = list(block.arguments)
        tangents: list[Any] = [None] * len(operands)
        for i, tangent in zip(moving, values[len(operands) + len(results):], strict=True):
            tangents[i] = tangent
        primals, outs = values[:len(operands)], values[len(operands):len(operands) + len(results)]
        attributes = decode_attributes(node.op)
        with node.location, ir.InsertionPoint(block):
            if record.paired is not None:
                gives = [v for side in record.paired(primals, tangents, attributes) for v in side]
            else:
                assert not isinstance(record.jvp, Absent)
                gives = list(record.jvp(primals, outs, tangents, attributes))
            return_([v for v in gives if v is not None], block)
        refresh_type(func)
        self._open(func)
        simplify_function(func, Effects(self._module))
        tree = read_function(func)
        if not paired:
            _refuse_cycles(node, tree, tree.body.arguments[len(operands):len(operands) + len(results)])
        return Rule(tree, tuple(v is not None for v in gives))

    def erase(self) -> None:
        """Erase the functions, when everything is written."""
        for rule in self._found.values():
            rule.tree.op.erase()


def _refuse_cycles(node: Node, tree: Function, results: Sequence[Value]) -> None:
    """Refuse a rule that uses the result inside of control flow, which is written for all orders at once."""
    if any(n.bodies for n in tree.body.nodes) and any(v in results for n in tree.body.walk() for v in n.operands):
        raise DifferentiationError(f"{node.name} has no power series", position_of(node.location),
                                   why="its derivative rule has control flow and uses the result of the operation",
                                   help="nest jvp for the first few orders")


__all__ = ["Arithmetic", "DiffTaylor", "TaylorWriter", "emit_taylor"]
