"""Subscripts: reads, writes and aliases against NumPy; checks and clamping at run time, and proofs that save them."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert
from tests.frontend.traced import check, same, traced_module, traced_run
from wengert.dialects.bindings import walk
from wengert.dialects.errors import (
    WengertIndexError,
    WengertTypeError,
    WengertValueError,
)
from wengert.dialects.interpret import run
from wengert.frontend.calls import call


def cube() -> np.ndarray:
    return np.arange(60.0).reshape(3, 4, 5)


INDICES = [
    0,
    -1,
    (1, 2),
    (1, 2, 3),
    (-1, -2, -3),
    slice(1, 3),
    slice(None, None, -1),
    (slice(None), slice(3, 0, -2)),
    (slice(-2, None), 1, slice(None, None, 2)),
    ...,
    (..., 1),
    (1, ...),
    (0, ..., slice(2)),
    None,
    (None, 1),
    (slice(None), None),
    (..., None),
    (1, 2, 3, None),
    (None, 1, 2, 3, None),
    (1, None, slice(1, 2), ...),
    (slice(5, 2), 0),
    slice(0, 0),
    (slice(-100, 100), slice(100, -100, -3)),
    (np.int64(2), np.int64(-1)),
    (),
]


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_reads_are_as_in_numpy(index: Any) -> None:
    check(lambda a: a[index] * 1.0, cube())


@pytest.mark.parametrize("index", INDICES, ids=str)
def test_writes_are_as_in_numpy(index: Any) -> None:
    def write(a: Any) -> None:
        a[index] = 7.5

    check(write, cube())


@pytest.mark.parametrize("index", [i for i in INDICES if np.ndim(cube()[i])], ids=str)
def test_views_share_the_elements(index: Any) -> None:
    def write(a: Any) -> Any:
        v = a[index]
        v += 100.0
        a *= 2.0
        v[...] = v + 1.0
        return v[..., :1]

    if cube()[index].size:
        check(write, cube())


def test_views_of_views_of_transposes() -> None:
    def write(a: Any) -> Any:
        v = a.T[1:, ::-1][::2, 1]
        v[:, 0] = -1.0
        u = a.transpose(1, 2, 0)
        u[3, 4, 2] = u[0, 1, 2] * 100.0
        w = a.transpose(1, 0, 2)[2].T
        w[1:3] = v[0] if False else 5.0
        return v, w, a[1].T[2, 3]

    check(write, cube())


def test_overlapping_slices_are_read_before_they_are_written() -> None:
    def shift(a: Any) -> Any:
        a[1:] = a[:-1]
        a[::-1] = a
        a[:-1] += a[1:]
        return a

    check(shift, np.arange(6.0))


def test_an_element_is_a_copy_and_a_row_is_not() -> None:
    def write(a: Any) -> Any:
        x, row = a[0, 0], a[1]
        a[0, 0] = 5.0
        a[1] = 3.0
        return x, row

    check(write, np.arange(6.0).reshape(2, 3))


# ---------------------------------------------------------------- positions known at run time

BOUNDS = [0, 1, 3, 5, 6, 9, -1, -4, -6, -9]


@pytest.mark.parametrize("step", [1, 2, -1, -3])
def test_slices_with_bounds_known_at_run_time_clamp_as_in_numpy(step: int) -> None:
    a = np.arange(6.0)
    for i, j in itertools.product(BOUNDS, BOUNDS):
        actual = traced_run(lambda v, p, q: (v[p:q:step], v[p::step], v[:q:step]), a, i, j)
        assert same(actual, (a[i:j:step], a[i::step], a[:j:step])), (i, j)


def test_slices_with_bounds_known_at_run_time_are_written() -> None:
    def write(a: Any, i: int, j: int) -> Any:
        a[i:j] = 9.0
        a[:i] += 1.0
        a[j:i:-1] *= 2.0
        b = a[i:]
        b[::2] = -b[::2]
        return a[i:j][::-1]

    for i, j in itertools.product(BOUNDS, BOUNDS):
        check(write, np.arange(6.0), i, j)


@pytest.mark.parametrize("i", range(-4, 4))
def test_elements_at_positions_known_at_run_time(i: int) -> None:
    def touch(a: Any, i: int) -> Any:
        a[i, 1] += 5.0
        a[i] *= 2.0
        return a[i, i], a[i][1], a[1:][i if -3 <= i < 3 else 0]

    check(touch, np.arange(16.0).reshape(4, 4), i)


@pytest.mark.parametrize("i", [4, 7, -5, 2**40])
def test_a_position_outside_fails_at_its_line_when_the_code_runs(i: int) -> None:
    def read(a: Any, i: int) -> Any:
        b = a * 2.0
        return b[0, i]

    with pytest.raises(WengertIndexError, match=f"index {i} is out of bounds for axis 1 with size 4") as failed:
        traced_run(read, np.zeros((3, 4)), i)
    assert failed.value.position is not None
    assert failed.value.position.line == read.__code__.co_firstlineno + 2

    def write(a: Any, i: int) -> None:
        a[i] = 1.0

    a = np.zeros(4)
    with pytest.raises(IndexError):
        traced_run(write, a, i)
    assert not a.any()


def test_a_position_that_is_certainly_outside_fails_while_compiling() -> None:
    with pytest.raises(WengertIndexError, match="index 7 is out of bounds for axis 0 with size 3") as failed:
        traced_run(lambda a: a[7], np.zeros(3), call=call)
    assert failed.value.position is not None and failed.value.position.column > 1


def test_a_position_that_is_certainly_outside_does_no_harm_where_it_is_not_reached() -> None:
    def guarded(a: Any, b: Any, n: int) -> Any:
        s = 0.0
        for _ in range(n):
            s += a[7] + b[0]
            b[0] = s
        return float(s)  # without a turn Python's 0.0, else NumPy's: compiled code has one type

    def guarded_rows(a: Any, n: int) -> Any:
        s = np.zeros(2)
        for i in range(n):
            a[3] = s
            s = s + a[i] + a[i][1] + a[1, None, 0]
        return s

    check(guarded, np.zeros(3), np.zeros(0), 0)
    check(guarded_rows, np.zeros((0, 2)), 0)
    with pytest.raises(WengertIndexError, match="index 7"):
        traced_run(guarded, np.zeros(3), np.zeros(0), 1, call=call)


def test_an_element_of_an_empty_slice_fails() -> None:
    with pytest.raises(WengertIndexError, match="index 0 is out of bounds for axis 0 with size 0"):
        traced_run(lambda a, k: a[k:][0], np.zeros(3), 3)


def test_what_follows_a_failed_check_does_no_harm() -> None:
    def touch(a: Any, b: Any, i: int, k: int) -> Any:
        a[i, 0] = a[k, i] + b[k:][0]
        b[:k] = b[i:]
        a[:k] += a[i:, :1]
        c = a[i:] * 2.0
        c[k] += a[i:][k]
        c[k, 1] = c[i][0]
        return b[k:] @ b[i:], a[i:][k], c[k:][i]

    for i, k in itertools.product((-9, -1, 0, 2, 9), repeat=2):
        arguments = np.ones((3, 4)), np.ones(3), i, k
        with traced_module(touch, *arguments, call=call) as (module, (inputs, *_)):
            for check_ in walk(module, "nd.check"):
                check_.erase()
            run(module, "f", inputs)  # the interpreter, as NumPy, refuses what is outside of an array


# ---------------------------------------------------------------- proofs


def checks_in(function: Callable[..., Any], *arguments: Any) -> int:
    with traced_module(function, *arguments, call=call) as (module, _):
        return len(walk(module, "nd.check"))


def test_indices_of_loops_need_no_checks() -> None:
    def stencil(a: Any) -> Any:
        n, m = a.shape
        for i in range(1, n - 1):
            for j in range(m - 2, 0, -1):
                a[i, j] = a[i - 1, j] + a[i, j + 1] + a[i % n, abs(-j)] + a[min(i + 5, n - 1), j // 2]
        for i in range(n):
            for j in range(i):
                a[i, j] -= a[j, i] * a[-1 - j, -i - 1]
        for i in range(n - 2):
            v = a[i : i + 3]
            v[1] = v[2] + v[0] * np.sum(a[i, :i] * a[:i, i])
        return a

    check(stencil, np.arange(25.0).reshape(5, 5))
    assert checks_in(stencil, np.zeros((5, 5))) == 0


def test_indices_of_loops_over_run_time_extents_need_no_checks() -> None:
    def factors(a: Any, m: int) -> Any:
        n, s = len(a), 0.0
        for k in range(n):
            y = a[:k] * 2.0
            for i in range(k):
                y[i] += y[k - 1 - i] + a[k:][0]
            for i in range(1, len(y)):
                s += y[i - 1] * y[-i]
        v = a[m:]
        for i in range(len(v)):
            s += v[i]
        return s

    check(factors, np.arange(5.0), 2)
    assert checks_in(factors, np.arange(5.0), 2) == 0


def test_windows_that_move_with_a_loop_have_a_known_size() -> None:
    def blocks(a: Any) -> Any:
        for k in range(3):
            block = a[2 * k : 2 * (k + 1)]
            block[:] = block[::-1] * 2.0
        return a

    check(blocks, np.arange(6.0))
    with traced_module(blocks, np.arange(6.0), call=call) as (module, _):
        assert "tensor<?" not in str(module)
        assert "nd.check" not in str(module)


def test_indices_from_data_are_checked() -> None:
    def gather(a: Any, index: Any) -> Any:
        s = 0.0
        for i in range(len(index)):
            s += a[index[i]]
        return s

    check(gather, np.arange(4.0), np.array([3, 0, -1]))
    assert checks_in(gather, np.zeros(4), np.array([3, 0, -1])) == 1
    with pytest.raises(WengertIndexError, match="index 4 is out of bounds"):
        traced_run(gather, np.zeros(4), np.array([0, 4]), call=call)


# ---------------------------------------------------------------- values that are stored


def test_stored_values_are_broadcast_and_converted_as_in_numpy() -> None:
    def write(a: Any, n: Any, v: Any, x: float) -> None:
        a[1:3] = v
        a[:, 1:] = v[1:]
        a[:, :1] = [[1.0], [x], [3.0], [v[0]]]
        n[0] = x
        n[1:3] = v[:2]
        n[3] = x > 2.0
        a[0, :] = n[:3]
        a[3] = v[None]

    check(write, np.zeros((4, 3)), np.zeros(4, dtype=int), np.array([1.5, -2.5, 3.25]), 2.75)


def test_values_that_do_not_fit_are_refused_with_both_shapes() -> None:
    def write(a: Any, b: Any) -> None:
        a[1:] = b

    with pytest.raises(WengertValueError, match=r"from shape \(3,\) into shape \(2,\)"):
        traced_run(write, np.zeros(3), np.zeros(3))

    def element(a: Any, b: Any) -> None:
        a[1] = b

    with pytest.raises(WengertValueError, match="setting an array element with a sequence"):
        traced_run(element, np.zeros(3), np.zeros(3))


def test_values_of_another_run_time_size_fail_and_do_no_harm() -> None:
    def write(a: Any, b: Any, k: int) -> None:
        a[:k] = b

    for k in (3, -2):
        check(write, np.zeros(5), np.ones(3), k)
    a = np.zeros(5)
    with pytest.raises(WengertValueError, match="3 elements into 2"):
        traced_run(write, a, np.ones(3), 2)


# ---------------------------------------------------------------- masks


def test_masks() -> None:
    def write(a: Any, b: Any, lim: float) -> Any:
        a[a > lim] = lim
        a[a < 0.0] += 10.0
        m = b != 0.0
        a[m] = 1.0 / b[m]
        a[m] *= np.sqrt(np.abs(b[m])) + 2.0
        return np.sum(a[m]), a[m].sum(), len(a[m]), a[~m].mean(), (b[m] > 1.0).any(), a[m].size

    check(write, np.array([3.0, -1.0, 0.5, 0.25]), np.array([0.0, 2.0, -4.0, 0.0]), 0.75)


def test_masks_of_rows() -> None:
    def write(a: Any, m: Any, row: Any) -> Any:
        a[m] = row
        a[m] += 1.0
        return a[m].sum(), len(a[m]) if False else a[~m].mean()

    check(write, np.arange(6.0).reshape(3, 2), np.array([True, False, True]), np.array([7.0, 8.0]))


def test_what_a_mask_leaves_out_cannot_spoil_the_rest() -> None:
    def logs(x: Any) -> Any:
        y = np.zeros_like(x)
        y[x > 0.0] = np.log(x[x > 0.0])
        return y

    check(logs, np.array([1.0, -1.0, 2.0]))

    def logs_by_name(x: Any) -> Any:
        y, m = np.zeros_like(x), x > 0.0
        y[m] = np.log(x[m])
        return y

    check(logs_by_name, np.array([1.0, -1.0, 0.0, 2.0]))


@pytest.mark.parametrize(
    ("function", "error", "message"),
    [
        (
            lambda a: a[0, 0, 0],
            WengertIndexError,
            "too many indices for array: array is 2-dimensional, but 3 were indexed",
        ),
        (lambda a: a[..., ...], WengertIndexError, "single ellipsis"),
        (lambda a: a[0.5], WengertIndexError, "only integers"),
        (lambda a: a[a[0, 0]], WengertIndexError, "only integers"),
        (lambda a: a[::0], WengertValueError, "slice step cannot be zero"),
        (lambda a: a[np.ones(3, dtype=bool)], WengertIndexError, "boolean index did not match"),
        (lambda a: a[0, 0][0], WengertTypeError, "not subscriptable"),
        (lambda a: (1, 2)[a], WengertTypeError, "an index into a Python tuple"),
    ],
)
def test_indices_that_have_no_meaning_are_refused(
    function: Callable[..., Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        traced_run(function, np.ones((2, 2)), call=call)


def test_python_containers_are_indexed_by_python_numbers() -> None:
    from wengert.frontend.trace import NeedsStatic

    with pytest.raises(NeedsStatic, match="an index into a Python list"):
        traced_run(lambda i: [1.0, 2.0][i], 1, call=call)
    with pytest.raises(WengertTypeError, match="depends on the contents of an array"):
        traced_run(lambda a: [1.0, 2.0][a[0]], np.array([1]), call=call)


def test_views_without_dimensions_have_derivatives() -> None:
    def f(a):
        first, last = a[..., 0], a[-1, ...]
        first += 1.0
        last[...] = last * 0.5 + a[1] * first
        return np.sum(a * a) + first * 2 + np.sin(last)

    wengert.check_grads(f, [np.array([0.3, 0.4, 0.5])], order=3)
