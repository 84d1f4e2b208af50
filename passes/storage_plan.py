"""Where residuals go: one tape each, and how the iterations of the loops around a save become a position on the tape.

    all trip counts known before the nest      tape[n1, .., nd]         position (k1, .., kd)
    loop p is the last one that is not         tape[total, n(p+1), ..]  position (base + kp, k(p+1), ..)

`total` counts all iterations of loop p, however often it is entered: a counting run of the nest yields it exactly
(passes/counting.py).  `base` is how many there were before this entry; it is a residual of the loops around loop p,
with a tape of its own, which is planned in the same way.  A `while` is never known before; as the outermost loop it
needs no base.  A residual outside of loops is handed over as it is.

    arrays of varying extents               tape[elements]              position: an offset

Arrays whose shape changes with the iteration lie one after the other.  The elements are counted like iterations; where
each array begins, and its extents, are residuals of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from wengert.dialects.bindings import Value, ir, is_tensor
from wengert.dialects.control import WHILE
from wengert.passes.nests import DATA, Nests
from wengert.passes.tree import Function, Node

SAVE = "diff.save"


@dataclass(eq=False)
class Residual:
    """Something saved by the forward function.

    Args:
        at: the save, or for a base the loop that it belongs to.
        value: what is saved, in the tree of the forward function; None for a base, which storage itself creates.
        type: the type of what is saved.
        counters: the iteration of each loop in which it varies, outermost first; deeper loops around it are not listed.
        loops: these loops.
        path: all region ops around it.
        tape: the name of its tape, empty when it is handed over as it is.
    """

    at: Node
    value: Value | None
    type: ir.Type
    counters: list[Value]
    loops: list[Node]
    path: list[Node]
    flat: Flat | None = None
    ragged: Ragged | None = None
    tape: str = ""

    @property
    def rest(self) -> list[Node]:
        """The loops that have a dimension of their own."""
        return self.loops if self.flat is None else self.loops[self.flat.depth + 1:]


@dataclass(eq=False)
class Flat:
    """A loop whose iterations, from all its entries, share one dimension.

    Args:
        depth: how many loops are around it.
        guarded: data decide how often it runs, so that counting and running could disagree.
        counter: its iteration.
        base: the residual that says where each entry begins; None for an outermost loop, which begins at 0.
    """

    loop: Node
    depth: int
    guarded: bool
    counter: Value
    base: Residual | None = None


@dataclass(eq=False)
class Ragged:
    """The arrays of varying extents that one save stores, one after the other.

    Args:
        offset: the residual that says where each array begins.
        extents: the residuals of the dynamic extents, by dimension.
        guarded: data decide how many elements there are in all.
    """

    residual: Residual
    offset: Residual
    extents: dict[int, Residual]
    guarded: bool


#: What a counting run counts: iterations of a loop, or elements of a ragged tape.
Counted = Flat | Ragged


class Plan:
    """The storage of all residuals of a forward function that somebody uses.

    `residuals` is in the order of the tapes: by save in program order, then bases, offsets and extents.
    """

    def __init__(self, tree: Function, used: set[int]) -> None:
        self.tree, self.nests = tree, Nests(tree)
        self.flats: dict[Node, Flat] = {}
        self.by_id: dict[int, Residual] = {}
        self.opened: set[Node] = set()  # region ops around saves, used or not
        for node in tree.body.walk():
            if node.name == SAVE:
                path = self.nests.path(node)
                self.opened.update(path)
                number = int(ir.IntegerAttr(node.op.attributes["id"]).value)
                if number in used:
                    value, *counters = node.operands
                    loops = [parent for parent in path if parent.is_loop][:len(counters)]
                    self.by_id[number] = Residual(node, value, value.type, counters, loops, path)
        self.residuals = list(self.by_id.values())
        for residual in self.residuals:  # grows by bases, offsets and extents
            if residual.loops and not self._has_fixed_shape(residual):
                self._lay_out_ragged(residual)
            else:
                self._lay_out(residual)
        for number, residual in enumerate(self.residuals):
            residual.tape = f"{tree.name}:{number}" if residual.loops else ""
        self.keys = self._keys()

    def _has_fixed_shape(self, residual: Residual) -> bool:
        if residual.value is None or not is_tensor(residual.type):
            return True
        return all(self.nests.extent_is_level(residual.value, d) for d in range(residual.type.rank))

    def _lay_out_ragged(self, residual: Residual) -> None:
        def index_beside() -> Residual:
            beside = Residual(residual.at, None, ir.IndexType.get(), residual.counters, residual.loops, residual.path)
            self.residuals.append(beside)
            return beside

        dynamic = [d for d in range(residual.type.rank) if residual.type.is_dynamic_dim(d)]
        guarded = not all(map(self.nests.countable, residual.loops)) or not self._reached_by_counting(residual)
        residual.ragged = Ragged(residual, index_beside(), {d: index_beside() for d in dynamic}, guarded)

    def _reached_by_counting(self, residual: Residual) -> bool:
        """Whether counters alone decide which saves happen, and how large the arrays are."""
        assert residual.value is not None
        extents = [self.nests.extent_of(residual.value, d) for d in range(residual.type.rank)]
        if any(e is None or (isinstance(e, Value) and self.nests.level(e) == DATA) for e in extents):
            return False
        return all(self.nests.level(guard.condition) != DATA for guard in self.nests.guards(residual.at))

    def _lay_out(self, residual: Residual) -> None:
        unknown = [i for i, loop in enumerate(residual.loops) if not self.nests.countable_outside(loop)]
        if not unknown:
            return
        depth = unknown[-1]
        loop = residual.loops[depth]
        if loop not in self.flats:
            guarded = not all(map(self.nests.countable, residual.loops[:depth + 1]))
            flat = Flat(loop, depth, guarded, residual.counters[depth])
            if depth > 0:
                flat.base = Residual(loop, None, ir.IndexType.get(), residual.counters[:depth], residual.loops[:depth],
                                     self.nests.path(loop))
                self.residuals.append(flat.base)
            self.flats[loop] = flat
        residual.flat = self.flats[loop]

    def _keys(self) -> dict[Node, list[Residual | Counted]]:
        """What each region op carries: tapes, running bases of flat loops, running offsets of ragged tapes."""
        keys: dict[Node, list[Residual | Counted]] = {}
        for residual in self.residuals:
            for node in residual.path:
                keys.setdefault(node, []).append(residual)
                if residual.ragged is not None:
                    keys[node].append(residual.ragged)
        for flat in self.flats.values():
            if flat.base is not None:
                for node in self.route(flat):
                    keys.setdefault(node, []).append(flat)
        return keys

    def route(self, counted: Counted) -> list[Node]:
        """The region ops that a running count goes through; a `while` can only count its iterations inside."""
        if isinstance(counted, Ragged):
            return counted.residual.path
        path = self.nests.path(counted.loop)
        return [*path, counted.loop] if counted.loop.name == WHILE else path

    def inside(self, construct: Node) -> tuple[list[Residual], list[Counted]]:
        """The residuals in a region op at function level, and what has to be counted for them."""
        residuals = [r for r in self.residuals if r.path and r.path[0] is construct]
        flats = [f for f in self.flats.values() if (self.nests.path(f.loop) or [f.loop])[0] is construct]
        return residuals, [*flats, *(r.ragged for r in residuals if r.ragged is not None)]
