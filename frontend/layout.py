"""Values as trees by value, and the one order in which their leaves become operands, arguments, yields and results.

A *spec* says what of a value depends on a construct: `KEEP` (the value of before), `Carry` (a leaf that becomes an IR
value of a given kind), or `Node` (a container that is rebuilt from the specs of its parts).  Numbers and arrays are
leaves; lists, tuples, dicts, dataclasses and plain instances are containers; all else must be the same on both sides.

`compare` makes a spec from two values, `widen` from a spec and a newer value; both only ever go from KEEP to Carry and
from narrow to wide kinds, so that repeating them ends.  A name that is unbound on one side becomes a `Maybe`.
"""

from __future__ import annotations

import dataclasses
import math
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from types import FunctionType, MethodType
from typing import Any

import numpy as np

from wengert.dialects.errors import WengertTypeError
from wengert.frontend.complex_numbers.values import Complex, equally_complex, of_parts
from wengert.frontend.instances import attributes_of, is_instance
from wengert.frontend.instances import made as made_instance
from wengert.frontend.journal import UNBOUND, Attribute, Content
from wengert.frontend.jumps import RESULT
from wengert.frontend.kinds import Mismatch, Signature, Undefined, join, kind_text, signature
from wengert.frontend.texts import Label, Text
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Scalar, Traced, describe

#: The name of the value of a conditional expression.
VALUE = "__value"


class Maybe:
    """The value of a name that is bound only where `bound` is true."""

    __slots__ = ("bound", "value")

    def __init__(self, value: Any, bound: bool | Scalar) -> None:
        self.value, self.bound = value, bound


@dataclasses.dataclass(frozen=True, eq=False)
class Seen:
    """A container as it was at another time: changes of it and of what it holds have been undone since."""

    original: Any
    frame: Frame
    parts: list[Any]


class Keep:
    """The spec of what does not change."""


KEEP = Keep()


@dataclasses.dataclass(frozen=True, eq=False)
class Carry:
    """The spec of a leaf that becomes an IR value."""

    signature: Signature


@dataclasses.dataclass(frozen=True, eq=False)
class Node:
    """The spec of a container that is rebuilt; `frame` is what it is apart from its parts."""

    frame: Frame
    parts: tuple[Spec, ...]


Spec = Keep | Carry | Node


@dataclasses.dataclass(frozen=True)
class Wording:
    """How messages call the two sides that are compared."""

    first: str
    second: str


# ---------------------------------------------------------------- containers


def same(a: Any, b: Any) -> bool:
    """Whether two leaves are certainly one value (for arrays: one array)."""
    a, b = original(a), original(b)
    if a is b:
        return True
    if isinstance(a, Scalar) and isinstance(b, Scalar):
        return bool(a.value == b.value) and a.kind == b.kind
    if isinstance(a, (Traced, Undefined)) or isinstance(b, (Traced, Undefined)) or type(a) is not type(b):
        return False
    if isinstance(a, (set, frozenset, bytearray)):
        return bool(a == b)
    if isinstance(a, (float, np.floating)):
        return (a == b and math.copysign(1.0, a) == math.copysign(1.0, b)) or (a != a and b != b)
    if isinstance(a, (bool, int, complex, str, bytes, np.generic)):
        return bool(a == b)
    if isinstance(a, MethodType):
        return a.__func__ is b.__func__ and a.__self__ is b.__self__
    if isinstance(a, FunctionType):
        return a.__code__ is b.__code__ and _same_cells(a, b)
    if isinstance(a, (slice, range)):
        return _same_parts((a.start, a.stop, a.step), (b.start, b.stop, b.step))
    return False


def _same_parts(a: tuple[Any, ...], b: tuple[Any, ...]) -> bool:
    return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b, strict=True))


def _same_cells(a: FunctionType, b: FunctionType) -> bool:
    """Functions made twice by one `def` are the same if they see the same variables and defaults."""
    if not _same_parts(a.__defaults__ or (), b.__defaults__ or ()) or a.__kwdefaults__ != b.__kwdefaults__:
        return False
    return all(x is y for x, y in zip(a.__closure__ or (), b.__closure__ or (), strict=True))


@dataclasses.dataclass(frozen=True)
class Frame:
    """What a container is apart from its parts: its type, and the names or keys of the parts."""

    type: type
    keys: tuple[Any, ...]
    kind: str


def take_apart(value: Any) -> tuple[Frame, list[Any]] | None:
    """The frame and the parts of a container; None for a leaf."""
    kind = type(value)
    if isinstance(value, Seen):
        return value.frame, value.parts
    if isinstance(value, Maybe):
        return Frame(Maybe, (), "maybe"), [value.value, value.bound]
    if kind in (list, tuple) or (kind is deque and value.maxlen is None):
        return Frame(kind, (None,) * len(value), "sequence"), list(value)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return Frame(kind, value._fields, "namedtuple"), list(value)
    if isinstance(value, Complex):
        return Frame(Complex, (), "complex"), [value.re, value.im]
    if kind in (dict, OrderedDict):
        return Frame(kind, tuple(value), "dict"), list(value.values())
    if isinstance(value, (Traced, Undefined, type)):
        return None
    if isinstance(value, Label):
        return LABEL, [value.index]
    if isinstance(value, Text):
        return Frame(Text, value.frame, "text"), value.values
    if dataclasses.is_dataclass(value):
        names = tuple(dict.fromkeys((*(f.name for f in dataclasses.fields(value)), *attributes_of(value))))
        return Frame(kind, names, "object"), [getattr(value, n, UNBOUND) for n in names]
    if is_instance(value):
        attributes = attributes_of(value)
        return Frame(kind, tuple(attributes), "object"), list(attributes.values())
    return None


#: A str that is another one on each path: the number of one of the trace's labels.
LABEL = Frame(Label, (), "label")


def parts_of(spec: Node, value: Any) -> list[Any]:
    """The parts of a container that has this spec; of a str its number among the labels."""
    if spec.frame is LABEL and isinstance(value, str):
        return [current().label(value)]
    apart = take_apart(value)
    assert apart is not None
    return apart[1]


def put_together(frame: Frame, parts: list[Any]) -> Any:
    """A container like the one that `take_apart` gave, with other parts; no `__init__` runs."""
    match frame.kind:
        case "complex":
            return of_parts(*parts)
        case "maybe":
            return parts[0] if parts[1] is True else Maybe(*parts)
        case "sequence":
            return frame.type(parts)
        case "namedtuple":
            return frame.type(*parts)
        case "label":
            return Label(parts[0])
        case "text":
            return Text.of_frame(frame.keys, parts)
        case "dict":
            return frame.type(zip(frame.keys, parts, strict=True))
    held = [(name, part) for name, part in zip(frame.keys, parts, strict=True) if part is not UNBOUND]
    return made_instance(frame.type, held)


def original(value: Any) -> Any:
    """The container that was seen; anything else is itself."""
    return value.original if isinstance(value, Seen) else value


States = Mapping[tuple[type, int, Any], Any]


def as_of(value: Any, states: States, known: dict[int, Any] | None = None) -> Any:
    """The value as it was when the slots (by identity) held `states`; objects that did not change stay themselves."""
    known = {} if known is None else known
    apart = take_apart(value) if states and id(value) not in known else None
    if apart is None:
        return known.get(id(value), value)
    known[id(value)] = value  # for objects that contain themselves
    then = _with_states(value, *apart, states)
    frame, parts = then or apart
    inside = [as_of(part, states, known) for part in parts]
    if then is not None or any(x is not y for x, y in zip(inside, parts, strict=True)):
        known[id(value)] = Seen(value, frame, inside)
    return known[id(value)]


def _with_states(value: Any, frame: Frame, parts: list[Any], states: States) -> tuple[Frame, list[Any]] | None:
    """What the container held then; None where no slot of it is among the states."""
    if frame.kind != "object":
        content = states.get((Content, id(value), None))
        return None if content is None else take_apart(content)
    changed = {name: state for (slot, owner, name), state in states.items() if slot is Attribute and owner == id(value)}
    held = dict(zip(frame.keys, parts, strict=True)) | changed
    if not dataclasses.is_dataclass(value):
        held = {name: part for name, part in held.items() if part is not UNBOUND}
    return (Frame(frame.type, tuple(held), frame.kind), list(held.values())) if changed else None


# ---------------------------------------------------------------- specs


def compare(first: Any, second: Any, label: str, wording: Wording) -> Spec:
    """What of a value differs between two sides.

    Raises WengertTypeError where the two cannot be one run-time value: another structure, another shape, or a
    difference in something that is no number or array.
    """
    return widen(KEEP, first, second, label, wording)


def _differ_in_run_time_size(start: Any, end: Any) -> bool:
    """Whether both are arrays, one of which has an extent that is known only at run time."""
    if not (isinstance(start, Array) and isinstance(end, Array)):
        return False
    return not all(isinstance(n, int) for n in (*start.shape, *end.shape))


def widen(spec: Spec, start: Any, end: Any, label: str, wording: Wording) -> Spec:
    """The spec that also holds `end`, given the value `start` that unchanged parts keep."""
    try:
        return widened(spec, start, end)
    except Mismatch:
        fail(
            f"{label} is {brief(start)} {wording.first} and {brief(end)} {wording.second}",
            why="which of the two it is depends on a run-time value, and both must fit into one",
            help=(
                "keep one array of full size, and a mask or a count of what is left of it"
                if _differ_in_run_time_size(start, end)
                else "give it the same structure, shape and kind of element on both sides"
            ),
            error=WengertTypeError,
        )


def widened(spec: Spec, start: Any, end: Any) -> Spec:
    if isinstance(spec, Carry):
        found = signature(end)
        if found is None:
            raise Mismatch
        return Carry(join(spec.signature, found))
    if not isinstance(spec, Node) and same(start, end):
        return KEEP
    a, b = take_apart(start), take_apart(end)
    if isinstance(start, (str, Label)) and isinstance(end, (str, Label)):
        whole = Node(LABEL, (KEEP,))
        a, b = ((LABEL, parts_of(whole, side)) for side in (start, end))
    if a is not None and b is not None and a[0] == b[0]:
        inner = spec.parts if isinstance(spec, Node) else (KEEP,) * len(a[1])
        return Node(a[0], tuple(widened(s, x, y) for s, x, y in zip(inner, a[1], b[1], strict=True)))
    x, y = signature(start), signature(end)
    if isinstance(spec, Node) or a is not None or b is not None or x is None or y is None:
        raise Mismatch
    return Carry(join(x, y))


def both_bound(first: Any, second: Any, name: str) -> tuple[Any, Any]:
    """The two values with the same binding: where one side may be unbound, both become `Maybe`."""
    if first is UNBOUND and second is UNBOUND:
        return first, second
    first, second = equally_complex(first, second)
    if not any(side is UNBOUND or isinstance(side, Maybe) for side in (first, second)):
        return first, second
    if name == RESULT:  # read only where the flag `__returned` is set
        return (fill(second), second) if first is UNBOUND else (first, fill(first))
    like = second if first is UNBOUND else first
    return _as_maybe(first, like), _as_maybe(second, like)


def _as_maybe(value: Any, like: Any) -> Maybe:
    if value is UNBOUND:
        return Maybe(fill(like.value if isinstance(like, Maybe) else like), False)
    return value if isinstance(value, Maybe) else Maybe(value, True)


def fill(like: Any) -> Any:
    """A value of the same structure that nothing reads."""
    apart = take_apart(like)
    if apart is not None:
        return put_together(apart[0], [fill(part) for part in apart[1]])
    found = signature(like)
    return like if found is None else Undefined(found)


def unchanged(old: Spec, new: Spec) -> bool:
    """Whether two specs carry the same leaves of the same kinds."""
    match old, new:
        case Keep(), Keep():
            return True
        case Carry(), Carry():
            return old.signature.agrees(new.signature)
        case Node(), Node():
            return old.frame == new.frame and all(unchanged(a, b) for a, b in zip(old.parts, new.parts, strict=True))
    return False


def leaves(spec: Spec, value: Any) -> Iterator[tuple[Any, Signature]]:
    """The leaves of `value` that are carried, in the order of layout: depth first, parts as in their container."""
    if isinstance(spec, Carry):
        yield value, spec.signature
    elif isinstance(spec, Node):
        for part, inner in zip(spec.parts, parts_of(spec, value), strict=True):
            yield from leaves(part, inner)


def containers(spec: Spec, value: Any) -> Iterator[Any]:
    """The containers of `value` that are rebuilt, in the order in which `rebuild` makes them."""
    if isinstance(spec, Node):
        for part, inner in zip(spec.parts, parts_of(spec, value), strict=True):
            yield from containers(part, inner)
        yield original(value)


def rebuild(spec: Spec, value: Any, new_leaf: Callable[[], Any], made: Callable[[Any], Any]) -> Any:
    """`value` with its carried leaves replaced, in the order of `leaves`; `made` sees each new container."""
    if isinstance(spec, Carry):
        return new_leaf()
    if isinstance(spec, Node):
        parts = zip(spec.parts, parts_of(spec, value), strict=True)
        return made(put_together(spec.frame, [rebuild(s, v, new_leaf, made) for s, v in parts]))
    return original(value)


def moved_arrays(first: Any, second: Any) -> Iterator[tuple[Box, Box]]:
    """The arrays that changed places between two values of equal structure."""
    if original(first) is original(second):
        return
    if isinstance(first, Box) and isinstance(second, Box):
        yield first, second
        return
    a, b = take_apart(first), take_apart(second)
    if a is not None and b is not None and a[0] == b[0]:
        for x, y in zip(a[1], b[1], strict=True):
            yield from moved_arrays(x, y)


def arrays_in(value: Any) -> Iterator[Array]:
    """The arrays of a value, in the order of `leaves`."""
    if isinstance(value, Array):
        yield value
        return
    for part in (take_apart(value) or (None, []))[1]:
        yield from arrays_in(part)


def is_mutable(container: Any) -> bool:
    """Whether two names for this container could be told apart from two equal containers."""
    return not isinstance(container, (tuple, Maybe, Text, Complex))


# ---------------------------------------------------------------- messages


def name_label(name: str) -> str:
    """How messages call the value of a name."""
    return {RESULT: "the returned value", VALUE: "the value of this expression"}.get(name, f"'{name}'")


def brief(value: Any) -> str:
    """A value in a message."""
    if value is UNBOUND:
        return "unbound"
    if isinstance(value, Maybe):
        return f"{brief(value.value)} or unbound"
    if isinstance(value, Array):
        return f"an array {describe(value)}"
    if isinstance(value, Complex):
        return value.type_name
    if isinstance(value, (Scalar, Undefined)):
        found = signature(value)
        assert found is not None
        return kind_text(found)
    apart = take_apart(value)
    if apart is None:
        return repr(value)
    spoken = getattr(apart[0].type, "spoken", None)  # of what the user did not write
    if isinstance(spoken, str):
        return spoken
    inside = ", ".join(brief(part) for part in apart[1])
    if apart[0].kind == "sequence":
        return f"[{inside}]" if apart[0].type is list else f"({inside})"
    return f"{apart[0].type.__name__}({inside})"
