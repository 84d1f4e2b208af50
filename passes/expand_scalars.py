"""Scalar ops that upstream's conversions to LLVM do not know, in terms of others they know.

Divisions that round down or up, and 1/sqrt.  (Upstream's arith-expand would also take apart maximumf and minimumf,
which LLVM vectorises only whole.)  Assumes that elementwise ops are scalar by now.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import constant, create
from wengert.dialects.discrete import INTEGER_PREDICATES
from wengert.passes.base import Pass, register_pass


@register_pass("expand-scalars")
@dataclass(frozen=True)
class ExpandScalars(Pass):
    """Write rounding divisions and 1/sqrt out."""

    def run(self, module: Any) -> None:
        for op in walk(module):
            expansion = EXPANSIONS.get(op.name)
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


EXPANSIONS: dict[str, Callable[..., Any]] = {
    "arith.floordivsi": lambda a, b: _rounded(a, b, down=True),
    "arith.ceildivsi": lambda a, b: _rounded(a, b, down=False),
    "arith.ceildivui": _ceiling_unsigned,
    "math.rsqrt": _reciprocal_root,
}
