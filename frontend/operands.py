"""What takes part in array arithmetic, and the one way in which element-by-element operations are emitted.

An operand is a Scalar, an Array, or a Python or NumPy number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from itertools import pairwise
from typing import Any, NoReturn

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.broadcasting import broadcast_shapes, is_empty, origins_of, tensor, unspecified
from wengert.frontend.capture import captured
from wengert.frontend.complex_numbers.values import Complex, is_complex
from wengert.frontend.conversions import Kind, bounds_of, element_of, is_integer
from wengert.frontend.masks import Masked, apply_masked, is_selection, selection_among
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Scalar, Traced, describe

Operand = Any  # a Scalar, an Array, or a Python or NumPy number

PYTHON: dict[str, Callable[..., Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "FloorDiv": operator.floordiv,
    "Mod": operator.mod,
    "Pow": operator.pow,
    "MatMult": operator.matmul,
    "BitAnd": operator.and_,
    "BitOr": operator.or_,
    "BitXor": operator.xor,
    "LShift": operator.lshift,
    "RShift": operator.rshift,
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "USub": operator.neg,
    "UAdd": operator.pos,
    "Invert": operator.invert,
    "Not": operator.not_,
}
SYMBOLS = {
    "Add": "+",
    "Sub": "-",
    "Mult": "*",
    "Div": "/",
    "FloorDiv": "//",
    "Mod": "%",
    "Pow": "**",
    "MatMult": "@",
    "BitAnd": "&",
    "BitOr": "|",
    "BitXor": "^",
    "LShift": "<<",
    "RShift": ">>",
    "Lt": "<",
    "LtE": "<=",
    "Gt": ">",
    "GtE": ">=",
    "Eq": "==",
    "NotEq": "!=",
    "USub": "-",
    "UAdd": "+",
    "Invert": "~",
}


def is_number(x: Any) -> bool:
    return isinstance(x, (bool, int, float, np.bool_, np.integer, np.floating))


def is_operand(x: Any) -> bool:
    return isinstance(x, (Traced, np.ndarray, list, tuple)) or is_number(x) or is_complex(x)


def operand(x: Any) -> Operand:
    """What takes part in real arithmetic: arrays of the program become hidden arguments, lists become arrays."""
    if is_complex(x):
        fail(
            f"{type_text(x)} takes part in an operation on real numbers",
            help="take z.real, z.imag or abs(z)",
        )
    return real_operand(x)


def real_operand(x: Any) -> Operand:
    """`operand` of what is known not to be complex."""
    if isinstance(x, np.ndarray):
        x = captured(x)
    if isinstance(x, Array) and not x.ndim:
        from wengert.frontend.indexing import element

        return element(x, ())
    if isinstance(x, Traced):
        return x
    if is_number(x):
        if isinstance(x, np.generic):
            element_of(x.dtype, "a number")
        return x
    if isinstance(x, (list, tuple)):
        from wengert.frontend.numpy_table.creation import as_array

        return as_array(x)
    return fail(f"{x!r} of type {type(x).__name__} cannot take part in array arithmetic", error=WengertTypeError)


def kind_of(x: Operand) -> Kind:
    """Element type of an operand, and whether it is a Python number."""
    if isinstance(x, (Scalar, Array)):
        return x.kind
    if isinstance(x, np.generic):
        return Kind(element_of(x.dtype, "a number"), False)
    return Kind("i1" if isinstance(x, bool) else "i64" if isinstance(x, int) else "f64", True)


def type_text(x: Any) -> str:
    """The type of an operand, for messages."""
    if isinstance(x, Array):
        return describe(x)
    return x.type_name if isinstance(x, (Scalar, Complex)) else type(x).__name__


def strong(x: Any) -> Any:
    """A result of a NumPy function: a NumPy scalar, not a Python number."""
    if isinstance(x, Scalar) and x.weak:
        return Scalar(x.value, x.element, False, x.low, x.high, x.origins, x.region, x.form)
    return x


def converted(x: Any, element: str) -> Any:
    """An operand of another element type, as NumPy's astype has it."""
    kind = kind_of(x)
    if kind.element == element and not is_number(x):
        return strong(x)
    if isinstance(x, Masked) and is_selection(x):
        return x.converted(element)
    trace = current()
    if isinstance(x, Array):
        return Box(trace.convert(x.read(), x.element, element), x.shape, element, contiguous=x.layout is not None)
    result = Scalar(trace.cast(x, element), element, origins=x.origins if isinstance(x, Scalar) else DATA)
    if isinstance(x, Scalar) and is_integer(element) and is_integer(kind.element):
        low, high = x.interval
        least, most = bounds_of(element)
        if element == kind.element or (low is not None and high is not None and least <= low and high <= most):
            result.low, result.high = low, high
    return result


# ---------------------------------------------------------------- the core


def elementwise_result(operands: list[Operand], element: str, build: Callable[..., Any], result: Kind) -> Any:
    """Broadcasts, converts to `element`, and applies `build` to IR scalars or tensors; a Scalar or a new Box.

    Selections (`a[m]`) are worked on under their mask.
    """
    selection = selection_among(operands)
    if selection is not None:
        return apply_masked(lambda *plain: elementwise_result(list(plain), element, build, result), operands, selection)
    trace = current()
    arrays = [x for x in operands if isinstance(x, Array)]
    if not arrays:
        values = [trace.cast(x, element) for x in operands]
        with trace.here():
            value = build(*values)
        return Scalar(value, result.element, result.weak, origins=origins_of(*operands))
    shape = arrays[0].shape if len(arrays) == 1 else broadcast_shapes(*[x.shape for x in arrays])
    if is_empty(shape):
        return Box(unspecified(shape, result.element), shape, result.element)
    tensors = [tensor(x, element, shape) for x in operands]
    with trace.here():
        value = build(*tensors)
    return Box(value, shape, result.element, contiguous=result_is_contiguous(arrays, shape))


def result_is_contiguous(arrays: list[Array], shape: tuple[Any, ...]) -> bool:
    """NumPy lays out a result like its operands (order "K"): in C order unless an operand of full rank is not."""
    if len(shape) < 2:
        return True
    return all(x.ndim < len(shape) or _in_c_order(x.layout) for x in arrays)


def _in_c_order(layout: tuple[int, ...] | None) -> bool:
    return layout is not None and all(abs(outer) >= abs(inner) for outer, inner in pairwise(layout))


def unsupported(op: str, *operands: Any) -> NoReturn:
    types = " and ".join(type_text(x) for x in operands)
    fail(f"unsupported operand type(s) for {SYMBOLS[op]}: {types}", error=WengertTypeError)
