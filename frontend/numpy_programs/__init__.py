"""Functions of NumPy and SciPy written in NumPy: they are traced like the user's own code, and so are differentiable.

A module of this package holds plain Python and NumPy that also runs on its own; `program` enters its functions in the
table.  What they call may be any covered function, or another function of this package.
"""

from wengert.frontend.numpy_programs import (
    convolutions,
    differences,
    extrema,
    histograms,
    integers,
    integrals,
    interpolation,
    matrix_functions,
    quantiles,
    sets,
    statistics,
    vector_products,
)

__all__ = [
    "convolutions",
    "differences",
    "extrema",
    "histograms",
    "integers",
    "integrals",
    "interpolation",
    "matrix_functions",
    "quantiles",
    "statistics",
    "sets",
    "vector_products",
]
