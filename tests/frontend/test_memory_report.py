"""memory_report: the predicted peak against counted allocations, the rows against what the program is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import wengert
from tests.heap import Heap
from tests.programs import PROGRAMS
from wengert.runtime import host

HEAP = Heap()  # kernels that were loaded with it keep calling it


@pytest.fixture
def heap(monkeypatch: pytest.MonkeyPatch) -> Iterator[Heap]:
    ours = host.symbol_address
    monkeypatch.setattr(host, "symbol_address", lambda name: HEAP.symbols.get(name) or ours(name))
    yield HEAP
    assert HEAP.held == 0, "a kernel has not freed what it allocated"


def bytes_of(tree: Any) -> int:
    if isinstance(tree, (tuple, list)):
        return sum(map(bytes_of, tree))
    return tree.nbytes if isinstance(tree, np.ndarray) else 0


def measured(function: Callable[..., Any], arguments: tuple[Any, ...], heap: Heap) -> int:
    """The most bytes a call has at the same time, with its results."""
    function(*arguments)  # compiles
    heap.peak, heap.rounding = heap.held, 0
    return bytes_of(function(*arguments)) + heap.peak - heap.held


# ---------------------------------------------------------------- programs


def powers(x, n):
    y = 1.0
    for _ in range(n):
        y = y * x
    return y


def triangle(a):
    s = 0.0
    for i in range(len(a)):
        for j in range(i):
            s = s + np.sin(s * a[i] * a[j])
    return s


def until_small(x, limit):
    n = 0
    while x > limit:
        x = x - 0.01 * np.sin(x)
        n += 1
    return x * x


def smoothed(u, steps):
    for _ in range(steps):
        u = u + 0.1 * np.tanh(u) * u
    return np.sum(u * u)


def prefixes(a):
    s = 0.0
    for i in range(len(a)):
        s = s + np.sum(np.exp(a[:i]) * s)
    return s


def layers(w, x):
    for _ in range(5):
        x = np.tanh(w @ x)
    return np.sum(x * x)


def whiles_in_loops(a):
    s = 0.0
    for i in range(len(a)):
        x = a[i]
        while x < 10.0:
            x = x * 1.1 + np.sin(x + s) ** 2
        s = s + 1.0 / x
    return s


CASES = {
    "powers": (powers, (1.0001, 5000)),
    "triangle": (triangle, (np.linspace(0.1, 0.9, 60),)),
    "until_small": (until_small, (3.0, 0.5)),
    "smoothed": (smoothed, (np.linspace(-1, 1, 300), 20)),
    "prefixes": (prefixes, (np.linspace(0.01, 0.02, 60),)),
    "layers": (layers, (np.eye(40) * 0.9, np.ones(40))),
    "whiles_in_loops": (whiles_in_loops, (np.linspace(0.5, 2.0, 50),)),
}


@pytest.mark.parametrize("name", CASES)
def test_the_predicted_peak_is_the_measured_one(name: str, heap: Heap) -> None:
    """Within 10 %, for rectangular, triangular and data-dependent loops, arrays of fixed and of varying extents."""
    function, arguments = CASES[name]
    gradient = wengert.value_and_grad(function)
    peak, predicted = measured(gradient, arguments, heap), gradient.memory_report(*arguments).peak_bytes
    assert peak > 1000
    assert abs(predicted - peak) <= 0.1 * peak + heap.rounding, (predicted, peak)


@pytest.mark.parametrize("name", ["lstm", "attention", "lu", "conjugate_gradients", "n_body", "mixture"])
def test_so_it_is_for_programs_of_the_corpus(name: str, heap: Heap) -> None:
    program = next(program for program in PROGRAMS if program.name == name)
    result = program.function(*program.arguments(0))

    def pulled(arguments: Any, cotangent: Any) -> Any:
        return wengert.vjp(program.function, *arguments)[1](cotangent)

    compiled = wengert.compile(pulled)
    arguments = (program.arguments(0), np.ones_like(result) if isinstance(result, np.ndarray) else 1.0)
    peak, predicted = measured(compiled, arguments, heap), compiled.memory_report(*arguments).peak_bytes
    assert abs(predicted - peak) <= 0.1 * peak + heap.rounding, (predicted, peak)


def test_primal_programs_are_predicted_too(heap: Heap) -> None:
    compiled = wengert.compile(lambda a, b: (a + b) @ (a - b))
    arguments = (np.ones((30, 30)), np.ones((30, 30)))
    assert 0 <= measured(compiled, arguments, heap) - compiled.memory_report(*arguments).peak_bytes <= heap.rounding
    assert compiled.memory_report(*arguments).rows == ()


# ---------------------------------------------------------------- rows


def test_rows_say_what_where_and_why() -> None:
    report = wengert.grad(powers).memory_report(1.5, 100)
    (row,) = report.rows
    assert (row.bytes, row.kind, row.type) == (800, "stored", "f64")
    assert row.position is not None and row.position.file == __file__
    assert row.source == "for _ in range(n):"
    assert "carries" in row.reason
    assert report.stored_bytes == 800


def test_a_tape_of_a_while_is_counted_for_these_arguments() -> None:
    gradient = wengert.grad(until_small)

    def iterations(x, limit):
        n = 0
        while x > limit:
            x, n = x - 0.01 * np.sin(x), n + 1
        return n

    for x in (1.0, 3.0):
        rows = gradient.memory_report(x, 0.5).rows
        assert max(row.bytes for row in rows) == 8 * iterations(x, 0.5)


def test_rows_are_sorted_and_print_as_a_table() -> None:
    report = wengert.grad(layers).memory_report(*CASES["layers"][1])
    assert [row.bytes for row in report.rows] == sorted((row.bytes for row in report.rows), reverse=True)
    text = str(report)
    assert f"{report.peak_bytes:,}" in text and "np.tanh" in text and "f64[40]" in text


def test_arrays_of_arguments_are_read_again() -> None:
    def f(x, a):
        for i in range(len(a)):
            x = x * a[i]
        return x

    kinds = {row.kind for row in wengert.grad(f).memory_report(1.0, np.ones(9)).rows}
    assert "read again" in kinds


def test_an_array_of_run_time_size_is_measured() -> None:
    def f(a, n):
        return np.sum(np.exp(a[:n]) ** 2)

    rows = wengert.grad(f).memory_report(np.ones(100), 30).rows
    assert {row.bytes for row in rows if row.type == "f64[?]" and row.kind == "by reference"} == {240}


def test_second_derivatives_report_the_tapes_of_both() -> None:
    def third(x):
        return wengert.grad(wengert.grad(lambda y: powers(y, 50)))(x)

    report = wengert.compile(third).memory_report(1.1)
    assert sum(row.bytes for row in report.rows if row.kind == "stored") >= 2 * 400
