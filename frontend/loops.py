"""What `for` and `while` have in common: trials until what the body carries is known, and the results.

A body is traced as a loop op that carries what was predicted: numbers that are live at the head, and arrays that the
body stores to.  What it changed is compared with that.  If it changed more, the trial is undone and the body traced
again, carrying more; at the end of the last trial only the yield is missing.  Types only widen, so this ends.

A loop whose body needs a Python value from it, or changes the length of a list, goes on in Python (it unrolls).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from weakref import WeakKeyDictionary

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.aliases import StandIn, is_usable, lose, roots, set_contents
from wengert.frontend.capture import as_traced
from wengert.frontend.carried import Carried, Entry, Leaf, grows
from wengert.frontend.construct import Construct, Names, store
from wengert.frontend.growing import grown, is_appended, note_appended, refuse_change_of_appended
from wengert.frontend.journal import UNBOUND, Attribute, Slot
from wengert.frontend.kinds import Signature, Undefined, signature
from wengert.frontend.layout import Carry, States, as_of, containers, is_mutable, rebuild
from wengert.frontend.loop_arrays import ArrayFlow
from wengert.frontend.site import Site
from wengert.frontend.trace import NeedsStatic, Trace, fail
from wengert.frontend.values import DATA, Box, Scalar

MAX_TRIALS = 16
_memory: WeakKeyDictionary[Trace, dict[Site, tuple[dict[str, Signature], list[Box]]]] = WeakKeyDictionary()


class Loop(Construct):
    """One execution of a loop.

    Attributes:
        start: the values of the site's names before the part of the loop that is traced now.
        certain: whether that part has at least one turn.
    """

    certain = False

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.carried = Carried(self)
        self.start: dict[str, Any] = {}
        self.trials = 0
        self.lost: dict[Box, None] = {}

    # ---- a part of the loop that is traced

    def begin(self, names: Names) -> None:
        """Forgets the last part and predicts what the next one carries."""
        self.carried, self.trials, self.lost = Carried(self), 0, {}
        self.start = {n: names.get(n, UNBOUND) for n in self.site.names}
        kinds, boxes = _memory.setdefault(self.trace, {}).get(self.site, ({}, []))
        for n in self.site.names:
            if n in self.site.head and (n in kinds or not n.startswith("__")):
                self.predict(n, kinds.get(n))
        stored = [box for n in self.site.written for box in roots(names.get(n))]
        for box in (*stored, *boxes):
            if is_usable(box, self.parent) and box.value is not None:
                self.carried.include_box(box)

    def predict(self, name: str, remembered: Signature | None) -> None:
        kind = signature(self.start[name])
        if kind is None or kind.shape is not None:
            return
        wider = remembered is not None and (remembered.element == "i1") == (kind.element == "i1")
        self.carried.predict(name, name, self.start[name], Carry(remembered) if wider and remembered else None)

    def remember(self) -> None:
        """What this site carried, for the next time it is traced (in another trial of a loop around it)."""
        specs = {k: e.spec for k, e in self.carried.entries.items() if isinstance(k, str)}
        kinds = {n: s.signature for n, s in specs.items() if isinstance(s, Carry) and s.signature.shape is None}
        _memory[self.trace][self.site] = kinds, list(self.carried.boxes.values())

    def count_trial(self) -> None:
        self.trials += 1
        if self.trials > MAX_TRIALS:
            fail("what this loop carries does not settle", why="its values change their kind in every turn")

    def names_inside(self) -> dict[str, Any]:
        """The values of the names at the start of the turn that is traced."""
        entries = self.carried.entries
        kept = {n: v for n, v in self.start.items() if n in self.site.head}
        return {n: entries[n].inside if n in entries else v for n, v in kept.items()}

    def enter_body(self, block: Any, arguments: Any) -> None:
        self.open(block, "loop")
        self.traced = True
        for box in self.lost:
            lose(box)
        self.carried.bind(arguments)

    def collect(self, names: Names) -> bool:
        """Compares what the turn changed with what is carried; whether nothing is missing."""
        carried, journal, more = self.carried, self.region.journal, False
        before, after = self.states()
        for n in self.site.names:
            if n in self.site.head or n in self.site.after:
                start, end = as_of(as_traced(self.start[n]), before), as_of(as_traced(names.get(n, UNBOUND)), after)
                more |= carried.include(n, n, start, end, n in self.site.head)
        for key, (slot, old) in journal.slots.items():
            more |= self.collect_slot(key, slot, as_of(as_traced(old), before), as_of(as_traced(after[key]), after))
        self.watch_appended()
        for box, _ in journal.boxes.values():
            if box.value is not None:
                more |= carried.include_box(box)
            elif box not in self.lost:
                self.lost[box] = None
                carried.boxes.pop(id(box), None)
                more = True
        return not more

    def watch_appended(self) -> None:
        """Arrays of which lists hold copies, and that go on from turn to turn, must not be written."""
        for leaf in self.carried.leaves():
            if not isinstance(leaf.inside, StandIn):
                continue
            if leaf.inside.appended:
                note_appended(leaf.start)
            if leaf.inside.is_written and is_appended(leaf.end):
                refuse_change_of_appended()

    def states(self) -> tuple[States, States]:
        """What the changed slots held before the turn, and what they hold now."""
        slots = self.region.journal.slots
        return {key: old for key, (_, old) in slots.items()}, {key: slot.get() for key, (slot, _) in slots.items()}

    def collect_slot(self, key: Any, slot: Slot, old: Any, new: Any) -> bool:
        if grows(slot, old, new):
            unrolled = NeedsStatic([self], f"{slot.label()} changes its length in this loop")
            raise grown(slot, old, new, unrolled) or unrolled
        if isinstance(slot, Attribute) and (old is UNBOUND) != (new is UNBOUND):
            self.first_turn_differs(f"{slot.label()} exists only after the first turn of this loop")
        return self.carried.include(key, slot, old, new, True)

    def first_turn_differs(self, what: str, why: str = "", help: str = "", position: Any = None) -> None:
        """Takes the first turn out of the loop, or refuses."""
        raise WengertTypeError(what, position or self.site.position, why, help or "do it once before the loop")

    def check_arrays(self) -> ArrayFlow:
        flow = ArrayFlow(self.carried, self.region, self.parent, self.certain)
        found = flow.conflict()
        if found is not None:
            name = found.label.strip("'")
            self.first_turn_differs(
                f"{found.label} is changed in place and bound to another array in the same loop",
                found.why,
                f"write `{name} = {name}.copy()` before the loop, or only change it in place",
                found.position,
            )
        return flow

    # ---- results

    def finish(self, flow: ArrayFlow, op: Any, results: list[Any]) -> dict[str, Any]:
        """Closes the body of the finished op, stores what it changed; the values of the names after this part."""
        carried = self.carried
        leaves = carried.leaves()
        changed = [carried.written(box) for box in carried.boxes.values()]
        self.remember()
        self.close()
        self.op, self.traced = None, False
        source = iter(results)
        values = [(leaf, next(source)) for leaf in leaves]
        for box, is_changed, value in zip(carried.boxes.values(), changed, source, strict=True):
            if is_changed:
                set_contents(box, value)
        for box in (*self.lost, *flow.lost):
            lose(box)
        new_leaves = iter([self.result(flow, leaf, value) for leaf, value in values])
        made: dict[int, Any] = {}
        rebuilt = [(e.place, self.rebuilt(e, new_leaves, made)) for e in carried.entries.values()]
        for place, value in rebuilt:
            if isinstance(place, Slot):
                store(place, value)
        after = {place: value for place, value in rebuilt if isinstance(place, str)}
        live = self.site.after | self.site.head  # at the head: more parts of the loop may follow
        return {n: v for n, v in (self.start | after).items() if n in live}

    def result(self, flow: ArrayFlow, leaf: Leaf, value: Any) -> Any:
        """A leaf after the loop; what every turn leaves the same is that, and what no turn changes is as before."""
        if leaf.end is leaf.inside and not isinstance(leaf.start, Undefined):
            return leaf.start
        if leaf.kind.shape is not None:
            array = flow.result(leaf, value)
            return note_appended(array) if is_appended(leaf.end) else array
        if self.certain and (not isinstance(leaf.end, Scalar) or leaf.end.region.alive):
            return leaf.end
        counted = self.counted_up(leaf)
        if counted is not None:
            return counted
        return Scalar(value, leaf.kind.element, leaf.kind.weak, origins=DATA)

    def counted_up(self, leaf: Leaf) -> Any:
        """An integer to which every turn adds the same, by its formula; None for anything else."""
        return None

    def rebuilt(self, entry: Entry, new_leaves: Iterator[Any], made: dict[int, Any]) -> Any:
        """The value of a place after the loop; objects that the turns made are made anew."""
        old = containers(entry.spec, entry.end)

        def container(new: Any) -> Any:
            before = next(old)
            if not is_mutable(new):
                return new
            known = made.setdefault(id(before), new) if self.certain else new
            self.parent.journal.mark_fresh(known)
            if not self.certain:
                self.parent.journal.guard(known, "without a turn of the loop it is the object from before")
            return known

        return rebuild(entry.spec, entry.end, lambda: next(new_leaves), container)


