"""References, memory, threads, the collector: nothing leaks, nothing is used after it is gone. In own processes."""

import pytest

from tests.runtime.kernels import run_script
from wengert.runtime.memory import used_bytes

PRELUDE = """
import gc, sys, threading, weakref
import numpy as np
from tests.runtime.kernels import *
from wengert.runtime import jit
from wengert.runtime.entry import build_entry, compile_kernel
from wengert.runtime.fallback import fallback_entry
from wengert.runtime.memory import used_bytes
from wengert.runtime.signature import KernelSignature, Slot

F8 = [np.dtype(code) for code in ("f8", "f4", "i8", "?")]
def counts(*objects):
    gc.collect()
    kinds = (np.ndarray, np.float64, np.float32, np.int64, np.bool_, float, int)
    return [sys.getrefcount(thing) for thing in (*F8, *kinds, *objects)], sys.getallocatedblocks(), used_bytes() or 0

def growth(call, objects, times):
    references, blocks, used = counts(*objects)
    for _ in range(times):
        call()
    references_after, blocks_after, used_after = counts(*objects)
    changes = [abs(after - before) for before, after in zip(references, references_after)]
    return max(changes), abs(blocks_after - blocks), used_after - used

def unchanged(call, *objects, times):
    # The interpreter's free lists fill up now and then: what leaks grows every time.
    for _ in range(200):
        call()
    for _ in range(5):
        grown = growth(call, objects, times)
        if grown[0] < 50 and grown[1] < 200 and grown[2] < 40_000:
            return
    raise AssertionError(grown)

def quiet(call, kind):
    def run():
        try:
            call()
        except kind:
            return
        raise AssertionError("no exception")
    return run
"""

CALLS = {
    "scalar": """
x, f = 1.5, build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error)
unchanged(lambda: f(x), x, times=20000)""",
    "scalars": """
f = build_entry(ECHO, ECHO_SIGNATURE, mismatch, error)
args = (1.5, np.float32(2), 2**40, True)
unchanged(lambda: f(*args), *args, times=20000)
args = (np.float64(1.5), np.float32(2), np.int64(-1), np.False_)
unchanged(lambda: f(*args), *args, times=20000)""",
    "arrays": """
a, b = np.arange(8.0), np.ones(8)
for options in ({}, {"tree": 0}, {"release_gil": True}):
    f = build_entry(ADD, ADD_SIGNATURE, mismatch, error, **options)
    unchanged(lambda: f(a, b), a, b, times=20000)""",
    "in place": """
a, b = np.arange(8.0), np.ones(8)
f = build_entry(INCREMENT, INCREMENT_SIGNATURE, mismatch, error)
unchanged(lambda: f(a, b), a, b, times=20000)
unchanged(lambda: f(a, a), a, b, times=5000)""",
    "large result": """
signature = KernelSignature("nothing", (), (Slot("f64", (100000,)), Slot("f64"), Slot("i1", (100000,))))
f = build_entry(empty_kernel(signature), signature, mismatch, error)
unchanged(f, times=5000)""",
    "mismatch": """
a, b, marker = np.arange(8.0), np.ones(8), object()
add = build_entry(ADD, ADD_SIGNATURE, lambda *args, **kwargs: marker, error)
for bad in ((a,), (a, b, a), (a, 1.0), (a, b[::-1]), (a, a.astype("f4")), (None, a), (a, b.reshape(2, 4))):
    unchanged(lambda: add(*bad), a, b, marker, *bad, times=2000)
unchanged(lambda: add(a, b=b), a, b, marker, times=2000)
echo = build_entry(ECHO, ECHO_SIGNATURE, lambda *args: marker, error)
huge = 2**70
unchanged(lambda: echo(1.0, np.float32(1), huge, True), huge, marker, times=5000)""",
    "mismatch that raises": """
def refuse(*args):
    raise TypeError("no")
f = build_entry(ADD, ADD_SIGNATURE, refuse, error)
a = np.ones(8)
unchanged(quiet(lambda: f(a, 1), TypeError), a, times=5000)""",
    "error": """
codes = (3, 0)
for options in ({}, {"release_gil": True}):
    f = build_entry(FAIL, FAIL_SIGNATURE, mismatch, error, **options)
    unchanged(quiet(lambda: f(3), IndexError), times=5000)
def raising(*record):
    raise KeyError
f = build_entry(FAIL, FAIL_SIGNATURE, mismatch, raising)
unchanged(quiet(lambda: f(3), KeyError), times=5000)
f = build_entry(FAIL, FAIL_SIGNATURE, mismatch, lambda *record: None)
unchanged(quiet(lambda: f(3), SystemError), times=5000)""",
    "no memory": """
signature = KernelSignature("nothing", (), (Slot("f64", (4,)), Slot("f64", (2**45,))))
f = build_entry(empty_kernel(signature), signature, mismatch, error)
unchanged(quiet(f, MemoryError), times=5000)""",
    "memory handed over": """
a = np.arange(3000.0).reshape(1000, 3)
plain = fallback_entry(jit.load(compile_kernel(ROWS, ROWS_SIGNATURE)), ROWS_SIGNATURE, mismatch, error)
free = build_entry(ROWS, ROWS_SIGNATURE, mismatch, error, release_gil=True)
for f in (build_entry(ROWS, ROWS_SIGNATURE, mismatch, error), free, plain):
    unchanged(lambda: f(a, 900), a, times=2000)
    unchanged(lambda: f(a, 0), a, times=2000)
    unchanged(quiet(lambda: f(a, -900), IndexError), a, times=2000)
    rows, _ = f(a, 900)
    view = rows[1:]
    assert rows.flags.owndata and (view == a[1:900]).all()
    del rows
    assert (view == a[1:900]).all()""",
    "fallback": """
a, b = np.arange(8.0), np.ones(8)
f = fallback_entry(jit.load(compile_kernel(ADD, ADD_SIGNATURE)), ADD_SIGNATURE, mismatch, error)
unchanged(lambda: f(a, b), a, b, times=3000)
unchanged(lambda: f(a, 1), a, b, times=3000)
f = fallback_entry(jit.load(compile_kernel(FAIL, FAIL_SIGNATURE)), FAIL_SIGNATURE, mismatch, error)
unchanged(quiet(lambda: f(3), IndexError), times=3000)""",
}


@pytest.mark.parametrize("calls", CALLS.values(), ids=CALLS)
def test_calls_leave_nothing_behind(calls: str) -> None:
    run_script(PRELUDE + calls)


def test_the_leak_test_can_fail() -> None:
    leak = "kept = []\nf = build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error)\n"
    with pytest.raises(AssertionError, match="exit status"):
        run_script(PRELUDE + leak + "unchanged(lambda: kept.append(f(2.5)), times=20000)")
    if used_bytes() is not None:
        with pytest.raises(AssertionError, match="exit status"):
            run_script(PRELUDE + leak + "unchanged(lambda: kept.extend([np.ones(10000)]), times=100)")


def test_the_entry_keeps_what_it_needs() -> None:
    script = """
def make():
    class Marker: pass
    marker = Marker()
    entry = build_entry(str(SQUARE), KernelSignature("square", (Slot("f64"),), (Slot("f64"),)),
                        lambda *args: marker, lambda *record: RuntimeError(record))
    return entry, weakref.ref(marker)
entry, marker = make()
junk = [bytes(64) for _ in range(10000)]
gc.collect()
assert entry(2.0) == (4.0,) and entry("x") is marker()
assert entry.__name__ == "square" and entry.__self__.signature.name == "square"
del entry
gc.collect()
assert marker() is None
"""
    run_script(PRELUDE + script)


def test_cycles_through_entries_are_collected() -> None:
    """A dead cycle of entry, callbacks and their owner is torn down in any order without touching freed code."""
    script = """
class Function:
    def __init__(self):
        self.entry = build_entry(jit.load(CODE), SQUARE_SIGNATURE, self.mismatch, self.error)
        self.other = fallback_entry(jit.load(CODE), SQUARE_SIGNATURE, self.mismatch, self.error)
    def mismatch(self, *args):
        return self
    def error(self, *record):
        return RuntimeError(record)
    def __del__(self):
        finalised.append(self.entry(3.0) + self.other(2.0))
finalised = []
CODE = compile_kernel(SQUARE, SQUARE_SIGNATURE)
for _ in range(100):
    Function().entry(2.0)
gc.collect()
assert finalised == [(9.0, 4.0)] * 100, finalised
"""
    run_script(PRELUDE + script)


def test_a_mismatch_that_calls_the_entry_again_forever() -> None:
    script = """
def again(*args):
    return entry(*args)
entry = build_entry(SQUARE, SQUARE_SIGNATURE, again, error)
try:
    entry("x")
except RecursionError:
    print("recursion")
assert entry(2.0) == (4.0,)
"""
    assert run_script(PRELUDE + script).strip() == "recursion"


def test_the_entry_may_be_replaced_while_it_runs() -> None:
    script = """
entries = {}
def replace(*args):
    entries.clear()
    gc.collect()
    return args
entries["square"] = build_entry(SQUARE, SQUARE_SIGNATURE, replace, error)
assert entries["square"]("x") == ("x",)
"""
    run_script(PRELUDE + script)


def test_eight_threads() -> None:
    script = """
f = build_entry(ADD, ADD_SIGNATURE, mismatch, error)
g = build_entry(ADD, ADD_SIGNATURE, mismatch, error, release_gil=True)
h = build_entry(FAIL, FAIL_SIGNATURE, mismatch, error, release_gil=True)
wrong = []
def work(k):
    a, b = np.full(8, float(k)), np.arange(8.0)
    for i in range(5000):
        for entry in (f, g):
            (c,) = entry(a, b)
            if not (c[7] == k + 7.0 and c[0] == k):
                wrong.append((k, i))
        if f(a, None)[0] != "mismatch":
            wrong.append((k, i))
        try:
            h(k + 1)
            wrong.append((k, i))
        except IndexError as caught:
            if caught.args != (k + 1, 7, -9, 0):
                wrong.append((k, i))
threads = [threading.Thread(target=work, args=(k,)) for k in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not wrong, wrong[:5]
"""
    run_script(PRELUDE + script)


@pytest.mark.parametrize(
    ("entry", "release", "seen"), [("generated", True, 1), ("generated", False, 0), ("fallback", None, 1)]
)
def test_the_gil_is_released_as_asked(entry: str, release: bool | None, seen: int) -> None:
    """The kernel waits for a flag that another thread sets once it sees the kernel run: only without the GIL it can."""
    limit = 10**11 if seen else 10**7
    script = f"""
import time
if {entry!r} == "generated":
    wait = build_entry(WAIT, WAIT_SIGNATURE, mismatch, error, release_gil={release})
else:
    wait = fallback_entry(jit.load(compile_kernel(WAIT, WAIT_SIGNATURE)), WAIT_SIGNATURE, mismatch, error)
flags = np.zeros(2, np.int64)
def answer():
    while not flags[0]:
        time.sleep(0.001)
    flags[1] = 1
thread = threading.Thread(target=answer)
thread.start()
result = wait(flags, {limit})
thread.join()
assert result == ({seen},), result
"""
    run_script(PRELUDE + script)


def test_the_gil_is_released_for_large_arrays_by_default() -> None:
    script = """
from wengert.runtime.entry import RELEASE_GIL_ELEMENTS
for size, expected in ((2, 0), (RELEASE_GIL_ELEMENTS, 1)):
    slot = Slot("i64", (size,))
    signature = KernelSignature("wait", (slot, Slot("i64")), (slot, Slot("i64")), (0, None))
    wait = build_entry(WAIT, signature, mismatch, error)
    flags = np.zeros(size, np.int64)
    def answer():
        import time
        while not flags[0]:
            time.sleep(0.001)
        flags[1] = 1
    thread = threading.Thread(target=answer)
    thread.start()
    result = wait(flags, 10**11 if expected else 10**7)
    thread.join()
    assert result == (expected,), (size, result)
"""
    run_script(PRELUDE + script)


def test_the_interpreter_ends_with_entries_alive() -> None:
    script = """
import atexit
f = build_entry(ADD, ADD_SIGNATURE, mismatch, error)
class Late:
    def __del__(self):
        f(np.zeros(8), np.ones(8))
late = Late()
atexit.register(f, np.zeros(8), np.ones(8))
cycle = [f]; cycle.append(cycle)
"""
    run_script(PRELUDE + script)


def test_a_forked_child_can_call() -> None:
    script = """
import os
f = build_entry(SQUARE, SQUARE_SIGNATURE, mismatch, error)
child = os.fork()
if child == 0:
    os._exit(0 if f(3.0) == (9.0,) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
    run_script(PRELUDE + script)
