"""Kernels of the GPU dialect on NumPy: all threads of a launch at once, one array element a thread.

It runs what `gpu-kernels` has made (before NVVM), by the launch plan, and watches for what a GPU would not forgive:

- an access outside of a buffer, and two threads that write to one place in one launch;
- shared memory that one thread writes and another reads or writes with no barrier in between;
- a barrier that not all threads of a block reach.

Threads run in step, so what depends on timing is found by these rules, not by trying orders.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import ir, walk
from wengert.dialects.control import entry, find_function
from wengert.dialects.op import DTYPES, decode_attributes, dtype_name, lookup
from wengert.passes.launch_plan import Launch, LaunchPlan, read_plan

Lanes = Any  # an array with one element a thread


class Fault(Exception):
    """A kernel does what must not be done."""


def call(module: Any, name: str, inputs: Sequence[Any]) -> list[Any]:
    """Call function `name` by its launch plan; the flat buffers of its results."""
    return run_plan(module, read_plan(find_function(module, name)), inputs)


def run_plan(module: Any, plan: LaunchPlan, inputs: Sequence[Any]) -> list[Any]:
    memory: dict[str, Any] = {}
    for buffer, value in zip(plan.arguments, inputs):
        dtype = DTYPES[buffer.dtype]
        memory[buffer.name] = np.ravel(value).astype(dtype) if buffer.count is not None else dtype(value)
    results = plan.arguments[len(inputs):]
    for buffer in (*results, *plan.temporaries):
        memory[buffer.name] = np.full(buffer.count, 77, DTYPES[buffer.dtype])
    constants = {symbol_of(op): np.array(op.attributes["initial_value"]) for op in walk(module, "memref.global")}
    kernels = {symbol_of(op): op for op in walk(module, "gpu.func")}
    before = {buffer.name: np.copy(memory[buffer.name]) for buffer in plan.arguments[:len(inputs)]}
    for launch in plan.launches:
        _Run(kernels[launch.kernel], launch, [memory[name] for name in launch.arguments], constants)
    for name, value in before.items():
        np.testing.assert_array_equal(memory[name], value, err_msg=f"kernels changed {name}")
    return [memory[buffer.name] for buffer in results]


def symbol_of(op: Any) -> str:
    return str(ir.StringAttr(op.attributes["sym_name"]).value)


class _Shared:
    """One shared array of every block, and who has written and read each place since the last barrier.

    first, last: the lowest and the highest thread that has touched a place; both are t if only t has.
    """

    def __init__(self, blocks: int, size: int, dtype: Any) -> None:
        self.data = np.full((blocks, size), 99, dtype)
        self.writes = np.zeros((blocks, size), bool)
        self.first, self.last = np.zeros((2, blocks, size), int)
        self.synchronize()

    def synchronize(self) -> None:
        self.writes[:], self.first[:], self.last[:] = False, 2**62, -1

    def touch(self, places: Any, thread: Lanes, writes: bool) -> None:
        """Note an access; one that conflicts with that of another thread is a fault."""
        others = ((self.first[places] != thread) | (self.last[places] != thread)) & (self.last[places] >= 0)
        if (others & (self.writes[places] | writes)).any():
            raise Fault("two threads use one place of shared memory with no barrier in between")
        np.minimum.at(self.first, places, thread)
        np.maximum.at(self.last, places, thread)
        self.writes[places] |= writes


class _Run:
    """One launch."""

    def __init__(self, kernel: Any, launch: Launch, arguments: Sequence[Any], constants: dict[str, Any]) -> None:
        self.constants = constants
        self.count = launch.blocks * launch.threads
        lanes = np.arange(self.count)
        self.block, self.thread = lanes // launch.threads, lanes % launch.threads
        self.blocks, self.threads = launch.blocks, launch.threads
        self.written: dict[int, set[int]] = {}
        block = entry(kernel)
        self.values: dict[Any, Any] = dict(zip(block.arguments, arguments))
        for argument in list(block.arguments)[len(arguments):]:
            memory = argument.type
            self.values[argument] = _Shared(launch.blocks, memory.shape[0], DTYPES[str(memory.element_type)])
        with np.errstate(all="ignore"):
            self.ops(block, np.ones(self.count, bool))

    def ops(self, block: Any, active: Lanes) -> list[Lanes]:
        for view in block.operations:
            op = view.operation
            operands = [self.values[v] for v in op.operands]
            if op.name in ("scf.yield", "gpu.return"):
                return operands
            if op.name == "scf.for":
                self.loop(op, operands, active)
            elif op.name == "scf.if":
                self.ops(entry(op), active & operands[0])
            else:
                results = self.operation(op, operands, active)
                self.values.update(zip(op.results, results))
        return []

    def loop(self, op: Any, operands: list[Any], active: Lanes) -> None:
        lower, upper, step, *carried = (np.broadcast_to(v, self.count) for v in operands)
        i, block = lower, entry(op)
        while (turning := active & (i < upper)).any():
            self.values.update(zip(block.arguments, [i, *carried]))
            yields = self.ops(block, turning)
            carried = [np.where(turning, new, old) for new, old in zip(yields, carried)]
            i = i + step
        self.values.update(zip(op.results, carried))

    def operation(self, op: Any, operands: list[Any], active: Lanes) -> list[Any]:
        if op.name == "gpu.thread_id":
            return [self.thread]
        if op.name == "gpu.block_id":
            return [self.block]
        if op.name == "gpu.barrier":
            self.barrier(active)
            return []
        if op.name == "memref.load":
            return [self.load(*operands, active)]
        if op.name == "memref.store":
            self.store(*operands, active)
            return []
        if op.name == "memref.get_global":
            return [self.constants[ir.FlatSymbolRefAttr(op.attributes["name"]).value]]
        if op.name == "arith.shrui":
            return [operands[0] >> operands[1]]
        record = lookup(op.name)
        assert record is not None, op.name
        attributes = {k: v for k, v in decode_attributes(op).items() if k not in ("fastmath", "overflowFlags")}
        dtype = DTYPES[dtype_name(op.results[0].type)]
        if record.typed:
            attributes["out"] = [(np.broadcast(*operands).shape if operands else (), dtype)]
        return [np.asarray(record.meaning(*operands, **attributes)).astype(dtype)]

    # ------------------------------------------------------------ memory

    def barrier(self, active: Lanes) -> None:
        arrived = np.broadcast_to(active, self.count).reshape(self.blocks, self.threads)
        if not (arrived.all(axis=1) | ~arrived.any(axis=1)).all():
            raise Fault("a barrier that some threads of a block do not reach")
        for memory in self.values.values():
            if isinstance(memory, _Shared):
                memory.synchronize()

    def _where(self, size: int, address: Any, active: Lanes) -> Lanes:
        address = np.broadcast_to(address, self.count)
        if ((address < 0) | (address >= size))[active].any():
            raise Fault(f"an access outside of a buffer of {size}")
        return np.where(active, address, 0)

    def load(self, memory: Any, address: Any, active: Lanes) -> Lanes:
        if not isinstance(memory, _Shared):
            if not len(memory):
                return np.zeros(self.count, memory.dtype)
            return memory[self._where(len(memory), address, active)]
        at = self._where(memory.data.shape[1], address, active)
        memory.touch((self.block[active], at[active]), self.thread[active], writes=False)
        return memory.data[self.block, at]

    def store(self, value: Any, memory: Any, address: Any, active: Lanes) -> None:
        value = np.broadcast_to(value, self.count)
        if isinstance(memory, _Shared):
            at = self._where(memory.data.shape[1], address, active)
            places = (self.block[active], at[active])
            memory.touch(places, self.thread[active], writes=True)
            memory.data[places] = value[active]
            return
        at = self._where(len(memory), address, active)[active]
        written = self.written.setdefault(id(memory), set())
        if len(np.unique(at)) < len(at) or not written.isdisjoint(at.tolist()):
            raise Fault("two threads write to one place")
        written.update(at.tolist())
        memory[at] = value[active]
