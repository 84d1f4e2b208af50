"""Which columns and rows of a sparse derivative are computed together.

A forward sweep gives the sum of the columns of one colour, a reverse sweep the sum of the rows of one colour.  The
entries of a matrix can be told apart in these sums when no row has two columns of one colour (for rows: the other way
round); for a symmetric matrix, when each entry is alone in its row among the columns of its colour, or its mirror image
is.  Few dense rows are given to reverse sweeps, so that an arrow takes three sweeps.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from wengert.frontend.function import Function
from wengert.frontend.greedy import distance_two, star
from wengert.frontend.lattices import lattice_coloring
from wengert.frontend.options import CompileOptions

#: Steps of a greedy colouring from which it is compiled.
COMPILED_FROM = 300_000
#: How many more colours than the least are tried for a lattice before anything else.
SLACK = 2
#: Steps from which star colourings are not worth their price.
MOST_STAR_STEPS = 2 * 10**9


@dataclass(frozen=True)
class Coloring:
    """The sweeps of a sparse derivative.

    columns: for each column the number of its forward sweep, or -1; rows: for each row that of its reverse sweep.
    """

    columns: np.ndarray
    rows: np.ndarray

    @property
    def forward(self) -> int:
        """How many forward sweeps there are."""
        return int(self.columns.max(initial=-1)) + 1

    @property
    def reverse(self) -> int:
        """How many reverse sweeps there are."""
        return int(self.rows.max(initial=-1)) + 1

    @property
    def sweeps(self) -> int:
        return self.forward + self.reverse


# ---------------------------------------------------------------- Jacobians


def color_jacobian(pattern: Any, inputs: Sequence[int], outputs: Sequence[int]) -> Coloring:
    """Forward sweeps for the columns, but reverse sweeps for the rows that have too many of them.

    Args:
        pattern: CSR with sorted indices.
        inputs, outputs: the shapes of the arrays whose elements the columns and rows are, in C order, or (n,).
    """
    dense = _dense_rows(pattern)
    nowhere = np.full(pattern.shape[1], -1), np.full(pattern.shape[0], -1)
    if not dense.any():
        return Coloring(color_columns(pattern, inputs), nowhere[1])
    if dense.all():
        return Coloring(nowhere[0], color_columns(transposed(pattern), outputs))
    rows = nowhere[1]
    rows[dense] = color_columns(transposed(pattern[dense]), (int(dense.sum()),))
    return Coloring(color_columns(pattern[~dense], inputs), rows)


def _dense_rows(pattern: Any) -> np.ndarray:
    """The rows for reverse sweeps: those above the number of entries that makes the fewest sweeps likely.

    Sweeps are estimated by the entries of the fullest row that goes forward and of the fullest column that goes back.
    """
    degrees = np.diff(pattern.indptr)
    longest = int(degrees.max(initial=0))
    limits = [longest, *(2**k for k in reversed(range(longest.bit_length())) if 2**k < longest), 0]
    best, chosen = longest, np.zeros(len(degrees), dtype=bool)
    for limit in limits[1:]:
        dense = degrees > limit
        entries = np.repeat(dense, degrees)
        columns = np.bincount(pattern.indices[entries], minlength=1)
        sweeps = int(degrees[~dense].max(initial=0)) + int(columns.max(initial=0))
        if sweeps < best:
            best, chosen = sweeps, dense if limit else np.ones(len(degrees), dtype=bool)
    return chosen


def color_columns(pattern: Any, extents: Sequence[int]) -> np.ndarray:
    """Colours of the columns of a CSR pattern, such that no row has two columns of one colour; -1 for empty columns."""
    degrees = np.diff(pattern.indptr)
    least = int(degrees.max(initial=0))
    by_column = transposed(pattern)
    used = np.diff(by_column.indptr) > 0
    if least == int(used.sum()):
        return np.where(used, np.cumsum(used) - 1, -1)
    if least <= 1:
        return np.where(used, 0, -1)
    best = lattice_coloring(pattern, extents, range(least, least + SLACK))
    natural = np.flatnonzero(used)
    by_degree = natural[np.argsort(-np.diff(by_column.indptr)[natural], kind="stable")]
    steps = int((degrees.astype(np.int64) ** 2).sum())
    for order in (natural, by_degree):
        if best is None or int(best.max()) + 1 > least:
            found = _greedy(distance_two, steps, order, pattern.shape[1], by_column.indptr, by_column.indices,
                            pattern.indptr, pattern.indices)
            best = found if best is None or found.max() < best.max() else best
    assert best is not None
    fewer = lattice_coloring(pattern, extents, range(least + SLACK, int(best.max()) + 1))
    return np.where(used, best if fewer is None else fewer, -1)


def transposed(pattern: Any) -> Any:
    """A pattern by columns, as CSR of the transpose with sorted indices."""
    return sparse.csr_array(pattern.T)


# ---------------------------------------------------------------- Hessians


def color_hessian(pattern: Any, inputs: Sequence[int]) -> Coloring:
    """Forward sweeps that give each entry of a symmetric matrix directly, or its mirror image."""
    size = pattern.shape[0]
    rows = np.full(size, -1)
    hubs = _hubs(pattern)
    rest = _without(pattern, hubs)
    colors = color_columns(rest, inputs)
    stars = _star_coloring(rest)
    if stars is not None and stars.max(initial=-1) < colors.max(initial=-1):
        colors = stars
    # A hub has a colour of its own: no path of two colours goes through it.
    colors[hubs] = colors.max(initial=-1) + 1 + np.arange(int(hubs.sum()))
    return Coloring(colors, rows)


def _hubs(pattern: Any) -> np.ndarray:
    """The vertices worth a colour of their own: those above the degree that makes the fewest colours likely."""
    degrees = np.diff(pattern.indptr)
    longest = int(degrees.max(initial=0))
    best, chosen = longest, np.zeros(len(degrees), dtype=bool)
    for limit in (2**k for k in reversed(range(1, longest.bit_length())) if 2**k < longest):
        hubs = degrees > limit
        rest = int(np.diff(_without(pattern, hubs).indptr).max(initial=0))
        if (colors := int(hubs.sum()) + rest) < best:
            best, chosen = colors, hubs
    return chosen


def _without(pattern: Any, hubs: np.ndarray) -> Any:
    """The pattern without the rows and columns of some vertices; the shape stays."""
    rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    keep = ~(hubs[rows] | hubs[pattern.indices])
    counts = np.bincount(rows[keep], minlength=pattern.shape[0])
    return sparse.csr_array((np.ones(int(keep.sum()), bool), pattern.indices[keep], np.append(0, np.cumsum(counts))),
                            shape=pattern.shape)


def _star_coloring(pattern: Any) -> np.ndarray | None:
    degrees = np.diff(pattern.indptr).astype(np.int64)
    steps = int((degrees**3).sum())
    if steps > MOST_STAR_STEPS:
        return None
    used = np.flatnonzero(degrees)
    order = used[np.argsort(-degrees[used], kind="stable")]
    return _greedy(star, steps, order, pattern.shape[1], pattern.indptr, pattern.indices)


# ---------------------------------------------------------------- running the greedy algorithms


def _greedy(algorithm: Callable[..., int], steps: int, order: np.ndarray, size: int, *graph: np.ndarray) -> np.ndarray:
    """The colours that an algorithm of greedy.py finds; in Python where it takes few steps, compiled where many."""
    colors, mark = np.full(size, -1), np.full(size + 1, -1)
    if steps < COMPILED_FROM:
        filled = colors.tolist()
        algorithm(order.tolist(), len(order), *(part.tolist() for part in graph), filled, mark.tolist())
        return np.array(filled, dtype=np.int64)
    # Extents are powers of four, so that few are ever compiled.
    length = 1 << 2 * (((max(map(len, (order, mark, *graph))) - 1).bit_length() + 1) // 2)
    colors, mark = _padded(colors, length), _padded(mark, length)
    _compiled(algorithm)(_padded(order, length), len(order), *(_padded(part, length) for part in graph), colors, mark)
    return colors[:size]


def _padded(array: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([array, np.full(length - len(array), -1)]).astype(np.int64)


_functions: dict[Callable[..., int], Function] = {}


def _compiled(algorithm: Callable[..., int]) -> Function:
    return _functions.setdefault(algorithm, Function(algorithm, CompileOptions()))
