"""Which functions of the table take complex operands, and how.

Three ways: a handler of its own (`of_complex`), each part by the ordinary handler (`acts_on_parts`), or the ordinary
handler as it is, because it hands its operands on to operators and functions that know complex ones (`composed`).
Every other function refuses them by name.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.complex_numbers.parts import put_together, store_parts
from wengert.frontend.complex_numbers.values import (
    REAL,
    Complex,
    ComplexArray,
    complex_dtype,
    has_complex,
    is_complex,
    parts_of,
)
from wengert.frontend.numpy_table.registry import METHODS, TABLE, Entry
from wengert.frontend.trace import fail

Handler = Callable[..., Any]
#: Modules whose functions work on objects of any kind; numbers they are refused where they have to be real.
_OF_OBJECTS = ("builtins", "functools", "_functools", "_operator")
H = TypeVar("H", bound=Handler)

#: Functions, and names of methods that are no function of NumPy's, to what traces them with complex operands.
COMPLEX: dict[Any, Handler] = {}


def of_complex(*functions: Any, methods: tuple[str, ...] = ()) -> Callable[[H], H]:
    """Decorator: the handler of these functions and methods where an operand is complex."""

    def decorate(handler: H) -> H:
        for function in (*functions, *methods):
            COMPLEX[function] = handler
        return handler

    return decorate


def composed(*functions: Any) -> None:
    """These functions are traced as ever."""
    for function in functions:
        COMPLEX[function] = lambda *arguments, _f=function, **options: _ordinary(_f)(*arguments, **options)


def acts_on_parts(function: Any, *names: str) -> None:
    """The function (or method) does the same to both parts; `names` are the parameters that may be complex."""
    COMPLEX[function] = lambda *arguments, **options: on_parts(_ordinary(function), names, arguments, options)


def _ordinary(function: Any) -> Handler:
    return (METHODS if isinstance(function, str) else TABLE)[function].handler


def on_parts(handler: Handler, names: tuple[str, ...], arguments: Any, options: Any) -> Any:
    """The handler's results for the real and for the imaginary parts, as one."""
    bound = inspect.signature(handler).bind(*arguments, **options)
    given = bound.arguments
    for name, value in given.items():
        if name not in names and has_complex(value):
            fail(f"a complex {name}= is not covered here")
    element = complex_dtype(given.get("dtype"))
    if element is not None:
        given["dtype"] = REAL[element]
    results = []
    for part in (0, 1):
        chosen = {name: _part(value, part) if name in names else value for name, value in given.items()}
        call = inspect.BoundArguments(bound.signature, chosen)
        results.append(handler(*call.args, **call.kwargs))
    if results[0] is None and not is_complex(next(iter(given.values()))):
        fail("a complex value is stored in a real array", help="store value.real", error=WengertTypeError)
    return put_together(*results)


def _part(x: Any, part: int) -> Any:
    from wengert.frontend.complex_numbers.arithmetic import complex_operand

    if isinstance(x, (list, tuple)):
        return type(x)(_part(item, part) for item in x)
    if x is None or isinstance(x, (str, type)):
        return x
    return parts_of(complex_operand(x) if is_complex(x) or not isinstance(x, Complex) else x)[part]


def call_complex(name: str, function: Any, entry: Entry, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """A covered function, something complex being among its arguments; `out=` stores the result."""
    from wengert.frontend.refusals import option_not_covered

    handler = complex_handler(name, function, entry)
    parameters = inspect.signature(handler).parameters
    options = dict(options)
    out = options.pop("out", None) if "out" not in parameters else None
    free = any(p.kind is p.VAR_KEYWORD for p in parameters.values())
    for option in options:
        if option not in parameters and not free:
            option_not_covered(f"{name} of complex numbers", f"{option}=")
    if isinstance(function, np.ufunc) and len(arguments) > function.nin:
        *arguments, out = arguments  # type: ignore[assignment]
    result = handler(*arguments, **options)
    return result if out is None else _stored(out[0] if isinstance(out, tuple) else out, result)


def _stored(out: Any, result: Any) -> Any:
    """``out=``: the result goes into an array that exists."""
    from wengert.frontend.capture import captured

    target = captured(out) if isinstance(out, np.ndarray) else out
    if not isinstance(target, ComplexArray) and isinstance(result, Complex):
        fail(f"Cannot cast output from {result.dtype!r} to {target.dtype!r} with casting rule 'same_kind'",
             help="make the array for the result with a complex dtype", error=WengertTypeError)
    setitem = (store_parts if isinstance(target, ComplexArray) else _set_real)
    setitem(target, Ellipsis, result)
    return target


def _set_real(target: Any, index: Any, value: Any) -> None:
    from wengert.frontend.indexing import setitem

    setitem(target, index, value)


def complex_handler(name: str, function: Any, entry: Entry) -> Handler:
    """The handler of a covered function for complex operands; refused by name where there is none."""
    key = function if function is not None else name.removeprefix("ndarray.")
    found = COMPLEX.get(key)
    if found is None and isinstance(key, str):
        found = COMPLEX.get(getattr(np, key, None))
    if found is None and getattr(function, "__module__", None) in _OF_OBJECTS:
        found = entry.handler
    if found is None:
        fail(
            f"{name} of complex numbers is not covered",
            help="work on z.real and z.imag, or on abs(z)",
        )
    return found
