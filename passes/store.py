"""diff-store: residuals get their storage; placeholders become tapes that fwd returns and lin and rev take.

    @f.fwd(x..) -> (y..)                    =>     @f.fwd(x..) -> (y.., tapes..)
    @f.lin(x.., dx..), @f.rev(x.., ct..)    =>     @f.lin(x.., dx.., tapes..), @f.rev(x.., ct.., tapes..)

Assumes the output of diff-linearize, and of diff-transpose if there is a rev.  Which loop iterations share a dimension
is decided in passes/storage_plan.py.  A tape is created before the outermost region op around its save and carried
through every region op on the way, so that each write is in place.  Indices are stored as i64.  A residual that neither
lin nor rev uses is not stored.  The functions get the attribute `diff.tapes`, the number of tapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from wengert.dialects.bindings import DYNAMIC, Value, element_type, ir, is_tensor, position_of, tensor_type
from wengert.dialects.build import constant, create, index
from wengert.dialects.control import FOR, WHILE, functions, make_function, refresh_type, return_, symbol
from wengert.dialects.discrete import cmpi
from wengert.dialects.errors import WengertValueError
from wengert.dialects.op import encode_attributes, lookup_call
from wengert.dialects.structural import extract_slice, insert_slice
from wengert.passes.base import Pass, register_pass
from wengert.passes.carrying import Carrier
from wengert.passes.counting import count, elements, extent_here
from wengert.passes.dead_code import remove_dead_code
from wengert.passes.nests import Outside, iterations
from wengert.passes.pack_bits import pack_masks
from wengert.passes.purity import Effects
from wengert.passes.replay import read_tapes, used_ids
from wengert.passes.simplify import simplify_function
from wengert.passes.storage_facts import DECIDED, STORED, TAPE, Fact, fact_of
from wengert.passes.storage_plan import SAVE, Counted, Flat, Plan, Ragged, Residual
from wengert.passes.tree import Body, Node, function_to_read, read_function
from wengert.passes.trips import constant_of


@register_pass("diff-store")
@dataclass(frozen=True)
class DiffStore(Pass):
    """Give the residuals of @f.fwd storage, and read it in @f.lin and @f.rev (one of them may be missing)."""

    function: str

    def run(self, module: Any) -> None:
        forward = function_to_read(module, f"{self.function}.fwd")
        wanted = {f"{self.function}.lin", f"{self.function}.rev"}
        users = [func for func in functions(module) if symbol(func) in wanted]
        if not users:
            raise WengertValueError(f"there is neither @{self.function}.lin nor @{self.function}.rev",
                                    position_of(forward.location), why="nobody would read the residuals",
                                    help="run diff-linearize first, and diff-transpose for a reverse sweep")
        store_residuals(module, forward, users)


def store_residuals(module: Any, forward: Any, users: Sequence[Any]) -> None:
    """Store the residuals of `forward` that `users`, its linear and reverse functions, ask for."""
    effects = Effects(module)
    for func in users:
        remove_dead_code(func, effects)  # a placeholder that is only defined is not asked for
    pack_masks(forward, users)
    plan = Plan(read_function(forward), used_ids(users))
    tapes = _record(module, forward, plan, effects)
    for func in users:
        read_tapes(func, plan, tapes)
        simplify_function(func, effects)


def _record(module: Any, forward: Any, plan: Plan, effects: Effects) -> list[Any]:
    """Replace `forward` by a function that returns the tapes too; their types."""
    arguments = [a.type for a in plan.tree.body.arguments]
    new = make_function(module, f"{symbol(forward)}.stored", arguments, [], after=forward, loc=forward.location)
    block = new.regions[0].blocks[0]
    recorder = _Recorder(plan, dict(zip(plan.tree.body.arguments, block.arguments, strict=True)))
    recorder.nodes(plan.tree.body, block)
    tapes = [recorder.state[residual] for residual in plan.residuals]
    with forward.location, ir.InsertionPoint(block):
        tapes = [as_stored(tape) for tape in tapes]
        for residual in plan.residuals:
            if residual.value is None:
                reason = "where the iterations of a loop, or the elements of an array, begin on a tape"
                Fact(STORED, residual.type, residual.at.location, reason, None, residual.tape).emit()
        return_([*recorder.new(plan.tree.body.ends), *tapes], block)
    refresh_type(new)
    for name in forward.attributes:
        if name not in ("sym_name", "function_type", "res_attrs"):
            new.attributes[name] = forward.attributes[name]
    if "res_attrs" in forward.attributes:
        described = list(forward.attributes["res_attrs"]) + [ir.DictAttr.get({})] * len(tapes)
        new.attributes["res_attrs"] = ir.ArrayAttr.get(described)
    new.attributes["diff.tapes"] = encode_attributes({"n": len(tapes)})["n"]
    name = forward.attributes["sym_name"]
    forward.erase()
    new.attributes["sym_name"] = name
    types = [tape.type for tape in tapes]
    simplify_function(new, effects)
    return types


def is_index(type_: Any) -> bool:
    return isinstance(element_type(type_), ir.IndexType)


def stored_type(type_: Any) -> Any:
    """The type in which a value of some type is kept."""
    if not is_index(type_):
        return type_
    i64 = ir.IntegerType.get_signless(64)
    return tensor_type(type_.shape, i64) if is_tensor(type_) else i64


def as_stored(value: Value) -> Value:
    """Indices as i64; other values as they are."""
    return create("arith.index_cast", [stored_type(value.type)], [value]).result if is_index(value.type) else value


class _Recorder(Carrier):
    """Copies the forward function; each save becomes a write into a tape."""

    def __init__(self, plan: Plan, mapping: dict[Value, Value]) -> None:
        super().__init__(mapping)
        self._plan = plan
        self._outside = Outside(plan.nests, mapping)
        self._saves = {residual.at: residual for residual in plan.residuals if residual.value is not None}
        self._totals: dict[Counted, Value] = {}
        self._entries: dict[Flat, Value] = {}  # the base at the latest entry of the loop
        self._positions: dict[Flat, Value] = {}  # in the present iteration of the loop
        self._counters = {flat.counter: flat for flat in plan.flats.values()}

    def opened(self, node: Node) -> bool:
        return node in self._plan.opened

    def keys(self, node: Node) -> Sequence[Any]:
        return self._plan.keys.get(node, ())

    # ------------------------------------------------------------ before a nest: tapes

    def before(self, node: Node) -> None:
        if self._plan.nests.home[node] is self._plan.tree.body:
            self._prepare(node)
        flat = self._plan.flats.get(node)
        if flat is not None and flat.base is not None:
            self._entries[flat] = self.state[flat]
            self._write(flat.base, self.state[flat])

    def _prepare(self, construct: Node) -> None:
        residuals, wanted = self._plan.inside(construct)
        if wanted:
            self._totals.update(zip(wanted, count(self._plan, construct, wanted, self.mapping), strict=True))
        self.state.update({counted: index(0) for counted in wanted})
        for residual in residuals:
            self.state[residual] = self._tape(residual) if residual.loops else _undefined(residual.type)

    def _tape(self, residual: Residual) -> Value:
        extents: list[Value] = []
        if residual.ragged is not None:
            elements_type = tensor_type([DYNAMIC], stored_type(residual.type).element_type)
            return _empty(elements_type, [self._totals[residual.ragged]], residual)
        if residual.flat is not None:
            total = self._totals[residual.flat]
            extents.append(lookup_call("arith.maxsi", total, index(1)) if residual.flat.guarded else total)
        extents += [self._outside.trips(loop) for loop in residual.rest]
        shape = [DYNAMIC if (n := constant_of(extent)) is None else n for extent in extents]
        dynamic = [extent for extent, n in zip(extents, shape, strict=True) if n == DYNAMIC]
        if is_tensor(residual.type):
            row = residual.type
            shape += row.shape
            dynamic += [self._row_extent(residual, d) for d in range(row.rank) if row.is_dynamic_dim(d)]
        return _empty(tensor_type(shape, element_type(stored_type(residual.type))), dynamic, residual)

    def _row_extent(self, residual: Residual, d: int) -> Value:
        assert residual.value is not None
        extent = self._plan.nests.extent_of(residual.value, d)
        assert extent is not None
        return self._outside.extent(extent)

    # ------------------------------------------------------------ in a nest: positions and writes

    def leaf(self, node: Node) -> None:
        if node.name == SAVE:
            residual = self._saves.get(node)
            if residual is not None:
                assert residual.value is not None
                self._write(residual, self.mapping[residual.value])
            return
        if node.name == DECIDED and (fact := fact_of(node.op)).id is not None:
            if fact.id in self._plan.by_id:
                replace(fact, id=None, tape=self._plan.by_id[fact.id].tape).emit(self.new(node.operands))
            return
        super().leaf(node)
        self._locate(node.results)

    def begin(self, body: Body) -> None:
        self._locate(body.arguments)

    def _locate(self, values: Sequence[Value]) -> None:
        """Where the counter of a flat loop becomes known: the position of this iteration."""
        for value in values:
            flat = self._counters.get(value)
            if flat is not None and flat in self._totals:
                self._positions[flat] = self._position(flat, self.mapping[value])

    def _position(self, flat: Flat, counter: Value) -> Value:
        position = counter
        if flat.base is not None:
            position = lookup_call("arith.addi", self._entries[flat], counter)
        if flat.guarded:
            position = _within(position, self._totals[flat])
        return position

    def _write(self, residual: Residual, value: Value) -> None:
        value = as_stored(value)
        if not residual.loops:
            self.state[residual] = value
            return
        if residual.ragged is not None:
            self._append(residual.ragged, value)
            return
        tape = self.state[residual]
        counters = self.new(residual.counters)
        if residual.flat is not None:
            flat = residual.flat
            position = self._positions.get(flat) or self._position(flat, counters[flat.depth])
            counters = [position, *counters[flat.depth + 1:]]
        if is_tensor(value.type):
            rank, row = len(counters), value.type
            sizes = [self._row_extent(residual, d) if row.is_dynamic_dim(d) else row.shape[d] for d in range(row.rank)]
            self.state[residual] = insert_slice(value, tape, [*counters, *[0] * row.rank], [*[1] * rank, *sizes],
                                                [1] * (rank + row.rank))
        else:
            self.state[residual] = lookup_call("tensor.insert", value, tape, *counters)

    def _append(self, ragged: Ragged, value: Value) -> None:
        """Write an array behind the others."""
        array, tape, offset = ragged.residual.value, self.state[ragged.residual], self.state[ragged]
        assert array is not None
        self._write(ragged.offset, offset)
        for d, extent in ragged.extents.items():
            self._write(extent, extent_here(self._plan, array, d, self.mapping))
        size = elements(self._plan, array, self.mapping)
        row = value if value.type.rank == 1 else create("nd.reshape", [tape.type], [value, size]).result
        end = lookup_call("arith.addi", offset, size)
        start, length = offset, size
        if ragged.guarded:
            fits = cmpi("sle", end, self._totals[ragged])
            _require(fits, end, self._totals[ragged])
            start, length = (lookup_call("arith.select", fits, v, index(0)) for v in (offset, size))
            row = extract_slice(row, [0], [length], [1])
        self.state[ragged.residual] = insert_slice(row, tape, [start], [length], [1])
        self.state[ragged] = end

    def end(self, body: Body) -> None:
        loop = body.parent
        if loop is not None and loop.name == WHILE and body is loop.iterated:
            flat = self._plan.flats.get(loop)
            if flat is not None and flat.base is not None:
                self.state[flat] = lookup_call("arith.addi", self.state[flat], index(1))

    def after(self, node: Node) -> None:
        flat = self._plan.flats.get(node)
        if flat is not None and flat.base is not None and node.name == FOR:
            lower, upper, step = self.new(list(node.bounds))
            self.state[flat] = lookup_call("arith.addi", self._entries[flat], iterations(lower, upper, step))


def _empty(type_: Any, extents: Sequence[Value], residual: Residual) -> Value:
    return create("nd.empty", [type_], extents, encode_attributes({TAPE: residual.tape})).result


def _undefined(type_: Any) -> Value:
    """What a residual is when the branch that saves it is not taken; never read."""
    type_ = stored_type(type_)
    if not is_tensor(type_):
        return constant(0, type_)
    return create("nd.empty", [type_], [index(0) for d in range(type_.rank) if type_.is_dynamic_dim(d)]).result


def _within(position: Value, total: Value) -> Value:
    """The position, kept inside of the tape; a failed check when the loop runs more often than it was counted."""
    _require(cmpi("slt", position, total), position, total)
    last = lookup_call("arith.maxsi", lookup_call("arith.subi", total, index(1)), index(0))
    return lookup_call("arith.minsi", position, last)


def _require(ok: Value, position: Value, total: Value) -> None:
    """A check that running needs no more of the tape than counting has found."""
    i64 = ir.IntegerType.get_signless(64)
    values = [create("arith.index_cast", [i64], [v]).result for v in (position, total)]
    create("nd.check", [], [ok, *values], encode_attributes({
        "kind": "RuntimeError",
        "message": "a loop ran longer than when it was counted, beyond {1}: its condition is not reproducible"}))
