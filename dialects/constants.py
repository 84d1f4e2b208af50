"""arith.constant: the one op without operands."""

from __future__ import annotations

from typing import Any

import numpy as np

from wengert.dialects.bindings import ir
from wengert.dialects.lowerings import lower_constant
from wengert.dialects.op import Op, register


def _constant(out: Any, value: Any) -> Any:
    shape, dtype = out[0]
    if isinstance(value, ir.DenseElementsAttr):
        return np.broadcast_to(np.array(value, dtype=dtype), shape).copy()
    return np.asarray(value).astype(dtype)[()]


constant = register(
    Op(
        "arith.constant",
        (),
        _constant,
        lambda **_: None,
        lambda primals, results, tangents, attributes: [None],
        recompute=True,
        typed=True,
        family="constant",
        lower=lower_constant,
    )
)
