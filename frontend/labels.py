"""The inputs of outputs that depend on few of them, read digit by digit.

The inputs are thrown into 16 buckets, and a dependency sweep has four lanes for each: one for each value of a digit
(base 4) of an input's number.  Where an output depends on at most one input of a bucket, the sweeps for all digits
spell its number.  Where two meet in a bucket, they differ in a digit, and both of its lanes are set: that is seen, and
the output waits for a round with other buckets.  So ten sweeps read off all outputs of a stencil of a million points
whose points go to different buckets.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

#: Inputs, or groups of inputs, that one sweep tells apart.
LANES = 64
BUCKETS, BASE = 16, 4
#: Moduli that make buckets: input j goes to j mod p mod BUCKETS.  A stencil likes one, what is random all alike.
MODULI = (16, 15, 13, 11, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107,
          109, 113, 127, 131, 137, 139, 149, 151, 157, 163, 167, 173, 179, 181, 191, 193, 197, 199, 211, 223, 227, 229)
#: Moduli among which a round chooses.
CHOICES = 8
#: The share of the outputs that a round has to read for another one to be worth it.
ENOUGH = 0.25

#: Masks of the inputs -> masks of the outputs.
Sweep = Callable[[np.ndarray], np.ndarray]


def read_labels(sweep: Sweep, size: int) -> tuple[int, np.ndarray, np.ndarray, np.ndarray]:
    """(number of outputs, rows, columns, the outputs that were not read): all entries of those that were."""
    inputs = np.arange(size)
    digits = -(-(size - 1).bit_length() // 2)
    left = np.arange(len(sweep(np.zeros(size, dtype=np.int64))))
    outputs, rows, columns = len(left), [left[:0]], [left[:0]]
    for trial in range(0, len(MODULI), CHOICES):
        if not len(left):
            break
        buckets = _best_buckets(sweep, inputs, left, MODULI[trial : trial + CHOICES])
        words = [sweep(np.left_shift(1, BUCKETS * (inputs >> 2 * k & 3) + buckets))[left] for k in range(digits)]
        present = _occupied(words[0])
        count = np.bitwise_count(present)
        clear = np.logical_and.reduce([np.bitwise_count(word.view(np.uint64)) == count for word in words])
        found_rows, found_columns = _spelled([word[clear] for word in words], present[clear])
        rows.append(left[clear][found_rows])
        columns.append(found_columns)
        left = left[~clear]
        if clear.mean() < ENOUGH:
            break
    return outputs, np.concatenate(rows), np.concatenate(columns), left


def _best_buckets(sweep: Sweep, inputs: np.ndarray, left: np.ndarray, moduli: tuple[int, ...]) -> np.ndarray:
    """The buckets by the modulus that occupies the most of them, for the outputs that are left."""
    best, most = inputs % BUCKETS, -1
    for first in range(0, len(moduli), BASE):
        tried = [inputs % p % BUCKETS for p in moduli[first : first + BASE]]
        lanes = [np.left_shift(1, BUCKETS * k + buckets) for k, buckets in enumerate(tried)]
        masks = sweep(np.bitwise_or.reduce(lanes))[left].view(np.uint64)
        for k, buckets in enumerate(tried):
            occupied = int(np.bitwise_count(masks >> np.uint64(BUCKETS * k) & np.uint64(0xFFFF)).sum(dtype=np.int64))
            if occupied > most:
                best, most = buckets, occupied
    return best


def _occupied(words: np.ndarray) -> np.ndarray:
    """The buckets with an input of any digit."""
    return (words | words >> 16 | words >> 32 | words >> 48) & 0xFFFF


def _spelled(words: list[np.ndarray], present: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each occupied bucket of each row (row, the number that the digits spell)."""
    rows, buckets = bits(present, np.arange(len(present)), np.zeros(len(present), dtype=np.int64))
    numbers = np.zeros(len(rows), dtype=np.int64)
    for k, word in enumerate(words):
        lanes = word[rows] >> buckets  # the digit d stands in bit 16 d
        numbers |= ((lanes >> 16 & 1) | (lanes >> 31 & 2) | (lanes >> 48 & 1) * 3) << 2 * k
    return rows, numbers


def bits(words: np.ndarray, rows: np.ndarray, blocks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each bit k of each word its row and the part 64 * block + k."""
    found_rows, found_parts = [rows[:0]], [blocks[:0]]
    left = words.view(np.uint64)
    while len(present := np.flatnonzero(left)):
        if len(present) < len(left):
            left, rows, blocks = left[present], rows[present], blocks[present]
        rest = left & (left - np.uint64(1))
        found_rows.append(rows)
        found_parts.append(blocks * LANES + np.bitwise_count((left ^ rest) - np.uint64(1)))
        left = rest
    return np.concatenate(found_rows), np.concatenate(found_parts)
