"""The methods of ufuncs on complex operands: what they are of functions that take them; and comparisons with leeway."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.arithmetic import binary
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.elementwise import isfinite, numpy_parts
from wengert.frontend.complex_numbers.registry import of_complex
from wengert.frontend.complex_numbers.values import Complex, ComplexArray, paired, parts_of
from wengert.frontend.trace import fail

_REDUCTIONS = {np.add: np.sum, np.multiply: np.prod}
_RUNNING = {np.add: np.cumsum, np.multiply: np.cumprod}


def ufunc_method_of_complex(ufunc: np.ufunc, method: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """``ufunc.method(*arguments, **options)``, something complex being among the arguments."""
    from wengert.frontend.calls import call

    if method == "outer" and len(arguments) == 2:
        a, b = (complex_operand(x) for x in arguments)
        return call(ufunc, np.reshape(a, (*np.shape(a), *[1] * np.ndim(b))), b, **options)
    if method == "reduce" and ufunc in _REDUCTIONS:
        axis = arguments[1] if len(arguments) > 1 else options.pop("axis", 0)
        return call(_REDUCTIONS[ufunc], arguments[0], axis=axis, **options)
    if method == "accumulate" and ufunc in _RUNNING:
        axis = arguments[1] if len(arguments) > 1 else options.pop("axis", 0)
        return call(_RUNNING[ufunc], arguments[0], axis=axis, **options)
    if method == "at" and ufunc in (np.add, np.subtract):
        target, indices, value = arguments
        _add_at(ufunc, complex_operand(target), indices, value)
        return None
    return fail(f"numpy.{ufunc.__name__}.{method} of complex numbers is not covered",
                help="write it with the operators and np.sum, np.prod, np.cumsum or np.cumprod")


def _add_at(ufunc: np.ufunc, target: Any, indices: Any, value: Any) -> None:
    if not isinstance(target, ComplexArray):
        fail("a complex value is added to a real array", help="add value.real", error=WengertTypeError)
    for part, x in zip((target.re, target.im), parts_of(complex_operand(value)), strict=True):
        ufunc.at(part, indices, x)


@of_complex(np.isclose)
def isclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    """``|a - b| <= atol + rtol |b|``, or equal."""
    if equal_nan:
        fail("numpy.isclose of complex numbers with equal_nan is not covered", help="test np.isnan beside it")
    x, y = (paired(*numpy_parts(z)) for z in (a, b))
    near = np.abs(binary("Sub", x, y)) <= atol + rtol * np.abs(y)
    return (near & isfinite(y)) | (x == y)


@of_complex(np.allclose)
def allclose(a: Any, b: Any, rtol: Any = 1e-5, atol: Any = 1e-8, equal_nan: Any = False) -> Any:
    from wengert.frontend.numpy_table.python import bool_

    return bool_(np.all(isclose(a, b, rtol, atol, equal_nan)))


@of_complex(np.array_equal)
def array_equal(a1: Any, a2: Any, equal_nan: Any = False) -> Any:
    from wengert.frontend.numpy_table.python import bool_

    a, b = complex_operand(a1), complex_operand(a2)
    if equal_nan or np.shape(a) != np.shape(b):
        return False if not equal_nan else fail("numpy.array_equal of complex arrays with equal_nan is not covered")
    return bool_(np.all(binary("Sub", a, b) == 0) if not isinstance(a, Complex) else np.all(a == b))


@of_complex(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: Any = -1) -> Any:
    from wengert.frontend.calls import call

    return call(np.sum, binary("Mult", call(np.conjugate, x1), x2), axis=axis)

