"""Functions that call themselves until run-time values say stop: one function of the IR that calls itself.

Assumes a call from a trace.  Recursion that Python ends (a list gets shorter, a known int counts down) unrolls; this is
for the rest.  The function is traced on its own, with its numbers and arrays as arguments.  What it returns is not
known when it calls itself for the first time: such a path is given up (`Unfinished`), the others say what the result
is, and it is traced again with that, until arguments and results stay of the same kinds.  passes/recursion.py makes a
loop with a stack of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from wengert.dialects.bindings import ir, walk
from wengert.dialects.build import create
from wengert.dialects.control import entry
from wengert.dialects.errors import UnsupportedError
from wengert.frontend.aliases import StandIn
from wengert.frontend.kinds import Mismatch, Signature, materialize, signature
from wengert.frontend.layout import KEEP, Carry, Node, Spec, leaves, rebuild, take_apart, unchanged, widened
from wengert.frontend.positions import definition_of
from wengert.frontend.trace import Detour, FunctionRegion, NeedsStatic, Unfinished, current, fail
from wengert.frontend.values import DATA, Box, Scalar, Traced

MAX_TRIALS = 12
#: So many calls inside of each other are unrolled; beyond, what Python counts is counted at run time.
MOST_UNROLLED = 12
Tree = Any


class Unrolls(Detour):
    """Python ends this recursion, or has to: it is traced call by call."""


class _Again(Detour):
    """The arguments of a call are of wider kinds than what is being traced."""


class Recursion:
    """One call, from outside, of a function that may call itself.

    Attributes:
        start: (arguments, options) of that call; `spec` says which parts of them are run-time values.
        result: what the function returns as far as it is known, and which parts of it are run-time values.
    """

    def __init__(self, function: FunctionType, twin: Callable[..., Any], start: Tree) -> None:
        self.function, self.twin, self.start = function, twin, start
        self.spec: Spec = _carried(start, lambda leaf: isinstance(leaf, Traced))
        self.result: tuple[Spec, Tree] | None = None
        self.region: FunctionRegion | None = None
        self.calls_itself = False
        self.depth = 0

    def run(self) -> Tree:
        """Trace it; the result of the call.

        Raises:
            Unrolls: it does not call itself under run-time conditions, or it needs Python values to do so.
            UnsupportedError: no path returns without another call, or it changes what it is given.
        """
        trace = current()
        for _ in range(MAX_TRIALS):
            with trace.recursion(self.function.__code__, self):
                try:
                    region = self.trial()
                except _Again:
                    continue
                except NeedsStatic as request:
                    if self not in request.origins:
                        raise
                    raise Unrolls from None
            if region is not None:
                return self.call(region)
        return fail(f"what {self.function.__qualname__} is given and returns does not settle",
                    why="its values change their kind in every call")

    # ------------------------------------------------------------ tracing the function

    def trial(self) -> FunctionRegion | None:
        """Trace the function once; its region if all kinds were as assumed."""
        trace, name, self.depth = current(), self.function.__name__, 0
        types = [kind.type for _, kind in leaves(self.spec, self.start)]
        with trace.function(name if name.isidentifier() else "f", types) as region:
            self.region = region
            try:
                returned = self.body(region)
                spec, value = self.returned(returned)
                settled = self.result is not None and unchanged(self.result[0], spec)
                self.result = spec, value
                if settled:
                    trace.emit("func.return", [], [materialize(v, k) for v, k in leaves(spec, returned)])
                    self.refuse_changes(region)
            finally:
                region.journal.undo()
            if not settled:
                raise _Again if self.calls_itself else Unrolls
            region.func.attributes["nd.name"] = ir.StringAttr.get(self.function.__qualname__)
        _pass_captures_on(region)
        return region

    def body(self, region: FunctionRegion) -> Tree:
        old = list(leaves(self.spec, self.start))
        self.arguments = [self.argument(v, x, kind) for v, (x, kind) in zip(region.arguments, old, strict=True)]
        arguments, options = rebuild(self.spec, self.start, iter(self.arguments).__next__, lambda made: made)
        try:
            return self.twin(*arguments, **options)
        except Unfinished:
            raise UnsupportedError(
                f"{self.function.__qualname__} calls itself on every path", definition_of(self.function),
                why="so it never returns", help="return without a call of itself on some path",
            ) from None

    def argument(self, value: Any, start: Any, kind: Signature) -> Any:
        if kind.shape is not None:
            return StandIn(value, start, kind)
        return Scalar(value, kind.element, kind.weak, origins=frozenset([self]))

    def returned(self, value: Tree) -> tuple[Spec, Tree]:
        """Which parts of the result are run-time values, by this trial and those before."""
        if self.result is None:
            return _carried(value, lambda leaf: True), value
        spec, before = self.result
        try:
            return widened(spec, before, value), before
        except Mismatch:
            raise UnsupportedError(
                f"{self.function.__qualname__} returns values of different structure", definition_of(self.function),
                why="a function that calls itself at run time has one kind of result",
                help="return the same structure, with the same shapes, on every path",
            ) from None

    def refuse_changes(self, region: FunctionRegion) -> None:
        """What it changes would have to be handed from call to call."""
        help = "return the new value instead of changing the argument"
        for array in self.arguments:
            if isinstance(array, StandIn) and array.is_written:
                raise UnsupportedError(f"{self.function.__qualname__} writes into its argument and calls itself",
                                       array.written_at, help=help)
        for key, (slot, _) in region.journal.slots.items():
            raise UnsupportedError(f"{self.function.__qualname__} changes {slot.label()} and calls itself",
                                   region.journal.places[key], help=help)

    # ------------------------------------------------------------ calls

    def called(self, arguments: tuple[Any, ...], options: dict[str, Any]) -> Tree:
        """The function calls itself."""
        trace = current()
        assert self.region is not None
        if not trace.region.inside(self.region):
            fail(f"{self.function.__qualname__} calls itself inside of a function that is differentiated",
                 error=UnsupportedError, help="differentiate outside of the recursion")
        try:
            spec = widened(self.spec, self.start, (arguments, options))
        except Mismatch:
            raise Unrolls from None
        if not self.calls_itself and trace.region is self.region and self.depth < MOST_UNROLLED:
            self.depth += 1  # Python decides, so far
            return self.twin(*arguments, **options)
        self.calls_itself = True
        if not unchanged(self.spec, spec):
            self.spec = spec
            raise _Again
        if self.result is None:
            raise Unfinished
        return self.emit(self.region.name, (arguments, options), [])

    def call(self, region: FunctionRegion) -> Tree:
        """The call from outside."""
        return self.emit(region.name, self.start, region.captures)

    def emit(self, name: str, given: Tree, captures: Sequence[Any]) -> Tree:
        assert self.result is not None
        spec, value = self.result
        kinds = [kind for _, kind in leaves(spec, value)]
        operands = [*(materialize(v, kind) for v, kind in leaves(self.spec, given)), *captures]
        callee = {"callee": ir.FlatSymbolRefAttr.get(name)}
        results = current().emit("func.call", [kind.type for kind in kinds], operands, callee).results
        made = [_value(result, kind) for result, kind in zip(results, kinds, strict=True)]
        return rebuild(spec, value, iter(made).__next__, current().region.journal.mark_fresh)


def _value(result: Any, kind: Signature) -> Any:
    if kind.shape is not None:
        return Box(result, kind.shape, kind.element)
    return Scalar(result, kind.element, kind.weak, origins=DATA)


def _carried(value: Tree, chosen: Callable[[Any], bool]) -> Spec:
    """The spec in which the chosen numbers and arrays are run-time values."""
    apart = take_apart(value)
    if apart is not None:
        parts = tuple(_carried(part, chosen) for part in apart[1])
        return KEEP if all(part is KEEP for part in parts) else Node(apart[0], parts)
    kind = signature(value) if chosen(value) else None
    return KEEP if kind is None else Carry(kind)


def _pass_captures_on(region: FunctionRegion) -> None:
    """Calls of the function inside of itself hand on the values of the enclosing function that it uses."""
    own = list(entry(region.func).arguments)[len(region.arguments) - len(region.captures):]
    for op in walk(region.func, "func.call") if own else ():
        if str(ir.FlatSymbolRefAttr(op.attributes["callee"]).value) == region.name:
            new = create("func.call", [r.type for r in op.results], [*op.operands, *own],
                         {"callee": op.attributes["callee"]}, loc=op.location, ip=ir.InsertionPoint(op))
            for old, result in zip(op.results, new.results, strict=True):
                old.replace_all_uses_with(result)
            op.erase()


# ---------------------------------------------------------------- which functions may call themselves

_answers: dict[CodeType, bool] = {}


def may_recurse(function: FunctionType) -> bool:
    """Whether a function mentions itself, directly or through functions it mentions.

    What calls a function that is being traced as a recursion belongs to that recursion.
    """
    code = function.__code__
    if code not in _answers:
        _answers[code] = _reaches(function, function, set())
    return _answers[code] and not any(
        _reaches(function, outer.function, set()) for outer in current().recursions.values())


def _reaches(function: FunctionType, goal: FunctionType, seen: set[CodeType]) -> bool:
    if function.__code__ in seen:
        return False
    seen.add(function.__code__)
    mentioned = _mentioned(function.__code__)
    if goal.__name__ in mentioned and _is_goal(function, goal):
        return True
    return any(_reaches(other, goal, seen) for other in _functions(function, mentioned))


def _is_goal(function: FunctionType, goal: FunctionType) -> bool:
    """Whether the goal's name means the goal in the function; as a method's name it may."""
    known = _variables(function).get(goal.__name__)
    return known is None or _plain(known) is None or _plain(known).__code__ is goal.__code__


def _functions(function: FunctionType, names: set[str]) -> Iterator[FunctionType]:
    variables = _variables(function)
    for name in names & variables.keys():
        found = _plain(variables[name])
        if found is not None and found.__module__ == function.__module__:
            yield found


def _plain(value: Any) -> Any:
    value = getattr(value, "py_func", value)
    return value if isinstance(value, FunctionType) else None


def _variables(function: FunctionType) -> dict[str, Any]:
    cells = {}
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
        try:
            cells[name] = cell.cell_contents
        except ValueError:  # not bound yet
            continue
    return {**function.__globals__, **cells}


def _mentioned(code: CodeType) -> set[str]:
    names = {*code.co_names, *code.co_freevars}
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names |= _mentioned(constant)
    return names
