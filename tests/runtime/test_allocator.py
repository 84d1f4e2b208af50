"""Large blocks wait for the next call; all others, and what there is no room for, are the C library's."""

import pytest

from tests.runtime.kernels import run_script
from wengert.runtime.allocator import allocator

pytestmark = pytest.mark.skipif(allocator() is None, reason="the C library cannot tell the size of a block")

PRELUDE = """
import ctypes, threading
import numpy as np
from wengert.runtime.allocator import KEPT, PLACES, SMALLEST, allocator
from wengert.runtime.memory import used_bytes

own = allocator()
allocate = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t)(own.symbols["malloc"])
release = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(own.symbols["free"])
MIB = 1 << 20
"""

CASES = {
    "a block comes back for a request it fits well": """
a = allocate(MIB)
release(a)
assert allocate(MIB - 5) == a and allocate(MIB) != a
release(a)
assert allocate(MIB // 2) != a   # too small a use of it
assert allocate(MIB * 2) != a
assert allocate(MIB) == a""",
    "blocks have their bytes and start at a cache line": """
for size in (1, 100, SMALLEST, SMALLEST + 1, 5 * MIB + 3):
    block = allocate(size)
    assert size < SMALLEST or block % 64 == 0
    ctypes.memset(block, 1, size)
    release(block)
release(None)""",
    "aligned memory is aligned": """
aligned = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t)(own.symbols["aligned_alloc"])
libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
for _ in range(20):
    release(libc.malloc(MIB))  # starts 16 bytes after a line
    for alignment in (16, 64, 4096):
        for size in (4096, MIB):
            block = aligned(alignment, size)
            assert block % alignment == 0
            release(block)
a = aligned(64, MIB)
release(a)
assert aligned(64, MIB) == a""",
    "no more is kept than is said": """
blocks = [allocate(3 * MIB) for _ in range(60)]
before = used_bytes()
for block in blocks:
    release(block)
kept = sum(3 * MIB for block in [allocate(3 * MIB) for _ in range(60)] if block in blocks)
assert KEPT // 2 < kept <= KEPT, kept
assert before is None or before - 60 * 3 * MIB < used_bytes() - 60 * 3 * MIB + KEPT""",
    "sizes nobody asks for leave": """
for block in [allocate(MIB) for _ in range(KEPT // MIB)]:
    release(block)
found = 0
for _ in range(3000):
    a, b = allocate(2 * MIB), allocate(2 * MIB)
    release(a)
    release(b)
    found += allocate(2 * MIB) in (a, b)
assert found > 1000, found""",
    "threads share blocks without sharing one": """
wrong = []
def work(k):
    for i in range(3000):
        size = SMALLEST + 1000 * ((i + k) % 7)
        block = allocate(size)
        words = (ctypes.c_int64 * 4).from_address(block)
        words[0], words[3] = k, i
        if (words[0], words[3]) != (k, i):
            wrong.append((k, i))
        other = allocate(size)
        if other == block:
            wrong.append("twice")
        release(block)
        release(other)
threads = [threading.Thread(target=work, args=(k,)) for k in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()
assert not wrong, wrong[:3]""",
    "results give their memory to the next call": """
import wengert
f = wengert.value_and_grad(lambda x: np.sum(np.sin(x)))
x = np.zeros(MIB)
value, gradient = f(x)
assert gradient.flags.owndata and gradient.flags.writeable and (gradient == 1.0).all()
kept = gradient[5:]
address = gradient.ctypes.data
del gradient
assert f(x)[1].ctypes.data != address   # a view holds it
del kept
addresses = {f(x)[1].ctypes.data for _ in range(5)}
assert len(addresses) <= 2, addresses
gradient = f(x)[1]
gradient.resize(2 * MIB, refcheck=False)
assert gradient[0] == 1.0 and gradient[-1] == 0.0
from numpy._core.multiarray import get_handler_name
assert get_handler_name() == "default_allocator"
assert get_handler_name(gradient) == "wengert" and get_handler_name(np.ones(MIB)) == "default_allocator" """,
    "a child process has blocks of its own": """
import os
a = allocate(MIB)
release(a)
child = os.fork()
if child == 0:
    os._exit(0 if allocate(MIB) == a else 1)
assert os.waitpid(child, 0)[1] == 0
assert allocate(MIB) == a""",
}


@pytest.mark.parametrize("case", CASES)
def test_memory_of_compiled_code(case: str) -> None:
    run_script(PRELUDE + CASES[case])
