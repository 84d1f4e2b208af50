"""Patterns of sparse Jacobians: which entries there are, and in how many sweeps they are found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.sparse_checks import bent, check, dense_jacobian, one_for_all, three_slices, x_of

# ---------------------------------------------------------------- stencils


def three_points(x):
    r = np.empty_like(x)
    n = x.shape[0]
    for i in range(n):
        left = x[i - 1] if i > 0 else 1.0
        right = x[i + 1] if i < n - 1 else 0.5
        r[i] = left * x[i] + np.sin(x[i]) * right
    return r


def five_points_in_place(u):
    r = np.zeros_like(u)
    r[1:-1, 1:-1] = u[:-2, 1:-1] + u[2:, 1:-1] + u[1:-1, :-2] + u[1:-1, 2:] - 4.0 * u[1:-1, 1:-1] ** 2
    return r


def five_points_in_loops(u):
    r = np.zeros_like(u)
    for i in range(1, u.shape[0] - 1):
        for j in range(1, u.shape[1] - 1):
            r[i, j] = u[i - 1, j] * u[i + 1, j] + u[i, j - 1] * u[i, j + 1] - np.exp(u[i, j])
    return r


def five_points_periodic(u):
    return np.roll(u, 1, 0) + np.roll(u, -1, 0) + np.roll(u, 1, 1) * u + np.roll(u, -1, 1) - 4.0 * u


def five_points_of_a_vector(x):
    u = np.reshape(x, (10, 15))
    return five_points_periodic(u).reshape(-1)


def brusselator(w):
    u, v = w[0], w[1]
    r = np.empty_like(w)
    r[0] = 1.0 + u * u * v - 4.4 * u + 0.1 * five_points_periodic(u)
    r[1] = 3.4 * u - u * u * v + 0.1 * five_points_periodic(v)
    return r


@pytest.mark.parametrize("f, x, sweeps, exact", [
    (three_points, x_of(70), 3, True),
    (three_slices, x_of(9), 3, True),
    (five_points_in_place, x_of(11, 13), 5, True),
    (five_points_in_loops, x_of(9, 8), 5, True),
    (five_points_periodic, x_of(10, 15), 5, True),
    (five_points_of_a_vector, x_of(150), 5, True),
    (brusselator, x_of(2, 10, 10), 10, True),
])
def test_stencils(f: Any, x: np.ndarray, sweeps: int, exact: bool) -> None:
    derivative = wengert.sparse_jacobian(f)
    assert derivative.sweeps(x) <= sweeps
    check(derivative, dense_jacobian(f, x), x, sweeps=derivative.sweeps(x), exact=exact)


def test_a_stencil_of_a_million_points_takes_five_sweeps() -> None:
    u = x_of(1000, 1000)
    derivative = wengert.sparse_jacobian(five_points_in_place)
    assert derivative.sweeps(u) == 5
    found, v = derivative(u), x_of(1000, 1000, seed=1)
    assert found.nnz == 5 * 998 * 998
    expected = wengert.jvp(five_points_in_place, (u,), (v,))[1]
    np.testing.assert_allclose(found @ v.reshape(-1), expected.reshape(-1), rtol=1e-12, atol=1e-12)


# ---------------------------------------------------------------- other patterns


def blocks(x):
    r = np.empty_like(x)
    for k in range(x.shape[0] // 3):
        a, b, c = x[3 * k], x[3 * k + 1], x[3 * k + 2]
        r[3 * k], r[3 * k + 1], r[3 * k + 2] = a * b * c, a + b * c, np.exp(a + b) * c
    return r


def arrowhead(x):
    r = x * x[0]
    r[0] = np.sum(x * x)
    return r


def total_and_squares(x):
    return np.sum(x**3), x * x


def matrix(x):
    return np.array([[1.0, 2.0, 0.5], [3.0, 4.0, 1.5], [5.0, 6.0, 2.5], [1.0, 1.0, 1.0]]) @ np.sin(x)


def products(m):
    return m[:2] @ m[2:].T


def linear_and_constant(x):
    return np.array([x[2], 3.0, x[0] + x[2], np.floor(x[1])])


def taken(x, p):
    r = np.empty(p.shape[0])
    for i in range(p.shape[0]):
        r[i] = x[p[i]] ** 2
    return r


@pytest.mark.parametrize("f, x, sweeps", [
    (blocks, x_of(12), 3), (arrowhead, x_of(20), 3), (one_for_all, x_of(9), 2), (matrix, x_of(3), 3),
])
def test_other_patterns(f: Any, x: np.ndarray, sweeps: int) -> None:
    check(wengert.sparse_jacobian(f), dense_jacobian(f, x), x, sweeps=sweeps)


def test_several_results_are_rows_one_after_the_other() -> None:
    x = x_of(30)
    dense = np.vstack([3.0 * x**2, np.diag(2.0 * x)])
    derivative = wengert.sparse_jacobian(total_and_squares)
    check(derivative, dense, x, sweeps=2)
    colors = derivative.colors(x)
    assert (colors.forward, colors.reverse) == (1, 1) and colors.rows[0] == 0


def test_products_depend_on_rows_and_columns() -> None:
    m = x_of(4, 3)
    derivative = wengert.sparse_jacobian(products)
    dense = dense_jacobian(products, m)
    np.testing.assert_allclose(derivative(m).toarray(), dense)
    np.testing.assert_array_equal(derivative.pattern(m).toarray(), dense != 0)


def test_rows_without_entries() -> None:
    x = x_of(4)
    check(wengert.sparse_jacobian(linear_and_constant), dense_jacobian(linear_and_constant, x), x, sweeps=2)


@pytest.mark.parametrize("x", [np.zeros(0), np.zeros((3, 0)), x_of(1)], ids=str)
def test_small_and_empty_inputs(x: np.ndarray) -> None:
    found = wengert.sparse_jacobian(lambda x: x * 2.0)(x)
    assert found.shape == (x.size, x.size) and found.nnz == x.size


def test_a_number_to_a_number() -> None:
    found = wengert.sparse_jacobian(lambda x: x * x)(3.0)
    np.testing.assert_array_equal(found.toarray(), [[6.0]])


def test_single_precision_stays() -> None:
    x = x_of(8).astype(np.float32)
    found = wengert.sparse_jacobian(three_slices)(x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.toarray(), wengert.jacfwd(three_slices)(x), rtol=1e-6)


# ---------------------------------------------------------------- what the pattern depends on


def test_indices_that_depend_on_data() -> None:
    """The pattern follows an integer argument; it is found once for each of its values."""
    derivative, x = wengert.sparse_jacobian(taken), x_of(6)
    for p in (np.array([3, 0, 5, 5]), np.array([1, 1, 1, 2])):
        dense = np.zeros((4, 6))
        dense[np.arange(4), p] = 2.0 * x[p]
        check(derivative, dense, x, p, sweeps=1)
        before = len(derivative._kept)
        derivative(x_of(6, seed=1), p)
        assert len(derivative._kept) == before


def test_captured_index_arrays_that_change_in_place() -> None:
    order = np.array([2, 0, 1])

    def f(x):
        r = np.empty_like(x)
        for i in range(3):
            r[i] = x[order[i]] * 2.0
        return r

    derivative, x = wengert.sparse_jacobian(f), x_of(3)
    for _ in range(2):
        np.testing.assert_array_equal(derivative(x).toarray(), 2.0 * np.eye(3)[order])
        order[:] = order[::-1].copy()


def out_of_range(x, shift):
    r = np.zeros_like(x)
    for i in range(x.shape[0]):
        r[i] = x[i + shift] * x[i]
    return r


def test_an_index_out_of_range_is_reported_at_its_line() -> None:
    with pytest.raises(wengert.WengertIndexError, match="index 4 is out of bounds") as caught:
        wengert.sparse_jacobian(out_of_range)(x_of(4), 1)
    assert caught.value.position is not None
    assert caught.value.position.line == out_of_range.__code__.co_firstlineno + 3


def upwind(u):
    """Branches, an index that is valid in one of them only, and an array that both change."""
    r = np.zeros_like(u)
    for i in range(u.shape[0]):
        if i > 0 and u[i] > 1.0:
            r[i] = u[i] * (u[i] - u[i - 1])
        elif u[i] > 0.8:
            r[i] = 2.0
        elif i < u.shape[0] - 1:
            flux = u[i + 1] if u[i] > 0.6 else u[-1]
            r[i] = u[i] * flux
    return r


def written_on_one_side(x):
    """Constants are written over what depends on inputs, here and there; two arrays trade places in a branch."""
    r, s, t = np.zeros_like(x), x * 2.0, np.zeros(2)
    if x[0] > 1.0:
        t[0] = x[1] * x[1]
    else:
        t[0] = 5.0
    for i in range(x.shape[0]):
        if x[i] > 1.0:
            r[i] = x[i] * x[0]
        else:
            r[i] = 5.0
        if x[i] < 0.7:
            s[i] = 1.0
        elif x[i] > 1.2:
            s[0], r[i] = r[i], s[i]
    return r, s, t


def branched(x):
    r = np.empty_like(x)
    for i in range(x.shape[0]):
        if x[i] > 1.0:
            r[i] = x[i] * x[0]
        else:
            r[i] = np.sum(x[i:])
    return r


def test_a_choice_between_values_counts_both() -> None:
    derivative = wengert.sparse_jacobian(bent)
    for seed in (0, 1):
        x = x_of(7, seed=seed)
        np.testing.assert_allclose(derivative(x).toarray(), dense_jacobian(bent, x))
    assert len(derivative._kept) == 1


def test_simple_branches_count_both() -> None:
    """One pattern for all points: what some point needs, and what is read at i = 0 where i - 1 is the last element."""
    derivative, needed = wengert.sparse_jacobian(upwind), np.zeros((9, 9), dtype=bool)
    for seed in range(40):
        u = x_of(9, seed=seed)
        dense = dense_jacobian(upwind, u)
        np.testing.assert_allclose(derivative(u).toarray(), dense, rtol=1e-12)
        needed |= dense != 0
    assert len(derivative._kept) == 1
    needed[0, 8] = True
    np.testing.assert_array_equal(derivative.pattern(u).toarray(), needed)


def test_branches_that_write_constants_lose_nothing() -> None:
    derivative = wengert.sparse_jacobian(written_on_one_side)
    for seed in range(6):
        x = x_of(8, seed=seed)
        dense = np.vstack(wengert.jacfwd(written_on_one_side)(x))
        np.testing.assert_allclose(derivative(x).toarray(), dense, rtol=1e-12)


def test_branches_that_depend_on_floats_are_looked_at_again() -> None:
    derivative = wengert.sparse_jacobian(branched)
    for seed in (0, 1):
        x = x_of(7, seed=seed)
        dense = dense_jacobian(branched, x)
        np.testing.assert_allclose(derivative(x).toarray(), dense)
        np.testing.assert_array_equal(derivative.pattern(x).toarray(), dense != 0)


def swept(x, sweeps):
    """Gauss-Seidel: each turn reads what the last one wrote."""
    u = x.copy()
    for _ in range(sweeps):
        for i in range(1, u.shape[0] - 1):
            u[i] = 0.5 * (u[i - 1] * x[i] + u[i + 1])
    return u


def until_small(x):
    u = x.copy()
    while np.sum(u * u) > 1.0:
        u[1:] = 0.5 * u[1:] * u[:-1]
        u[0] *= 0.5
    return u


def test_loops_whose_pattern_grows() -> None:
    x = x_of(8)
    derivative = wengert.sparse_jacobian(swept)
    for count in (0, 1, 2):
        dense = np.asarray(wengert.jacfwd(swept)(x, count))
        np.testing.assert_allclose(derivative(x, count).toarray(), dense, atol=1e-14)
        np.testing.assert_array_equal(derivative.pattern(x, count).toarray(), dense != 0)


def test_while_loops() -> None:
    x = x_of(6)
    check(wengert.sparse_jacobian(until_small), dense_jacobian(until_small, x), x,
          sweeps=wengert.sparse_jacobian(until_small).sweeps(x))


# ---------------------------------------------------------------- rules of the user's


@wengert.custom_jvp
def straight_through(x):
    return np.floor(x)


@straight_through.defjvp
def _(primals, tangents):
    return straight_through(primals[0]), tangents[0]


def test_the_pattern_is_that_of_the_rule() -> None:
    """The function itself depends on nothing; its derivative, as the user gives it, does."""
    x = x_of(4)
    found = wengert.sparse_jacobian(lambda x: straight_through(x[::-1]) * 2.0)(x)
    np.testing.assert_array_equal(found.toarray(), 2.0 * np.eye(4)[::-1])


def test_what_is_stopped_is_no_entry() -> None:
    assert wengert.sparse_jacobian(lambda x: x * wengert.stop_gradient(x[::-1]))(x_of(5)).nnz == 5


def gathered_and_scattered(x, p):
    r = np.zeros(6)
    r[p] += x[: p.shape[0]] * x[p]
    return r


def test_index_arrays() -> None:
    x, p = x_of(6), np.array([3, 0, 5])
    check(wengert.sparse_jacobian(gathered_and_scattered), dense_jacobian(gathered_and_scattered, x, p), x, p, sweeps=2)
