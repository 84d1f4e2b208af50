"""Derivatives of random Python programs to second order: both modes, and each of the other, agree to rounding.

With J the derivative of a program and S = <ct, f>: <ct, J v> = <J^T ct, v>, and the second derivative of S along v,
forward over reverse and reverse over forward, each a program of the IR of its own that the interpreter runs.  The first
seeds are part of every run; all 2,000, marked `slow`, run with ``pytest -m slow``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests.comparison import flat, random_like
from tests.random_python import source_of
from tests.test_random_programs import MOVING, arguments_for, load
from wengert.frontend.specialize import interpret

BATCH, BATCHES, IN_EVERY_RUN = 10, 200, 2
TOLERANCE = 1e-12


def both_orders(program: Any) -> Any:
    """First and second derivatives, with the integer argument fixed."""

    def derivatives(x: Any, n: Any, v: Any, ct: Any) -> Any:
        def f(*x: Any) -> Any:
            return program(*x, n)

        def pushed(*x: Any) -> Any:
            return wengert.jvp(f, x, v)[1]

        def pulled(*x: Any) -> Any:
            return wengert.vjp(f, *x)[1](ct)

        first = pushed(*x), pulled(*x)
        return first, (wengert.vjp(pushed, *x)[1](ct), wengert.jvp(pulled, x, v)[1])

    return derivatives


def check(seed: int, folder: Path) -> None:
    """The agreements between the derivatives of one program."""
    program = load(seed, folder).program
    *x, n = arguments_for(seed)
    v, w = ([random_like(x[k], seed + shift + k) for k in MOVING] for shift in (0, 50))
    ct = random_like(program(*arguments_for(seed)), seed + 9)
    (tangent, gradient), second = interpret(both_orders(program), (tuple(x), n, tuple(v), ct), {})
    agree(flat(ct) * flat(tangent), flat(gradient) * flat(v))
    reverse_forward, forward_reverse = map(flat, second)
    agree(reverse_forward * flat(w), forward_reverse * flat(w))
    scale = 1.0 + np.max(np.abs(forward_reverse))
    np.testing.assert_allclose(reverse_forward, forward_reverse, rtol=1e-9, atol=1e-9 * scale)


def agree(left: np.ndarray, right: np.ndarray) -> None:
    """Two sums of products that are equal but for rounding."""
    scale = 1.0 + np.sum(np.abs(left)) + np.sum(np.abs(right))
    assert abs(np.sum(left) - np.sum(right)) <= TOLERANCE * scale, (np.sum(left), np.sum(right))


def run_batch(batch: int, folder: Path) -> None:
    for seed in range(batch * BATCH, (batch + 1) * BATCH):
        try:
            check(seed, folder)
        except Exception as failure:
            failure.add_note(f"seed {seed}:\n{source_of(seed)}")
            raise


def test_a_window_of_run_time_size_in_a_branch() -> None:
    """The tape of the branch is an array whose extent only the primal knows, when the gradient is differentiated."""

    def program(a: Any, n: Any) -> Any:
        s = np.max(a)
        a[n % 8] = a[2] * a[1]
        if s > 0.7:
            a[1:n] *= np.tanh(s)
        return a

    a = np.linspace(0.5, 1.0, 8)
    for n in (1, 5, 8):
        def f(a: Any, n: int = n) -> Any:
            return np.sum(program(a, n) ** 2)

        second = wengert.grad(lambda a, f=f: np.sum(wengert.grad(f)(a) * a))(a)
        np.testing.assert_allclose(second, wengert.hvp(f, (a,), (a,)) + wengert.grad(f)(a), rtol=1e-12)


@pytest.mark.parametrize("batch", range(IN_EVERY_RUN))
def test_twenty_programs(batch: int, tmp_path: Path) -> None:
    run_batch(batch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(IN_EVERY_RUN, BATCHES))
def test_two_thousand_programs(batch: int, tmp_path: Path) -> None:
    run_batch(batch, tmp_path)
