"""Powers with a constant half-integer exponent are products and a square root.

``x ** -1.5`` is ``1 / (x * sqrt(x))``: a tenth of what `pow` costs, and within 3.5 ulp (libmvec promises 4 of its own)
as long as ``x ** |exponent|`` is a normal number; zeros, infinities and negative numbers give what `pow` gives.

Assumes scalars, and a program that does not ask for `precise`; runs after differentiation, whose rule of a power is
better than that of the products.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, walk
from wengert.dialects.build import constant, create
from wengert.dialects.discrete import FLOAT_PREDICATES
from wengert.passes.base import Pass, register_pass

POWER = "math.powf"
#: Beyond it, products round more often than these ulp allow.
GREATEST = 2.5


@register_pass("half-powers")
@dataclass(frozen=True)
class HalfPowers(Pass):
    """Write ``x ** (n + 1/2)`` out, for constant n."""

    def run(self, module: Any) -> None:
        for op in walk(module, POWER):
            exponent = _constant(op.operands[1])
            if exponent is not None and abs(exponent) <= GREATEST and exponent % 1.0 == 0.5:
                with ir.InsertionPoint(op), op.location:
                    op.results[0].replace_all_uses_with(_power(op.operands[0], exponent))
                op.erase()


def _constant(value: Value) -> float | None:
    op = defining_op(value)
    if op is None or op.name != "arith.constant" or not isinstance(value.type, ir.FloatType):
        return None
    return float(ir.FloatAttr(op.attributes["value"]).value)


def _power(x: Value, exponent: float) -> Value:
    x = _as_positive(x)
    result = create("math.sqrt", [x.type], [x]).result
    for _ in range(int(abs(exponent))):
        result = create("arith.mulf", [x.type], [x, result]).result
    return result if exponent > 0 else create("arith.divf", [x.type], [constant(1.0, x.type), result]).result


def _as_positive(x: Value) -> Value:
    """x, but inf for -inf and 0 for -0: a power does not see the difference, a square root does."""
    predicate = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), FLOAT_PREDICATES["oeq"])
    is_least = create("arith.cmpf", [ir.IntegerType.get_signless(1)], [x, constant(-math.inf, x.type)],
                      {"predicate": predicate}).result
    no_minus = create("arith.addf", [x.type], [x, constant(0.0, x.type)]).result
    return create("arith.select", [x.type], [is_least, constant(math.inf, x.type), no_minus]).result
