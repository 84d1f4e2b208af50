"""New complex arrays: filled, converted, copied, and built from lists."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend import indexing
from wengert.frontend.arithmetic import binary
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.elementwise import numpy_parts, weakened
from wengert.frontend.complex_numbers.parts import complex_of_parts
from wengert.frontend.complex_numbers.registry import of_complex
from wengert.frontend.complex_numbers.values import (
    DTYPES,
    REAL,
    ComplexArray,
    complex_dtype,
    paired,
    parts_of,
)
from wengert.frontend.conversions import element_of
from wengert.frontend.numpy_table import creation
from wengert.frontend.numpy_table.python import only_element
from wengert.frontend.numpy_table.registry import TABLE
from wengert.frontend.trace import fail
from wengert.frontend.values import Array


def part_dtype(dtype: Any) -> Any:
    """The dtype of the parts where a result is to be of this one; refused when that is real."""
    if dtype is None:
        return None
    element = complex_dtype(dtype)
    if element is None:
        fail(f"a complex value is converted to {np.dtype(dtype)}",
             why="NumPy discards the imaginary part and warns", help="take z.real")
    return REAL[element]


# ---------------------------------------------------------------- filled


def _filled(name: str, re: float) -> None:
    ordinary = getattr(creation, name)

    def handler(shape: Any, dtype: Any = complex, order: Any = "C") -> Any:
        real = part_dtype(dtype)
        im = ordinary(shape, real) if name == "empty" else creation.zeros(shape, real)
        return ComplexArray(ordinary(shape, real, order), im)

    of_complex(getattr(np, name))(handler)


for _name, _value in (("zeros", 0.0), ("ones", 1.0), ("empty", 0.0)):
    _filled(_name, _value)


def _counted(name: str) -> None:
    """What is made of numbers 0, 1, 2, ..: the imaginary part is zero."""

    def handler(*arguments: Any, dtype: Any = complex) -> Any:
        *numbers, given = (*arguments, dtype)
        for k, x in enumerate(numbers):
            if complex_dtype(x) is not None:  # the dtype, by its position
                given = numbers.pop(k)
                break
        re = TABLE[getattr(np, name)].handler(*numbers, dtype=part_dtype(given))
        return ComplexArray(re, creation.zeros(re.shape, re.dtype))

    of_complex(getattr(np, name))(handler)


for _name in ("eye", "identity", "arange"):
    _counted(_name)


@of_complex(np.full)
def full(shape: Any, fill_value: Any, dtype: Any = None, order: Any = "C") -> Any:
    re, im = numpy_parts(fill_value)
    real = part_dtype(dtype)
    return paired(creation.full(shape, re, real, order), creation.full(shape, im, real, order))


def _like(name: str) -> None:
    def handler(a: Any, dtype: Any = None, *, shape: Any = None) -> Any:
        z = complex_operand(a)
        extents = z.shape if shape is None and hasattr(z, "shape") else shape if shape is not None else ()
        element = complex_dtype(dtype)
        if dtype is not None and element is None:
            return getattr(creation, name)(extents, dtype)
        real = REAL[element or z.element]
        if extents == ():
            return paired(real.type(1.0 if name == "ones" else 0.0), real.type(0.0))
        im = getattr(creation, "empty" if name == "empty" else "zeros")(extents, real)
        return ComplexArray(getattr(creation, name)(extents, real), im)

    of_complex(getattr(np, f"{name}_like"))(handler)


for _name in ("zeros", "ones", "empty"):
    _like(_name)


@of_complex(np.full_like)
def full_like(a: Any, fill_value: Any, dtype: Any = None, *, shape: Any = None) -> Any:
    z = complex_operand(a)
    wanted = dtype if dtype is not None else z.dtype
    if complex_dtype(wanted) is None:
        fail("a complex fill_value of a real array", help="give the array a complex dtype", error=WengertTypeError)
    return full(z.shape if shape is None else shape, fill_value, wanted)


# ---------------------------------------------------------------- conversions


@of_complex(np.astype, methods=("astype",))
def astype(a: Any, dtype: Any, order: Any = "K", casting: Any = "unsafe", subok: Any = True, copy: Any = True) -> Any:
    z = complex_operand(a)
    if np.dtype(dtype) == np.bool_:
        return binary("BitOr", creation.astype(z.re, bool), creation.astype(z.im, bool))
    real = part_dtype(dtype)
    return paired(*(creation.astype(part, real, order, casting) for part in parts_of(z)))


for _type in (np.complex128, np.complex64):

    def _number(real: Any = 0, imag: Any = None, /, _type: Any = _type) -> Any:
        x = complex_operand(real)
        return astype(x if imag is None else binary("Add", x, binary("Mult", 1j, complex_operand(imag))), _type)

    creation.covers(_type)(_number)
    of_complex(_type)(_number)


@of_complex(np.copy, methods=("copy",))
def copy(a: Any, order: Any = "K") -> Any:
    return paired(*(creation.copied(part) for part in numpy_parts(a)))


@of_complex(np.array)
def array(object: Any, dtype: Any = None, *, copy: Any = True, order: Any = "K", ndmin: Any = 0) -> Any:
    return _with_dimensions(complex_array(object, dtype, copy=bool(copy)), ndmin)


@of_complex(np.asarray)
def asarray(a: Any, dtype: Any = None, order: Any = None) -> Any:
    return complex_array(a, dtype, copy=False)


@of_complex(np.ascontiguousarray)
def ascontiguousarray(a: Any, dtype: Any = None) -> Any:
    """Of one dimension at least."""
    return _with_dimensions(complex_array(a, dtype, copy=False), 1)


def _with_dimensions(z: Any, ndmin: Any) -> Any:
    """Axes of extent 1 in front, up to `ndmin` dimensions."""
    if len(z.shape) >= ndmin:
        return z
    return paired(*(creation.array(part, ndmin=ndmin) for part in parts_of(z)))


def complex_array(x: Any, dtype: Any = None, *, copy: bool = True) -> Any:
    """``np.array(x)`` of something complex, or with a complex dtype."""
    real = part_dtype(dtype)
    if not isinstance(x, (list, tuple)):
        z = complex_operand(x)
        same = isinstance(z, ComplexArray) and (real is None or DTYPES[element_of(real)] == z.dtype)
        if same and not copy:
            return z
        return paired(*(creation.array(part, real) for part in numpy_parts(z)))
    re, im = (_part_of(x, k) for k in (0, 1))
    return paired(creation.array(re, real), creation.array(im, real))


def _part_of(x: Any, part: int) -> Any:
    if isinstance(x, (list, tuple)):
        return [_part_of(item, part) for item in x]
    return parts_of(complex_operand(x))[part]


# ---------------------------------------------------------------- single elements, stores, sizes


@of_complex(methods=("item",))
def item(a: Any, *index: Any) -> Any:
    if isinstance(a, ComplexArray):
        if index:
            a = indexing.getitem(a, index[0] if len(index) == 1 else index)
        else:
            a = complex_of_parts(lambda part: only_element(part, "item"), a)
    return weakened(a)


@of_complex(methods=("fill",))
def fill(a: Any, value: Any) -> None:
    copyto(a, value)


@of_complex(np.copyto)
def copyto(dst: Any, src: Any, casting: Any = "same_kind", where: Any = True) -> None:
    target = complex_operand(dst)
    if not isinstance(target, ComplexArray):
        fail("a complex value is stored in a real array", help="store value.real", error=WengertTypeError)
    for part, value in zip((target.re, target.im), parts_of(complex_operand(src)), strict=True):
        TABLE[np.copyto].handler(part, value, casting, where)


@of_complex(np.shape)
def shape(a: Any) -> Any:
    return complex_operand(a).shape


@of_complex(np.ndim)
def ndim(a: Any) -> Any:
    return complex_operand(a).ndim


@of_complex(np.size)
def size(a: Any, axis: Any = None) -> Any:
    z = complex_operand(a)
    return z.size if axis is None else z.shape[axis]


@of_complex(builtins.sum)
def python_sum(iterable: Any, /, start: Any = 0) -> Any:
    if isinstance(iterable, (np.ndarray, Array, ComplexArray)):
        from wengert.frontend.calls import call

        return binary("Add", start, call(np.sum, iterable, axis=0))
    for x in iterable:
        start = binary("Add", start, x)
    return start


__all__ = ["array", "asarray", "complex_array"]
