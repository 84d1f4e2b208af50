"""Python's `sorted` and `list.sort` of lists whose order is known at run time only.

The number of items is known.  The keys, numbers or tuples of numbers, are sorted as arrays, and each number or array of
an item is a gather by that order; so all items must have the same structure.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.indexing import element, getitem
from wengert.frontend.numpy_table.creation import as_array
from wengert.frontend.numpy_table.joining import stack
from wengert.frontend.numpy_table.rearranging import flip
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.sorting import lexsort
from wengert.frontend.operands import is_number, kind_of
from wengert.frontend.trace import fail
from wengert.frontend.values import Array, Scalar, Traced


@covers(sorted, python=False)
def sorted_(iterable: Any, /, *, key: Any = None, reverse: Any = False) -> Any:
    """A list of the items in order; equal ones stay in theirs, also with `reverse`."""
    from wengert.frontend.calls import call

    items = list(iterable)
    keys = items if key is None else [call(key, x) for x in items]
    if len(items) < 2:
        return items
    if not any(map(_is_traced, keys)):
        places = sorted(range(len(items)), key=keys.__getitem__, reverse=bool(reverse))
        return [items[k] for k in places]
    columns = [_column(list(column)) for column in zip(*map(_parts, keys), strict=True)]
    if reverse:  # of the reversed list, whose order is then turned round: so equal items keep theirs
        columns = [flip(column) for column in columns]
        items.reverse()
    order = lexsort(columns[::-1])
    return _ordered(items, flip(order) if reverse else order)


def _is_traced(x: Any) -> bool:
    return isinstance(x, Traced) or (isinstance(x, (tuple, list)) and any(map(_is_traced, x)))


def _parts(key: Any) -> tuple[Any, ...]:
    parts = tuple(key) if isinstance(key, (tuple, list)) else (key,)
    for x in parts:
        if not (is_number(x) or isinstance(x, Scalar)):
            fail(f"a list is sorted by {x!r}", why="its order is known only at run time, and keys have to be numbers "
                 "or tuples of numbers then", help="give a key= of numbers", error=WengertTypeError)
    return parts


def _column(keys: list[Any]) -> Array:
    found: Array = as_array(keys)
    return found


def _ordered(items: Sequence[Any], order: Array) -> list[Any]:
    """The items in an order known at run time."""
    first = items[0]
    if all(is_number(x) or isinstance(x, Scalar) for x in items):
        chosen = getitem(as_array(list(items)), order)
        weak = all(kind_of(x).weak for x in items)
        return [_number(element(chosen, (k,)), weak) for k in range(len(items))]
    if all(isinstance(x, (Array, np.ndarray)) for x in items):
        rows = getitem(stack(list(items)), order)
        return [getitem(rows, k).__copy__() for k in range(len(items))]
    if isinstance(first, (tuple, list)) and all(type(x) is type(first) and len(x) == len(first) for x in items):
        fields = [_ordered(field, order) for field in zip(*items)]
        return [_like(first, row) for row in zip(*fields)]
    if all(x is first for x in items):
        return list(items)
    return fail("a list of objects is sorted in an order that is known only at run time",
                why=f"its items, such as {first!r}, are no numbers, arrays or tuples of them with the same structure",
                help="sort tuples of numbers, or use np.argsort of an array of keys", error=WengertTypeError)


def _number(x: Scalar, weak: bool) -> Scalar:
    return Scalar(x.value, x.element, weak, origins=x.origins)


def _like(item: Any, fields: Sequence[Any]) -> Any:
    return type(item)(*fields) if hasattr(item, "_fields") else type(item)(fields)
