"""`if`, conditional expressions, `and`, `or`: one branch at trace time, or both as `scf.if`.

Under a traced condition both branches are traced, each from the state before, and what they changed is merged
(merging.py): names that live on, arrays, and slots of Python objects.  A name bound on one path only carries its
condition along (`Maybe`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from wengert.dialects.bindings import is_tensor
from wengert.dialects.errors import Position, WengertTypeError
from wengert.frontend.aliases import lose, set_contents
from wengert.frontend.capture import as_traced
from wengert.frontend.comparison import both, negated, truth
from wengert.frontend.construct import Construct, Names, store
from wengert.frontend.growing import grown
from wengert.frontend.journal import UNBOUND, Attribute, Slot
from wengert.frontend.kinds import Signature
from wengert.frontend.layout import VALUE, Spec, Wording, as_of, both_bound, brief, compare, name_label
from wengert.frontend.merging import Branch, Contents, Plan, Results, Side, materialize_pair
from wengert.frontend.site import Site
from wengert.frontend.trace import Region, Unfinished, current, fail
from wengert.frontend.values import Box, Scalar

PATHS = Wording("on one path", "on the other")
EXPRESSION = Site(Position("<expression>", 0), names=(VALUE,), after=frozenset([VALUE]))
_MAX_SPECULATED = 12
_DIVISIONS = ("arith.divsi", "arith.remsi", "arith.floordivsi", "arith.ceildivsi", "arith.divui", "arith.remui")


class If(Construct):
    """One execution of an `if`; `then` says which branch the body is to run."""

    def __init__(self, condition: Any, site: Site) -> None:
        super().__init__(site)
        self.condition = truth(condition)
        if site.suspends and isinstance(self.condition, Scalar):
            if not self.condition.origins or "data" in self.condition.origins:
                fail("a generator yields under a condition that is known only at run time",
                     why="what it yields is walked while compiling",
                     help="write the loop where the values are used, or yield all of them with the condition")
            self.trace.need_static(self.condition, "it decides where a generator goes on")
        self.then = bool(self.condition) if not isinstance(self.condition, Scalar) else True
        self.turn = 0
        self.start: dict[str, Any] = {}
        self.branches: list[Branch] = []
        self.resume: Names | None = None

    def next(self, names: Names) -> bool:
        self.turn += 1
        if not isinstance(self.condition, Scalar):
            self.bind(names if self.resume is None else self.resume)
            self.resume = None
            return self.turn == 1
        if self.turn == 1:
            self.start = {n: names.get(n, UNBOUND) for n in self.site.names}
            self.op = self.trace.emit("scf.if", [], [self.trace.use(self.condition)], regions=2)
        else:
            self.record(names)
        if self.turn <= 2:
            self.then = self.turn == 1
            block = self.op.regions[self.turn - 1].blocks.append()
            self.open(block, "if")
            self.region.condition = self.condition
            self.traced = True
            self.bind(self.start)
            return True
        self.traced = False
        try:
            self.bind(self.merge())
        except WengertTypeError:
            self.make_static()
            raise
        return False

    def make_static(self) -> None:
        """Where the two paths do not fit together, a condition on int and bool arguments decides while compiling."""
        assert isinstance(self.condition, Scalar)
        if self.condition.origins and self.condition.origins <= self.trace.whole_arguments:
            self.trace.need_static(self.condition, "what it decides leaves values of different kinds on its two paths")

    def record(self, names: Names) -> None:
        journal = self.region.journal
        states = {key: slot.get() for key, (slot, _) in journal.slots.items()}
        live = {n: as_of(as_traced(names.get(n, UNBOUND)), states) for n in self.site.names if n in self.site.after}
        boxes = {key: (box, box.value) for key, (box, _) in journal.boxes.items()}
        slots = {key: (slot, as_of(as_traced(states[key]), states)) for key, (slot, _) in journal.slots.items()}
        self.branches.append(Branch(self.region, live, boxes, slots))
        journal.undo()
        self.trace.region = self.parent

    def recover(self, error: Exception) -> bool:
        """A path on which a function calls itself before its result is known: only the other one is traced."""
        if not isinstance(error, Unfinished):
            return False
        self.condition = self.then = self.turn == 2
        self.turn, self.resume = 0, self.start
        return True

    # ---- merging

    def merge(self) -> dict[str, Any]:
        """Makes the `scf.if` and stores what it changed; the values of the names after it."""
        results = Results()
        names, slots = self.sides_of_names(), self.sides_of_slots()
        assert isinstance(self.condition, Scalar)
        plan = Plan(self.condition, self.parent, self.branches, results, [*names.values(), *slots.values()])
        made_names = {n: plan.value(side, name_label(n)) for n, side in names.items()}
        made_slots = {slot: plan.value(side, slot.label()) for slot, side in slots.items()}
        boxes = self.merge_boxes(results)
        values = self.finish(results)
        for box, number in boxes:
            if number is None:
                lose(box)
            else:
                set_contents(box, values[number])
        new_names = {n: made(values) for n, made in made_names.items()}
        new_slots = {slot: made(values) for slot, made in made_slots.items()}
        for slot, value in new_slots.items():  # only now: the values were made from what the slots held before
            store(slot, value)
        return new_names

    def sides_of_names(self) -> dict[str, Side]:
        sides = {}
        for n in self.branches[0].names:
            first, second = (branch.names[n] for branch in self.branches)
            a, b = both_bound(first, second, n)
            if a is not UNBOUND:
                sides[n] = Side(compare(a, b, name_label(n), PATHS), a, b)
        return sides

    def sides_of_slots(self) -> dict[Slot, Side]:
        first, second = (branch.slots for branch in self.branches)
        sides = {}
        for key in first | second:
            slot = (first.get(key) or second[key])[0]
            a, b = (side[key][1] if key in side else as_traced(slot.get()) for side in (first, second))
            if (a is UNBOUND) != (b is UNBOUND) and isinstance(slot, Attribute):
                fail(
                    f"{slot.label()} is {brief(a)} {PATHS.first} and {brief(b)} {PATHS.second}",
                    why="whether the object has the attribute would depend on a run-time value",
                    help="give the attribute a value before the `if`",
                )
            a, b = both_bound(a, b, slot.label())
            if a is not UNBOUND:
                sides[slot] = Side(self.compare_slot(slot, a, b), a, b)
        return sides

    def compare_slot(self, slot: Slot, a: Any, b: Any) -> Spec:
        """`compare`; a loop around may know what to do about a list that only one branch appends to."""
        try:
            return compare(a, b, slot.label(), PATHS)
        except WengertTypeError as refusal:
            change = grown(slot, a, b, refusal) or grown(slot, b, a, refusal)
            if change is None or not in_loop_after(self.parent, slot.owner):
                raise
            change.origins = self.condition.origins
            raise change from None

    def merge_boxes(self, results: Results) -> list[tuple[Box, int | None]]:
        first, second = (branch.boxes for branch in self.branches)
        merged: list[tuple[Box, int | None]] = []
        for key in first | second:
            box = (first.get(key) or second[key])[0]
            a, b = (side[key][1] if key in side else box.value for side in (first, second))
            lost = a is None or b is None
            kind = Signature(box.element, False, box.shape)
            merged.append((box, None if lost else results.add(Contents(a), Contents(b), kind)))
        return merged

    def finish(self, results: Results) -> list[Any]:
        """The `scf.if` with its results, around the traced blocks."""
        trace, scratch = self.trace, self.op
        for side, branch in enumerate(self.branches):
            trace.region = branch.region
            with branch.state():
                yields = [materialize_pair(pair[side], pair[2]) for pair in results.pairs]
            trace.emit("scf.yield", [], yields)
            branch.region.alive = False
        trace.region, self.op = self.parent, None
        assert isinstance(self.condition, Scalar)
        blocks = [region.blocks[0] for region in scratch.regions]
        if all(_is_bit(kind) for *_, kind in results.pairs) and all(map(_may_run_anyway, blocks)):
            return self.speculate(scratch, blocks)
        op = trace.emit("scf.if", [kind.type for *_, kind in results.pairs], [trace.use(self.condition)], regions=2)
        for region, block in zip(op.regions, blocks, strict=True):
            block.append_to(region)
        scratch.erase()
        return list(op.results)

    def speculate(self, scratch: Any, blocks: list[Any]) -> list[Any]:
        """Bits that cost next to nothing are computed whatever the condition, and chosen with logic."""
        trace = self.trace
        assert isinstance(self.condition, Scalar)
        yielded = []
        for block in blocks:
            *operations, terminator = [op.operation for op in block.operations]
            yielded.append(list(terminator.operands))
            terminator.erase()
            for operation in operations:
                operation.move_before(scratch)
        scratch.erase()
        condition = trace.use(self.condition)
        return [
            trace.emit("arith.select", [trace.types["i1"]], [condition, a, b]).result
            for a, b in zip(*yielded, strict=True)
        ]


def _is_bit(kind: Signature) -> bool:
    return kind.element == "i1" and kind.shape is None


def _may_run_anyway(block: Any) -> bool:
    """Whether a block has only a few operations on numbers that cannot fail and touch nothing."""
    operations = [op.operation for op in block.operations][:-1]
    return len(operations) <= _MAX_SPECULATED and all(
        op.name.startswith(("arith.", "math."))
        and op.name not in _DIVISIONS
        and not any(is_tensor(value.type) for value in (*op.results, *op.operands))
        for op in operations
    )


def in_loop_after(region: Region | None, made: Any) -> bool:
    """Whether the body of a loop is traced that the object is older than."""
    while region is not None and id(made) not in region.journal.fresh:
        if region.kind == "loop":
            return True
        region = region.parent
    return False


def open_conditions() -> Iterator[Scalar]:
    """The conditions of the traced `if`s around the code that is traced now, innermost first."""
    region: Region | None = current().region
    while region is not None:
        if region.condition is not None:
            yield region.condition
        region = region.parent


# ---------------------------------------------------------------- expressions


def not_(value: Any) -> Any:
    """`not value`."""
    return negated(truth(value))


def none_of(*flags: Any) -> bool | Scalar:
    """Whether no flag is set: a bool as long as no flag is traced, or one is set for certain."""
    if any(flag is True for flag in flags):
        return False
    result: Any = True
    for flag in flags:
        result = both(result, negated(flag))
    return result


def ifexp(condition: Any, then: Callable[[], Any], otherwise: Callable[[], Any]) -> Any:
    """`then() if condition else otherwise()`."""
    construct = If(condition, EXPRESSION)
    names: dict[str, Any] = {}
    while construct.next(names):
        with construct:
            names = {VALUE: then() if construct.then else otherwise()}
    return construct.vars[0]


def and_(first: Any, later: Callable[[], Any]) -> Any:
    """`first and later()` as a value."""
    if not isinstance(condition := truth(first), Scalar):
        return later() if condition else first
    return ifexp(condition, later, lambda: first)


def or_(first: Any, later: Callable[[], Any]) -> Any:
    """`first or later()` as a value."""
    if not isinstance(condition := truth(first), Scalar):
        return first if condition else later()
    return ifexp(condition, lambda: first, later)


def and_test(first: Any, later: Callable[[], Any]) -> bool | Scalar:
    """The truth of `first and later()`."""
    condition = truth(first)
    if not isinstance(condition, Scalar):
        return condition and truth(later())
    result: bool | Scalar = ifexp(condition, lambda: truth(later()), lambda: False)
    return result


def or_test(first: Any, later: Callable[[], Any]) -> bool | Scalar:
    """The truth of `first or later()`."""
    condition = truth(first)
    if not isinstance(condition, Scalar):
        return condition or truth(later())
    result: bool | Scalar = ifexp(condition, lambda: True, lambda: truth(later()))
    return result


def chain(first: Any, operator: str, later: Callable[[], Any], *rest: Any) -> Any:
    """`first < second < third`: every operand once, and none after a comparison that fails."""
    from wengert.frontend.arithmetic import compare as comparison

    second = later()
    result = comparison(operator, first, second)
    return and_(result, lambda: chain(second, *rest)) if rest else result
