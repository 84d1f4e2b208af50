"""From a differentiated module to PTX, in process and without a CUDA toolkit.

Assumes functions of arith, math, tensor and nd ops after differentiation: calls inlined, residuals stored.  The GPU
dialect becomes NVVM, and upstream's `gpu-module-to-binary` links libdevice (elementary functions; the MLIR wheel has
it), optimises and writes PTX.  No GPU, driver or assembler takes part.

Upstream aborts the process when it is given IR it cannot translate, so what is to be translated is checked before.

Floating point is IEEE's: no fused multiply-add of separate operations, no flushing of subnormals, correctly rounded
division and square root.  Elementary functions are libdevice's, with a few ulp at most.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import gpu_object, ir, position_of, walk
from wengert.dialects.build import create
from wengert.dialects.control import functions
from wengert.dialects.errors import UnsupportedError
from wengert.passes.base import Observer, Pass, Upstream, register_pass, run_pipeline
from wengert.passes.gpu_kernels import GpuKernels
from wengert.passes.gpu_tensors import LowerTensorsGpu
from wengert.passes.launch_plan import LaunchPlan, read_plan


@dataclass(frozen=True)
class Chip:
    """What PTX is written for: a compute capability and the oldest PTX version of drivers that are to read it."""

    name: str = "sm_90"
    features: str = "+ptx80"


@dataclass(frozen=True)
class DeviceCode:
    """A compiled module: PTX, and for each function what is launched to call it."""

    ptx: str
    plans: tuple[LaunchPlan, ...]

    def text(self) -> str:
        """The PTX with the launch plans before it, as comments."""
        plans = "\n".join(str(plan) for plan in self.plans)
        return "".join(f"// {line}\n" for line in plans.splitlines()) + self.ptx


@register_pass("gpu-exact-sqrt")
@dataclass(frozen=True)
class ExactSqrt(Pass):
    """Round square roots of f32 correctly: libdevice would silently choose sqrt.approx."""

    def run(self, module: Any) -> None:
        for op in walk(module, "math.sqrt"):
            if str(op.results[0].type) == "f32":
                attributes = {"intrin": ir.StringAttr.get("llvm.nvvm.sqrt.rn.f"),
                              "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0]),
                              "op_bundle_sizes": ir.DenseI32ArrayAttr.get([])}
                exact = create("llvm.call_intrinsic", [op.results[0].type], list(op.operands), attributes,
                               ip=ir.InsertionPoint(op), loc=op.location)
                op.results[0].replace_all_uses_with(exact.results[0])
                op.erase()


@register_pass("gpu-check-translatable")
@dataclass(frozen=True)
class CheckTranslatable(Pass):
    """Refuse kernels in which something is left that is not of LLVM's dialects: translating it would abort."""

    def run(self, module: Any) -> None:
        for device in walk(module, "gpu.module"):
            for op in walk(device):
                if not op.name.startswith(("llvm.", "nvvm.", "gpu.module")):
                    raise UnsupportedError(f"{op.name} has no translation to the GPU", position_of(op.location),
                                           why="upstream's conversion to NVVM left it as it is",
                                           help="use target='cpu' for this function")


#: From nd to linalg, and to kernels of the GPU dialect.
LINALG: tuple[Pass, ...] = (
    LowerTensorsGpu(),             # arrays become linalg, fused where they are read
    Upstream("canonicalize,cse"),  # merges operands that are the same array, drops generics nobody reads
)
GPU: tuple[Pass, ...] = (
    GpuKernels(),                  # each generic becomes a kernel, the function launches them
    Upstream("canonicalize,cse"),  # addresses
)


def nvvm_passes(chip: Chip) -> tuple[Pass, ...]:
    """From the GPU dialect to LLVM's dialects, inside gpu.module; the host function stays as it is."""
    return (
        Upstream(f"nvvm-attach-target{{chip={chip.name} features={chip.features} O=3}}"),
        ExactSqrt(),  # before the conversion, which would call libdevice
        Upstream("gpu.module(convert-scf-to-cf,expand-strided-metadata,lower-affine)"),  # the next one leaves these
        Upstream("gpu.module(convert-gpu-to-nvvm{use-bare-ptr-memref-call-conv=true})"),  # a buffer is one pointer
        Upstream("gpu.module(convert-math-to-llvm)"),  # what libdevice has no function for: trunc, ctlz
        Upstream("gpu.module(convert-nvvm-to-llvm,reconcile-unrealized-casts,canonicalize,cse)"),
        CheckTranslatable(),
    )


def to_kernels(module: Any, observer: Observer | None = None) -> None:
    """Rewrite every function of nd ops into kernels and a function that launches them.

    Args:
        observer: called with "linalg" and "gpu", and the module when it has reached that stage.

    Raises:
        UnsupportedError: a function has something that cannot be a kernel; with its position.
    """
    for stage, passes in (("linalg", LINALG), ("gpu", GPU)):
        run_pipeline(module, passes)
        if observer is not None:
            observer(stage, module)


def to_ptx(module: Any, chip: Chip | None = None, observer: Observer | None = None) -> DeviceCode:
    """Compile the kernels of `module`, which is rewritten.

    Args:
        observer: called with "nvvm" and the module when it has reached that stage.

    Raises:
        UnsupportedError: a kernel has something that PTX has not.
    """
    run_pipeline(module, nvvm_passes(chip or Chip()))
    if observer is not None:
        observer("nvvm", module)
    with module.context:
        plans = tuple(read_plan(func) for func in functions(module))
        return DeviceCode(assemble(module), plans)


def assemble(module: Any) -> str:
    """The PTX of the only gpu.module, which has reached the NVVM stage; it becomes a gpu.binary.

    Raises:
        UnsupportedError: a kernel calls a function that libdevice does not have.
    """
    run_pipeline(module, [CheckTranslatable(), Upstream("gpu-module-to-binary{format=isa}")])
    (binary,) = walk(module, "gpu.binary")
    ptx = gpu_object(binary).decode().rstrip("\0")
    if missing := re.findall(r"\.extern \.func[^;]*?(\w+)\s*\(", ptx):
        raise UnsupportedError(f"the GPU's library has no function {', '.join(sorted(set(missing)))}",
                               why="the kernels call it, and nothing defines it",
                               help="use target='cpu' for this function")
    return ptx
