"""Texts with run-time values in them: f-strings, `str`, `repr`, `format`, `%` and `str.format` of traced values.

A `Text` is a sequence of literal pieces and of values with the form in which they are to be shown.  It can be put
together with other texts, returned, printed, and be the message of `assert`, `raise` and `warnings.warn`: then it
becomes a call of a function that is declared to print (dialects/texts.py).  Whatever else is done with it needs its
characters while compiling, which can be had if its values are integers that can be made static (`weights[f"w{i}"]` in
a loop that unrolls).

What is shown is what Python and NumPy show: the texts are made by them, while the program runs.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
import string
from collections.abc import Iterable, Sequence
from types import FunctionType
from typing import Any, NoReturn

import numpy as np
import optree

from wengert.dialects.bindings import ir
from wengert.dialects.build import create
from wengert.dialects.errors import WengertTypeError
from wengert.dialects.op import encode_attributes
from wengert.dialects.texts import KINDS, OUTPUT, PRINT, STREAM, escaped, label_kind, parts_of, render
from wengert.frontend.arguments import NAMESPACE
from wengert.frontend.capture import captured, captured_complex, stays_python
from wengert.frontend.complex_numbers.values import Complex, ComplexScalar
from wengert.frontend.trace import current, fail
from wengert.frontend.values import Array, Box, Scalar, Traced

_PYTHON = {"f64": "python float", "i64": "python int", "i1": "python bool"}
_PERCENT = re.compile(
    r"%(?:\((?P<key>[^)]*)\))?(?P<spec>[#0\- +]*(?:\*|\d+)?(?:\.(?:\*|\d+))?)[hlL]?(?P<type>[a-zA-Z%])"
)


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """A value in a text (a complex one as its parts), its kind (dialects/texts.py), and the conversion and
    specification of its field: ``!r``, ``:.3f``."""

    values: tuple[Scalar | Array, ...]
    kind: str
    form: str = ""


Piece = str | Shown


class Text:
    """A text of which some pieces are known at run time only."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self.pieces: tuple[Piece, ...] = tuple(pieces)

    @property
    def values(self) -> list[Any]:
        return [value for piece in self.pieces if isinstance(piece, Shown) for value in piece.values]

    @property
    def frame(self) -> tuple[Any, ...]:
        """What it is apart from its values: the literal pieces, and (kind, form) where a value stands."""
        return tuple(piece if isinstance(piece, str) else (piece.kind, piece.form) for piece in self.pieces)

    @staticmethod
    def of_frame(frame: Iterable[Any], values: Iterable[Any]) -> Text:
        source = iter(values)
        return Text([piece if isinstance(piece, str)
                     else Shown(tuple(next(source) for _ in range(parts_of(piece[0]))), *piece) for piece in frame])

    @property
    def template(self) -> tuple[str, tuple[str, ...]]:
        """The template of the text and the kinds of its values, as dialects/texts.py has them."""
        numbers = itertools.count()
        text = "".join(escaped(piece) if isinstance(piece, str) else f"{{{next(numbers)}{piece.form}}}"
                       for piece in self.pieces)
        return text, tuple(piece.kind for piece in self.pieces if isinstance(piece, Shown))

    def python(self, why: str = "its characters are needed while compiling") -> NoReturn:
        """Asks for its integers to become static; an error where that does not help."""
        whole = current().whole_arguments
        for value in self.values:
            origins = value.origins if isinstance(value, Scalar) and value.element in ("i64", "i1") else frozenset()
            if not origins or any(origin == "data" or (isinstance(origin, tuple) and origin not in whole)
                                  for origin in origins):
                self.refuse(why)
        value = self.values[0]
        assert isinstance(value, Scalar)
        current().need_static(value, "it is formatted into a string")

    def refuse(self, why: str) -> NoReturn:
        fail(
            "a text with run-time values in it is used as a Python string",
            why=why,
            help="such a text can be printed, returned, joined with others, and be the message of assert, raise or "
            "warnings.warn",
            error=WengertTypeError,
        )

    def __add__(self, other: Any) -> Any:
        return Text([*self.pieces, *_pieces(other)]) if isinstance(other, (str, Text)) else NotImplemented

    def __radd__(self, other: Any) -> Any:
        return Text([*_pieces(other), *self.pieces]) if isinstance(other, (str, Text)) else NotImplemented

    def __mul__(self, count: Any) -> Any:
        return Text(self.pieces * count) if isinstance(count, int) else NotImplemented

    __rmul__ = __mul__

    def __hash__(self) -> int:
        return self.python("it is a key, or an item of a set")

    def __eq__(self, other: object) -> bool:
        return self is other or (self.python("it is compared") if isinstance(other, (str, Text)) else False)

    def __str__(self) -> str:
        return self.python()

    def __format__(self, specification: str) -> str:
        return self.python()

    def __len__(self) -> int:
        return self.python("its length is needed")

    def __iter__(self) -> NoReturn:
        self.python("its characters are walked")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or not hasattr(str, name):
            raise AttributeError(f"'str' object has no attribute '{name}'")
        return self.python(f"str.{name} works on characters")


class Label(Text):
    """One of several strings, by a number known at run time."""

    def __init__(self, index: Scalar) -> None:
        self.index = index

    @property
    def pieces(self) -> tuple[Piece, ...]:  # type: ignore[override]
        return (Shown((self.index,), label_kind(list(current().labels))),)

    def refuse(self, why: str) -> NoReturn:
        fail(
            "a string that depends on run-time values is needed while compiling",
            why=why,
            help="compare it with the strings it can be: if kind == 'a': ... elif kind == 'b': ...",
            error=WengertTypeError,
        )

    def equals(self, other: Any) -> Any:
        """``self == other``"""
        from wengert.frontend.comparison import compare

        if isinstance(other, Label):
            return compare("Eq", self.index, other.index)
        return compare("Eq", self.index, current().label(other)) if isinstance(other, str) else False


def _kind(x: Any) -> str:
    if isinstance(x, ComplexScalar) and x.weak:
        return "python complex"
    return _PYTHON[x.element] if isinstance(x, Scalar) and x.weak else str(x.dtype.name)


def _flattened(text: Any) -> tuple[list[Any], Any]:
    return text.values, (text.frame, *text.template)


def _unflattened(about: Any, values: Iterable[Any]) -> str | Text:
    """A text of a result: a str, once its values are known."""
    frame, template, kinds = about
    found = list(values)
    if all(isinstance(x, (np.ndarray, np.generic, bool, int, float)) for x in found):
        return render(template, kinds, found)
    return Text.of_frame(frame, found)


optree.register_pytree_node(Text, _flattened, _unflattened, namespace=NAMESPACE)
optree.register_pytree_node(Label, _flattened, _unflattened, namespace=NAMESPACE)


def _pieces(x: str | Text) -> tuple[Piece, ...]:
    return x.pieces if isinstance(x, Text) else (x,)


def joined(pieces: Iterable[Piece]) -> str | Text:
    """A str, as long as no piece is a value."""
    found = list(pieces)
    if all(isinstance(piece, str) for piece in found):
        return "".join(found)  # type: ignore[arg-type]
    return Text(found)


def python_text(x: Any) -> Any:
    """Anything but a Text; of that the characters are asked for."""
    return x.python() if isinstance(x, Text) else x


# ---------------------------------------------------------------- values as pieces


def _value(x: Any, form: str) -> Piece:
    """A traced value as a piece, checked as Python checks the form."""
    specification = form.partition(":")[2]
    example = x.example if isinstance(x, (Scalar, ComplexScalar)) else np.empty(0)
    if specification and specification[0] != "%":
        format(example, specification)
    if isinstance(x, Complex):
        parts = tuple(_part(part, x.element) for part in (x.re, x.im))
    elif isinstance(x, (Scalar, Array)):
        parts = (_part(x, x.element),)
    else:
        fail("a traced value of another kind is turned into a text", error=WengertTypeError)
    return Shown(parts, _kind(x), form)


def _part(x: Any, element: str) -> Scalar | Array:
    """A number, or an array as it is now."""
    if isinstance(x, Array):
        return Box(x.read(), x.shape, x.element)
    return x if isinstance(x, Scalar) else Scalar(current().cast(x, element), element)


def pieces_of(x: Any, conversion: str = "s", specification: str = "") -> list[Piece]:
    """What `format(str(x), specification)` shows; conversion "s", "r", "a", or "" for `format(x, specification)`."""
    from wengert.frontend.calls import call

    if isinstance(x, np.ndarray) and not stays_python(x):
        x = captured_complex(x) if x.dtype.kind == "c" else captured(x)
    if isinstance(x, Traced):
        conversion = "" if conversion == "s" and not specification else conversion
        return [_value(x, (f"!{conversion}" if conversion else "") + (f":{specification}" if specification else ""))]
    if isinstance(x, Text):
        inside: list[Piece] = list(x.pieces) if conversion in ("", "s") else ["'", *x.pieces, "'"]
    elif (parts := _parts(x)) is not None:
        inside = parts
    elif conversion == "" and (method := _written(x, "__format__")) is not None:
        return list(_pieces(call(method, x, specification)))
    elif (method := _shows_itself(x, conversion)) is not None:
        inside = list(_pieces(call(method, x)))
    else:
        converted = x if conversion == "" else str(x) if conversion == "s" else repr(x)
        return [format(converted, specification)]
    whole = joined(inside)
    if isinstance(whole, str):
        return [format(whole, specification)]
    return list(whole.pieces) if not specification else whole.python("its width is needed")


def _written(x: Any, name: str) -> FunctionType | None:
    method = getattr(type(x), name, None)
    return method if isinstance(method, FunctionType) and method.__code__.co_filename != "<string>" else None


def _shows_itself(x: Any, conversion: str) -> FunctionType | None:
    """A `__str__` or `__repr__` that the user wrote."""
    found = _written(x, "__str__") if conversion in ("", "s") else None
    return found or _written(x, "__repr__")


def _parts(x: Any) -> list[Piece] | None:
    """The pieces of a container that has run-time values in it, as its `repr`."""
    from wengert.frontend.layout import arrays_in, take_apart

    if isinstance(x, (str, Traced)) or (apart := take_apart(x)) is None:
        return None
    frame, parts = apart
    shown = [joined(pieces_of(part, "r")) for part in parts]
    if all(isinstance(part, str) for part in shown) and not any(True for _ in arrays_in(x)):
        return None
    names = [f"{key}=" if frame.kind in ("object", "namedtuple") else f"{key!r}: " for key in frame.keys]
    if frame.kind == "sequence":
        start, end = ("[", "]") if frame.type is list else ("(", ")") if frame.type is tuple else ("deque([", "])")
        if frame.type is tuple and len(parts) == 1:
            end = ",)"
        return _between(start, shown, end)
    if frame.kind == "dict":
        return _between("{", [joined([name, *_pieces(part)]) for name, part in zip(names, shown)], "}")
    generated = dataclasses.is_dataclass(x) and not _own_repr(type(x))
    if frame.kind == "namedtuple" or generated:
        listed = [joined([name, *_pieces(part)]) for name, part in zip(names, shown)]
        return _between(f"{type(x).__qualname__ if generated else type(x).__name__}(", listed, ")")
    return None


def _own_repr(cls: type) -> bool:
    wrapped = getattr(cls.__repr__, "__wrapped__", None)
    return wrapped is None or wrapped.__code__.co_filename != "<string>"


def _between(start: str, items: Sequence[str | Text], end: str) -> list[Piece]:
    return [start, *(piece for k, item in enumerate(items) for piece in (", " * (k > 0), *_pieces(item))), end]


# ---------------------------------------------------------------- Python's ways to write it


def fstring(*parts: Any) -> str | Text:
    """An f-string: literal texts and (value, conversion, specification)."""
    pieces: list[Piece] = []
    for part in parts:
        if isinstance(part, str):
            pieces.append(part)
        else:
            value, conversion, specification = part
            pieces += pieces_of(value, conversion, python_text(specification))
    return joined(pieces)


def percent(template: str, values: Any) -> str | Text:
    """``template % values``."""
    items = iter(values) if isinstance(values, tuple) else iter([values])
    pieces: list[Piece] = []
    end = 0
    for found in _PERCENT.finditer(template):
        pieces.append(template[end : found.start()])
        end = found.end()
        if found["type"] == "%":
            pieces.append("%")
            continue
        specification = found["spec"]
        while "*" in specification:
            specification = specification.replace("*", str(int(next(items))), 1)
        x = values[found["key"]] if found["key"] is not None else next(items, None)
        pieces += _percent_piece(x, f"%{specification}{found['type']}")
    pieces.append(template[end:])
    if not any(isinstance(piece, Shown) for piece in pieces):
        return template % values
    if isinstance(values, tuple) and next(items, pieces) is not pieces:
        raise TypeError("not all arguments converted during string formatting")
    return joined(pieces)


def _percent_piece(x: Any, specification: str) -> list[Piece]:
    plain = {"%s": "s", "%r": "r", "%a": "a"}.get(specification)
    if isinstance(x, np.ndarray) and not stays_python(x):
        x = captured_complex(x) if x.dtype.kind == "c" else captured(x)
    if isinstance(x, Traced) and plain is None:
        specification % (x.example if isinstance(x, (Scalar, ComplexScalar)) else np.empty(0),)
        return [_value(x, f":{specification}")]
    return pieces_of(x, plain) if plain is not None else [specification % x]


def str_format(template: str, values: Sequence[Any], options: dict[str, Any]) -> str | Text:
    """``template.format(*values, **options)``."""
    from wengert.frontend.hooks import HOOKS

    numbers = iter(range(len(values) + 1))

    def field(name: str) -> Any:
        first, rest = string.Formatter().get_field.__globals__["_string"].formatter_field_name_split(name)
        key = next(numbers) if first == "" else first
        x = values[key] if isinstance(key, int) else options[key]
        for is_attribute, place in rest:
            x = HOOKS.getattr(x, place) if is_attribute else HOOKS.getitem(x, place)
        return x

    def pieces(text: str) -> list[Piece]:
        found: list[Piece] = []
        for literal, name, specification, conversion in string.Formatter().parse(text):
            found.append(literal)
            if name is not None:
                x = field(name)
                found += pieces_of(x, conversion or "", python_text(joined(pieces(specification or ""))))
        return found

    return joined(pieces(template))


def join(separator: str | Text, items: Iterable[Any]) -> str | Text:
    """``separator.join(items)``."""
    found: list[Piece] = []
    for k, item in enumerate(items):
        if not isinstance(item, (str, Text)):
            raise TypeError(f"sequence item {k}: expected str instance, {type(item).__name__} found")
        found += [*(_pieces(separator) if k else ()), *_pieces(item)]
    return joined(found)


# ---------------------------------------------------------------- what a text is for


def emit(text: str | Text, stream: str) -> None:
    """The operation that writes a text when the program comes to it."""
    whole = text if isinstance(text, Text) else Text([text])
    trace = current()
    operands = [trace.use(x) if isinstance(x, Scalar) else x.read() for x in whole.values]
    template, kinds = whole.template
    print_text(template, stream, kinds, operands)


def print_text(template: str, stream: str, kinds: Sequence[str], operands: Sequence[Any]) -> None:
    """A call of a function that is declared to print; calls that print alike share it."""
    trace = current()
    if trace.silent and stream != "message":
        return
    types = [x.type for x in operands]
    key = template, stream, tuple(kinds), tuple(map(str, types))
    if key not in trace.prints:
        name = trace.prints[key] = trace.unique_name("print")
        create("func.func", [], [], encode_attributes({
            "sym_name": name, "sym_visibility": "private", PRINT: template, STREAM: stream, KINDS: kinds or None,
            "function_type": ir.TypeAttr.get(ir.FunctionType.get(types, [])),
        }), regions=1, ip=ir.InsertionPoint(trace.module.body), loc=trace.location())
    trace.emit("func.call", [], operands, {"callee": ir.FlatSymbolRefAttr.get(trace.prints[key]),
                                           OUTPUT: ir.UnitAttr.get()})
