"""What acts on the two parts of a complex value in the same way: subscripts, and functions that move elements."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.frontend.complex_numbers.values import Complex, ComplexArray, of_parts, parts_of


def put_together(re: Any, im: Any) -> Any:
    """The complex value, or tuple or list of complex values, whose parts are two results of one function."""
    if re is None and im is None:  # of a function that writes
        return None
    if isinstance(re, (tuple, list)):
        return type(re)(put_together(x, y) for x, y in zip(re, im, strict=True))
    return of_parts(re, im)


def complex_of_parts(function: Callable[[Any], Any], x: Complex) -> Any:
    """`function` of each part; views of the parts make a view of the whole."""
    return put_together(function(x.re), function(x.im))


def store_parts(target: ComplexArray, index: Any, value: Any) -> None:
    """``target[index] = value``"""
    from wengert.frontend.complex_numbers.arithmetic import complex_operand
    from wengert.frontend.indexing import setitem

    x, y = parts_of(complex_operand(value))
    setitem(target.re, index, x)
    setitem(target.im, index, y)
