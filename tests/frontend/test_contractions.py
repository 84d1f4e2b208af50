"""Contractions in every surrounding: summed over several dimensions, transposed, accumulated, in loops.

Each is compared with NumPy, and its derivative by ``<ct, J v> == <J^T ct, v>``; sizes are large enough for BLAS.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert


def normal(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=shape)


def several_contracted(a: Any, b: Any) -> Any:
    return np.einsum("btd,bte->de", a, b)


def several_contracted_of_a_part(a: Any, b: Any) -> Any:
    return np.einsum("btd,bte->ed", a[:, 1:9], b[:, 1:9])


def stacked(a: Any, b: Any) -> Any:
    return a @ b.swapaxes(1, 2)


def ordered(a: Any, b: Any) -> Any:
    """The result in an order that no product has."""
    return np.einsum("btd,bse->tdes", a[:2], b[:2, :6])


def transposed_result(a: Any, b: Any) -> Any:
    return np.tanh(np.transpose(a[0].T @ b[0]) + 1.0)


def used_twice(a: Any, b: Any) -> Any:
    p = a[0].T @ b[0]
    return p.T + p[:20, :19].sum() + p[0, 0]


def plus_an_argument(a: Any, b: Any) -> Any:
    c = a[1].T @ b[1]
    return c + a[2].T @ b[2] - a[0].T @ b[0]


def in_place(a: Any, b: Any) -> Any:
    c = np.zeros((19, 20))
    for i in range(a.shape[0]):
        c *= 0.5
        c += a[i].T @ b[i]
    return c


def subtracted_in_a_window(a: Any, b: Any) -> Any:
    c = np.ones((22, 20))
    for i in range(3):
        c[i:i + 19] -= a[i].T @ b[i]
        c[i] *= 0.5
    return c


def onto_its_own_operand(a: Any, b: Any) -> Any:
    """What is accumulated into is read by the product."""
    s = b[0] @ b[0].T
    for _ in range(3):
        s += 0.01 * (s @ s)
        s -= 1e-4 * s @ s
        s = s + s @ s * 1e-5
    return s


def read_after(a: Any, b: Any) -> Any:
    """What is added to is needed as it was."""
    c = a[0].T @ b[0]
    d = c + a[1].T @ b[1]
    return d * c


def rows_against_columns(a: Any, b: Any) -> Any:
    """No dimension with stride one on one side."""
    return a[0, :, ::2].T @ b[0, :, ::3]


def vectors(a: Any, b: Any) -> Any:
    y = b[0] @ b[1, 0]
    y += b[2] @ b[1, 1]
    y -= b[1, :, 3] @ b[0, :, :12]
    return y


def one_term(a: Any, b: Any) -> Any:
    return np.einsum("btd,be->bted", a[:, :, :1] * np.ones(4), b[:, 0])[..., :1].sum(-1)


PROGRAMS: list[Callable[[Any, Any], Any]] = [
    several_contracted, several_contracted_of_a_part, stacked, ordered, transposed_result, used_twice,
    plus_an_argument, in_place, subtracted_in_a_window, onto_its_own_operand, read_after, rows_against_columns, vectors,
    one_term,
]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: str(p.__name__))
def test_values_and_adjoint_agree(program: Callable[[Any, Any], Any]) -> None:
    a, b, da, db = normal(0, 5, 12, 19), normal(1, 5, 12, 20), normal(2, 5, 12, 19), normal(3, 5, 12, 20)
    if program is stacked:
        a, da = normal(0, 5, 15, 20), normal(2, 5, 15, 20)
    kept = a.copy(), b.copy()
    expected = program(a, b)
    np.testing.assert_allclose(wengert.compile(program)(a, b), expected, rtol=1e-12, atol=1e-12)
    value, dy = wengert.jvp(program, (a, b), (da, db))
    np.testing.assert_allclose(value, expected, rtol=1e-12, atol=1e-12)
    step = 1e-6
    differences = (program(a + step * da, b + step * db) - program(a - step * da, b - step * db)) / (2 * step)
    np.testing.assert_allclose(dy, differences, rtol=1e-5, atol=1e-5 * np.abs(dy).max())
    _, pullback = wengert.vjp(program, a, b)
    ct = normal(4, *np.shape(expected))
    ct_a, ct_b = pullback(ct)
    np.testing.assert_allclose(np.sum(ct_a * da) + np.sum(ct_b * db), np.sum(ct * dy), rtol=1e-10)
    np.testing.assert_array_equal(a, kept[0])
    np.testing.assert_array_equal(b, kept[1])


def memory_after_bufferization(program: Callable[..., Any], *arguments: np.ndarray) -> str:
    return str(wengert.compile(program).lower(*arguments).as_text("memref"))


def test_several_contracted_dimensions_are_one_call() -> None:
    text = memory_after_bufferization(several_contracted, normal(0, 5, 12, 19), normal(1, 5, 12, 20))
    assert text.count("call @wengert.gemm") == 1 and "scf.for" not in text


def test_an_accumulation_in_a_loop_needs_no_memory_of_its_own() -> None:
    text = memory_after_bufferization(in_place, normal(0, 5, 12, 19), normal(1, 5, 12, 20))
    assert text.count("call @wengert.gemm") == 1 and text.count("memref.alloc()") <= 1  # c itself


# ---------------------------------------------------------------- loops that are contractions


def triangular_updates(a: Any, b: Any) -> Any:
    """Rank-1 updates of a triangle, from the second on."""
    c = np.ones((12, 12))
    for i in range(12):
        c[i, :i + 1] *= 1.2
        for k in range(1, a.shape[2]):
            c[i, :i + 1] += 1.5 * a[0, i, k] * a[0, :i + 1, k]
    return c + b[0, 0, 0]


def windows(a: Any, b: Any) -> Any:
    """Stacked convolutions as a sum of shifted products, in two loops."""
    out = np.zeros((5, 20, 9, 15))
    for i in range(4):
        for j in range(5):
            out += np.einsum("bhw,bo->bohw", a[:, i:i + 9, j:j + 15], b[:, i + j])
    return out


def channels(a: Any, b: Any) -> Any:
    out = np.zeros((20, 9, 15))
    for i in range(4):
        for j in range(3):
            out -= np.einsum("bhw,bo->ohw", a[:, i:i + 9, j:j + 15], b[:, i + j])
    return out


def rows_and_columns(a: Any, b: Any) -> Any:
    """A symmetric matrix, filled from one triangle."""
    c = np.zeros((19, 19))
    for i in range(19):
        c[i:, i] = a[0, :, i] @ a[0, :, i:] / 3.0
        c[i, i:] = c[i:, i]
    return c * b[0, 0, 0]


def elements_of_a_product(a: Any, b: Any) -> Any:
    c = np.zeros((19, 20))
    for i in range(19):
        for j in range(20):
            c[i, j] = np.sin(a[1, :, i] @ b[1, :, j])
    return c


def never_run(a: Any, b: Any) -> Any:
    c = np.ones(19)
    for k in range(4, 2):
        c += a[0, k] * b[0, k, 0]
    return c + a[0, 0] * b[0, 0, 0]


def a_window_that_moves(a: Any, b: Any) -> Any:
    """What is added to depends on the counter: no sum over it."""
    c = np.zeros(25)
    for k in range(6):
        c[k:k + 19] += a[0, k] * b[0, k, 0]
    return c


LOOPS = [triangular_updates, windows, channels, rows_and_columns, elements_of_a_product, never_run, a_window_that_moves]


@pytest.mark.parametrize("program", LOOPS, ids=lambda p: str(p.__name__))
def test_loops(program: Callable[[Any, Any], Any]) -> None:
    test_values_and_adjoint_agree(program)


@pytest.mark.parametrize("program", [triangular_updates, rows_and_columns, elements_of_a_product],
                         ids=lambda p: str(p.__name__))
def test_loops_that_are_contractions_take_one(program: Callable[[Any, Any], Any]) -> None:
    text = str(wengert.compile(program).lower(normal(0, 5, 12, 19), normal(1, 5, 12, 20)).as_text("nd"))
    before, _, _ = text.partition("nd.dot_general")
    assert text.count("nd.dot_general") == 1
    assert before.count("scf.for") == before.count("scf.yield")  # in no loop
