"""What functions of matrices share: their arguments as stacks of floats, operations on them, errors at run time.

Messages have NumPy's words; what is singular, or does not converge, is a LinAlgError with the user's line.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.effects import guarded
from wengert.dialects.errors import WengertLinAlgError
from wengert.frontend.broadcasting import check_equal, fitted, same_extent, smaller, tensor
from wengert.frontend.numpy_table.reductions import converted, reduce_array
from wengert.frontend.operands import operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar, shape_text


def any_matrices(a: Any, what: str) -> Array:
    """A stack of matrices of floats."""
    a = operand(a)
    rank = a.ndim if isinstance(a, Array) else 0
    if rank < 2:
        fail(f"{what}: {rank}-dimensional array given. Array must be at least two-dimensional",
             error=WengertLinAlgError, help="a vector is not a matrix: reshape it, or use *")
    return floats(a)


def square_matrices(a: Any, what: str) -> Array:
    """A stack of square matrices of floats."""
    a = any_matrices(a, what)
    rows, columns = a.shape[-2:]
    if same_extent(rows, columns):
        return a
    if isinstance(rows, int) and isinstance(columns, int):
        fail(f"{what}: Last 2 dimensions of the array must be square, and not {shape_text(a.shape)}",
             error=WengertLinAlgError,
             help="use np.linalg.lstsq or np.linalg.pinv, or take the part of the matrix that is square")
    return cut(a, (*a.shape[:-2], *[checked_equal(rows, columns, f"{what}: not square")] * 2))


def checked_equal(n: Extent, m: Extent, what: str) -> Extent:
    """The common extent, one of them being known at run time only."""
    check_equal(n, m, message=what + ": {0} rows, {1} columns")
    return smaller(n, m)


def cut(a: Array, shape: tuple[Extent, ...]) -> Array:
    return Box(fitted(a.read(), a.shape, shape), shape, a.element)


def floats(a: Array) -> Array:
    x: Array = converted(a, a.element if a.element in ("f32", "f64") else "f64")
    return x


def emitted(build: Callable[..., Any], *values: Any, **attributes: Any) -> Any:
    with current().here():
        return build(*values, **attributes)


def require(ok: Any, message: str) -> None:
    """A LinAlgError where not all of `ok` hold."""
    current().check(reduce_array(ok, "all") if isinstance(ok, Array) else ok, "LinAlgError", message)


def wrapped(value: Any, shape: Sequence[Extent], element: str) -> Any:
    return Box(value, tuple(shape), element) if shape else Scalar(value, element, origins=DATA)


def stacked(a: Array, shape: tuple[Extent, ...]) -> Array:
    return Box(tensor(a, a.element, shape), shape, a.element)


def in_double(function: Callable[..., Any], *stacks: Array) -> Any:
    """A function of stacks of one element type, as numpy.linalg computes it: in float64, rounded to float32 at last."""
    if stacks[0].element == "f64":
        return function(*stacks)
    result = function(*(converted(a, "f64") for a in stacks))
    if isinstance(result, tuple):
        return tuple(converted(x, stacks[0].element) for x in result)
    return converted(result, stacks[0].element)


def checked(x: Any, ok: Any, kind: str, message: str) -> Any:
    """x, with an error where it is used although `ok` does not hold."""
    trace, x = current(), operand(x)
    assert isinstance(x, Array)
    flag = trace.cast(ok, "i1")
    value = x.read()
    with trace.here():
        return Box(guarded(value, flag, kind=kind, message=message), x.shape, x.element)
