"""Budgets of memory: how many states of each loop may be stored, from what the program allocates besides them.

`diff.budget` stands for the number of rows of the slots of a loop (passes/checkpoint_rules.py).  When all allocations
are in their places, `meet-budget` replaces it by

    1 + (memory - other - rows) / n / row

where `memory` is the module's attribute `diff.memory`, `other` what the rest of the program holds at its peak, with its
array results, `row` the bytes of one state of this loop, and `rows` of one state of each of the n loops.  The smallest
budget that can be met is other + rows.  Sizes that are known only at run time are computed at the start of the
function, from its arguments.

Raises a WengertValueError when the budget is too small, or what the program takes follows from more than its arguments;
a budget that turns out too small at run time fails a check.  Arrays on the stack, of at most 1 KB, do not count.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, block_of, defining_op, ir, is_tensor, position_of, walk
from wengert.dialects.build import create, index
from wengert.dialects.control import entry, function_types, functions
from wengert.dialects.discrete import cmpi
from wengert.dialects.errors import WengertValueError
from wengert.dialects.op import lookup_call
from wengert.passes.base import Pass, register_pass
from wengert.passes.buffers import ALLOC
from wengert.passes.lower_checks import add_check

BUDGET, MEMORY, RESULTS = "diff.budget", "diff.memory", "diff.results"
#: On an allocation: the loop whose states it holds.
ROWS = "diff.rows"
#: Integer arithmetic that may be repeated at the start of the function.
ARITHMETIC = frozenset({"arith.addi", "arith.subi", "arith.muli", "arith.maxsi", "arith.minsi", "arith.index_cast",
                        "arith.ceildivsi", "arith.constant"})


def limit_memory(module: Any, memory: int) -> None:
    """The program of a module is to take at most so many bytes."""
    attributes = module.operation.attributes
    present = int(ir.IntegerAttr(attributes[MEMORY]).value) if MEMORY in attributes else memory
    attributes[MEMORY] = _number(min(present, memory))


def _number(value: int) -> Any:
    return ir.IntegerAttr.get(ir.IntegerType.get_signless(64), value)


@register_pass("note-results")
@dataclass(frozen=True)
class NoteResults(Pass):
    """Note the bytes of the array results of the program, before they become arguments."""

    def run(self, module: Any) -> None:
        if MEMORY not in module.operation.attributes:
            return
        for func in functions(module):
            results = function_types(func)[1]
            given = ([ir.DictAttr(a) for a in ir.ArrayAttr(func.attributes["res_attrs"])]
                     if "res_attrs" in func.attributes else [{}] * len(results))
            own = [type_ for type_, known in zip(results, given)
                   if is_tensor(type_) and type_.has_static_shape and "nd.into" not in known]
            total = sum(prod(type_.shape) * _width(type_.element_type) for type_ in own)
            func.attributes[RESULTS] = _number(total)


@register_pass("meet-budget")
@dataclass(frozen=True)
class MeetBudget(Pass):
    """Replace each `diff.budget` by the number of rows that fit."""

    def run(self, module: Any) -> None:
        if MEMORY in module.operation.attributes:
            for func in functions(module):
                if RESULTS in func.attributes:
                    _Meeting(module, func).run()


class _Meeting:
    """Budgets of one function."""

    def __init__(self, module: Any, func: Any) -> None:
        self._module, self._func, self._budgets = module, func, walk(func, BUDGET)
        self._memory = int(ir.IntegerAttr(module.operation.attributes[MEMORY]).value)
        self._copies: dict[Value, Value] = {}
        self._owner: dict[Any, Any] = {}  # allocation -> the budget its size follows from
        for alloc in walk(func, ALLOC):
            owner = next((b for operand in alloc.operands if (b := self._budget_of(operand)) is not None), None)
            if owner is not None:
                self._owner[alloc] = owner

    def _budget_of(self, value: Value) -> Any | None:
        op = defining_op(value)
        if op is None:
            return None
        if op.name == BUDGET:
            return op
        if op.name not in ARITHMETIC:
            return None
        return next((b for operand in op.operands if (b := self._budget_of(operand)) is not None), None)

    def run(self) -> None:
        first = entry(self._func).operations[0].operation
        with ir.InsertionPoint(first), self._func.location:
            results = int(ir.IntegerAttr(self._func.attributes[RESULTS]).value)
            other = self._sum([results + self._static_peak(), *self._dynamic()])
            rows = {budget: self._row(budget) for budget in self._budgets}
            needed = self._sum([other, *rows.values()])
            self._require(needed)
            numbers = [self._rows(needed, row) for row in rows.values()]
        for alloc, budget in self._owner.items():
            alloc.attributes[ROWS] = budget.attributes["loop"]
        for budget, number in zip(self._budgets, numbers, strict=True):
            budget.results[0].replace_all_uses_with(number)
            budget.erase()
        del self._func.attributes[RESULTS]

    # ------------------------------------------------------------ what the program takes

    def _static_peak(self) -> int:
        """The peak of the allocations of static size; the others count as empty."""
        return _peak(entry(self._func))

    def _dynamic(self) -> list[Value]:
        """The sizes of the allocations of dynamic size, without the slots."""
        return [self._bytes(alloc, list(alloc.operands)) for alloc in walk(self._func, ALLOC)
                if len(alloc.operands) and alloc not in self._owner]

    def _row(self, budget: Any) -> int | Value:
        """The bytes of one row of all arrays whose size follows from a budget."""
        slots = [alloc for alloc, owner in self._owner.items() if owner == budget]
        return self._sum([
            self._bytes(alloc, [None if self._budget_of(v) is not None else v for v in alloc.operands])
            for alloc in slots])

    def _bytes(self, alloc: Any, extents: list[Value | None]) -> int | Value:
        """The size of an allocation; an extent that is None counts as 1."""
        type_ = alloc.results[0].type
        static = prod(n for n in type_.shape if n != DYNAMIC) * _width(type_.element_type)
        total: int | Value = int(static)
        for extent in extents:
            if extent is not None:
                total = lookup_call("arith.muli", _value(total), self._at_start(extent, alloc))
        return total

    def _at_start(self, value: Value, alloc: Any) -> Value:
        """The value, computed at the start of the function."""
        if value in self._copies:
            return self._copies[value]
        op = defining_op(value)
        if op is None and block_of(value) == entry(self._func):
            return value
        if op is None or op.name not in ARITHMETIC:
            raise WengertValueError(
                "what this takes cannot be predicted before it runs, and a budget of memory was asked for",
                position_of(alloc.location), why="the size of an array follows from more than the arguments",
                help='write checkpoint="binomial", slots=.. instead of memory=..')
        operands = [self._at_start(operand, alloc) for operand in op.operands]
        copy = op.clone()
        for i, operand in enumerate(operands):
            copy.operands[i] = operand
        self._copies[value] = copy.results[0]
        return self._copies[value]

    def _sum(self, terms: list[int | Value]) -> int | Value:
        static = sum(term for term in terms if isinstance(term, int))
        total: int | Value = static
        for term in terms:
            if not isinstance(term, int):
                total = lookup_call("arith.addi", _value(total), term)
        return total

    # ------------------------------------------------------------ what is left for states

    def _require(self, needed: int | Value) -> None:
        memory = self._memory
        location = (self._budgets or [self._func])[0].location
        if not isinstance(needed, int):
            i64 = ir.IntegerType.get_signless(64)
            numbers = [create("arith.index_cast", [i64], [_value(v)]).result for v in (memory, needed)]
            enough = cmpi("sle", needed, index(memory))
            message = "\n".join((TOO_SMALL, WHY, HELP)).replace("{memory}", "{0}").replace("{needed}", "{1}")
            add_check(self._module, self._func, enough, numbers, "ValueError", message, location)
        elif memory < needed:
            raise WengertValueError(TOO_SMALL.format(memory=memory, needed=needed), position_of(location), WHY,
                                    HELP.format(needed=needed))

    def _rows(self, needed: int | Value, row: int | Value) -> Value:
        """1 + (memory - needed) / n / row, and 0 when the budget is too small: then the loop does not run."""
        n = len(self._budgets)
        if isinstance(needed, int) and isinstance(row, int):
            return index(1 + (self._memory - needed) // n // max(row, 1))
        left = lookup_call("arith.subi", index(self._memory), _value(needed))
        per_row = lookup_call("arith.muli", lookup_call("arith.maxsi", _value(row), index(1)), index(n))
        rows = lookup_call("arith.addi", index(1), lookup_call("arith.divsi", left, per_row))
        return lookup_call("arith.select", cmpi("sge", left, index(0)), rows, index(0))


TOO_SMALL = "this takes more than {memory} bytes of memory; the smallest budget that can be met is {needed}"
WHY = "results, working memory and one state of each loop take that much"
HELP = "memory={needed}"


def _value(x: int | Value) -> Value:
    return index(x) if isinstance(x, int) else x


def _width(element: Any) -> int:
    return 8 if isinstance(element, ir.IndexType) else max(element.width // 8, 1)


def _peak(block: Any) -> int:
    """The most bytes of static size that a block holds at the same time."""
    now = peak = 0
    held: dict[Any, int] = {}
    for view in block.operations:
        op = view.operation
        if op.name == ALLOC:
            type_ = op.results[0].type
            held[op.results[0]] = 0 if len(op.operands) else prod(type_.shape) * _width(type_.element_type)
            now += held[op.results[0]]
        elif op.name == "memref.dealloc":
            now -= held.get(op.operands[0], 0)
        inner = max((_peak(b) for region in op.regions for b in region.blocks), default=0)
        peak = max(peak, now + inner)
    return peak
