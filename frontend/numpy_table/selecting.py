"""Elements chosen by conditions and positions: `nonzero` and its kin, `take`, `choose`, `select`, `where`."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.discrete import divui, remui
from wengert.dialects.errors import WengertTypeError, WengertValueError
from wengert.frontend.arithmetic import binary, unary
from wengert.frontend.broadcasting import same_extent
from wengert.frontend.comparison import compare, select, truth
from wengert.frontend.complex_numbers.values import has_complex
from wengert.frontend.conversions import Kind, is_integer, is_whole, promote, promote_all
from wengert.frontend.gathering import positions_in
from wengert.frontend.indexing import getitem, setitem
from wengert.frontend.numpy_table.arguments import array_operand, one_axis
from wengert.frontend.numpy_table.creation import filled, iota
from wengert.frontend.numpy_table.joining import parts_of_axis, stack
from wengert.frontend.numpy_table.reductions import reduce_truth
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.results import stored
from wengert.frontend.numpy_table.shaping import as_vector, ravel
from wengert.frontend.operands import converted, elementwise_result, kind_of, operand, strong
from wengert.frontend.packing import packing
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, Scalar

# ---------------------------------------------------------------- where something is true


def mask_from(a: Any) -> Any:
    """Where an operand is not zero."""
    if has_complex(a):
        return compare("NotEq", a, 0)
    a = operand(a)
    return a if kind_of(a).element == "i1" else compare("NotEq", a, 0)


@covers(np.nonzero, methods=("nonzero",))
def nonzero(a: Any) -> Any:
    """The indices of what is not zero, one array for each dimension; how many is known at run time."""
    mask = mask_from(a)
    if not isinstance(mask, Array):
        fail(
            "Calling nonzero on 0d arrays is not allowed. Use np.atleast_1d(scalar).nonzero() instead.",
            error=WengertValueError,
        )
    found = packing(mask)
    flat: Any = Box(found.positions, (found.count,), "i64")
    parts: list[Any] = []
    for d, extent in reversed(list(enumerate(mask.shape))):
        by = max(extent, 1) if isinstance(extent, int) else extent
        parts.append(_whole(remui, flat, by) if d else flat)
        flat = _whole(divui, flat, by) if d else flat
    return tuple(reversed(parts))


def _whole(op: Any, x: Any, by: Extent) -> Any:
    return elementwise_result([x, by], "i64", op, Kind("i64", False))


@covers(np.flatnonzero)
def flatnonzero(a: Any) -> Any:
    return nonzero(ravel(mask_from(a)))[0]


@covers(np.argwhere)
def argwhere(a: Any) -> Any:
    mask = mask_from(a)
    if not isinstance(mask, Array):
        return filled((packing(truth(mask)).count, 0), 0, "i64")
    return stack(nonzero(mask), axis=1)


@covers(np.where)
def where(condition: Any, x: Any = None, y: Any = None, /) -> Any:
    """The elements of x where the condition holds, else those of y; without them the places where it holds."""
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        fail("either both or neither of x and y should be given", error=WengertValueError)
    x, y = operand(x), operand(y)
    element = promote(kind_of(x), kind_of(y)).element
    if is_integer(element):
        x, y = _wrapped(x, element), _wrapped(y, element)
    return strong(select(mask_from(condition), x, y))


def _wrapped(x: Any, element: str) -> Any:
    """Python's integers wrap around here, where elsewhere NumPy insists that they fit."""
    if kind_of(x) != ("i64", True):
        return x
    return converted(strong(x) if isinstance(x, Scalar) else np.array(x)[()], element)


# ---------------------------------------------------------------- what is taken


@covers(np.extract)
def extract(condition: Any, arr: Any) -> Any:
    """The elements of the flattened array at which the flattened condition is true."""
    return getitem(ravel(arr), flatnonzero(condition))


@covers(np.compress)
def compress(condition: Any, a: Any, axis: Any = None, out: Any = None) -> Any:
    return _compressed(a, condition, axis, out)


@covers(methods=("compress",))
def compress_method(a: Any, condition: Any, axis: Any = None, out: Any = None) -> Any:
    return _compressed(a, condition, axis, out)


def _compressed(a: Any, condition: Any, axis: Any, out: Any) -> Any:
    a, d = parts_of_axis(a, axis)
    mask = as_vector(mask_from(condition))
    if mask.ndim != 1:
        fail("condition must be a 1-d array", error=WengertValueError)
    before = (slice(None),) * d
    chosen = mask if same_extent(mask.shape[0], a.shape[d]) else nonzero(mask)[0]
    return stored(getitem(a, (*before, chosen)), out)


@covers(np.take, methods=("take",))
def take(a: Any, indices: Any, axis: Any = None, out: Any = None, mode: Any = "raise") -> Any:
    """``a[:, .., indices]`` with the indices at `axis`; of the flattened array without one."""
    a, d = parts_of_axis(a, axis)
    if isinstance(indices, tuple):
        indices = list(indices)
    places = in_mode(indices, a.shape[d], mode)
    return stored(getitem(a, (*[slice(None)] * d, places)), out)


def in_mode(indices: Any, extent: Extent, mode: str) -> Any:
    """Positions; beyond the ends they are cut ("clip") or counted on from the other end ("wrap")."""
    if mode == "raise":
        return indices
    if mode not in ("wrap", "clip"):
        fail(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})", error=WengertValueError)
    places = operand(indices)
    if not is_whole(kind_of(places).element):
        fail("indices must be integers", error=WengertTypeError)
    if mode == "wrap":
        return binary("Mod", places, extent)
    from wengert.frontend.numpy_table.pairs import extremum

    return extremum(extremum(places, 0, True), binary("Sub", extent, 1), False)


@covers(np.take_along_axis)
def takealong_axis(arr: Any, indices: Any, axis: Any = -1) -> Any:
    """Element [.., i, ..] is ``arr[.., indices[.., i, ..], ..]``, along `axis`; other axes are broadcast."""
    array, place = along_axis(arr, indices, axis)
    return getitem(array, place)


def along_axis(arr: Any, indices: Any, axis: Any) -> tuple[Array, tuple[Any, ...]]:
    arr = ravel(arr) if axis is None else array_operand(arr)
    chosen = positions_in(indices)
    if chosen is None or chosen.ndim != arr.ndim:
        fail(
            "`indices` and `arr` must have the same number of dimensions, and indices must be integers",
            error=WengertValueError,
        )
    d, rank = one_axis(0 if axis is None else axis, arr.ndim), arr.ndim
    shape = [1 if same_extent(n, 1) else m for n, m in zip(chosen.shape, arr.shape)]
    counted = [iota([shape[k] if j == k else 1 for j in range(rank)], k) for k in range(rank)]
    return arr, tuple(chosen if k == d else counted[k] for k in range(rank))


# ---------------------------------------------------------------- one of several


@covers(np.choose)
def choose(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    return _chosen(a, choices, out, mode)


@covers(methods=("choose",))
def choose_method(a: Any, choices: Any, out: Any = None, mode: Any = "raise") -> Any:
    return _chosen(a, choices, out, mode)


def _chosen(a: Any, choices: Any, out: Any, mode: str) -> Any:
    """Element i of ``choices[a[i]]``, all broadcast together."""
    number = operand(a)
    if not is_whole(kind_of(number).element):
        fail(
            f"Cannot cast array data from {kind_of(number).element} to dtype('int64') according to the rule 'safe'",
            error=WengertTypeError,
        )
    number = converted(number, "i64")
    options = _items(choices)
    if not options:
        fail("invalid entry in choice array", error=WengertValueError)
    if mode == "raise":
        outside = compare("Lt", number, 0) | compare("GtE", number, len(options))
        if isinstance(outside, Array):
            outside = reduce_truth("any", outside)
        current().check(compare("Eq", outside, False), "ValueError", "invalid entry in choice array")
        mode = "clip"
    number = in_mode(number, len(options), mode)
    kind = promote_all(*[Kind(kind_of(x).element, False) for x in options])
    result = converted(options[-1], kind.element)
    for k in range(len(options) - 2, -1, -1):
        result = select(compare("Eq", number, k), converted(options[k], kind.element), result)
    if len(options) == 1:
        result = select(compare("Eq", number, 0), result, result)
    return stored(result, out)


def _items(x: Any) -> list[Any]:
    """The items of a sequence, or the rows of an array, as operands."""
    if isinstance(x, (list, tuple)):
        return [operand(y) for y in x]
    array = operand(x)
    if not isinstance(array, Array) or not isinstance(array.shape[0], int):
        fail("the choices are no sequence of known length", error=WengertTypeError)
    return [getitem(array, k) for k in range(array.shape[0])]


@covers(np.select)
def select_(condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    """For each element the choice of the first condition that holds."""
    conditions, choices = _items(condlist), _items(choicelist)
    if len(conditions) != len(choices):
        fail("list of cases must be same length as list of conditions", error=WengertValueError)
    if not conditions:
        fail("select with an empty condition list is not possible", error=WengertValueError)
    for k, condition in enumerate(conditions):
        if kind_of(condition).element != "i1":
            fail(f"invalid entry {k} in condlist: should be boolean ndarray", error=WengertTypeError)
    last = operand(default)
    kind = promote_all(*map(kind_of, (*choices, last)))
    result = converted(last, kind.element)
    for condition, choice in reversed(list(zip(conditions, choices))):
        result = select(condition, converted(choice, kind.element), result)
    return result


@covers(np.piecewise)
def piecewise(x: Any, condlist: Any, funclist: Any, *args: Any, **kw: Any) -> Any:
    """Each function of the elements at which its condition holds, the last condition that does; 0 where none does."""
    from wengert.frontend.calls import call

    x = operand(x)
    many = isinstance(condlist, (list, tuple)) and any(isinstance(operand(c), Array) for c in condlist)
    single = not many and not (isinstance(x, Scalar) and isinstance(condlist, (list, tuple)))
    conditions = [mask_from(condlist)] if single else [mask_from(c) for c in condlist]
    functions = list(funclist)
    if len(functions) == len(conditions) + 1:
        some = conditions[0]
        for condition in conditions[1:]:
            some = binary("BitOr", some, condition)
        conditions.append(unary("Invert", some))
    if len(functions) != len(conditions):
        count = len(conditions)
        fail(
            f"with {count} condition(s), either {count} or {count + 1} functions are expected",
            error=WengertValueError,
        )
    element = kind_of(x).element
    result: Any = converted(0, element) if not isinstance(x, Array) else filled(x.shape, 0, element)
    for condition, function in zip(conditions, functions):
        if not isinstance(x, Array):
            value = call(function, x, *args, **kw) if callable(function) else function
            result = select(condition, converted(operand(value), element), result)
            continue
        value = call(function, getitem(x, condition), *args, **kw) if callable(function) else function
        setitem(result, condition, value)
    return result

