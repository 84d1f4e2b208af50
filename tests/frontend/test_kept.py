"""Compilations kept on disk: found again by the same program, never by another one.

A program is a file that is executed anew as a module of the same name, as another process would do it; what a process
loads is seen in subprocesses at the end.
"""

from __future__ import annotations

import contextlib
import importlib.util
import json
import linecache
import os
import subprocess
import sys
import threading
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

import wengert
from wengert.frontend import kept

PROGRAM = """
import numpy as np
from dataclasses import dataclass

SCALE = 2.0
TABLE = np.array([0, 2])
WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])
RATES = {"decay": 0.5, "rows": [1, 2]}

def helper(x):
    return deeper(x) * SCALE

def deeper(x):
    return np.tanh(x)

class Model:
    gain = 3.0

    def __init__(self, rate):
        self.rate = rate

    def apply(self, x):
        return self.gain * self.rate * x

@dataclass
class Point:
    x: np.ndarray
    mass: float = 1.0

model = Model(0.25)

def make(rate):
    def closed(x):
        return np.sum(x * rate)
    return closed

def f(x, power=2):
    y = helper(x)
    return np.sum(y[TABLE] ** 2) + np.sum(WEIGHTS * x) * RATES["decay"] + np.sum(model.apply(x))

def item(x, i):
    return x[i] * 2.0

def rows(x, n):
    return np.zeros(n) + np.sum(x)

def two(a, b):
    a[0] = 7.0
    return a.sum() + b.sum()

def energy(p):
    return p.mass * np.sum(p.x ** 2)

def moved(p):
    return Point(p.x * 2.0, p.mass)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Program:
    monkeypatch.setattr(kept, "enabled", True)
    monkeypatch.setenv("WENGERT_CACHE_DIR", str(tmp_path / "cache"))
    return Program(tmp_path)


class Program:
    """The file of a program; each `new` is what another process has of it."""

    def __init__(self, directory: Path) -> None:
        self.path, self.cache = directory / "kept_program.py", directory / "cache"
        self.path.write_text(PROGRAM)

    def change(self, old: str, new: str) -> None:
        text = self.path.read_text()
        assert old in text
        self.path.write_text(text.replace(old, new))

    def new(self) -> Any:
        spec = importlib.util.spec_from_file_location("kept_program", self.path)
        assert spec is not None
        assert spec.loader is not None
        module: ModuleType = importlib.util.module_from_spec(spec)
        sys.modules["kept_program"] = module
        linecache.checkcache(str(self.path))
        text = self.path.read_text()
        exec(compile(text, str(self.path), "exec"), vars(module))
        return module

    def call(self, name: str, *args: Any, **options: Any) -> tuple[Any, bool]:
        """The result of a compiled function of a new process, and whether the disk had it."""
        return called(wengert.compile(getattr(self.new(), name), **options), *args)


def called(f: wengert.Function, *args: Any) -> tuple[Any, bool]:
    result = f(*args)
    assert f.stats().compilations == 1
    return result, f.stats().loaded == 1


X = np.array([0.5, -1.0, 2.0, 0.25])


def test_the_same_program_is_found_again(program: Program) -> None:
    value, from_disk = program.call("f", X)
    assert not from_disk
    np.testing.assert_allclose(value, program.new().f(X))
    assert program.call("f", X) == (value, True)
    assert program.call("f", X + 1.0) == (wengert.compile(program.new().f)(X + 1.0), True)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("y[TABLE] ** 2", "y[TABLE] ** 3"),
        ("SCALE = 2.0", "SCALE = 4.0"),
        ("np.tanh(x)", "np.sin(x)"),
        ("np.array([0, 2])", "np.array([1, 2])"),
        ('"decay": 0.5', '"decay": 0.25'),
        ("gain = 3.0", "gain = 5.0"),
        ("self.gain * self.rate * x", "self.gain + self.rate * x"),
        ("Model(0.25)", "Model(0.75)"),
        ("def deeper(x):\n", "def deeper(x):\n    # one line more: errors name lines\n"),
        ("WEIGHTS = np.array([1.0, 2.0, 3.0, 4.0])", "WEIGHTS = 3.0"),
    ],
    ids=lambda text: text[:20],
)
def test_a_changed_program_is_another(program: Program, old: str, new: str) -> None:
    program.call("f", X)
    program.change(old, new)
    value, from_disk = program.call("f", X)
    assert not from_disk
    np.testing.assert_allclose(value, program.new().f(X))


def test_float_arrays_of_the_program_are_read_at_the_call(program: Program) -> None:
    program.call("f", X)
    program.change("[1.0, 2.0, 3.0, 4.0]", "[5.0, 2.0, 3.0, 4.0]")
    value, from_disk = program.call("f", X)
    assert from_disk
    np.testing.assert_allclose(value, program.new().f(X))


def test_what_changes_after_loading_is_seen(program: Program) -> None:
    program.call("f", X)
    for change in (
        lambda m: setattr(m, "SCALE", 5.0),
        lambda m: setattr(m, "WEIGHTS", np.ones(4)),
        lambda m: m.TABLE.__setitem__(0, 3),
        lambda m: setattr(m.model, "rate", 9.0),
        lambda m: m.RATES.__setitem__("decay", 9.0),
    ):
        module = program.new()
        f = wengert.compile(module.f)
        np.testing.assert_allclose(f(X), module.f(X))
        assert f.stats().loaded == 1
        change(module)
        np.testing.assert_allclose(f(X), module.f(X))


def test_a_file_that_changed_after_its_import(program: Program) -> None:
    """The trace is of the file as it is; the code that was imported must not stand for it."""
    old = program.path.read_text()
    module = program.new()
    program.change("    return x[i] * 2.0\n", "    return x[i] * 2.0\n    i = 3\n")
    assert wengert.compile(module.item)(X, 1) == -2.0
    program.path.write_text(old)
    assert program.call("item", X, 1) == (-2.0, False)
    assert program.call("item", X, 1) == (-2.0, True)


def test_closures_and_defaults(program: Program) -> None:
    for rate in (2.0, 3.0):
        for expected in (False, True):
            value, from_disk = called(wengert.compile(program.new().make(rate)), X)
            assert (float(value), from_disk) == (float(np.sum(X * rate)), expected)
    program.change("power=2", "power=4")
    program.call("f", X)
    program.change("power=4", "power=5")
    assert not program.call("f", X)[1]


@pytest.mark.parametrize(
    "other",
    [
        np.ones(4, np.float32), np.ones(3), np.ones((4, 1)), np.ones(4, np.int64), np.ones(8)[::2], 1.0,
    ],
    ids=["dtype", "shape", "rank", "integers", "strided", "number"],
)
def test_another_kind_of_argument(program: Program, other: Any) -> None:
    def total(x: Any) -> Any:
        return np.sum(x)

    assert not called(wengert.compile(total), np.ones(4))[1]
    assert called(wengert.compile(total), np.ones(4))[1]
    value, from_disk = called(wengert.compile(total), other)
    assert not from_disk
    assert float(value) == float(np.sum(other))


def test_aliases_are_part_of_the_key(program: Program) -> None:
    a, b = np.ones(3), np.ones(3)
    assert program.call("two", a, b) == (12.0, False)
    c = np.ones(3)
    assert program.call("two", c, c) == (18.0, False)
    assert program.call("two", np.ones(3), np.ones(3)) == (12.0, True)
    d = np.ones(3)
    assert program.call("two", d, d) == (18.0, True)


def test_numbers_that_fix_a_shape(program: Program) -> None:
    for n, expected in ((3, False), (4, False), (3, True), (4, True)):
        value, from_disk = program.call("rows", X, n)
        assert from_disk == expected
        np.testing.assert_array_equal(value, np.full(n, X.sum()))


def test_options_are_part_of_the_key(program: Program) -> None:
    program.call("f", X)
    assert not program.call("f", X, precise=True)[1]
    assert not program.call("f", X, nan="trap")[1]
    assert program.call("f", X, precise=True)[1]


def test_errors_name_the_line(program: Program) -> None:
    messages = []
    for expected in (False, True):
        f = wengert.compile(program.new().item)
        assert (f(X, 1), f.stats().loaded == 1) == (-2.0, expected)
        with pytest.raises(IndexError) as caught:
            f(X, 4)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert "kept_program.py" in messages[0]
    assert "x[i] * 2.0" in messages[0]


def test_instances_in_arguments_and_results(program: Program) -> None:
    for expected in (False, True):
        module = program.new()
        value, from_disk = called(wengert.compile(module.energy), module.Point(X, 2.0))
        assert (float(value), from_disk) == (float(2.0 * np.sum(X**2)), expected)
        point, from_disk = called(wengert.compile(module.moved), module.Point(X, 2.0))
        assert from_disk == expected
        assert type(point) is module.Point
        np.testing.assert_array_equal(point.x, X * 2.0)
    program.change("p.x * 2.0", "p.x * 3.0")
    module = program.new()
    point, from_disk = called(wengert.compile(module.moved), module.Point(X, 2.0))
    assert not from_disk
    np.testing.assert_array_equal(point.x, X * 3.0)


def test_lists_of_run_time_length_are_lists(program: Program) -> None:
    program.path.write_text(
        "def f(x, n):\n    found = []\n    for i in range(n):\n        found.append(x * i)\n    return found\n"
    )
    for _ in range(2):
        value, _ = program.call("f", 2.0, 3)
        assert [float(v) for v in value] == [0.0, 2.0, 4.0]
        assert isinstance(value, list)


@pytest.mark.parametrize(
    "transform",
    [
        wengert.grad,
        wengert.value_and_grad,
        wengert.jacfwd,
        lambda f: wengert.grad(lambda x: np.sum(wengert.grad(f)(x))),
        wengert.hessian,
        lambda f: wengert.grad(wengert.compile(f, checkpoint="binomial", slots=2)),
    ],
    ids=["grad", "value_and_grad", "jacfwd", "twice", "hessian", "options"],
)
def test_transforms(program: Program, transform: Any) -> None:
    first, from_disk = called(transform(program.new().f), X)
    assert not from_disk
    again, from_disk = called(transform(program.new().f), X)
    assert from_disk
    for one, other in zip(np.atleast_1d(first) if isinstance(first, np.ndarray) else first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    program.change("np.tanh(x)", "np.sin(x)")
    assert not called(transform(program.new().f), X)[1]


def test_what_is_differentiated_is_part_of_the_key(program: Program) -> None:
    def product(a: Any, b: Any) -> Any:
        return np.sum(a * b)

    assert not called(wengert.grad(product), X, 2 * X)[1]
    value, from_disk = called(wengert.grad(product, argnums=1), X, 2 * X)
    assert not from_disk
    np.testing.assert_array_equal(value, X)


# ---------------------------------------------------------------- what is not kept

UNFIT = {
    "time": ("import os", "x.sum() * float(os.environ.get('WENGERT_TEST_FACTOR', '2'))"),
    "read": ("", "x.sum() * float(open(__file__).read(1) == '')"),
    "import": ("", "one(x)\ndef one(x):\n    import math\n    return x.sum() * math.pi"),
    "hash": ("", "x.sum() * float(hash('a') % 7)"),
    "set": ("", "sum([x[len(name)] for name in {'a', 'bb', 'ccc'}])"),
    "module": ("import kept_data", "x.sum() * getattr(kept_data, 'ra' + 'te')"),
    "namespace": ("rate = 2.0\ndef g(): pass", "x.sum() * g.__globals__['ra' + 'te']"),
    "state": ("seen = []", "seen.append(1) or x.sum()"),
    "library state": ("import itertools\ncounter = itertools.count(3)", "x.sum() * next(counter)"),
}


@pytest.mark.parametrize("case", UNFIT)
def test_what_depends_on_the_world_is_not_kept(program: Program, case: str) -> None:
    before, expression = UNFIT[case]
    sys.modules["kept_data"] = ModuleType("kept_data")
    vars(sys.modules["kept_data"])["rate"] = 2.0
    program.path.write_text(f"import numpy as np\n{before}\ndef f(x):\n    return {expression}\n")
    for _ in range(2):
        with contextlib.suppress(wengert.WengertError):  # nothing is kept of what is refused
            assert not program.call("f", X)[1]


def test_what_a_program_puts_into_a_library_is_its_own(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    program.path.write_text("import numpy as np\ndef f(x):\n    return np.sum(x) * np.wengert_test + np.wengert_f(x)\n")
    for factor, f in ((2.0, lambda x: x[0]), (3.0, lambda x: x[0]), (3.0, lambda x: x[1])):
        monkeypatch.setattr(np, "wengert_test", factor, raising=False)
        monkeypatch.setattr(np, "wengert_f", f, raising=False)
        assert program.call("f", X) == (X.sum() * factor + f(X), False)
        assert program.call("f", X) == (X.sum() * factor + f(X), True)


def test_functions_of_the_process_are_not_kept(program: Program) -> None:
    def square(x: np.ndarray) -> np.ndarray:
        return x * x

    outside = wengert.extern(square, lambda x: x)

    def f(x: Any) -> Any:
        return np.sum(outside(x))

    for _ in range(2):
        assert called(wengert.compile(f), X) == (float(np.sum(X * X)), False)


# ---------------------------------------------------------------- files


def test_damaged_files_are_compiled_again(program: Program) -> None:
    value, _ = program.call("f", X)
    for damage in (lambda data: data[:-1], lambda data: b"", lambda data: data[:60] + b"\0" + data[61:]):
        for file in program.cache.iterdir():
            file.write_bytes(damage(file.read_bytes()))
        assert program.call("f", X) == (value, False)
        assert program.call("f", X) == (value, True)


def test_a_record_of_another_form_is_compiled_again(program: Program) -> None:
    value, _ = program.call("f", X)
    search = kept.search(program.new().f, [X], wengert.frontend.arguments.flatten(((X,), {}))[1], kept.CompileOptions())
    assert search is not None
    for record in ({}, {"contents": [[999, ""]]}, {"contents": 3}):
        search.cache.put(search._key_with([]), kept._packed(record, b""))
        assert program.call("f", X)[0] == value


def test_concurrent_writers(program: Program) -> None:
    module, results, start = program.new(), [], threading.Barrier(4)

    def work() -> None:
        start.wait()
        results.append(wengert.compile(module.f)(X))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [results[0]] * 4
    assert program.call("f", X) == (results[0], True)


# ---------------------------------------------------------------- other processes

SCRIPT = """
import json, sys
import numpy as np
import wengert

class Negative(Exception):
    pass

@wengert.compile
def f(x, n):
    s = 0.0
    for i in range(n):
        s += np.sin(x[i])
        if s < -1.0:
            raise Negative("below -1")
    if n > 2:
        print("sum", s)
    return s

x = np.linspace(0.0, 1.0, 5)
shown = [f(x, 2), f(x, 3), list(wengert.value_and_grad(f)(x, 2)[1])]
shown.append(list(wengert.jvp(f, (x, 2), (x, None))))
for bad in ((x, 6), (x - 9.0, 1), (x - 9.0, 5)):
    try:
        f(*bad)
    except Exception as error:
        shown.append([type(error).__name__, str(error), getattr(error, "__notes__", [])])
print(json.dumps(shown))
print(json.dumps([name for name in ("mlir", "llvmlite", "scipy") if name in sys.modules]))
"""


def test_another_process_loads_no_compiler(tmp_path: Path) -> None:
    path = tmp_path / "script.py"
    path.write_text(SCRIPT)
    environment = os.environ | {"WENGERT_CACHE_DIR": str(tmp_path / "cache")}

    def run() -> list[str]:
        made = subprocess.run([sys.executable, str(path)], capture_output=True, text=True, check=False, env=environment)
        assert made.returncode == 0, made.stderr
        return made.stdout.splitlines()

    first, again = run(), run()
    assert first[:-1] == again[:-1]
    assert "mlir" in json.loads(first[-1])
    assert json.loads(again[-1]) == []
