"""The forward and reverse functions of a loop whose states are stored at a few steps only.

    @loop.fwd(captures.., inits.., trips)     -> (finals.., active captures.., residuals..)
    @loop.rev(residuals.., ct of the finals and captures that fwd returns, if floats) -> (ct of float arguments..)
    @loop.sweep(first, target, count, captures.., positions, slots.., state..) -> (count, positions, slots.., state..)

with the residuals captures, trips, count, positions, slots.., state..:  `slots` has a row for each stored state,
`positions` the steps they are at, `count` how many there are, `state` is the one before the last step.  The sweep takes
the state at step `first` to step `target` and stores states on the way, by the binomial schedule (passes/schedules.py).
The reverse function reverses one step after the other, last step first: the state before a step is that of the newest
stored one, swept forward.  A `while` is counted while it runs; its states are stored in the reverse function, which
starts from its inits.

The reverse function of one step is that of @loop.step, declared here and defined by diff-expand.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_float, is_tensor, tensor_type
from wengert.dialects.build import cast_index, create, index, size, zeros_like
from wengert.dialects.control import (
    condition_,
    find_function,
    make_for,
    make_function,
    make_if,
    make_while,
    return_,
    yield_,
)
from wengert.dialects.diff import RESIDUALS
from wengert.dialects.discrete import cmpi
from wengert.dialects.op import lookup_call
from wengert.dialects.structural import extract_slice, insert_slice
from wengert.passes.checkpoint_outline import Loop, call, run_loop, run_steps
from wengert.passes.inline import SILENT
from wengert.passes.recompute import declare
from wengert.passes.schedules import split_function
from wengert.passes.storage_facts import STORED, TAPE, Fact

#: Marks the loops of a schedule: when they are differentiated again they are loops like others, and not checkpointed.
SCHEDULED = "diff.scheduled"
REASON = "part of the state of a loop, at a few of its steps: the others are computed again"
#: How many rows the slots have: emitted in the forward function (of a `for`) or the reverse function (of a `while`).
Rows = Callable[[Value], Value]


def write_rules(module: Any, loop: Loop, slots: Rows) -> list[str]:
    """Write @loop.fwd and @loop.rev and make them the rules of @loop; the names of what has to be completed."""
    with loop.location:
        writer = _Rules(module, loop, slots)
        writer.declare_step()
        writer.sweep_function()
        writer.forward()
        writer.reverse()
    return [f"{loop.name}.fwd", f"{loop.name}.rev"]


class _Rules:
    def __init__(self, module: Any, loop: Loop, slots: Rows) -> None:
        self._module, self._loop, self._slots = module, loop, slots
        self._index = ir.IndexType.get()
        self._positions = tensor_type([DYNAMIC], ir.IntegerType.get_signless(64))
        self._slot_types = [_slot_type(type_) for type_ in loop.carries]
        self._split = split_function(module)
        trips = [self._index] if loop.counted else []
        self._arguments = [*loop.captures, *loop.carries, *trips]
        self._store = [self._index, self._positions, *self._slot_types]  # count, positions, slots..

    # ------------------------------------------------------------ functions

    def declare_step(self) -> None:
        """@step.fwd and @step.rev, with respect to what carries a derivative."""
        loop, residuals = self._loop, ir.Type.parse(RESIDUALS)
        arguments, results = [self._index, *loop.carries, *loop.captures], [*loop.carries, *loop.handed_on]
        first = 1 + len(loop.carries)
        wrt = [*(1 + i for i in loop.active_carries), *(first + i for i in loop.active_captures)]
        forward, reverse = f"{loop.step}.fwd", f"{loop.step}.rev"
        declare(self._module, forward, arguments, [*results, residuals],
                {"diff.fwd": ir.FlatSymbolRefAttr.get(loop.step), "diff.wrt": ir.DenseI64ArrayAttr.get(wrt),
                 SILENT: ir.UnitAttr.get()})
        declare(self._module, reverse, [residuals, *filter(is_float, results)], [arguments[i] for i in wrt],
                {"diff.rev": ir.FlatSymbolRefAttr.get(forward)})

    def sweep_function(self) -> None:
        loop = self._loop
        arguments = [self._index, self._index, self._index, *loop.captures, *self._store[1:], *loop.carries]
        func = make_function(self._module, f"{loop.name}.sweep", arguments, [*self._store, *loop.carries],
                             loc=loop.location)
        block = func.regions[0].blocks[0]
        first, target, count, *rest = list(block.arguments)
        captures, rest = rest[:len(loop.captures)], rest[len(loop.captures):]
        with ir.InsertionPoint(block):
            new = make_while([first, count, *rest], {SCHEDULED: ir.UnitAttr.get()})
            with ir.InsertionPoint(new.before):
                condition_(cmpi("slt", new.tests[0], target), new.tests, new.before)
            with ir.InsertionPoint(new.block):
                yield_(self._section(target, captures, new.carries), new.block)
            return_(new.results[1:], block)

    def _section(self, target: Value, captures: list[Value], carried: list[Value]) -> list[Value]:
        """From one stored state to the next, or to the target."""
        loop, one = self._loop, index(1)
        first, count, positions, *rest = carried
        slots, state = rest[:len(loop.carries)], rest[len(loop.carries):]
        free = _add(_subtract(size(positions, 0), count), one)  # the state at `first` has one of them
        m = call(self._split, [_add(_subtract(target, first), one), free], [self._index])[0]
        position = _add(first, m)
        state = run_steps(loop, first, position, state, captures)
        stored = make_if(cmpi("slt", position, target), self._store)
        then, otherwise = (region.blocks[0] for region in stored.regions)
        with ir.InsertionPoint(then):
            yield_(self._stored(position, count, positions, slots, state), then)
        yield_([count, positions, *slots], otherwise)
        return [position, *stored.results, *state]

    def forward(self) -> None:
        loop = self._loop
        residuals = [*loop.captures, self._index, *(self._store if loop.counted else []), *loop.carries]
        func = make_function(self._module, f"{loop.name}.fwd", self._arguments,
                             [*loop.carries, *loop.handed_on, *residuals], loc=loop.location)
        self._rule("diff.custom_fwd", func)
        block = func.regions[0].blocks[0]
        captures, inits, rest = loop.parts(list(block.arguments))
        handed_on = [captures[i] for i in loop.active_captures]
        with ir.InsertionPoint(block):
            if loop.counted:
                rows, trips = self._within(rest[0])
                swept = self._sweep_all(inits, captures, rows, trips)
                finals = run_steps(loop, _last(trips), trips, swept[len(self._store):], captures)
                return_([*finals, *handed_on, *captures, trips, *swept], block)
            else:
                *finals, trips = run_loop(loop, inits, captures)
                return_([*finals, *handed_on, *captures, trips, *inits], block)

    def reverse(self) -> None:
        loop = self._loop
        kept = [*loop.captures, self._index]
        residuals = [*kept, *(self._store if loop.counted else []), *loop.carries]
        cotangents = [type_ for type_ in (*loop.carries, *loop.handed_on) if is_float(type_)]
        returned = [type_ for type_ in (*loop.captures, *loop.carries) if is_float(type_)]
        func = make_function(self._module, f"{loop.name}.rev", [*residuals, *cotangents], returned, loc=loop.location)
        self._rule("diff.custom_rev", func)
        block = func.regions[0].blocks[0]
        arguments = list(block.arguments)
        captures, trips = arguments[:len(loop.captures)], arguments[len(loop.captures)]
        swept, received = arguments[len(kept):len(residuals)], arguments[len(residuals):]
        with ir.InsertionPoint(block):
            if not loop.counted:
                rows, trips = self._within(trips)
                swept = self._sweep_all(swept, captures, rows, trips, again=True)
            cts = self._reverse_steps(captures, trips, swept, received)
            return_(cts, block)

    def _rule(self, attribute: str, func: Any) -> None:
        loop = find_function(self._module, self._loop.name)
        loop.attributes[attribute] = ir.FlatSymbolRefAttr.get(ir.StringAttr(func.attributes["sym_name"]).value)

    # ------------------------------------------------------------ parts

    def _within(self, trips: Value) -> tuple[Value, Value]:
        """The rows of the slots, and the trips: none if there is no room for one state, which a check will tell."""
        rows = self._slots(trips)
        return rows, lookup_call("arith.select", cmpi("sgt", rows, index(0)), trips, index(0))

    def _sweep_all(self, inits: list[Value], captures: list[Value], rows: Value, trips: Value,
                   again: bool = False) -> list[Value]:
        """(count, positions, slots.., state..) with the state before the last step, from the beginning."""
        zero = index(0)
        positions = create("nd.empty", [self._positions], [rows]).result
        slots = [self._make_slots(i, init, rows) for i, init in enumerate(inits)]
        last = _last(trips)
        new = make_if(cmpi("slt", zero, last), self._store)
        then, otherwise = (region.blocks[0] for region in new.regions)
        with ir.InsertionPoint(then):
            yield_(self._stored(zero, zero, positions, slots, inits), then)
        yield_([zero, positions, *slots], otherwise)
        return self._sweep(zero, last, captures, list(new.results), inits, again)

    def _make_slots(self, carry: int, init: Value, rows: Value) -> Value:
        type_, name = self._slot_types[carry], f"{self._loop.name}:{carry}"
        Fact(STORED, init.type, self._loop.location, REASON, tape=name).emit()
        extents = [size(init, d) for d in range(type_.rank - 1) if type_.is_dynamic_dim(d + 1)]
        return create("nd.empty", [type_], [rows, *extents], {TAPE: ir.StringAttr.get(name)}).result

    def _sweep(self, first: Value, target: Value, captures: Sequence[Value], stored: Sequence[Value],
               state: Sequence[Value], again: bool) -> list[Value]:
        count, *rest = stored
        return call(f"{self._loop.name}.sweep", [first, target, count, *captures, *rest, *state],
                    [*self._store, *self._loop.carries], silent=again)

    def _stored(self, step: Value, count: Value, positions: Value, slots: Sequence[Value],
                state: Sequence[Value]) -> list[Value]:
        """(count, positions, slots..) with the state at `step` on top."""
        i64 = ir.IntegerType.get_signless(64)
        positions = lookup_call("tensor.insert", create("arith.index_cast", [i64], [step]).result, positions, count)
        rows = [_write(value, slot, count) for value, slot in zip(state, slots, strict=True)]
        return [_add(count, index(1)), positions, *rows]

    def _reverse_steps(self, captures: list[Value], trips: Value, swept: list[Value],
                       received: list[Value]) -> list[Value]:
        loop = self._loop
        floats = [i for i, type_ in enumerate(loop.carries) if is_float(type_)]
        ct = dict(zip(floats, received))
        inits = [*swept, *(ct[i] for i in loop.active_carries), *received[len(floats):]]
        new = make_for(index(0), trips, index(1), inits, {SCHEDULED: ir.UnitAttr.get()})
        with ir.InsertionPoint(new.block):
            one = index(1)
            k = _subtract(_subtract(trips, one), new.iv)
            stored, rest = new.carries[:len(self._store)], new.carries[len(self._store):]
            state, cts = rest[:len(loop.carries)], rest[len(loop.carries):]
            cts = self._reverse_step(k, state, captures, cts)
            yield_([*self._state_before(k, captures, stored, state), *cts], new.block)
        cts = new.results[len(swept):]
        carried = dict(zip(loop.active_carries, cts))
        gained = dict(zip(loop.active_captures, cts[len(loop.active_carries):]))
        return [
            *(gained[i] if i in gained else zeros_like(captures[i])
              for i, type_ in enumerate(loop.captures) if is_float(type_)),
            *(carried[i] if i in carried else zeros_like(ct[i]) for i in floats),
        ]

    def _reverse_step(self, k: Value, state: Sequence[Value], captures: Sequence[Value],
                      cts: Sequence[Value]) -> list[Value]:
        """The cotangents before step k from those after it; what a step hands on has collected its own."""
        loop, residuals = self._loop, ir.Type.parse(RESIDUALS)
        ran = call(f"{loop.step}.fwd", [k, *state, *captures], [*loop.carries, *loop.handed_on, residuals])
        carried = dict(zip(loop.active_carries, cts))
        given = [carried[i] if i in carried else zeros_like(state[i])
                 for i, type_ in enumerate(loop.carries) if is_float(type_)]
        given += cts[len(loop.active_carries):]
        return call(f"{loop.step}.rev", [ran[-1], *given], [ct.type for ct in cts])

    def _state_before(self, k: Value, captures: Sequence[Value], stored: Sequence[Value],
                      used: Sequence[Value]) -> list[Value]:
        """(count, positions, slots.., state..) with the state before step k - 1, from the newest one that is stored.

        There is no such step for k = 0; what the rows hold then is not used.  The state goes where the `used` one was.
        """
        zero, one = index(0), index(1)
        count, positions, *slots = stored
        target, top = (lookup_call("arith.maxsi", _subtract(x, one), zero) for x in (k, count))
        position = cast_index(lookup_call("tensor.extract", positions, top))
        first = lookup_call("arith.select", cmpi("eq", k, zero), zero, position)
        state = [_read(slot, top, old) for slot, old in zip(slots, used, strict=True)]
        left = lookup_call("arith.select", cmpi("eq", first, target), top, count)  # one that is not needed again goes
        return self._sweep(first, target, captures, [left, positions, *slots], state, again=True)


def _add(x: Value, y: Value) -> Value:
    return lookup_call("arith.addi", x, y)


def _subtract(x: Value, y: Value) -> Value:
    return lookup_call("arith.subi", x, y)


def _last(trips: Value) -> Value:
    """The step whose state the forward sweep ends with."""
    return lookup_call("arith.maxsi", _subtract(trips, index(1)), index(0))


# ---------------------------------------------------------------- rows of slots


def _stored_element(type_: Any) -> Any:
    """Bools are stored as bytes, indices as i64."""
    element = element_type(type_)
    if isinstance(element, ir.IndexType):
        return ir.IntegerType.get_signless(64)
    return ir.IntegerType.get_signless(8) if element == ir.IntegerType.get_signless(1) else element


def _slot_type(type_: Any) -> Any:
    return tensor_type([DYNAMIC, *(type_.shape if is_tensor(type_) else ())], _stored_element(type_))


def _window(slots: Value, row: Value) -> tuple[list[Any], list[Any], list[int]]:
    rank = slots.type.rank
    extents = [size(slots, d) if slots.type.is_dynamic_dim(d) else slots.type.shape[d] for d in range(1, rank)]
    return [row, *[0] * (rank - 1)], [1, *extents], [1] * rank


def _write(value: Value, slots: Value, row: Value) -> Value:
    value = _converted(value, _stored_element(value.type))
    if not is_tensor(value.type):
        return lookup_call("tensor.insert", value, slots, row)
    return insert_slice(value, slots, *_window(slots, row))


def _read(slots: Value, row: Value, used: Value) -> Value:
    """A row, in the memory of a value that is not needed any more."""
    if not is_tensor(used.type):
        return _converted(lookup_call("tensor.extract", slots, row), used.type)
    rank = used.type.rank
    value = _converted(extract_slice(slots, *_window(slots, row), drop=range(1)), element_type(used.type))
    extents = [size(used, d) if used.type.is_dynamic_dim(d) else used.type.shape[d] for d in range(rank)]
    return insert_slice(value, used, [0] * rank, extents, [1] * rank)


def _converted(value: Value, element: Any) -> Value:
    """The value with elements of another integer type."""
    present = element_type(value.type)
    if present == element:
        return value
    if isinstance(present, ir.IndexType) or isinstance(element, ir.IndexType):
        name = "arith.index_cast"
    else:
        name = "arith.extui" if present == ir.IntegerType.get_signless(1) else "arith.trunci"
    type_ = tensor_type(value.type.shape, element) if is_tensor(value.type) else element
    return create(name, [type_], [value]).result
