"""The launch plan: what a GPU runtime has to do to call a function, read off the host function of `gpu-kernels`.

Everything is known before the call: sizes of buffers, grids, and who gets which buffer.  Kernels are launched in order
in one stream, so each sees what the ones before it have written.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.control import body_operations, entry, symbol


@dataclass(frozen=True)
class Buffer:
    """Memory on the GPU for `count` elements, or with count None a scalar that is passed by value.

    name: ``a0, a1, ..`` are the arguments of the function and then its results, in order; ``t0, ..`` are temporaries.
    """

    name: str
    dtype: str
    count: int | None

    def __str__(self) -> str:
        return f"{self.name}: {self.dtype}" + ("" if self.count is None else f"[{self.count}]")


@dataclass(frozen=True)
class Launch:
    """One launch: `blocks` blocks of `threads` threads, with buffers (addresses) and scalars by name."""

    kernel: str
    blocks: int
    threads: int
    arguments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.kernel}<<<{self.blocks}, {self.threads}>>>({', '.join(self.arguments)})"


@dataclass(frozen=True)
class LaunchPlan:
    """How a function is called on the GPU.

    arguments: buffers and scalars the caller provides; kernels write only to those of results.
    """

    function: str
    arguments: tuple[Buffer, ...]
    temporaries: tuple[Buffer, ...]
    launches: tuple[Launch, ...]

    def __str__(self) -> str:
        lines = [f"launch plan of {self.function}({', '.join(map(str, self.arguments))})"]
        lines += [f"  temporary {buffer}" for buffer in self.temporaries]
        lines += [f"  launch {launch}" for launch in self.launches]
        return "\n".join(lines)


def read_plan(func: Any) -> LaunchPlan:
    """The plan in a host function as `gpu-kernels` leaves it."""
    block = entry(func)
    buffers = {argument: _buffer(f"a{i}", argument.type) for i, argument in enumerate(block.arguments)}
    arguments = tuple(buffers.values())
    constants: dict[Any, int] = {}
    temporaries: list[Buffer] = []
    launches: list[Launch] = []
    for op in body_operations(block):
        if op.name == "arith.constant":
            constants[op.results[0]] = ir.IntegerAttr(op.attributes["value"]).value
        elif op.name == "gpu.alloc":
            temporaries.append(_buffer(f"t{len(temporaries)}", op.results[0].type))
            buffers[op.results[0]] = temporaries[-1]
        else:
            grid, passed = op.operands[:6], op.operands[6:]
            sizes = [constants[size] for size in grid]
            kernel = str(op.attributes["kernel"]).rpartition("@")[2]
            launches.append(Launch(kernel, math.prod(sizes[:3]), math.prod(sizes[3:]),
                                   tuple(buffers[v].name for v in passed)))
    return LaunchPlan(symbol(func), arguments, tuple(temporaries), tuple(launches))


def _buffer(name: str, type_: Any) -> Buffer:
    if isinstance(type_, ir.MemRefType):
        return Buffer(name, str(type_.element_type), math.prod(type_.shape))
    return Buffer(name, str(type_), None)
