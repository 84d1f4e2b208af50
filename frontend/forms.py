"""What leaves of functions are apart from their values: numbers, and arrays whose extents may be known only later."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from wengert.dialects.bindings import ir
from wengert.dialects.build import create, size
from wengert.dialects.errors import WengertValueError
from wengert.frontend.conversions import Kind
from wengert.frontend.operands import is_number, kind_of, operand
from wengert.frontend.trace import current, fail
from wengert.frontend.values import DATA, Array, Box, Extent, Scalar, shape_text

FLOATS = ("f64", "f32")


@dataclass(frozen=True)
class Form:
    """What a traced leaf is, apart from its value: a number (shape None) or an array.

    An extent of a result that is known only at run time is a Scalar, of which only the origins count.
    """

    element: str
    weak: bool
    shape: tuple[Extent, ...] | None

    @property
    def type(self) -> Any:
        trace = current()
        return trace.types[self.element] if self.shape is None else trace.tensor_type(self.shape, self.element)

    @property
    def floats(self) -> bool:
        return self.element in FLOATS

    def wrap(self, value: Any) -> Any:
        """A traced value of this form."""
        if self.shape is None:
            return Scalar(value, self.element, weak=self.weak, origins=DATA)
        return Box(value, tuple(_extent_of(value, d, n) for d, n in enumerate(self.shape)), self.element)

    @property
    def is_static(self) -> bool:
        return all(isinstance(n, int) for n in self.shape or ())

    def require_static(self) -> None:
        """Ask for the extents while tracing, or refuse."""
        for n in self.shape or ():
            _static(n)

    def value(self, x: Any, what: str) -> Any:
        """The IR value of `x`, which must be of this form (a Python number takes the element type); None is zero."""
        if x is None:
            self.require_static()
            return constant_of(self, 0.0)
        x = operand(x)
        if self.shape is None:
            if (isinstance(x, Scalar) and x.element == self.element) or is_number(x):
                return current().cast(x, self.element)
            if isinstance(x, Array) and x.ndim == 0 and x.element == self.element:
                return create(
                    "tensor.extract", [self.type], [x.read()], ip=ir.InsertionPoint(current().region.block)
                ).result
        elif isinstance(x, Array) and x.element == self.element and _fits(x.shape, self.shape):
            return of_type(x, self.type)
        wanted = self.element if self.shape is None else f"{self.element}{shape_text(self.shape)}"
        return fail(
            f"{what} is {x!r}, and a value of the form {wanted} is needed",
            error=WengertValueError,
            help="tangents and cotangents have the shape and dtype of the value they belong to",
        )


def _fits(shape: Sequence[Extent], wanted: Sequence[Extent]) -> bool:
    """Whether an array of the shape may be of a form; what is known only at run time is checked there."""
    pairs = zip(shape, wanted)
    return len(shape) == len(wanted) and all(n == m for n, m in pairs if isinstance(n, int) and isinstance(m, int))


def of_type(x: Array, type_: Any) -> Any:
    """The IR value of an array, with extents that its type does not tell where `type_` does not."""
    value = x.read()
    if value.type == type_:
        return value
    trace = current()
    unknown = [n for d, n in enumerate(x.shape) if type_.is_dynamic_dim(d)]
    extents = [trace.constant(n, "index") if isinstance(n, int) else trace.index(n) for n in unknown]
    return trace.emit("nd.reshape", [type_], [value, *extents]).result


def _extent_of(value: Any, d: int, extent: Extent) -> Extent:
    """An extent of an IR value, which may be known only at run time."""
    if isinstance(extent, int):
        return extent
    trace = current()
    with trace.here():
        found = size(value, d)
    found = trace.emit("arith.index_cast", [trace.types["i64"]], [found]).result
    return Scalar(found, "i64", True, low=0, origins=extent.origins)


def result_form(x: Any) -> Form | None:
    """`form_of` a result, whose extents may be known only at run time."""
    return Form(x.element, False, x.shape) if isinstance(x, Array) else form_of(x)


def form_of(x: Any) -> Form | None:
    """The form of a traced value or a number; None for anything else."""
    if isinstance(x, Array):
        return Form(x.element, False, tuple(_static(n) for n in x.shape))
    kind: Kind | None = kind_of(x) if isinstance(x, Scalar) or is_number(x) else None
    return None if kind is None else Form(kind.element, kind.weak, None)


def _static(extent: Any) -> int:
    if isinstance(extent, Scalar):
        current().need_static(extent, "it is an extent of an array that is differentiated")
    return int(extent)


def constant_of(form: Form, value: float) -> Any:
    """An IR value of this form with all elements equal."""
    scalar = current().constant(value, form.element)
    return scalar if form.shape is None else current().emit("nd.full", [form.type], [scalar]).result
