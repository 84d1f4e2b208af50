"""Sparsity patterns from dependency sweeps.

A dependency sweep (passes/dependencies.py) tells for each output which of 64 groups of inputs it depends on.  With more
than a few thousand inputs the first sweeps read labels (labels.py), which finds the inputs of outputs that have few.
For all others the pattern is refined from groups to inputs: the inputs are cut into at most 64 blocks, and one sweep
finds the pairs of outputs and blocks; each block is cut into 64 parts, and blocks that no output has in common are told
apart by the same bits; and so on.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse

from wengert.frontend.coloring import color_columns
from wengert.frontend.labels import LANES, Sweep, bits, read_labels

#: An output that depends on more blocks is not told apart from others: it may get inputs it does not depend on.
MOST_BLOCKS = 256
#: From this number of inputs on labels are read first; below, two levels of blocks are enough.
LABELLED_FROM = 4097


def find_pattern(sweep: Sweep, size: int) -> Any:
    """The pattern of the Jacobian of a function of `size` inputs: a CSR array of bool with sorted indices.

    Never misses an entry.  It has no other either while outputs depend on at most MOST_BLOCKS blocks of inputs: always
    with up to 4,096 inputs; otherwise an output may get inputs beside those it depends on.
    """
    if size < LABELLED_FROM:
        masks = _block_masks(sweep, size)
        return _csr(*_refined(sweep, size, masks, np.arange(len(masks))), (len(masks), size))
    outputs, rows, columns, left = read_labels(sweep, size)
    if len(left):
        refined = _refined(sweep, size, _block_masks(sweep, size), left)
        rows, columns = np.concatenate([rows, refined[0]]), np.concatenate([columns, refined[1]])
    return _csr(rows, columns, (outputs, size))


def _block_masks(sweep: Sweep, size: int) -> np.ndarray:
    return sweep(np.left_shift(1, np.arange(size) // _width(size)))


def _refined(sweep: Sweep, size: int, masks: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the entries of the chosen rows; `masks`: which blocks each row depends on."""
    inputs, width = np.arange(size), _width(size)
    rows, blocks = bits(masks[chosen], chosen, np.zeros(len(chosen), dtype=np.int64))
    while width > 1:
        part = width // LANES
        lanes = np.left_shift(1, inputs // part % LANES)
        colors = _block_colors(rows, blocks, len(masks), -(-size // width))
        found = colors[blocks]
        words = np.zeros(len(rows), dtype=np.int64)
        for color in range(int(colors.max(initial=-1)) + 1):
            masks = sweep(np.where(np.repeat(colors == color, width)[:size], lanes, 0))
            here = np.flatnonzero(found == color)
            words[here] = masks[rows[here]]
        rows, blocks = bits(words, rows, blocks)
        inside = blocks * part < size
        rows, blocks, width = rows[inside], blocks[inside], part
    return rows, blocks


def _width(size: int) -> int:
    """The smallest power of LANES such that LANES blocks of that width cover `size` inputs."""
    width = 1
    while width * LANES < size:
        width *= LANES
    return width


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
