"""The promises of the first milestone, one test each; the programs it lists are in the corpus (test_programs.py)."""

from __future__ import annotations

import math
import sys
import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from tests.programs import PROGRAMS
from wengert.dialects import interpret as interpreter
from wengert.frontend.specialize import interpret
from wengert.runtime.memory import used_bytes

# ---------------------------------------------------------------- derivatives that are known


def textbook(x1, x2):
    return np.log(x1) + x1 * x2 - np.sin(x2)


def test_the_textbook_function_by_grad() -> None:
    """f(x1, x2) = ln x1 + x1*x2 - sin x2 at (2, 5) has gradient (5.5, 2 - cos 5) to 1e-15."""
    value, (first, second) = wengert.value_and_grad(textbook, argnums=(0, 1))(2.0, 5.0)
    assert value == pytest.approx(math.log(2.0) + 10.0 - math.sin(5.0), rel=1e-15)
    assert first == pytest.approx(5.5, rel=1e-15)
    assert second == pytest.approx(2.0 - math.cos(5.0), rel=1e-15)


def test_the_textbook_function_by_jvp() -> None:
    """The same gradient by forward mode."""
    for direction, expected in [((1.0, 0.0), 5.5), ((0.0, 1.0), 2.0 - math.cos(5.0))]:
        _, tangent = wengert.jvp(textbook, (2.0, 5.0), direction)
        assert tangent == pytest.approx(expected, rel=1e-15)


def p(x, n):
    return 1.0 if n == 0 else x * p(x, n - 1)


@pytest.mark.parametrize("n", [0, 1, 2, 3, 8])
def test_the_recursive_power(n: int) -> None:
    """`def p(x, n): return 1.0 if n == 0 else x * p(x, n - 1)` works and has gradient n*x**(n-1)."""
    assert wengert.compile(p)(1.7, n) == pytest.approx(1.7**n, rel=1e-14)
    assert wengert.grad(p)(1.7, n) == pytest.approx(n * 1.7 ** (n - 1) if n else 0.0, rel=1e-14)


def cube(x):
    return x * x * x * math.sin(x)


def test_transforms_compose_in_any_order_to_third_order() -> None:
    """Forward over reverse, reverse over forward, and so on, give one and the same derivative."""
    def forward(f: Callable[..., Any]) -> Callable[..., Any]:
        return lambda x: wengert.jvp(f, (x,), (1.0,))[1]

    x = 0.7
    expected = {1: 3 * x**2 * math.sin(x) + x**3 * math.cos(x),
                2: (6 * x - x**3) * math.sin(x) + 6 * x**2 * math.cos(x),
                3: (6 - 9 * x**2) * math.sin(x) + (18 * x - x**3) * math.cos(x)}
    chains: list[tuple[Callable[..., Any], ...]] = [()]
    for order in (1, 2, 3):
        chains = [(*chain, step) for chain in chains for step in (forward, wengert.grad)]
        for chain in chains:
            derivative: Callable[..., Any] = cube
            for step in chain:
                derivative = step(derivative)
            got = wengert.compile(derivative)(x)
            assert got == pytest.approx(expected[order], rel=1e-13), (order, chain)


def test_the_listed_programs_are_in_the_corpus() -> None:
    """What the milestone lists by name is compared with NumPy and differentiated in test_programs.py."""
    listed = {"gauss_seidel", "lu", "jacobi_1d", "jacobi_2d", "heat_3d", "cholesky", "floyd_warshall", "durbin", "lstm",
              "two_layers", "lotka_volterra", "newton_sqrt", "n_body", "swapped_buffers", "p"}
    corpus = {program.name: program for program in PROGRAMS}
    assert listed <= set(corpus)
    assert any(case[-1] == 10_000 for case in corpus["lotka_volterra"].cases)
    assert corpus["lstm"].cases[0][3].shape[0] == 50


# ---------------------------------------------------------------- loops stay loops


def ten(a):
    for _ in range(10):
        a[1:-1] = 0.5 * (a[:-2] + a[2:])
    return np.sum(a * a)


def ten_thousand(a):
    for _ in range(10_000):
        a[1:-1] = 0.5 * (a[:-2] + a[2:])
    return np.sum(a * a)


@pytest.mark.parametrize("of", [wengert.compile, wengert.grad], ids=["primal", "gradient"])
def test_ir_of_ten_and_of_ten_thousand_iterations(of: Callable[..., wengert.Function]) -> None:
    """IR size for 10 and 10,000 loop iterations is equal, at every stage."""
    a = np.linspace(0.0, 1.0, 9)
    short, long = of(ten).lower(a), of(ten_thousand).lower(a)
    assert short.names == long.names
    for stage in ("nd", "linalg", "memref", "llvm"):
        assert len(short.as_text(stage).splitlines()) == len(long.as_text(stage).splitlines()), stage


def smoothed(a, steps):
    for _ in range(steps):
        a[1:-1] = 0.5 * (a[:-2] * a[1:-1] + a[2:])
    return np.sum(a * a)


@pytest.mark.parametrize("of", [wengert.compile, wengert.grad], ids=["primal", "gradient"])
def test_one_compilation_serves_every_trip_count(of: Callable[..., wengert.Function]) -> None:
    """`f.stats().compilations` is 1 after 0, 1, 2, 7 and 10,000 iterations."""
    function = of(lambda a, steps: smoothed(a, steps))
    for steps in (0, 1, 2, 7, 10_000):
        function(np.linspace(0.0, 1.0, 9), steps)
    assert function.stats().compilations == 1, function.stats().reasons


# ---------------------------------------------------------------- the gradient of an O(n) program costs O(n)


def recurrence(a):
    """n steps, in place, over an n-vector; every step reads what the one before wrote."""
    for i in range(1, len(a)):
        a[i] = math.sin(a[i]) * a[i - 1] + 0.1 * a[i]
    return a[-1]


def executed_work(function: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, *arguments: Any) -> int:
    """Elements the interpreter makes; one for reads and writes of an element, which are in place in native code."""
    work = 0
    operation = interpreter.Interpreter.operation

    def counted(self: Any, op: Any, environment: Any) -> list[Any]:
        nonlocal work
        results = operation(self, op, environment)
        if op.name in ("tensor.insert", "tensor.extract"):
            work += 1
        elif not op.regions and op.name != "func.call":
            work += sum(np.size(r) for r in results)
        return results

    with monkeypatch.context() as patched:
        patched.setattr(interpreter.Interpreter, "operation", counted)
        interpret(function.py_func, arguments, {})  # type: ignore[attr-defined]
    return work


def test_the_gradient_of_n_steps_on_n_elements_costs_n(monkeypatch: pytest.MonkeyPatch) -> None:
    """Doubling n doubles the work, and so the memory, of the gradient of an n-step in-place loop over an n-vector."""
    gradient = wengert.grad(recurrence)
    small, large = (executed_work(gradient, monkeypatch, np.full(n, 0.9)) for n in (64, 128))
    assert small > 64
    assert large <= 2.1 * small


def test_native_code_of_that_gradient_copies_nothing_in_loops() -> None:
    """No whole array is copied or allocated in a loop, in the primal or in the gradient; a million steps run."""
    n = 1_000_000
    a = np.linspace(0.0, 0.9, n)
    primal, gradient = wengert.compile(recurrence), wengert.grad(recurrence)
    primal(a.copy())
    slopes = gradient(a)
    assert np.isfinite(slopes).all() and slopes[-1] != 0.0
    for function in (primal, gradient):
        assert (function.stats().copies_in_loops, function.stats().allocations_in_loops) == (0, 0)


@pytest.mark.parametrize("name", ["gauss_seidel", "lu", "jacobi_2d", "heat_in_place", "swapped_buffers",
                                  "lotka_volterra"])
def test_no_copies_in_the_loops_of_the_listed_programs(name: str) -> None:
    """In-place source stays in place, and so does its gradient; none of these keeps whole arrays on a tape."""
    program = next(program for program in PROGRAMS if program.name == name)
    primal, derivatives = wengert.compile(program.function), wengert.compile(pulled_back(program.function))
    result = primal(*program.arguments(0))
    derivatives(program.arguments(0), result)
    for function in (primal, derivatives):
        assert function.stats().copies_in_loops == 0


def pulled_back(function: Callable[..., Any]) -> Callable[..., Any]:
    def pulled(arguments: Any, cotangent: Any) -> Any:
        return wengert.vjp(function, *arguments)[1](cotangent)
    return pulled


# ---------------------------------------------------------------- errors say what, where, why and what to do


def squared(x):
    return x * x


def uses_packbits(x):
    y = x * 2.0
    return np.packbits(y)


def writes_outside(x):
    x[7] = 1.0
    return x


def writes_outside_late(x, i):
    x[i] = 1.0
    return x


def changes_type(x):
    s = (x, 1.0)
    for _ in range(3):
        s = (s, x)
    return x


def wrong_shapes(x):
    return x + np.zeros((2, 5))


@pytest.mark.parametrize("function, arguments, kind, fragment, column", [
    (uses_packbits, (np.ones(3),), NotImplementedError, "return np.packbits(y)", 12),
    (writes_outside, (np.ones(3),), IndexError, "x[7] = 1.0", 5),
    (writes_outside_late, (np.ones(3), 3), IndexError, "x[i] = 1.0", 5),
    (changes_type, (np.ones(3),), TypeError, "for _ in range(3):", 5),
    (wrong_shapes, (np.ones(3),), ValueError, "return x + np.zeros((2, 5))", 12),
], ids=lambda value: getattr(value, "__name__", ""))
def test_an_error_shows_the_place(function: Callable[..., Any], arguments: Any, kind: type, fragment: str,
                                  column: int) -> None:
    """File, line, caret and what to do; the class a Python user would catch; no frame of the compiler."""
    with pytest.raises(kind) as caught:
        wengert.compile(function)(*arguments)
    error = caught.value
    assert isinstance(error, wengert.WengertError)
    assert error.position is not None and error.position.file == __file__
    assert error.position.column == column
    lines = str(error).splitlines()
    assert lines[0].startswith(f"{__file__}:{error.position.line}:{column}: ")
    assert lines[1].strip() == fragment
    assert lines[2].index("^") - lines[1].index(fragment) == column - 5
    assert any(line.startswith("help: ") for line in lines), str(error)
    assert compiler_frames(error) == []


def compiler_frames(error: BaseException) -> list[str]:
    """Frames of wengert in a traceback, but for the one the user called."""
    home = str(Path(wengert.__file__).parent)
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(home)]
    return [f"{frame.filename}: {frame.name}" for frame in frames if frame.name != "__call__"]


def test_the_gradient_at_an_int_says_to_pass_a_float() -> None:
    """`grad` at an int raises a TypeError that says to pass a float."""
    with pytest.raises(TypeError, match="pass a float") as caught:
        wengert.grad(squared)(3)
    assert "argument 0, which is an int" in str(caught.value)
    assert caught.value.position.line == squared.__code__.co_firstlineno  # type: ignore[union-attr]
    assert compiler_frames(caught.value) == []


def test_the_gradient_at_an_int_array_says_to_pass_a_float() -> None:
    with pytest.raises(TypeError, match="astype"):
        wengert.grad(lambda x: np.sum(x * x))(np.arange(3))


# ---------------------------------------------------------------- many threads, many calls


def test_eight_threads_call_one_function() -> None:
    """A thread pool of 8 calling one compiled function gets right answers, also while it is being compiled."""
    function, gradient = wengert.compile(smoothed), wengert.grad(smoothed)
    inputs = [np.random.default_rng(k).random(20 + k % 3) for k in range(64)]
    expected = [smoothed(a.copy(), 50) for a in inputs]
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda a: function(a.copy(), 50), inputs))
        slopes = list(pool.map(lambda a: gradient(a, 50), inputs))
    np.testing.assert_allclose(values, expected, rtol=1e-12)
    for a, slope in zip(inputs, slopes):
        np.testing.assert_allclose(slope, gradient(a, 50), rtol=0)
    assert function.stats().compilations == 3


@pytest.mark.skipif(used_bytes() is None, reason="this C library does not tell how much memory is in use")
@pytest.mark.parametrize("of", [wengert.compile, wengert.value_and_grad], ids=["primal", "gradient"])
def test_ten_thousand_calls_leak_nothing(of: Callable[..., wengert.Function]) -> None:
    """Neither memory of the C heap nor Python objects grow in 10,000 calls."""
    function, a = of(smoothed), np.linspace(0.0, 1.0, 50)
    for _ in range(100):
        function(a, 5)
    heap, blocks = used_bytes(), sys.getallocatedblocks()
    for _ in range(10_000):
        function(a, 5)
    assert heap is not None
    assert (used_bytes() or 0) - heap < 10_000, "one byte a call would be seen"
    assert sys.getallocatedblocks() - blocks < 1_000
