"""New arrays and new shapes against NumPy: values, dtypes, and which of them share memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.frontend.traced import check, lines_of, same, traced_run
from wengert.dialects.errors import UnsupportedError, WengertTypeError, WengertValueError
from wengert.frontend.calls import call
from wengert.frontend.trace import NeedsStatic

A = np.array([[0.5, -1.25, 2.0], [3.5, 0.25, -0.75]])
B = np.array([[1.5, 0.5], [-2.0, 1.0], [0.25, 4.0]])
V = np.array([0.25, -0.5, 0.75])
N = np.array([[3, -1, 4], [1, -5, 9]])
M = np.array([[True, False, True], [False, False, True]])
F = A.astype(np.float32)


# ---------------------------------------------------------------- creation

CREATION: list[Callable[..., Any]] = [
    lambda x: (
        np.zeros(3),
        np.zeros((2, 3), dtype=int),
        np.ones((2, 1)),
        np.ones(2, np.float32),
        np.full(3, x),
        np.full((2, 2), 1),
    ),
    lambda x: (np.full(2, True), np.full((2, 3), [1.0, 2.0, 3.0]), np.zeros(()) + x, np.zeros(0)),
    lambda x: (
        np.arange(5),
        np.arange(2, 7),
        np.arange(7, 2, -2),
        np.arange(3.0),
        np.arange(0.1, 1.0, 0.3),
        np.arange(5, dtype=float),
    ),
    lambda x: (np.arange(1, 4, dtype=np.float32), np.arange(3, 3), np.arange(-1.5, 2)),
    lambda x: (
        np.linspace(0.0, 1.0, 7),
        np.linspace(-1, 2, 4, endpoint=False),
        np.linspace(x, 3 * x, 5),
        np.linspace(0, 1, 1),
    ),
    lambda x: (np.eye(3), np.eye(2, 4, k=1), np.identity(2), np.eye(3, k=-1, dtype=int)),
    lambda x: (
        np.array([1, 2, 3]),
        np.array([1.0, 2]),
        np.array([[x, 1], [2, x]]),
        np.array([True, False]),
        np.array([]),
    ),
    lambda x: (
        np.array([x, x], dtype=np.float32),
        np.asarray([[1, 2], [3, 4]], dtype=float),
        np.array((x, 2 * x)),
        np.array(range(4)),
    ),
    lambda x: (np.array([[1.0] * 20] * 2) * x, np.array([1, 2.5, True]), np.array([[1, 1], [1, 1]])),
]


@pytest.mark.parametrize("function", CREATION, ids=lines_of(CREATION))
@pytest.mark.parametrize("x", [1.5, np.float32(2.5)], ids=repr)
def test_new_arrays(function: Callable[..., Any], x: Any) -> None:
    check(function, x, tolerance=1e-15)


def test_new_arrays_like_others() -> None:
    check(
        lambda a, n, f: (
            np.zeros_like(a),
            np.ones_like(n),
            np.full_like(a, 2),
            np.full_like(n, 2.7),
            np.zeros_like(f),
            np.zeros_like(n, dtype=float),
            np.ones_like(a, shape=(2,)),
            np.zeros_like(1.5) + a,
            np.empty_like(a).shape,
            np.empty((2, 3)).shape,
        ),
        A,
        N,
        F,
    )


def test_copies_are_apart_and_asarray_is_not() -> None:
    def write(a: Any, v: Any) -> Any:
        b, c, d, e = a.copy(), np.copy(a), np.array(a), np.asarray(a)
        b[0] = 1.0
        c[0] = 2.0
        d[0] = 3.0
        e[1, 0] = 4.0
        rows = np.array([v, v * 2.0, [1, 2, 3]])
        rows[0, 0] = 9.0
        f = a.flatten()
        f[0] = 8.0
        return b, c, d, rows, f

    check(write, A, V)


def test_types_are_converted() -> None:
    check(
        lambda a, n, m: (
            a.astype(int),
            a.astype(np.float32),
            n.astype(float),
            m.astype(int),
            n.astype(bool),
            a.astype(bool),
            a.astype(float),
            m.astype(np.float32),
            np.float32(a[0, 0]),
            np.int64(a[0, 0]),
            np.float64(n[0, 0]),
            np.bool_(n[0, 0]),
        ),
        A * 3,
        N,
        M,
    )
    big = np.array([1e30, -1e30, np.nan, -(2.0**63), 2.0**63])
    with np.errstate(all="ignore"):
        assert same(traced_run(lambda a: a.astype(int), big, call=call)[:4], big.astype(int)[:4])


def test_shapes_have_to_be_known() -> None:
    with pytest.raises(NeedsStatic, match="extent of a new array"):
        traced_run(lambda n: np.zeros(n), 3, call=call)
    with pytest.raises(NeedsStatic, match="how long the new array is"):
        traced_run(lambda n: np.arange(n), 3, call=call)
    with pytest.raises(WengertTypeError, match="a float stays a run-time value"):
        traced_run(lambda x: np.arange(x), 3.0, call=call)
    check(lambda a: (np.zeros(a[0]), np.ones((2, a[0])), np.arange(a[0]), np.full(a[0], 2)), N[0])
    with pytest.raises(WengertTypeError, match=r"(longdouble|float128) is not covered"):
        traced_run(lambda x: np.zeros(3, dtype=np.longdouble), 1.0, call=call)


def test_triangles_and_diagonals() -> None:
    check(
        lambda a, n, v: (
            np.tril(a),
            np.triu(n, 1),
            np.tril(a, -1),
            np.diag(v),
            np.diag(v, 1),
            np.diag(v, -2),
            np.diag(a),
            np.diag(n, 1),
            np.diagonal(a, -1),
            np.trace(a),
            a.trace(),
            n.trace(),
            a.diagonal(),
        ),
        A,
        N,
        V,
    )


# ---------------------------------------------------------------- shapes

SHAPING: list[Callable[..., Any]] = [
    lambda a, v: (
        a.reshape(3, 2),
        a.reshape((6,)),
        np.reshape(a, (-1, 2)),
        a.reshape(-1),
        a.ravel(),
        np.ravel(a.T),
        a.flatten(),
        v.reshape(1, 3, 1),
    ),
    lambda a, v: (
        a.T,
        np.transpose(a),
        a.transpose(1, 0),
        a.reshape(1, 2, 3).transpose(2, 0, 1),
        a.reshape(1, 2, 3).transpose((1, 2, 0)),
        v.T,
    ),
    lambda a, v: (
        np.swapaxes(a, 0, 1),
        np.moveaxis(a.reshape(1, 2, 3), 0, -1),
        a.swapaxes(-1, -2),
        np.moveaxis(a.reshape(1, 2, 3), (0, 1), (1, 2)),
    ),
    lambda a, v: (
        np.expand_dims(v, 0),
        np.expand_dims(v, (0, -1)),
        np.squeeze(a[None]),
        a[None].squeeze(0),
        np.squeeze(a[:1, :1]) + v,
        v[:, np.newaxis],
    ),
    lambda a, v: (
        np.concatenate([a, a * 2]),
        np.concatenate((a, a), axis=1),
        np.concatenate([a, a], axis=None),
        np.concatenate([v, [1, 2]]),
    ),
    lambda a, v: (
        np.stack([v, v]),
        np.stack((v, 2 * v), axis=1),
        np.stack([a, a], axis=-1),
        np.vstack([v, a]),
        np.hstack([v, v]),
        np.hstack([a, a]),
    ),
    lambda a, v: (
        np.column_stack([v, v * 2]),
        np.append(v, 1.0),
        np.append(a, a, axis=0),
        np.stack([v[0], v[1]]),
        np.vstack((v, v)),
    ),
    lambda a, v: (
        np.flip(a),
        np.flip(a, 1),
        np.flipud(a),
        np.fliplr(a),
        np.roll(v, 1),
        np.roll(a, -1, axis=1),
        np.roll(a, 2),
        np.roll(a, (1, 1), (0, 1)),
    ),
    lambda a, v: (
        np.tile(v, 2),
        np.tile(a, (2, 1)),
        np.tile(v, (2, 2)),
        np.repeat(v, 2),
        np.repeat(a, 2, axis=1),
        v.repeat(3),
        np.tile(a, 2),
    ),
    lambda a, v: (
        np.pad(v, 1),
        np.pad(a, ((1, 0), (0, 2)), constant_values=5.0),
        np.pad(a, (1, 2)),
        np.diff(v),
        np.diff(a, axis=0),
        np.diff(v, 2),
    ),
    lambda a, v: (
        np.broadcast_to(v, (2, 3)),
        np.broadcast_to(1.5, (2,)),
        np.atleast_1d(2.0) * v,
        np.atleast_2d(v),
        np.meshgrid(v, v[:2])[0],
    ),
    lambda a, v: (
        np.meshgrid(v, v[:2], indexing="ij")[1],
        a.swapaxes(0, 1).reshape(-1),
        np.shape(a),
        np.ndim(v),
        np.size(a),
        np.size(a, 1),
    ),
    lambda a, v: (
        a.shape,
        a.ndim,
        a.size,
        len(a),
        a.T.shape,
        a.dtype == np.float64,
        np.isscalar(v[0]),
        np.isscalar(a),
        a.real,
    ),
]


@pytest.mark.parametrize("function", SHAPING, ids=lines_of(SHAPING))
def test_shapes(function: Callable[..., Any]) -> None:
    check(function, A, V)


def test_reshapes_are_views_where_numpy_gives_views() -> None:
    def write(a: Any) -> Any:
        b = a.reshape(3, 2)
        b[1, 1] = 100.0
        c = a[:, 1:].reshape(-1)
        c[:] = -1.0  # a copy: the elements are not next to each other
        d = a.T.reshape(-1)
        d[0] = -2.0  # a copy
        e = a[None, :, 0]
        e += 10.0
        f = a.ravel()
        f[::2] *= 3.0
        g = a[0].reshape(3, 1)
        g[2] = 7.0
        return b, c, d, f

    check(write, A)


def test_a_write_to_a_reshape_that_may_be_a_copy_is_refused() -> None:
    def write(a: Any) -> Any:
        b = (a.T * 2.0).reshape(-1)
        b[0] = 1.0
        return b

    def write_later(a: Any) -> Any:
        b = ((a.T * 2.0) + 1.0).ravel()
        b[0] = 1.0
        return b

    with pytest.raises(UnsupportedError, match="a reshaped array is written"):
        traced_run(write_later, A, call=call)
    with pytest.raises(UnsupportedError, match="a reshaped array is written"):
        traced_run(write, A, call=call)
    check(lambda a: (a.T * 2.0).reshape(-1), A)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda a, v: a.reshape(4, 2), r"cannot reshape array of size 6 into shape \(4, 2\)"),
        (lambda a, v: np.concatenate([a, v]), "must match exactly"),
        (lambda a, v: np.stack([a, v]), "same shape"),
        (lambda a, v: np.transpose(a, (0, 0)), "axes don't match"),
        (lambda a, v: np.broadcast_to(a, (3, 2)), "broadcast"),
        (lambda a, v: a @ v[:2], r"mismatch in its core dimension 0.*\(size 2 is different from 3\)"),
        (lambda a, v: a @ 2.0, "use"),
        (lambda a, v: np.einsum("ij,j->i", a, a), "but no '...' ellipsis provided"),
        (lambda a, v: np.squeeze(a, 0), "size not equal to one"),
        (lambda a, v: np.array([v, v[:2]]), "different shapes"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(WengertValueError, match=message) as refused:
        traced_run(function, A, V, call=call)
    assert refused.value.position is not None and refused.value.position.file == __file__
