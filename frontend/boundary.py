"""How values of a trace pass the boundary of compiled code: slots, signatures, returned values; and the context."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import DYNAMIC, ir, is_tensor
from wengert.dialects.build import create
from wengert.dialects.context import make_context
from wengert.dialects.control import function_types, symbol
from wengert.dialects.op import dtype_name
from wengert.frontend.trace import Trace
from wengert.frontend.values import Scalar
from wengert.runtime.signature import KernelSignature, Slot

_context: list[Any] = []


def the_context() -> Any:
    """The process's MLIR context."""
    if not _context:
        _context.append(make_context())
    return _context[0]


def returned_value(trace: Trace, leaf: Any) -> Any:
    if isinstance(leaf, Scalar):
        return trace.use(leaf)
    for extent in leaf.shape:
        if isinstance(extent, Scalar) and extent.origins and "data" not in extent.origins:
            trace.need_static(extent, "it is an extent of an array that is returned")
    value = leaf.read()
    # A rank 0 array is a NumPy scalar outside.
    return (
        create("tensor.extract", [value.type.element_type], [value], ip=ir.InsertionPoint(trace.region.block)).result
        if leaf.ndim == 0
        else value
    )


def slot_of(type_: Any, unsigned: bool = False) -> Slot:
    """How a value passes the boundary: an index as i64, an extent known only at run time as None."""
    dtype = "i64" if dtype_name(type_) == "index" else dtype_name(type_)
    dtype = f"u{dtype[1:]}" if unsigned else dtype
    return Slot(dtype, tuple(None if n == DYNAMIC else n for n in type_.shape) if is_tensor(type_) else None)


UNSIGNED = "nd.unsigned"


def result_attributes(into: int | None, element: str) -> Any:
    """What the type of a result does not say: the argument it is written into, and that its integers have no sign."""
    found: dict[str, Any] = {UNSIGNED: ir.UnitAttr.get()} if element[:1] == "u" else {}
    if into is not None:
        found["nd.into"] = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), into)
    return ir.DictAttr.get(found)


def signature_of(func: Any, arguments: Sequence[str] = ()) -> KernelSignature:
    """How a function is called; `arguments` are their element types, where some have no sign."""
    taken, returned = function_types(func)
    listed: list[Any] = [{}] * len(returned)
    if "res_attrs" in func.attributes:
        listed = [ir.DictAttr(a) for a in ir.ArrayAttr(func.attributes["res_attrs"])]
    elements = [*arguments, *[""] * (len(taken) - len(arguments))]
    slots = [slot_of(type_, element[:1] == "u") for type_, element in zip(taken, elements, strict=True)]
    results = [slot_of(type_, UNSIGNED in about) for type_, about in zip(returned, listed, strict=True)]
    into = [ir.IntegerAttr(about["nd.into"]).value if "nd.into" in about else None for about in listed]
    return KernelSignature(symbol(func), tuple(slots), tuple(results), tuple(into))
