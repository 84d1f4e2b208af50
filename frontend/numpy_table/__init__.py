"""The covered functions of NumPy, `math`, the built-ins and a few more, by family; importing this enters them all."""

from wengert.frontend.numpy_table import (
    averages,
    choosing,
    creation,
    cumulative,
    decompositions,
    elementwise,
    library,
    linear_algebra,
    nan_functions,
    pairs,
    products,
    python,
    reductions,
    shaping,
    sorting,
    special,
)
from wengert.frontend.numpy_table.registry import METHODS, TABLE, covers, enter

__all__ = [
    "METHODS",
    "TABLE",
    "averages",
    "choosing",
    "covers",
    "creation",
    "cumulative",
    "decompositions",
    "elementwise",
    "enter",
    "library",
    "linear_algebra",
    "nan_functions",
    "pairs",
    "products",
    "python",
    "reductions",
    "shaping",
    "sorting",
    "special",
]
