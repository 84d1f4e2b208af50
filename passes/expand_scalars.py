"""Scalar ops that upstream's conversions to LLVM do not know, in terms of others they know.

Divisions that round down or up, 1/sqrt, tests of floats, copysign and |i| (convert-math-to-libm refuses to leave the
last ones to convert-math-to-llvm), and the ops of ours whose records say how they are written out.  Upstream's
arith-expand would also take apart maximumf and minimumf, which LLVM vectorises only whole.  Assumes that elementwise
ops are scalar by now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import constant, create
from wengert.dialects.discrete import FLOAT_PREDICATES, INTEGER_PREDICATES
from wengert.dialects.op import lookup
from wengert.passes.base import Pass, register_pass


@register_pass("expand-scalars")
@dataclass(frozen=True)
class ExpandScalars(Pass):
    """Write rounding divisions, 1/sqrt, tests of floats, copysign and |i| out."""

    def run(self, module: Any) -> None:
        for op in walk(module):
            record = lookup(op.name)
            expansion = EXPANSIONS.get(op.name) or (record and record.written_out)
            if expansion is not None:
                with ir.InsertionPoint(op), op.location:
                    op.results[0].replace_all_uses_with(expansion(*op.operands))
                op.erase()


def _binary(name: str, x: Any, y: Any) -> Any:
    return create(name, [x.type], [x, y]).result


def _compare(predicate: str, x: Any, y: Any) -> Any:
    number = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), INTEGER_PREDICATES[predicate])
    return create("arith.cmpi", [ir.IntegerType.get_signless(1)], [x, y], {"predicate": number}).result


def _select(condition: Any, x: Any, y: Any) -> Any:
    return create("arith.select", [x.type], [condition, x, y]).result


def _rounded(a: Any, b: Any, down: bool) -> Any:
    """a / b truncated, then corrected by one where the division is not exact and the signs say so."""
    quotient, remainder = _binary("arith.divsi", a, b), _binary("arith.remsi", a, b)
    zero, one = constant(0, a.type), constant(1, a.type)
    inexact = _compare("ne", remainder, zero)
    wrong_side = _compare("slt" if down else "sge", _binary("arith.xori", remainder, b), zero)
    corrected = _binary("arith.subi" if down else "arith.addi", quotient, one)
    return _select(_binary("arith.andi", inexact, wrong_side), corrected, quotient)


def _ceiling_unsigned(a: Any, b: Any) -> Any:
    """0 for a = 0, otherwise (a - 1) / b + 1."""
    zero, one = constant(0, a.type), constant(1, a.type)
    above = _binary("arith.addi", _binary("arith.divui", _binary("arith.subi", a, one), b), one)
    return _select(_compare("eq", a, zero), zero, above)


def _reciprocal_root(x: Any) -> Any:
    root = create("math.sqrt", [x.type], [x]).result
    return _binary("arith.divf", constant(1.0, x.type), root)


def _compare_size(predicate: str, x: Any) -> Any:
    """|x| compared with infinity."""
    i1, i64 = ir.IntegerType.get_signless(1), ir.IntegerType.get_signless(64)
    size = create("math.absf", [x.type], [x]).result
    number = ir.IntegerAttr.get(i64, FLOAT_PREDICATES[predicate])
    return create("arith.cmpf", [i1], [size, constant(float("inf"), x.type)], {"predicate": number}).result


def _is_nan(x: Any) -> Any:
    i1, i64 = ir.IntegerType.get_signless(1), ir.IntegerType.get_signless(64)
    return create("arith.cmpf", [i1], [x, x], {"predicate": ir.IntegerAttr.get(i64, FLOAT_PREDICATES["uno"])}).result


def _copysign(x: Any, y: Any) -> Any:
    """The bits of x with the highest one of y."""
    width = x.type.width
    integer = ir.IntegerType.get_signless(width)
    size, sign = constant(2 ** (width - 1) - 1, integer), constant(-(2 ** (width - 1)), integer)
    x_bits, y_bits = (create("arith.bitcast", [integer], [v]).result for v in (x, y))
    bits = _binary("arith.ori", _binary("arith.andi", x_bits, size), _binary("arith.andi", y_bits, sign))
    return create("arith.bitcast", [x.type], [bits]).result


EXPANSIONS: dict[str, Callable[..., Any]] = {
    "arith.floordivsi": lambda a, b: _rounded(a, b, down=True),
    "arith.ceildivsi": lambda a, b: _rounded(a, b, down=False),
    "arith.ceildivui": _ceiling_unsigned,
    "math.rsqrt": _reciprocal_root,
    "math.isnan": _is_nan,
    "math.isinf": lambda x: _compare_size("oeq", x),
    "math.isfinite": lambda x: _compare_size("olt", x),
    "math.copysign": _copysign,
    "math.absi": lambda x: _binary("arith.maxsi", x, _binary("arith.subi", constant(0, x.type), x)),
}
