"""`while`: as `scf.while`, or in Python as long as nothing traced decides whether it goes on."""

from __future__ import annotations

from typing import Any, Literal

from wengert.frontend.comparison import truth
from wengert.frontend.construct import Names
from wengert.frontend.growing import Grown
from wengert.frontend.loops import Loop
from wengert.frontend.site import Site
from wengert.frontend.trace import NeedsStatic, Unfinished, fail
from wengert.frontend.values import Scalar

MAX_PYTHON_TURNS = 100_000


class While(Loop):
    """One execution of a `while`.

    `in_python` is set when a trial showed that Python decides how often it runs, or that it has to; `reason` then says
    what needs a Python value, if something does, and `progressed` whether Python has run a turn since.
    """

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.in_python = site.suspends
        self.reason: str | None = None
        self.turns = 0
        self.progressed = False
        self.resume: Names | None = None
        self.began = False
        self.go_on = True
        self.becomes_traced = False
        self.python_condition: bool | None = None

    def next(self, names: Names) -> bool:
        if self.resume is not None:  # the frame still has the values of a trial that was undone
            names, self.resume = self.resume, None
        if self.becomes_traced:
            self.in_python = self.becomes_traced = self.began = False
        if self.in_python:
            return self.python_turn(names)
        if not self.began:
            self.began = True
            self.begin(names)
        else:
            match self.turn_done(names):
                case "done":
                    return False
                case "in Python":
                    return self.python_turn(self.start)
        self.start_trial()
        return True

    def python_turn(self, names: Names) -> bool:
        self.turns += 1
        if self.turns > MAX_PYTHON_TURNS:
            fail(f"a while loop that runs while compiling does not end after {MAX_PYTHON_TURNS} turns")
        self.bind(names if self.go_on else {n: v for n, v in names.items() if n in self.site.after})
        return self.go_on

    def start_trial(self) -> None:
        self.count_trial()
        initial = self.carried.initial()
        types = [kind.type for kind in self.carried.kinds()]
        self.op = self.trace.emit("scf.while", types, initial, regions=2)
        before, _ = (region.blocks.append(*types) for region in self.op.regions)
        self.enter_body(before, list(before.arguments))
        self.bind(self.names_inside())

    def test(self, condition: Any, names: Names) -> bool:
        """Called with the value of the condition; whether the body is to run now."""
        condition = truth(condition)
        if self.in_python:
            return self.test_in_python(condition, names)
        self.python_condition = None if isinstance(condition, Scalar) else bool(condition)
        if self.python_condition is False:
            return False
        self.refuse_changes()
        arguments = list(self.region.block.arguments)
        self.trace.emit("scf.condition", [], [self.trace.cast(condition, "i1"), *arguments])
        self.close()
        body = self.op.regions[1].blocks[0]
        self.enter_body(body, list(body.arguments))
        self.bind(self.names_inside() | dict.fromkeys(self.site.flags, False))
        return True

    def test_in_python(self, condition: Any, names: Names) -> bool:
        if isinstance(condition, Scalar):
            if self.site.suspends:
                self.trace.need_static(condition, "it decides how often a generator goes on")
            if self.reason is not None and not self.progressed:
                self.trace.need_static(condition, f"it decides how often a loop runs in which {self.reason}")
            self.becomes_traced, self.resume = True, names
            return False
        self.go_on, self.progressed = condition, True
        self.bind(names)
        return self.go_on

    def refuse_changes(self) -> None:
        """The condition is evaluated once more than the body: what it changes has no place to go."""
        journal, carried = self.region.journal, self.carried
        boxes = any(key not in carried.boxes or carried.written(box) for key, (box, _) in journal.boxes.items())
        slots = any(key not in carried.entries for key in journal.slots)
        if boxes or slots:
            fail("the condition of this while changes an array or an object",
                 why="it is evaluated once more than the body",
                 help="write `while True:` with the change in the body and `if not ...: break`")

    def turn_done(self, names: Names) -> Literal["done", "in Python", "again"]:
        """Compares, and says how the loop goes on."""
        if self.python_condition is False:  # whatever is carried, the first test fails
            self.abort()
            self.bind({n: v for n, v in self.start.items() if n in self.site.after})
            return "done"
        try:
            stable = self.collect(names)
            if stable and self.python_condition:  # nothing traced decides how often it runs
                return self.continue_in_python(None)
            flow = self.check_arrays() if stable else None
        except NeedsStatic as request:
            if self not in request.origins:
                raise
            return self.continue_in_python(request.reason)
        except Grown as change:  # there is no number of turns to make room for
            refusal = change.refusal
            if isinstance(refusal, NeedsStatic) and self in refusal.origins:
                return self.continue_in_python(refusal.reason)
            self.abort()
            raise refusal from None
        except BaseException:
            self.abort()
            raise
        if flow is None:
            self.abort()
            return "again"
        op = self.op
        self.trace.emit("scf.yield", [], self.carried.final())
        names = self.finish(flow, op, list(op.results))
        self.bind({n: v for n, v in names.items() if n in self.site.after})
        return "done"

    def continue_in_python(self, reason: str | None) -> Literal["in Python"]:
        self.abort()
        self.in_python, self.reason, self.progressed = True, reason, False
        return "in Python"

    def recover(self, error: Exception) -> bool:
        if isinstance(error, Unfinished):  # as if it had no turns
            self.in_python, self.go_on, self.resume = True, False, self.start
            return True
        if isinstance(error, NeedsStatic) and self in error.origins:
            self.continue_in_python(error.reason)
            self.resume = self.start
            return True
        if isinstance(error, Grown):
            raise error.refusal from None
        return False
