"""Operators of the user's own classes, run through the rewriter like any other function they wrote."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from wengert.frontend.values import Traced

_NAMES = {
    "Add": "add",
    "Sub": "sub",
    "Mult": "mul",
    "Div": "truediv",
    "FloorDiv": "floordiv",
    "Mod": "mod",
    "Pow": "pow",
    "MatMult": "matmul",
    "BitAnd": "and",
    "BitOr": "or",
    "BitXor": "xor",
    "LShift": "lshift",
    "RShift": "rshift",
    "Lt": "lt",
    "LtE": "le",
    "Gt": "gt",
    "GtE": "ge",
    "Eq": "eq",
    "NotEq": "ne",
    "In": "contains",
    "USub": "neg",
    "UAdd": "pos",
    "Invert": "invert",
}
_MIRRORED = {"Lt": "gt", "LtE": "ge", "Gt": "lt", "GtE": "le", "Eq": "eq", "NotEq": "ne"}


def user_operator(op: str, a: Any, *rest: Any, in_place: bool = False) -> Any:
    """The result of a special method written in Python, or NotImplemented when neither operand has one."""
    name = _NAMES.get(op)
    if name is None:
        return NotImplemented
    attempts = [(a, f"__i{name}__", rest)] if in_place else []
    attempts.append((a, f"__{name}__", rest))
    if rest:
        mirrored = _MIRRORED.get(op, f"r{name}")
        reflected = (rest[0], f"__{mirrored}__", (a,))
        overrides = type(rest[0]) is not type(a) and isinstance(rest[0], type(a))
        attempts.insert(0 if overrides else len(attempts), reflected)
    for owner, method_name, arguments in attempts:
        method = written_in_python(owner, method_name)
        if method is None:
            continue
        from wengert.frontend.calls import call

        result = call(method, owner, *arguments)
        if result is not NotImplemented:
            return result
    return NotImplemented


def written_in_python(owner: Any, name: str) -> FunctionType | None:
    """The special method of an object of a user's class, when it is a Python function."""
    if isinstance(owner, Traced):
        return None
    method = getattr(type(owner), name, None)
    return method if isinstance(method, FunctionType) else None
