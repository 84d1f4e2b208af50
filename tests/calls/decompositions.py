"""Random calls of ``numpy.linalg``, of well-conditioned matrices."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
from hypothesis import strategies as st

from tests.calls import products, shapes
from tests.calls.registry import CALLS, FLOATS, Call, View, arrays, calls, sometimes

ELEMENTS = ("float64", "float64", "float32", "complex128", "int64")
BATCHES = ((), (), (2,), (1, 2), (0,))


@st.composite
def matrix(draw: Any, rows: int | None = None, columns: int | None = None, definite: bool = False,
           dtypes: tuple[str, ...] = ELEMENTS, batches: tuple[Any, ...] = BATCHES) -> View:
    """Diagonally dominant, when square; Hermitian positive definite when asked for."""
    dtype, batch = np.dtype(draw(st.sampled_from(dtypes))), draw(st.sampled_from(batches))
    rows = draw(st.integers(1, 4)) if rows is None else rows
    columns = rows if columns is None else columns
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    a = rng.uniform(-1.0, 1.0, (*batch, rows, columns)) * (3 if dtype.kind == "i" else 1)
    if dtype.kind == "c":
        a = a + 1j * rng.uniform(-1.0, 1.0, a.shape)
    if definite:
        a = a @ np.conj(np.swapaxes(a, -1, -2)) + np.diag(np.arange(1.0, rows + 1))
    elif rows == columns:
        a = a + np.diag(4.0 * np.arange(1.0, rows + 1))
    a = np.round(a) if dtype.kind == "i" else a
    if draw(st.booleans()):
        return View(np.ascontiguousarray(a.astype(dtype).T), turned=True)
    return View(a.astype(dtype))


def of_one(strategy: Any, options: Any = None) -> Any:
    return st.builds(lambda a, given: Call((a,), given), strategy, st.just({}) if options is None else options)


tall = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(lambda shape: matrix(*shape))
calls("linalg.inv linalg.det linalg.slogdet linalg.eig linalg.eigvals", of_one(matrix()))
calls("linalg.cholesky linalg.eigh linalg.eigvalsh", of_one(matrix(definite=True, dtypes=(*FLOATS, "complex128"))))
calls("linalg.qr", of_one(tall, sometimes("mode", st.sampled_from(("reduced", "complete", "r")))))
calls("linalg.svd", of_one(tall, sometimes("full_matrices", st.booleans())))
calls("linalg.svdvals linalg.pinv linalg.matrix_rank", of_one(tall))
calls("linalg.cond", of_one(matrix(), sometimes("p", st.sampled_from((1, 2, np.inf, "fro")))))
calls("linalg.matrix_norm", of_one(tall, sometimes("ord", st.sampled_from((1, 2, -1, np.inf, "fro", "nuc")))))
calls("linalg.matrix_power", st.builds(lambda a, n: Call((a, n)), matrix(), st.integers(-2, 4)))
calls("linalg.vector_norm", st.builds(
    lambda a, option, order: Call((a,), option | order), arrays(least=1, smallest=1),
    sometimes("axis", st.just(-1)), sometimes("ord", st.sampled_from((0, 1, 2, 3, np.inf, -np.inf)))))
calls("linalg.norm", st.builds(
    lambda a, option: Call((a,), option), arrays(least=1, most=2, smallest=1),
    st.one_of(st.just({}), st.builds(lambda order: {"ord": order, "axis": 0}, st.sampled_from((1, 2, np.inf))))))


@st.composite
def solved(draw: Any) -> Call:
    n = draw(st.integers(1, 4))
    a = draw(matrix(n))
    batch = a.of(a.whole).shape[:-2]
    shapes = [(n,), (*batch, n, 2)] if not batch else [(*batch, n, 2), (n, 1)]
    return Call((a, draw(arrays(draw(st.sampled_from(shapes))))))


@st.composite
def least_squares(draw: Any) -> Call:
    rows, columns = draw(st.integers(1, 4)), draw(st.integers(1, 3))
    a = draw(matrix(rows, columns, dtypes=FLOATS, batches=((),)))
    return Call((a, draw(arrays(draw(st.sampled_from(((rows,), (rows, 2)))), FLOATS))))


@st.composite
def chain(draw: Any) -> Call:
    sizes = draw(st.lists(st.integers(1, 4), min_size=3, max_size=5))
    kinds = {"dtypes": (draw(st.sampled_from(ELEMENTS)),), "batches": ((),)}
    return Call(([draw(matrix(n, m, **kinds)) for n, m in itertools.pairwise(sizes)],))


@st.composite
def tensor(draw: Any, solve: bool) -> Call:
    a = np.random.default_rng(draw(st.integers(0, 999))).normal(size=(2, 3, 6))
    return Call((View(a), draw(arrays((2, 3), FLOATS)))) if solve else Call((View(a),), {"ind": 2})


calls("linalg.solve", solved())
calls("linalg.lstsq", least_squares())
calls("linalg.multi_dot", chain())
calls("linalg.tensorsolve", tensor(True))
calls("linalg.tensorinv", tensor(False))
calls("linalg.diagonal linalg.trace", of_one(tall))
assert products and shapes, "what stands in both modules is called alike"
for name in ("cross", "matmul", "matrix_transpose", "outer", "tensordot", "vecdot"):
    if name in CALLS:
        calls(f"linalg.{name}", CALLS[name])
