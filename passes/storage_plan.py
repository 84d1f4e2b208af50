"""Where residuals go: one tape each, and how the iterations of the loops around a save become a position on the tape.

    all trip counts known before the nest      tape[n1, .., nd]         position (k1, .., kd)
    loop p is the last one that is not         tape[total, n(p+1), ..]  position (base + kp, k(p+1), ..)

`total` counts all iterations of loop p, however often it is entered: a counting run of the nest yields it exactly
(passes/counting.py).  `base` is how many there were before this entry; it is a residual of the loops around loop p,
with a tape of its own, which is planned in the same way.  A `while` is never known before; as the outermost loop it
needs no base.  A residual outside of loops is handed over as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from wengert.dialects.bindings import Value, ir, is_tensor
from wengert.dialects.control import WHILE
from wengert.passes.nests import Nests
from wengert.passes.tree import Function, Node

SAVE = "diff.save"


@dataclass(eq=False)
class Residual:
    """Something saved by the forward function.

    Args:
        at: the save, or for a base the loop that it belongs to.
        value: what is saved, in the tree of the forward function; None for a base, which storage itself creates.
        type: the type of what is saved.
        counters: the iteration of each enclosing loop, outermost first.
    """

    at: Node
    value: Value | None
    type: ir.Type
    counters: list[Value]
    loops: list[Node]
    path: list[Node]
    flat: Flat | None = None

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


class Plan:
    """The storage of all residuals of a forward function that somebody uses.

    `residuals` is in the order of the tapes: by save in program order, then the bases.
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
                    loops = [parent for parent in path if parent.is_loop]
                    value, *counters = node.operands
                    self.by_id[number] = Residual(node, value, value.type, counters, loops, path)
        self.residuals = list(self.by_id.values())
        for residual in self.residuals:  # grows by the bases
            self._lay_out(residual)
        self.keys = self._keys()

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

    def _keys(self) -> dict[Node, list[Residual | Flat]]:
        """What each region op carries: tapes, and the running bases of flat loops."""
        keys: dict[Node, list[Residual | Flat]] = {}
        for residual in self.residuals:
            for node in residual.path:
                keys.setdefault(node, []).append(residual)
        for flat in self.flats.values():
            if flat.base is not None:
                for node in self.route(flat):
                    keys.setdefault(node, []).append(flat)
        return keys

    def route(self, flat: Flat) -> list[Node]:
        """The region ops that a count of the loop's iterations goes through; a `while` can only count inside."""
        path = self.nests.path(flat.loop)
        return [*path, flat.loop] if flat.loop.name == WHILE else path

    def inside(self, construct: Node) -> tuple[list[Residual], list[Flat]]:
        """The residuals and flat loops in a region op at function level."""
        residuals = [r for r in self.residuals if r.path and r.path[0] is construct]
        flats = [f for f in self.flats.values() if (self.nests.path(f.loop) or [f.loop])[0] is construct]
        return residuals, flats


def extents_of_row(plan: Plan, residual: Residual) -> list[int | None]:
    """The static extents of one row of the tape (none for a scalar); None for a dynamic one."""
    if not is_tensor(residual.type):
        return []
    return [None if residual.type.is_dynamic_dim(d) else residual.type.shape[d] for d in range(residual.type.rank)]
