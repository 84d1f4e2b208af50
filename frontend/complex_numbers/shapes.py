"""Functions of shape, selection and assignment with complex operands: each part on its own."""

from __future__ import annotations

import numpy as np

from wengert.frontend.complex_numbers.registry import acts_on_parts, composed

for _function in (
    np.rot90, np.rollaxis, np.split, np.array_split, np.hsplit, np.vsplit, np.dsplit, np.resize, np.diagflat,
    np.delete, np.insert, np.atleast_3d, np.compress, np.extract, np.asfortranarray, np.unstack,
    np.lib.stride_tricks.sliding_window_view, np.put, np.putmask, np.place, np.put_along_axis,
    np.fill_diagonal,
):  # fmt: skip
    acts_on_parts(_function, "a", "m", "v", "x", "arr", "ary", "arys", "values", "vals", "val")
for _joining in (np.dstack, np.block, np.broadcast_arrays, np.meshgrid, np.choose, np.select, np.linspace):
    acts_on_parts(_joining, "tup", "arrays", "args", "xi", "choices", "choicelist", "default", "start", "stop")
for _method in ("put", "compress", "tolist"):
    acts_on_parts(_method, "a", "v", "value")
composed(np.nonzero, np.flatnonzero, np.argwhere)
