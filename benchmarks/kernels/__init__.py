"""The programs, a file a family. Importing this registers all of them, in the order of the tables."""

from benchmarks.kernels import (  # isort: skip
    stencils as stencils,
    recurrences as recurrences,
    factorisations as factorisations,
    products as products,
    adbench as adbench,
    networks as networks,
    finance as finance,
    mechanics as mechanics,
)
