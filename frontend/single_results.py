"""What `grad` and its relatives ask of a result: one real number, or with ``holomorphic=True`` one complex number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.dialects.errors import DifferentiationError, WengertTypeError
from wengert.frontend.conversions import spoken
from wengert.frontend.derivatives import Inner
from wengert.frontend.forms import Form
from wengert.frontend.positions import definition_of
from wengert.frontend.values import shape_text


def scalar_output(inner: Inner, f: Callable[..., Any], what: str) -> Form:
    """The form of the only leaf of the result, which must be one float number.

    Raises:
        DifferentiationError: the result is an array, several values, or not a float.
    """
    leaves = inner.outputs
    if len(leaves) == 1 and isinstance(leaves[0], Form) and leaves[0].floats and leaves[0].shape in (None, ()):
        return leaves[0]
    if inner.imaginary_floats:
        raise DifferentiationError(
            f"{what} needs a function with one float as its result; {getattr(f, '__name__', 'this one')} returns "
            "complex numbers",
            definition_of(f),
            why="a complex result has two derivatives, those of its real and of its imaginary part",
            help="return z.real, z.imag or abs(z); holomorphic=True gives the complex derivative of a function of "
            "complex numbers that has one; vjp and jvp take any function",
        )
    if len(leaves) != 1:
        kind = f"{len(leaves)} values"
    elif not isinstance(leaves[0], Form):
        kind = repr(leaves[0])
    else:
        kind = (
            f"an array of shape {shape_text(leaves[0].shape)}"
            if leaves[0].shape
            else spoken(leaves[0].element)
        )
    raise DifferentiationError(
        f"{what} needs a function with one float as its result; {getattr(f, '__name__', 'this one')} returns {kind}",
        definition_of(f),
        help="use jacrev or jacfwd for an array, vjp for several values, has_aux=True to return more beside the value",
    )


def complex_output(inner: Inner, f: Callable[..., Any], what: str, scalar: bool = True) -> list[Form]:
    """The forms of the parts of the only leaf of the result, which must be a complex number, of complex arguments.

    Raises:
        WengertTypeError: an argument or the result is not complex, or, where one number is needed, it is no number.
    """
    name = getattr(f, "__name__", "the function")
    parts = inner.floats
    if 2 * len(inner.imaginary_moving) != len(inner.moving):
        found = f"{what} with holomorphic=True needs complex arguments, and {name} is differentiated by real ones"
    elif 2 * len(inner.imaginary_floats) != len(inner.outputs) or len(parts) != len(inner.outputs):
        found = f"{what} with holomorphic=True needs a complex result, and {name} returns something else"
    elif scalar and (len(parts) != 2 or parts[0].shape):
        found = f"{what} with holomorphic=True needs one complex number as the result of {name}"
    else:
        return parts
    raise WengertTypeError(found, definition_of(f), why="a complex derivative is one of complex with respect to "
                           "complex numbers", help="leave holomorphic out, or convert with .astype(complex)")
