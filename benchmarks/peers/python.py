"""The kernel as it is, run by Python and NumPy: forward only."""

from __future__ import annotations

from typing import Any

from benchmarks.kernel import Definition
from benchmarks.peers.peer import Peer, copying


class Measured(Peer):
    differentiates = False

    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        super().__init__(definition, sizes, form, threads)
        self._call: Any = None

    def program(self) -> Any:
        return getattr(self.kernel, self.form)

    def forward(self) -> Any:
        if self._call is None:
            program, arguments = self.program(), self.kernel.arguments()
            first = program(*self.kernel.arguments())
            self._call = copying(program, arguments)
            return first
        return self._call()
