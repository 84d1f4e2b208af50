"""NumPy's random streams in the Python that wengert compiles: PCG64 and Philox, and the draws made of their bits.

The state of a generator is a few arrays of integers, which every draw changes; for one of the caller's they are the
memory of his generator (random_state.py).  PCG64 is O'Neill's XSL-RR of 128 bits (HMC-CS-2014-0905), Philox the
4x64-10 of Salmon et al. (SC 2011), SeedSequence O'Neill's seed_seq_fe.  Integers are by Lemire's method (ACM TOMACS
29, 3), normal and exponential numbers by ziggurats.  Draws are integers scaled: they carry no derivative.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.frontend import ziggurats

_LOW32 = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)


def high_product(a: Any, b: Any) -> Any:
    """The upper 64 bits of a product of two uint64, from products of their halves."""
    a0, a1, b0, b1 = a & _LOW32, a >> _32, b & _LOW32, b >> _32
    middle = a1 * b0 + ((a0 * b0) >> _32)
    other = a0 * b1 + (middle & _LOW32)
    return a1 * b1 + (middle >> _32) + (other >> _32)


# ---------------------------------------------------------------- streams of bits


@dataclass
class PCG64:
    """words: state and increment, lower half first (uint64); half: whether 32 bits are kept, and these (uint32)."""

    words: Any
    half: Any

    def next64(self) -> Any:
        """One step of the linear congruential generator modulo 2^128, and its state rotated and folded."""
        low, high = self.words[0], self.words[1]
        multiplier = np.uint64(0x4385DF649FCCF645)
        upper = high * multiplier + low * np.uint64(0x2360ED051FC65DA4) + high_product(low, multiplier)
        lower = low * multiplier
        low = lower + self.words[2]
        high = upper + self.words[3] + np.uint64(low < lower)
        self.words[0] = low
        self.words[1] = high
        folded, turn = high ^ low, high >> np.uint64(58)
        return (folded >> turn) | (folded << ((np.uint64(64) - turn) & np.uint64(63)))


@dataclass
class Philox:
    """counter (4 uint64), key (2 uint64), the block of 4 that is being handed out, the place in it; and `half`."""

    counter: Any
    key: Any
    block: Any
    place: Any
    half: Any

    def next64(self) -> Any:
        if self.place[0] == 4:
            self._count()
            self._encrypt()
            self.place[0] = 0
        value = self.block[self.place[0]]
        self.place[0] += 1
        return value

    def _count(self) -> None:
        carry = True
        for i in range(4):
            self.counter[i] = self.counter[i] + np.uint64(carry)
            carry = carry and self.counter[i] == 0

    def _encrypt(self) -> None:
        a, b, c, d = self.counter[0], self.counter[1], self.counter[2], self.counter[3]
        k, m = self.key[0], self.key[1]
        first, second = np.uint64(0xD2E7470EE14C6C93), np.uint64(0xCA5A826395121157)
        for _ in range(10):
            high, other = high_product(first, a), high_product(second, c)
            a, b, c, d = other ^ b ^ k, second * c, high ^ d ^ m, first * a
            k = k + np.uint64(0x9E3779B97F4A7C15)
            m = m + np.uint64(0xBB67AE8584CAA73B)
        self.block[0] = a
        self.block[1] = b
        self.block[2] = c
        self.block[3] = d


def next32(bits: Any) -> Any:
    """32 bits, as uint64: the lower half of 64 bits first, the upper one at the next call."""
    if bits.half[0] != 0:
        bits.half[0] = 0
        value = np.uint64(bits.half[1])
    else:
        both = bits.next64()
        bits.half[0] = 1
        bits.half[1] = np.uint32(both >> _32)
        value = both & _LOW32
    return value


# ---------------------------------------------------------------- single draws


def uniform53(bits: Any) -> Any:
    """A multiple of 2^-53 in [0, 1)."""
    return np.float64(bits.next64() >> np.uint64(11)) * (1.0 / 9007199254740992.0)


def uniform24(bits: Any) -> Any:
    """A float32: a multiple of 2^-24 in [0, 1)."""
    return np.float32(next32(bits) >> np.uint64(8)) * np.float32(1.0 / 16777216.0)


def normal(bits: Any) -> Any:
    """Of mean 0 and variance 1: 8 bits choose the layer, one the sign, 52 the place."""
    x = 0.0
    drawing = True
    while drawing:
        word = bits.next64()
        layer = np.int64(word & np.uint64(255))
        place = (word >> np.uint64(9)) & np.uint64(0xFFFFFFFFFFFFF)
        x = np.float64(place) * ziggurats.NORMAL.widths[layer]
        if (word >> np.uint64(8)) & np.uint64(1) != 0:
            x = -x
        if place < ziggurats.NORMAL.bounds[layer]:
            drawing = False
        elif layer == 0:
            x = _normal_tail(bits, (place >> np.uint64(8)) & np.uint64(1) != 0)
            drawing = False
        else:
            below = ziggurats.NORMAL.heights[layer]
            drawing = (ziggurats.NORMAL.heights[layer - 1] - below) * uniform53(bits) + below >= np.exp(-0.5 * x * x)
    return x


def _normal_tail(bits: Any, negative: Any) -> Any:
    """Beyond r, by the method of Marsaglia (Technometrics 6, 1)."""
    x = 0.0
    drawing = True
    while drawing:
        x = -(1.0 / ziggurats.NORMAL.r) * np.log1p(-uniform53(bits))
        y = -np.log1p(-uniform53(bits))
        drawing = y + y <= x * x
    x = ziggurats.NORMAL.r + x
    return -x if negative else x


def exponential(bits: Any) -> Any:
    """Of mean 1."""
    x = 0.0
    drawing = True
    while drawing:
        word = bits.next64() >> np.uint64(3)
        layer, place = np.int64(word & np.uint64(255)), word >> np.uint64(8)
        x = np.float64(place) * ziggurats.EXPONENTIAL.widths[layer]
        if place < ziggurats.EXPONENTIAL.bounds[layer]:
            drawing = False
        elif layer == 0:
            x = ziggurats.EXPONENTIAL.r - np.log1p(-uniform53(bits))
            drawing = False
        else:
            below = ziggurats.EXPONENTIAL.heights[layer]
            drawing = (ziggurats.EXPONENTIAL.heights[layer - 1] - below) * uniform53(bits) + below >= np.exp(-x)
    return x


def below_or_equal(bits: Any, largest: Any) -> Any:
    """A uint64 in 0 .. largest, by Lemire's multiplication; of 32 bits where they are enough."""
    if largest == 0:
        value = np.uint64(0)
    elif largest < _LOW32:
        value = _below_of_32(bits, largest + np.uint64(1))
    elif largest == _LOW32:
        value = next32(bits)
    elif largest == np.uint64(0xFFFFFFFFFFFFFFFF):
        value = bits.next64()
    else:
        value = _below_of_64(bits, largest + np.uint64(1))
    return value


def _below_of_32(bits: Any, count: Any) -> Any:
    product = next32(bits) * count
    if product & _LOW32 < count:
        least = (np.uint64(0x100000000) - count) % count  # 2^32 mod count
        while product & _LOW32 < least:
            product = next32(bits) * count
    return product >> _32


def _below_of_64(bits: Any, count: Any) -> Any:
    word = bits.next64()
    if word * count < count:
        least = (~count + np.uint64(1)) % count  # 2^64 mod count
        while word * count < least:
            word = bits.next64()
    return high_product(word, count)


def masked_below_or_equal(bits: Any, largest: Any) -> Any:
    """A uint64 in 0 .. largest, by rejection among numbers of as many bits."""
    mask = largest
    for shift in (1, 2, 4, 8, 16, 32):
        mask = mask | (mask >> np.uint64(shift))
    value = np.uint64(0)
    drawing = largest > 0
    while drawing:
        value = (next32(bits) if largest <= _LOW32 else bits.next64()) & mask
        drawing = value > largest
    return value


# ---------------------------------------------------------------- arrays of draws, in C order


def fill(draw: Any, bits: Any, out: Any) -> Any:
    """The array with draws in all elements."""
    flat = out.reshape(-1)
    for i in range(flat.shape[0]):
        flat[i] = draw(bits)
    return out


def fill_below(bits: Any, low: Any, largest: Any, out: Any) -> Any:
    """Integers from ``low`` to ``low + largest``."""
    flat = out.reshape(-1)
    for i in range(flat.shape[0]):
        flat[i] = low + np.int64(below_or_equal(bits, largest))
    return out


def fill_below_each(bits: Any, low: Any, largest: Any, out: Any) -> Any:
    """The same with bounds for each element."""
    flat, lows, spans = out.reshape(-1), low.reshape(-1), largest.reshape(-1)
    for i in range(flat.shape[0]):
        flat[i] = lows[i] + np.int64(below_or_equal(bits, spans[i]))
    return out


def shuffle_vector(draw: Any, bits: Any, x: Any, first: int) -> None:
    """Fisher and Yates, from the end down to `first`."""
    for k in range(x.shape[0] - first):
        i = x.shape[0] - 1 - k
        j = np.int64(draw(bits, np.uint64(i)))
        kept = x[i]
        x[i] = x[j]
        x[j] = kept


def shuffle_rows(bits: Any, x: Any) -> None:
    for k in range(x.shape[0] - 1):
        i = x.shape[0] - 1 - k
        j = np.int64(masked_below_or_equal(bits, np.uint64(i)))
        kept = x[i].copy()
        x[i] = x[j]
        x[j] = kept


def floyd(bits: Any, population: int, chosen: Any) -> None:
    """Different numbers below `population` into `chosen`, by Floyd's method (Bentley and Floyd, CACM 30, 9)."""
    taken = np.zeros(population, dtype=np.bool_)
    first = population - chosen.shape[0]
    for k in range(chosen.shape[0]):
        j = np.int64(below_or_equal(bits, np.uint64(first + k)))
        if taken[j]:
            j = first + k
        taken[j] = True
        chosen[k] = j


def without_replacement(bits: Any, p: Any, found: Any) -> None:
    """Different numbers with probabilities p: in each round of draws those found before have probability 0."""
    p, taken = p.copy(), np.zeros(p.shape[0], dtype=np.bool_)
    count = 0
    while count < found.shape[0]:
        cdf = np.cumsum(p)
        cdf = cdf / cdf[-1]
        for _ in range(found.shape[0] - count):
            j = np.searchsorted(cdf, uniform53(bits), side="right")
            if not taken[j]:
                taken[j] = True
                found[count] = j
                count += 1
        p = np.where(taken, 0.0, p)


# ---------------------------------------------------------------- seeds


def seed_words(seed: Any, count: int) -> Any:
    """`count` uint64 from an integer below 2^64: what SeedSequence(seed).generate_state gives."""
    pool = np.zeros(4, dtype=np.uint64)
    factor = np.uint64(0x43B0D7E5)
    for i in range(4):
        word = (seed >> np.uint64(32 * i)) & _LOW32 if i < 2 else np.uint64(0)
        word = word ^ factor
        factor = (factor * np.uint64(0x931E8875)) & _LOW32
        word = (word * factor) & _LOW32
        pool[i] = word ^ (word >> np.uint64(16))
    for i in range(4):
        for j in range(4):
            if i != j:
                word = pool[i] ^ factor
                factor = (factor * np.uint64(0x931E8875)) & _LOW32
                word = (word * factor) & _LOW32
                word = word ^ (word >> np.uint64(16))
                word = (pool[j] * np.uint64(0xCA01F9DD) - word * np.uint64(0x4973F715)) & _LOW32
                pool[j] = word ^ (word >> np.uint64(16))
    out = np.zeros(count, dtype=np.uint64)
    factor = np.uint64(0x8B51F9DD)
    for i in range(2 * count):
        word = pool[i % 4] ^ factor
        factor = (factor * np.uint64(0x58F38DED)) & _LOW32
        word = (word * factor) & _LOW32
        word = word ^ (word >> np.uint64(16))
        out[i // 2] = out[i // 2] | (word << np.uint64(32 * (i % 2)))
    return out


def seeded_pcg64(seed: Any) -> PCG64:
    """The generator of PCG64(seed): state 0, a step, the seed added, a step."""
    given = seed_words(seed, 4)
    words = np.zeros(4, dtype=np.uint64)
    words[2] = (given[3] << np.uint64(1)) | np.uint64(1)
    words[3] = (given[2] << np.uint64(1)) | (given[3] >> np.uint64(63))
    bits = PCG64(words, np.zeros(2, dtype=np.uint32))
    bits.next64()
    words[0] = words[0] + given[1]
    words[1] = words[1] + given[0] + np.uint64(words[0] < given[1])
    bits.next64()
    return bits


def keyed_philox(key: Any, counter: Any) -> Philox:
    """The generator of Philox(key=key, counter=counter), with a key below 2^64."""
    words = np.zeros(2, dtype=np.uint64)
    words[0] = key
    return _philox(words, counter)


def seeded_philox(seed: Any, counter: Any) -> Philox:
    """The generator of Philox(seed, counter=counter)."""
    return _philox(seed_words(seed, 2), counter)


def _philox(key: Any, counter: Any) -> Philox:
    place = np.full(1, 4, dtype=np.int32)
    return Philox(counter, key, np.zeros(4, dtype=np.uint64), place, np.zeros(2, dtype=np.uint32))
