"""Sparsity patterns from dependency sweeps.

A dependency sweep (passes/dependencies.py) tells for each output which of 64 groups of inputs it depends on.  The
pattern is refined from groups to inputs: the inputs are cut into at most 64 blocks, and one sweep finds the pairs of
outputs and blocks; each block is cut into 64 parts, and blocks that no output has in common are told apart by the same
bits; and so on.  With n inputs there are log_64(n) levels, and each takes about as many sweeps as an output has blocks:
some twenty sweeps for a stencil of a million points.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import sparse

from wengert.frontend.coloring import color_columns

#: Inputs, or groups of inputs, that one sweep tells apart.
LANES = 64
#: An output that depends on more blocks is not told apart from others: it may get inputs it does not depend on.
MOST_BLOCKS = 256

#: Masks of the inputs -> masks of the outputs.
Sweep = Callable[[np.ndarray], np.ndarray]


def find_pattern(sweep: Sweep, size: int) -> Any:
    """The pattern of the Jacobian of a function of `size` inputs: a CSR array of bool with sorted indices.

    Never misses an entry.  It has no other either while outputs depend on at most MOST_BLOCKS blocks of inputs: always
    with up to 4,096 inputs; otherwise an output may get inputs beside those it depends on.
    """
    inputs = np.arange(size)
    width = _power(size)  # of a block
    masks = sweep(np.left_shift(1, inputs // width))
    rows, blocks = _bits(masks, np.arange(len(masks)), np.zeros(len(masks), dtype=np.int64))
    while width > 1:
        part = width // LANES
        lanes = np.left_shift(1, inputs // part % LANES)
        colors = _block_colors(rows, blocks, len(masks), -(-size // width))
        found = colors[blocks]
        words = np.zeros(len(rows), dtype=np.int64)
        for color in range(int(colors.max(initial=-1)) + 1):
            masks = sweep(np.where(np.repeat(colors == color, width)[:size], lanes, 0))
            here = found == color
            words[here] = masks[rows[here]]
        rows, blocks = _bits(words, rows, blocks)
        inside = blocks * part < size
        rows, blocks, width = rows[inside], blocks[inside], part
    return _csr(rows, blocks, (len(masks), size))


def _power(size: int) -> int:
    """The smallest power of LANES such that LANES blocks of that width cover `size` inputs."""
    width = 1
    while width * LANES < size:
        width *= LANES
    return width


def _bits(words: np.ndarray, rows: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each bit k of each word its row and the part 64 * block + k."""
    found_rows, found_parts = [rows[:0]], [blocks[:0]]
    left = words.view(np.uint64)
    while len(present := np.flatnonzero(left)):
        left, rows, blocks = left[present], rows[present], blocks[present]
        lowest = left & (~left + np.uint64(1))
        found_rows.append(rows)
        found_parts.append(blocks * LANES + np.bitwise_count(lowest - np.uint64(1)))
        left = left ^ lowest
    return np.concatenate(found_rows), np.concatenate(found_parts)


def _csr(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> Any:
    pattern = sparse.csr_array((np.ones(len(rows), dtype=bool), (rows, columns)), shape=shape)
    pattern.sum_duplicates()
    return pattern


def _block_colors(rows: np.ndarray, blocks: np.ndarray, outputs: int, count: int) -> np.ndarray:
    """Colours of blocks: no two of one colour in an output, unless it depends on more than MOST_BLOCKS of them.

    A block that only such outputs depend on has a colour too.
    """
    pattern = _csr(rows, blocks, (outputs, count))
    degrees = np.diff(pattern.indptr)
    colors = color_columns(_distinct(pattern[degrees <= MOST_BLOCKS]), (count,))
    touched = np.bincount(blocks, minlength=count) > 0
    return np.where(touched & (colors < 0), 0, colors)


def _distinct(pattern: Any) -> Any:
    """The rows that differ from the row before them: outputs side by side mostly depend on the same blocks."""
    degrees = np.diff(pattern.indptr)
    different = np.ones(len(degrees), dtype=bool)
    if len(degrees) > 1:
        different[1:] = degrees[1:] != degrees[:-1]
        rows = np.repeat(np.arange(len(degrees)), degrees)
        before = np.arange(len(rows)) - np.where(different[rows], 0, degrees[rows])
        changed = pattern.indices != pattern.indices[before]
        different[rows[changed]] = True
    return pattern[different]
