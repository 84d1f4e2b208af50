"""`lower-tensors-gpu`: from arrays to linalg, with every reduction as a `linalg.generic` of its own.

The same as `lower-tensors` but for reductions and products, which the CPU writes as loops right away.  A GPU divides
them among threads, so here they keep their iterators ("reduction") until `gpu-kernels` has chosen a schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.build import constant
from wengert.dialects.control import functions
from wengert.passes.base import Pass, register_pass
from wengert.passes.elements import Array
from wengert.passes.gpu_kernel import NO_KERNEL, not_on_gpu, refuse_mutation
from wengert.passes.lower_tensors import Rebuild
from wengert.passes.products import Pairs, is_bool, multiplied, product_loops
from wengert.passes.reductions import Combine, add, combined_in_memory, either


@register_pass("lower-tensors-gpu")
@dataclass(frozen=True)
class LowerTensorsGpu(Pass):
    """Turn elementwise and nd ops on tensors into linalg, fused, with reductions that are not loops yet."""

    def run(self, module: Any) -> None:
        for func in functions(module):
            if len(func.regions[0].blocks):
                with func.location:
                    _RebuildForGpu(module).function(func)


class _RebuildForGpu(Rebuild):
    """One function, copied op by op; what no kernel can do is refused where the user wrote it."""

    def function(self, func: Any) -> None:
        refuse_mutation(func)
        super().function(func)

    def operation(self, op: Any) -> None:
        if op.name in NO_KERNEL:
            raise not_on_gpu(op)
        super().operation(op)

    def mapped(self, op: Any, attributes: dict[str, Any], in_place: bool) -> Array:
        """Nothing is accumulated in place: a kernel that fuses it all reads and writes less."""
        return super().mapped(op, attributes, in_place=False)

    def reduced(self, array: Array, axes: Sequence[int], combine: Callable[[Any, Any], Any], neutral: Any) -> Any:
        self.settle_shared(array)
        array.uses -= 1  # its elements are computed inside the reduction
        return self._combined(array, axes, combine, neutral)

    def contracted(self, lhs: Array, rhs: Array, contracting: Pairs, batch: Pairs) -> Any:
        for operand in (lhs, rhs):
            self.in_memory_unless_cheap(operand)
        loops = product_loops(lhs, rhs, contracting, batch)
        product = multiplied(lhs, rhs, loops)
        combine = either if is_bool(lhs.element) else add
        return self._combined(product, loops.contracted, combine, constant(0, lhs.element))

    def _combined(self, array: Array, axes: Sequence[int], combine: Combine, neutral: Any) -> Any:
        """The elements combined along `axes`: a tensor, or a scalar if no axis is left."""
        tensor = combined_in_memory(array, axes, combine, neutral)
        return tensor if tensor.type.rank else self.load(tensor, (), array.element)
