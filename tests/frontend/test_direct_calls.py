"""Calls that generated entries answer themselves, and that everything else finds its way past them."""

import gc
import sys
import threading
from types import BuiltinFunctionType
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.frontend.function import MOST_RECENT
from wengert.runtime import python_abi

A, B = np.arange(4.0), np.arange(4.0) + 2.0


def product(a: Any, b: Any) -> Any:
    return np.sum(a * b)


def is_direct(function: Any) -> bool:
    """Whether calls have no frame of Python's."""
    return isinstance(type(function).__call__, BuiltinFunctionType)


def test_a_call_is_a_call_of_the_entry() -> None:
    f = wengert.compile(product)
    assert not is_direct(f)
    assert f(A, B) == 26.0
    assert is_direct(f) and isinstance(f, wengert.Function)
    assert f(A, B) == 26.0 and f.stats().compilations == 1


TREES = {
    "value and gradients": (wengert.value_and_grad(product, argnums=(0, 1)), (26.0, (B, A))),
    "gradient": (wengert.grad(product), B),
    "hessian": (wengert.hessian(lambda x, y: np.sum(x * x * y)), np.diag(2.0 * B)),
    "batch": (wengert.vmap(lambda x, y: (x + y, [x])), (A + B, [A])),
    "dict": (wengert.compile(lambda a, b: {"sum": a + b, "rest": [a - b, {"a": (a * b, None)}], "again": (a + b,)}),
             {"sum": A + B, "rest": [A - B, {"a": (A * B, None)}], "again": (A + B,)}),
    "nothing": (wengert.compile(lambda a, b: None), None),
    "twice": (wengert.compile(lambda a, b: [(s := np.sum(a * b)), s, (s, [])]), [26.0, 26.0, (26.0, [])]),
}


@pytest.mark.parametrize("name", TREES)
def test_results_are_trees(name: str) -> None:
    f, expected = TREES[name]
    for _ in range(3):
        result = f(A, B)
        assert repr(wengert.compile(lambda x: x)(result)) == repr(result)
        np.testing.assert_equal(result, expected)
        if isinstance(expected, dict):
            assert list(result) == list(expected)
    assert is_direct(f)


def test_an_argument_that_is_returned_is_the_object_itself() -> None:
    @wengert.compile
    def double(a: Any) -> Any:
        a *= 2.0
        return a, a.sum()

    a = np.ones(3)
    for expected in (2.0, 4.0):
        result, total = double(a)
        assert result is a and total == 3 * expected
    view = np.ones(6)[::2]  # is copied, and written back
    result, total = double(view)
    assert result is view and total == 6.0
    np.testing.assert_array_equal(view, np.full(3, 2.0))
    assert is_direct(double)


def test_kinds_of_arguments_in_turn() -> None:
    f = wengert.compile(lambda a, b: a * b + 1)
    sizes = range(1, MOST_RECENT + 4)
    for _ in range(2):
        for n in sizes:
            np.testing.assert_array_equal(f(np.full(n, 2.0), np.arange(float(n))), 2.0 * np.arange(n) + 1)
            assert f(n, 2) == 2 * n + 1
            assert f(n, b=0.5) == 0.5 * n + 1
            np.testing.assert_array_equal(f(np.ones((2, n)).T, 1.5), np.full((n, 2), 2.5))
    assert f.stats().compilations == 2 * len(sizes) + 2


def test_what_does_not_fit_says_so() -> None:
    f = wengert.compile(product)
    f(A, B)
    with pytest.raises(TypeError, match="missing 1 required positional argument"):
        f(A)
    with pytest.raises(wengert.WengertTypeError, match="dtype"):
        f(A, np.array(["text"] * 4))
    with pytest.raises(wengert.WengertValueError, match="broadcast"):
        f(A, np.ones(5))
    np.testing.assert_array_equal(f(A, B[::-1]), product(A, B[::-1]))
    assert f(a=A, b=B) == 26.0
    assert f(A.astype(">f8"), list(B)) == 26.0


def test_methods_and_attributes() -> None:
    class Model:
        def __init__(self, scale: float) -> None:
            self.scale = scale

        @wengert.compile
        def __call__(self, x: Any) -> Any:
            return np.sum(x) * self.scale

    first, second = Model(2.0), Model(3.0)
    for _ in range(2):
        assert (first(A), second(A)) == (12.0, 18.0)
    first.scale = 5.0
    assert first(A) == 30.0
    f = wengert.compile(product)
    f(A, B)
    assert f.__name__ == "product" and f.py_func is product and "product" in repr(f)


def test_trees_constants_and_captured_values_are_found_again() -> None:
    weights = {"w": A.copy(), "more": [B, 2.0]}
    f = wengert.compile(lambda p, n, kind: np.sum(p["w"] * p["more"][0]).reshape(n) * p["more"][1] if kind else n)
    for _ in range(2):
        np.testing.assert_array_equal(f(weights, 1, "yes"), [52.0])
        np.testing.assert_array_equal(f(weights, (1, 1), "yes"), [[52.0]])
        assert f(weights, 7, "") == 7
        assert f({"w": A, "more": [A, True]}, 1, "yes")[0] == 14.0
    assert f.stats().compilations == 4


def test_an_argument_that_is_captured_too() -> None:
    """The code for it is not the code for another array; also complex ones."""
    x, scale = np.ones(3), 2.0
    g = wengert.compile(lambda y: np.sum(x * y) * scale)
    assert (g(x), g(x)) == (6.0, 6.0)
    x[0] = 3.0
    assert g(np.ones(3)) == 10.0
    assert (g(x), g(np.ones(3))) == (22.0, 10.0)
    scale = 1.0
    assert g(np.ones(3)) == 5.0
    z = np.full(2, 1j)
    h = wengert.compile(lambda y: np.sum(y * z))
    assert (h(z), h(np.ones(2, complex)), h(z)) == (-2.0, 2j, -2.0)


def test_the_same_array_twice() -> None:
    @wengert.compile
    def shift(a: Any, b: Any) -> Any:
        a[1:] = b[:-1]
        return np.sum(b)

    for _ in range(2):
        a = A.copy()
        assert shift(a, a) == 3.0 and a.tolist() == [0.0, 0.0, 1.0, 2.0]
        a = A.copy()
        assert shift(a, A) == 6.0
        with pytest.raises(wengert.WengertError, match=r"overlap|another NumPy view"):
            shift(a[1:], a[:-1])


def test_a_number_of_numpys_is_one_where_it_matters() -> None:
    f = wengert.compile(lambda a, s: a * s)
    single = np.ones(2, np.float32)
    for _ in range(2):
        assert f(single, 2.0).dtype == np.float32
        assert f(single, np.float64(2.0)).dtype == np.float64


def test_calls_belong_to_the_trace_that_makes_them() -> None:
    """Code without a source is not rewritten: its calls arrive at the entry, with and without traced values."""
    step, weights = wengert.compile(product), A.copy()
    step(A, B)
    assert is_direct(step)
    names = {"step": step, "weights": weights}
    exec("def both(x): return step(x, x) + step(weights, weights)", names)
    f = wengert.compile(names["both"])
    assert f(B) == 54.0 + 14.0
    weights[0] = 10.0
    assert f(B) == 54.0 + 114.0
    python_abi.count_traces(1)  # as if in another thread
    try:
        assert step(A, B) == 26.0
    finally:
        python_abi.count_traces(-1)


def test_calls_while_another_thread_traces() -> None:
    f = wengert.compile(lambda a, b: (a + b, {"p": a * b}))
    f(A, B)
    tracing, done, wrong = threading.Event(), threading.Event(), []

    def slow(x: Any) -> Any:
        tracing.set()
        done.wait(20.0)
        return x

    thread = threading.Thread(target=lambda: wengert.compile(lambda x: waiting(x) + 1)(1.0))
    waiting = wengert.extern(slow, lambda x: x)
    thread.start()
    for _ in range(200):
        total, rest = f(A, B)
        if total[1] != 4.0 or rest["p"][1] != 3.0:
            wrong.append(total)
    done.set()
    thread.join()
    assert not wrong


def test_threads_call_and_compile_together() -> None:
    f, wrong = wengert.value_and_grad(product, argnums=(0, 1)), []

    def work(k: int) -> None:
        for i in range(60):
            n = 1 + (i + k) % 6
            a, b = np.full(n, float(k)), np.arange(float(n))
            value, (da, db) = f(a, b)
            if value != k * np.sum(b) or (da != b).any() or (db != a).any():
                wrong.append((k, i))

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_calls_leave_nothing_behind() -> None:
    key = "a rather unusual key"
    f = wengert.compile(lambda a, b: (np.sum(a[b]), {"a rather unusual key": [a + 1, (a, None)]}))
    good, bad = np.array([1, 3]), np.array([1, 7])

    def calls() -> None:
        for _ in range(500):
            f(A, good)
            for wrong in ((A, bad), (A, "no"), (A,)):
                with pytest.raises((IndexError, TypeError)):
                    f(*wrong)

    def counts() -> tuple[int, ...]:
        gc.collect()
        objects = (A, good, bad, None, key, f, np.dtype(float), np.ndarray, dict, list, tuple)
        return (sys.getallocatedblocks(), *map(sys.getrefcount, objects))

    calls()
    for _attempt in range(4):
        before = counts()
        calls()
        grown = [after - b for after, b in zip(counts(), before, strict=True)]
        if all(growth < 100 for growth in grown):
            return
    raise AssertionError(grown)
