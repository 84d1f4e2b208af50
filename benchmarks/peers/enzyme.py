"""C through clang, differentiated by Enzyme's plug-in for LLVM 15, with fast-math and glibc's vector math.

The reverse sweep runs on optimised IR: -O2 without vectorisation, Enzyme, then -O3. The forward program is built by
clang -O3 alone. Calls go through ctypes. Arrays that the program overwrites are copied and cotangents cleared in each
call, as a pure function would.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.kernel import Definition
from benchmarks.peers import c_file
from benchmarks.peers.peer import Peer

PLUGIN = "LLVMEnzyme-15.so"  # install_peers.sh puts it into the environment's own folder
FAST = "-ffast-math -march=native -fPIC"
LIBRARIES = "-lm -lmvec"


class Measured(Peer):
    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        super().__init__(definition, sizes, form, threads)
        self._folder = tempfile.TemporaryDirectory()
        self._source = Path(self._folder.name) / "kernel.c"
        self._source.write_text(self._c_code())
        self._forward: Any = None
        self._gradient: Any = None
        names = list(self.kernel.inputs)
        arrays = self.kernel.arguments()
        copied = [k for k, name in enumerate(names) if name in (*self.kernel.active, *self.kernel.overwritten)]
        self._buffers = {k: np.empty_like(arrays[k]) for k in copied}
        self._cotangents = {k: np.zeros_like(arrays[k]) for k in copied}
        self._originals = {k: arrays[k] for k in copied}
        self._arrays = arrays
        self.kept = sum(array.nbytes for array in self._cotangents.values())

    def _c_code(self) -> str:
        """The program with its sizes as macros, and two entries: `forward` and `gradient`."""
        macros = {**{name.upper(): size for name, size in self.sizes.items()}, **self.kernel.constants}
        inputs = self.kernel.inputs.items()
        parameters = {name: f"{'double' if a.dtype == np.float64 else 'long'} *restrict {name}" for name, a in inputs}
        entry, call = [], []
        for name, parameter in parameters.items():
            entry.append(parameter)
            if name in (*self.kernel.active, *self.kernel.overwritten):
                entry.append(f"double *restrict d_{name}")
                call.append(f"enzyme_dup, {name}, d_{name}")
            else:
                call.append(f"enzyme_const, {name}")
        return "\n".join(
            [
                *(f"#include <{header}.h>" for header in ("math", "stdlib", "string")),
                *(f"#define {name} ({value!r})" for name, value in macros.items()),
                c_file(self.definition).read_text(),
                "int enzyme_dup, enzyme_const;",
                "extern double __enzyme_autodiff(void *, ...);",
                f"double forward({', '.join(parameters.values())}) {{ return program({', '.join(parameters)}); }}",
                f"void gradient({', '.join(entry)}) {{ __enzyme_autodiff((void *)program, {', '.join(call)}); }}",
                "",
            ]
        )

    def _run(self, *commands: str) -> None:
        for command in commands:
            done = subprocess.run(command.split(), cwd=self._folder.name, capture_output=True, text=True)
            if done.returncode:
                raise RuntimeError(f"{command.split()[0]}: {done.stderr[:400]}")

    def _load_forward(self) -> None:
        self._run(
            f"clang-15 -O3 {FAST} -fveclib=libmvec -shared kernel.c -Wl,--unresolved-symbols=ignore-all {LIBRARIES} "
            "-o forward.so"
        )
        library = ctypes.CDLL(f"{self._folder.name}/forward.so", mode=os.RTLD_LAZY)
        library.forward.restype = ctypes.c_double
        pointers = [self._pointer(k) for k in range(len(self._arrays))]
        self._refill(self._buffers)
        library.forward(*pointers)
        changed = [k for k, buffer in self._buffers.items() if not np.array_equal(buffer, self._originals[k])]
        self._overwritten = {k: self._buffers[k] for k in changed}
        self._forward = lambda: library.forward(*pointers)

    def _load_gradient(self) -> None:
        plugin = Path(sys.prefix) / PLUGIN
        self._run(
            f"clang-15 -O2 {FAST} -fno-vectorize -fno-slp-vectorize -fno-unroll-loops -S -emit-llvm kernel.c -o a.ll",
            f"opt-15 -load-pass-plugin={plugin} -passes=enzyme a.ll -S -o b.ll",
            "opt-15 -O3 b.ll -S -o c.ll",
            f"clang-15 -O3 {FAST} -fveclib=libmvec -shared c.ll {LIBRARIES} -o gradient.so",
        )
        library = ctypes.CDLL(f"{self._folder.name}/gradient.so")
        pointers = []
        for k in range(len(self._arrays)):
            pointers.append(self._pointer(k))
            if k in self._cotangents:
                pointers.append(ctypes.c_void_p(self._cotangents[k].ctypes.data))
        self._gradient = lambda: library.gradient(*pointers)

    def _pointer(self, k: int) -> ctypes.c_void_p:
        return ctypes.c_void_p(self._buffers.get(k, self._arrays[k]).ctypes.data)

    def _refill(self, buffers: dict[int, np.ndarray]) -> None:
        for k, buffer in buffers.items():
            np.copyto(buffer, self._originals[k])

    def forward(self) -> Any:
        if self._forward is None:
            self._load_forward()
        self._refill(self._overwritten)
        return self._forward()

    def gradient(self) -> Any:
        if self._gradient is None:
            self._load_gradient()
        self._refill(self._overwritten)
        for cotangent in self._cotangents.values():
            cotangent.fill(0)
        self._gradient()
        return None, [self._cotangents[k] for k in self.positions]
