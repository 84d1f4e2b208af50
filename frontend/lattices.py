"""Colourings of stencils: the colour of a grid point is a linear form of its coordinates, modulo the number of colours.

A grid is recognised by the differences between the columns of a row, of which a stencil has few.  Greedy colourings
need 6 to 8 colours for the five-point stencil; ``(i + 2 j) mod 5`` needs 5, the fewest there can be.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

#: Rows whose columns are compared; the colouring found is checked on all rows.
SAMPLED_ROWS = 512
#: Stencils have few points, and grids few dimensions.
MOST_POINTS, MOST_DIMENSIONS = 32, 3
#: Stencils have few differences, in terms of the square of their points; at boundaries there are some more.
MOST_STEPS = 4
#: Grids guessed for a vector.
MOST_GUESSES = 24
#: Products of steps and forms that are looked at: in all, and for each entry of the pattern.
MOST_WORK, WORK_PER_ENTRY = 10**7, 1000


def lattice_coloring(pattern: Any, extents: Sequence[int], counts: Iterable[int]) -> np.ndarray | None:
    """A colouring of the columns of a CSR pattern by a linear form of their coordinates, or None.

    Args:
        counts: the numbers of colours to try, in this order.
        extents: the shape of the array whose elements are the columns, in C order; (n,) lets the grid be guessed.
    """
    degrees = np.diff(pattern.indptr).astype(np.int64)
    least = int(degrees.max(initial=0))
    if not 2 <= least <= MOST_POINTS:
        return None
    pairs = _pairs(pattern, degrees)
    grids = list(_grids(extents, np.unique(np.abs(pairs[:, 0] - pairs[:, 1]))))
    steps = [np.unique(_coordinates(pairs[:, 0], g) - _coordinates(pairs[:, 1], g), axis=0) for g in grids]
    left = min(MOST_WORK, WORK_PER_ENTRY * pattern.nnz)
    for count in counts:
        for grid, steps_in_it in zip(grids, steps):
            needed = len(steps_in_it) * count ** len(grid)
            if len(steps_in_it) > MOST_STEPS * least**2 or needed > left:
                continue
            left -= needed
            if (form := _form(steps_in_it, count)) is not None:
                colors = _coordinates(np.arange(pattern.shape[1]), grid) @ form % count
                if is_valid(pattern, colors):  # the sample may have missed something
                    return colors
    return None


def is_valid(pattern: Any, colors: np.ndarray) -> bool:
    """Whether no row of a CSR pattern has two columns of one colour; columns of colour -1 do not count."""
    count = int(colors.max(initial=-1)) + 1
    rows = np.repeat(np.arange(pattern.shape[0]), np.diff(pattern.indptr))
    found = colors[pattern.indices]
    used = found >= 0
    return bool(np.bincount(rows[used] * count + found[used]).max(initial=0) <= 1)


def _pairs(pattern: Any, degrees: np.ndarray) -> np.ndarray:
    """Pairs of columns that meet in a row: rows from everywhere, and one of each kind that is easily told apart."""
    nonempty = np.flatnonzero(degrees >= 2)
    spread = pattern.indices[pattern.indptr[nonempty + 1] - 1] - pattern.indices[pattern.indptr[nonempty]]
    kinds = np.unique(degrees[nonempty] * pattern.shape[1] + spread, return_index=True)[1][:SAMPLED_ROWS]
    chosen = np.random.default_rng(0).choice(nonempty, min(SAMPLED_ROWS, len(nonempty)), replace=False)
    found = []
    for row in np.unique(np.concatenate([nonempty[kinds], chosen])):
        columns = pattern.indices[pattern.indptr[row] : pattern.indptr[row + 1]].astype(np.int64)
        i, j = np.triu_indices(len(columns), 1)
        found.append(np.stack([columns[i], columns[j]], axis=1))
    return np.concatenate(found)


def _grids(extents: Sequence[int], differences: np.ndarray) -> Iterator[tuple[int, ...]]:
    """Strides of the grids to try, slowest first: those of the array, then those that occur as differences."""
    extents = [n for n in extents if n > 1]
    if 1 < len(extents) <= MOST_DIMENSIONS:
        yield tuple(int(np.prod(extents[d + 1 :])) for d in range(len(extents)))
    yield (1,)
    known = set(differences.tolist())
    lengths = sorted((d for d in known if d > 1), key=lambda d: (2 * d not in known, d))[:MOST_GUESSES]
    yield from ((m, 1) for m in lengths)
    if len(extents) == 1:
        yield from ((p, m, 1) for m in lengths for p in lengths if p > m and p % m == 0)


def _coordinates(columns: np.ndarray, strides: Sequence[int]) -> np.ndarray:
    coordinates = []
    for stride in strides:
        quotient, columns = np.divmod(columns, stride)
        coordinates.append(quotient)
    return np.stack(coordinates, axis=1)


def _form(steps: np.ndarray, count: int) -> np.ndarray | None:
    """Coefficients of a linear form that is not 0 modulo `count` at any of the steps."""
    forms = np.indices((count,) * steps.shape[1]).reshape(steps.shape[1], -1)
    apart = ((steps @ forms) % count != 0).all(axis=0)
    return forms[:, int(np.argmax(apart))] if apart.any() else None
