"""Shape functions with all their options against NumPy: values, dtypes, shapes, errors, derivatives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import wengert
from tests.comparison import assert_same
from tests.frontend.traced import check, lines_of, traced_run
from wengert.frontend.calls import call

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
V = np.array([0.25, -0.5, 0.75, 1.5])
N = np.array([[3, -1, 4], [1, -5, 9]])
C = np.arange(24.0).reshape(2, 3, 4) - 9.5
M = np.array([[True, False, True], [False, False, True]])
ONE, EMPTY = np.array([2.5]), np.zeros((0, 3))


# ---------------------------------------------------------------- padding

PADDING: list[Callable[..., Any]] = [
    lambda a, v, n: [np.pad(v, (2, 3), mode) for mode in ("edge", "reflect", "symmetric", "wrap", "linear_ramp")],
    lambda a, v, n: [np.pad(v, (2, 3), mode) for mode in ("maximum", "mean", "median", "minimum")],
    lambda a, v, n: [np.pad(v, 9, mode) for mode in ("reflect", "symmetric", "wrap")],
    lambda a, v, n: [np.pad(a, ((1, 2), (0, 1)), mode) for mode in ("edge", "reflect", "wrap", "mean", "maximum")],
    lambda a, v, n: [np.pad(n, ((1, 2), (2, 1)), mode) for mode in ("edge", "symmetric", "mean", "linear_ramp")],
    lambda a, v, n: [np.pad(v, (2, 7), mode, reflect_type="odd") for mode in ("reflect", "symmetric")],
    lambda a, v, n: [np.pad(n, 2, mode, reflect_type="odd") for mode in ("reflect", "symmetric")],
    lambda a, v, n: [np.pad(v, 2, mode, stat_length=2) for mode in ("maximum", "mean", "median", "minimum")],
    lambda a, v, n: (np.pad(a, 1, "mean", stat_length=((1, 2), (2, 3))), np.pad(v, 2, "empty").shape),
    lambda a, v, n: (np.pad(a, 1, constant_values=((1, 2), (3, 4))), np.pad(a, (1, 2), constant_values=(5.0, 6.0))),
    lambda a, v, n: (np.pad(v, (0, 2), constant_values=v[0]), np.pad(n, 1, constant_values=2.7), np.pad(a, [[1, 0]])),
    lambda a, v, n: (np.pad(v, 3, "linear_ramp", end_values=(5.0, v[1])), np.pad(a, {1: (1, 2)}), np.pad(a, {-1: 1})),
    lambda a, v, n: (
        np.pad(v[:1], 3, "reflect"), np.pad(v[:1], 2, "symmetric"), np.pad(v[:0], 2), np.pad(v, 0, "edge"),
    ),
]


@pytest.mark.parametrize("function", PADDING, ids=lines_of(PADDING))
def test_padding(function: Callable[..., Any]) -> None:
    check(function, A, V, N, tolerance=1e-14)


# ---------------------------------------------------------------- order of elements

ORDER: list[Callable[..., Any]] = [
    lambda a, v, c, k: (np.roll(v, k), np.roll(a, k, axis=1), np.roll(a, (k, -1), (0, 1)), np.roll(a, (1, 2), 1)),
    lambda a, v, c, k: (np.roll(a, k), np.roll(a, (1, 2)), np.roll(c, -k, (0, 2)), np.roll(v, 0), np.roll(v[:0], 2)),
    lambda a, v, c, k: (
        np.rot90(a), np.rot90(a, 2), np.rot90(a, 3), np.rot90(a, -1), np.rot90(c, 1, (1, 2)), np.rot90(a, 4),
    ),
    lambda a, v, c, k: (np.flip(c, (0, 2)), np.flip(v), np.fliplr(c), np.flipud(v), np.flip(c)),
    lambda a, v, c, k: (np.tile(a, 2), np.tile(v, (2, 1, 2)), np.tile(c, (2, 1)), np.tile(2.5, 3), np.tile(v, 0)),
    lambda a, v, c, k: (np.repeat(a, 2), np.repeat(a, [1, 3], axis=0), np.repeat(v, [0, 2, 1, 0]), np.repeat(2.5, 3)),
    lambda a, v, c, k: (
        a.repeat([2], 1), np.repeat(a, 0, 1), np.repeat(c, np.array([1, 0, 2]), -2), v.repeat(2, axis=0),
    ),
    lambda a, v, c, k: (np.moveaxis(c, 0, -1), np.rollaxis(c, 2), np.rollaxis(c, 0, 3), np.rollaxis(c, -1, 1)),
    lambda a, v, c, k: (
        np.resize(a, (3, 4)), np.resize(v, 2), np.resize(v, (2, 5)), np.resize(v, 0), np.resize(2.0, 3),
    ),
    lambda a, v, c, k: (
        sliding_window_view(v, 2), sliding_window_view(c, (2, 3), (0, 2)), sliding_window_view(a, (1, 2)),
    ),
    lambda a, v, c, k: (a.mT, c.mT, a.itemsize, a.nbytes, a.T.strides, c.strides, np.matrix_transpose(c)),
]


@pytest.mark.parametrize("function", ORDER, ids=lines_of(ORDER))
@pytest.mark.parametrize("k", [1, -5])
def test_order(function: Callable[..., Any], k: int) -> None:
    check(function, A, V, C, k)


# ---------------------------------------------------------------- together and apart

JOINING: list[Callable[..., Any]] = [
    lambda a, v, c: (
        np.split(v, 2), np.split(a, [1], axis=1), np.array_split(v, 3), np.array_split(a, 2, 1), np.split(v, [1, 3]),
    ),
    lambda a, v, c: (
        np.hsplit(a, 3), np.vsplit(a, 2), np.dsplit(c, 2), np.hsplit(v, 2), np.split(v, [2, 9]),
        np.array_split(v, []),
    ),
    lambda a, v, c: (np.unstack(a), np.unstack(c, axis=1)) if hasattr(np, "unstack") else (),
    lambda a, v, c: (
        np.dstack((a, a)), np.dstack((v, v)), np.hstack((a, a)), np.vstack((v, v)), np.column_stack((v, v)),
    ),
    lambda a, v, c: (
        np.stack((a, a), -1), np.concatenate((a, a), -1), np.stack([v, v], 1), np.concatenate((v, [1])), np.stack(a),
    ),
    lambda a, v, c: (
        np.concatenate((a, v), axis=None), np.concatenate(([1, 2], [3])), np.concatenate((v, v), dtype=np.float32),
    ),
    lambda a, v, c: (
        np.block([[a, a], [a, a]]), np.block([v, 1.0]), np.block([[a], [v[:3]]]), np.block(a),
        np.block([[1, 2], [3, 4]]),
    ),
    lambda a, v, c: (np.block([[np.eye(2), np.zeros((2, 3))], [np.ones((1, 2)), a[:1]]]), np.block([[[c]], [[c]]])),
    lambda a, v, c: (
        np.append(a, v), np.append(a, a, 0), np.append(v, 2), np.append(2.0, v), np.append(a, [[1, 2, 3]], 0),
    ),
    lambda a, v, c: (
        np.insert(v, 1, 9.0), np.insert(v, -1, [1, 2]), np.insert(a, 1, 5, axis=1), np.insert(a, 1, v[:2], axis=1),
    ),
    lambda a, v, c: (
        np.insert(v, [0, 2], 7), np.insert(v, [2, 0, 4], [1, 2, 3]), np.insert(a, [1], [[1], [2]], axis=1),
        np.insert(v, 4, 1),
    ),
    lambda a, v, c: (
        np.insert(a, slice(0, 2), 8, axis=0),
        np.insert(a, 2, 1.5),
    ),
    lambda a, v, c: (
        np.delete(v, 1), np.delete(v, [0, -1]), np.delete(a, 1, 0), np.delete(a, slice(0, 2), 1), np.delete(a, 5),
    ),
    lambda a, v, c: (
        np.delete(v, [True, False, False, True]), np.delete(v, []), np.delete(c, [0, 2], axis=1), np.delete(v, -1),
    ),
    lambda a, v, c: (
        np.atleast_3d(v), np.atleast_3d(a), np.atleast_3d(2.0), np.atleast_1d(v, 2.0), np.atleast_2d(v, a),
    ),
    lambda a, v, c: (
        np.broadcast_arrays(a, v[:3]), np.broadcast_shapes((2, 1), (3,)), np.broadcast_arrays(1.0, v),
        np.broadcast_to(v, (2, 4)),
    ),
]


@pytest.mark.parametrize("function", JOINING, ids=lines_of(JOINING))
def test_joining(function: Callable[..., Any]) -> None:
    check(function, A, V, C)


def test_results_into_arrays() -> None:
    def into(a: Any, v: Any) -> Any:
        o, p = np.zeros((4, 3)), np.zeros((2, 2))
        return np.concatenate((a, a), out=o) is o, o, np.stack([v[:2], v[2:]], out=p), p, np.take(v, [0, 1], out=v[2:])

    check(into, A, V)


# ---------------------------------------------------------------- grids

GRIDS: list[Callable[..., Any]] = [
    lambda x, v, n, k: (
        np.meshgrid(v, n[0]), np.meshgrid(v, v[:2], sparse=True), np.meshgrid(v, v, v[:1], indexing="ij"),
        np.meshgrid(v),
    ),
    lambda x, v, n, k: (
        np.mgrid[0:3, 1:2], np.ogrid[0:2, 0:3], np.mgrid[0 : x : 3j], np.mgrid[0:x:2j, 0:1:2j], np.mgrid[:3],
    ),
    lambda x, v, n, k: (np.r_[v, x, 1:3], np.c_[v, v], np.r_[0.0, v[::-1]], np.c_[n.T, n[0]], np.r_[1:3, 0]),
    lambda x, v, n, k: (
        np.indices((2, 3)), np.indices((2, 2), sparse=True), np.indices((3,), dtype=float), np.indices(()),
    ),
    lambda x, v, n, k: (
        np.fromfunction(lambda i, j: x * i + j, (2, 3)), np.fromfunction(lambda i: i, (3,), dtype=int),
    ),
    lambda x, v, n, k: (np.ix_([0, 2], n[1]), n[np.ix_([0, 1], [2, 0])], v[np.ix_(v > 0)]),
    lambda x, v, n, k: (
        np.tri(3), np.tri(2, 4, 1, dtype=int), np.tril(n, -1), np.triu(v), np.tril(n[None]), np.eye(2, 3, -1),
    ),
    lambda x, v, n, k: (
        np.triu_indices(3), np.tril_indices(3, -1, 4), np.diag_indices(2), np.triu_indices_from(n),
        n[np.tril_indices(2)],
    ),
    lambda x, v, n, k: (
        np.diag(v, -1), np.diag(n, 1), np.diagflat(n), np.diagonal(n[None], 1, 1, 2), np.diag(n), np.vander(v),
        np.vander(n[0], 4, True),
    ),
    lambda x, v, n, k: (
        np.trace(n), np.trace(n[None], 0, 1, 2), np.diagonal(n, -2), np.diag(v > 0), np.vander(v, 0),
        np.identity(2, int),
    ),
    lambda x, v, n, k: (
        np.linspace(0, x, 4), np.linspace(v, x, 3), np.linspace(0, v, 3, axis=1), np.linspace(1, x, 3, retstep=True),
    ),
    lambda x, v, n, k: (
        np.linspace(0, x, 1), np.linspace(0, x, 0), np.linspace(0, 9, 4, dtype=int), np.linspace(x, x, 3),
        np.linspace(x, 1, 4, False),
    ),
    lambda x, v, n, k: (
        np.logspace(0, x, 4), np.logspace(0, 2, 3, base=x), np.logspace(v, 1, 3), np.geomspace(x, 9, 4),
        np.geomspace(-1, -8, 4),
    ),
    lambda x, v, n, k: (
        np.geomspace(v[2:], x, 3), np.geomspace(1, 8, 3, endpoint=False), np.geomspace(x, 9, 1),
        np.logspace(0, 1, 2, dtype=int),
    ),
    lambda x, v, n, k: (np.arange(3, 0, -1), np.arange(0.5, 2, 0.5), np.arange(5, 1), np.arange(3, dtype=np.float32)),
    lambda x, v, n, k: (
        np.unravel_index([1, 5], (2, 3)), np.unravel_index(k, (2, 3)),
        np.ravel_multi_index(([0, 1], [2, 1]), (2, 3)),
    ),
    lambda x, v, n, k: (
        np.unravel_index(n[0] + 1, (3, 4), order="F"), np.ravel_multi_index((n[0], n[1]), (2, 3), mode="wrap"),
    ),
    lambda x, v, n, k: (
        np.ravel_multi_index((k, k), (5, 5), order="F"),
        np.ravel_multi_index((n[0], n[1]), (5, 9), mode=("clip", "wrap")),
    ),
    lambda x, v, n, k: (
        np.array([x, 1], ndmin=2), np.array(x, ndmin=1), np.array([[x, k], [v[0], 2]]), np.asarray(v, copy=True),
        np.array([v, v]),
    ),
    lambda x, v, n, k: (
        np.fromiter([x, 2 * x], float), np.fromiter([1, 2, 3], int, 2), np.asfortranarray(n),
        np.ascontiguousarray(n.T), np.ascontiguousarray(x),
    ),
    lambda x, v, n, k: (
        n.reshape(3, 2, order="F"), n.ravel("F"), n.T.ravel("K"), n.T.ravel("A"), n.flatten("F"),
        n.T.reshape(-1, order="A"),
    ),
    lambda x, v, n, k: (
        np.zeros((2, 2), order="F"), np.ones_like(n, float), np.full_like(n, x), np.full((2, 3), v[:3]), np.empty(0),
    ),
    lambda x, v, n, k: (
        n.astype(float, casting="safe"), v.astype(np.float32), n.tolist(), v.tolist(), v.item(2), n.item(1, 2),
        n.item(4),
    ),
    lambda x, v, n, k: (
        np.expand_dims(n, (0, 2)), np.expand_dims(x, 0), np.squeeze(n[:, None]), n[:1, :, None].squeeze((0, 2)),
        np.reshape(n, (3, -1)),
    ),
]


@pytest.mark.parametrize("function", GRIDS, ids=lines_of(GRIDS))
def test_grids(function: Callable[..., Any]) -> None:
    check(function, 2.5, V, N, 3, tolerance=1e-14)


# ---------------------------------------------------------------- chosen by conditions and positions

SELECTING: list[Callable[..., Any]] = [
    lambda a, v, n, m: (
        np.nonzero(a > 0), np.flatnonzero(n > 0), np.argwhere(a > 0), np.where(m), m.nonzero(), np.nonzero(v),
    ),
    lambda a, v, n, m: (
        a[np.nonzero(a > 0)], a[np.where(m)] * 2, np.extract(m, a), np.extract(v > 0, v), np.argwhere(n > 99),
    ),
    lambda a, v, n, m: (
        np.compress([True, False, True], a, 1), np.compress(v > 0, v), a.compress([0, 1], axis=0),
        np.compress(m.ravel(), a),
    ),
    lambda a, v, n, m: (
        np.take(a, [0, -1], 1), np.take(v, n, mode="wrap"), np.take(v, n, mode="clip"), v.take([[0, 1], [2, 3]]),
        np.take(a, 4),
    ),
    lambda a, v, n, m: (
        np.take_along_axis(a, np.argsort(a, axis=1), 1), np.take_along_axis(v, n[0] % 4, 0),
        np.take_along_axis(a, n[:1] % 2, 0),
    ),
    lambda a, v, n, m: (
        np.choose(n % 2, (a, 1.0)), np.choose(m, [a, -a]), (n % 3).choose([1, 2, 3]),
        np.choose(n, (a, n), mode="clip"),
    ),
    lambda a, v, n, m: (
        np.select([a > 1, a < 0], [a, -a], 5.0), np.select([m], [n]), np.select([v > 0, v > 1], [v, 2 * v]),
        np.select([m, m], [1, a]),
    ),
    lambda a, v, n, m: (
        np.piecewise(a, [a < 0, a >= 0], [lambda x: x**2, lambda x: 2 * x]), np.piecewise(v, [v < 0], [-1, 1]),
        np.piecewise(v, v > 0, [np.sqrt, 0.5]),
    ),
    lambda a, v, n, m: (np.repeat(a, n[:, 0], axis=0), np.repeat(v[:3], (n[0] > 0) * 2), np.delete(v, v > 0)),
    lambda a, v, n, m: (
        np.delete(a, n[1, 0], axis=1), np.delete(v, n[:, 1] % 3), np.insert(v, n[0, 0], a[0, 0]),
        np.trim_zeros(v * (v > 0.3)), np.trim_zeros(v * 0),
    ),
    lambda a, v, n, m: (
        np.trim_zeros(v * (v > 0.3), "f"), np.trim_zeros(v * (v < 0.3), "b"), np.where(m, a, n),
        np.where(v > 0, 1, 0),
    ),
    lambda a, v, n, m: (
        np.apply_along_axis(lambda r: r.sum() * r, 1, a), np.apply_along_axis(np.max, 0, a),
        np.apply_along_axis(lambda r, k: r[k], 0, v, 1),
    ),
    lambda a, v, n, m: (
        np.apply_along_axis(lambda r: np.outer(r, r), 0, a), np.apply_over_axes(np.sum, a, (0, 1)),
        np.apply_over_axes(np.sum, a, 1),
    ),
    lambda a, v, n, m: (
        np.vectorize(lambda x, y: x if x > y else -y)(a, v[:3]), np.vectorize(lambda x: (x, x > 0))(v),
        np.vectorize(lambda x: x + 1)(2.0) + v[0],
    ),
    lambda a, v, n, m: (
        np.zeros(len(v[v > 0])), np.arange(np.count_nonzero(m)), np.ones((2, len(v[v > 0]))),
        np.arange(1, len(v[v > 0]) + 1, 2),
    ),
    lambda a, v, n, m: (
        v[v > 0].reshape(-1, 1), a[a > 0].reshape(2, 2), a[a[:, 0] > -9].ravel(), a[a[:, 0] > -9].T,
        a[a > 0].reshape(2, -1),
    ),
    lambda a, v, n, m: (
        np.tile(v[v > 0], 2), np.repeat(v[v > 0], 2), np.flip(v[v > 0]), np.roll(v[v > 0], 1), np.pad(v[v > 0], 1),
        np.diag(v[v > 0]),
    ),
    lambda a, v, n, m: (
        np.stack([v[v > 0], v[v > 0]]), np.append(v[v > 0], 1.0), np.meshgrid(v[v > 0], v), np.outer(v[v > 0], v),
        np.split(v[v > 0], [1]),
    ),
    lambda a, v, n, m: (
        v[v > 0].copy(), np.zeros_like(v[v > 0]), v[v > 0].astype(int), np.cumsum(v[v > 0]), v[v > 0].copy(),
    ),
    lambda a, v, n, m: (v[np.flatnonzero(v > 0)][-1], v[np.where(v > 9)[0]], a[m].flat[1], a.T.flat[2], list(v.flat)),
]


@pytest.mark.parametrize("function", SELECTING, ids=lines_of(SELECTING))
def test_selecting(function: Callable[..., Any]) -> None:
    check(function, A, V, N, M, tolerance=1e-14)


def writes(a: Any, v: Any, n: Any, m: Any) -> Any:
    np.put(v, [0, 2], [-44, -55])
    a.put([0, 5, 7], [1.5, 2.5], mode="wrap")
    np.put(a, n[0], v, mode="clip")
    b = a.copy()
    np.putmask(b, m, b * 10)
    np.putmask(b, b > 100, [1, 2])
    c = a.copy()
    np.place(c, c < 0, [7, 8])
    d = a.copy()
    np.copyto(d, 3.0, where=m)
    np.copyto(d[0], v[:3], where=[True, False, True])
    e = np.zeros((3, 3))
    np.fill_diagonal(e, [1, 2, 3])
    np.fill_diagonal(e[:2, :2], v[0])
    f = np.zeros((5, 2))
    np.fill_diagonal(f, 4, wrap=True)
    g = a.copy()
    np.put_along_axis(g, np.argmax(g, axis=1, keepdims=True), 99, axis=1)
    h = a.copy()
    h.flat[1] = 5.0
    h.flat[3:] = v[:3]
    k = h.T.copy().T
    k.flat = [1, 2]
    h.T.flat[2] += 10
    i = np.zeros((3, 3))
    i[np.diag_indices(3)] = v[:3]
    i[np.triu_indices(3, 1)] += 1
    j = np.ones(4)
    j.fill(v[0])
    return a, b, c, d, e, f, g, h, k, i, j


def test_writes() -> None:
    check(writes, A, V, N, M)
    ours, theirs = [x.copy() for x in (A, V, N, M)], [x.copy() for x in (A, V, N, M)]
    assert_same(wengert.compile(writes)(*ours), writes(*theirs))
    assert_same(ours, theirs, what="the arguments afterwards")


def numbers(x: Any) -> Any:
    """Results in which 0-d arrays are numbers, as in those of compiled code."""
    if isinstance(x, (list, tuple)):
        return type(x)(map(numbers, x))
    return x[()] if isinstance(x, np.ndarray) and not x.ndim else x


def test_compiled() -> None:
    for functions, arguments in ((PADDING, (A, V, N)), (ORDER, (A, V, C, -5)), (JOINING, (A, V, C)),
                                 (GRIDS, (2.5, V, N, 3)), (SELECTING, (A, V, N, M))):

        def every(*arguments: Any, functions: Any = tuple(functions)) -> Any:
            return [f(*arguments) for f in functions]

        assert_same(wengert.compile(every)(*arguments), numbers([f(*arguments) for f in functions]))


# ---------------------------------------------------------------- derivatives


def padded(v: Any) -> Any:
    total = 0.0
    for mode in ("edge", "reflect", "wrap", "linear_ramp", "maximum", "mean"):
        total = total + np.sum(np.pad(v, (2, 5), mode) ** 2 * np.arange(11.0))
    return total + np.sum(np.pad(v, 5, "reflect", reflect_type="odd") ** 3)


def rearranged(a: Any, k: Any) -> Any:
    b = np.roll(a, k, axis=1) * np.rot90(np.rot90(a)) + np.flip(a)
    c = np.block([[a, b], [b, np.tile(a[:1], (2, 1))]])
    d = np.insert(np.delete(c, k, axis=0), [0, 2], c[0] * 2, axis=0)
    return sum(np.sum(np.sin(p) * p) for p in np.array_split(np.repeat(d, [1, 0, 2, 1, 1], axis=0), 3))


def counted(v: Any, n: Any) -> Any:
    i, j = np.nonzero(np.outer(v, v) > 0.1)
    w = np.repeat(v, np.abs(n[0, 0]) + (v > 0)) * 2.0
    c = np.compress(v > 0, v)
    np.put(c, [0], c[-1] ** 2)
    pairs = np.sum(np.sin(v[i] * v[j] ** 2))
    return pairs * w.sum() + np.sum(np.outer(c, c).reshape(-1) ** 3) + np.delete(v, v < 0).prod()


def chosen(a: Any, v: Any) -> Any:
    b = np.choose((a > 0).astype(int), (a**2, np.sin(a))) + np.select([a > 1, a < 0], [a, a**3], 0.5)
    c = np.piecewise(a, [a < 0, a >= 0], [lambda x: x**2, lambda x: np.exp(x) - 1])
    d = np.linspace(v, v[0] ** 2, 3) * np.geomspace(v[3], 3.0, 3)[:, None] * np.vander(v[:3], 4)
    e = np.apply_along_axis(lambda r: r * r.sum(), 1, a) * np.vectorize(lambda x: x * x if x > 0 else x)(a)
    return b.sum() + c.sum() + np.sum(d**2) + np.trace(e @ e.T) + sliding_window_view(v, 2).prod(axis=1).sum()


@pytest.mark.parametrize("f, args, order", [
    (padded, (V,), 2), (rearranged, (A, 1), 2), (counted, (V, N), 1), (chosen, (A, V), 1),
    pytest.param(counted, (V, N), 2, marks=pytest.mark.slow), pytest.param(chosen, (A, V), 2, marks=pytest.mark.slow),
])  # fmt: skip
def test_derivatives(f: Callable[..., Any], args: tuple[Any, ...], order: int) -> None:
    assert_same(wengert.compile(f)(*args), f(*args))
    wengert.check_grads(f, args, order=order)


# ---------------------------------------------------------------- errors

ERRORS: list[Callable[..., Any]] = [
    lambda a, v: np.pad(v, -1),
    lambda a, v: np.pad(v, 1, "edges"),
    lambda a, v: np.pad(v, 1, "edge", constant_values=1),
    lambda a, v: np.pad(v[:0], 1, "edge"),
    lambda a, v: np.concatenate([a, v[:2]]),
    lambda a, v: np.concatenate([a, a.T]),
    lambda a, v: np.concatenate([1.0, v]),
    lambda a, v: np.concatenate([]),
    lambda a, v: np.stack([v, v[:2]]),
    lambda a, v: np.split(v, 3),
    lambda a, v: np.vsplit(v, 2),
    lambda a, v: np.delete(v, 9),
    lambda a, v: np.delete(a, [0, 5], axis=1),
    lambda a, v: np.insert(v, 9, 1.0),
    lambda a, v: np.repeat(v, [1, 2]),
    lambda a, v: np.repeat(v, [1, -2, 1, 1]),
    lambda a, v: np.take(v, [9]),
    lambda a, v: np.choose([0, 3], [1.0, v[0]]),
    lambda a, v: np.select([], []),
    lambda a, v: np.nonzero(v[0]),
    lambda a, v: np.rot90(a, 1, (0, 0)),
    lambda a, v: np.rot90(v),
    lambda a, v: np.reshape(a, (-1, -1)),
    lambda a, v: np.expand_dims(a, (0, 0)),
    lambda a, v: np.transpose(a, (0, 0)),
    lambda a, v: np.broadcast_to(a, (3, 2)),
    lambda a, v: np.linspace(0, v[0], -1),
    lambda a, v: np.geomspace(0, v[0], 3),
    lambda a, v: np.unravel_index(np.array([7]), (2, 3)),
    lambda a, v: np.ravel_multi_index((0, 5), (2, 3)),
    lambda a, v: np.put(v, [9], 1.0),
    lambda a, v: np.zeros(-1),
    lambda a, v: np.meshgrid(v, indexing="yx"),
    lambda a, v: np.fill_diagonal(v, 1.0),
    lambda a, v: v[v > 0].reshape(2, 3),
    lambda a, v: a.astype(int, casting="safe"),
    lambda a, v: np.copyto(np.zeros(4, dtype=int), v),
    lambda a, v: sliding_window_view(v, 9),
    lambda a, v: np.piecewise(v, [v > 0], [1, 2, 3]),
    lambda a, v: np.squeeze(a, 0),
]


@pytest.mark.parametrize("function", ERRORS, ids=lines_of(ERRORS))
def test_errors(function: Callable[..., Any]) -> None:
    """The type of the error is NumPy's, and so is how its text begins."""
    with pytest.raises(Exception) as expected:
        function(A.copy(), V.copy())
    with pytest.raises(type(expected.value)) as caught:
        traced_run(function, A.copy(), V.copy(), call=call)
    ours, theirs = str(caught.value), str(expected.value)
    assert theirs.split(",")[0][:24] in ours or type(expected.value) is not ValueError
