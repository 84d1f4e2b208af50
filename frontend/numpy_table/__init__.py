"""The covered functions of NumPy, `math`, the built-ins and a few more, by family; importing this enters them all."""

from wengert.frontend.numpy_table import (
    choosing,
    creation,
    elementwise,
    library,
    linear_algebra,
    pairs,
    products,
    python,
    reductions,
    shaping,
    sorting,
)
from wengert.frontend.numpy_table.registry import METHODS, TABLE, covers, enter

__all__ = [
    "METHODS",
    "TABLE",
    "choosing",
    "covers",
    "creation",
    "elementwise",
    "enter",
    "library",
    "linear_algebra",
    "pairs",
    "products",
    "python",
    "reductions",
    "shaping",
    "sorting",
]
