"""`for`: as `scf.for`, as `scf.while` where a jump may end it early, or in Python.

The loop is a list of parts, worked off in order.  At first it is one traced part over all turns.  It is cut where that
is not exact: the first turn is taken out if it differs from the others (`peel`), the last ones if arrays change places
and the body is traced k times a turn (`rotate`), and all of it if a Python value is needed (`unroll`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NoReturn

from wengert.dialects.errors import Position, WengertNameError, WengertTypeError
from wengert.frontend.arithmetic import binary
from wengert.frontend.branches import none_of
from wengert.frontend.broadcasting import form_of, interval_of, limits_below
from wengert.frontend.carried import Leaf
from wengert.frontend.comparison import both, compare
from wengert.frontend.construct import Names
from wengert.frontend.growing import FEW, Grown, make_room
from wengert.frontend.intervals import Form, Unknown
from wengert.frontend.iteration import Indexed, Integer, Range, indexed, trip_count
from wengert.frontend.journal import UNBOUND
from wengert.frontend.layout import as_of, moved_arrays
from wengert.frontend.loop_arrays import ArrayFlow
from wengert.frontend.loops import Loop
from wengert.frontend.site import Site
from wengert.frontend.trace import NeedsStatic, Unfinished, fail
from wengert.frontend.values import Box, Scalar

MAX_PEELED = 3
MAX_ROTATION = 8


@dataclass(frozen=True)
class Counted:
    """A part that is traced: `item(i)` for i in range(start, stop, step); each turn of the op does `copies` of them."""

    start: Integer
    stop: Integer
    step: int
    item: Callable[[Integer], Any]
    copies: int = 1

    def python(self, reason: str) -> range:
        """The values of the counter; asks for the bounds to become Python ints."""
        return Range(self.start, self.stop, self.step).python(reason)

    @property
    def turns(self) -> int | None:
        """The number of turns, when it is known."""
        known = isinstance(self.start, int) and isinstance(self.stop, int)
        return len(range(self.start, self.stop, self.step)) if known else None

    def parts(self, *cuts: int) -> list[range]:
        """The counter's values cut at these positions."""
        values = self.python("the turns of this loop are not all alike")
        ends = [0, *cuts, len(values)]
        return [values[a:b] for a, b in pairwise(ends)]


@dataclass
class InPython:
    """A part whose turns are run one by one, with Python values."""

    items: Iterator[Any]


def _part(iterable: Any) -> Counted | InPython:
    """The loop as one part."""
    match iterable:
        case Scalar():
            fail(f"a {iterable.type_name} is not iterable", error=WengertTypeError)
        case range() | Range() if iterable.step > 0:
            part = Counted(iterable.start, iterable.stop, iterable.step, lambda i: i)
        case _:
            items: Indexed | None = indexed(iterable)
            if items is None:
                return InPython(iter(iterable))
            part = Counted(0, items.length, 1, items.at)
    turns = part.turns
    return InPython(map(part.item, part.python(""))) if turns is not None and turns <= 1 else part


def _in_python(iterable: Any) -> InPython:
    """The loop of a generator, which is left and entered between its turns."""
    part = _part(iterable)
    return part if isinstance(part, InPython) else InPython(map(part.item, part.python("a generator walks it")))


class _Peel(Exception):
    """The first turn is not like the others."""


class For(Loop):
    """One execution of a `for`; `item` is the value for the target, `enter` whether no jump has ended the loop."""

    def __init__(self, iterable: Any, site: Site) -> None:
        super().__init__(site)
        self.parts: deque[Counted | InPython] = deque([_in_python(iterable) if site.suspends else _part(iterable)])
        self.item: Any = None
        self.enter: bool | Scalar = True
        self.counter: Scalar | None = None
        self.copy = 0
        self.peeled = 0
        self.resume: Names | None = None
        self.rooms: list[tuple[list[Any], list[Any]]] = []
        self.differs: tuple[str, str, str, Position | None] | None = None

    def next(self, names: Names) -> bool:
        names = self.names_now(names)
        while self.parts:
            part = self.parts[0]
            if isinstance(part, InPython):
                if self.python_turn(part, names):
                    return True
                self.parts.popleft()
            elif self.traced_turn(part, names):
                return True
            names = self.names_now(names)
        self.bind({n: v for n, v in names.items() if n in self.site.after})
        return False

    def names_now(self, names: Names) -> Names:
        """The names to go on with: after a cut or at the end of a part, the frame has those of a turn that is over."""
        resume, self.resume = self.resume, None
        return names if resume is None else resume

    def python_turn(self, part: InPython, names: Names) -> bool:
        self.enter = none_of(*(names[f] for f in self.site.flags))
        if self.enter is not False:
            for item in part.items:
                self.item = item
                self.bind(names)
                return True
        return False

    def traced_turn(self, part: Counted, names: Names) -> bool:
        """Starts a turn to be traced; False when the part is done and `resume` has the names after it."""
        if not self.traced:
            self.begin(names)
        elif self.copy + 1 < part.copies:
            self.copy += 1
            self.bind(names)
            self.set_item(part)
            return True
        else:
            if self.turn_done(part, names):
                return False
            if self.parts[0] is not part:  # it was cut
                return False
        self.start_trial(part)
        return True

    def turn_done(self, part: Counted, names: Names) -> bool:
        """Compares; whether the part is done."""
        try:
            if part.copies == 1 and self.rotate(part, names):
                return False
            stable = self.collect(names)
            flow = self.check_arrays() if stable else None
        except _Peel:
            self.abort()
            self.peel(part)
            return False
        except NeedsStatic as request:
            if self not in request.origins:
                raise
            self.abort()
            self.unroll(part, request.reason)
            return False
        except Grown as change:
            self.abort()
            if self.make_room(part, change):
                self.begin(self.start)
            return False
        except BaseException:
            self.abort()
            raise
        if flow is None:
            self.abort()
            return False
        self.resume = self.complete(part, flow)
        self.parts.popleft()
        return True

    def recover(self, error: Exception) -> bool:
        part = self.parts[0]
        assert isinstance(part, Counted)
        if isinstance(error, Grown):  # of a branch: unrolling helps where the counter of this loop decides
            counted = bool(error.origins) and all(origin is self for origin in error.origins)
            self.make_room(part, error, always=not counted)
            self.resume = self.start
            return True
        if isinstance(error, Unfinished):  # as if it had no turns
            self.parts.clear()
            self.resume = self.start
            return True
        if isinstance(error, NeedsStatic) and self in error.origins:
            self.unroll(part, error.reason)
            return True
        unbound = any(self.start[n] is UNBOUND for n in self.site.head)
        if isinstance(error, NameError) and not isinstance(error, WengertNameError) and unbound and self.can_peel(part):
            self.peel(part)
            return True
        return False

    def make_room(self, part: Counted, change: Grown, always: bool = False) -> bool:
        """Room in a list for what the turns append; False where the turns run in Python instead."""
        if not always and part.turns is not None and part.turns <= FEW:
            self.unroll(part, "a list changes its length in this loop")
            return False
        make_room(change, trip_count(Range(part.start, part.stop, part.step)), self)
        return True

    # ---- cutting

    def unroll(self, part: Counted, reason: str) -> None:
        """All turns of the part in Python; lists hold what they held before there was room for the turns."""
        for owner, items in self.rooms:
            self.parent.journal.before_mutation(owner)
            owner[:] = items
        self.rooms.clear()
        self.parts[0] = InPython(map(part.item, part.python(reason)))
        self.resume = self.start

    def can_peel(self, part: Counted) -> bool:
        return part.turns is not None and part.turns > 1 and self.peeled < MAX_PEELED

    def peel(self, part: Counted) -> None:
        """The first turn in Python, the others traced."""
        self.peeled += 1
        first, rest = part.parts(1)
        self.parts.popleft()
        self.parts.extendleft([self.counted(rest, part), InPython(map(part.item, first))])
        self.resume = self.start

    def rotate(self, part: Counted, names: Names) -> bool:
        """Where arrays from before the loop change places: as many turns at once as bring all of them home."""
        order = self.rotation(names)
        if order is None or part.turns is None or any(names[f] is not False for f in self.site.flags):
            return False
        main, rest = part.parts(part.turns - part.turns % order)
        self.abort()
        self.parts.popleft()
        self.parts.appendleft(InPython(map(part.item, rest)))
        if main:
            self.parts.appendleft(self.counted(main, part, order))
        self.resume = self.start
        return True

    def rotation(self, names: Names) -> int | None:
        """The order of the permutation of arrays that the turn made, if it made one."""
        before, after = self.states()
        places = [(self.start[n], names.get(n)) for n in self.site.names if n in self.site.head or n in self.site.after]
        places += [(old, after[key]) for key, (_, old) in self.region.journal.slots.items()]
        places = [(as_of(old, before), as_of(new, after)) for old, new in places]
        moves = {a: b for old, new in places for a, b in moved_arrays(old, new) if self.is_older(b)}
        while open_ends := set(moves) ^ set(moves.values()):  # chains are no part of a permutation
            moves = {a: b for a, b in moves.items() if a not in open_ends and b not in open_ends}
        if not moves:
            return None
        current_place, order = dict(moves), 1
        while any(a is not b for a, b in current_place.items()):
            current_place = {a: moves[b] for a, b in current_place.items()}
            order += 1
        return order if order <= MAX_ROTATION else None

    def is_older(self, box: Box) -> bool:
        return not box.region.inside(self.region)

    def counted(self, values: range, part: Counted, copies: int = 1) -> Counted | InPython:
        """Some of the turns of a part."""
        if len(values) <= copies and copies == 1:
            return InPython(map(part.item, values))
        return Counted(values.start, values.stop, values.step, part.item, copies)

    def first_turn_differs(self, what: str, why: str = "", help: str = "", position: Any = None) -> NoReturn:
        part = self.parts[0]
        assert isinstance(part, Counted)
        if self.can_peel(part):
            raise _Peel
        for bound in (part.start, part.stop):
            if isinstance(bound, Scalar) and bound.origins and "data" not in bound.origins:
                self.trace.need_static(bound, "the first turn of this loop differs from the others")
        raise WengertTypeError(what, position or self.site.position, why, help or "do it once before the loop")

    # ---- the op

    @property
    def may_stop(self) -> bool:
        """Whether a jump under a traced condition may end the loop."""
        return any(f in self.carried.entries or self.start[f] is not False for f in self.site.flags)

    def start_trial(self, part: Counted) -> None:
        self.count_trial()
        self.certain = bool(part.turns) and all(self.start[f] is False for f in self.site.flags)
        self.copy = 0
        if self.may_stop:
            self.start_while(part)
        else:
            self.start_for(part)
        self.enter = True
        self.bind(self.names_inside() | dict.fromkeys(self.site.flags, False))
        self.set_item(part)

    def start_for(self, part: Counted) -> None:
        trace = self.trace
        bounds = [trace.cast(x, "i64") for x in (part.start, part.stop, part.step * part.copies)]
        initial = self.carried.initial()
        types = [kind.type for kind in self.carried.kinds()]
        self.op = trace.emit("scf.for", types, bounds + initial, regions=1)
        block = self.op.regions[0].blocks.append(trace.types["i64"], *types)
        self.enter_body(block, list(block.arguments)[1:])
        self.count(part, block.arguments[0])

    def start_while(self, part: Counted) -> None:
        """`while i < stop and not flag`: a jump may end the loop."""
        trace = self.trace
        initial = [trace.cast(part.start, "i64"), *self.carried.initial()]
        types = [trace.types["i64"], *(kind.type for kind in self.carried.kinds())]
        bound = {} if part.turns is None else {"nd.trip_bound": part.turns}
        self.op = trace.emit("scf.while", types, initial, bound, regions=2)
        before, body = (region.blocks.append(*types) for region in self.op.regions)
        self.enter_body(before, list(before.arguments)[1:])
        names = self.names_inside()
        more = compare("Lt", Scalar(before.arguments[0], "i64", True), part.stop)
        go_on = both(more, none_of(*(names[f] for f in self.site.flags)))
        trace.emit("scf.condition", [], [trace.cast(go_on, "i1"), *before.arguments])
        self.close()
        self.enter_body(body, list(body.arguments)[1:])
        self.count(part, body.arguments[0])

    def count(self, part: Counted, value: Any) -> None:
        low, stop = interval_of(part.start).low, interval_of(part.stop).high
        high = None if stop is None else stop - 1
        form = Form.of(Unknown(low, high, limits_below(part.start, part.stop)))
        self.counter = Scalar(value, "i64", True, low, high, frozenset([self]), form=form)

    def counted_up(self, leaf: Leaf) -> Any:
        part = self.parts[0]
        integers = all(isinstance(x, (int, Scalar)) and not isinstance(x, bool) for x in (leaf.start, leaf.end))
        if leaf.kind.element != "i64" or not integers or self.may_stop or not isinstance(part, Counted):
            return None
        step = form_of(leaf.end).minus(form_of(leaf.inside))
        if step is None or part.copies > 1:
            return None
        turns = trip_count(Range(part.start, part.stop, part.step))
        return binary("Add", leaf.start, binary("Mult", turns, step))

    def set_item(self, part: Counted) -> None:
        at = self.counter if self.copy == 0 else binary("Add", self.counter, self.copy * part.step)
        self.item = part.item(at)

    def complete(self, part: Counted, flow: ArrayFlow) -> dict[str, Any]:
        """Emits the yield; the names after the part."""
        op, trace = self.op, self.trace
        yields = self.carried.final()
        if op.name == "scf.for":
            trace.emit("scf.yield", [], yields)
            return self.finish(flow, op, list(op.results))
        following = binary("Add", self.counter, part.step)
        trace.emit("scf.yield", [], [trace.cast(following, "i64"), *yields])
        return self.finish(flow, op, list(op.results)[1:])


