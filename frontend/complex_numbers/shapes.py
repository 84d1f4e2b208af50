"""Functions of shape, selection and assignment with complex operands: each part on its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.errors import WengertValueError
from wengert.frontend.arithmetic import binary
from wengert.frontend.complex_numbers.arithmetic import complex_operand
from wengert.frontend.complex_numbers.registry import acts_on_parts, composed, of_complex
from wengert.frontend.complex_numbers.values import is_complex, of_parts, parts_of
from wengert.frontend.indexing import getitem
from wengert.frontend.numpy_table.arguments import static_int
from wengert.frontend.numpy_table.creation import filled
from wengert.frontend.numpy_table.diagonals import EXTENT
from wengert.frontend.numpy_table.joining import stack
from wengert.frontend.numpy_table.registry import TABLE
from wengert.frontend.trace import fail

for _function in (
    np.rot90, np.rollaxis, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.resize, np.diagflat,
    np.delete, np.insert, np.atleast_3d, np.compress, np.extract, np.asfortranarray, np.unstack,
    np.lib.stride_tricks.sliding_window_view, np.put, np.putmask, np.place, np.put_along_axis,
    np.fill_diagonal,
):  # fmt: skip
    acts_on_parts(_function, "a", "m", "v", "x", "arr", "ary", "arys", "values", "vals", "val")
for _joining in (np.dstack, np.block, np.choose, np.select, np.linspace):
    acts_on_parts(_joining, "tup", "arrays", "args", "xi", "choices", "choicelist", "default", "start", "stop")
for _method in ("put", "compress", "tolist"):
    acts_on_parts(_method, "a", "v", "value")
composed(np.nonzero, np.flatnonzero, np.argwhere)


def _each_its_own(function: Any) -> None:
    """A result for each operand, complex where the operand is."""

    def handler(*arrays: Any, **options: Any) -> Any:
        operands = [complex_operand(x) for x in arrays]
        parts = [[parts_of(x)[k] for x in operands] for k in (0, 1)]
        re, im = (TABLE[function].handler(*given, **options) for given in parts)
        whole = [of_parts(x, y) if is_complex(z) else x for x, y, z in zip(re, im, operands, strict=True)]
        return type(re)(whole)

    of_complex(function)(handler)


for _spreading in (np.broadcast_arrays, np.meshgrid):
    _each_its_own(_spreading)


@of_complex(np.vander)
def vander(x: Any, N: Any = None, increasing: Any = False) -> Any:
    """Column j is ``x ** (N - 1 - j)``, or ``x ** j``."""
    z = complex_operand(x)
    if z.ndim != 1:
        fail("x must be a one-dimensional array or sequence.", error=WengertValueError)
    count = static_int(z.shape[0] if N is None else N, EXTENT)
    powers = [of_parts(*(filled(z.shape, k, z.re.element) for k in (1, 0)))]
    for _ in range(1, count):
        powers.append(binary("Mult", powers[-1], z))
    columns = powers if increasing else powers[::-1]
    kept = (slice(None), slice(count))
    return of_parts(*(getitem(stack([getattr(p, part) for p in columns], axis=1), kept) for part in ("re", "im")))
