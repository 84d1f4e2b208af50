"""JAX: `jit` and `value_and_grad`, in double precision where the kernel is."""

from __future__ import annotations

import importlib
from typing import Any

import jax

from benchmarks.kernel import Definition
from benchmarks.peers.peer import Peer

jax.config.update("jax_enable_x64", True)


class Measured(Peer):
    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        super().__init__(definition, sizes, form, threads)
        forms = importlib.import_module(f"benchmarks.jax_forms.{definition.family}")
        program = getattr(forms, definition.name + form.removeprefix("jax"))(**self.sizes)
        self._arguments = [jax.device_put(value) for value in self.kernel.inputs.values()]
        self._compiled = jax.jit(program)
        self._gradient = jax.jit(jax.value_and_grad(program, argnums=self.positions))

    def forward(self) -> Any:
        return self._compiled(*self._arguments).block_until_ready()

    def gradient(self) -> Any:
        return jax.block_until_ready(self._gradient(*self._arguments))
