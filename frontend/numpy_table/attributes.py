"""Attributes of arrays and numbers that follow from their shape, type and layout."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wengert.frontend.arithmetic import binary
from wengert.frontend.numpy_table.shaping import swapaxes
from wengert.frontend.trace import fail


def _strides(a: Any) -> tuple[int, ...]:
    layout = a.layout if a.ndim else ()
    if layout is None:
        fail("the strides of an array whose layout in memory is not known here", help="take them of a copy: a.copy()")
    return tuple(stride * a.dtype.itemsize for stride in layout)


ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "mT": lambda a: swapaxes(a, -1, -2),
    "itemsize": lambda a: a.dtype.itemsize,
    "nbytes": lambda a: binary("Mult", a.size, a.dtype.itemsize),
    "strides": _strides,
}
