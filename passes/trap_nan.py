"""trap-nan: an error where a NaN is made, instead of one in the results.

A function that carries ``diff.nan = "trap"`` is given a check after each operation that can make a NaN: it fails where
the result is NaN and no operand is.  With ``"trap-inf"`` it fails where the result is not finite and all operands are:
overflow, division by zero, the logarithm of zero.  A NaN that comes in, or is written as a constant, is not made.

Assumes that derivatives are written and calls inlined; what a derivative computes has a location that says so.  An
operation that accumulates in place is checked as a whole, since its operand is gone afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects import discrete
from wengert.dialects.bindings import in_derivative, ir, is_float, walk
from wengert.dialects.control import functions
from wengert.dialects.interpret import meaning_attributes
from wengert.dialects.op import Op, lookup
from wengert.dialects.reduction import reduce
from wengert.passes.base import Pass, register_pass
from wengert.passes.failures import negated, report

NAN, INFINITIES = "diff.nan", "trap-inf"
#: The families whose operations compute no new floats: they move those there are, or write them down.
NOT_COMPUTING = frozenset({"structural", "constant", "diff", "effect", "discrete"})
#: The families whose infinities are accidents; factorisations and the like have their own checks (a singular matrix).
OVERFLOWING = frozenset({"elementwise", "reduction", "multilinear"})
HELP = "wengert.explain shows where the operands come from"


@register_pass("trap-nan")
@dataclass(frozen=True)
class TrapNan(Pass):
    """Check for NaN (and infinities) where they are made, in the functions that ask for it."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            if NAN in func.attributes:
                infinities = ir.StringAttr(func.attributes[NAN]).value == INFINITIES
                for op in walk(func):
                    record = lookup(op.name)
                    if record is not None and record.family not in NOT_COMPUTING:
                        for result in op.results:
                            if is_float(result.type) and any(is_float(v.type) for v in op.operands):
                                _trap(op, record, result, infinities and record.family in OVERFLOWING)


def _trap(op: Any, record: Op, result: Any, infinities: bool) -> None:
    """Fail where the result is unwanted and no operand is."""
    floats = [v for v in op.operands if is_float(v.type)]
    in_place = "nd.accumulate" in op.attributes
    alike = not in_place and all(v.type == result.type for v in floats)
    message = f"{'in the derivative of this line: ' if in_derivative(op.location) else ''}{{call}} gives "
    message += f"{'a value that is not finite' if infinities else 'nan'}\n\n{HELP}"
    before, after = ir.InsertionPoint(op), ir.InsertionPoint.after(op)
    with op.location:
        if alike:
            with after:
                bad, fine = _unwanted(result, infinities), [_wanted(v, infinities) for v in floats]
        else:
            with before:
                fine = [negated(reduce(_unwanted(v, infinities), "any")) for v in floats]
            with after:
                bad = reduce(_unwanted(result, infinities), "any")
        with after:
            for flag in fine:
                bad = discrete.andi(bad, flag)
            shown = floats if alike and record.family == "elementwise" else []
            report(bad, record.spelled(meaning_attributes(op)), shown, "FloatingPointError", message)


def _unwanted(x: Any, infinities: bool) -> Any:
    if not infinities:
        return discrete.cmpf("uno", x, x)
    return negated(discrete.isfinite(x))


def _wanted(x: Any, infinities: bool) -> Any:
    return discrete.isfinite(x) if infinities else discrete.cmpf("ord", x, x)


