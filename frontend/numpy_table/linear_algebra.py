"""Linear algebra of NumPy and SciPy: solve, inv, det, slogdet, cholesky and triangular solves, of stacks of matrices too.

A matrix that is singular, or not positive definite, is a run-time error that names the line, like NumPy's LinAlgError.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.linalg

from wengert.dialects import linear_algebra as ops
from wengert.dialects.diff import stop_gradient
from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary, compare, unary
from wengert.frontend.broadcasting import broadcast_shapes, is_empty, same_extent, tensor
from wengert.frontend.conversions import promote
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import array_operand
from wengert.frontend.numpy_table.creation import diagonal_mask, eye, filled, tril
from wengert.frontend.numpy_table.reductions import converted, reduce_array, sum_
from wengert.frontend.numpy_table.registry import covers
from wengert.frontend.numpy_table.shaping import swapaxes
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Extent, shape_text
