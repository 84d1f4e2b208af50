"""Index arithmetic as linear forms, and what follows from the ranges of loop counters.

A form is ``sum of coefficient * atom + constant``; atoms are the values that are not sums: counters, arguments, clamped
and reduced values.  Bounds come from substituting counters by the ends of their ranges, inner loops first, so
triangular nests are understood: with ``k in 0..j`` and ``j in 0..i``, the least value of ``i - k`` is 2.  A counter's
range holds where the counter is defined, in an iteration.  Indices are assumed not to overflow.

What varies in a loop has another name in a later iteration (`Later`); of the counter it is known that it is greater.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from wengert.dialects.bindings import Value, block_of, defining_op, ir
from wengert.dialects.control import FOR
from wengert.passes.purity import constant_integer
from wengert.passes.value_numbering import inside

#: Substitutions tried before a proof is given up.
MAX_STEPS = 12


@dataclass(frozen=True)
class Form:
    """constant + sum of coefficients[atom] * atom."""

    constant: int = 0
    coefficients: dict[Atom, int] = field(default_factory=dict)

    def plus(self, other: Form, factor: int = 1) -> Form:
        """self + factor * other."""
        total = dict(self.coefficients)
        for atom, coefficient in other.coefficients.items():
            total[atom] = total.get(atom, 0) + factor * coefficient
        return Form(self.constant + factor * other.constant, {a: c for a, c in total.items() if c})

    def without(self, atom: Atom) -> Form:
        return Form(self.constant, {a: c for a, c in self.coefficients.items() if a != atom})

    def later(self, loop: Any) -> Form:
        """The form in a later iteration of the loop: what varies in the loop is another value there."""
        return Form(self.constant, {Later(a, loop) if isinstance(a, Value) and inside(a, loop) else a: c
                                    for a, c in self.coefficients.items()})


@dataclass(frozen=True)
class Later:
    """What `value`, defined in `loop`, is in an iteration of the loop after the present one."""

    value: Value
    loop: Any


#: What a form is made of.
Atom = Any  # Value | Later


def form_of(value: Any) -> Form:
    """The linear form of an integer or index value."""
    number = constant_integer(value)
    if number is not None:
        return Form(number)
    op = defining_op(value)
    if op is not None:
        if op.name in ("arith.addi", "arith.subi"):
            x, y = op.operands
            return form_of(x).plus(form_of(y), 1 if op.name == "arith.addi" else -1)
        if op.name == "arith.muli":
            x, y = map(form_of, op.operands)
            if not x.coefficients or not y.coefficients:
                variable, factor = (y, x.constant) if not x.coefficients else (x, y.constant)
                return Form().plus(variable, factor)
        if op.name == "arith.index_cast" and _is_wide(op.operands[0].type):
            return form_of(op.operands[0])
    return Form(0, {value: 1})


def _is_wide(type_: Any) -> bool:
    return isinstance(type_, ir.IndexType) or (isinstance(type_, ir.IntegerType) and type_.width == 64)


def equal(x: Any, y: Any) -> bool:
    """Whether two index values are provably the same."""
    return x == y or form_of(x).plus(form_of(y), -1) == Form()


def different(x: Any, y: Any) -> bool:
    """Whether two index values provably differ, in all iterations of the loops around them."""
    difference = form_of(x).plus(form_of(y), -1)
    return positive(difference) or positive(Form().plus(difference, -1))


def positive(form: Form) -> bool:
    """Whether a form is provably at least 1."""
    least = lower_bound(form)
    return least is not None and least >= 1


def lower_bound(form: Form, steps: int = MAX_STEPS) -> int | None:
    """A number the form never falls below, or None."""
    if not form.coefficients:
        return form.constant
    if steps == 0:
        return None
    atom = max(form.coefficients, key=_depth)
    coefficient = form.coefficients[atom]
    rest = form.without(atom)
    best = None
    for end in _least(atom) if coefficient > 0 else _greatest(atom):
        found = lower_bound(rest.plus(end, coefficient), steps - 1)
        if found is not None and (best is None or found > best):
            best = found
    return best


def upper_bound(form: Form, steps: int = MAX_STEPS) -> int | None:
    """A number the form never exceeds, or None."""
    found = lower_bound(Form().plus(form, -1), steps)
    return None if found is None else -found


def _depth(atom: Atom) -> float:
    """How many regions deep an atom is defined: inner atoms are replaced first, later values before present ones."""
    if isinstance(atom, Later):
        return _depth(atom.value) + 0.5
    depth, op = 0, block_of(atom).owner.operation
    while op.name != "func.func":
        depth += 1
        op = op.parent.operation
    return 2 * depth + (defining_op(atom) is not None)  # below the counters of its own block


def _least(atom: Atom) -> list[Form]:
    """Forms that the atom never falls below."""
    if isinstance(atom, Later):
        least = [form.later(atom.loop) for form in _least(atom.value)]
        counted = _loop_counted_by(atom.value) if defining_op(atom.value) is None else None
        return [Form(1, {atom.value: 1}), *least] if counted is not None and counted == atom.loop else least
    op = defining_op(atom)
    if op is None:
        loop = _loop_counted_by(atom)
        return [] if loop is None else [form_of(loop.operands[0])]
    if op.name == "arith.remui" and (constant_integer(op.operands[1]) or 0) > 0:
        return [Form(0)]
    if op.name == "arith.maxsi":
        return [form_of(v) for v in op.operands]
    if op.name == "arith.minsi":
        ends = [lower_bound(form_of(v), MAX_STEPS // 2) for v in op.operands]
        return [] if None in ends else [Form(min(e for e in ends if e is not None))]
    return [Form(0)] if op.name == "tensor.dim" else []


def _greatest(atom: Atom) -> list[Form]:
    """Forms that the atom never exceeds."""
    if isinstance(atom, Later):
        return [form.later(atom.loop) for form in _greatest(atom.value)]
    op = defining_op(atom)
    if op is None:
        loop = _loop_counted_by(atom)
        return [] if loop is None else [form_of(loop.operands[1]).plus(Form(-1))]
    if op.name == "arith.remui" and (constant_integer(op.operands[1]) or 0) > 0:
        return [Form((constant_integer(op.operands[1]) or 1) - 1)]
    if op.name == "arith.minsi":
        return [form_of(v) for v in op.operands]
    if op.name == "arith.maxsi":
        ends = [upper_bound(form_of(v), MAX_STEPS // 2) for v in op.operands]
        return [] if None in ends else [Form(max(e for e in ends if e is not None))]
    return []


def _loop_counted_by(argument: Any) -> Any | None:
    """The `for` whose induction variable this block argument is."""
    op = argument.owner.owner.operation
    return op if op.name == FOR and argument.arg_number == 0 else None
