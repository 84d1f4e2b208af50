"""The one file that knows the MLIR version and its quirks.

Everything else takes the bindings from here.  wengert is written against LLVM 22.1 as packaged in
``xtc-mlir-python-bindings``; another major version is refused rather than tried, because these wheels are built with
assertions and a changed signature aborts the process.
"""

from __future__ import annotations

import sys
import types
from typing import Any

from wengert.dialects.errors import Position

try:
    from mlir import ir
    from mlir._mlir_libs import _mlir as _extension  # noqa: F401  (fails early when the shared libraries do not load)
    from mlir._mlir_libs._mlirDialectsLLVM import translate_module_to_llvmir
    from mlir.dialects import irdl
    from mlir.passmanager import PassManager
except ImportError as error:  # pragma: no cover - exercised in a subprocess by tests/test_import_errors.py
    raise ImportError(
        "wengert needs the MLIR bindings of LLVM 22.1: pip install xtc-mlir-python-bindings==22.1.8.4. "
        "Wheels exist for Linux (x86-64 and aarch64, glibc) and macOS (arm64), CPython 3.11 to 3.14. "
        f"The import failed with: {error}"
    ) from error

# Each look at an operation makes the bindings import "mlir.dialects.<its dialect>".  For dialects defined through IRDL
# that fails, every time, after a search of sys.path (40 microseconds): empty modules end the search.
for _dialect in ("nd", "diff"):
    sys.modules.setdefault(f"mlir.dialects.{_dialect}", types.ModuleType(f"mlir.dialects.{_dialect}"))

__all__ = [
    "DYNAMIC", "PassManager", "Value", "block_of", "defining_op", "derivative_location", "element_type", "gpu_object",
    "in_derivative", "ir", "irdl", "is_float", "is_tensor", "location_of", "position_of", "same_op", "tensor_type",
    "terminator", "translate_module_to_llvmir", "walk",
]

Value = ir.Value
#: The sentinel of a dynamic offset, size or stride in a static attribute.
DYNAMIC: int = ir.ShapedType.get_dynamic_size()


def defining_op(value: Any) -> Any | None:
    """The operation that produces `value`, or None for a block argument."""
    owner = value.owner
    return None if isinstance(owner, ir.Block) else owner.operation


def block_of(value: Any) -> Any:
    """The block in which `value` is defined."""
    owner = value.owner
    return owner if isinstance(owner, ir.Block) else owner.operation.block


def same_op(a: Any, b: Any) -> bool:
    """Identity of operations (handles and views of one operation compare equal here)."""
    return bool(a.operation == b.operation)


def terminator(block: Any) -> Any:
    """The last operation of a block."""
    operations = block.operations
    return operations[len(operations) - 1].operation


def walk(root: Any, name: str | None = None) -> list[Any]:
    """All operations below `root` in program order (outer first), optionally only those called `name`."""
    found: list[Any] = []

    def visit(op: Any) -> Any:
        if name is None or op.name == name:
            found.append(op.operation)
        return ir.WalkResult.ADVANCE

    root.operation.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def is_tensor(type_: Any) -> bool:
    return isinstance(type_, ir.RankedTensorType)


def element_type(type_: Any) -> Any:
    """The element type of a tensor; a scalar type is its own."""
    return type_.element_type if isinstance(type_, ir.RankedTensorType) else type_


def is_float(type_: Any) -> bool:
    """Whether values of this type carry tangents."""
    return isinstance(element_type(type_), ir.FloatType)


def tensor_type(shape: Any, element: Any) -> Any:
    """`tensor<shape x element>`; DYNAMIC stands for ``?``."""
    return ir.RankedTensorType.get(list(shape), element)


def location_of(position: Position | None) -> Any:
    """An MLIR location for a source position (needs an entered context)."""
    if position is None:
        return ir.Location.unknown()
    return ir.Location.file(position.file, position.line, position.column)


def position_of(location: Any) -> Position | None:
    """The innermost file position inside an MLIR location, or None."""
    if location.is_a_file():
        return Position(location.filename, location.start_line, location.start_col)
    if location.is_a_name():
        return position_of(location.child_loc)
    if location.is_a_callsite():
        return position_of(location.callee)
    if location.is_a_fused():
        for part in location.locations:
            if (position := position_of(part)) is not None:
                return position
    return None


DERIVATIVE = "derivative"


def derivative_location(location: Any) -> Any:
    """The location of what a derivative computes at a place of the program."""
    return ir.Location.name(DERIVATIVE, childLoc=location)


def in_derivative(location: Any) -> bool:
    """Whether an operation was written by differentiation."""
    return bool(location.is_a_name()) and location.name_str == DERIVATIVE


def gpu_object(binary: Any) -> bytes:
    """The first object in a gpu.binary: text of PTX, or an ELF file."""
    from mlir.dialects import gpu  # costs every import of wengert something otherwise

    return bytes(gpu.ObjectAttr(ir.ArrayAttr(binary.attributes["objects"])[0]).object)
