"""wengert on the program in either form, unchanged."""

from __future__ import annotations

from typing import Any

import wengert
from benchmarks.kernel import Definition
from benchmarks.peers.peer import Peer, copying


class Measured(Peer):
    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        super().__init__(definition, sizes, form, threads)
        program = getattr(self.kernel, form)
        self._arguments = self.kernel.arguments()
        self._compiled = wengert.compile(program, threads=threads)
        self._call: Any = None
        self._gradient = wengert.compile(wengert.value_and_grad(program, argnums=self.positions), threads=threads)

    def forward(self) -> Any:
        if self._call is None:
            first = self._compiled(*self.kernel.arguments())
            self._call = copying(self._compiled, self._arguments)
            return first
        return self._call()

    def gradient(self) -> Any:
        return self._gradient(*self._arguments)  # transforms leave the caller's arrays alone
