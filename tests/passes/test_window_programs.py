"""Stencils as programs, on slices and as loops: the adjoint identity <ct, J v> = <J^T ct, v>.

Tangents have no accumulations, so the two sides are computed in different ways.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.isolated import PASSED, outcomes


def star(a: Any, b: Any) -> Any:
    for _ in range(3):
        b[1:-1, 1:-1] = 0.2 * (a[1:-1, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:] + a[2:, 1:-1] + a[:-2, 1:-1])
        a[1:-1, 1:-1] = 0.3 * (b[1:-1, 1:-1] + b[1:-1, :-2] + b[1:-1, 2:] + b[2:, 1:-1] + b[:-2, 1:-1])
    return a * b


def star_loops(a: Any, b: Any) -> Any:
    n, m = a.shape
    for _ in range(3):
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                b[i, j] = 0.2 * (a[i, j] + a[i, j - 1] + a[i, j + 1] + a[i + 1, j] + a[i - 1, j])
        for i in range(1, n - 1):
            for j in range(1, m - 1):
                a[i, j] = 0.3 * (b[i, j] + b[i, j - 1] + b[i, j + 1] + b[i + 1, j] + b[i - 1, j])
    return a * b


def waves(a: Any, b: Any) -> Any:
    for _ in range(3):
        b[1:, :] -= 0.5 * (a[1:, :] - a[:-1, :])
        a[:-1, :-1] -= 0.7 * (b[:-1, 1:] - b[:-1, :-1] + b[1:, :-1] - b[:-1, :-1])
    return a * b


def waves_loops(a: Any, b: Any) -> Any:
    n, m = a.shape
    for _ in range(3):
        for i in range(1, n):
            for j in range(m):
                b[i, j] -= 0.5 * (a[i, j] - a[i - 1, j])
        for i in range(n - 1):
            for j in range(m - 1):
                a[i, j] -= 0.7 * (b[i, j + 1] - b[i, j] + b[i + 1, j] - b[i, j])
    return a * b


def products(a: Any, b: Any) -> Any:
    for _ in range(2):
        b[1:-1, 1:-1] = a[1:-1, 1:-1] * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] * a[1:-1, 2:])
        a[1:-1, 1:-1] = a[1:-1, 1:-1] + 0.1 * np.sin(b[1:-1, 2:]) - b[:-2, 1:-1] / (2.0 + b[1:-1, 1:-1] ** 2)
    return a * b


def products_loops(a: Any, b: Any) -> Any:
    n, m = a.shape
    for i in range(n - 2, 0, -1):
        for j in range(1, m - 1):
            b[i, j] = a[i, j] * (a[i - 1, j] + a[i + 1, j] + a[i, j - 1] * a[i, j + 1])
    return a * b


def coarse(a: Any, b: Any) -> Any:
    n, m = a.shape
    for i in range(n // 2):
        for j in range(m // 2):
            b[i, j] = a[2 * i, 2 * j] + 0.5 * a[2 * i + 1, 2 * j] + 0.25 * a[2 * i, 2 * j + 1]
    b[:n // 2, :m // 2] += a[0:2 * (n // 2):2, 1:2 * (m // 2):2] * a[1:2 * (n // 2):2, 0:2 * (m // 2):2]
    return a * b


def swapped(a: Any, b: Any) -> Any:
    for _ in range(3):
        b[1:-1, 1:-1] = 0.25 * (a[:-2, 1:-1] + a[2:, 1:-1] + a[1:-1, :-2] + a[1:-1, 2:])
        a, b = b, a
    return a * b


def in_place(a: Any, b: Any) -> Any:
    n, m = a.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            a[i, j] = 0.2 * (a[i - 1, j] + a[i, j - 1] + a[i, j] + a[i + 1, j] + a[i, j + 1]) * b[i, j]
    return a * b


def triangle(a: Any, b: Any) -> Any:
    n, m = a.shape
    for i in range(1, n - 1):
        for j in range(1, min(i, m - 1)):
            b[i, j] = a[i, j - 1] - a[i + 1, j] * b[i, j]
    return a * b


def periodic(a: Any, b: Any) -> Any:
    for _ in range(2):
        a = a + 0.1 * (np.roll(a, 1, 0) + np.roll(a, -1, 0) + np.roll(a, 1, 1) - 3.0 * a) * b
    return a


def row_by_row(a: Any, b: Any) -> Any:
    n, m = a.shape
    for i in range(1, n - 1):
        for j in range(1, m - 1):
            b[i, j] = a[i, j] * b[0, j] + a[i - 1, j] + a[i, j + 1]
    return a * b


PROGRAMS: dict[str, Callable[[Any, Any], Any]] = {
    f.__name__: f for f in (star, star_loops, waves, waves_loops, products, products_loops, coarse, swapped, in_place,
                            triangle, periodic, row_by_row)}
SHAPES = dict.fromkeys(PROGRAMS, ((7, 9),)) | {"star": ((7, 9), (3, 2)), "star_loops": ((7, 9), (3, 2), (1, 4))}


def check(name: str) -> None:
    function = PROGRAMS[name]
    for shape in SHAPES[name]:
        rng = np.random.default_rng(5)
        a, b, da, db, ct = (rng.standard_normal(shape) for _ in range(5))
        expected = function(a.copy(), b.copy())
        value, tangent = wengert.jvp(function, (a, b), (da, db))
        result, pullback = wengert.vjp(function, a, b)
        np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(result, expected, rtol=1e-12, atol=1e-12)
        at, bt = pullback(ct)
        np.testing.assert_allclose(np.sum(at * da) + np.sum(bt * db), np.sum(ct * tangent), rtol=1e-11, atol=1e-11)


@pytest.fixture(scope="module")
def found() -> dict[str, str]:
    return outcomes("tests.passes.test_window_programs:check", list(PROGRAMS))


@pytest.mark.parametrize("name", PROGRAMS)
def test_adjoint(name: str, found: dict[str, str]) -> None:
    assert found[name] == PASSED, found[name]
