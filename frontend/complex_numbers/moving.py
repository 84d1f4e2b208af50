"""Functions that do the same to both parts (shapes.py has more of them), and functions made of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, legendre, polynomial

from wengert.frontend.complex_numbers.registry import acts_on_parts, composed

#: The parameters of functions that move, repeat, join or add elements which hold these elements.
_VALUES = (
    "a", "A", "x", "m", "v", "arr", "array", "arrays", "tup", "ary", "arys", "values", "initial",
    "prepend", "append", "constant_values",
)  # fmt: skip
_MOVING: tuple[Any, ...] = (
    np.append, np.around, np.atleast_1d, np.atleast_2d, np.average, np.broadcast_to, np.column_stack, np.concatenate,
    np.cumsum, np.cumulative_sum, np.diag, np.diagonal, np.diff, np.expand_dims, np.flip, np.fliplr, np.flipud,
    np.hstack, np.matrix_transpose, np.mean, np.moveaxis, np.pad, np.ravel, np.repeat, np.reshape, np.rint, np.roll,
    np.round, np.squeeze, np.stack, np.sum, np.swapaxes, np.take, np.take_along_axis, np.tile, np.trace, np.transpose,
    np.tril, np.triu, np.vstack,
)  # fmt: skip
for _function in (*_MOVING, "reshape", "flatten", "transpose"):
    acts_on_parts(_function, *_VALUES)
acts_on_parts(np.where, "x", "y")
acts_on_parts(np.trapezoid, "y")
acts_on_parts(np.interp, "fp", "left", "right")

composed(
    np.isscalar, np.convolve, np.correlate, np.ediff1d, np.gradient, np.polyval, np.polyadd, np.polysub, np.polymul,
    np.polyder, np.polyint, np.poly, polynomial.polyval, chebyshev.chebval, legendre.legval, hermite.hermval,
    np.linalg.cross, np.linalg.outer, np.linalg.diagonal, np.linalg.trace, np.linalg.matrix_power, np.linalg.multi_dot,
    np.linalg.vecdot, np.linalg.tensordot, np.linalg.matmul, np.linalg.matrix_transpose, np.linalg.tensorsolve,
    np.linalg.tensorinv, np.cross,
)  # fmt: skip
