"""Programs on several threads: the numbers of one thread, and the same ones every time."""

from __future__ import annotations

import functools
import math
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.frontend import targets
from wengert.passes import parallel_loops
from wengert.passes.pipeline import LoweringOptions
from wengert.runtime import jit
from wengert.runtime import threads as pool


@pytest.fixture(autouse=True)
def outlined(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[Any]:
    """Every independent loop is divided, however small; the list gets those that were."""
    monkeypatch.setattr(targets, "LoweringOptions", functools.partial(LoweringOptions, least_work=1))
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path))  # nothing compiled before, with other thresholds
    found: list[Any] = []
    write = parallel_loops._Outline.write

    def noted(self: Any) -> None:
        found.append(self.number)
        write(self)

    monkeypatch.setattr(parallel_loops._Outline, "write", noted)
    return found


def elementwise(x, y):
    y[:] = np.exp(-x) * y + x
    return np.sum(y * y)


def stencil(x, y):
    for _ in range(3):
        y[1:-1] = 0.5 * (x[:-2] + x[2:])
        x[1:-1] = y[1:-1]
    return np.sum(x * x)


def recurrence(x, y):
    for i in range(1, x.shape[0]):
        x[i] = 0.9 * x[i - 1] + y[i]
    return np.sum(x * y)


def triangle(x, y):
    n = x.shape[0]
    A = np.zeros((n, n))
    for i in range(n):
        for j in range(i + 1):
            A[i, j] = math.sin(x[i] * y[j])
    s = 0.0
    for i in range(n):
        for j in range(i + 1):
            s += A[i, j] * A[i, j]
    return s


def diagonals(x, y):
    n = x.shape[0]
    A = np.zeros((2 * n, n))
    for i in range(n):
        for j in range(n):
            A[i + j, j] = x[i] * y[j]
    for i in range(1, n):
        for j in range(n):
            A[i, j] += 0.5 * A[i - 1, j]
    return np.sum(A * A)


def gathered(x, y):
    index = np.array([3, 0, 3, 1])
    for k in range(4):
        y[index[k]] += x[k]
    return np.sum(y[index] * x[:4])


PROGRAMS = (elementwise, stencil, recurrence, triangle, diagonals, gathered)


@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.parametrize("program", PROGRAMS)
def test_values_and_gradients(program: Callable[..., Any], threads: int, outlined: list[Any]) -> None:
    x, y = np.random.default_rng(0).random((2, 23)) + 0.5
    expected = wengert.value_and_grad(program, argnums=(0, 1))(x, y)
    assert not outlined
    divided = wengert.compile(wengert.value_and_grad(program, argnums=(0, 1)), threads=threads)
    value, gradients = divided(x, y)
    assert value == pytest.approx(program(x.copy(), y.copy()), rel=1e-13)
    np.testing.assert_allclose(gradients, expected[1], rtol=1e-12, atol=1e-12)
    assert outlined or program is elementwise  # its sum is kept in memory, which is not taken apart
    for _ in range(5):
        again = divided(x, y)
        assert again[0] == value
        np.testing.assert_array_equal(again[1], gradients)


def test_nothing_is_divided_unless_asked(outlined: list[Any]) -> None:
    x = np.ones(500)
    wengert.compile(elementwise)(x, x.copy())
    assert not outlined
    with pytest.raises(wengert.WengertError, match="threads=0"):
        wengert.compile(elementwise, threads=0)


def test_calls_from_several_threads_of_python() -> None:
    x, y = np.random.default_rng(1).random((2, 20_000))
    compiled = wengert.compile(wengert.grad(elementwise), threads=2)
    expected = compiled(x, y)
    results: list[Any] = []
    callers = [threading.Thread(target=lambda: results.extend(compiled(x, y) for _ in range(20))) for _ in range(3)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert len(results) == 60
    for result in results:
        np.testing.assert_array_equal(result, expected)


def random_program(seed: int) -> tuple[Callable[..., Any], str]:
    """Loop nests over two arrays with random affine subscripts, as Python: its own meaning is the oracle."""
    rng = np.random.default_rng(seed)

    def place() -> str:
        first = rng.choice(["i", "j", "i + j", "i + 1", "2 * i", "3", "7 - i"])
        second = rng.choice(["i", "j", "j + 1", "i + j", "0", "6 - j"])
        return f"[{first}, {second}]"

    def subscript() -> str:
        return str(rng.choice(places))

    lines = ["def program(A, B):", "    s = 0.0"]
    for _ in range(rng.integers(1, 4)):
        places = [place(), place()]  # few, so that they meet
        lines += ["    for i in range(5):", f"        for j in range({rng.choice(['5', 'i + 1', '2', '1, 5'])}):"]
        for _ in range(rng.integers(1, 4)):
            target, source, other = rng.choice(["A", "B"], 3)
            kind = rng.choice(["=", "+=", "s"], p=[0.5, 0.25, 0.25])
            read = f"{source}{subscript()} * 0.5 + {other}{subscript()} * 0.25"
            start = "s +=" if kind == "s" else f"{target}{subscript()} {kind}"
            lines.append(f"            {start} {read}")
    lines.append("    return s + np.sum(A * B)")
    text = "\n".join(lines) + "\n"
    return _defined(text, seed), text


def _defined(text: str, seed: int) -> Callable[..., Any]:
    import linecache

    name = f"<threads {seed}>"
    linecache.cache[name] = (len(text), None, text.splitlines(keepends=True), name)
    scope: dict[str, Any] = {"np": np}
    exec(compile(text, name, "exec"), scope)
    program: Callable[..., Any] = scope["program"]
    return program


def check_random(seeds: range, outlined: list[Any]) -> None:
    for seed in seeds:
        program, text = random_program(seed)
        arrays = list(np.random.default_rng(seed + 1).random((2, 12, 12)))
        expected = [a.copy() for a in arrays]
        value = program(*expected)
        found = [a.copy() for a in arrays]
        assert wengert.compile(program, threads=3)(*found) == pytest.approx(value, rel=1e-12), text
        np.testing.assert_allclose(found, expected, rtol=1e-12, err_msg=text)
    assert outlined


#: Runs the last chunk first: what depends on another chunk shows, whatever the machine is doing.
BACKWARDS = """
define void @backwards(ptr %body, ptr %argument, i64 %chunks, i64 %threads) {
entry:
  br label %loop
loop:
  %left = phi i64 [ %chunks, %entry ], [ %chunk, %one ]
  %some = icmp sgt i64 %left, 0
  br i1 %some, label %one, label %end
one:
  %chunk = sub i64 %left, 1
  call void %body(ptr %argument, i64 %chunk)
  br label %loop
end:
  ret void
}
"""


@pytest.fixture
def backwards(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    library = jit.load(jit.emit_object(jit.optimize(BACKWARDS)))
    monkeypatch.setattr(pool, "fork_address", lambda: library.address("backwards"))
    yield
    assert library.symbols


@pytest.mark.usefixtures("backwards")
def test_random_nests_backwards(outlined: list[Any]) -> None:
    check_random(range(24), outlined)


def test_random_nests(outlined: list[Any]) -> None:
    check_random(range(3), outlined)


@pytest.mark.slow
@pytest.mark.usefixtures("backwards")
def test_many_random_nests(outlined: list[Any]) -> None:
    check_random(range(100, 500), outlined)
