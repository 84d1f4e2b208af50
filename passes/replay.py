"""The reading side of residual storage: `diff.saved` becomes a read of a tape that the function takes as an argument.

The positions mirror those of the forward function (passes/storage_plan.py).  The base of a flat loop is read once,
before the loop that counts its iterations.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wengert.dialects.bindings import Value, block_of, ir, is_tensor, tensor_type, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import entry, refresh_type
from wengert.dialects.op import encode_attributes, lookup_call
from wengert.dialects.structural import extract_slice
from wengert.passes.storage_plan import Flat, Plan, Ragged, Residual

SAVED = "diff.saved"


def used_ids(functions: Sequence[Any]) -> set[int]:
    """The residuals that functions ask for."""
    return {residual_id(op) for func in functions for op in walk(func, SAVED)}


def read_tapes(func: Any, plan: Plan, types: Sequence[Any]) -> None:
    """Add the tapes to the arguments of a linear or reverse function, and read them where placeholders stand."""
    block = entry(func)
    tapes = [block.add_argument(type_, func.location) for type_ in types]
    reader = _Reader(dict(zip(plan.residuals, tapes, strict=True)))
    for op in walk(func, SAVED):
        reader.replace(op, plan.by_id[residual_id(op)])
    refresh_type(func)
    func.attributes["diff.tapes"] = encode_attributes({"n": len(tapes)})["n"]


def residual_id(op: Any) -> int:
    """The number that ties a `diff.saved` to its `diff.save`."""
    return int(ir.IntegerAttr(op.attributes["id"]).value)


class _Reader:
    def __init__(self, tapes: dict[Residual, Value]) -> None:
        self._tapes = tapes
        self._bases: dict[tuple[Flat, Any], Value] = {}

    def replace(self, op: Any, residual: Residual) -> None:
        with op.location:
            value = self._read(op, residual, list(op.operands), op.results[0].type)
        op.results[0].replace_all_uses_with(value)
        op.erase()

    def _read(self, op: Any, residual: Residual, counters: list[Value], type_: Any) -> Value:
        """Emit the read before `op`."""
        tape, flat, ragged = self._tapes[residual], residual.flat, residual.ragged
        if ragged is not None:
            return self._ragged(op, ragged, counters, type_)
        base = None
        if flat is not None and flat.base is not None:
            base = self._base(op, flat, counters[:flat.depth])
        with ir.InsertionPoint(op):
            if flat is not None:
                position = counters[flat.depth]
                if base is not None:
                    position = lookup_call("arith.addi", base, position)
                counters = [position, *counters[flat.depth + 1:]]
            value = tape if not residual.loops else _element(tape, counters, type_)
            return value if value.type == type_ else create("arith.index_cast", [type_], [value]).result

    def _ragged(self, op: Any, ragged: Ragged, counters: list[Value], type_: Any) -> Value:
        """An array of varying extents: the elements behind its offset."""
        index_type = ir.IndexType.get()
        offset = self._read(op, ragged.offset, counters, index_type)
        dynamic = {d: self._read(op, extent, counters, index_type) for d, extent in ragged.extents.items()}
        with ir.InsertionPoint(op):
            size = index(1)
            for d in range(type_.rank):
                size = lookup_call("arith.muli", size, dynamic[d] if d in dynamic else index(type_.shape[d]))
            row = extract_slice(self._tapes[ragged.residual], [offset], [size], [1])
            if type_.rank > 1:
                row = create("nd.reshape", [tensor_type(type_.shape, row.type.element_type)],
                             [row, *dynamic.values()]).result
            return row if row.type == type_ else create("arith.index_cast", [type_], [row]).result

    def _base(self, op: Any, flat: Flat, counters: list[Value]) -> Value:
        """The base for these counters, read as far out as they are known."""
        assert flat.base is not None
        place = outermost_place(op, counters)
        if place == op:  # the placeholder goes, and so would the key
            return self._read(place, flat.base, counters, ir.IndexType.get())
        key = (flat, place, *counters)
        if key not in self._bases:
            self._bases[key] = self._read(place, flat.base, counters, ir.IndexType.get())
        return self._bases[key]


def outermost_place(op: Any, values: Sequence[Value]) -> Any:
    """The op, or the outermost region op around it, before which all `values` are defined."""
    blocks = [block_of(v) for v in values]
    while op.block not in blocks and op.parent.operation.name != "func.func":
        op = op.parent.operation
    return op


def _element(tape: Value, position: list[Value], type_: Any) -> Value:
    if not is_tensor(type_):
        return lookup_call("tensor.extract", tape, *position)
    rank = len(position)
    sizes = [create("tensor.dim", [ir.IndexType.get()], [tape, index(rank + d)]).result if type_.is_dynamic_dim(d)
             else type_.shape[d] for d in range(type_.rank)]
    return extract_slice(tape, [*position, *[0] * type_.rank], [*[1] * rank, *sizes], [1] * (rank + type_.rank),
                         drop=range(rank))
