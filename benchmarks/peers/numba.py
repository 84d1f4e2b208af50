"""Numba on the scalar loops, with fast-math as its users would: forward only."""

from __future__ import annotations

from typing import Any

import numba

from benchmarks.peers import python


class Measured(python.Measured):
    def program(self) -> Any:
        return numba.njit(fastmath=True)(self.kernel.loops)
