"""Arguments of every kind of memory: NumPy's result and NumPy's changes, or an error."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import wengert


def read(a):
    total = 0.0
    for i in range(len(a)):
        total += np.sum(a[i]) * i
    return total


def write(a):
    a[0] = 5.0
    a[1:] *= 2
    return np.sum(a * a)


def unaligned() -> Any:
    return np.frombuffer(bytearray(b"\0" + np.arange(4.0).tobytes()), dtype=np.uint8)[1:].view(np.float64)


MEMORY: dict[str, Callable[[], Any]] = {
    "contiguous": lambda: np.arange(4.0),
    "every second": lambda: np.arange(8.0)[::2],
    "backwards": lambda: np.arange(4.0)[::-1],
    "fortran": lambda: np.asfortranarray(np.arange(12.0).reshape(3, 4)),
    "transposed": lambda: np.arange(12.0).reshape(3, 4).T,
    "swapped bytes": lambda: np.arange(4.0).astype(">f8"),
    "swapped integers": lambda: np.arange(4).astype(">i4"),
    "unaligned": unaligned,
    "column": lambda: np.arange(12.0).reshape(4, 3)[:, 1],
    "repeated": lambda: np.broadcast_to(np.arange(4.0), (3, 4)).copy(),
    "empty rows": lambda: np.zeros((4, 0)),
    "view of a class": lambda: np.arange(4.0).view(np.recarray),
}


@pytest.mark.parametrize("name", MEMORY)
@pytest.mark.parametrize("function", [read, write])
def test_memory_of_any_layout(name: str, function: Callable[..., Any]) -> None:
    plain, given = MEMORY[name](), MEMORY[name]()
    expected = function(plain)
    np.testing.assert_allclose(wengert.compile(function)(given), expected)
    np.testing.assert_array_equal(given, plain)


@pytest.mark.parametrize("make", [
    lambda: np.matrix([[1.0, 2.0]]),
    lambda: np.ma.array([1.0, 2.0], mask=[False, True]),
    lambda: np.array([1, 2], dtype=object),
    lambda: np.array(["a"]),
    lambda: np.arange(3, dtype=np.float16),
    lambda: np.array(["2020"], dtype="M8[Y]"),
])  # fmt: skip
def test_arrays_of_other_kinds_are_refused(make: Callable[[], Any]) -> None:
    with pytest.raises(wengert.WengertTypeError, match="an argument is an array of") as caught:
        wengert.compile(read)(make())
    assert caught.value.help


def test_read_only_memory_is_never_written() -> None:
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    assert wengert.compile(read)(fixed) == read(fixed)
    with pytest.raises(ValueError, match="read-only"):
        wengert.compile(write)(fixed)
    with pytest.raises(ValueError, match="read-only"):
        wengert.compile(write)(np.broadcast_to(np.arange(4.0), (3, 4)))
    np.testing.assert_array_equal(fixed, np.arange(3.0))


def first_from_second(a, b):
    for i in range(len(b)):
        a[i] = b[i] + 1
        b[i] = a[0]
    return a.sum()


OVERLAPS: dict[str, Callable[[], tuple[Any, Any]]] = {
    "twice": lambda: (x := np.arange(5.0), x),
    "same view": lambda: ((x := np.arange(8.0))[:4], x[:4]),
    "halves": lambda: ((x := np.arange(8.0))[:4], x[4:]),
    "shifted": lambda: ((x := np.arange(8.0))[:5], x[1:6]),
    "every second": lambda: ((x := np.arange(8.0))[:4], x[::2]),
    "inside": lambda: (x := np.arange(8.0), x[2:5]),
}


@pytest.mark.parametrize("name", OVERLAPS)
def test_overlapping_arguments_are_exact_or_refused(name: str) -> None:
    plain, given = OVERLAPS[name](), OVERLAPS[name]()
    untouched = copy.deepcopy(given)
    expected = first_from_second(*plain)
    try:
        result = wengert.compile(first_from_second)(*given)
    except wengert.WengertError as error:
        assert "view of its memory" in str(error) and error.help
        for x, y in zip(given, untouched, strict=True):
            np.testing.assert_array_equal(x, y)
        assert name in ("shifted", "every second", "inside")
        return
    np.testing.assert_allclose(result, expected)
    for x, y in zip(given, plain, strict=True):
        np.testing.assert_array_equal(x, y)
    compiled = wengert.compile(lambda a, b: (a * b[: len(a)]).sum())
    np.testing.assert_allclose(compiled(*plain), (plain[0] * plain[1][: len(plain[0])]).sum())


def test_one_function_for_changing_dtypes_and_shapes() -> None:
    compiled = wengert.compile(lambda a: a * 2 + a[0])
    for dtype in (np.float64, np.float32, np.int64, np.int8, np.uint16, np.complex128):
        for shape in ((3,), (1,), (3, 2), (2, 0)):
            x = (np.arange(np.prod(shape)) % 5).astype(dtype).reshape(shape)
            result = compiled(x)
            assert result.dtype == (x * 2 + x[0]).dtype
            np.testing.assert_array_equal(result, x * 2 + x[0])


#: (program, arguments): each fails in NumPy, and in compiled code with the same kind of error.
FAILING = """
import numpy as np, wengert

M = np.arange(12.0).reshape(3, 4)
V = np.arange(3.0)

def assign(a, i):
    a[i] = 1.0
    return a.sum()

def slices(a, k):
    a[:k] = np.ones(3)

def loop(a, n):
    s = 0.0
    for i in range(n):
        s += a[i] * a[n - i]
    return s

def loop_write(a, n):
    for i in range(n):
        a[i + 1, i] = a[i, i + 1]
    return a.sum()

CASES = [
    (lambda a: a[0], (np.zeros(0),)), (lambda a, i: a[i], (V, 5)), (lambda a, i: a[i], (V, -4)),
    (assign, (V, 7)), (assign, (V, -8)), (lambda a, i: a[i].sum(), (V, np.array([0, 3]))),
    (assign, (V, np.array([0, -4]))), (lambda a, i: a[i, i], (M, 3)), (lambda a, i: a[i].sum(), (M, 3)),
    (lambda a, i: a[:, i].sum(), (M, 4)), (lambda a, i: np.take(a, i), (V, np.array([5]))),
    (lambda a, b: a + b, (V, np.arange(4.0))), (lambda a, k: (a[:k] + a[k:]).sum(), (np.arange(5.0), 2)),
    (slices, (np.arange(5.0), 2)), (lambda a, b: a @ b, (M, M)), (lambda a: a.reshape(2, 2), (V,)),
    (lambda a, k: a // k, (5, 0)), (lambda a, k: a % k, (5, 0)), (lambda d: d["b"], ({"a": 1.0},)),
    (lambda a: a.missing, (V,)), (lambda items, i: items[i], ([1.0, 2.0], 5)), (loop, (V, 3)), (loop, (V, 30)),
    (loop_write, (M, 3)), (lambda a, i: a[0][i], (M, 9)), (lambda a, i: a[1:][i], (V, 2)),
    (lambda a, i: a.T[i], (M, 4)),
]
for number, (f, arguments) in enumerate(CASES):
    kinds = []
    for run in (f, wengert.compile(f)):
        copies = [x.copy() if isinstance(x, np.ndarray) else x for x in arguments]
        try:
            run(*copies)
            kinds.append(None)
        except Exception as error:
            kinds.append(error)
    assert kinds[0] is not None and isinstance(kinds[1], type(kinds[0])), (number, kinds)
print("all of them fail")
"""


def test_failures_are_numpys_and_memory_is_never_corrupted(tmp_path: Any) -> None:
    program = tmp_path / "failing.py"
    program.write_text(FAILING)
    done = subprocess.run([sys.executable, str(program)], capture_output=True, text=True, timeout=200)
    assert done.stdout == "all of them fail\n", done.stderr[-3000:]
