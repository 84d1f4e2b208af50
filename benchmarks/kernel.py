"""What a kernel is: a program in two forms, its inputs, and the sizes at which it is measured.

A kernel is a function of its sizes that returns a `Kernel`, registered by `@kernel`. It holds the program twice: as
plain NumPy, and as scalar loops; both are what wengert compiles, unchanged. The peers' forms of the same program stand
under the same name in `jax_forms`, `torch_forms` (functions of the same sizes) and `c_forms` (files; sizes are macros).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

#: A program: arrays in, one number out. It may overwrite its arguments, as NumPy programs do.
Program = Callable[..., Any]


@dataclass(frozen=True)
class Kernel:
    """One program with its inputs.

    Args:
        inputs: the arguments in order, by name; C forms have the same names.
        active: names of those a gradient is taken with respect to.
        numpy: the program as plain NumPy, or None where nobody would write it so.
        loops: the program as scalar loops, or None.
        constants: what C forms know as macros besides the sizes.
        overwritten: names of inactive inputs in which the C form keeps active values.
    """

    inputs: Mapping[str, Any]
    active: tuple[str, ...]
    numpy: Program | None = None
    loops: Program | None = None
    constants: Mapping[str, float] = field(default_factory=dict)
    overwritten: tuple[str, ...] = ()

    def arguments(self) -> list[Any]:
        """Fresh copies of the inputs."""
        return [value.copy() for value in self.inputs.values()]


@dataclass(frozen=True)
class Definition:
    """A registered kernel: how to build it at any sizes, and which sizes are used for what."""

    name: str
    summary: str
    build: Callable[..., Kernel]
    sizes: Mapping[str, int]
    small: Mapping[str, int]
    dtype: str

    @property
    def family(self) -> str:
        """The module of the kernel, and of its forms for JAX and PyTorch."""
        return self.build.__module__.rpartition(".")[2]

    def __call__(self, **sizes: int) -> Kernel:
        return self.build(**{**self.sizes, **sizes})


#: Every kernel by its name, in the order of the tables.
KERNELS: dict[str, Definition] = {}


def kernel(*, dtype: str = "float64", **small: int) -> Callable[[Callable[..., Kernel]], Definition]:
    """Register a kernel. Its defaults are the sizes that are measured; `small` are those that a test can run."""

    def register(build: Callable[..., Kernel]) -> Definition:
        sizes = {name: p.default for name, p in inspect.signature(build).parameters.items()}
        summary = (build.__doc__ or "").splitlines()[0].rstrip(".")
        definition = Definition(build.__name__, summary, build, sizes, small, dtype)
        KERNELS[definition.name] = definition
        return definition

    return register


def uniform(seed: int, *shape: int) -> np.ndarray:
    """Numbers in [0, 1), the same in every process."""
    return np.random.default_rng(seed).random(shape)


def normal(seed: int, *shape: int) -> np.ndarray:
    """Normally distributed numbers, the same in every process."""
    return np.random.default_rng(seed).standard_normal(shape)
