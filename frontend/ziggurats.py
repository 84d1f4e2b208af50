"""Tables of ziggurats for the normal and the exponential distribution (Marsaglia and Tsang, J. Stat. Software 5, 8).

A decreasing density f on [0, inf) is covered by 256 layers of one area v; layer i > 0 is the rectangle [0, x_i] times
[f(x_i), f(x_{i-1})], and layer 0 has the tail beyond r = x_255 besides.  A point x = j x_i / 2^bits with a random
integer j < 2^bits is under the density for certain if j < x_{i-1} / x_i 2^bits.

Streams agree with NumPy's bit by bit only where every entry does.  For the exponential distribution the entries are the
true ones, rounded.  For the normal distribution the recurrence has to run in float64, as when the tables in use were
made, with exponentials and logarithms that are rounded correctly whatever the machine; at layer 38 those tables have
the other one of the two floats about the density.
"""

from __future__ import annotations

import decimal
import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np

LAYERS = 256


@dataclass(frozen=True)
class Ziggurat:
    """The tables of one density, by layer.

    Args:
        r: where the tail begins.
        bounds: below which an integer needs no further test, uint64.
        widths: x_i / 2^bits.
        heights: f(x_i).
    """

    r: float
    bounds: np.ndarray
    widths: np.ndarray
    heights: np.ndarray


Number = Any  # float or Decimal


def _exp(x: Number) -> Number:
    """Correctly rounded for floats; of 40 digits for Decimals."""
    with decimal.localcontext(prec=40):
        return type(x)(Decimal(x).exp())


def _log(x: Number) -> Number:
    with decimal.localcontext(prec=40):
        return type(x)(Decimal(x).ln())


def _ziggurat(r: Number, v: Number, bits: int, density: Callable[[Number], Number], inverse: Callable[[Number], Number],
              upwards: int = LAYERS) -> Ziggurat:
    """x_{i-1} = f^-1(v / x_i + f(x_i)), from x_255 = r; at layer `upwards` the density is rounded up."""
    one = type(r)(1)
    corners, heights = [one] * LAYERS, [one] * LAYERS
    corners[-1], heights[-1] = r, density(r)
    for i in range(LAYERS - 2, 0, -1):
        corners[i] = inverse(v / corners[i + 1] + heights[i + 1])
        heights[i] = density(corners[i])
        if i == upwards:
            heights[i] = math.nextafter(heights[i], 1.0)
    corners[0] = v / heights[-1]  # the width of layer 0 as a rectangle
    scale = 2**bits
    bounds = [r / corners[0] * scale, 0, *(corners[i - 1] / corners[i] * scale for i in range(2, LAYERS))]
    return Ziggurat(float(r), np.array([int(b) for b in bounds], dtype=np.uint64),
                    np.array([float(x / scale) for x in corners]), np.array([float(h) for h in heights]))


def _normal() -> Ziggurat:
    return _ziggurat(3.6541528853610088, 0.004928673233974652, 52, lambda x: _exp(-0.5 * x * x),
                     lambda y: math.sqrt(-2.0 * _log(y)), upwards=38)


def _exponential() -> Ziggurat:
    r = Decimal("7.69711747013104971404462804811")
    with decimal.localcontext(prec=40):
        return _ziggurat(r, (r + 1) * _exp(-r), 53, lambda x: _exp(-x), lambda y: -_log(y))


def __getattr__(name: str) -> Ziggurat:
    """`NORMAL` and `EXPONENTIAL`, made when they are first needed: that takes a tenth of a second."""
    makers = {"NORMAL": _normal, "EXPONENTIAL": _exponential}
    if name not in makers:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    made = globals()[name] = makers[name]()
    return made
