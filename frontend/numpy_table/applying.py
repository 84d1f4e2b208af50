"""Functions applied to parts of arrays: along an axis, over axes, element by element; and what is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.broadcasting import broadcast_shapes
from wengert.frontend.conversions import element_of
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, static_int
from wengert.frontend.numpy_table.creation import as_array, iota, uninitialised
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.reductions import max_, min_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.selecting import mask_from, select
from wengert.frontend.numpy_table.shaping import broadcast_to, expand_dims, moveaxis, ravel, reshape
from wengert.frontend.operands import converted, kind_of, operand
from wengert.frontend.packing import product
from wengert.frontend.trace import fail
from wengert.frontend.values import Array
from wengert.frontend.views import transposed


def _call(function: Any, *arguments: Any, **options: Any) -> Any:
    from wengert.frontend.calls import call

    return call(function, *arguments, **options)


# ---------------------------------------------------------------- rows


def _each_row(function: Any, rows: Any, arguments: Any, options: Any, out: Any) -> None:
    for i in range(rows.shape[0]):
        out[i] = function(rows[i], *arguments, **options)


@covers(np.apply_along_axis)
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any:
    """``func1d`` of each vector along the axis, in whose place its result stands; the first one says of what shape."""
    arr = array_operand(arr)
    d = one_axis(axis, arr.ndim)
    last = moveaxis(arr, d, -1)
    rows = reshape(last, (product(last.shape[:-1]), last.shape[-1]))
    if isinstance(rows.shape[0], int) and not rows.shape[0]:
        fail("Cannot apply_along_axis when any iteration dimensions are 0", error=WengertValueError)
    first = operand(_call(func1d, getitem(rows, 0), *args, **kwargs))
    shape = first.shape if isinstance(first, Array) else ()
    out = uninitialised((rows.shape[0], *shape), kind_of(first).element)
    traced(_each_row, func1d, rows, args, kwargs, out)
    whole = reshape(out, (*last.shape[:-1], *shape))
    rest = arr.ndim - 1
    order = [*range(d), *range(rest, rest + len(shape)), *range(d, rest)]
    if not order:
        return getitem(out, 0)
    return transposed(whole, tuple(order))


@covers(np.apply_over_axes)
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any:
    """``func(a, axis)`` for one axis after the other; an axis that is reduced away stays, with extent 1."""
    a = array_operand(a)
    for axis in axes if isinstance(axes, (tuple, list)) else (axes,):
        d = one_axis(axis, a.ndim)
        result = operand(_call(func, a, d))
        rank = result.ndim if isinstance(result, Array) else 0
        a = result if rank == a.ndim else expand_dims(result, d)
        if a.ndim != rank and a.ndim != rank + 1:
            fail("function is not returning an array of the correct shape", error=WengertValueError)
    return a


# ---------------------------------------------------------------- elements


def _each_element(function: Any, columns: Any, outs: Any) -> None:
    for i in range(columns[0].shape[0]):
        results = function(*[column[i] for column in columns])
        if len(outs) == 1:
            outs[0][i] = results
        else:
            for k in range(len(outs)):
                outs[k][i] = results[k]


def vectorized(function: np.vectorize, arguments: Sequence[Any], options: dict[str, Any]) -> Any:
    """A call of what `np.vectorize` has made: a loop over the elements of the arguments, broadcast together."""
    if options or function.excluded or function.signature is not None:
        fail("numpy.vectorize with excluded=, signature= or keyword arguments in the call is not covered",
             help="write a loop, or use functools.partial")
    values = [operand(x) for x in arguments]
    arrays = [x for x in values if isinstance(x, Array)]
    if not arrays:
        return _strong(_call(function.pyfunc, *values))
    shape = broadcast_shapes(*[x.shape for x in arrays])
    if any(isinstance(n, int) and n == 0 for n in shape) and function.otypes is None:
        fail("cannot call `vectorize` on size 0 inputs unless `otypes` is set", error=WengertValueError)
    columns = [ravel(broadcast_to(x, shape)) for x in values]
    first = _call(function.pyfunc, *[getitem(column, 0) for column in columns])
    several = first if isinstance(first, tuple) else (first,)
    types = [kind_of(operand(x)).element for x in several]
    if function.otypes is not None:
        types = [element_of(np.dtype(char)) for char in function.otypes]
    outs = [uninitialised(columns[0].shape, element) for element in types]
    traced(_each_element, function.pyfunc, columns, outs)
    results = tuple(reshape(out, shape) for out in outs)
    return results if isinstance(first, tuple) else results[0]


def _strong(x: Any) -> Any:
    return tuple(map(_strong, x)) if isinstance(x, tuple) else converted(operand(x), kind_of(operand(x)).element)


# ---------------------------------------------------------------- zeros at the ends


@covers(np.trim_zeros)
def trim_zeros(filt: Any, trim: Any = "fb", axis: Any = None) -> Any:
    """The vector without the zeros at its front ("f") and back ("b"); its size is known at run time."""
    a = array_operand(filt)
    sides = trim.lower()
    if sides not in ("f", "b", "fb", "bf"):
        fail(f"unexpected character(s) in `trim`: {trim!r}", error=WengertValueError)
    if a.ndim != 1:
        fail("numpy.trim_zeros of an array of more than one dimension is not covered", help="slice it")
    mask, places = mask_from(a), iota(a.shape, 0)
    first = min_(select(mask, places, a.shape[0]), initial=a.shape[0]) if "f" in sides else 0
    last = max_(select(mask, places + 1, 0), initial=0) if "b" in sides else a.shape[0]
    return getitem(a, slice(first, last))


# ---------------------------------------------------------------- from Python objects


@covers(np.fromiter, python=False)
def fromiter(iter: Any, dtype: Any, count: Any = -1, *, like: Any = None) -> Any:
    if not isinstance(iter, (list, tuple, range)) and not isinstance(iter, Array):
        fail("numpy.fromiter of an iterator", why="compiled code has no iterators", help="give it a list")
    result = as_array(list(iter) if isinstance(iter, range) else iter, dtype)
    wanted = static_int(count, "it is a count")
    if wanted < 0:
        return result
    if isinstance(result, Array) and isinstance(result.shape[0], int) and result.shape[0] < wanted:
        fail("iterator too short", error=WengertValueError)
    return getitem(result, slice(0, wanted))


def _refused(function: Any, why: str, help: str) -> None:
    def handler(*_: Any, **__: Any) -> NoReturn:
        fail(f"numpy.{function.__name__} is not covered", why=why, help=help, error=WengertTypeError)

    covers(function)(handler)


_refused(np.frombuffer, "it reads the memory of Python objects", "read the array outside and pass it")
_refused(np.frompyfunc, "its results are arrays of Python objects", "use np.vectorize, or write a loop")
