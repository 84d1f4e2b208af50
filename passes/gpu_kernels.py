"""`gpu-kernels`: from linalg on tensors to kernels, and the host function that launches them.

Assumes functions as `lower-tensors-gpu` leaves them: generics, scalar arithmetic, reshapes; static shapes.  Leaves a
`gpu.module @kernels` and, for each function, one of the same name that takes buffers and launches:

- its arguments are those of the function, then one buffer a result; an array is a one-dimensional memref of its
  elements in row-major order, a scalar result a memref of one element, a bool an i8;
- its body is `gpu.alloc` of temporaries and `gpu.launch_func`, in order.

Each generic becomes one kernel, or two for a large reduction.  A write to a part of an array is a copy of the array and
a kernel that writes the part; writes that follow each other share the copy.  What has no kernel (loops, branches,
slices at positions known only at run time, run-time checks, arguments that change) is refused.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from wengert.dialects.bindings import Value, defining_op, ir, is_tensor, terminator
from wengert.dialects.build import create, index
from wengert.dialects.control import body_operations, entry, functions, make_function, return_, symbol
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import stored_element, to_memory
from wengert.passes.gpu_kernel import THREADS, Kernel, Memory, below, not_on_gpu, refuse_mutation, unravel, when
from wengert.passes.gpu_nests import GENERIC, read_nest, splat_value
from wengert.passes.gpu_places import Constant, Place, Splat, reshaped, sliced, static_shape, whole
from wengert.passes.gpu_schedules import blocks_for, schedule

KERNELS = "kernels"
#: Ops that change a part of their second operand.
INSERTIONS = ("tensor.insert", "tensor.insert_slice")


@register_pass("gpu-kernels")
@dataclass(frozen=True)
class GpuKernels(Pass):
    """Turn every function into kernels and a function that launches them."""

    def run(self, module: Any) -> None:
        originals = functions(module)
        module.operation.attributes["gpu.container_module"] = ir.UnitAttr.get()
        kernels = create("gpu.module", [], [], {"sym_name": ir.StringAttr.get(KERNELS)}, regions=1,
                         ip=ir.InsertionPoint.at_block_begin(module.body), loc=ir.Location.unknown())
        kernels.regions[0].blocks.append()
        for func in originals:
            if len(func.regions[0].blocks):
                with func.location:
                    _Launches(module, kernels, func).build()
                func.erase()


class _Launches:
    """The host function for one function, and its kernels."""

    def __init__(self, module: Any, kernels: Any, func: Any) -> None:
        self._func, self._block = func, entry(func)
        self._returned = list(terminator(self._block).operands)
        self._kernels_block = kernels.regions[0].blocks[0]
        self._count, self._constants = 0, 0
        inputs = [_argument_type(a) for a in self._block.arguments]
        outputs = [_buffer_type(_element_of(v), _shape_of(v)) for v in self._returned]
        self._host = make_function(module, symbol(func) + ".launch", inputs + outputs, [], private=False)
        arguments = list(entry(self._host).arguments)
        self._results = arguments[len(inputs):]
        self._places: dict[Value, Place | Splat] = {}
        self._scalars: dict[Value, Value] = {}
        #: Where a generic writes instead of a temporary: the buffer of a result.
        self._wanted: dict[Value, Value] = {}
        for old, new in zip(self._block.arguments, arguments):
            if is_tensor(old.type):
                self._places[old] = whole(new, static_shape(old))
            else:
                self._scalars[old] = new

    def build(self) -> None:
        """Fill the host function and give it the name of the old one.

        Raises:
            UnsupportedError: something in the function has no kernel.
        """
        refuse_mutation(self._func)
        self._choose_destinations()
        with ir.InsertionPoint(entry(self._host)):
            for op in body_operations(self._block):
                with op.location:
                    self._operation(op)
            self._write_results()
        return_([], entry(self._host))
        name = self._func.attributes["sym_name"]
        self._func.attributes["sym_name"] = ir.StringAttr.get(symbol(self._func) + ".lowered")
        self._host.attributes["sym_name"] = name

    # ------------------------------------------------------------ operations

    def _operation(self, op: Any) -> None:
        if (scalar := splat_value(op)) is not None:
            self._places[op.results[0]] = Splat(scalar, static_shape(op.results[0]))
        elif op.name == GENERIC:
            outputs = [self._destination(result) for result in op.results]
            schedule(self, read_nest(op), outputs)
            self._places.update(zip(op.results, outputs))
        elif op.name == "bufferization.alloc_tensor":
            self._allocate(op)
        elif op.name == "arith.constant" and is_tensor(op.results[0].type):
            self._constant(op)
        elif op.name in ("tensor.collapse_shape", "tensor.expand_shape", "tensor.cast"):
            self._view(op, reshaped(self._places[op.operands[0]], op.results[0]))
        elif op.name == "tensor.extract_slice":
            self._view(op, sliced(self._places[op.operands[0]], op, static_shape(op.results[0])))
        elif op.name == "tensor.insert_slice":
            target = self._changed(op)
            window = sliced(target, op, static_shape(op.operands[0]))
            if not isinstance(window, Place):
                raise not_on_gpu(op)
            self._copy(op.operands[0], window)
        elif op.name == "tensor.insert":
            value, _, *indices = op.operands
            target = self._changed(op)
            with self.kernel() as kernel:
                stored, at = to_memory(kernel.scalar(value)), target.address([kernel.scalar(i) for i in indices])
                with when(below(kernel.thread, 1)):
                    kernel.store(stored, target, at)
            self.launch(kernel, 1)
        elif len(op.regions) or len(op.results) != 1 or is_tensor(op.results[0].type):
            raise not_on_gpu(op)
        # What is left computes scalars: kernels recompute those they read, and refuse what they cannot compute.

    def _allocate(self, op: Any) -> None:
        """Memory for an uninitialised array, if it is read at all: mostly it only says where an op writes."""
        for use in op.results[0].uses:
            user = use.owner.operation
            unread = user.name == GENERIC and not list(entry(user).arguments[use.operand_number].uses)
            if not unread and not (user.name in INSERTIONS and use.operand_number == 1):
                element, shape = op.results[0].type.element_type, static_shape(op.results[0])
                self._places[op.results[0]] = self.temporary(element, shape)
                return

    def _constant(self, op: Any) -> None:
        """An array known at compile time is a part of the code."""
        flat = np.ravel(np.array(op.attributes["value"]))
        name = f"{symbol(self._func)}_constant{self._constants}"
        type_ = ir.MemRefType.get(flat.shape, op.results[0].type.element_type)
        create("memref.global", [], [], {
            "sym_name": ir.StringAttr.get(name), "sym_visibility": ir.StringAttr.get("private"),
            "type": ir.TypeAttr.get(type_), "initial_value": ir.DenseElementsAttr.get(flat),
            "constant": ir.UnitAttr.get(),
        }, ip=ir.InsertionPoint.at_block_begin(self._kernels_block))
        self._places[op.results[0]] = whole(Constant(name, type_), static_shape(op.results[0]))
        self._constants += 1

    def _view(self, op: Any, place: Place | Splat | None) -> None:
        if place is None:
            raise not_on_gpu(op)
        self._places[op.results[0]] = place

    def _changed(self, op: Any) -> Place:
        """Memory for the result of an insertion, with the elements of the array it changes.

        That array's own memory, if it is itself the result of an insertion that nobody else reads.
        """
        array, result = op.operands[1], op.results[0]
        place = self._places.get(array)
        if isinstance(place, Place) and _is_step(array):
            target = place
        else:
            target = self._destination(_last_step(result))
            if place is not None:
                self._copy(array, target)
        self._places[result] = target
        return target

    def _destination(self, result: Value) -> Place:
        if result in self._wanted:
            return whole(self._wanted[result], static_shape(result))
        return self.temporary(result.type.element_type, static_shape(result))

    # ------------------------------------------------------------ results

    def _choose_destinations(self) -> None:
        """Let generics write results where the caller wants them: arrays, and scalars that are their only element."""
        for value, buffer in zip(self._returned, self._results):
            source = value
            op = defining_op(value)
            if op is not None and op.name == "tensor.extract" and math.prod(static_shape(op.operands[0])) == 1:
                source = op.operands[0]
            producer = defining_op(source)
            if producer is not None and producer.name in (GENERIC, *INSERTIONS) and source not in self._wanted:
                self._wanted[source] = buffer

    def _write_results(self) -> None:
        """Copy what is not where the caller wants it."""
        scalars = []
        for value, buffer in zip(self._returned, self._results):
            if is_tensor(value.type):
                place = self._places[value]
                if isinstance(place, Splat) or place.buffer != buffer:
                    self._copy(value, whole(buffer, static_shape(value)))
            elif buffer not in self._wanted.values():
                scalars.append((value, buffer))
        if scalars:
            with self.kernel() as kernel:
                values = [to_memory(kernel.scalar(value)) for value, _ in scalars]
                with when(below(kernel.thread, 1)):
                    for value, (_, buffer) in zip(values, scalars):
                        kernel.store(value, whole(buffer, ()), index(0))
            self.launch(kernel, 1)

    def _copy(self, tensor: Value, target: Place) -> None:
        total = math.prod(target.shape)
        if not total:
            return
        with self.kernel() as kernel:
            position = kernel.global_id()
            with when(below(position, total)):
                indices = unravel(position, target.shape)
                address = position if target.contiguous else target.address(indices)
                kernel.store(kernel.element(tensor, indices), target, address)
        self.launch(kernel, blocks_for(total))

    # ------------------------------------------------------------ what schedules ask for

    def kernel(self) -> Kernel:
        name = f"{symbol(self._func)}_{self._count}"
        self._count += 1
        return Kernel(name, Memory(self._places, self._scalars), ir.InsertionPoint(self._kernels_block))

    def launch(self, kernel: Kernel, blocks: int) -> None:
        one, threads = index(1), index(THREADS)
        operands = [index(blocks), one, one, threads, one, one, *kernel.launched_with]
        segments = [0, *[1] * 6, 0, 0, 0, 0, len(kernel.launched_with), 0]
        create("gpu.launch_func", [], operands, {
            "kernel": ir.Attribute.parse(f"@{KERNELS}::@{kernel.name}"),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get(segments)})

    def temporary(self, element: Any, shape: Sequence[int]) -> Place:
        segments = {"operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0, 0])}
        return whole(create("gpu.alloc", [_buffer_type(element, shape)], [], segments).result, shape)


def _is_step(array: Value) -> bool:
    """Whether an array is the result of an insertion and only read by the next one."""
    producer, uses = defining_op(array), list(array.uses)
    return (producer is not None and producer.name in INSERTIONS and len(uses) == 1
            and uses[0].owner.operation.name in INSERTIONS and uses[0].operand_number == 1)


def _last_step(array: Value) -> Value:
    """The result of the last of a chain of insertions into one array."""
    while _is_step(array):
        array = next(iter(array.uses)).owner.operation.results[0]
    return array


def _argument_type(argument: Value) -> Any:
    if is_tensor(argument.type):
        return _buffer_type(argument.type.element_type, static_shape(argument))
    return stored_element(argument.type)


def _buffer_type(element: Any, shape: Sequence[int]) -> Any:
    return ir.MemRefType.get([math.prod(shape)], stored_element(element))


def _element_of(value: Value) -> Any:
    return value.type.element_type if is_tensor(value.type) else value.type


def _shape_of(value: Value) -> tuple[int, ...]:
    return static_shape(value) if is_tensor(value.type) else ()
