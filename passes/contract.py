"""Products that a recurrence waits for are fused with the addition behind them.

A loop that carries numbers from iteration to iteration is as slow as the longest chain of operations through them.  In

    x = x + h * f(x)

the product comes last, and a fused multiply-add saves a whole latency; it also rounds once instead of twice.  In
``s = s + a * b`` the product waits for nothing, the fused operation would only make the chain longer, and nothing is
fused: `contract` for everything makes an LU factorisation twice as slow.  So a product is fused with an addition only
if it depends on what the innermost loop carries, and is ready later than the other operand.  Where both operands are
products, the later one is fused; two that are ready at the same time stay as they are, so that ``a * b - b * a`` is 0.

A function with such a loop is marked: packing two scalars of the chain into a vector would cost it a shuffle at each
step (`finish_llvm` tells LLVM).

Assumes scalars in scf, and a program that does not ask for `precise`.  Nothing changes in loops that carry nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, walk
from wengert.dialects.control import FOR, WHILE, body_operations, functions
from wengert.passes.base import Pass, register_pass

#: Cycles, roughly, of operations on numbers; elementary functions take FUNCTION.
LATENCY = {"arith.addf": 4, "arith.subf": 4, "arith.mulf": 4, "arith.divf": 14, "math.sqrt": 18, "arith.negf": 1,
           "arith.select": 1, "arith.cmpf": 3, "arith.maximumf": 4, "arith.minimumf": 4, "math.absf": 1}
FUNCTION = 40
#: On functions with a recurrence that waits for scalars.
LATENCY_BOUND = "nd.latency_bound"


@register_pass("contract")
@dataclass(frozen=True)
class Contract(Pass):
    """Allow fused multiply-adds where a recurrence waits for the product."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            loops = [op for op in walk(func) if op.name in (FOR, WHILE)]
            if sum(_contract(region.blocks[0]) for op in loops for region in op.regions):
                func.attributes[LATENCY_BOUND] = ir.UnitAttr.get()


def _contract(block: Any) -> bool:
    """Fuse what the innermost loop around a block waits for; whether there was anything."""
    operations = body_operations(block)
    carried = [a for a in block.arguments if isinstance(a.type, ir.FloatType)]
    if not carried or any(o.name in (FOR, WHILE) for o in operations):
        return False
    fused = False
    ready: dict[Value, int] = dict.fromkeys(carried, 0)
    for op in operations:
        times = [ready[v] for v in op.operands if v in ready]
        if not times or len(op.results) != 1 or not isinstance(op.results[0].type, (ir.FloatType, ir.IntegerType)):
            continue
        ready[op.results[0]] = max(times) + LATENCY.get(op.name, FUNCTION if op.name.startswith("math.") else 1)
        if op.name in ("arith.addf", "arith.subf"):
            fused |= _fuse(op, ready)
    return fused


def _fuse(addition: Any, ready: dict[Value, int]) -> bool:
    """Mark an addition and the product it waits for, if it does."""
    x, y = addition.operands
    late, early = (x, y) if ready.get(x, -1) > ready.get(y, -1) else (y, x)
    product = defining_op(late)
    if (product is None or product.name != "arith.mulf" or len(list(late.uses)) != 1
            or ready.get(late, -1) <= ready.get(early, -1) or product.block != addition.block):
        return False
    for op in (product, addition):
        known = str(op.attributes["fastmath"])[len("#arith.fastmath<"):-1] if "fastmath" in op.attributes else "none"
        flags = [f for f in known.split(",") if f not in ("none", "contract")]
        op.attributes["fastmath"] = ir.Attribute.parse(f"#arith.fastmath<{','.join([*flags, 'contract'])}>")
    return True
