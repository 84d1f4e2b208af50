"""Lists of run-time length in results: their arrays are the leaves, and the list is made of them again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import optree

from wengert.frontend.arguments import NAMESPACE, flatten_whole
from wengert.frontend.growing import CLOSED, Layout, Stretch, is_growing, one_stretch
from wengert.frontend.layout import put_together, rebuild, take_apart
from wengert.frontend.trace import current
from wengert.frontend.values import Array


@dataclass(frozen=True)
class Rows:
    """Stands for a list of run-time length in the tree of results: the arrays of its leaves."""

    arrays: tuple[Any, ...]
    layout: Layout


def _list_of(layout: Layout, arrays: Iterable[Any]) -> list[Any]:
    """The list again: of a traced array a stretch, of an array of NumPy its items."""
    columns = tuple(arrays)
    if isinstance(columns[0], Array):
        made = [Stretch(columns, columns[0].shape[0], layout, CLOSED)]
        current().growing = True
        current().region.journal.mark_fresh(made)
        return made
    if not hasattr(columns[0], "__len__"):  # a structure of other things than arrays
        return list(columns)
    rows = zip(*columns)
    return [rebuild(layout.spec, layout.example, iter(row).__next__, lambda made: made) for row in rows]


optree.register_pytree_node(
    Rows, lambda rows: (rows.arrays, rows.layout), _list_of, namespace=NAMESPACE  # type: ignore[arg-type, attr-defined]
)


def flatten_result(tree: Any, whole: tuple[type, ...] = ()) -> tuple[list[Any], Any]:
    """Leaves and structure of what a traced function returns; `whole` are classes that count as leaves."""
    return flatten_whole(_with_rows(tree) if current().growing else tree, whole)


def _with_rows(tree: Any) -> Any:
    from wengert.frontend.indexing import getitem

    if is_growing(tree):
        stretch = one_stretch(tree)
        return Rows(tuple(getitem(a, slice(0, stretch.count)) for a in stretch.items), stretch.layout)
    apart = take_apart(tree)
    if apart is None:
        return tree
    parts = [_with_rows(part) for part in apart[1]]
    return tree if all(new is old for new, old in zip(parts, apart[1])) else put_together(apart[0], parts)
