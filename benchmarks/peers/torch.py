"""PyTorch, eager or through torch.compile."""

from __future__ import annotations

import importlib
from typing import Any

import torch

from benchmarks.kernel import Definition
from benchmarks.peers.peer import Peer


class Measured(Peer):
    def __init__(self, definition: Definition, sizes: dict[str, int], form: str, threads: int) -> None:
        super().__init__(definition, sizes, form, threads)
        torch.set_num_threads(threads)
        forms = importlib.import_module(f"benchmarks.torch_forms.{definition.family}")
        program = getattr(forms, definition.name)(**self.sizes)
        self._program = torch.compile(program) if form.endswith("compiled") else program
        self._arguments = [torch.from_numpy(value) for value in self.kernel.arguments()]
        self._active = [self._arguments[k] for k in self.positions]

    def forward(self) -> Any:
        with torch.no_grad():
            return self._program(*self._arguments)

    def gradient(self) -> Any:
        for tensor in self._active:
            tensor.requires_grad_(True)
        loss = self._program(*self._arguments)
        return loss.detach(), torch.autograd.grad(loss, self._active)
