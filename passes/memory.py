"""How much memory a program allocates, found without running it.

The sizes of allocations are static, or index values at function level that only a run can tell: trip counts, and what
counting runs add up (passes/store.py).  `with_extents` makes a function return them, in addition to its results or,
with `alone`, instead of them: then dead code elimination leaves what counts, and running that is all that is executed.
`peak_bytes` adds up what is allocated at the same time in a function of stage memref.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from wengert.dialects.bindings import DYNAMIC, block_of, defining_op, ir, is_tensor, terminator, walk
from wengert.dialects.build import create
from wengert.dialects.control import FOR, entry, refresh_type
from wengert.dialects.op import DTYPES, decode_attributes, dtype_name, lookup
from wengert.passes.budgets import BUDGET, ROWS
from wengert.passes.storage_facts import DECIDED, TAPE, Fact, fact_of

#: What an extent is when nothing is known about it.
UNKNOWN = 0
Sizes = dict[Any, int]


def extents(func: Any) -> list[Any]:
    """The index values at function level that say how large something is, in program order; constants are left out."""
    found: dict[Any, None] = {}
    for op in walk(func)[1:]:
        if op.name == DECIDED or any(is_tensor(r.type) and not r.type.has_static_shape for r in op.results):
            asked = (v for v in op.operands if isinstance(v.type, ir.IndexType))
            found.update(dict.fromkeys(part for v in asked for part in _known_to_a_run(v)))
    return [v for v in found if block_of(v) == entry(func) and constant(v) is None]


def _known_to_a_run(value: Any) -> list[Any]:
    """The value; for a number of states that a budget decides, what else it is computed from."""
    op = defining_op(value)
    if op is None or not _decided_by_budget(value):
        return [value]
    return [part for operand in op.operands for part in _known_to_a_run(operand)]


def _decided_by_budget(value: Any) -> bool:
    op = defining_op(value)
    if op is None or op.name not in (BUDGET, "arith.minsi"):
        return False
    return op.name == BUDGET or any(_decided_by_budget(operand) for operand in op.operands)


def with_extents(func: Any, values: list[Any], alone: bool) -> None:
    """Return index values as i64, behind the results of a function or instead of them."""
    end = terminator(entry(func))
    i64 = ir.IntegerType.get_signless(64)
    with ir.InsertionPoint(end), end.location:
        added = [create("arith.index_cast", [i64], [v]).result for v in values]
        create("func.return", [], [*([] if alone else end.operands), *added])
    end.erase()
    if "res_attrs" in func.attributes:
        described = [] if alone else list(ir.ArrayAttr(func.attributes["res_attrs"]))
        func.attributes["res_attrs"] = ir.ArrayAttr.get(described + [ir.DictAttr.get({})] * len(added))
    refresh_type(func)


def tape_bytes(func: Any, sizes: Sizes, rows: dict[str, int]) -> dict[str, int]:
    """Bytes of each tape of a function of stage transposed, by name; of one made in a loop, for one iteration.

    Args:
        rows: how many states of each loop fit into a budget.
    """
    found: dict[str, int] = {}
    for op in walk(func, BUDGET):
        sizes[op.result] = rows.get(str(ir.StringAttr(op.attributes["loop"]).value), UNKNOWN)
    for op in walk(func, "nd.empty"):
        if TAPE in op.attributes:
            name = str(ir.StringAttr(op.attributes[TAPE]).value)
            found[name] = found.get(name, 0) + _bytes(op.results[0].type, op.operands, sizes)
    return found


def decided_bytes(func: Any, sizes: Sizes) -> list[tuple[Fact, int]]:
    """What a function of stage transposed says about values, and the bytes of each; 0 if its extents are not told."""
    return [(fact := fact_of(op), _bytes(fact.type, op.operands, sizes)) for op in walk(func, DECIDED)]


def known_extents(func: Any, count: int, numbers: list[int]) -> Sizes:
    """The last `count` results of a function of stage memref, with their values: what its extents are computed from."""
    block = entry(func)
    outs = list(block.arguments)[-1 - count:-1]  # the last argument is the error record
    stored = {op.operands[1]: op.operands[0] for op in walk(func, "memref.store")}
    sizes: Sizes = {}
    for out, number in zip(outs, numbers, strict=True):
        cast = defining_op(stored[out])
        if cast is not None and cast.name == "arith.index_cast":
            sizes[cast.operands[0]] = number
    return sizes


def stored_states(func: Any, sizes: Sizes) -> dict[str, int]:
    """How many states of each loop a budget of memory has room for, in a function of stage memref."""
    allocs = [op for op in walk(func, "memref.alloc") if ROWS in op.attributes]
    return {str(ir.StringAttr(op.attributes[ROWS]).value): evaluate(op.operands[0], sizes) for op in allocs}


def peak_bytes(func: Any, sizes: Sizes) -> int:
    """The most bytes that are allocated at the same time in a function of stage memref, without those for alignment."""
    return _peak(entry(func), sizes)


def _peak(block: Any, sizes: Sizes) -> int:
    now = peak = 0
    allocated: dict[Any, int] = {}
    for view in block.operations:
        op = view.operation
        if op.name == "memref.alloc":
            allocated[op.result] = _bytes(op.result.type, op.operands, sizes)
            now += allocated[op.result]
        elif op.name == "memref.dealloc":
            now -= allocated.get(op.operands[0], 0)
        elif len(op.regions):
            inner = max((_peak(b, sizes) for region in op.regions for b in region.blocks), default=0)
            peak = max(peak, now + inner)
        peak = max(peak, now)
    return peak


def _bytes(type_: Any, extents: Sequence[Any], sizes: Sizes) -> int:
    dynamic = iter(extents)
    elements = 1
    for extent in type_.shape if isinstance(type_, ir.ShapedType) else ():
        value = next(dynamic, None) if extent == DYNAMIC else None
        elements *= extent if extent != DYNAMIC else 0 if value is None else max(evaluate(value, sizes), 0)
    element = type_.element_type if isinstance(type_, ir.ShapedType) else type_
    return int(elements * (8 if isinstance(element, ir.IndexType) else max(element.width // 8, 1)))


def constant(value: Any) -> int | None:
    op = defining_op(value)
    if op is None or op.name != "arith.constant" or isinstance(value.type, ir.FloatType):
        return None
    return int(ir.IntegerAttr(op.attributes["value"]).value)


def evaluate(value: Any, sizes: Sizes) -> int:
    """An index value: known, or integer arithmetic on such; a counter is taken to be in its last iteration."""
    if value in sizes:
        return sizes[value]
    sizes[value] = UNKNOWN  # until it is found
    op = defining_op(value)
    record = None if op is None else lookup(op.name)
    if op is None:
        loop = value.owner.owner.operation
        if loop.name == FOR and value == value.owner.arguments[0]:
            lower, upper, step = (evaluate(bound, sizes) for bound in list(loop.operands)[:3])
            sizes[value] = max(upper - max(step, 1), lower)
    elif (known := constant(value)) is not None:
        sizes[value] = known
    elif record is not None and record.family == "discrete" and not any(is_tensor(v.type) for v in op.operands):
        attributes = {k: v for k, v in decode_attributes(op).items() if k == "predicate"}
        if record.typed:
            attributes["out"] = [((), DTYPES[dtype_name(value.type)])]
        if not any(isinstance(v.type, ir.FloatType) for v in op.operands):
            with np.errstate(all="ignore"):
                sizes[value] = int(record.meaning(*(np.int64(evaluate(v, sizes)) for v in op.operands), **attributes))
    elif op.name == "arith.select":
        condition, chosen, other = (evaluate(v, sizes) for v in op.operands)
        sizes[value] = chosen if condition else other
    return sizes[value]
