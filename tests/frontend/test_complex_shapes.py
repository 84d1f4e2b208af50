"""Shape functions and selections of complex arrays: each part on its own, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import wengert
from tests.comparison import assert_same
from tests.frontend.traced import lines_of
from wengert.frontend.specialize import interpret

Z = np.array([1 + 2j, -3j, 2.5, 1 - 1j])
A = np.arange(6).reshape(2, 3) * (1 + 0.5j) - 1
M = np.array([True, False, True, True])


def writes(z: Any, a: Any, m: Any) -> Any:
    z, a = z.copy(), a.copy()
    z[z.real > 1] *= 2
    z[m] = 1j
    np.put(z, [0], 3j)
    np.fill_diagonal(a, 7j)
    np.copyto(z, 2j, where=~m)
    np.putmask(z, m, z * 2)
    np.place(a, a.real < 0, [1j, 2])
    a[[0, 1], [1, 2]] = 5j
    return z, a


CASES: list[Callable[..., Any]] = [
    lambda z, a, m: (z[m], z[z.real > 0], a[:, a[0].real > -0.5], np.compress(m, z), np.extract(m, z), z[m][0]),
    lambda z, a, m: (
        np.nonzero(z), np.flatnonzero(a), np.argwhere(a), np.where(m, z, 0), np.take(z, [5], mode="wrap"),
    ),
    lambda z, a, m: (np.rot90(a), np.rollaxis(a, 1), np.split(z, 2), np.array_split(z, 3), np.unstack(a), np.flip(a)),
    lambda z, a, m: (
        np.block([[a], [a]]), np.dstack((z, z)), np.insert(z, 1, 5j), np.delete(z, [1]), np.resize(z, (2, 3)),
    ),
    lambda z, a, m: (np.diagflat(z), sliding_window_view(z, 2), np.pad(z, 2, "reflect"), np.repeat(z, [1, 0, 2, 1])),
    lambda z, a, m: (np.choose([0, 1, 0, 1], [z, -z]), np.select([m], [z], 1j), np.linspace(z[0], z[1], 3)),
    lambda z, a, m: (
        np.meshgrid(z, z), np.broadcast_arrays(z, a[:, :1]), np.asfortranarray(a), a.flat[4], a.ravel("F"),
    ),
    writes,
]  # fmt: skip


@pytest.mark.parametrize("f", CASES, ids=lines_of(CASES))
def test_complex_shapes(f: Callable[..., Any]) -> None:
    assert_same(interpret(f, (Z, A, M), {}), f(Z, A, M))


def test_dimensions_in_front() -> None:
    """`ndmin` of arrays and numbers; `ascontiguousarray` makes one dimension of none."""
    two, three = (lambda z: np.array(z, ndmin=2)), (lambda z: np.array([z, z], ndmin=3))
    for function in (np.ascontiguousarray, np.asarray, two, three):
        for z in (np.array(1 + 2j), np.array([1j, 2])):
            expected, got = function(z), wengert.compile(lambda x, f=function: f(x))(z)
            assert np.shape(got) == expected.shape
            np.testing.assert_array_equal(got, expected)
