"""One `gpu.func` under construction: its parameters, its threads, and host values recomputed inside it.

A kernel gets a buffer or a scalar argument of the host function as a parameter when it first asks for it.  Other
scalars of the host function are recomputed in every kernel that reads them (arithmetic costs nothing beside a launch),
at its beginning, where they dominate every use.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import Value, defining_op, ir, is_tensor, position_of, terminator
from wengert.dialects.build import create, index
from wengert.dialects.control import body_operations, entry, yield_, yielded
from wengert.dialects.discrete import cmpi
from wengert.dialects.errors import UnsupportedError
from wengert.dialects.op import lookup, raw_attributes
from wengert.passes.elements import from_memory
from wengert.passes.gpu_places import Constant, Place, Splat, plus, times

#: Threads of a block in every kernel.
THREADS = 256


@dataclass(frozen=True)
class Memory:
    """What a kernel knows of the function it is cut out of.

    places: where its tensors are.
    arguments: its scalar arguments -> arguments of the host function that launches the kernels.
    """

    places: Mapping[Value, Place | Splat]
    arguments: Mapping[Value, Value]


class Kernel:
    """A kernel with one block of instructions; ops are emitted at the current insertion point.

    Use it as a context: ops go into the kernel inside, and it is complete afterwards.
    """

    def __init__(self, name: str, memory: Memory, ip: Any) -> None:
        self.name, self._memory = name, memory
        #: What the host passes at a launch, in the order of the parameters.
        self.launched_with: list[Value] = []
        self._parameters: dict[Value, Value] = {}
        self._scalars: dict[Value, Value] = {}
        self._shared = 0
        block_size = ir.DenseI32ArrayAttr.get([THREADS, 1, 1])
        attributes = {"sym_name": ir.StringAttr.get(name), "function_type": _function_type([]),
                      "gpu.kernel": ir.UnitAttr.get(), "known_block_size": block_size}
        self.func = create("gpu.func", [], [], attributes, regions=1, ip=ip)
        self.block = self.func.regions[0].blocks.append()

    def __enter__(self) -> Kernel:
        self._at = ir.InsertionPoint(self.block)
        self._at.__enter__()
        thread = self.id("thread")
        self._begin = defining_op(thread)
        self.thread: Value = thread
        self.block_id: Value = self.id("block")
        return self

    def __exit__(self, *exception: Any) -> None:
        if exception[0] is None:
            create("gpu.return", [], [])
            self.func.attributes["function_type"] = _function_type([v.type for v in self.launched_with])
            self.func.attributes["arg_attrs"] = ir.ArrayAttr.get([_about(v) for v in self.launched_with])
            self.func.attributes["workgroup_attributions"] = _i64(self._shared)
        self._at.__exit__(*exception)

    # ------------------------------------------------------------ threads

    def id(self, of: str) -> Value:
        """The number of this "thread" in its block or of this "block", along x."""
        return create(f"gpu.{of}_id", [ir.IndexType.get()], [], {"dimension": ir.Attribute.parse("#gpu<dim x>")}).result

    def global_id(self) -> Value:
        """The number of this thread in the launch."""
        return plus(times(self.block_id, THREADS), self.thread)

    def barrier(self) -> None:
        """Wait for all threads of the block."""
        create("gpu.barrier", [], [])

    # ------------------------------------------------------------ memory

    def parameter(self, host: Value) -> Value:
        """The kernel's parameter for a buffer or a scalar argument of the host function."""
        if host not in self._parameters:
            assert not self._shared, "shared memory comes after all parameters"
            self._parameters[host] = self.block.add_argument(host.type, ir.Location.current)
            self.launched_with.append(host)
        return self._parameters[host]

    def shared(self, element: Any) -> Value:
        """Memory for one element a thread, shared by the block; there can be no new parameter afterwards."""
        self._shared += 1
        space = ir.Attribute.parse("#gpu.address_space<workgroup>")
        return self.block.add_argument(ir.MemRefType.get([THREADS], element, memory_space=space), ir.Location.current)

    def place(self, tensor: Value) -> Place | Splat:
        return self._memory.places[tensor]

    def element(self, tensor: Value, indices: Sequence[Value]) -> Value:
        """tensor[indices], as it is in memory."""
        place = self.place(tensor)
        if isinstance(place, Splat):
            return self.scalar(place.scalar)
        return self.load(place, place.address(indices))

    def load(self, place: Place, address: Value) -> Value:
        buffer = place.buffer
        return read(self._constant(buffer) if isinstance(buffer, Constant) else self.parameter(buffer), address)

    def _constant(self, constant: Constant) -> Value:
        with ir.InsertionPoint(self._begin):
            name = ir.FlatSymbolRefAttr.get(constant.name)
            return create("memref.get_global", [constant.type], [], {"name": name}).result

    def store(self, value: Value, place: Place, address: Value) -> None:
        write(value, self.parameter(place.buffer), address)

    # ------------------------------------------------------------ values of the function

    def scalar(self, value: Value) -> Value:
        """A scalar of the function the kernel is cut out of."""
        if value not in self._scalars:
            with ir.InsertionPoint(self._begin):
                self._scalars[value] = self._recomputed(value)
        return self._scalars[value]

    def _recomputed(self, value: Value) -> Value:
        op = defining_op(value)
        if op is None:
            return from_memory(self.parameter(self._memory.arguments[value]), value.type)
        if op.name == "tensor.extract":
            array, *indices = op.operands
            return self.element(array, [self.scalar(i) for i in indices])
        return copied(op, [self.scalar(v) for v in op.operands])

    def value(self, value: Value, copies: Mapping[Value, Value]) -> Value:
        """A value used in the body of a generic: computed there, or a scalar of the function."""
        return copies[value] if value in copies else self.scalar(value)

    def body(self, block: Any, copies: dict[Value, Value], indices: Sequence[Value],
             without: Sequence[Any] = ()) -> None:
        """Copy the ops of a linalg.generic.

        Args:
            copies: the kernel's values for the block's arguments; it receives those of all results.
            indices: the loop indices of the generic.
            without: ops that are not copied.
        """
        for op in body_operations(block):
            if op in without:
                continue
            with op.location:
                if op.name == "linalg.index":
                    copies[op.results[0]] = indices[ir.IntegerAttr(op.attributes["dim"]).value]
                    continue
                operands = [v if is_tensor(v.type) else self.value(v, copies) for v in op.operands]
                if op.name == "tensor.extract":
                    copies[op.results[0]] = self.element(operands[0], operands[1:])
                else:
                    copies[op.results[0]] = copied(op, operands)


def copied(op: Any, operands: Sequence[Value]) -> Value:
    """An arithmetic op with other operands, at the insertion point.

    Raises:
        UnsupportedError: it is not one that runs on the GPU.
    """
    record = lookup(op.name)
    if record is not None and record.written_out is not None:
        return record.written_out(*operands)
    arithmetic = record is not None and op.name.startswith(("arith.", "math.")) and len(op.results) == 1
    if not arithmetic or op.name in NO_KERNEL or any(is_tensor(v.type) for v in (*op.operands, *op.results)):
        raise not_on_gpu(op)
    return create(op.name, [op.results[0].type], operands, raw_attributes(op), loc=op.location).result


def not_on_gpu(op: Any) -> UnsupportedError:
    """The refusal of an operation, with the user's position."""
    what, why = _REASONS.get(op.name, (op.name, "kernels are made of elementwise functions, reductions and products"))
    record = lookup(op.name)
    if record is not None and record.external is not None:
        what, why = f"the function {record.spelled({})}", "SciPy's C function for it runs on the CPU only"
    return UnsupportedError(f"{what} cannot be compiled for the GPU", position_of(op.location), why=why,
                            help="use target='cpu' for this function")


def refuse_mutation(func: Any) -> None:
    """Refuse a function one of whose results is to be written into an argument."""
    if "res_attrs" not in func.attributes:
        return
    for value, about in zip(yielded(entry(func)), ir.ArrayAttr(func.attributes["res_attrs"])):
        if "nd.into" in ir.DictAttr(about):
            writer = defining_op(value) or func
            raise UnsupportedError("a function that changes an argument cannot be compiled for the GPU",
                                   position_of(writer.location), why="its kernels write results of their own",
                                   help="return a new array, or use target='cpu' for this function")


_LOOP = "one launch of a kernel would be needed per iteration, and launches are planned beforehand"
_BOUNDS = "the place of a slice is a constant in a kernel"
#: Operations that nothing can make into a kernel: what they are to the user, and why they are refused.
NO_KERNEL = {
    "scf.for": ("a loop", _LOOP),
    "scf.while": ("a while loop", _LOOP),
    "scf.if": ("an if on a value known only at run time", "its branches would be launched by the GPU itself"),
    "nd.check": ("a check that fails at run time", "a kernel has no way yet to report the line to the caller"),
    "func.call": ("a call that is not inlined", "a kernel is made of one function"),
    "math.ipowi": ("an integer power", "the GPU's arithmetic has none"),
}
#: And those that can be in some cases.
_REASONS = NO_KERNEL | {
    "tensor.extract_slice": ("a slice whose bounds are known only at run time", _BOUNDS),
    "tensor.insert_slice": ("a write to a slice whose bounds are known only at run time", _BOUNDS),
    "tensor.collapse_shape": ("a reshape of a slice", "its elements are not next to each other in memory"),
}


# ---------------------------------------------------------------- memory, structure and indices


def read(memref: Value, address: Value) -> Value:
    return create("memref.load", [memref.type.element_type], [memref, address]).result


def write(value: Value, memref: Value, address: Value) -> None:
    create("memref.store", [], [value, memref, address])


def when(condition: Value) -> Any:
    """The inside of ``if condition:``, as an insertion point; ends itself."""
    op = create("scf.if", [], [condition], regions=2)
    block = op.regions[0].blocks.append()
    yield_([], block)
    return ir.InsertionPoint(terminator(block))


def below(a: Value, bound: int) -> Value:
    """0 <= a < bound, for an a that is not negative."""
    return cmpi("ult", a, index(bound))


def unravel(position: Value, shape: Sequence[int]) -> list[Value]:
    """The indices of the element at a row-major position."""
    indices: list[Value] = []
    for d in reversed(range(len(shape))):
        if shape[d] == 1:
            indices.append(index(0))
        elif math.prod(shape[:d]) == 1:
            indices.append(position)
        else:
            indices.append(create("arith.remui", [position.type], [position, index(shape[d])]).result)
            position = create("arith.divui", [position.type], [position, index(shape[d])]).result
    return indices[::-1]


def _function_type(inputs: Sequence[Any]) -> Any:
    return ir.TypeAttr.get(ir.FunctionType.get(list(inputs), []))


def _about(parameter: Value) -> Any:
    """A buffer does not overlap another: what a kernel writes is never what it reads."""
    return ir.DictAttr.get({"llvm.noalias": ir.UnitAttr.get()} if isinstance(parameter.type, ir.MemRefType) else {})


def _i64(value: int) -> Any:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)
