"""A NumPy interpreter of the IR, driven by the op records: the oracle that needs no lowering.

Values are immutable; an insert copies.  Residual placeholders (`diff.save`, `diff.saved`) are executed with a
dictionary that several functions share, so each stage of differentiation runs before its storage is decided.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC, ir, is_tensor, position_of
from wengert.dialects.control import FOR, IF, WHILE, entry, find_function
from wengert.dialects.effects import CheckFailed
from wengert.dialects.failures import failed_check
from wengert.dialects.foreign import MEANINGS, is_foreign
from wengert.dialects.op import DTYPES, Op, decode_attributes, dtype_name, lookup
from wengert.dialects.texts import is_print, text_of, write

Environment = dict[Any, Any]
Residuals = dict[tuple[int, ...], Any]
TERMINATORS = frozenset({"scf.yield", "scf.condition", "func.return", "vector.yield"})


def run(module: Any, name: str, arguments: Sequence[Any], residuals: Residuals | None = None) -> list[Any]:
    """Execute function `name` on arrays and scalars; returns the list of its results.

    Args:
        module: an ir.Module of nd, diff and upstream tensor-level ops.
        arguments: one array or scalar for each argument; none is changed.
        residuals: where `diff.save` puts and `diff.saved` finds values, for stages before storage.

    Raises:
        WengertError: a run-time check failed; the error has the user's position.
    """
    interpreter = Interpreter(module, residuals if residuals is not None else {})
    return interpreter.call(name, typed_arguments(module, name, arguments))


def typed_arguments(module: Any, name: str, arguments: Sequence[Any]) -> list[Any]:
    """The arguments with exactly the dtypes of function `name`.

    Raises:
        TypeError: too many or too few of them, or a wrong shape.
    """
    block = entry(find_function(module, name))
    if len(arguments) != len(block.arguments):
        raise TypeError(f"@{name} takes {len(block.arguments)} arguments, got {len(arguments)}")
    return [_typed(v, a.type) for a, v in zip(block.arguments, arguments)]


class Interpreter:
    """Executes functions.  Values pass through control flow untouched, as the objects they are: a subclass whose
    `apply` wraps what it returns sees every value again where it is used."""

    def __init__(self, module: Any, residuals: Residuals) -> None:
        self.module, self.residuals = module, residuals

    def call(self, name: str, arguments: Sequence[Any]) -> list[Any]:
        """Execute a function on values of the types of its arguments; its residuals are its own."""
        func = find_function(self.module, name)
        if is_print(func):
            write(*text_of(func), arguments)
            return []
        block = entry(func)
        with np.errstate(all="ignore"):
            return self.block(block, dict(zip(block.arguments, arguments, strict=True)))

    def block(self, block: Any, env: Environment) -> list[Any]:
        """Execute to the terminator; the values it hands on."""
        for op in block.operations:
            op = op.operation
            if op.name in TERMINATORS:
                return [env[v] for v in op.operands]
            env.update(zip(op.results, self.operation(op, env)))
        return []

    def operation(self, op: Any, env: Environment) -> list[Any]:
        operands = [env[v] for v in op.operands]
        if op.name == FOR:
            return self.loop(op, operands, env)
        if op.name == WHILE:
            return self.while_(op, operands, env)
        if op.name == IF:
            region = 0 if operands[0] else 1
            return self.block(entry(op, region), env) if len(op.regions[region].blocks) else []
        if op.name == "func.call":
            outer, self.residuals = self.residuals, {}
            name = ir.FlatSymbolRefAttr(op.attributes["callee"]).value
            func = find_function(self.module, name)
            foreign = is_foreign(func)
            results = [*MEANINGS[name](operands), np.int64(0)] if foreign else self.call(name, operands)
            self.residuals = outer
            return results
        if op.name == "diff.save":
            self.residuals[(_identity(op), *map(int, operands[1:]))] = operands[0]
            return []
        if op.name == "diff.saved":
            return [self.residuals[(_identity(op), *map(int, operands))]]
        record = lookup(op.name)
        if record is None:
            raise TypeError(f"{position_of(op.location) or ''}: the interpreter has no record of {op.name}")
        return self.apply(op, record, operands)

    def apply(self, op: Any, record: Op, operands: list[Any]) -> list[Any]:
        """Execute one operation that has a record."""
        attributes = meaning_attributes(op)
        if record.typed:
            attributes["out"] = [(_shape(r.type), DTYPES[dtype_name(r.type)]) for r in op.results]
        try:
            value = record.meaning(*operands, **attributes)
        except CheckFailed as failed:
            raise failed_check(failed.kind, failed.message, failed.values, position_of(op.location)) from None
        values = list(value) if isinstance(value, (tuple, list)) else [value]
        return [_typed(v, r.type) for v, r in zip(values, op.results)]

    def loop(self, op: Any, operands: list[Any], env: Environment) -> list[Any]:
        lower, upper, step, *carried = operands
        block = entry(op)
        for i in range(int(lower), int(upper), int(step)):
            env.update(zip(block.arguments, [np.int64(i), *carried]))
            carried = self.block(block, env)
        return carried

    def while_(self, op: Any, carried: list[Any], env: Environment) -> list[Any]:
        before, after = entry(op, 0), entry(op, 1)
        while True:
            env.update(zip(before.arguments, carried))
            flag, *passed = self.block(before, env)
            if not flag:
                return passed
            env.update(zip(after.arguments, passed))
            carried = self.block(after, env)


def meaning_attributes(op: Any) -> dict[str, Any]:
    """The attributes that an operation's meaning depends on."""
    return {
        k: v
        for k, v in decode_attributes(op).items()
        if "." not in k and k not in ("fastmath", "overflowFlags", "operandSegmentSizes", "nuw", "nsw")
    }


def _identity(op: Any) -> int:
    return int(ir.IntegerAttr(op.attributes["id"]).value)


def _shape(type_: Any) -> tuple[int | None, ...]:
    return tuple(None if d == DYNAMIC else d for d in type_.shape) if is_tensor(type_) else ()


def _typed(value: Any, type_: Any) -> Any:
    """The value with exactly the dtype of its IR type; a wrong shape is a bug and is refused."""
    name = dtype_name(type_)
    if name not in DTYPES:
        return value
    array = np.asarray(value)
    if name == "i1" and array.dtype != np.bool_:
        array = array.astype(bool)
    array = array.astype(DTYPES[name], copy=False)
    expected = _shape(type_)
    if len(expected) != array.ndim or any(e is not None and e != n for e, n in zip(expected, array.shape)):
        raise TypeError(f"a value of shape {array.shape} where the IR says {type_}")
    return array if is_tensor(type_) else array[()]


__all__ = ["Interpreter", "Residuals", "meaning_attributes", "run", "typed_arguments"]
