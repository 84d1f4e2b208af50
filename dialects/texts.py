"""What a program writes: texts with run-time values in them.

    func.func private @print(f64, tensor<3xf64>)
        attributes {nd.print = "x = {0:.3f}, {1!r}\\n", nd.kinds = ["python float", "float64"], nd.stream = "stdout"}
    func.call @print(%x, %a) {nd.output}

The function is declared, never defined; a call of it has an effect that the user sees.  ``nd.print`` is a template of
`str.format` whose fields number the values.  ``nd.kinds`` says what Python has in place of each value: its own number,
or NumPy's; a complex one is two operands, and an integer may be the number of a string.  A format specification that
begins with % is one of the % operator: ``{0:%8.3f}``.  ``nd.stream`` is where the text goes:

    stdout, stderr      Python's sys.stdout and sys.stderr at that moment
    warning NAME        warnings.warn with a category of the standard library
    message             the message of the nd.check that follows and fails
"""

from __future__ import annotations

import builtins
import json
import string
import sys
import threading
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

PRINT, KINDS, STREAM = "nd.print", "nd.kinds", "nd.stream"
#: Marks the calls of such functions.
OUTPUT = "nd.output"
#: How the message of a check begins that is the user's text as it stands, and that of one composed at run time.
LITERAL, COMPOSED = "{literal}", "{composed}"
_PYTHON: dict[str, Any] = {"python float": float, "python int": int, "python bool": bool,
                            "python complex": complex}
_composed = threading.local()


class _Formatter(string.Formatter):
    """`str.format`, and the specifications of the % operator."""

    def format_field(self, value: Any, format_spec: str) -> str:
        if is_percent(format_spec):
            return format_spec % (value,)
        return format(value, format_spec)


def is_percent(specification: str) -> bool:
    """Whether a specification is one of the % operator; ``%>8`` fills with percent signs."""
    return len(specification) > 1 and specification[0] == "%" and specification[1] not in "<>=^"


def escaped(text: str) -> str:
    """A literal text as part of a template."""
    return text.replace("{", "{{").replace("}", "}}")


def shown(kind: str, value: Any, imaginary: Any = None) -> Any:
    """The object that Python would have in place of a value, or of a complex one with these parts."""
    if imaginary is not None:
        whole = np.empty(np.shape(value), np.complex128 if kind in _PYTHON else np.dtype(kind))
        whole.real, whole.imag = value, imaginary
        value = whole
    if kind.startswith("label "):
        return json.loads(kind.removeprefix("label "))[int(value)]
    if kind in _PYTHON:
        return _PYTHON[kind](np.asarray(value)[()])
    array = np.asarray(value).astype(np.dtype(kind), copy=False)
    return array if array.ndim else array[()]


def stored_dtype(kind: str) -> np.dtype[Any]:
    """The dtype of an array of this kind, or of its parts, in memory."""
    if kind.startswith("label "):
        return np.dtype(np.int64)
    dtype = np.dtype(_PYTHON.get(kind, kind))
    return dtype.type(0).real.dtype if dtype.kind == "c" else dtype


def number_dtype(kind: str) -> np.dtype[Any]:
    """The dtype in which a number of this kind is passed."""
    return np.dtype(np.float64 if stored_dtype(kind).kind == "f" else np.int64)


def is_print(func: Any) -> bool:
    return PRINT in func.attributes


def text_of(func: Any) -> tuple[str, str, tuple[str, ...]]:
    """(stream, template, kinds) of a declared function."""
    from wengert.dialects.op import decode_attributes

    attributes = decode_attributes(func)
    return attributes[STREAM], attributes[PRINT], tuple(attributes.get(KINDS, ()))


def label_kind(options: Sequence[str]) -> str:
    """The kind of an integer that stands for one of several strings."""
    return f"label {json.dumps(list(options))}"


def parts_of(kind: str) -> int:
    """How many values one of this kind is: a complex one has two parts."""
    return 2 if "complex" in kind and not kind.startswith("label ") else 1


def render(template: str, kinds: Sequence[str], values: Sequence[Any]) -> str:
    source = iter(values)
    fields = [shown(kind, *(next(source) for _ in range(parts_of(kind)))) for kind in kinds]
    return _Formatter().vformat(template, fields, {})


def write(stream: str, template: str, kinds: Sequence[str], values: Sequence[Any]) -> None:
    """What a call of such a function does."""
    text = render(template, kinds, values)
    if stream == "message":
        if getattr(_composed, "text", None) is None:  # the first failure of a run is the one that is reported
            _composed.text = text
    elif stream.startswith("warning "):
        warnings.warn(text, getattr(builtins, stream.removeprefix("warning ")), stacklevel=2)
    else:
        print(text, end="", file=getattr(sys, stream))


def take_message() -> str:
    """The text composed for a check that has failed; it is forgotten."""
    text, _composed.text = getattr(_composed, "text", None), None
    return text if text is not None else "a check has failed"
