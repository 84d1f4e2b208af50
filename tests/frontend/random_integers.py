"""Random expressions over all element types, evaluated by NumPy and by what is traced.

An expression is a nested tuple: ("leaf", k), a number, or (operation, expressions).  What it computes has no rounding
that NumPy leaves open: no powers of floats, no transcendental functions.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from wengert.frontend.conversions import DTYPES

Expression = Any
INTEGERS = [name for name, dtype in DTYPES.items() if dtype.kind in "iu"]
BINARY: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "&": operator.and_,
    "|": operator.or_,
    "^": operator.xor,
    "<<": operator.lshift,
    ">>": operator.rshift,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "fmod": np.fmod,
    "**": operator.pow,
}
UNARY: dict[str, Callable[[Any], Any]] = {
    "neg": operator.neg,
    "invert": operator.invert,
    "abs": abs,
    "sign": np.sign,
    "square": np.square,
    "logical_not": np.logical_not,
    "reciprocal": np.reciprocal,
    "tens": lambda x: np.round(x, -1),
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "cumsum": np.cumsum,
    "reversed": lambda x: x[::-1],
    "tail": lambda x: x[1:],
    **{f"astype {name}": lambda x, dtype=dtype: x.astype(dtype) for name, dtype in DTYPES.items()},
}


def evaluate(expression: Expression, leaves: Sequence[Any]) -> Any:
    """The value of an expression, with Python's operators and NumPy's functions."""
    if not isinstance(expression, tuple):
        return expression
    name, *rest = expression
    if name == "leaf":
        return leaves[rest[0]]
    values = [evaluate(part, leaves) for part in rest]
    if name == "where":
        return np.where(*values)
    return UNARY[name](*values) if len(values) == 1 else BINARY[name](*values)


def unspecified(expression: Expression, leaves: Sequence[Any]) -> bool:
    """Whether it has an operation whose result is NumPy's secret, or Python's alone.

    That is a power or a sum of floats, a conversion of a float that does not fit in 32 bits to uint32 (on x86 that
    depends on the length of the array), and arithmetic of Python's integers, which have no bounds."""
    if not isinstance(expression, tuple) or expression[0] == "leaf":
        return False
    name, *rest = expression
    if any(unspecified(part, leaves) for part in rest):
        return True
    if all(isinstance(evaluate(part, leaves), (bool, int, float)) for part in rest):
        return not all(isinstance(evaluate(part, leaves), np.generic) for part in rest)
    if name == "**":
        return any(np.asarray(evaluate(part, leaves)).dtype.kind == "f" for part in rest)
    if name == "astype u32":
        value = np.asarray(evaluate(rest[0], leaves))
        return bool(value.dtype.kind == "f" and not np.all(np.abs(value) < 2.0**31))
    if name in ("sum", "prod", "cumsum"):  # of floats: the order of additions
        return np.asarray(evaluate(rest[0], leaves)).dtype.kind == "f"
    return False


# ---------------------------------------------------------------- strategies


def values_of(element: str) -> st.SearchStrategy[Any]:
    """Numbers of a type: its limits, small ones, and any others."""
    dtype = DTYPES[element]
    if dtype.kind == "b":
        return st.booleans()
    if dtype.kind == "f":
        return st.sampled_from([0.0, -1.0, 2.5, -300.75, 70000.5, 3e9, -3e18, 1.5e19, np.inf, np.nan])
    low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
    limits = st.sampled_from([low, low + 1, high, high - 1])
    return limits | st.integers(max(low, -9), 9) | st.integers(low, high)


@st.composite
def leaves(draw: st.DrawFn) -> list[Any]:
    """Two or three arrays, scalars of NumPy, or numbers of Python."""
    found: list[Any] = []
    size = draw(st.integers(1, 6))
    for _ in range(draw(st.integers(2, 3))):
        element = draw(st.sampled_from([*INTEGERS, *INTEGERS, "i1", "f32", "f64"]))
        dtype = DTYPES[element]
        match draw(st.sampled_from(["array", "array", "array", "scalar", "python"])):
            case "array":
                found.append(np.array(draw(st.lists(values_of(element), min_size=size, max_size=size)), dtype))
            case "scalar":
                found.append(dtype.type(draw(values_of(element))))
            case _:
                found.append(draw(st.integers(-300, 300) | st.booleans()))
    return found


def expressions(count: int) -> st.SearchStrategy[Expression]:
    """Expressions over that many leaves."""
    leaf = st.tuples(st.just("leaf"), st.integers(0, count - 1))
    number = st.sampled_from([0, 1, -1, 2, 3, 7, 8, 100, 200, 255, 256, -128, -129, 2**31, 2**63, True])

    def larger(smaller: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        return (
            st.tuples(st.sampled_from(sorted(BINARY)), smaller, smaller | number)
            | st.tuples(st.sampled_from(sorted(BINARY)), number, smaller)
            | st.tuples(st.sampled_from(sorted(UNARY)), smaller)
            | st.tuples(st.just("where"), smaller, smaller, smaller)
        )

    return st.recursive(leaf, larger, max_leaves=5)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Expression, list[Any]]:
    found = draw(leaves())
    return draw(expressions(len(found))), found
