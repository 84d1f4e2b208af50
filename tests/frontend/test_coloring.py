"""Patterns and colourings of sparse derivatives, without a compiler: the sweeps are NumPy's."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from wengert.frontend import coloring
from wengert.frontend.coloring import Coloring, color_columns, color_hessian, color_jacobian
from wengert.frontend.lattices import is_valid, lattice_coloring
from wengert.frontend.patterns import find_pattern


def pattern_of(matrix: Any) -> Any:
    found = sparse.csr_array(matrix).astype(bool)
    found.sort_indices()
    return found


def tridiagonal(n: int) -> Any:
    return sparse.diags_array([np.ones(n - 1), np.ones(n), np.ones(n - 1)], offsets=[-1, 0, 1])


def grid(*extents: int, periodic: bool = False) -> Any:
    """The pattern of the second differences of a grid."""
    total: Any = sparse.csr_array((int(np.prod(extents)),) * 2)
    for d, n in enumerate(extents):
        line = sparse.lil_array(tridiagonal(n))
        if periodic:
            line[0, n - 1] = line[n - 1, 0] = 1.0
        factors = [line if k == d else sparse.eye_array(m) for k, m in enumerate(extents)]
        product: Any = sparse.eye_array(1)
        for factor in factors:
            product = sparse.kron(product, factor)
        total = total + product
    return pattern_of(total)


def arrow(n: int) -> Any:
    matrix = sparse.lil_array(sparse.eye_array(n))
    matrix[0, :] = matrix[:, 0] = 1.0
    return pattern_of(matrix)


def random_pattern(rows: int, columns: int, density: float, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return pattern_of(sparse.random_array((rows, columns), density=density, rng=rng))


def told_apart(pattern: Any, colors: Coloring) -> bool:
    """Whether the entries of a Jacobian can be read off the sums of rows and columns."""
    reverse = colors.rows >= 0
    forward_part, reverse_part = pattern[~reverse], pattern[reverse]
    return (is_valid(forward_part, colors.columns) and bool((colors.columns[forward_part.indices] >= 0).all())
            and is_valid(pattern_of(reverse_part.T), colors.rows[reverse]))


# ---------------------------------------------------------------- patterns


def sweeper(pattern: Any) -> tuple[Callable[[np.ndarray], np.ndarray], list[int]]:
    """The dependency sweep of a function with this pattern, and a list that grows with each sweep."""
    counted: list[int] = []

    def sweep(masks: np.ndarray) -> np.ndarray:
        counted.append(1)
        assert masks.dtype == np.int64 and masks.shape == (pattern.shape[1],)
        gathered = np.append(masks[pattern.indices], 0)
        found = np.bitwise_or.reduceat(gathered, pattern.indptr[:-1]) if pattern.shape[0] else np.zeros(0, int)
        return np.where(np.diff(pattern.indptr) > 0, found, 0)

    return sweep, counted


SHAPES = [(0, 0), (3, 0), (0, 3), (1, 1), (5, 64), (7, 65), (40, 1000), (200, 4096), (9, 4097), (0, 5000)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("density", [0.0, 0.02, 0.5, 1.0])
def test_patterns_are_found_exactly(shape: tuple[int, int], density: float) -> None:
    pattern = random_pattern(*shape, density, seed=1)
    found = find_pattern(sweeper(pattern)[0], shape[1])
    assert found.shape == shape and found.has_sorted_indices
    np.testing.assert_array_equal(found.toarray(), pattern.toarray())


def test_patterns_of_grids_take_few_sweeps() -> None:
    for pattern in (grid(300, 300), grid(20, 30, 40), tridiagonal(90_000).tocsr(), arrow(20_000)):
        sweep, counted = sweeper(pattern_of(pattern))
        assert (find_pattern(sweep, pattern.shape[1]) != pattern_of(pattern)).nnz == 0
        assert len(counted) <= (400 if pattern.shape[0] == 20_000 else 40)


def test_neighbours_numbered_at_random_take_some_rounds() -> None:
    """Outputs with few inputs anywhere, and some with more than there are buckets for."""
    n = 20_000
    rng = np.random.default_rng(3)
    rows = np.concatenate([np.repeat(np.arange(n), 3), np.repeat(np.arange(0, n, 1000), 40)])
    pattern = pattern_of(sparse.csr_array((np.ones(len(rows)), (rows, rng.integers(0, n, len(rows)))), shape=(n, n)))
    sweep, counted = sweeper(pattern)
    assert (find_pattern(sweep, n) != pattern).nnz == 0
    assert len(counted) < 300


def test_rows_with_many_entries_never_lose_one() -> None:
    """A row of more than 256 blocks may get entries, and the others get none for that."""
    rows, n = 5, 300_000
    pattern = random_pattern(rows, n, 0.01, seed=2)
    pattern = pattern_of(sparse.vstack([pattern, sparse.eye_array(200, n), np.ones((1, n))]))
    found = find_pattern(sweeper(pattern)[0], n)
    assert (pattern > found).nnz == 0
    assert (found[rows:] != pattern[rows:]).nnz == 0


# ---------------------------------------------------------------- Jacobians


@pytest.mark.parametrize("pattern, extents, sweeps", [
    (tridiagonal(50), (50,), 3),
    (grid(23, 31), (23, 31), 5),
    (grid(23, 31), (23 * 31,), 5),
    (grid(20, 25, periodic=True), (20, 25), 5),
    (grid(8, 9, 10), (8, 9, 10), 7),
    (grid(8, 9, 10), (720,), 7),
    (arrow(40), (40,), 3),
    (sparse.block_diag([np.ones((4, 4))] * 6), (24,), 4),
    (np.ones((6, 9)), (9,), 6),
    (np.ones((9, 6)), (6,), 6),
    (np.vstack([np.ones((1, 30)), np.eye(30)]), (30,), 2),
    (np.hstack([np.ones((30, 1)), np.eye(30)]), (31,), 2),
    (np.zeros((4, 5)), (5,), 0),
    (np.zeros((0, 5)), (5,), 0),
    (np.eye(5)[:, [0, 2]], (2,), 1),
])
def test_sweeps_of_a_jacobian(pattern: Any, extents: tuple[int, ...], sweeps: int) -> None:
    pattern = pattern_of(pattern)
    colors = color_jacobian(pattern, extents, (pattern.shape[0],))
    assert told_apart(pattern, colors)
    assert colors.sweeps == sweeps


@pytest.mark.parametrize("seed", range(12))
def test_random_patterns_are_told_apart(seed: int) -> None:
    rows, columns = np.random.default_rng(seed).integers(1, 60, 2)
    pattern = random_pattern(int(rows), int(columns), [0.02, 0.1, 0.4][seed % 3], seed)
    colors = color_jacobian(pattern, (int(columns),), (int(rows),))
    assert told_apart(pattern, colors)
    assert colors.sweeps <= max(np.diff(pattern.indptr).max(), 1) * 3 + 2


def test_a_periodic_grid_whose_length_five_does_not_divide() -> None:
    """No five colours exist; the lattice that fits the inside is not taken for one that fits."""
    pattern = grid(16, 17, periodic=True)
    colors = color_columns(pattern, (16, 17))
    assert is_valid(pattern, colors) and 6 <= colors.max() + 1 <= 9


def test_a_lattice_that_misses_something_is_refused() -> None:
    matrix = sparse.lil_array(grid(40, 40))
    matrix[803, 0] = True
    pattern = pattern_of(matrix)
    found = lattice_coloring(pattern, (40, 40), range(5, 8))
    assert found is None or is_valid(pattern, found)


def test_compiled_and_interpreted_colourings_are_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    pattern = random_pattern(60, 50, 0.06, seed=3)
    symmetric = pattern_of(pattern[:50] + pattern[:50].T)
    interpreted = color_columns(pattern, (50,)), color_hessian(symmetric, (50,)).columns
    monkeypatch.setattr(coloring, "COMPILED_FROM", 0)
    np.testing.assert_array_equal(color_columns(pattern, (50,)), interpreted[0])
    np.testing.assert_array_equal(color_hessian(symmetric, (50,)).columns, interpreted[1])


# ---------------------------------------------------------------- Hessians


def read_directly(pattern: Any, colors: np.ndarray) -> bool:
    """Whether each entry is alone in its row among the columns of its colour, or its mirror image is."""
    dense = pattern.toarray()
    for i, j in zip(*dense.nonzero()):
        alone = [colors[b] >= 0 and (dense[a] & (colors == colors[b])).sum() == 1 for a, b in ((i, j), (j, i))]
        if not any(alone):
            return False
    return True


def is_star(pattern: Any, colors: np.ndarray) -> bool:
    """By its definition: neighbours differ, and any path of four vertices has three colours."""
    neighbours = [[int(w) for w in pattern.indices[a:b] if w != v] for v, (a, b) in enumerate(pairwise(pattern.indptr))]
    paths = ((v, w, x, y) for v, near in enumerate(neighbours) for w in near for x in neighbours[w] if x != v
             for y in neighbours[x] if y not in (v, w))
    edges = ((v, w) for v, near in enumerate(neighbours) for w in near)
    return all(colors[v] != colors[w] for v, w in edges) and all(len({*colors[list(path)]}) > 2 for path in paths)


@pytest.mark.parametrize("pattern, sweeps", [
    (tridiagonal(40), 3), (arrow(40), 2), (grid(9, 11), 5), (sparse.eye_array(7), 1), (np.ones((6, 6)), 6),
    (np.zeros((4, 4)), 0), (sparse.block_diag([np.ones((3, 3))] * 5), 3),
])
def test_sweeps_of_a_hessian(pattern: Any, sweeps: int) -> None:
    pattern = pattern_of(pattern)
    colors = color_hessian(pattern, (pattern.shape[0],))
    assert read_directly(pattern, colors.columns)
    assert colors.sweeps <= sweeps and colors.reverse == 0


@pytest.mark.parametrize("seed", range(12))
def test_random_hessians_are_read_directly(seed: int) -> None:
    pattern = random_pattern(30, 30, [0.02, 0.06, 0.2][seed % 3], seed)
    pattern = pattern_of(pattern + pattern.T + (sparse.eye_array(30) if seed % 2 else 0 * pattern))
    assert read_directly(pattern, color_hessian(pattern, (30,)).columns)
    stars = coloring._star_coloring(pattern)
    assert stars is not None and is_star(pattern, stars)
