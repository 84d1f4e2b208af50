"""Functions that do the same to both parts (shapes.py has more of them), and functions made of others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.polynomial import chebyshev, hermite, legendre, polynomial

from wengert.frontend.complex_numbers.registry import acts_on_parts, composed, of_complex, on_parts
from wengert.frontend.numpy_table.registry import TABLE
from wengert.frontend.trace import fail

#: The parameters of functions that move, repeat, join or add elements which hold these elements.
_VALUES = (
    "a", "A", "x", "m", "v", "arr", "array", "arrays", "tup", "ary", "arys", "values", "initial",
    "prepend", "append", "constant_values",
)  # fmt: skip
_MOVING: tuple[Any, ...] = (
    np.append, np.around, np.atleast_1d, np.atleast_2d, np.average, np.broadcast_to, np.column_stack, np.concatenate,
    np.cumsum, np.cumulative_sum, np.diag, np.diagonal, np.diff, np.expand_dims, np.flip, np.fliplr, np.flipud,
    np.hstack, np.matrix_transpose, np.mean, np.moveaxis, np.ravel, np.repeat, np.reshape, np.rint, np.roll,
    np.round, np.squeeze, np.stack, np.sum, np.swapaxes, np.take, np.take_along_axis, np.tile, np.trace, np.transpose,
    np.tril, np.triu, np.vstack,
)  # fmt: skip
for _function in (*_MOVING, "reshape", "flatten", "transpose"):
    acts_on_parts(_function, *_VALUES)
acts_on_parts(np.where, "x", "y")
acts_on_parts(np.trapezoid, "y")
acts_on_parts(np.interp, "fp", "left", "right")


@of_complex(np.pad)
def pad(array: Any, pad_width: Any, mode: Any = "constant", **options: Any) -> Any:
    if mode in ("maximum", "minimum", "median"):
        fail(f"numpy.pad of complex numbers with mode={mode!r} is not covered",
             why="it orders complex numbers, which is nothing that their parts do apart",
             help="pad with constants, then write the borders")
    return on_parts(TABLE[np.pad].handler, _VALUES, (array, pad_width, mode), options)


composed(
    np.isscalar, np.convolve, np.correlate, np.ediff1d, np.gradient, np.polyval, np.polyadd, np.polysub, np.polymul,
    np.polyder, np.polyint, np.poly, polynomial.polyval, chebyshev.chebval, legendre.legval, hermite.hermval,
    np.linalg.cross, np.linalg.outer, np.linalg.diagonal, np.linalg.trace, np.linalg.matrix_power, np.linalg.multi_dot,
    np.linalg.vecdot, np.linalg.tensordot, np.linalg.matmul, np.linalg.matrix_transpose, np.linalg.tensorsolve,
    np.linalg.tensorinv, np.cross,
)  # fmt: skip
