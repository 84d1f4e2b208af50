"""Importing this module enters every op record of wengert."""

from wengert.dialects import (
    constants,
    decompositions,
    diff,
    discrete,
    effects,
    elementwise,
    gather,
    linear_algebra,
    multilinear,
    positions,
    reduction,
    searching,
    sorting,
    special_functions,
    special_orders,
    structural,
)

__all__ = [
    "constants",
    "decompositions",
    "diff",
    "discrete",
    "effects",
    "elementwise",
    "gather",
    "linear_algebra",
    "multilinear",
    "positions",
    "reduction",
    "searching",
    "sorting",
    "special_functions",
    "special_orders",
    "structural",
]
