"""What may be removed, merged, moved: the questions simplify, store and promote ask about an operation.

Everything is read from the op records; an operation without one is trusted only when its dialect has no side effects by
definition.  Region ops (scf) have no effect of their own: their contents decide.
"""

from __future__ import annotations

from typing import Any

from wengert.dialects.bindings import defining_op, ir, is_tensor, walk
from wengert.dialects.control import CONTROL, functions, symbol
from wengert.dialects.foreign import is_pure
from wengert.dialects.op import lookup

#: Upstream dialects whose operations on values and tensors have no side effect.
PURE_DIALECTS = frozenset({"arith", "math", "complex", "tensor"})
TERMINATORS = frozenset({"scf.yield", "scf.condition", "func.return", "vector.yield"})
CALL = "func.call"

_INTEGER_DIVISIONS = frozenset({"arith.divsi", "arith.divui", "arith.remsi", "arith.remui", "arith.floordivsi",
                                "arith.ceildivsi", "arith.ceildivui"})
#: Families whose members are total: they cannot trap, whatever the operands.
_TOTAL_FAMILIES = frozenset({"elementwise", "constant", "reduction", "multilinear"})
_TOTAL = frozenset({"arith.select", "arith.extf", "arith.truncf", "tensor.dim", "nd.broadcast", "nd.reshape",
                    "nd.transpose", "nd.reverse"})


def callee(call: Any) -> str:
    """The symbol a func.call names."""
    return str(ir.FlatSymbolRefAttr(call.attributes["callee"]).value)


class Effects:
    """Which operations of a module have side effects; functions are looked into, once."""

    def __init__(self, module: Any) -> None:
        self._bodies = {symbol(f): f for f in functions(module)}
        self._known: dict[str, bool] = {}

    def of(self, op: Any) -> bool:
        """Whether this operation itself (not one nested in it) does something besides computing its results."""
        name = op.name
        record = lookup(name)
        if record is not None:
            return record.effect
        if name in CONTROL or name in TERMINATORS:
            return False
        if name == CALL:
            return self.function(callee(op))
        return name.partition(".")[0] not in PURE_DIALECTS

    def function(self, name: str) -> bool:
        """Whether a call of @name has an effect; recursion, and a function without a body that is not declared to be
        pure, count as having one."""
        if name not in self._known:
            self._known[name] = True
            func = self._bodies.get(name)
            if func is not None and is_pure(func):
                self._known[name] = False
            elif func is not None and len(func.regions[0].blocks):
                self._known[name] = any(self.of(op) for op in walk(func)[1:])
        return self._known[name]


def speculatable(op: Any) -> bool:
    """Whether the op may be evaluated where the program would not have: pure, and defined for all operands."""
    record = lookup(op.name)
    if record is None or record.effect or len(op.regions):
        return False
    if op.name in _INTEGER_DIVISIONS:
        return divisor_is_safe(op.operands[1])
    if record.family == "discrete":
        return op.name not in ("math.ipowi", "nd.iota")
    return record.family in _TOTAL_FAMILIES or op.name in _TOTAL


def divisor_is_safe(divisor: Any) -> bool:
    """Whether integer division by this value is defined for every dividend: a constant other than 0 and -1."""
    return constant_integer(divisor) not in (None, 0, -1)


def constant_integer(value: Any) -> int | None:
    """The value of a scalar integer, index or i1 `arith.constant`, else None."""
    op = defining_op(value)
    if op is None or op.name != "arith.constant":
        return None
    attribute = op.attributes["value"]
    return int(attribute.value) if isinstance(attribute, (ir.IntegerAttr, ir.BoolAttr)) else None


def is_destination(use: Any) -> bool:
    """Whether this use may overwrite the array: as a destination, carried by a loop, handed on by a block."""
    name = use.owner.name
    record = lookup(name)
    if record is not None and record.destination is not None:
        return bool(use.operand_number == record.destination)
    if name == "scf.for":
        return bool(use.operand_number >= 3)
    if name in ("scf.while", "scf.yield", "scf.condition", "func.return", CALL):
        return True
    return "nd.accumulate" in use.owner.attributes and use.operand_number == 0


def overwritten(value: Any) -> bool:
    """Whether some use of a tensor value may overwrite it in place."""
    return is_tensor(value.type) and any(is_destination(use) for use in value.uses)
