"""What compiled code prints, and the messages it raises with: as in Python, once, in the order of the program."""

from __future__ import annotations

import copy
import dataclasses
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.frontend.specialize import interpret

A = np.array([1.0, 2.0, 3.0, -4.0])


@dataclasses.dataclass
class Point:
    x: float
    label: str = "p"


class Shown:
    def __init__(self, x: Any) -> None:
        self.x = x

    def __repr__(self) -> str:
        return f"<{self.x:.1f}>"


def forms(a, x, n):
    print("start")
    print(a, x, n, a[0], sep=", ", end="!\n")
    print(f"{x:.3f} {n:5d} {n!r:>4} {a[1]!r} {x} {a[1]:g} {a} {x:{n + 5}.2f}|{'text':>8}")
    print("%g %5.2f %d %s %r|%5s|%%" % (x, a[1], n, x, a[0], n))  # noqa: UP031
    print("{} {:.2e} {k:>6} {p.label} {q[1]}".format(x, a[1], k=n, p=Point(x), q=[x, n]))  # noqa: UP032
    print([x, n], (a[0],), {"k": x}, [a], None, True, Point(x), Shown(x), [Shown(a[1])])
    print(str(x) + " and " + str(a[0]) + repr(n), format(x, "08.3f"), "-" * 3)
    print(", ".join([f"{v:.1f}" for v in a]))
    print()
    print("{no field}", a > 0, x > 1, a.astype(np.float32), np.arange(3), np.outer(a, a)[:2], a[: int(a[1])])
    sys.stdout.write(f"w {x}\n")
    print("err", x, file=sys.stderr)
    return a.sum() * x


def loops(a):
    s = 0.0
    for i in range(len(a)):
        for j in range(i):
            if a[i] > a[j]:
                s += a[i] * a[i] * a[j]
                print("i =", i, "s =", s)
        if s > 3:
            print(f"big {s}")
    print("same")
    print("same")
    k = 0
    while s < 1000:
        s = s * 2.5
        k += 1
        print("k", k, end="; ")
    return s


def snapshot(a):
    b = a.copy()
    text = f"{b}"
    b[0] = 7.0
    print(text, b)
    return b.sum()


def complex_and_narrow(a, z, k):
    b = np.array([z, 2 * z]) * a[0]
    print(b, z, b[1], f"{z:.2f} {b[1]!r}", [z], z * 1j, b.astype(np.complex64), k, k[0], k.astype(np.int8))
    return np.sum(np.abs(b)) * a[1]


def recomputed(a):
    def inner(x):
        y = x * x
        print("inner", y)
        return y * y

    return np.sum(wengert.checkpoint(inner)(a) * a)


CASES: list[tuple[Callable[..., Any], tuple[Any, ...]]] = [
    (forms, (A, 2.5, 3)), (loops, (A,)), (snapshot, (A,)), (recomputed, (A,)),
    (complex_and_narrow, (A, 1.5 + 2j, np.array([3, 250], np.uint8))),
]


@pytest.mark.parametrize(("function", "arguments"), CASES, ids=[f.__name__ for f, _ in CASES])
def test_output_is_pythons(function: Any, arguments: Any, capsys: Any) -> None:
    """Compiled, interpreted and differentiated: the same text, once."""
    expected = function(*copy.deepcopy(arguments))
    wanted = capsys.readouterr()
    compiled = wengert.compile(function)
    for run in (compiled, compiled, lambda *a: interpret(function, a, {})):
        np.testing.assert_allclose(run(*copy.deepcopy(arguments)), expected)
        assert capsys.readouterr() == wanted
    squared = lambda x, *rest: np.sum(wengert.grad(function)(x, *rest) ** 2)  # noqa: E731
    for derivative in (wengert.grad(function), wengert.grad(squared), wengert.hessian(function)):
        derivative(*copy.deepcopy(arguments))
        assert capsys.readouterr() == wanted


@pytest.mark.parametrize("step", ["for", "while"])
def test_steps_that_are_run_again_print_once(step: str, capsys: Any) -> None:
    def by_for(x):
        for i in range(20):
            x = x * 1.25 - x * x * 0.125
            print(i, x)
        return x

    def by_while(x):
        i = 0
        while i < 20:
            x = x * 1.25 - x * x * 0.125
            print(i, x)
            i += 1
        return x

    function = by_for if step == "for" else by_while
    function(0.5)
    wanted = capsys.readouterr()
    stored = wengert.compile(function, checkpoint="binomial", slots=3)
    wengert.grad(stored)(0.5)
    assert capsys.readouterr() == wanted
    wengert.grad(wengert.grad(stored))(0.5)
    assert capsys.readouterr() == wanted


def test_what_derivatives_evaluate_beside_the_program_prints_nothing(capsys: Any) -> None:
    def root(a):
        def step(x, a):
            print("step", x)
            return 0.5 * (x + a / x)

        return wengert.fixed_point(step, 1.0, a)

    wengert.compile(root)(2.0)
    wanted = capsys.readouterr()
    np.testing.assert_allclose(wengert.grad(root)(2.0), 0.5 / np.sqrt(2.0))
    assert capsys.readouterr() == wanted

    def recursive(n, x):
        print(n, x)
        return x if n < 2 else recursive(n - 1, x * 1.5) + recursive(n - 2, x)

    recursive(4, 1.0)
    wanted = capsys.readouterr()
    wengert.grad(recursive, argnums=1)(4, 1.0)
    assert capsys.readouterr() == wanted
    wengert.explain(wengert.grad(lambda x: (print("x", x), x * x)[1]), 2.0)
    assert "x 2.0" in capsys.readouterr().out


def test_mapped_functions_print_for_each_active_example(capsys: Any) -> None:
    def f(x, y):
        print("same for all", y)
        print("x", x)
        if x > 1:
            print("large", x)
        return x * y

    wengert.vmap(f, in_axes=(0, None))(A, 2.0)
    assert capsys.readouterr().out == (
        "same for all 2.0\nx 1.0\nx 2.0\nx 3.0\nx -4.0\nlarge 2.0\nlarge 3.0\n"
    )


def test_a_text_is_a_result(capsys: Any) -> None:
    def f(x, a):
        return {"x": x * 2, "message": f"x={x:.2f} {x!r} {a}", "kind": "fixed"}

    assert wengert.compile(f)(2.5, np.ones(2)) == f(2.5, np.ones(2))
    value, message = wengert.grad(lambda x: (x * x, f"at {x}"), has_aux=True)(3.0)
    assert (value, message) == (6.0, "at 3.0")


def test_a_text_of_static_integers_is_a_string() -> None:
    def f(a):
        layers = {f"w{i}": a * i for i in range(4)}
        total = np.zeros_like(a)
        for i in range(4):
            total += layers[f"w{i}"]
        return total

    np.testing.assert_allclose(wengert.compile(f)(A), f(A))


class Diverged(ArithmeticError):
    pass


def asserted(a):
    print("before")
    assert a[0] > 5, f"a0 is {a[0]}, {{0}} {a}"
    print("after")
    return a * 2


def raised(a):
    for i in range(4):
        if a[i] > 1.5:
            raise ValueError(f"element {i} is {a[i]:.2f}")
    return a * 2


def raised_with_arguments(a):
    if a[0] > 0:
        raise RuntimeError("at", 1, a[0])
    return a * 2


def raised_by_key(a):
    if a[0] > 0:
        raise KeyError("k")
    return a * 2


def raised_of_the_users_class(a):
    if a[0] > 0:
        raise Diverged(f"at {a[0]}\nsecond line {{1}}")
    return a * 2


def raised_literally(a):
    if a[0] > 0:
        raise ValueError("{0} is no field\nsecond line")
    return a * 2


FAILING = [asserted, raised, raised_with_arguments, raised_by_key, raised_of_the_users_class, raised_literally]


@pytest.mark.parametrize("function", FAILING)
def test_messages_are_pythons(function: Any, capsys: Any) -> None:
    with pytest.raises(Exception) as expected:
        function(A)
    wanted = capsys.readouterr()
    message = str(expected.value).partition("\nassert ")[0]  # without what pytest adds
    runs = (wengert.compile(function), wengert.grad(lambda a: np.sum(function(a))),
            lambda a: interpret(function, (a,), {}), lambda a: wengert.vmap(function)(a[None]))
    for run in runs:
        with pytest.raises(type(expected.value)) as caught:
            run(A)
        assert message in str(caught.value)
        told = str(caught.value) + "".join(getattr(caught.value, "__notes__", []))
        assert f"{Path(__file__).name}:{function.__code__.co_firstlineno}"[:-2] in told
        assert capsys.readouterr() == wanted  # nothing is written after a failure


def solve(a, tolerance, most):
    status, x, phase, k = "too many steps", a, "a", 0
    for _ in range(most):
        step = (x * x - a) / (2 * x)
        x = x - step
        if abs(step) < tolerance:
            status = "converged"
            break
        if x > 1e6:
            status = "diverged"
            break
    label = "big" if x > 1 else "small"
    print(f"{status}: x={x:.6f}", label)
    if status == "converged" and label != "small":
        x = x * 2
    while k < 5:
        if phase == "a":
            phase = "b"
            x = x + 1
        elif phase == "b":
            phase = "c"
        else:
            phase = "a"
        k += 1
    if status in ("diverged", "lost"):
        raise ValueError("it has " + status)
    return {"x": x, "status": status, "label": f"<{label}>", "phase": phase}


@pytest.mark.parametrize("arguments", [(2.0, 1e-8, 20), (2.0, 1e-8, 2), (0.2, 1e-3, 30), (1e-13, 1e-8, 20)])
def test_strings_that_depend_on_values(arguments: Any, capsys: Any) -> None:
    try:
        expected: Any = solve(*arguments)
    except ValueError as error:
        expected = str(error)
    wanted = capsys.readouterr()
    for run in (wengert.compile(solve), lambda *a: interpret(solve, a, {})):
        if isinstance(expected, str):
            with pytest.raises(ValueError, match=expected):
                run(*arguments)
        else:
            found = run(*arguments)
            np.testing.assert_allclose(found.pop("x"), expected["x"])
            assert found == {name: text for name, text in expected.items() if name != "x"}
        assert capsys.readouterr() == wanted
    if not isinstance(expected, str):
        _, aux = wengert.grad(lambda a: (solve(a, *arguments[1:])["x"], solve(a, *arguments[1:])["status"]),
                              has_aux=True)(arguments[0])
        assert aux == expected["status"]


def test_warnings_are_given_at_run_time() -> None:
    def f(x):
        if x > 1:
            warnings.warn(f"large {x}", RuntimeWarning, stacklevel=2)
        return x

    compiled = wengert.compile(f)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        compiled(0.5), compiled(3.0)
    assert [(str(w.message), w.category) for w in caught] == [("large 3.0", RuntimeWarning)]


def test_an_exception_of_the_stream_is_raised(monkeypatch: Any) -> None:
    class Broken:
        def write(self, text: str) -> None:
            raise OSError("full")

    compiled = wengert.compile(lambda x: print(x))
    monkeypatch.setattr(sys, "stdout", Broken())
    with pytest.raises(OSError, match="full"):
        compiled(1.0)


CACHED = """
import wengert

@wengert.compile
def f(x, k):
    print(f"{x:.1f}", k)
    return x

f(1.5, 2)
"""


def test_code_from_the_cache_prints(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(CACHED)
    environment = {**os.environ, "WENGERT_CACHE_DIR": str(tmp_path / "cache")}
    for _ in range(2):
        done = subprocess.run([sys.executable, str(program)], env=environment, capture_output=True, text=True,
                              check=True, timeout=100)
        assert done.stdout == "1.5 2\n"


@pytest.mark.parametrize(("function", "words"), [
    (lambda x: len(f"{x}"), "its length is needed"),
    (lambda x: {f"{x}": 1}, "it is a key"),
    (lambda x: {"a": 1.0, "b": 2.0}["a" if x > 0 else "b"], "a string that depends on run-time values"),
    (lambda x: print(x, file=open("nowhere")) if False else print(x, file=[1]), "print to a file"),  # noqa: SIM115
])
def test_what_needs_characters_is_refused(function: Any, words: str) -> None:
    with pytest.raises(wengert.WengertError, match=words):
        wengert.compile(function)(1.5)
