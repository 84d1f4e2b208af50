"""The trace: the IR module that is being filled, the region code goes to, and what the traced code depends on.

One `Trace` fills one module.  It is the current one (`current()`) between its `with` statement's ends; several may be
nested in a thread.  `Trace.function` opens a function; functions opened inside it (for derivatives asked for in traced
code) may read the outer function's values, which become trailing arguments when they close.

Assumes an entered MLIR context.  Leaves values (values.py) and their meaning (arithmetic.py) to others.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, TracebackType
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np

from wengert.dialects.bindings import DYNAMIC, Value, ir, tensor_type, walk
from wengert.dialects.build import constant
from wengert.dialects.control import FOR, WHILE, entry, make_function, refresh_type
from wengert.dialects.errors import WengertTypeError
from wengert.dialects.op import encode_attributes
from wengert.frontend.active import current as current
from wengert.frontend.active import stack
from wengert.frontend.active import tracing as tracing
from wengert.frontend.journal import Journal
from wengert.frontend.options import DEFAULT, CompileOptions
from wengert.frontend.positions import fail, frame_key, position_in, user_frame, user_position
from wengert.runtime.python_abi import count_traces

if TYPE_CHECKING:
    from wengert.frontend.packing import Packing
    from wengert.frontend.values import Box, Scalar

__all__ = ["FunctionRegion", "NeedsStatic", "Region", "Trace", "current", "fail", "tracing", "user_position"]

#: The operations that carry what options say of loops.
LOOPS = frozenset({FOR, WHILE})

#: Names that lowered code may call: a function of the user with such a name gets another symbol.

FUNCTIONS_OF_C = frozenset({name + end for name in dir(math) for end in ("", "f")}
                           | {"aligned_alloc", "malloc", "free", "memcpy"})

Number = bool | int | float | np.generic
Extent = Any  # an int, or a Scalar of element i64


class Detour(Exception):
    """Tracing cannot go on like this, and some construct around knows another way; no error, and not to be caught."""


class Unfinished(Detour):
    """A function calls itself, and what it returns is not known yet: this path is given up."""


class NeedsStatic(Detour):
    """A Python number is needed where the value is known only at run time.

    Args:
        origins: what would have to be static: ("arg", name) or a loop object.
        reason: why, for the message and for `stats()`.
    """

    def __init__(self, origins: Iterable[Any], reason: str) -> None:
        super().__init__(reason)
        self.origins, self.reason, self.position = frozenset(origins), reason, user_position()


class Region:
    """A block that is being filled: a branch, the body of a loop, or a function.

    `alive` ends when its construct is closed: from then on its values cannot be used.  `constants` and `packings` are
    the numbers and the positions of masks that were computed in it already.
    """

    def __init__(self, block: Any, parent: Region | None, kind: str) -> None:
        self.block, self.parent, self.kind = block, parent, kind
        self.journal = Journal()
        self.alive = True
        self.condition: Scalar | None = None  # of the traced `if` whose branch this is
        self.constants: dict[tuple[str, str], Any] = {}
        self.packings: list[Packing] = []

    def inside(self, other: Region) -> bool:
        """Whether this region is `other` or is nested in it (within one function)."""
        region: Region | None = self
        while region is not None:
            if region is other:
                return True
            region = region.parent
        return False


class FunctionRegion(Region):
    """The body of a function.

    captures: the outer values its trailing arguments stand for, filled when it closes.
    goes_on: whether generators that it draws from go on outside (continued.py); `continued` are their arrays, outside
        and here, and `generators` what stands for those that it has met, by their memory.
    """

    def __init__(self, func: Any, outer: Region | None) -> None:
        super().__init__(entry(func), None, "function")
        self.func, self.outer = func, outer
        self.captures: list[Any] = []
        self.goes_on = False
        self.continued: list[tuple[Box, Box]] = []
        self.generators: dict[int, Any] = {}

    @property
    def name(self) -> str:
        return str(ir.StringAttr(self.func.attributes["sym_name"]).value)

    @property
    def arguments(self) -> list[Any]:
        return list(self.block.arguments)


@dataclass(frozen=True)
class Captured:
    """An array the code reaches without being handed it: a hidden argument of the outermost function."""

    array: np.ndarray
    argument: Any
    value: Box | Scalar

    @property
    def written(self) -> bool:
        """Whether the traced code changed the array (its final value is `value.value`)."""
        return self.value.value is not self.argument


class _Here:
    """The end of the current block and the user's location, entered together."""

    __slots__ = ("location", "point")

    def __init__(self, point: Any, location: Any) -> None:
        self.point, self.location = point, location

    def __enter__(self) -> None:
        self.location.__enter__()
        self.point.__enter__()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.point.__exit__(kind, error, traceback)
        self.location.__exit__(kind, error, traceback)


class Trace:
    """One compilation of one Python function.

    Attributes:
        region: where operations go now; control flow replaces it.
        top: the outermost function, or None before it is opened.
        captured: arrays read from globals, closures and attributes, in the order of their hidden arguments.
        boxes: the arrays that already have a value, by id (the driver enters the arguments here).
        leaves: the arguments that are arrays, by id: the leaf; `coincident` are those the program also captures.
        complexes: (array, its memory as real numbers, value) of the complex arrays among them, by id.
        guards: (namespace or owner, place, object) of every variable, attribute and item that was read (reads.py).
        baked: (array, copy) of the small integer arrays whose contents went into the code as constants.
        inner_codes: ids of the code of functions that are defined while tracing.
        noted: the functions (and their cells) whose guards are noted.
        depths: for each code object the regions in which its active calls began.
        rules: by the id of a function with rules, what is known of the calls that are open (rule_traces.py).
        recursions: for the code objects that are traced as functions which call themselves, how far that is.
        unrolled: code of functions whose recursion Python ends.
        foreign: the symbols of foreign functions that are declared.
        silent: whether code is traced that a derivative evaluates beside the program: it writes nothing.
        labels: the numbers of the strings that are other ones on different paths.
        whole_arguments: the origins of arguments that are ints or bools.
        prints: the symbols of functions that are declared to print, by what they print.
        without_source: the functions that run as they are, innermost last, and why.
        options: what the user has chosen; the functions that are differentiated carry it as attributes.
        of_loops: what the functions that are being called have to say of their loops.
        weak_matters: whether the code would differ if a Python number had been one of NumPy's.
    """

    def __init__(self, module: Any, options: CompileOptions = DEFAULT) -> None:
        self.module, self.options = module, options
        self.region: Region = None  # type: ignore[assignment]  # set when the first function opens
        self.top: FunctionRegion | None = None
        self.captured: list[Captured] = []
        self.boxes: dict[int, tuple[np.ndarray, Any]] = {}
        self.leaves: dict[int, int] = {}
        self.coincident: set[int] = set()
        self.complexes: dict[int, tuple[np.ndarray, np.ndarray, Any]] = {}
        self.guards: list[tuple[Any, Any, Any]] = []
        self.baked: list[tuple[np.ndarray, np.ndarray]] = []
        self.made: dict[int, Any] = {}
        self.inner_codes: set[int] = set()
        self.noted: set[tuple[int, ...]] = set()
        self.without_source: list[str] = []
        self.weak_matters = False
        self.growing = False  # whether a list holds a stretch (growing.py)
        self.of_loops: dict[str, int] = {}
        self.depths: dict[int, list[Region]] = {}
        self.rules: dict[int, Any] = {}
        self.foreign: set[str] = set()
        self.prints: dict[Any, str] = {}
        self.labels: dict[str, int] = {}
        self.silent = False
        self.whole_arguments: set[Any] = set()
        self.recursions: dict[CodeType, Any] = {}
        self.unrolled: set[CodeType] = set()
        self._guarded: set[tuple[int, Any]] = set()
        self._locations: dict[tuple[int, int], Any] = {}
        self._names: set[str] = set(FUNCTIONS_OF_C)
        self._unknown = ir.Location.unknown()
        self.types = {
            "f64": ir.F64Type.get(),
            "f32": ir.F32Type.get(),
            "i1": ir.IntegerType.get_signless(1),
            "index": ir.IndexType.get(),
        }
        for bits in (8, 16, 32, 64):
            self.types[f"i{bits}"] = self.types[f"u{bits}"] = ir.IntegerType.get_signless(bits)

    def __enter__(self) -> Trace:
        stack().append(self)
        count_traces(1)
        return self

    def __exit__(self, *_: object) -> None:
        count_traces(-1)
        stack().pop()

    # ---------------------------------------------------------------- operations

    def location(self) -> Any:
        """The user's position as an MLIR location."""
        frame = user_frame()
        if frame is None:
            return self._unknown
        key = frame_key(frame)
        location = self._locations.get(key)
        if location is None:
            at = position_in(frame)
            location = self._locations[key] = ir.Location.file(at.file, at.line, at.column)
        return location

    def emit(
        self,
        name: str,
        result_types: Sequence[Any],
        operands: Sequence[Any],
        attributes: Mapping[str, Any] | None = None,
        regions: int = 0,
    ) -> Any:
        """An operation at the end of the current block, at the user's position."""
        return ir.Operation.create(
            name,
            list(result_types),
            list(operands),
            encode_attributes({**(attributes or {}), **(self.of_loops if name in LOOPS else {})}),
            regions=regions,
            loc=self.location(),
            ip=ir.InsertionPoint(self.region.block),
        )

    @contextmanager
    def called(self, options: CompileOptions) -> Iterator[None]:
        """The code of a function that has options of its own: what they say of loops holds for its loops."""
        outer, self.of_loops = self.of_loops, options.of_loops() or self.of_loops
        try:
            yield
        finally:
            self.of_loops = outer

    @contextmanager
    def silence(self) -> Iterator[None]:
        """Code that a derivative evaluates beside the program is traced: what it writes is left out."""
        outer, self.silent = self.silent, True
        try:
            yield
        finally:
            self.silent = outer

    def here(self) -> _Here:
        """A context in which builders and op records emit at the end of the current block, at the user's position."""
        return _Here(ir.InsertionPoint(self.region.block), self.location())

    def tensor_type(self, shape: Sequence[Extent], element: str) -> Any:
        """The IR type of an array; an extent known only at run time is `?`."""
        return tensor_type([n if isinstance(n, int) else DYNAMIC for n in shape], self.types[element])

    # ---------------------------------------------------------------- scalars

    def constant(self, value: Number, element: str) -> Any:
        """A scalar constant as an IR value; one of a region serves in all that is nested in it."""
        number = float(value) if element in ("f64", "f32") else int(value)
        key = element, repr(number)
        region: Region | None = self.region
        while region is not None:
            if key in region.constants:
                return region.constants[key]
            region = region.parent
        made = constant(number, self.types[element], ip=ir.InsertionPoint(self.region.block), loc=self.location())
        self.region.constants[key] = made
        return made

    def use(self, scalar: Scalar) -> Any:
        """The IR value of a scalar, refused when its loop or branch is over."""
        if not scalar.region.alive:
            fail(
                "a value computed inside a loop or branch is used after it",
                why="it was stored where wengert does not follow it, so it has no value here",
                help="assign it to a variable before the loop and inside of it",
            )
        return scalar.value

    def cast(self, x: Any, element: str) -> Any:
        """A scalar or a Python or NumPy number as an IR value of the given element type, by NumPy's `astype`."""
        from wengert.frontend.conversions import cast_number, check_fits

        if isinstance(x, (bool, int, float, np.generic)):
            return self.constant(cast_number(x, element), element)
        check_fits(x, element)
        return self.convert(self.use(x), x.element, element)

    def convert(self, value: Any, source: str, target: str) -> Any:
        """A scalar or tensor value of another element type, by NumPy's `astype`."""
        from wengert.frontend.conversions import convert

        if source == target:
            return value
        with self.here():
            return convert(value, source, target)

    def index(self, x: Extent) -> Any:
        """An extent or position as builders take it: an int, or a value of type index (which passes)."""
        if isinstance(x, (int, np.integer)):
            return int(x)
        if isinstance(x, Value):
            return x
        return self.emit("arith.index_cast", [self.types["index"]], [self.use(x)]).result

    def check(self, ok: Any, kind: str, message: str, a: Any = 0, b: Any = 0) -> None:
        """A run-time check; ``{0}`` and ``{1}`` in the message stand for the integers a and b.

        Execution goes on after a failed check: the caller makes the access that follows safe.
        """
        ok = ok if isinstance(ok, Value) else self.cast(ok, "i1")
        self.emit("nd.check", [], [ok, self.cast(a, "i64"), self.cast(b, "i64")], {"kind": kind, "message": message})

    def need_static(self, scalar: Scalar, reason: str) -> NoReturn:
        """Asks for `scalar` to become a Python number; an error when it never can."""
        if self.without_source:
            reason = f"{reason} ({self.without_source[-1]})"
        from wengert.frontend.conversions import is_whole

        if not is_whole(scalar.element):
            fail(
                f"a Python number is needed here: {reason}",
                why="a float stays a run-time value: made static, its derivative would silently be zero",
                help="write it with operations wengert covers, or pass an int",
                error=WengertTypeError,
            )
        if "data" in scalar.origins or not scalar.origins:
            fail(
                f"a Python number is needed here: {reason}",
                why="this value depends on the contents of an array, which are known only at run time",
                help="pass it as an int argument of its own",
                error=WengertTypeError,
            )
        raise NeedsStatic(scalar.origins, reason)

    # ---------------------------------------------------------------- functions

    @contextmanager
    def function(self, name: str, argument_types: Sequence[Any], *, private: bool = True) -> Iterator[FunctionRegion]:
        """Opens a function of the module; the caller emits its `func.return` as the last operation.

        Values of the enclosing function may be read in it.  When it closes they are turned into trailing arguments, and
        `captures` lists the outer values to pass for them.  Arrays of the enclosing function cannot be written in it.
        """
        func = make_function(
            self.module, self.unique_name(name), argument_types, [], private=private, loc=self.location()
        )
        outer = self.region
        region = FunctionRegion(func, outer)
        self.region = region
        if self.top is None:
            self.top = region
        try:
            yield region
            region.captures = _import_outer_values(func) if outer is not None else []
            refresh_type(func)
        except BaseException:
            func.erase()
            raise
        finally:
            self._close(region)
            self.region = outer

    @contextmanager
    def recursion(self, code: CodeType, progress: Any) -> Iterator[None]:
        """While it is open, calls of the function with this code are calls of itself."""
        self.recursions[code] = progress
        try:
            yield
        finally:
            del self.recursions[code]

    def _close(self, region: Region) -> None:
        inner: Region | None = self.region
        while inner is not None and inner is not region:
            inner.alive = False
            inner = inner.parent
        region.alive = False

    def unique_name(self, name: str) -> str:
        """A symbol name no function of the module has."""
        taken, k = name, 1
        while taken in self._names:
            taken, k = f"{name}_{k}", k + 1
        self._names.add(taken)
        return taken

    def before_write(self, box: Box) -> None:
        """Refuses a write to an array of which another NumPy view is an argument too, which would not see the write."""
        written = next((array for array, value in self.boxes.values() if value is box), None)
        if written is None:
            return
        if any(array is written for array, _ in self.baked):
            fail(
                "an array of integers is written whose elements were used as Python numbers",
                why="they are constants of the compiled code",
                help="pass the array as an argument",
            )
        for array, value in self.boxes.values():
            if value is not box and np.may_share_memory(array, written):
                fail(
                    "an array is written that is also read through another NumPy view of its memory",
                    why="the two are separate values in compiled code, so the write would not be seen",
                    help="take the view inside the compiled function, or copy it",
                )

    def label(self, text: str) -> int:
        """The number of a string that a run-time value may stand for."""
        return self.labels.setdefault(text, len(self.labels))

    def guard(self, namespace: Any, name: Any, value: Any) -> None:
        """Notes that the code holds only as long as this variable, attribute or item refers to the same object."""
        if (id(namespace), name) not in self._guarded:
            self._guarded.add((id(namespace), name))
            self.guards.append((namespace, name, value))


def _import_outer_values(func: Any) -> list[Any]:
    """Gives an isolated function an argument for each value of another function that it uses; those values."""
    operations = walk(func)[1:]
    block = entry(func)
    defined: set[Any] = set(block.arguments)
    for op in operations:
        defined.update(op.results)
        for region in op.regions:
            for inner in region.blocks:
                defined.update(inner.arguments)
    arguments: dict[Any, Any] = {}
    for op in operations:
        for k, operand in enumerate(op.operands):
            if operand not in defined:
                if operand not in arguments:
                    arguments[operand] = block.add_argument(operand.type, ir.Location.unknown())
                op.operands[k] = arguments[operand]
    return list(arguments)




def note_weak(matters: bool) -> None:
    """Notes that the code depends on whether a number is Python's or NumPy's."""
    if matters and tracing():
        current().weak_matters = True
