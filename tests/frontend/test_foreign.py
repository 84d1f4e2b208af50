"""wengert.extern: C functions and Python callbacks in compiled code, their exceptions, rules and refusals."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.dialects.errors import (
    DifferentiationError,
    GradientError,
    WengertError,
    WengertTypeError,
    WengertValueError,
)
from wengert.frontend.specialize import interpret

LIBM = ctypes.util.find_library("m")
X = np.array([0.3, -0.7, 1.2])
POINTER = ctypes.c_void_p


def atan2_jvp(primals: Any, tangents: Any) -> Any:
    (y, x), (dy, dx) = primals, tangents
    return atan2(y, x), (x * dy - y * dx) / (x * x + y * y)


atan2 = wengert.extern((LIBM, "atan2"), float, arguments=[float, float], jvp=atan2_jvp)


@ctypes.CFUNCTYPE(None, ctypes.c_double, POINTER, ctypes.c_int64, POINTER, POINTER)
def c_axpy(a, x, n, y, total):
    """y = a x, total = sum of them: C by its calling convention."""
    source = np.frombuffer((ctypes.c_double * n).from_address(x))
    target = np.frombuffer((ctypes.c_double * n).from_address(y))
    target[:] = a * source
    ctypes.c_double.from_address(total).value = float(np.sum(target))


axpy = wengert.extern(c_axpy, lambda a, x, n: (x, 0.0), arguments=[float, [float], int], name="axpy")


# ---------------------------------------------------------------- C


def test_a_c_function_in_loops_and_derivatives() -> None:
    def f(x, n):
        s = x
        for i in range(n):
            s = s + atan2(s, 1.0 + i)
        while s < 10.0:
            s = s + atan2(s, 2) * s
        return s

    def plain(x, n):
        s = x
        for i in range(n):
            s = s + np.arctan2(s, 1.0 + i)
        while s < 10.0:
            s = s + np.arctan2(s, 2) * s
        return s

    for n in (0, 3):
        assert wengert.compile(f)(0.3, n) == pytest.approx(plain(0.3, n), rel=1e-14)
        assert wengert.grad(f)(0.3, n) == pytest.approx(wengert.grad(plain)(0.3, n), rel=1e-12)
    assert atan2(1.0, 1.0) == pytest.approx(np.pi / 4)
    wengert.check_grads(lambda y, x: atan2(y, x) * y, [0.4, 0.9], order=2)


def test_single_precision_is_passed_as_such() -> None:
    erff = wengert.extern((LIBM, "erff"), np.float32, arguments=[np.float32])
    y = wengert.compile(lambda x: erff(x) * 2)(np.float32(0.5))
    assert y.dtype == np.float32 and y == pytest.approx(1.0409998, rel=1e-6)


def test_arrays_are_pointers_to_contiguous_memory() -> None:
    @wengert.compile
    def f(a, x, m):
        out = np.zeros((2, 3))
        out[0], t = axpy(a, x[::2], 3)
        out[1] = axpy(a, m[:, 1], 3)[0]
        y, s = axpy(1.0, x[1:] + 1.0, 5)
        return out, t + s, y

    x, m = np.arange(6.0), np.arange(9.0).reshape(3, 3)
    out, t, y = f(2.0, x, m)
    np.testing.assert_array_equal(out, [[0, 4, 8], [2, 8, 14]])
    np.testing.assert_array_equal(y, x[1:] + 1)
    assert t == 12 + np.sum(x[1:] + 1)


def test_the_interpreter_calls_it_too() -> None:
    assert interpret(lambda y, x: atan2(y, x), (1.0, 1.0), {}) == pytest.approx(np.pi / 4)
    y, t = interpret(lambda a, x: axpy(a, x, 3), (2.0, X), {})
    np.testing.assert_allclose(y, 2 * X)
    assert t == pytest.approx(np.sum(2 * X))


# ---------------------------------------------------------------- Python


def test_a_callback_takes_and_gives_structures() -> None:
    seen: list[Any] = []

    def callback(data, k, flag, mode):
        seen.append((type(data["x"]), type(k), type(flag), mode, data["m"].dtype))
        return {"y": data["x"] * k, "n": k + 1, "f": not flag}

    f = wengert.extern(callback, {"y": np.zeros(3), "n": int, "f": bool})

    @wengert.compile
    def g(x, k, flag):
        mask = x > 0
        r = f({"x": x * 2, "m": mask}, k, flag, "fast")
        return r["y"] + 1, r["n"], r["f"]

    y, n, flag = g(X, 3, True)
    np.testing.assert_allclose(y, X * 6 + 1)
    assert (n, bool(flag)) == (4, False)
    assert seen == [(np.ndarray, int, bool, "fast", np.dtype(bool))]
    assert f({"x": X, "m": X > 0}, 2, False, "slow")["n"] == 3


def test_the_shape_of_the_result_follows_the_arguments() -> None:
    outer = wengert.extern(lambda x, y: np.outer(x, y), lambda x, y: np.outer(x, y))
    f = wengert.compile(lambda x, y: np.sum(outer(x, y), axis=0))
    np.testing.assert_allclose(f(X, X[:2]), np.sum(np.outer(X, X[:2]), axis=0))
    np.testing.assert_allclose(f(X[:1], X), X[0] * X)


def test_a_callback_with_rules_is_differentiated() -> None:
    def bwd(x, ct):
        return (2 * x * ct,)

    square = wengert.extern(lambda x: x * x, lambda x: x, vjp=(lambda x: (square(x), x), bwd))
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(square(x) * x))(X), 3 * X**2)
    np.testing.assert_allclose(wengert.jvp(square, (X,), (X,))[1], 2 * X**2)
    np.testing.assert_allclose(wengert.hessian(lambda x: np.sum(square(square(x))))(X), np.diag(12 * X**2))


@pytest.mark.parametrize("error", [KeyError("lost"), ZeroDivisionError("none"), KeyboardInterrupt(), SystemExit(3)])
def test_an_exception_of_a_callback_comes_out_as_it_is(error: BaseException) -> None:
    calls: list[float] = []

    def callback(x):
        calls.append(x)
        if x > 2:
            raise error
        return x + 1

    f = wengert.extern(callback, float)

    @wengert.compile
    def loop(x):
        for _ in range(3):
            x = f(x)
        while x < 100.0:
            x = f(x)
        return x

    for _ in range(2):
        with pytest.raises(type(error)) as caught:
            loop(0.5)
        assert caught.value is error
    assert calls[:3] == [0.5, 1.5, 2.5]


def test_an_older_failure_of_another_kind_comes_first() -> None:
    def callback(x):
        raise RuntimeError("callback")

    f = wengert.extern(callback, float)

    @wengert.compile
    def g(x, k):
        y = x[k]
        return f(y)

    with pytest.raises(IndexError):
        g(X, 7)
    with pytest.raises(RuntimeError, match="callback"):
        g(X, 0)


@pytest.mark.parametrize(("result", "what"), [
    (lambda x: np.zeros(4), "returns float64(4,)"),
    (lambda x: x + 1j, "returns complex128(3,)"),
    (lambda x: (x, x), "returns float64(2, 3)"),
])
def test_a_callback_that_returns_something_else(result: Callable[..., Any], what: str) -> None:
    f = wengert.extern(result, np.zeros(3), name="f")
    for call in (wengert.compile(lambda x: f(x)), f):
        with pytest.raises(WengertValueError) as caught:
            call(X)
        assert caught.value.what == f"f {what}"


def test_another_structure() -> None:
    f = wengert.extern(lambda x: x, (float, float), name="f")
    with pytest.raises(WengertValueError, match="returns the structure"):
        wengert.compile(lambda x: f(x)[0])(1.0)


def test_effects_stay_in_order_and_what_is_pure_and_unused_goes() -> None:
    log: list[Any] = []

    def record(x):
        log.append(float(x))
        return x

    effect, pure = wengert.extern(record, float, effect=True), atan2

    @wengert.compile
    def f(x):
        effect(x)
        effect(x + 1)
        effect(x)
        pure(x, x)
        return x

    f(1.0)
    assert log == [1.0, 2.0, 1.0]
    assert "atan2" not in f.lower(1.0).as_text("transposed")


def test_threads_call_back_while_others_compute() -> None:
    f = wengert.extern(lambda x: x * 2.0, lambda x: x)

    @wengert.compile
    def work(x, n):
        for _ in range(n):
            x = f(x) * 0.5
        return x

    x = np.ones(20_000)
    results: list[Any] = [None] * 4

    def run(i: int) -> None:
        results[i] = work(x * i, 20)

    threads = [threading.Thread(target=run, args=(i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(np.array_equal(r, x * i) for i, r in enumerate(results))


PROGRAM = """
import sys, numpy as np, wengert
pad = [wengert.extern(lambda x, i=i: x + 100 * i, float) for i in range(int(sys.argv[1]))]
for p in pad:
    wengert.compile(lambda x: p(x))(0.0)
f = wengert.extern(lambda x: x * 3.0, float, name="f")
print(wengert.compile(lambda x: f(x) + 1)(2.0))
"""


def test_cached_code_finds_the_functions_of_its_process(tmp_path: Path) -> None:
    for pad in ("0", "2"):
        done = subprocess.run([sys.executable, "-c", PROGRAM, pad], capture_output=True, text=True, check=False,
                              env={**os.environ, "WENGERT_CACHE_DIR": str(tmp_path)})
        assert done.stdout == "7.0\n", done.stderr


# ---------------------------------------------------------------- for many examples


def test_vmap_calls_it_for_each_example() -> None:
    pair = wengert.extern(lambda x, k: (x * k, k + 1), (np.zeros(2), int))
    y, n = wengert.vmap(lambda x, k: pair(x, k), (0, None))(np.arange(6.0).reshape(3, 2), 3)
    np.testing.assert_array_equal(y, 3 * np.arange(6.0).reshape(3, 2))
    assert np.all(np.asarray(n) == 4)
    slopes = wengert.vmap(wengert.grad(lambda y: atan2(y, 2.0) * y))(X)
    np.testing.assert_allclose(slopes, np.arctan2(X, 2) + X * 2 / (X**2 + 4), rtol=1e-14)
    np.testing.assert_allclose(wengert.grad(lambda x: np.sum(wengert.vmap(lambda y: atan2(y, 2.0))(x)))(X),
                               2 / (X**2 + 4), rtol=1e-14)


def test_vmap_and_examples_that_do_not_take_part() -> None:
    def root(x):
        if x < 0:
            raise ValueError("negative")
        return np.sqrt(x)

    f = wengert.extern(root, float)
    effect = wengert.extern(root, float, effect=True)

    def program(x):
        y = 0.0
        if x > 0:
            y = f(x)
        return y

    def effectful(x):
        y = 0.0
        if x > 0:
            y = effect(x)
        return y

    np.testing.assert_allclose(wengert.vmap(program)(X), np.sqrt(np.maximum(X, 0)))
    with pytest.raises(ValueError, match="negative"):
        wengert.vmap(lambda x: f(x))(X)
    np.testing.assert_allclose(wengert.vmap(effectful)(X), np.sqrt(np.maximum(X, 0)))  # not called for the others


# ---------------------------------------------------------------- refusals


def source_line(error: Any) -> str:
    return Path(error.position.file).read_text().splitlines()[error.position.line - 1].strip()


def test_without_rules_it_has_no_derivative() -> None:
    f = wengert.extern(lambda x: x, float, name="f")

    def loss(x, y):
        return f(x) * y  # here

    with pytest.raises(DifferentiationError) as caught:
        wengert.grad(loss)(1.0, 2.0)
    assert caught.value.what == "the call of f has no derivative rule"
    assert source_line(caught.value).endswith("# here")
    with pytest.raises(DifferentiationError):
        wengert.jvp(loss, (1.0, 2.0), (1.0, None))
    assert wengert.grad(loss, 1)(1.0, 2.0) == 1.0
    assert wengert.grad(lambda x: f(wengert.stop_gradient(x)) * x)(3.0) == 3.0


def test_a_wrong_rule_is_found_by_differences() -> None:
    def rule(primals, tangents):
        return sine(primals[0]), factor * np.cos(primals[0]) * tangents[0]

    for factor in (1.0, 1.1):
        sine = wengert.extern((LIBM, "sin"), float, arguments=[float], jvp=rule)
        f = wengert.compile(lambda x: sine(x) ** 2, check=True)  # noqa: B023 - called at once
        if factor == 1.0:
            assert wengert.grad(f)(0.3) == pytest.approx(np.sin(0.6), rel=1e-12)
        else:
            with pytest.raises(GradientError, match="differences of it have"):
                wengert.grad(f)(0.3)


@pytest.mark.parametrize(("make", "error", "what"), [
    (lambda: wengert.extern((LIBM, "no_such_function"), float, arguments=[float]), WengertValueError,
     "there is no C function 'no_such_function'"),
    (lambda: wengert.extern(("/no/such/library.so", "f"), float, arguments=[float]), WengertValueError,
     "there is no C function 'f'"),
    (lambda: wengert.extern((LIBM, "sin"), float), WengertTypeError, "extern of a C function needs arguments="),
    (lambda: wengert.extern((LIBM, "sin"), float, arguments=["f64"]), WengertTypeError, "'f64' is no argument"),
    (lambda: wengert.extern(3, float), WengertTypeError, "extern needs a function, not int"),
    (lambda: atan2(1.0), WengertTypeError, "atan2 takes 2 arguments, and is given 1"),
    (lambda: atan2(X, 1.0), WengertTypeError, "argument 0 of atan2 is an array f64(3,), and a number f64 is declared"),
    (lambda: axpy(1.0, X.astype(np.float32), 3), WengertTypeError,
     "argument 1 of axpy is an array f32(3,), and an array of f64 is declared"),
    (lambda: axpy(1.0, X, 3.5), WengertTypeError, "argument 2 of axpy is a number f64, and a number i64 is declared"),
    (lambda: atan2(x=1.0, y=2.0), WengertTypeError, "atan2 takes its arguments by position"),
    (lambda: wengert.extern(lambda x: x, "text", name="f")(1.0), WengertTypeError,
     "the result of f is described by 'text'"),
    (lambda: wengert.extern(ctypes.CFUNCTYPE(None)(0), float, arguments=[]), WengertValueError, "null pointer"),
])
def test_refusals(make: Callable[[], Any], error: type[WengertError], what: str) -> None:
    with pytest.raises(error) as caught:
        make()
    assert what in caught.value.what
