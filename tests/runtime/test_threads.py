"""The pool of threads: every chunk once, in any situation."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest

from wengert.runtime import jit, threads

#: Adds `chunk` + 1 to slot `chunk` after `spins` turns; where words[0] is not zero it forks once more from inside.
BODY = """
declare void @wengert_fork(ptr, ptr, i64, i64)
define void @nested(ptr %words, i64 %chunk) {
  %at = add i64 %chunk, 64
  %p = getelementptr i64, ptr %words, i64 %at
  %old = atomicrmw add ptr %p, i64 1 monotonic
  ret void
}
define void @body(ptr %words, i64 %chunk) {
  %at = add i64 %chunk, 1
  %p = getelementptr i64, ptr %words, i64 %at
  %old = atomicrmw add ptr %p, i64 %at monotonic
  %deeper = load i64, ptr %words
  %yes = icmp ne i64 %deeper, 0
  br i1 %yes, label %in, label %out
in:
  call void @wengert_fork(ptr @nested, ptr %words, i64 3, i64 3)
  br label %out
out:
  ret void
}
define void @run(ptr %words, i64 %chunks) {
  call void @wengert_fork(ptr @body, ptr %words, i64 %chunks, i64 3)
  ret void
}
"""
library = jit.load(jit.emit_object(jit.optimize(BODY)))
run = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64)(library.address("run"))


def counts(chunks: int, calls: int = 1, nested: bool = False) -> np.ndarray:
    words = np.zeros(128, np.int64)
    words[0] = nested
    for _ in range(calls):
        run(words.ctypes.data, chunks)
    return words[1:]


@pytest.mark.parametrize("chunks", [1, 2, 3, 8, 2, 1])
def test_every_chunk_runs_once_in_every_call(chunks: int) -> None:
    np.testing.assert_array_equal(counts(chunks, calls=300)[:chunks], 300 * np.arange(1, chunks + 1))
    assert counts(chunks)[chunks:].sum() == 0


def test_a_fork_inside_a_chunk() -> None:
    found = counts(4, calls=50, nested=True)
    np.testing.assert_array_equal(found[63:66], [200, 200, 200])


def test_calls_from_many_threads_at_once() -> None:
    results: list[np.ndarray] = []
    callers = [threading.Thread(target=lambda: results.append(counts(3, calls=200))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    for found in results:
        np.testing.assert_array_equal(found[:3], [200, 400, 600])


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork() here")
def test_a_child_process_makes_its_own_threads() -> None:
    script = (
        "import os, sys; from tests.runtime.test_threads import counts\n"
        "counts(4)\n"
        "child = os.fork()\n"
        "found = counts(4, calls=20)[:4].tolist()\n"
        "if child == 0: os._exit(0 if found == [20, 40, 60, 80] else 1)\n"
        "sys.exit(os.waitpid(child, 0)[1] or found != [20, 40, 60, 80])"
    )
    done = subprocess.run([sys.executable, "-c", script], timeout=120, check=False)
    assert done.returncode == 0


def test_the_python_thread_keeps_its_signals() -> None:
    counts(5)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == set()
    assert threads.fork_address() == threads.fork_address()
