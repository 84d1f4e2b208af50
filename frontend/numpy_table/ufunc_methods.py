"""The methods of ufuncs of two operands: `reduce`, `accumulate`, `outer`, `at`, `reduceat`.

Where NumPy has a function that does the same (`np.sum` for `np.add.reduce`), its handler is used: `REDUCERS`.  Others
are folded from the left in a loop, which is traced like a loop of the user's.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from wengert.dialects import gather
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import unary
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.comparison import compare, select
from wengert.frontend.conversions import DTYPES, element_of, promote
from wengert.frontend.gathering import positions_in
from wengert.frontend.indexing import assign, getitem, selection_by, setitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis, some_axes
from wengert.frontend.numpy_table.creation import filled, iota
from wengert.frontend.numpy_table.library import traced
from wengert.frontend.numpy_table.reductions import NO_VALUE, REDUCERS, converted
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import broadcast_to, moveaxis, ravel, reshape
from wengert.frontend.numpy_table.ufuncs import mask_of
from wengert.frontend.operands import kind_of, operand
from wengert.frontend.subscripts import mask_of as index_mask
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Scalar


def ufunc_method(ufunc: np.ufunc, name: str, arguments: tuple[Any, ...], options: dict[str, Any]) -> Any:
    """``ufunc.name(*arguments, **options)`` of which something is known at run time only."""
    full = f"numpy.{ufunc.__name__}.{name}"
    if ufunc.signature is not None:
        fail(f"Reduction not defined on ufunc with signature: {full}", error=WengertTypeError)
    if name == "at":
        if ufunc.nout != 1:
            fail("Only single output ufuncs supported at this time", error=WengertValueError)
    elif ufunc.nin != 2:
        fail(f"{name} only supported for binary functions", error=WengertValueError)
    elif ufunc.nout != 1 and name != "outer":
        fail(f"{name} only supported for functions returning a single value", error=WengertValueError)
    method = _METHODS.get(name)
    if method is None:
        return fail(f"{full} is not covered", help="covered: reduce, accumulate, outer, at, reduceat")
    try:
        bound = inspect.signature(method).bind(ufunc, *arguments, **options)
    except TypeError as error:
        fail(f"{full}: {error}", error=WengertTypeError)
    return method(*bound.args, **bound.kwargs)


# ---------------------------------------------------------------- reduce


def _reduce(
    ufunc: np.ufunc,
    array: Any,
    axis: Any = 0,
    dtype: Any = None,
    out: Any = None,
    keepdims: Any = False,
    initial: Any = NO_VALUE,
    where: Any = True,
) -> Any:
    """``f(.. f(f(a[0], a[1]), a[2]) ..)`` along `axis`."""
    handler = REDUCERS.get(ufunc)
    if handler is not None:
        names = inspect.signature(handler).parameters
        given: dict[str, Any] = {} if where is True else {"where": where}
        if dtype is not None and "dtype" in names:
            given["dtype"] = dtype
        elif dtype is not None:
            array, _ = reducing_loop(ufunc, array, dtype)
        if initial is not NO_VALUE and "initial" in names:
            given["initial"] = initial
        result = handler(array, axis, keepdims=keepdims, **given)
        if initial is not NO_VALUE and "initial" not in names:
            result = _applied(ufunc, result, initial)
        return stored(result, out)
    return stored(_folded(ufunc, array, axis, dtype, keepdims, initial, mask_of(where)), out)


def _folded(ufunc: np.ufunc, array: Any, axis: Any, dtype: Any, keepdims: Any, initial: Any, where: Any) -> Any:
    a, element = reducing_loop(ufunc, array, dtype)
    identity = None if ufunc.identity is None else ufunc.reduce(np.zeros(0, DTYPES[element]))
    if initial is NO_VALUE or initial is None:
        if where is not True and identity is None:
            fail(
                f"reduction operation '{ufunc.__name__}' does not have an identity, so to use a where mask one has to "
                "specify 'initial'",
                error=WengertValueError,
            )
        initial = identity if initial is NO_VALUE else None
    if not isinstance(a, Array):
        some_axes(axis, 0)
        single = a if where is True else select(where, a, identity)
        return single if initial is None or initial is identity else _applied(ufunc, initial, single)
    axes = some_axes(axis, a.ndim)
    if len(axes) > 1 and not _reorderable(ufunc):
        fail(
            f"reduction operation '{ufunc.__name__}' is not reorderable, so at most one axis may be specified",
            error=WengertValueError,
        )
    rest = tuple(n for d, n in enumerate(a.shape) if d not in axes)
    if not axes:
        return a if initial is None or initial is identity else _applied(ufunc, initial, a)
    rows = _rows(a, axes)
    if initial is None:
        _refuse_no_elements(ufunc, rows.shape[0])
        start, rows = getitem(rows, 0), getitem(rows, slice(1, None))
        start = start.__copy__()
    else:
        start = converted(initial, element)
        start = start if not rest else filled(rest, start, element)
    if where is True:
        result = traced(_fold, ufunc, rows, start)
    else:
        chosen = _rows(broadcast_to(where, a.shape), axes)
        if initial is None:
            chosen = getitem(chosen, slice(1, None))
        result = traced(_fold_where, ufunc, rows, chosen, start)
    return reshape(result, tuple(1 if d in axes else n for d, n in enumerate(a.shape))) if keepdims else result


def reducing_loop(ufunc: np.ufunc, array: Any, dtype: Any) -> tuple[Any, str]:
    """The operand of a reduction in the type in which it is folded, and that type."""
    a = operand(array)
    given = np.dtype(DTYPES[kind_of(a).element])
    if dtype is None and ufunc in (np.add, np.multiply) and given.kind in "bi":
        dtype = np.int64
    elif dtype is None and ufunc in (np.add, np.multiply) and given.kind == "u":
        dtype = np.uint64
    try:
        loop = ufunc.resolve_dtypes(
            (None, given, None),
            signature=(None if dtype is None else np.dtype(dtype), None, None),
            casting="unsafe",
            reduction=True,
        )
    except TypeError as error:
        fail(str(error), error=WengertTypeError)
    element = element_of(loop[1], f"an operand of {ufunc.__name__}")
    if element != element_of(loop[2]):
        fail(
            f"numpy.{ufunc.__name__} folds elements of {loop[1]} into {loop[2]}",
            help="write the loop over the elements",
            error=WengertTypeError,
        )
    return converted(a, element), element


def _rows(a: Array, axes: tuple[int, ...]) -> Array:
    """The axes in front, as one."""
    first = moveaxis(a, axes, tuple(range(len(axes))))
    return first if len(axes) == 1 else reshape(first, (-1, *first.shape[len(axes) :]))


def _fold(function: Any, rows: Any, result: Any) -> Any:
    for i in range(rows.shape[0]):
        result = function(result, rows[i])
    return result


def _fold_where(function: Any, rows: Any, chosen: Any, result: Any) -> Any:
    for i in range(rows.shape[0]):
        result = np.where(chosen[i], function(result, rows[i]), result)
    return result


def _applied(ufunc: np.ufunc, *operands: Any) -> Any:
    from wengert.frontend.calls import call

    return call(ufunc, *operands)


def _reorderable(ufunc: np.ufunc) -> bool:
    """Whether NumPy folds over more than one axis at once."""
    try:
        ufunc.reduce(np.ones((1, 1), bool if ufunc.types[0].startswith("?") else int), axis=(0, 1))
    except ValueError:
        return False
    except TypeError:
        return True
    return True


def _refuse_no_elements(ufunc: np.ufunc, length: Any) -> None:
    message = f"zero-size array to reduction operation {ufunc.__name__} which has no identity"
    if isinstance(length, Scalar):
        current().check(compare("Gt", length, 0), "ValueError", message)
    elif length == 0:
        fail(message, error=WengertValueError)


# ---------------------------------------------------------------- accumulate


def _accumulate(ufunc: np.ufunc, array: Any, axis: Any = 0, dtype: Any = None, out: Any = None) -> Any:
    """``r[0] = a[0], r[i] = f(r[i - 1], a[i])`` along `axis`."""
    return stored(accumulated(ufunc, array, axis, dtype), out)


def accumulated(ufunc: np.ufunc, array: Any, axis: Any, dtype: Any) -> Array:
    a, _ = reducing_loop(ufunc, array, dtype)
    if not isinstance(a, Array):
        fail("cannot accumulate on a scalar", error=WengertTypeError)
    d = one_axis(axis, a.ndim)
    if same_extent(a.shape[d], 0):
        return a.__copy__()
    function: Any = _larger if ufunc is np.maximum else _smaller if ufunc is np.minimum else ufunc
    if d == a.ndim - 1 and d > 0 and all(isinstance(n, int) for n in a.shape):  # elements stand side by side
        rows = reshape(a, (-1, a.shape[d]))
        return reshape(traced(_running_in_rows, function, rows, rows.__copy__()), a.shape)
    first = moveaxis(a, d, 0)
    return moveaxis(traced(_running, function, first, first.__copy__()), 0, d)


def _running(function: Any, a: Any, out: Any) -> Any:
    for i in range(1, a.shape[0]):
        out[i] = function(out[i - 1], a[i])
    return out


def _running_in_rows(function: Any, a: Any, out: Any) -> Any:
    for r in range(a.shape[0]):
        last = a[r, 0]
        for i in range(1, a.shape[1]):
            last = function(last, a[r, i])
            out[r, i] = last
    return out


def _larger(best: Any, x: Any) -> Any:
    """The first of equal elements stays; nan wins."""
    return np.where((x > best) | (x != x), x, best)


def _smaller(best: Any, x: Any) -> Any:
    return np.where((x < best) | (x != x), x, best)


# ---------------------------------------------------------------- reduceat


def _reduceat(
    ufunc: np.ufunc, array: Any, indices: Any, axis: Any = 0, dtype: Any = None, out: Any = None
) -> Any:
    """Element k is the reduction of ``a[indices[k]:indices[k + 1]]``, or ``a[indices[k]]`` where that is empty."""
    a, element = reducing_loop(ufunc, array, dtype)
    if not isinstance(a, Array):
        fail("cannot reduceat on a scalar", error=WengertTypeError)
    d = one_axis(axis, a.ndim)
    starts = positions_in(indices)
    if starts is None or starts.ndim != 1:
        fail("the indices of reduceat must be a vector of integers", error=WengertTypeError)
    rows = moveaxis(a, d, 0)
    result = filled((starts.shape[0], *rows.shape[1:]), 0, element)
    return stored(moveaxis(traced(_segments, ufunc, rows, starts, result), 0, d), out)


def _segments(function: Any, a: Any, starts: Any, out: Any) -> Any:
    size, last = a.shape[0], starts.shape[0] - 1
    for k in range(starts.shape[0]):
        start = starts[k]
        assert 0 <= start < size, "index out-of-bounds in reduceat"
        stop = starts[k + 1] if k < last else size
        out[k] = a[start]
        for i in range(start + 1, stop):
            out[k] = function(out[k], a[i])
    return out


# ---------------------------------------------------------------- outer


def _outer(ufunc: np.ufunc, A: Any, B: Any, **options: Any) -> Any:
    """Of every element of A with every element of B."""
    from wengert.frontend.calls import call

    a, b = operand(A), operand(B)
    if isinstance(a, Array) and isinstance(b, Array):
        a = reshape(a, (*a.shape, *[1] * b.ndim))
    return call(ufunc, a, b, **options)


# ---------------------------------------------------------------- at


def _at(ufunc: np.ufunc, a: Any, indices: Any, b: Any = NO_VALUE) -> None:
    """``a[indices] = f(a[indices], b)``, in which repeated indices count as often as they are there."""
    if (b is NO_VALUE) != (ufunc.nin == 1):
        fail("second operand needed for ufunc" if b is NO_VALUE else "second operand provided when ufunc is unary",
             error=WengertValueError)
    array = array_operand(a)
    second: tuple[Any, ...] = () if b is NO_VALUE else (operand(b),)
    if index_mask(indices) is not None:  # no element twice
        return setitem(array, indices, _applied(ufunc, getitem(array, indices), *second))
    if ufunc in _ADDED and promote(array.kind, kind_of(second[0])).element == array.element:
        value = converted(second[0], array.element)
        chosen = selection_by(array, indices)
        return chosen.store(value if ufunc is np.add else unary("USub", value), gather.scatter_add)
    places = operand(getitem(reshape(iota([int(array.size)], 0), array.shape), indices))
    if not isinstance(places, Array):
        return setitem(array, indices, _applied(ufunc, getitem(array, indices), *second))
    # The loop writes to an array of rank 1 that owns its elements.
    flat = array if isinstance(array, Box) and array.ndim == 1 else reshape(array, (-1,)).__copy__()
    spread = tuple(ravel(broadcast_to(x, places.shape)) for x in second)
    traced(_each_at, ufunc, flat, ravel(places), *spread)
    return None if flat is array else assign(array, reshape(flat, array.shape))


def _each_at(function: Any, flat: Any, places: Any, *second: Any) -> None:
    for k in range(places.shape[0]):
        flat[places[k]] = function(flat[places[k]], *[x[k] for x in second])


#: What is added at places: repeated indices add up.
_ADDED = (np.add, np.subtract)


_METHODS: dict[str, Callable[..., Any]] = {
    "reduce": _reduce,
    "accumulate": _accumulate,
    "reduceat": _reduceat,
    "outer": _outer,
    "at": _at,
}
